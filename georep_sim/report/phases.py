"""Before, during, after: requests told apart by the faults at work when they arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.report.episode import at_work, kept
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.tables import Recording, Timeline

AFTER_S: Final = 3600.0
"""How long after a fault's end a request counts as *after*, in seconds."""

PHASES: Final = ("before", "during", "after")


def phase_of(arrival_ns: NDArray[np.int64], windows_ns: NDArray[np.int64]) -> NDArray[np.int8]:
    """Index into `PHASES` for each arrival.

    Parameters
    ----------
    arrival_ns : ndarray of int64, shape (n,)
        Arrivals of one replication.
    windows_ns : ndarray of int64, shape (m, 2)
        Start and end of the fault windows at work in it.

    Returns
    -------
    ndarray of int8, shape (n,)
        1 inside a window; else 2 within `AFTER_S` of a window's end; else 0.
    """
    phase = np.zeros(len(arrival_ns), dtype=np.int8)
    after_ns = round(AFTER_S * NS_PER_S)
    for start, end in windows_ns.tolist():
        phase[(phase == 0) & (arrival_ns >= end) & (arrival_ns - after_ns < end)] = 2
        phase[(arrival_ns >= start) & (arrival_ns < end)] = 1
    return phase


def by_phase(recording: Recording, *, cohort: int, operation: int) -> dict[str, NDArray[Any]]:
    """Requests of a client group and operation by phase.

    Only replications whose timeline was kept can be told apart; requests of the others are left out.
    """
    requests = recording.tables["requests"]
    mine = requests[(requests["cohort"] == cohort) & (requests["operation"] == operation)]
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in PHASES}
    for (row, replication), timeline in kept(recording).items():
        rows = mine[(mine["row"] == row) & (mine["replication"] == replication)]
        phase = phase_of(rows["arrival_ns"], _windows(timeline))
        for index, name in enumerate(PHASES):
            parts[name].append(rows[phase == index])
    return {name: np.concatenate(found) for name, found in parts.items() if sum(map(len, found))}


def _windows(timeline: Timeline) -> NDArray[np.int64]:
    rows = timeline.faults[at_work(timeline)]
    return np.column_stack((rows["start_ns"], rows["end_ns"])).astype(np.int64)
