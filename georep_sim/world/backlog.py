"""Copies of each counted episode in full, from the fault's start until the backlog of every design is zero."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import NEVER_NS, CopyStatus
from georep_sim.world.sample import Episode, Span, joined
from georep_sim.world.strata import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog
    from georep_sim.world.replica import Replica

    #: Plays a window under every design.
    Play = Callable[[Window], Mapping[str, PlayLog]]


@dataclass(frozen=True)
class Played:
    """A window, and what was seen in it under each design."""

    window: Window
    logs: Mapping[str, PlayLog]


def follow(replica: Replica, play: Play, *, calm_ns: int) -> tuple[list[Episode], list[Played]]:
    """Play the copies of every counted episode of a replication until no copy is held up.

    Parameters
    ----------
    replica : Replica
        Its episodes and budget.
    play : callable (Window) -> mapping of str to PlayLog
        Plays a window of copies under every design.
    calm_ns : int
        Longest that a copy takes when nothing holds it up.

    Returns
    -------
    list of Episode
        All episodes; the counted ones with their backlog and, if it outlasts them, a later end.
    list of Played
        Windows of copies in full.
    """
    counted = {span.episode: span for span in replica.spans if span.episode >= 0}
    found: list[Episode] = []
    played: list[Played] = []
    last_is_counted = False
    for k, episode in enumerate(replica.episodes):
        span = counted.get(k)
        if span is None or episode.settled_ns <= span.start_ns:
            if found and found[-1].end_ns > episode.start_ns:
                found[-1] = replace(found[-1], end_ns=episode.start_ns)
            found.append(episode)
        elif last_is_counted and episode.start_ns <= found[-1].end_ns:
            # The backlog of the last episode meets this fault: one episode, played from the first fault on.
            first = played.pop().window
            found[-1], whole = _follow_one(
                replica, play, joined(found[-1], episode), replace(span, start_ns=first.start_ns), calm_ns
            )
            played.append(whole)
        else:
            extended, whole = _follow_one(replica, play, episode, span, calm_ns)
            found.append(extended)
            played.append(whole)
        last_is_counted = found[-1].copied_ns >= 0
    return found, played


def _follow_one(replica: Replica, play: Play, episode: Episode, span: Span, calm_ns: int) -> tuple[Episode, Played]:
    """Play longer and longer stretches of pushes until the backlog is zero within."""
    limit_ns = replica.arrivals.horizon_ns
    most_ns = replica.reach_ns(span.start_ns, limit_ns, replica.budget.full_pushes)
    settled_ns = min(episode.settled_ns, limit_ns)
    tail_ns = calm_ns
    while True:
        until_ns = min(settled_ns + tail_ns, most_ns)
        window = Window(span.start_ns, until_ns, span.weight, "copies in full", copies_only=True)
        logs = play(window)
        zero_ns = max(zero_from_ns(log.copies, settled_ns, calm_ns) for log in logs.values())
        if zero_ns <= until_ns or until_ns >= most_ns:
            break
        # What is acknowledged while the backlog drains makes it longer: half as much again.
        tail_ns = max(2 * tail_ns, 3 * (min(zero_ns, limit_ns) - settled_ns) // 2)
    is_whole = min(zero_ns, limit_ns) <= until_ns
    end_ns = min(until_ns, max(settled_ns, zero_ns))
    mended_ns = (episode.mended_ns if episode.mended_ns < end_ns else -1) if is_whole else -2
    held = [stretch for log in logs.values() if (stretch := held_up(log.copies, span.start_ns, calm_ns)) is not None]
    backlog = (min(a for a, _ in held), min(end_ns, max(b for _, b in held))) if held else None
    extended = replace(episode, end_ns=max(episode.end_ns, end_ns), copied_ns=end_ns, backlog=backlog)
    kept = {name: _until(log, window, end_ns) for name, log in logs.items()}
    return extended, Played(replace(window, end_ns=end_ns, mended_ns=mended_ns), kept)


def _until(log: PlayLog, window: Window, end_ns: int) -> PlayLog:
    """What was played up to an instant; of the bytes on links, which have none, the share."""
    transfers = log.transfers.copy()
    transfers["bytes"] *= (end_ns - window.start_ns) / (window.end_ns - window.start_ns)
    return replace(
        log,
        copies=log.copies[log.copies["ack_ns"] < end_ns],
        losses=log.losses[log.losses["time_ns"] < end_ns],
        transfers=transfers,
    )


def zero_from_ns(copies: NDArray[Any], since_ns: int, calm_ns: int) -> int:
    """First instant from which on the backlog is zero: all that was acknowledged before is done within the calm.

    Parameters
    ----------
    copies : ndarray
        Rows of the table copies.
    since_ns : int
        When the search begins.
    calm_ns : int
        Longest that a copy takes when nothing holds it up.

    Returns
    -------
    int
        `since_ns` or later; `NEVER_NS` if a copy never ends.
    """
    order = np.argsort(copies["ack_ns"], kind="stable")
    ack_ns = copies["ack_ns"][order]
    latest_ns = np.maximum.accumulate(_ended_ns(copies)[order])
    zero_ns = since_ns
    while True:
        before = int(np.searchsorted(ack_ns, zero_ns, side="left"))
        if not before or latest_ns[before - 1] <= zero_ns + calm_ns:
            return zero_ns
        zero_ns = int(latest_ns[before - 1])
        if zero_ns == NEVER_NS:
            return zero_ns


def held_up(copies: NDArray[Any], since_ns: int, calm_ns: int) -> tuple[int, int] | None:
    """From the acknowledgement of the first copy that is held up to the end of the last; None if none is."""
    ended_ns = _ended_ns(copies)
    late = (ended_ns - calm_ns > copies["ack_ns"]) & (ended_ns > since_ns)
    if not late.any():
        return None
    return max(since_ns, int(copies["ack_ns"][late].min())), int(ended_ns[late].max())


def _ended_ns(copies: NDArray[Any]) -> NDArray[np.int64]:
    """When each copy was done, or lost at once for want of a better instant; NEVER_NS if it is still pending."""
    ended = np.where(copies["status"] == CopyStatus.DONE, copies["done_ns"], copies["ack_ns"])
    return np.where(copies["status"] == CopyStatus.PENDING, NEVER_NS, ended)
