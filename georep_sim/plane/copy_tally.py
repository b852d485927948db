"""Counts, ages and extremes of copies: what is left of a copy when nobody asks for it alone.

The copies of a window come in one piece, or in stretches of time as they are played: `CopyTally` holds on to what is
under way and to little else, so that a year of copies fits into memory. How a window is cut changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.histogram import bins_of, edges_ns
from georep_sim.plane.at_risk import AtRisk, in_steps
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, Extreme, dtype_of, empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

#: Tables that a `CopyTally` fills.
TALLIES: Final = ("lags", "ages", "extremes")
#: Copies are promised within this time (METHODS: metrics, replication_lag).
PROMISE_NS: Final = 900 * NS_PER_S
#: End of the last fault of an episode that was not played to the end of its backlog.
NOT_PLAYED_OUT: Final = -2
#: Time at ages is told in steps of a second, or of this part of a window if that is less: a row for every bin that the
#: age passes through would make a hundred times as many.
AGE_STEP_NS: Final = NS_PER_S
AGE_STEPS: Final = 1000
_LAG_KEY: Final = ("source", "destination", "status", "is_late", "bin")
_WHERE: Final = ("replication", "row", "window", "weight")


def copy_tallies(
    copies: NDArray[Any], windows: NDArray[Any], *, edges: Iterable[tuple[int, int]]
) -> dict[str, NDArray[Any]]:
    """Lags, ages and extremes of copies that are all at hand.

    Parameters
    ----------
    copies : ndarray
        Rows of the table copies, of any windows; those of what was played before a window's start included.
    windows : ndarray
        Rows of the table windows that the copies stand for. A row that is not *full* says no more than where, in the
        window of the same number, an episode was mended.
    edges : iterable of (int, int)
        Source and destination of every copy edge.

    Returns
    -------
    dict of str to ndarray
        Tables lags, ages and extremes. A window of no weight has extremes only.
    """
    edges = list(edges)
    parts: dict[str, list[NDArray[Any]]] = {name: [np.zeros(0, dtype_of(name))] for name in TALLIES}
    for window in windows[windows["full"]]:
        mine = _same_window(copies, window)
        mended_ns = windows["mended_ns"][_same_window(windows, window)]
        tally = CopyTally(int(window["start_ns"]), int(window["end_ns"]), mended_ns=mended_ns.tolist(), edges=edges)
        is_open = copies["status"][mine] == CopyStatus.PENDING
        tally.add(copies[mine][~is_open], copies[mine][is_open], now_ns=NEVER_NS - 1)
        for name, rows in tally.finish(window).items():
            parts[name].append(rows)
    return {name: np.concatenate(rows) for name, rows in parts.items()}


def _same_window(rows: NDArray[Any], window: NDArray[Any]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (
        (rows["window"] == window["window"])
        & (rows["row"] == window["row"])
        & (rows["replication"] == window["replication"])
    )
    return same


class CopyTally:
    """The copies of one window, counted as they are played.

    Parameters
    ----------
    start_ns, end_ns : int
        The window. Copies acknowledged before it have no lag that counts; they do count in ages and extremes.
    mended_ns : sequence of int
        Ends of the last faults of the window's episodes; -1 = none, `NOT_PLAYED_OUT`.
    edges : iterable of (int, int)
        Source and destination of every copy edge.
    """

    def __init__(
        self, start_ns: int, end_ns: int, *, mended_ns: Sequence[int], edges: Iterable[tuple[int, int]]
    ) -> None:
        edges = list(edges)
        self._start_ns, self._end_ns = start_ns, end_ns
        self._lags: NDArray[Any] = empty("lags")
        self._at_risk = {source: AtRisk(start_ns, end_ns) for source, _ in sorted(edges)}
        self._queues = {destination: _Queue(mended_ns) for destination in sorted({b for _, b in edges})}
        self._open: NDArray[Any] = empty("copies")

    def add(self, closed: NDArray[Any], still_open: NDArray[Any], *, now_ns: int) -> None:
        """Go on to an instant.

        Parameters
        ----------
        closed : ndarray
            Rows of the table copies that were done or lost since the last time, up to this instant and that included.
        still_open : ndarray
            All rows that are under way.
        now_ns : int
            The instant.
        """
        self._lags = _merged([self._lags, self._lag_rows(closed)])
        for source, one in self._at_risk.items():
            one.add(closed[closed["source"] == source], still_open[still_open["source"] == source], now_ns=now_ns)
        for destination, queue in self._queues.items():
            done, waiting = (rows[rows["destination"] == destination] for rows in (closed, still_open))
            queue.add(done, waiting, now_ns=now_ns)
        self._open = still_open

    def finish(self, window: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the tables; what is still under way is never done.

        Parameters
        ----------
        window : ndarray
            Row of the table windows.
        """
        for one in self._at_risk.values():
            one.finish()
        extremes = [(Extreme.OLDEST, s, one.oldest_ns / NS_PER_S) for s, one in self._at_risk.items() if one.is_used]
        for destination, queue in self._queues.items():
            if queue.is_used:
                extremes.append((Extreme.BACKLOG, destination, queue.largest_bytes))
                waiting = self._open[self._open["destination"] == destination]
                extremes += [(Extreme.DRAIN, destination, drain_s) for drain_s in queue.drains_s(waiting)]
        tables = {
            "lags": _merged([self._lags, self._lag_rows(self._open)]),
            "ages": self._age_rows(),
            "extremes": np.array(
                [(0, 0, 0.0, 0, kind, site, value) for kind, site, value in extremes], dtype=dtype_of("extremes")
            ),
        }
        for rows in tables.values():
            for name in _WHERE:
                rows[name] = window[name]
        return tables if window["weight"] > 0.0 else tables | {"lags": empty("lags"), "ages": empty("ages")}

    def _lag_rows(self, copies: NDArray[Any]) -> NDArray[Any]:
        """A row for each copy that counts."""
        mine = copies[copies["ack_ns"] >= self._start_ns]
        rows = empty("lags", len(mine))
        for name in ("source", "destination", "status"):
            rows[name] = mine[name]
        is_done = mine["status"] == CopyStatus.DONE
        lag_ns = np.where(is_done, mine["done_ns"] - mine["ack_ns"], 0)
        rows["bin"] = np.where(is_done, bins_of(lag_ns), -1)
        rows["is_late"] = ~is_done | (lag_ns > PROMISE_NS)
        rows["copies"], rows["bytes"] = 1, np.rint(mine["bytes"])
        return rows

    def _age_rows(self) -> NDArray[Any]:
        parts = [np.zeros(0, dtype_of("ages"))]
        step_ns = max(1, min(AGE_STEP_NS, (self._end_ns - self._start_ns) // AGE_STEPS))
        for source, one in self._at_risk.items():
            at_age_ns = in_steps(one.at_age_ns, step_ns)
            bins = np.flatnonzero(at_age_ns)
            rows = empty("ages", len(bins))
            rows["source"], rows["bin"], rows["seconds"] = source, bins, at_age_ns[bins] / NS_PER_S
            parts.append(rows)
        return np.concatenate(parts)


def _merged(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Rows of lags with what is in one cell added up, sorted by cell."""
    rows = np.concatenate(parts)
    # One whole number a cell: sorting five columns takes five times as long.
    cell = np.zeros(len(rows), dtype=np.int64)
    for name, size in zip(_LAG_KEY, (1 << 16, 1 << 16, 4, 2, len(edges_ns()) + 1), strict=True):
        cell = cell * size + rows[name] + (name == "bin")
    _, first, at = np.unique(cell, return_index=True, return_inverse=True)
    out = rows[first]
    for name in ("copies", "bytes"):
        out[name] = 0
        np.add.at(out[name], at, rows[name])
    return out


class _Queue:
    """What waits for one destination: the most bytes ever, and when what episodes left was copied."""

    def __init__(self, mended_ns: Sequence[int]) -> None:
        self._mended_ns = np.sort(np.array([t for t in mended_ns if t >= 0], dtype=np.int64))
        self._not_played_out = sum(t == NOT_PLAYED_OUT for t in mended_ns)
        # Latest end of the copies acknowledged before each, and after the one before.
        self._latest_ns = np.full(len(self._mended_ns) + 1, -1, dtype=np.int64)
        self._now_ns = int(np.iinfo(np.int64).min)
        self._waiting_bytes = 0.0
        self.largest_bytes = 0.0
        self.is_used = False

    def add(self, closed: NDArray[Any], still_open: NDArray[Any], *, now_ns: int) -> None:
        """Go on to an instant; as `CopyTally.add`."""
        self.is_used |= bool(len(closed) or len(still_open))
        done = closed[closed["status"] == CopyStatus.DONE]
        new = np.concatenate([rows[rows["ack_ns"] > self._now_ns] for rows in (closed, still_open)])
        at_ns = np.concatenate([new["ack_ns"], done["done_ns"]])
        step = np.concatenate([new["bytes"], -done["bytes"]])
        if len(step):
            # What leaves at an instant leaves before others come.
            level = self._waiting_bytes + np.cumsum(step[np.lexsort((step, at_ns))])
            self.largest_bytes = max(self.largest_bytes, float(level.max()))
            self._waiting_bytes = float(level[-1])
        next_mended = np.searchsorted(self._mended_ns, done["ack_ns"], side="right")
        np.maximum.at(self._latest_ns, next_mended, done["done_ns"])
        self._now_ns = now_ns

    def drains_s(self, waiting: NDArray[Any]) -> list[float]:
        """Time from the end of each episode's last fault until what was acknowledged before is copied.

        Parameters
        ----------
        waiting : ndarray
            Rows that will never be done.

        Returns
        -------
        list of float
            s; inf where something waits for ever, nan for an episode that was not played out.
        """
        latest_ns = np.maximum.accumulate(self._latest_ns)[:-1]
        drain_s = np.maximum(latest_ns - self._mended_ns, 0) / NS_PER_S
        drain_s[self._mended_ns > waiting["ack_ns"].min(initial=NEVER_NS)] = np.inf
        return [*drain_s.tolist(), *[float("nan")] * self._not_played_out]
