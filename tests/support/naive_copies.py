"""Copies looked at one by one, as slowly as it can be said: what the tallies of copies must come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ended_ns(copy: Any, *, lost_ns: int) -> int:
    """When a copy was done; never if it is pending, `lost_ns` if it was lost."""
    if copy["status"] == CopyStatus.DONE:
        return int(copy["done_ns"])
    return NEVER_NS if copy["status"] == CopyStatus.PENDING else lost_ns


def safe_from_ns(copies: NDArray[Any]) -> dict[tuple[int, int], int]:
    """When the first copy of each push was complete; -1 where all were lost."""
    pushes: dict[tuple[int, int], list[int]] = {}
    for copy in copies:
        key = (int(copy["ack_ns"]), int(copy["image"]))
        pushes.setdefault(key, []).append(ended_ns(copy, lost_ns=-1))
    return {key: min((end for end in ends if end >= 0), default=-1) for key, ends in pushes.items()}


def oldest_age_s(copies: NDArray[Any], at_ns: int) -> float:
    """Age of the oldest acknowledged push that has no complete copy elsewhere; copies of one source."""
    waiting = [ack_ns for (ack_ns, _), safe_ns in safe_from_ns(copies).items() if ack_ns <= at_ns < safe_ns]
    return (at_ns - min(waiting)) / NS_PER_S if waiting else 0.0


def largest_age_s(copies: NDArray[Any], until_ns: int) -> float:
    """Largest age ever reached; what is never safe waits to an instant."""
    ages = [
        (until_ns if safe_ns == NEVER_NS else safe_ns) - ack_ns
        for (ack_ns, _), safe_ns in safe_from_ns(copies).items()
        if safe_ns >= 0
    ]
    return max([0, *ages]) / NS_PER_S


def peak_bytes(copies: NDArray[Any]) -> float:
    """Most bytes that were acknowledged and not yet durable at the destination; what is lost stays so."""
    spans = [(int(c["ack_ns"]), ended_ns(c, lost_ns=NEVER_NS), float(c["bytes"])) for c in copies]
    return max((sum(size for ack, end, size in spans if ack <= t < end) for t, _, _ in spans), default=0.0)


def drain_s(copies: NDArray[Any], mended_ns: int) -> float:
    """From an instant until every copy acknowledged before is done; inf if one never is."""
    before = copies[copies["ack_ns"] < mended_ns]
    ends = [ended_ns(copy, lost_ns=-1) for copy in before]
    return np.inf if NEVER_NS in ends else max([0, *(end - mended_ns for end in ends)]) / NS_PER_S
