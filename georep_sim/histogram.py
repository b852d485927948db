"""One scale of bins for times, the same to the nanosecond in every plane, and its inverse.

Bin k holds the whole nanoseconds from ``edges_ns()[k]`` up to the next edge. Up to 400 ns each nanosecond has a
bin of its own; beyond, a bin is as wide as 1/200 of its lower edge, rounded down, so that no bin is wider than 0.5 %
and the middle of a bin is within 0.25 % of everything in it. Edges follow from integers alone: no logarithm can round
to one side in one engine and to the other side in another. The last bin has no end.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Greatest ratio of the edges of a bin wider than a nanosecond.
RATIO: Final = 1.005
_PARTS: Final = 200
_LAST_NS: Final = int(np.iinfo(np.int64).max)
_NS_PER_S: Final = 1e9


@cache
def edges_ns() -> NDArray[np.int64]:
    """Lower edges of all bins, in nanoseconds.

    Returns
    -------
    ndarray of int64, shape (n_bins,)
        Increasing from 0, read-only; every int64 that is not negative lies in a bin.

    References
    ----------
    .. [1] G. Tene, HdrHistogram: counts on a scale of bounded relative width keep quantiles within that width.

    Examples
    --------
    >>> edges_ns()[[0, 1, 400, 401, 402]].tolist()
    [0, 1, 400, 402, 404]
    """
    edges, edge = [], 0
    while edge < _LAST_NS:
        edges.append(edge)
        edge += max(1, edge // _PARTS)
    out = np.array(edges, dtype=np.int64)
    out.setflags(write=False)
    return out


def bin_of(value_ns: int, edges: NDArray[np.int64]) -> int:
    """Bin of one time: the same text for the reference plane and the compiled one.

    Parameters
    ----------
    value_ns : int
        Not negative, in nanoseconds.
    edges : ndarray of int64
        From `edges_ns`.

    Examples
    --------
    >>> bin_of(403, edges_ns())
    401
    """
    low, high = 0, len(edges)
    while high - low > 1:
        middle = (low + high) >> 1
        if edges[middle] <= value_ns:
            low = middle
        else:
            high = middle
    return low


def bins_of(values_ns: NDArray[np.int64]) -> NDArray[np.int32]:
    """Bin of each time of an array, in nanoseconds and not negative."""
    return (np.searchsorted(edges_ns(), values_ns, side="right") - 1).astype(np.int32)


def middles_s(bins: NDArray[Any]) -> NDArray[np.float64]:
    """Middles of bins in seconds: within 0.25 % of each whole nanosecond in the bin, zero for bin 0.

    Parameters
    ----------
    bins : ndarray of int
        Indices of bins.

    Examples
    --------
    >>> middles_s(bins_of(np.array([0, 1_000_000_000]))).round(4).tolist()
    [0.0, 1.0012]
    """
    edges = edges_ns()
    last_ns = np.append(edges[1:], _LAST_NS) - 1
    low_ns = edges[bins]
    return np.asarray((low_ns + (last_ns[bins] - low_ns) / 2.0) / _NS_PER_S, dtype=np.float64)
