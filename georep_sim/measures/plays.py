"""Rows of one window out of a table that joins all of them, and whether windows of copies leave anything out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.measures.estimand import BASE, Known
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.measures.estimand import Key
    from georep_sim.tables import Recording

# Of extremes that may lie where nothing was played.
NOT_ESTIMATED = "not estimated under auto"
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


def are_copies_whole(recording: Recording) -> bool:
    """Whether every copy of every replication as it falls was played: an extreme may lie anywhere.

    Parameters
    ----------
    recording : Recording
        Its windows of copies, those of no weight included.
    """
    windows = recording.tables["windows"]
    windows = windows[windows["full"] & (windows["row"] == BASE)]
    first, last = int(recording.month_edges_ns[0]), int(recording.month_edges_ns[-1])
    for k in range(recording.clusters["traffic"].get(BASE, 0)):
        mine = np.sort(windows[windows["replication"] == k], order="start_ns")
        reached = np.concatenate(([first], np.maximum.accumulate(mine["end_ns"])))
        gaps_ns = np.append(mine["start_ns"], last) - reached
        if gaps_ns.max() > NS_PER_S:
            return False
    return True


def not_estimated(key: Key) -> Known:
    """An extreme that was not looked for everywhere: a row without a number."""
    return Known(key, np.nan, np.nan, np.nan, NOT_ESTIMATED)
