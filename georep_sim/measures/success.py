"""Virtual success probability of a single attempt, from recorded control state.

A client asks the site that its cached DNS answer names; the answer is as old as the client's last refresh.
Over all clients the age is uniform on (0, TTL), so the share that still holds an old answer falls linearly.
Success is therefore piecewise linear in time, and every integral and crossing below is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import NS_PER_S, Admission, Timeline, Verb

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPERATIONS = 3


@dataclass(frozen=True)
class Series:
    """Piecewise linear function of time, with jumps.

    Parameters
    ----------
    time_ns : ndarray of int64, shape (n,)
        Breakpoints, increasing; the first is 0, the last the end of play.
    left, right : ndarray of float64, shape (n,)
        Limits from the left and from the right; linear between breakpoints. ``left[0]`` equals ``right[0]``.
    """

    time_ns: NDArray[np.int64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]

    def integral_s(self, start_ns: int, end_ns: int) -> float:
        """Integral over [start, end), in seconds."""
        if end_ns <= start_ns:
            return 0.0
        inner = self.time_ns[(self.time_ns > start_ns) & (self.time_ns < end_ns)]
        edges = np.concatenate(([start_ns], inner, [end_ns]))
        before, after = self.limits(edges)
        return float(np.sum((after[:-1] + before[1:]) * 0.5 * np.diff(edges))) / NS_PER_S

    def at(self, time_ns: int) -> tuple[float, float]:
        """Limits from the left and the right at an instant."""
        before, after = self.limits(np.array([time_ns]))
        return float(before[0]), float(after[0])

    def limits(self, at_ns: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Limits from the left and the right at instants, each of shape (n,)."""
        last = len(self.time_ns) - 1
        k = np.minimum(np.maximum(np.searchsorted(self.time_ns, at_ns, side="right") - 1, 0), last)
        nxt = np.minimum(k + 1, last)
        width = np.maximum(self.time_ns[nxt] - self.time_ns[k], 1)
        inside = self.right[k] + (self.left[nxt] - self.right[k]) * (at_ns - self.time_ns[k]) / width
        on_break = at_ns == self.time_ns[k]
        return np.where(on_break, self.left[k], inside), np.where(on_break, self.right[k], inside)


def _steps(times: list[int], values: list[float], first: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Step function as (instants, value from that instant), with its value before the first instant in front."""
    return np.array([np.iinfo(np.int64).min, *times], dtype=np.int64), np.array([first, *values])


def _value(
    steps: tuple[NDArray[np.int64], NDArray[np.float64]], at_ns: NDArray[np.int64], side: str
) -> NDArray[np.float64]:
    """Value of a step function at instants; side ``right`` = from the instant on, ``left`` = just before it."""
    times, values = steps
    k = np.searchsorted(times, at_ns, side="right" if side == "right" else "left") - 1
    return np.asarray(values[np.maximum(k, 0)], dtype=np.float64)


def _held_for(
    aim: tuple[NDArray[np.int64], NDArray[np.float64]], site: int, at_ns: NDArray[np.int64], width_ns: int
) -> NDArray[np.float64]:
    """Share of clients whose answer, refreshed uniformly over the last `width_ns`, names `site`."""
    times, values = aim
    here = values == site
    ends = np.append(times[1:], np.iinfo(np.int64).max)
    begin = np.maximum(times[None, here], (at_ns - width_ns)[:, None])
    end = np.minimum(ends[None, here], at_ns[:, None])
    return np.asarray(np.maximum(end - begin, 0).sum(axis=1) / width_ns, dtype=np.float64)


def _share(
    aim: tuple[NDArray[np.int64], NDArray[np.float64]], site: int, at_ns: NDArray[np.int64], side: str, width_ns: int
) -> NDArray[np.float64]:
    if width_ns == 0:
        return np.asarray(_value(aim, at_ns, side) == site, dtype=np.float64)
    return _held_for(aim, site, at_ns, width_ns)


def success_series(timeline: Timeline, cohort: int, operation: int) -> Series:
    """Virtual success probability of one attempt by a client of a cohort, over the whole play.

    Parameters
    ----------
    timeline : Timeline
        Control state of one design.
    cohort : int
        Index of the client group.
    operation : int
        `Operation`.

    Returns
    -------
    Series
        Share of the cohort's clients whose attempt would succeed, in [0, 1].

    Notes
    -----
    An attempt succeeds if the site that the client's cached answer names admits the operation and neither
    direction of the path is cut. Clients refresh every `ttl_s`, uniformly spread; a share `overstay_share`
    keeps an answer for `overstay_s` longer. Slow and overloaded sites still succeed here: that is what
    request-weighted availability is for.
    """
    topology = timeline.topology
    aim = _aims(timeline, cohort)
    sites = sorted({int(site) for site in aim[1]} - {-1})
    states = {site: _is_up(timeline, cohort, site, operation) for site in sites}
    ttl_ns = round(topology.ttl_s * NS_PER_S)
    stay_ns = ttl_ns + round(topology.overstay_s * NS_PER_S)
    breaks = {0, timeline.end_ns, *(int(t) for s in states.values() for t in s[0][1:])}
    for instant in (int(t) for t in aim[0][1:]):
        breaks |= {instant, instant + ttl_ns, instant + stay_ns}
    at_ns = np.array(sorted(t for t in breaks if 0 <= t <= timeline.end_ns), dtype=np.int64)
    left, right = np.zeros(len(at_ns)), np.zeros(len(at_ns))
    for site, state in states.items():
        for limit, side in ((left, "left"), (right, "right")):
            share = _share(aim, site, at_ns, side, ttl_ns)
            if topology.overstay_share:
                share = share + topology.overstay_share * (_share(aim, site, at_ns, side, stay_ns) - share)
            np.add(limit, share * _value(state, at_ns, side), out=limit)
    left[0] = right[0]
    return Series(at_ns, np.clip(left, 0.0, 1.0), np.clip(right, 0.0, 1.0))


def _aims(timeline: Timeline, cohort: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First site of the answer in force, as steps; the first answer holds since ever."""
    changes = timeline.changes
    rows = changes[(changes["verb"] == Verb.AIM) & (changes["target"] == cohort)]
    heads = [timeline.orders[int(v)][0] if timeline.orders[int(v)] else -1 for v in rows["value"]]
    if not heads:
        return _steps([], [], -1.0)
    return _steps([int(t) for t in rows["time_ns"][1:]], [float(h) for h in heads[1:]], float(heads[0]))


def _is_up(timeline: Timeline, cohort: int, site: int, operation: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """1 where the site admits the operation and the path to it is whole, as steps."""
    changes = timeline.changes
    paths = {int(timeline.topology.down[cohort, site]), int(timeline.topology.up[cohort, site])} - {-1}
    admits = (changes["verb"] == Verb.ADMIT) & (changes["target"] == _OPERATIONS * site + operation)
    cuts = (changes["verb"] == Verb.CUT) & np.isin(changes["target"], list(paths))
    times: list[int] = []
    values: list[float] = []
    admitted, down = True, set[int]()
    for time_ns, verb, target, value, _ in changes[admits | cuts].tolist():
        if verb == Verb.ADMIT:
            admitted = value == Admission.OK
        elif value:
            down.add(target)
        else:
            down.discard(target)
        times.append(time_ns)
        values.append(float(admitted and not down))
    return _steps(times, values, 1.0)
