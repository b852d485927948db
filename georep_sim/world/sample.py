"""Which stretches of a horizon count for what: episodes, spans and their weights.

A *span* is a stretch of a replication with the weight it has in the expectation over one horizon. The
replications as they fall count everything except episodes caused by one clock of one drilled fault row; those are
counted by the drills of that row, weighted with the row's expected number of episodes. What several clocks do together
is thus always measured where it fell, and nothing is counted twice (METHODS: two levels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.draws.faults import FORCED
from georep_sim.tables import NS_PER_S, Timeline, Verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

# After the last change clients still hold old answers for TTL + overstay, and success must hold for the time of
# measures.recovered; one more second keeps the end of the hold inside.
_MARGIN_NS = NS_PER_S
_HOLD_NS = 60 * NS_PER_S

# Clock of a fault row's address, by row and address.
Clocks = Mapping[tuple[int, str], str]


@dataclass(frozen=True)
class Episode:
    """A stretch in which some design is disturbed, from the first fault to the last after-effect.

    Parameters
    ----------
    start_ns, end_ns : int
        The stretch.
    faults : frozenset of int
        Fault rows at work in it.
    moved_ns : int
        When, in every design, the clients that were aimed away have followed; start_ns if none was.
    mended_ns : int
        End of the last fault window.
    settled_ns : int
        When control does nothing more; later than that only deleted images are still missed.
    clocks : frozenset of str
        Clocks that struck: two, if two regions of one row were hit.
    is_forced : bool
        Whether the forced occurrence of a drill is among them.
    copied_ns : int
        Until when its copies were played in full; -1 where they were not.
    backlog : (int, int) or None
        From the first copy that was held up until the backlog is zero in every design (`world.backlog`).
    """

    start_ns: int
    end_ns: int
    faults: frozenset[int]
    moved_ns: int
    mended_ns: int
    settled_ns: int
    clocks: frozenset[str] = frozenset()
    is_forced: bool = False
    copied_ns: int = -1
    backlog: tuple[int, int] | None = None

    def is_lone(self, rows: Collection[int]) -> bool:
        """Whether one clock of one of the rows brought it about: what a drill stands for."""
        return len(self.faults) == 1 and self.faults <= set(rows) and len(self.clocks) <= 1


@dataclass(frozen=True)
class Span:
    """A counted stretch and its weight; `episode` is -1 for undisturbed time."""

    start_ns: int
    end_ns: int
    weight: float
    episode: int


def episodes(
    timelines: Collection[Timeline],
    *,
    restored_ns: int = 0,
    hold_ns: int = _HOLD_NS,
    clocks: Clocks | None = None,
) -> list[Episode]:
    """Disturbed stretches on the common refinement of all compared designs.

    Parameters
    ----------
    timelines : collection of Timeline
        One for each design, of one replication: the same faults, each design's own consequences.
    restored_ns : int
        How long after a delete clients still miss what was deleted.
    hold_ns : int
        For how long success must hold to count as recovered.
    clocks : mapping of (int, str) to str
        Clock that a fault row and an address belong to; the address itself where it is not told.

    Returns
    -------
    list of Episode
        Sorted, disjoint.
    """
    merged: list[Episode] = []
    for piece in sorted(
        (p for line in timelines for p in _disturbances(line, restored_ns, hold_ns, clocks or {})),
        key=lambda e: (e.start_ns, e.end_ns),
    ):
        if merged and piece.start_ns <= merged[-1].end_ns:
            merged[-1] = joined(merged[-1], piece)
        else:
            merged.append(piece)
    return merged


def joined(first: Episode, second: Episode) -> Episode:
    """One episode of two that meet; copies of it are yet to be played."""
    return Episode(
        first.start_ns,
        max(first.end_ns, second.end_ns),
        first.faults | second.faults,
        max(first.moved_ns, second.moved_ns),
        max(first.mended_ns, second.mended_ns),
        max(first.settled_ns, second.settled_ns),
        first.clocks | second.clocks,
        first.is_forced or second.is_forced,
    )


def _disturbances(timeline: Timeline, restored_ns: int, hold_ns: int, clocks: Clocks) -> Iterable[Episode]:
    """Each fault window that changed anything in this design, as an episode of its own."""
    topology = timeline.topology
    refresh_ns = round((topology.ttl_s + (topology.overstay_s if topology.overstay_share else 0.0)) * NS_PER_S)
    last_ns: dict[int, int] = {}
    moved_ns: dict[int, int] = {}
    deleted = set()
    # Plain numbers: comparing numpy's one by one is slow.
    for time_ns, verb, _, value, cause in timeline.changes.tolist():
        if cause < 0:
            continue
        last_ns[cause] = time_ns
        if verb == Verb.AIM:
            moved_ns.setdefault(cause, time_ns + refresh_ns)
        elif verb == Verb.LOSE and value < 0.0:
            deleted.add(cause)
    for time_ns, _, _, cause in timeline.marks.tolist():
        if cause in last_ns:
            last_ns[cause] = max(last_ns[cause], time_ns)
    for cause, changed_ns in last_ns.items():
        window = timeline.faults[cause]
        start = max(int(window["start_ns"]), 0)
        settled = max(min(int(window["end_ns"]), timeline.end_ns), changed_ns) + refresh_ns + hold_ns + _MARGIN_NS
        end = settled + restored_ns if cause in deleted else settled
        mended = min(int(window["end_ns"]), settled)
        fault, address = int(window["fault"]), timeline.targets[int(window["target"])]
        clock = clocks.get((fault, address), address)
        moved, is_forced = moved_ns.get(cause, start), int(window["occurrence"]) == FORCED
        yield Episode(start, end, frozenset({fault}), moved, mended, settled, frozenset({clock}), is_forced)


def spans(
    found: Sequence[Episode],
    *,
    from_ns: int = 0,
    horizon_ns: int,
    drilled: Collection[int],
    drill: int,
    drill_weight: float,
) -> list[Span]:
    """Counted stretches of one replication.

    Parameters
    ----------
    found : sequence of Episode
        Episodes of the replication.
    from_ns, horizon_ns : int
        What counts: after the warm-up, to the end of the horizon.
    drilled : collection of int
        Fault rows that drills stand for.
    drill : int
        The row forced in this replication, or -1.
    drill_weight : float
        Expected number of episodes of that row in what counts.

    Returns
    -------
    list of Span
        In a drill only the forced episode, if nothing else joins it, in full even beyond the horizon: by stationarity
        what is cut off at the end stands for what began before the start. Otherwise everything within the
        horizon but episodes of one clock of one drilled row.
    """
    if drill >= 0:
        alone = [k for k, episode in enumerate(found) if episode.is_forced and episode.is_lone({drill})]
        return [Span(found[k].start_ns, found[k].end_ns, drill_weight, k) for k in alone]
    out: list[Span] = []
    clock = from_ns
    for k, episode in enumerate(found):
        start, end = (min(max(t, from_ns), horizon_ns) for t in (episode.start_ns, episode.end_ns))
        if start > clock:
            out.append(Span(clock, start, 1.0, -1))
        if end > start and not episode.is_lone(drilled):
            out.append(Span(start, end, 1.0, k))
        clock = max(clock, end)
    if clock < horizon_ns:
        out.append(Span(clock, horizon_ns, 1.0, -1))
    return out


def phases(span: Span, found: Sequence[Episode]) -> list[tuple[str, int, int]]:
    """Cut a span by what control is doing: (phase, start, end).

    Phases: ``quiet`` outside episodes; inside, ``struck`` until clients have followed, ``failed over`` until
    the last fault ends, ``after`` until the last after-effect.
    """
    if span.episode < 0:
        return [("quiet", span.start_ns, span.end_ns)]
    episode = found[span.episode]
    mended = min(max(episode.mended_ns, span.start_ns), span.end_ns)
    moved = min(max(episode.moved_ns, span.start_ns), mended)
    cut = [("struck", span.start_ns, moved), ("failed over", moved, mended), ("after", mended, span.end_ns)]
    return [piece for piece in cut if piece[2] > piece[1]]
