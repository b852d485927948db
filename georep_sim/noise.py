r"""Addressed randomness: a uniform number is a pure function of seed, replication, name, index and sub-index.

There is no "next" number, so nothing shifts when something else asks for one value more. The generator is Philox
4x64 with ten rounds [1]_: the key is the first 16 bytes of the name's SHA-256 as two little-endian words, the counter
words are (index, sub, replication, seed), and the first output word x gives ``((x >> 11) + 0.5) 2**-53``.

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
   SC'11, 2011, section 3.3.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_M0: Final = 0xD2E7470EE14C6C93
_M1: Final = 0xCA5A826395121157
_W0: Final = 0x9E3779B97F4A7C15
_W1: Final = 0xBB67AE8584CAA73B
_ROUNDS: Final = 10
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_ULP: Final = 2.0**-53
# For the highest word the half is rounded away and the product would be one; the interval is open.
_BELOW_ONE: Final = 1.0 - _ULP


def key_of(name: str) -> tuple[int, int]:
    """Key of a name: the first 16 bytes of its SHA-256 as two little-endian 64-bit words.

    Examples
    --------
    >>> [hex(word) for word in key_of("")]
    ['0x141cfc9842c4b0e3', '0x24b96f99c8f4fb9a']
    """
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


# A pure function remembered: the same few names are asked for in every one of thousands of timelines.
@lru_cache(maxsize=1 << 16)
def _round_keys(name: str) -> tuple[tuple[int, int], ...]:
    key0, key1 = key_of(name)
    return tuple(((key0 + i * _W0) & _MASK, (key1 + i * _W1) & _MASK) for i in range(_ROUNDS))


@dataclass(frozen=True, slots=True)
class Stream:
    """The numbers under one name in one replication.

    Parameters
    ----------
    seed, replication : int
        From 0 to 2**64 - 1.
    name : str
        Entity and purpose, e.g. ``faults/region-outage/eastus/start``. Two things must not share a name.

    Raises
    ------
    ValueError
        If `seed` or `replication` does not fit in 64 bits.
    """

    seed: int
    replication: int
    name: str
    _keys: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for label, word in (("seed", self.seed), ("replication", self.replication)):
            if not 0 <= word <= _MASK:
                msg = f"{label} is {word}, must be from 0 to 2**64 - 1"
                raise ValueError(msg)
        object.__setattr__(self, "_keys", _round_keys(self.name))

    def u(self, index: int, sub: int = 0) -> float:
        """Return the number at (index, sub), in (0, 1).

        Examples
        --------
        >>> Stream(1, 0, "example").u(5)
        0.3465433950856433
        """
        if not (0 <= index <= _MASK and 0 <= sub <= _MASK):
            msg = f"index ({index}, {sub}) must be from 0 to 2**64 - 1"
            raise ValueError(msg)
        word = _philox(self._keys, index, sub, self.replication, self.seed)
        return min(((word >> 11) + 0.5) * _ULP, _BELOW_ONE)

    def many(self, index: ArrayLike, sub: ArrayLike = 0, *, block: int = 65536) -> NDArray[np.float64]:
        """Return the numbers at arrays of addresses; see `uniforms`."""
        return uniforms(self.seed, self.replication, self.name, index, sub=sub, block=block)


def uniform(seed: int, replication: int, name: str, index: int, *, sub: int = 0) -> float:
    """Return one addressed number in (0, 1); many of one name come cheaper from a `Stream`.

    Examples
    --------
    >>> uniform(1, 0, "example", 5) == Stream(1, 0, "example").u(5)
    True
    """
    return Stream(seed, replication, name).u(index, sub)


def uniforms(
    seed: int, replication: int, name: str, index: ArrayLike, *, sub: ArrayLike = 0, block: int = 65536
) -> NDArray[np.float64]:
    """Return addressed numbers in (0, 1) for arrays of addresses.

    Parameters
    ----------
    seed, replication : int
        From 0 to 2**64 - 1.
    name : str
        Entity and purpose.
    index, sub : array_like of int
        Addresses, not negative; broadcast against each other.
    block : int, default 65536
        Numbers made at a time. Bounds the memory; the result does not depend on it.

    Returns
    -------
    ndarray of float64
        Of the broadcast shape; each equals `uniform` at its address, bit for bit.

    Raises
    ------
    ValueError
        If an address is negative or `block` is not positive.
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    if block < 1:
        msg = f"block is {block}, must be at least 1"
        raise ValueError(msg)
    stream = Stream(seed, replication, name)
    indices, subs = np.broadcast_arrays(_words_of(index), _words_of(sub))
    flat_index, flat_sub = indices.ravel(), subs.ravel()
    out = np.empty(flat_index.size)
    for start in range(0, out.size, block):
        stop = min(start + block, out.size)
        word = _philox_arrays(stream, flat_index[start:stop], flat_sub[start:stop])[0]
        out[start:stop] = ((word >> np.uint64(11)).astype(np.float64) + 0.5) * _ULP
    np.minimum(out, _BELOW_ONE, out=out)
    return out.reshape(indices.shape)


