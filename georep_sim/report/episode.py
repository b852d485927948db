"""Which fault to look at closely: one of the kind that costs clients most, in a timeline that was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.measures.success import success_series
from georep_sim.tables import NS_PER_S, Operation, Verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from georep_sim.measures.success import Series
    from georep_sim.tables import Recording, Timeline

_HOUR_NS: Final = 3600 * NS_PER_S
# Timelines looked at for each drilled row: the search is for a telling picture, not for the worst of all.
_LOOKED_AT: Final = 3


@dataclass(frozen=True)
class Episode:
    """One window of one fault, the same instant for every design.

    Parameters
    ----------
    row, replication : int
        Where its timelines are kept: drilled fault row (-1 = none) and replication.
    fault : str
        Name of the fault row.
    start_ns, end_ns : int
        When the fault begins and ends.
    recovered_ns : int
        When the last design's clients are served as before again; the end of play if they never are.
    """

    row: int
    replication: int
    fault: str
    start_ns: int
    end_ns: int
    recovered_ns: int

    def timeline(self, recording: Recording) -> Timeline:
        """Timeline of a design that holds this episode."""
        return kept(recording)[self.row, self.replication]

    def rows(self, table: NDArray[Any]) -> NDArray[Any]:
        """Rows of a table that were seen in the episode's replication."""
        seen = (table["row"] == self.row) & (table["replication"] == self.replication)
        return np.asarray(table[seen])


def kept(recording: Recording) -> dict[tuple[int, int], Timeline]:
    """Whole timelines at hand, by drilled fault row (-1 = none) and replication."""
    return dict(sorted(recording.timelines.items()))


def by_design(recordings: Mapping[tuple[str, str], Recording], case: str) -> dict[str, Recording]:
    """Recordings of one case, by design."""
    return {design: recording for (of, design), recording in recordings.items() if of == case}


def at_work(timeline: Timeline) -> list[int]:
    """Indices of the fault windows that changed anything: not masked, and named as a cause."""
    causes = set(timeline.changes["cause"][timeline.changes["verb"] != Verb.AIM].tolist())
    return [k for k in range(len(timeline.faults)) if k in causes and not timeline.faults["masked"][k]]


def harm_s(series: Series, start_ns: int, end_ns: int) -> float:
    """Seconds without service in an interval: the integral of one minus success."""
    return (end_ns - start_ns) / NS_PER_S - series.integral_s(start_ns, end_ns)


def recovered_ns(series: Series, start_ns: int, end_ns: int, *, share: float = 0.99) -> int:
    """When success last comes back to a share of its value at the start, on the next break; the start if it never left."""
    least = share * series.at(start_ns)[0]
    inside = (series.time_ns >= start_ns) & (series.time_ns <= end_ns)
    low = np.flatnonzero(inside & (np.minimum(series.left, series.right) < least))
    if not len(low):
        return start_ns
    last = int(low[-1])
    # Low on its right side: it comes back on the way to the next break.
    back = last + 1 if series.right[last] < least else last
    return min(int(series.time_ns[min(back, len(series.time_ns) - 1)]), end_ns)


def telling_episode(recordings: Collection[Recording], *, around: str | None = None) -> Episode | None:
    """Pick the fault window to look at: of the fault row that costs most in expectation, the kept window that hurt most.

    Parameters
    ----------
    recordings : collection of Recording
        One per design of one case.
    around : str, optional
        Name of the fault row to look at instead.

    Returns
    -------
    Episode or None
        None where no timeline is kept of all designs, or no fault did anything.
    """
    if not recordings:
        return None
    timelines = [kept(recording) for recording in recordings]
    shared = _first_of_each_row(sorted(set.intersection(*(set(of) for of in timelines))))
    found = [pair for key in shared for pair in _of_replication(key, [of[key] for of in timelines])]
    wanted = [around] if around is not None else costliest_faults(recordings)
    for name in wanted:
        mine = [pair for pair in found if pair[1].fault == name]
        if mine:
            return max(mine, key=_harm)[1]
    return max(found, key=_harm)[1] if found and around is None else None


def costliest_faults(recordings: Iterable[Recording]) -> list[str]:
    """Fault rows by expected client time lost in their episodes, all designs together, worst first."""
    cost: dict[str, float] = {}
    for recording in recordings:
        episodes = recording.tables.get("episodes")
        if episodes is None:
            continue
        clusters = recording.clusters["timelines"]
        alone = episodes[(episodes["faults"] >= 0) & np.isfinite(episodes["rto_s"])]
        for row in alone:
            name = recording.fault_names[int(row["faults"])]
            lost_s = float(row["weight"] * row["affected"] * row["rto_s"]) / clusters[int(row["row"])]
            cost[name] = cost.get(name, 0.0) + lost_s
    return sorted(cost, key=lambda name: (-cost[name], name))


def _first_of_each_row(keys: list[tuple[int, int]]) -> list[tuple[int, int]]:
    rows: dict[int, list[tuple[int, int]]] = {}
    for key in keys:
        rows.setdefault(key[0], []).append(key)
    return [key for of in rows.values() for key in of[:_LOOKED_AT]]


def _harm(pair: tuple[float, Episode]) -> float:
    return pair[0]


def _of_replication(key: tuple[int, int], timelines: list[Timeline]) -> list[tuple[float, Episode]]:
    series = [
        success_series(timeline, cohort, Operation.PULL)
        for timeline in timelines
        for cohort in range(len(timeline.topology.cohorts))
    ]
    stop = min(timeline.end_ns for timeline in timelines)
    found = []
    for name, start, end in sorted({window for timeline in timelines for window in _windows(timeline)}):
        until = min(end + _HOUR_NS, stop)
        harm = sum(harm_s(one, start, until) for one in series)
        back = max((recovered_ns(one, start, until) for one in series), default=end)
        found.append((harm, Episode(*key, name, start, min(end, stop), back)))
    return found


def _windows(timeline: Timeline) -> list[tuple[str, int, int]]:
    rows = [timeline.faults[k] for k in at_work(timeline)]
    return [(timeline.fault_names[int(row["fault"])], int(row["start_ns"]), int(row["end_ns"])) for row in rows]
