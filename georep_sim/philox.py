"""Addressed uniform numbers inside compiled code: `noise`, one number at a time, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from georep_sim.jit import kernel
from georep_sim.noise import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike, NDArray

    Word = int | np.integer[Any]

_M0: Final = np.uint64(0xD2E7470EE14C6C93)
_M1: Final = np.uint64(0xCA5A826395121157)
_W0: Final = np.uint64(0x9E3779B97F4A7C15)
_W1: Final = np.uint64(0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_ELEVEN: Final = np.uint64(11)
_ULP: Final = 2.0**-53
# As in `noise`: rounding must not close the interval.
_BELOW_ONE: Final = 1.0 - _ULP


def keys_of(names: Iterable[str]) -> NDArray[np.uint64]:
    """Return the keys of names, for `uniform`.

    Parameters
    ----------
    names : iterable of str
        Entities and purposes, as in `noise.Stream`.

    Returns
    -------
    ndarray of uint64, shape (n_names, 2)
    """
    return np.array([key_of(name) for name in names], dtype=np.uint64).reshape(-1, 2)


@kernel
def uniform(key0: Word, key1: Word, index: Word, sub: Word, replication: Word, seed: Word) -> float:
    """Return the number in (0, 1) under a key at an address; equals ``noise.Stream.u`` bit for bit.

    Parameters
    ----------
    key0, key1 : integer
        A row of `keys_of`.
    index, sub : integer
        Address under the name; a negative one wraps around.
    replication, seed : integer
        Of the stream.
    """
    k0, k1 = np.uint64(key0), np.uint64(key1)
    c0, c1, c2, c3 = np.uint64(index), np.uint64(sub), np.uint64(replication), np.uint64(seed)
    for _ in range(_ROUNDS):
        high0, low0 = _product(_M0, c0)
        high1, low1 = _product(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = _sum(k0, _W0), _sum(k1, _W1)
    return min((np.int64(c0 >> _ELEVEN) + 0.5) * _ULP, _BELOW_ONE)


# Python has no 64-bit words: what wraps around is written twice, here in Python's integers and below for the machine.


def _product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """High and low word of a product."""
    product = int(a) * int(b)
    return np.uint64(product >> 64), np.uint64(product & _MASK)


def _sum(a: np.uint64, b: np.uint64) -> np.uint64:
    """Sum modulo 2**64."""
    return np.uint64((int(a) + int(b)) & _MASK)


@intrinsic
def _wide_product(_typing: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001  (numba's form)
    """Product of two uint64 in one instruction."""
    signature = types.UniTuple(types.uint64, 2)(types.uint64, types.uint64)  # type: ignore[no-untyped-call]

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        """Write LLVM's code for it: machines have the instruction, numba has no 128-bit integers."""
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(arg, wide) for arg in args))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, sig.return_type, (high, builder.trunc(product, word)))

    return signature, build


@overload(_product, strict=False)
def _compiled_product(a: Any, b: Any) -> Callable[..., Any]:  # noqa: ARG001  (numba's form)
    def product(a: Any, b: Any) -> Any:
        """Hide the intrinsic, which Python could not call."""
        return _wide_product(a, b)  # type: ignore[call-arg]  # the first argument is numba's

    return product


@overload(_sum, strict=False)
def _compiled_sum(a: Any, b: Any) -> Callable[..., Any]:  # noqa: ARG001  (numba's form)
    def total(a: Any, b: Any) -> Any:
        """Add as machines do: what is beyond 64 bits is dropped."""
        return a + b

    return total


def uniforms(seed: int, replication: int, name: str, index: ArrayLike, *, sub: ArrayLike = 0) -> NDArray[np.float64]:
    """Return addressed numbers in (0, 1), as `noise.uniforms` does some ten times slower.

    Parameters
    ----------
    seed, replication : int
        From 0 to 2**64 - 1.
    name : str
        Entity and purpose.
    index, sub : array_like of int
        Addresses, not negative and below 2**63; broadcast against each other.

    Returns
    -------
    ndarray of float64
        Of the broadcast shape.
    """
    shape = np.broadcast_shapes(np.shape(index), np.shape(sub))
    # Copied, not viewed: arrays of another layout would be another type to compile for.
    indices, subs, out = np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape)
    indices[...], subs[...] = index, sub
    words = np.array([*key_of(name), replication, seed], dtype=np.uint64)
    _fill(words, indices.ravel(), subs.ravel(), out.ravel())
    return out


@kernel
def _fill(
    words: NDArray[np.uint64], index: NDArray[np.int64], sub: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    for i in range(out.size):
        out[i] = uniform(words[0], words[1], index[i], sub[i], words[2], words[3])