def raw_words(seed: int, replication: int, name: str, count: int, *, block: int = 65536) -> NDArray[np.uint64]:
    """Return the first `count` 64-bit words under a name, all four of each counter (index 0, 1, …; sub 0).

    For bulk use, such as resampling, where an address of its own for each number would be four times the work.

    Returns
    -------
    ndarray of uint64, shape (count,)
        In the order of numpy's ``Philox.random_raw``.
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    stream = Stream(seed, replication, name)
    counters = -(-count // 4)
    out = np.empty((counters, 4), dtype=np.uint64)
    for start in range(0, counters, block):
        index = np.arange(start, min(start + block, counters), dtype=np.uint64)
        words = _philox_arrays(stream, index, np.zeros_like(index))
        for position, word in enumerate(words):
            out[start : start + index.size, position] = word
    return out.ravel()[:count]


def _philox(keys: tuple[tuple[int, int], ...], c0: int, c1: int, c2: int, c3: int) -> int:
    """First output word; in Python integers, where one number costs a few microseconds."""
    for key0, key1 in keys:
        product0 = _M0 * c0
        product1 = _M1 * c2
        c0 = (product1 >> 64) ^ c1 ^ key0
        c1 = product1 & _MASK
        c2 = (product0 >> 64) ^ c3 ^ key1
        c3 = product0 & _MASK
    return c0


def _words_of(values: ArrayLike) -> NDArray[np.uint64]:
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        msg = f"addresses are {array.dtype}, must be integers"
        raise TypeError(msg)
    if array.dtype.kind == "i" and array.size and array.min() < 0:
        msg = f"an address is {array.min()}, must not be negative"
        raise ValueError(msg)
    return array.astype(np.uint64)


def _philox_arrays(
    stream: Stream, index: NDArray[np.uint64], sub: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the four output words for one-dimensional arrays of counters."""
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    c0, c1 = index, sub
    c2 = np.full_like(index, stream.replication)
    c3 = np.full_like(index, stream.seed)
    for key0, key1 in stream._keys:
        high0, low0 = _multiply(_M0, c0)
        high1, low1 = _multiply(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(key0), low1, high0 ^ c3 ^ np.uint64(key1), low0
    return c0, c1, c2, c3


def _multiply(constant: int, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """High and low word of a 64 x 64 bit product, from 32-bit halves (none of the sums can overflow)."""
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    half, low_mask = np.uint64(32), np.uint64(0xFFFF_FFFF)
    a_high, a_low = np.uint64(constant >> 32), np.uint64(constant & 0xFFFF_FFFF)
    b_high, b_low = words >> half, words & low_mask
    cross = a_high * b_low + (a_low * b_low >> half)
    middle = a_low * b_high + (cross & low_mask)
    return a_high * b_high + (cross >> half) + (middle >> half), words * np.uint64(constant)
