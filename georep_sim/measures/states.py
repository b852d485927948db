"""From one timeline to rows: availability by month, recovery episodes, failovers, content destroyed.

These rows are all that is kept of the thousands of timelines; they are made where the timeline is made.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from georep_sim.measures.success import Series, success_series
from georep_sim.tables import NS_PER_S, LossKind, Mark, Operation, Timeline, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class Stretch(NamedTuple):
    """An episode as the measures need it.

    Parameters
    ----------
    start_ns, end_ns : int
        From the first fault to the last after-effect of any compared design.
    faults : frozenset of int
        Fault rows at work.
    weight : float
        Weight if it is counted here, 0 if a drill stands for it.
    """

    start_ns: int
    end_ns: int
    faults: frozenset[int]
    weight: float


class Where(NamedTuple):
    """Which replication the rows come from, and its group (-1, or the drilled fault row)."""

    replication: int
    row: int


def state_tables(
    timeline: Timeline,
    stretches: Sequence[Stretch],
    *,
    where: Where,
    month_edges_ns: NDArray[np.int64],
    hold_s: float,
    hold_share: float,
) -> dict[str, NDArray[Any]]:
    """Rows of the tables availability, episodes, failovers and destroyed for one timeline.

    Parameters
    ----------
    timeline : Timeline
        Control state of one design.
    stretches : sequence of Stretch
        Its episodes, on the common refinement of all compared designs.
    where : Where
        Replication and group.
    month_edges_ns : ndarray of int64, shape (n_months + 1,)
        Edges of the calendar months, from the end of the warm-up to the horizon.
    hold_s, hold_share : float
        Recovered means: at least this share of the value before, for this long.

    Returns
    -------
    dict of str to ndarray
        Structured arrays of `tables.TABLES`.
    """
    lost: list[tuple[Any, ...]] = []
    recovered: list[tuple[Any, ...]] = []
    hold_ns = round(hold_s * NS_PER_S)
    for cohort in range(len(timeline.topology.cohorts)):
        for operation in (Operation.PULL, Operation.PUSH):
            series = success_series(timeline, cohort, operation)
            if series.left.min() == series.right.min() == 1.0:
                continue
            at = (cohort, operation)
            lost += _lost(series, stretches, where, at, month_edges_ns)
            recovered += _recoveries(series, timeline, stretches, where, at, hold_ns, hold_share)
    return {
        "availability": np.array(lost, dtype=dtype_of("availability")),
        "episodes": np.array(recovered, dtype=dtype_of("episodes")),
        "failovers": np.array(list(_failovers(timeline, stretches, where)), dtype=dtype_of("failovers")),
        "destroyed": np.array(list(_destroyed(timeline, stretches, where)), dtype=dtype_of("destroyed")),
    }


def _lost(
    series: Series, stretches: Sequence[Stretch], where: Where, at: tuple[int, int], edges: NDArray[np.int64]
) -> Iterable[tuple[Any, ...]]:
    """One row a month with a loss; one row for the forced episode of a drill."""
    failure = Series(series.time_ns, 1.0 - series.left, 1.0 - series.right)
    if where.row >= 0:
        for s in stretches:
            amount = failure.integral_s(s.start_ns, s.end_ns)
            if s.weight and amount > 0.0:
                yield (where.replication, where.row, s.weight, *at, -1, amount, 0.0, 1)
        return
    damaging = [(s, failure.integral_s(s.start_ns, s.end_ns)) for s in stretches]
    for month, (start, end) in enumerate(pairwise(edges)):
        amount = failure.integral_s(int(start), int(end))
        if amount <= 0.0:
            continue
        drilled = sum(
            failure.integral_s(max(s.start_ns, int(start)), min(s.end_ns, int(end)))
            for s, _ in damaging
            if not s.weight
        )
        begun = sum(1 for s, a in damaging if s.weight and a > 0.0 and start <= s.start_ns < end)
        yield (where.replication, where.row, 1.0, *at, month, amount, drilled, begun)


def _recoveries(
    series: Series,
    timeline: Timeline,
    stretches: Sequence[Stretch],
    where: Where,
    at: tuple[int, int],
    hold_ns: int,
    share: float,
) -> Iterable[tuple[Any, ...]]:
    """One row for each counted episode; rto is nan where success never fell below the share."""
    for s in stretches:
        if not s.weight:
            continue
        before = series.at(s.start_ns)[0]
        inside = (series.time_ns >= s.start_ns) & (series.time_ns <= s.end_ns)
        lowest = min([before, *series.left[inside], *series.right[inside]])
        fell = lowest < share * before
        rto = [np.nan, np.nan, np.nan]
        if fell:
            back = [_holds_from(series, s, level * before, hold_ns) for level in (share, 0.5, 0.9)]
            rto = [np.nan if b is None else (b - s.start_ns) / NS_PER_S for b in back]
        censored = fell and rto[0] >= (min(s.end_ns, timeline.end_ns) - s.start_ns) / NS_PER_S
        fault = next(iter(s.faults)) if len(s.faults) == 1 else -1
        affected = 0.0 if before == 0.0 else 1.0 - lowest / before
        parts = _parts(timeline, s, rto[0]) if fell else (np.nan,) * 5
        yield (where.replication, where.row, s.weight, *at, fault, s.start_ns, *rto, affected, censored, *parts)


def _holds_from(series: Series, s: Stretch, level: float, hold_ns: int) -> int | None:
    """First instant from which success stays at or above `level` for the hold; None if it never fell below."""
    inside = (series.time_ns > s.start_ns) & (series.time_ns < s.end_ns)
    at = np.concatenate(([s.start_ns], series.time_ns[inside], [s.end_ns]))
    lefts, rights = series.limits(at)
    good_since: int | None = None
    fell = False
    for (t0, t1), left, right in zip(pairwise(at.tolist()), rights[:-1].tolist(), lefts[1:].tolist(), strict=True):
        start = _crossing(t0, t1, left, right, level)
        if left < level or right < level:
            fell = fell or min(left, right) < level
            good_since = start if right >= level else None
        elif good_since is None:
            good_since = t0
        if fell and good_since is not None and t1 - good_since >= hold_ns:
            return good_since
    if not fell:
        return None
    return good_since if good_since is not None else s.end_ns


def _crossing(t0: int, t1: int, left: float, right: float, level: float) -> int:
    """Instant within [t0, t1] at which a line reaches the level from below."""
    if left >= level or right <= left:
        return t0
    return t0 + round((t1 - t0) * (level - left) / (right - left))


def _parts(timeline: Timeline, s: Stretch, rto_s: float) -> tuple[float, float, float, float, float]:
    """Detect, decide, execute, propagate, warm up: they add up to the recovery time.

    A part that no mark bounds is nan: an outage that simply ended was neither detected nor decided upon.
    """
    end_ns = s.start_ns + round(rto_s * NS_PER_S)
    marks = timeline.marks
    mine = marks[(marks["time_ns"] >= s.start_ns) & (marks["time_ns"] <= end_ns)]
    at: dict[int, int] = {}
    for mark in mine:
        at.setdefault(int(mark["mark"]), int(mark["time_ns"]))
    if Mark.EXECUTED not in at:
        return (np.nan,) * 5
    executed = at[Mark.EXECUTED]
    detected = min(at.get(Mark.DETECTED, s.start_ns), executed)
    decided = min(max(at.get(Mark.DECIDED, detected), detected), executed)
    reseeded = min(max(at.get(Mark.RESEEDED, executed), executed), end_ns)
    warm_up = (end_ns - reseeded) / NS_PER_S if Mark.RESEEDED in at else 0.0
    cuts = (detected - s.start_ns, decided - detected, executed - decided)
    detect, decide, execute = (cut / NS_PER_S for cut in cuts)
    return detect, decide, execute, rto_s - detect - decide - execute - warm_up, warm_up


def _weight_at(stretches: Sequence[Stretch], time_ns: int) -> float:
    for s in stretches:
        if s.start_ns <= time_ns <= s.end_ns:
            return s.weight
    return 0.0


def _failovers(timeline: Timeline, stretches: Sequence[Stretch], where: Where) -> Iterable[tuple[Any, ...]]:
    """Each execution mark that was followed by clients being aimed elsewhere."""
    executed = timeline.marks[timeline.marks["mark"] == Mark.EXECUTED]
    for time_ns, site in sorted({(int(m["time_ns"]), int(m["site"])) for m in executed}):
        weight = _weight_at(stretches, time_ns)
        if weight:
            yield (where.replication, where.row, weight, site, time_ns, False)


def _destroyed(timeline: Timeline, stretches: Sequence[Stretch], where: Where) -> Iterable[tuple[Any, ...]]:
    """Content that no site holds any more: everything when the last full copy goes, a share when deletes reach all."""
    holding = set(range(len(timeline.topology.sites)))
    deleted: dict[int, set[int]] = {}
    reseeded = [(int(m["time_ns"]), int(m["site"])) for m in timeline.marks if m["mark"] == Mark.RESEEDED]
    for change in timeline.changes[timeline.changes["verb"] == Verb.LOSE]:
        time_ns, site, value, cause = (change[name].item() for name in ("time_ns", "target", "value", "cause"))
        holding |= {s for t, s in reseeded if t <= time_ns}
        reseeded = [(t, s) for t, s in reseeded if t > time_ns]
        weight = _weight_at(stretches, time_ns)
        fault = int(timeline.faults[cause]["fault"]) if cause >= 0 else -1
        if value < 0.0:
            reached = deleted.setdefault(cause, set())
            reached.add(site)
            if holding and reached >= holding and weight:
                yield (where.replication, where.row, weight, time_ns, LossKind.DELETED, fault, -value)
        elif value == 1.0 and site in holding:
            holding.discard(site)
            if not holding and weight:
                yield (where.replication, where.row, weight, time_ns, LossKind.DESTROYED, fault, 1.0)
