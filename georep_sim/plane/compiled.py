"""The compiled data plane: what `reference` plays with SimPy, as a numba loop over arrays; same draws, same result.

Examples
--------
`play` takes what `georep_sim.plane.reference.play` takes and returns what it returns.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.errors import SimulationError
from georep_sim.plane.kernel import loop
from georep_sim.plane.kernel.layout import lay_out
from georep_sim.plane.kernel.memory import ASKED, CHANGE, SCALES, grown, is_short_of, room, write
from georep_sim.plane.tally import merge, rows_of, unknown_states
from georep_sim.plane.wire import PlayLog
from georep_sim.tables import NEVER_NS, NS_PER_S, LossKind, Operation, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from georep_sim.plane.tally import ControlStates
    from georep_sim.plane.wire import Wire
    from georep_sim.tables import Timeline

__all__ = ["Plane", "Reason", "play"]

_HOUR_BITS: Final = 24
_NONE: Final = -1
_COPIED: Final = ("source", "destination", "image", "bytes", "ack_ns", "start_ns", "done_ns", "status")


def play(
    wire: Wire,
    timeline: Timeline,
    traffic: NDArray[Any],
    *,
    start_ns: int,
    end_ns: int,
    deleted: Mapping[int, NDArray[np.bool_]],
    missing: NDArray[np.bool_],
    copies_only: bool = False,
    until_ns: int = NEVER_NS,
    states: ControlStates | None = None,
    counted_from_ns: int = 0,
) -> PlayLog:
    """Play requests and copies of one stretch of time.

    Parameters
    ----------
    wire, timeline, traffic, start_ns, end_ns, deleted, missing, copies_only, until_ns, states, counted_from_ns
        As for `georep_sim.plane.reference.play`.

    Returns
    -------
    PlayLog
        Equal to that of the reference plane, except that sums of bytes on a link may differ by rounding.

    Raises
    ------
    SimulationError
        If the world is too large for the plane's memory.
    """
    inside = (traffic["time_ns"] >= start_ns) & (traffic["time_ns"] < end_ns)
    if copies_only:
        inside &= traffic["operation"] == Operation.PUSH
    asked = traffic[inside]
    log = np.zeros(0 if copies_only else len(asked), dtype=dtype_of("requests"))
    plane = Plane(
        wire,
        timeline,
        start_ns=start_ns,
        deleted=deleted,
        missing=missing,
        copies_only=copies_only,
        states=states,
        log=log,
        counted_from_ns=counted_from_ns,
    )
    plane.feed(asked, rows=np.arange(len(asked)), has_more=False)
    until_ns = max(until_ns, end_ns)
    if plane.advance(until_ns) != Reason.DONE:
        plane.close(until_ns if until_ns < NEVER_NS else timeline.end_ns)
    plane.stop()
    return plane.result()


class Reason(Enum):
    """Why `Plane.advance` returned."""

    DONE = "nothing is open"
    REACHED = "the instant is reached"
    DRAINED = "a watched edge has nothing left to copy"


class Plane:
    """A play under way.

    Parameters
    ----------
    wire : Wire
        The design as the plane sees it.
    timeline : Timeline
        Its control state.
    start_ns, deleted, missing, copies_only, states, counted_from_ns
        As for `play`.
    log : ndarray
        Rows of the table `requests` to be filled.
    """

    def __init__(
        self,
        wire: Wire,
        timeline: Timeline,
        *,
        start_ns: int,
        deleted: Mapping[int, NDArray[np.bool_]],
        missing: NDArray[np.bool_],
        copies_only: bool = False,
        states: ControlStates | None = None,
        log: NDArray[Any] | None = None,
        counted_from_ns: int = 0,
    ) -> None:
        self._wire = wire
        self._log = np.zeros(0, dtype=dtype_of("requests")) if log is None else log
        self._copies: list[NDArray[Any]] = []
        self._counted: NDArray[Any] = np.zeros(0, dtype=dtype_of("tallies"))
        self._waiting: NDArray[Any] = np.zeros(0, dtype=ASKED)
        self._has_more = False
        self._scale, self._memory = lay_out(
            wire,
            timeline,
            start_ns=start_ns,
            deleted=deleted,
            missing=missing,
            states=unknown_states() if states is None else states,
        )
        self._memory["copies_only"], self._memory["counted_from_ns"] = copies_only, counted_from_ns
        self._loop.prepare(self._bytes)

    @property
    def _loop(self) -> loop.Loop:
        return loop.loop_of(self._scale)

    @property
    def _bytes(self) -> NDArray[np.uint8]:
        return self._memory.view(np.uint8)

    @property
    def now_ns(self) -> int:
        """Now."""
        return int(self._memory["now_ns"][0])

    def feed(self, traffic: NDArray[Any], *, rows: NDArray[np.int64] | None = None, has_more: bool) -> None:
        """Take over requests that are to arrive after all that were fed before.

        Parameters
        ----------
        traffic : ndarray, shape (n,)
            As for `play`.
        rows : ndarray of int64, shape (n,), or None
            Row of the log that each request fills, -1 = none; None = none for all.
        has_more : bool
            Whether more will be fed; if so, advance no further than to where this ends.
        """
        asked = np.empty(len(traffic), dtype=ASKED)
        for name in ("time_ns", "cohort", "operation", "machine", "image", "warm"):
            asked[name] = traffic[name]
        asked["index"] = traffic["hour"].astype(np.int64) << _HOUR_BITS | traffic["k"]
        asked["new_layers"] = traffic["new_layers"].astype(np.uint64).view(np.int64)
        asked["row"] = _NONE if rows is None else rows
        asked = _sorted(asked)
        self._waiting = np.concatenate([self._waiting, asked]) if len(self._waiting) else asked
        self._has_more = has_more

    def watch(self, edges: Iterable[int]) -> None:
        """Have `advance` return early whenever one of these copy edges has nothing left to copy."""
        self._memory["edges"]["is_watched"][0, list(edges)] = True

    def speak(self, changes: NDArray[Any]) -> None:
        """Add changes that control has made upon what it saw: lockstep.

        Parameters
        ----------
        changes : ndarray
            Rows of the table `changes`, of no earlier time than `now_ns` or of the changes known; verbs but `aim`,
            and no deletes. What happens at their instant happens after them only if it has not been played.

        Raises
        ------
        ValueError
            If a change is of the past, or of a kind that must be known from the start.
        """
        m = self._memory[0]
        known = int(m["n_changes"])
        latest_ns = max(self.now_ns + 1, int(m["changes"]["time_ns"][known - 1]) if known else 0)
        is_delete = (changes["verb"] == Verb.LOSE) & (changes["value"] < 0.0)
        if len(changes) and (int(changes["time_ns"][0]) < latest_ns or (np.diff(changes["time_ns"]) < 0).any()):
            msg = f"changes must be in the order of time and not before {latest_ns} ns"
            raise ValueError(msg)
        if ((changes["verb"] == Verb.AIM) | is_delete).any():
            msg = "aims and deletes must be part of the timeline"
            raise ValueError(msg)
        rows = np.zeros(len(changes), dtype=CHANGE)
        for name in ("time_ns", "value", "verb", "target"):
            rows[name] = changes[name]
        rows["deleted"] = rows["fault"] = _NONE
        m["changes"][known : known + len(rows)] = rows
        m["n_changes"] = known + len(rows)

    def advance(self, until_ns: int) -> Reason:
        """Play every event up to an instant, that included, or until nothing is open.

        Returns
        -------
        Reason
            Why it returned.

        Raises
        ------
        SimulationError
            If more is under way than memory has room for.
        """
        while True:
            self._hand_over()
            # Not beyond what is known to arrive.
            limit_ns = min(until_ns, int(self._waiting["time_ns"][0]) - 1) if len(self._waiting) else until_ns
            reason = self._loop.advance(self._bytes, limit_ns)
            if reason == loop.SHORT:
                self._make_room()
            elif reason == loop.DRAINED:
                return Reason.DRAINED
            elif reason == loop.DONE or limit_ns == until_ns:
                return Reason.DONE if reason == loop.DONE else Reason.REACHED

    def _hand_over(self) -> None:
        """Write the next stretch of traffic into memory, once the one before is through."""
        m = self._memory[0]
        if m["next_request"] < m["n_traffic"]:
            return
        places = room("traffic", self._scale)
        if len(self._waiting) > places:
            # What comes at the same instant stays together.
            time_ns = self._waiting["time_ns"]
            places = int(np.searchsorted(time_ns[:places], time_ns[places]))
            if not places:
                self._grow()
                self._hand_over()
                return
        stretch, self._waiting = self._waiting[:places], self._waiting[places:]
        write(self._memory, "traffic", stretch)
        m["next_request"], m["n_traffic"] = 0, len(stretch)
        m["has_more"] = self._has_more or len(self._waiting) > 0

    def _make_room(self) -> None:
        """Drain what is through and was counted; if that is little, move to a larger memory."""
        self._drain()
        m = self._memory[0]
        if is_short_of("cells", int(m["n_cells"]), self._scale):
            self._empty_cells()
        pools = ("events", "lanes", "jobs", "flows", "classes", "pushes")
        is_full = any(is_short_of(name, int(m[f"{name}_used"]), self._scale) for name in pools)
        copies = int(np.count_nonzero(m["copies"]["is_open"][: int(m["copies_used"])]))
        is_full |= copies > room("copies", self._scale) // 2
        is_full |= int(m["n_open_requests"]) > room("done", self._scale) // 2
        if is_full:
            self._grow()

    def _grow(self) -> None:
        """Move to a larger memory."""
        if self._scale == SCALES[-1]:
            msg = (
                f"more is under way at {self.now_ns / NS_PER_S:.3f} s than the compiled plane has memory for: requests "
                "pile up. Lower the rates, shorten retries and time limits, or widen what is overloaded"
            )
            raise SimulationError(msg)
        self._empty_cells()
        self._scale = SCALES[SCALES.index(self._scale) + 1]
        self._memory = grown(self._memory, self._scale)

    def _drain(self) -> None:
        """Take requests and copies that are through out of memory."""
        m = self._memory[0]
        if m["n_done"]:
            self._loop.write_log(self._bytes, self._log.view(np.uint8))
        copies = m["copies"][: int(m["copies_used"])]
        self._copies.append(self._copy_rows(copies[copies["is_used"] & ~copies["is_open"]]))
        self._loop.recycle(self._bytes)

    def _empty_cells(self) -> None:
        """Add what was counted to a sum outside memory."""
        self._counted = self.tallies()
        m = self._memory[0]
        m["cells"]["sums"][: int(m["n_cells"])] = 0
        m["cell_at"][:] = 0
        m["n_cells"] = 0

    def close(self, time_ns: int) -> None:
        """End every open request at an instant, as a timeout."""
        self._loop.close(self._bytes, time_ns)
        self.advance(self.now_ns)

    def stop(self) -> None:
        """Count what flows under way have moved: the play is over."""
        self._loop.stop(self._bytes)

    def counters(self) -> dict[str, int]:
        """Events, flow events (a segment joins or leaves its class) and HTTP requests played so far."""
        names = ("events_played", "flow_events", "http_requests")
        return {name: int(self._memory[name][0]) for name in names}

    def result(self) -> PlayLog:
        """Return what was seen, copies under way included as pending."""
        copies = np.concatenate([self.drain_copies(), self.open_copies()])
        table = _copy_table(copies)
        return PlayLog(self._log, table, self._losses(), self.transfers(), self.tallies())

    def drain_copies(self) -> NDArray[Any]:
        """Take over the copies that were done or lost since the last time.

        Returns
        -------
        ndarray
            The columns of the table `copies` that the plane knows, unsorted, and the address of the push.
        """
        self._drain()
        drained, self._copies = np.concatenate(self._copies), []
        return drained

    def open_copies(self) -> NDArray[Any]:
        """Copies under way, in the columns of `drain_copies`."""
        copies = self._memory["copies"][0, : int(self._memory["copies_used"][0])]
        return self._copy_rows(copies[copies["is_used"] & copies["is_open"]])

    def _copy_rows(self, pool: NDArray[Any]) -> NDArray[Any]:
        """Rows of copies, with what they are sorted by."""
        edges = self._wire.edges[pool["edge"]]
        columns = [(name, dtype_of("copies")[name]) for name in _COPIED]
        rows = np.zeros(len(pool), dtype=[*columns, ("index", "i8"), ("owner", "i8")])
        rows["source"], rows["destination"], rows["bytes"] = edges["source"], edges["destination"], pool["size_bytes"]
        for name in ("image", "ack_ns", "start_ns", "done_ns", "status", "index", "owner"):
            rows[name] = pool[name]
        return rows

    def tallies(self) -> NDArray[Any]:
        """Table `tallies` of all requests that have ended."""
        cells = self._memory["cells"][0, : int(self._memory["n_cells"][0])]
        n_sites = len(self._wire.sites)
        key, bin_ = cells["key"].astype(np.int64), cells["bin"].astype(np.int64)
        return merge([self._counted, rows_of(key, bin_, cells["sums"], n_sites=n_sites)])

    def _losses(self) -> NDArray[Any]:
        """Table `losses`, sorted by time."""
        found = self._memory["losses"][0, : int(self._memory["n_losses"][0])]
        rows = np.zeros(len(found), dtype=dtype_of("losses"))
        for name in ("time_ns", "site", "fault", "objects", "bytes"):
            rows[name] = found[name]
        rows["kind"] = LossKind.UNCOPIED
        return rows

    def transfers(self) -> NDArray[Any]:
        """Table `transfers` of what has moved so far, sorted by (link, kind)."""
        carried = self._memory["links"]["carried"][0, : len(self._wire.links)]
        link, kind = np.nonzero(carried)
        rows = np.zeros(len(link), dtype=dtype_of("transfers"))
        rows["link"], rows["kind"], rows["bytes"] = link, kind, carried[link, kind]
        return rows


def _sorted(asked: NDArray[Any]) -> NDArray[Any]:
    """Requests in the order in which the plane meets them; as they are where they come in it, as draws do."""
    keys = ("time_ns", "cohort", "operation", "index")
    later, same = np.zeros(max(len(asked) - 1, 0), dtype=np.bool_), np.ones(max(len(asked) - 1, 0), dtype=np.bool_)
    for name in keys:
        later |= same & (asked[name][1:] > asked[name][:-1])
        same &= asked[name][1:] == asked[name][:-1]
    if (later | same).all():
        return asked
    return asked[np.lexsort([asked[name] for name in reversed(keys)])]


def _copy_table(copies: NDArray[Any]) -> NDArray[Any]:
    """Table `copies`, sorted."""
    keys = ("index", "owner", "destination", "source", "ack_ns")
    rows = copies[np.lexsort([copies[key] for key in keys])]
    table = np.zeros(len(rows), dtype=dtype_of("copies"))
    for name in _COPIED:
        table[name] = rows[name]
    return table
