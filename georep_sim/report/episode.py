"""Which fault to look at closely: of the kind that costs clients most, one that tells the designs apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from georep_sim.measures.success import success_series
from georep_sim.tables import NS_PER_S, Operation, Verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.measures.success import Series
    from georep_sim.tables import Recording, Timeline

_HOUR_NS: Final = 3600 * NS_PER_S
# Windows that tell the designs apart nearly as well as the best of them; the picture shows one of middle length.
_NEARLY: Final = 0.9
# Designs that differ by less than this share of a window's traffic make a dull picture: another fault may tell more.
_WORTH_TELLING: Final = 0.5


@dataclass(frozen=True)
class Episode:
    """One window of one fault, the same instant for every design.

    Parameters
    ----------
    row, replication : int
        Where its timelines are kept: drilled fault row (-1 = none) and replication.
    fault, target : str
        Name of the fault row, and the address it hits.
    start_ns, end_ns : int
        When the fault begins and ends.
    recovered_ns : int
        When the last design's clients are served as before again; the end of play if they never are.
    """

    row: int
    replication: int
    fault: str
    target: str
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


def has_copies(recording: Recording, episode: Episode) -> bool:
    """Whether pushes acknowledged in an episode were copied in a played window."""
    rows = recording.tables.get("copies")
    if rows is None:
        return False
    acked = episode.rows(rows)["ack_ns"]
    return bool(((acked >= episode.start_ns) & (acked < episode.end_ns)).any())


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


def telling_episode(
    recordings: Collection[Recording], *, around: str | None = None, with_copies: bool = False
) -> Episode | None:
    """Pick the fault window to look at, in a timeline that was kept of every design.

    The fault row is the one that costs clients most in expectation, of those with a window in which designs
    differ much, if there are any. Of its windows those count in which the designs differ most for their length,
    or, where none differ, that hurt most; and of these the one of middle length, no extreme.

    Parameters
    ----------
    recordings : collection of Recording
        One per design of one case.
    around : str, optional
        Name of the fault row to look at instead.
    with_copies : bool, default False
        Whether only windows count through which copies were played.

    Returns
    -------
    Episode or None
        None where no timeline is kept of all designs, or no fault did anything.
    """
    if not recordings:
        return None
    timelines = [kept(recording) for recording in recordings]
    shared = {key: [of[key] for of in timelines] for key in sorted(set.intersection(*(set(of) for of in timelines)))}
    second_best: Episode | None = None
    for name in [around] if around is not None else _by_cost(recordings, shared.values()):
        found = [one for key, of in shared.items() for one in _looks(key, of, name)]
        if with_copies:
            found = [one for one in found if any(has_copies(recording, one.episode) for recording in recordings)]
        if any(one.apart >= _WORTH_TELLING for one in found):
            return _typical(found)
        if found and second_best is None:
            second_best = _typical(found)
    return second_best


def _by_cost(recordings: Iterable[Recording], timelines: Iterable[Sequence[Timeline]]) -> list[str]:
    """Fault rows worst first; after those that cost something, any other that was at work."""
    seen = {name for of in timelines for timeline in of for name, *_ in _windows(timeline)}
    return list(dict.fromkeys([*costliest_faults(recordings), *sorted(seen)]))


class _Look(NamedTuple):
    """A window, how far it sets the designs apart and what it costs them all, as shares of its length."""

    apart: float
    harm: float
    episode: Episode


def _typical(found: Sequence[_Look]) -> Episode:
    apart = max(look.apart for look in found)
    # Where nothing tells the designs apart, or there is one alone, what hurts most is worth a look.
    scores = [look.apart if apart > 0.0 else look.harm for look in found]
    least = _NEARLY * max(scores)
    telling = [look.episode for look, score in zip(found, scores, strict=True) if score >= least]
    telling.sort(key=lambda one: (one.end_ns - one.start_ns, one.row, one.replication, one.start_ns, one.target))
    return telling[(len(telling) - 1) // 2]


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


def _looks(key: tuple[int, int], timelines: Sequence[Timeline], name: str) -> Iterator[_Look]:
    windows = sorted({window for timeline in timelines for window in _windows(timeline) if window[0] == name})
    if not windows:
        return
    stop = min(timeline.end_ns for timeline in timelines)
    series = [_pulls(timeline) for timeline in timelines]
    for _, target, start, end in windows:
        until = min(end + _HOUR_NS, stop)
        length_s = max(end - start, 1) / NS_PER_S
        harm = [sum(share * harm_s(one, start, until) for share, one in of) / length_s for of in series]
        # Content takes longer to come back than the place it was on: look as far again, twice.
        late = min(until + 2 * (end - start), stop)
        back = max((recovered_ns(one, start, late) for of in series for _, one in of), default=end)
        yield _Look(max(harm) - min(harm), sum(harm), Episode(*key, name, target, start, min(end, stop), back))


def _pulls(timeline: Timeline) -> list[tuple[float, Series]]:
    """Success of pulls of each client group, with the group's share of all pulls."""
    rates = timeline.topology.pulls_per_s
    shares = rates / rates.sum() if rates.sum() > 0.0 else np.full(len(rates), 1.0 / max(1, len(rates)))
    return [(float(share), success_series(timeline, k, Operation.PULL)) for k, share in enumerate(shares)]


def _windows(timeline: Timeline) -> list[tuple[str, str, int, int]]:
    """Fault, target, start and end of every window at work."""
    rows = [timeline.faults[k] for k in at_work(timeline)]
    return [
        (
            timeline.fault_names[int(row["fault"])],
            timeline.targets[int(row["target"])],
            int(row["start_ns"]),
            int(row["end_ns"]),
        )
        for row in rows
    ]
