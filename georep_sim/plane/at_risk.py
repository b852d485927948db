"""Pushes of one site that are acknowledged and complete nowhere else: how old the oldest is, at given instants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.histogram import bins_of, edges_ns
from georep_sim.tables import NEVER_NS, CopyStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A push, and when its first copy was complete (`NEVER_NS`: not yet, or never).
_PUSH: Final = np.dtype([("ack_ns", "i8"), ("image", "i8"), ("safe_ns", "i8"), ("is_open", "?")])


def uncopied_age_ns(
    ack_ns: NDArray[np.int64], safe_ns: NDArray[np.int64], at_ns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Age of the oldest push that has no complete copy elsewhere, at given instants.

    Parameters
    ----------
    ack_ns, safe_ns : ndarray of int64, shape (n_pushes,)
        When each push was acknowledged, in this order, and when its first copy was complete.
    at_ns : ndarray of int64, shape (n,)
        Instants.

    Returns
    -------
    ndarray of int64, shape (n,)
        0 where everything acknowledged has a copy elsewhere.
    """
    # Where the largest safe instant so far first exceeds t is the oldest that waits at t, unless it is yet to be
    # acknowledged.
    oldest = np.searchsorted(np.maximum.accumulate(safe_ns), at_ns, side="right")
    oldest_ns = np.append(ack_ns, NEVER_NS)[oldest]
    return np.where(oldest_ns <= at_ns, at_ns - np.minimum(oldest_ns, at_ns), 0)


class AtRisk:
    """Histogram of that age over instants, from copies as they are played.

    A push of which every copy was lost will never be safe: it is counted among the losses and left out here. That is
    known only once its last copy is gone, so an instant is looked at when of every push acknowledged before one copy
    is done or none is under way.

    Parameters
    ----------
    at_ns : ndarray of int64, shape (n,)
        Instants, increasing.
    """

    def __init__(self, at_ns: NDArray[np.int64]) -> None:
        self._at_ns = at_ns
        self._seen = 0
        self._known_to_ns = int(np.iinfo(np.int64).min)
        self._kept: NDArray[Any] = np.zeros(0, dtype=_PUSH)
        self._unsafe_ns: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.instants: NDArray[np.int64] = np.zeros(len(edges_ns()), dtype=np.int64)
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

    def finish(self, end_ns: int) -> None:
        """Take what is under way as never done, up to the end of the window."""
        waiting = np.zeros(len(self._unsafe_ns), dtype=_PUSH)
        waiting["ack_ns"], waiting["safe_ns"] = self._unsafe_ns, NEVER_NS
        pushes = np.sort(np.concatenate([self._kept, waiting]), order="ack_ns")
        self._look(pushes["ack_ns"], pushes["safe_ns"], until_ns=NEVER_NS)
        self.oldest_ns = max(self.oldest_ns, end_ns - int(self._unsafe_ns.min(initial=end_ns)))

    def _look(self, ack_ns: NDArray[np.int64], safe_ns: NDArray[np.int64], *, until_ns: int) -> None:
        """Look at the instants before one."""
        last = int(np.searchsorted(self._at_ns, until_ns, side="left"))
        at_ns = self._at_ns[self._seen : last]
        np.add.at(self.instants, bins_of(uncopied_age_ns(ack_ns, safe_ns, at_ns)), 1)
        self._seen = max(self._seen, last)


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
