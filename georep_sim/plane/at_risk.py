"""Pushes of one site that are acknowledged and complete nowhere else: for how long the oldest is how old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.histogram import bins_of, edges_ns
from georep_sim.tables import NEVER_NS, CopyStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A push, and when its first copy was complete (`NEVER_NS`: not yet, or never).
_PUSH: Final = np.dtype([("ack_ns", "i8"), ("image", "i8"), ("safe_ns", "i8"), ("is_open", "?")])


def time_at_age_ns(
    ack_ns: NDArray[np.int64], safe_ns: NDArray[np.int64], *, start_ns: int, end_ns: int
) -> NDArray[np.int64]:
    """Time for which the oldest push that has no complete copy elsewhere is of an age in each bin.

    Parameters
    ----------
    ack_ns, safe_ns : ndarray of int64, shape (n_pushes,)
        When each push was acknowledged, in this order, and when its first copy was complete.
    start_ns, end_ns : int
        The stretch of time looked at.

    Returns
    -------
    ndarray of int64, shape (n_bins,)
        Nanoseconds by bin of `histogram.edges_ns`; they add up to the stretch. Bin 0 is that of the time in which
        everything acknowledged has a copy elsewhere.

    Notes
    -----
    Between events the age grows as time does, so the time spent at each age is known without looking at any instant.
    Looking at evenly spaced instants makes lumps of ages: under a fault at a given instant the same in every
    replication (decision record 18).
    """
    out = np.zeros(len(edges_ns()), dtype=np.int64)
    # The oldest is the first that is safe later than all before it; from when they are safe until it is.
    until_ns = np.maximum.accumulate(safe_ns)
    since_ns = np.maximum(np.append(start_ns, until_ns[:-1])[: len(ack_ns)], np.maximum(ack_ns, start_ns))
    until_ns = np.minimum(until_ns, end_ns)
    is_oldest = until_ns > since_ns
    since_ns, until_ns, ack_ns = since_ns[is_oldest], until_ns[is_oldest], ack_ns[is_oldest]
    out[0] = max(end_ns - start_ns, 0) - (until_ns - since_ns).sum()
    if len(ack_ns):
        out += _time_below(until_ns - ack_ns) - _time_below(since_ns - ack_ns)
    return out


def _time_below(ages_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Time by bin of what grows from 0 to each of some ages."""
    edges = edges_ns()
    last = bins_of(ages_ns)
    out: NDArray[np.int64] = np.zeros(len(edges), dtype=np.int64)
    np.add.at(out, last, ages_ns - edges[last])
    # All of a bin for every age that lies in a later one.
    beyond = len(ages_ns) - np.cumsum(np.bincount(last, minlength=len(edges)))
    out[:-1] += beyond[:-1] * np.diff(edges)
    return out


