"""Rows of one window out of a table that joins all of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ADDRESS = ("row", "replication", "window")


def by_window(rows: NDArray[Any], windows: NDArray[Any]) -> list[NDArray[Any]]:
    """Rows that were played in each window, its warm-up included, in the table's order.

    Parameters
    ----------
    rows : ndarray
        Any table with the columns row, replication and window.
    windows : ndarray, shape (n,)
        Rows of the table windows.

    Returns
    -------
    list of ndarray, length n
    """
    order = np.lexsort([rows[name] for name in reversed(_ADDRESS)])
    ordered = rows[order]
    keys = np.stack([ordered[name] for name in _ADDRESS], axis=1).astype(np.int64)
    changed = np.any(np.diff(keys, axis=0, prepend=keys[:1] - 1), axis=1)
    starts: list[int] = np.flatnonzero(changed).tolist()
    pieces = {tuple(keys[a]): ordered[a:b] for a, b in pairwise([*starts, len(keys)])}
    return [pieces.get(tuple(int(window[name]) for name in _ADDRESS), rows[:0]) for window in windows]
