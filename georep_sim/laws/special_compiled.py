"""What compiled code calls outside itself: scipy's special functions, and the bits of a float."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import binding
from numba import types
from numba.extending import get_cython_function_address, overload

from georep_sim.laws import scalars, special

if TYPE_CHECKING:
    from collections.abc import Callable


def register() -> None:
    """Give compiled code the functions of `laws.special` and `laws.scalars.middle_float`; once in a process.

    Notes
    -----
    Code from the cache finds scipy's functions by name, so that this must come before any is loaded.
    """
    quantile, tail = _link("gammaincinv"), _link("gammaincc")

    @overload(special.gamma_quantile, strict=False)
    def compiled_quantile(shape: Any, p: Any) -> Callable[..., Any]:  # noqa: ARG001  (numba's form)
        def call(shape: Any, p: Any) -> Any:
            """Call scipy's function by its address."""
            return quantile(shape, p)

        return call

    @overload(special.gamma_tail, strict=False)
    def compiled_tail(shape: Any, x: Any) -> Callable[..., Any]:  # noqa: ARG001  (numba's form)
        def call(shape: Any, x: Any) -> Any:
            """Call scipy's function by its address."""
            return tail(shape, x)

        return call

    @overload(scalars.middle_float, strict=False)
    def compiled_middle(low: Any, high: Any) -> Callable[..., Any]:  # noqa: ARG001  (numba's form)
        def middle_float(low: Any, high: Any) -> Any:
            """Float in the middle of those between two, by their bits."""
            first, last = np.float64(low).view(np.int64), np.float64(high).view(np.int64)
            return np.int64(first + (last - first) // 2).view(np.float64)

        return middle_float


def _link(name: str) -> Any:
    """Make scipy's function of two numbers known to compiled code, and return it as such."""
    symbol = f"georep_sim_{name}"
    binding.add_symbol(symbol, get_cython_function_address("scipy.special.cython_special", name))
    return types.ExternalFunction(symbol, types.float64(types.float64, types.float64))
