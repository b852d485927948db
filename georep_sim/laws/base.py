"""What every law can do, and the search for a residual life without a closed form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

_MAX_STEPS = 1_000
# From so many values on, loading compiled code (some ms) takes less time than it saves (some us for each value).
WORTH_COMPILED = 4_096


class Law(ABC):
    """The law of a quantity that is never negative.

    A subclass is a frozen dataclass that gives `mean`, `ppf`, `sf` and `integrated_sf`; it may replace the two other
    methods where it has a closed form.
    """

    __slots__ = ()

    # For the type checker alone: in some laws the mean is a field, which a property up here would take for its default.
    if TYPE_CHECKING:

        @property
        @abstractmethod
        def mean(self) -> float:
            """Mean."""

    @abstractmethod
    def ppf(self, u: float) -> float:
        """Return the smallest x with P(X <= x) >= u, for u in (0, 1)."""

    @abstractmethod
    def sf(self, x: float) -> float:
        """Return P(X > x)."""

    @abstractmethod
    def integrated_sf(self, x: float) -> float:
        """Return the integral of `sf` from 0 to x, which is E[min(X, x)]."""

    def ppf_many(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `ppf` of each element of an array of any shape, bit for bit.

        Array versions of logarithms may differ from the scalar ones in the last bit, so the scalar one is called: by
        compiled code where there are many values.
        """
        import numpy as np  # noqa: PLC0415  (laws are read by commands that must start without numpy)

        if u.size < WORTH_COMPILED:
            return np.fromiter(map(self.ppf, u.ravel().tolist()), dtype=np.float64, count=u.size).reshape(u.shape)
        from georep_sim.laws.compiled import encode, law_ppf_many  # noqa: PLC0415  (numba)

        table, pool = encode([self])
        values = np.empty(u.size)
        law_ppf_many(table, pool, 0, np.ascontiguousarray(u).ravel(), values)
        return values.reshape(u.shape)

    def residual_ppf(self, u: float) -> float:
        """Return the u-quantile of the equilibrium residual life, whose density is ``sf(x) / mean``.

        References
        ----------
        .. [1] D. R. Cox, "Renewal Theory", Methuen, 1962, section 5.2.
        """
        return first_reaching(self.integrated_sf, self.sf, u * self.mean)


def first_reaching(integral: Callable[[float], float], slope: Callable[[float], float], target: float) -> float:
    """Solve ``integral(x) = target`` for a concave increasing integral from 0 whose slope starts at one.

    Newton's method from the left: a tangent of a concave function lies above it, so no step overshoots.
    """
    x = target
    for _ in range(_MAX_STEPS):
        steepness = slope(x)
        gap = target - integral(x)
        if gap <= 0.0 or steepness <= 0.0:
            break
        following = x + gap / steepness
        if following - x <= 4e-16 * x:
            break
        x = following
    return x


def require_positive(**values: float) -> None:
    """Raise ValueError naming the first value that is not a positive finite number."""
    for name, value in values.items():
        if not 0.0 < value < float("inf"):
            msg = f"{name} is {value}, must be positive and finite"
            raise ValueError(msg)


def require_increasing(name: str, values: Iterable[float], *, strictly: bool = True) -> None:
    """Raise ValueError if a sequence does not increase."""
    for first, second in pairwise(values):
        if second < first or (strictly and second == first):
            msg = f"{name}: {second} after {first}, must increase"
            raise ValueError(msg)