def in_steps(at_age_ns: NDArray[np.int64], step_ns: int) -> NDArray[np.int64]:
    """Time by bin in whole steps: what bins of little time hold is taken together, in order of age.

    Parameters
    ----------
    at_age_ns : ndarray of int64, shape (n_bins,)
        Time by bin.
    step_ns : int
        Length of a step.

    Returns
    -------
    ndarray of int64, shape (n_bins,)
        The time beyond any age is within half a step of what it was; the sum is the same.

    Examples
    --------
    >>> in_steps(np.array([70, 2, 2, 2, 24, 3]), 10).tolist()
    [70, 0, 0, 10, 20, 3]
    """
    reached = np.cumsum(at_age_ns)
    steps = np.minimum((reached + step_ns // 2) // step_ns * step_ns, reached[-1])
    steps[reached == reached[-1]] = reached[-1]
    out: NDArray[np.int64] = np.diff(steps, prepend=0)
    return out


class AtRisk:
    """Time spent at each age in a window, from copies as they are played.

    A push of which every copy was lost will never be safe: it is counted among the losses and left out here. That is
    known only once its last copy is gone, so time is counted up to where of every push acknowledged before one copy
    is done or none is under way.

    Parameters
    ----------
    start_ns, end_ns : int
        The window.

    Attributes
    ----------
    at_age_ns : ndarray of int64, shape (n_bins,)
        Nanoseconds spent at an age in each bin of `histogram.edges_ns` so far.
    oldest_ns : int
        Largest age that any push reached, what was played before the window included.
    """

    def __init__(self, start_ns: int, end_ns: int) -> None:
        self._end_ns = end_ns
        self._seen_ns = start_ns
        self._known_to_ns = int(np.iinfo(np.int64).min)
        self._kept: NDArray[Any] = np.zeros(0, dtype=_PUSH)
        self._unsafe_ns: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.at_age_ns: NDArray[np.int64] = np.zeros(len(edges_ns()), dtype=np.int64)
        self.oldest_ns = 0
        self.is_used = False

    def add(self, closed: NDArray[Any], still_open: NDArray[Any], *, now_ns: int) -> None:
        """Go on to an instant; rows of one source, otherwise as `plane.copy_tally.CopyTally.add`."""
        self.is_used |= bool(len(closed) or len(still_open))
        # What is acknowledged before that is settled: a further copy changes nothing.
        new = [_pushes(rows[rows["ack_ns"] >= self._known_to_ns]) for rows in (closed, still_open)]
        pushes = _by_push(np.concatenate([self._kept, *new]))
        is_safe = pushes["safe_ns"] < NEVER_NS
        self._unsafe_ns = pushes["ack_ns"][~is_safe & pushes["is_open"]]
        safe = pushes[is_safe]
        self.oldest_ns = max(self.oldest_ns, int((safe["safe_ns"] - safe["ack_ns"]).max(initial=0)))
        self._known_to_ns = int(self._unsafe_ns.min(initial=now_ns + 1))
        self._look(safe["ack_ns"], safe["safe_ns"], until_ns=self._known_to_ns)
        self._kept = safe[(safe["ack_ns"] >= self._known_to_ns) | (safe["safe_ns"] > self._known_to_ns)]
        self._kept["is_open"] = False

    def finish(self) -> None:
        """Take what is under way as never done, up to the end of the window."""
        waiting = np.zeros(len(self._unsafe_ns), dtype=_PUSH)
        waiting["ack_ns"], waiting["safe_ns"] = self._unsafe_ns, NEVER_NS
        pushes = np.sort(np.concatenate([self._kept, waiting]), order="ack_ns")
        self._look(pushes["ack_ns"], pushes["safe_ns"], until_ns=self._end_ns)
        self.oldest_ns = max(self.oldest_ns, self._end_ns - int(self._unsafe_ns.min(initial=self._end_ns)))

    def _look(self, ack_ns: NDArray[np.int64], safe_ns: NDArray[np.int64], *, until_ns: int) -> None:
        """Count the time up to an instant."""
        until_ns = min(until_ns, self._end_ns)
        if until_ns > self._seen_ns:
            self.at_age_ns += time_at_age_ns(ack_ns, safe_ns, start_ns=self._seen_ns, end_ns=until_ns)
            self._seen_ns = until_ns


def _pushes(copies: NDArray[Any]) -> NDArray[Any]:
    rows = np.zeros(len(copies), dtype=_PUSH)
    rows["ack_ns"], rows["image"] = copies["ack_ns"], copies["image"]
    rows["safe_ns"] = np.where(copies["status"] == CopyStatus.DONE, copies["done_ns"], NEVER_NS)
    rows["is_open"] = copies["status"] == CopyStatus.PENDING
    return rows


def _by_push(rows: NDArray[Any]) -> NDArray[Any]:
    """One row a push, in order of acknowledgement: safe with its first copy, open while one is under way."""
    if not len(rows):
        return rows
    rows = rows[np.lexsort((rows["image"], rows["ack_ns"]))]
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = (rows["ack_ns"][1:] != rows["ack_ns"][:-1]) | (rows["image"][1:] != rows["image"][:-1])
    starts = np.flatnonzero(is_first)
    out = rows[starts]
    out["safe_ns"] = np.minimum.reduceat(rows["safe_ns"], starts)
    out["is_open"] = np.logical_or.reduceat(rows["is_open"], starts)
    return out
