"""Extremes of the copies of a replication, and whether its windows of copies leave anything out."""

from __future__ import annotations

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


def largest(recording: Recording, extremes: NDArray[Any]) -> NDArray[np.float64]:
    """Largest value of each replication as it falls.

    Parameters
    ----------
    recording : Recording
        How many replications there are.
    extremes : ndarray
        Rows of the table extremes, of one kind and site.

    Returns
    -------
    ndarray of float64, shape (n_replications,)
        0 where nothing was seen.
    """
    mine = extremes[extremes["row"] == BASE]
    found = np.zeros(recording.clusters["traffic"].get(BASE, 0))
    np.maximum.at(found, mine["replication"], mine["value"])
    return found


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
