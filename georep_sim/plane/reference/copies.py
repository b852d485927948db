"""Copies: what is acknowledged at one site travels to others along the copy edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.noise import Stream
from georep_sim.plane import rules
from georep_sim.plane.reference.edges import Copy, Edge, Push
from georep_sim.plane.wire import lag_stream
from georep_sim.tables import CopyStatus, LossKind, dtype_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.plane.reference.state import State


class Copies:
    """All copies of a play.

    Parameters
    ----------
    state : State
        Clock, network and sites.
    fault_of_cause : ndarray of int
        Fault row behind each cause.
    """

    def __init__(self, state: State, fault_of_cause: NDArray[Any]) -> None:
        self._state = state
        self._fault_of_cause = fault_of_cause
        self._edges = [Edge(state, number, close=self._close) for number in range(len(state.wire.edges))]
        self._from: dict[int, list[Edge]] = {}
        for edge in self._edges:
            self._from.setdefault(edge.source, []).append(edge)
        self._lags: dict[tuple[int, int], Stream] = {}
        self._open: dict[Push, None] = {}
        self._all: list[Copy] = []
        self._losses: list[tuple[int, int, int, int, float, float]] = []

    def acknowledge(self, push: Push) -> None:
        """Take over a push that its site has just acknowledged."""
        self._state.missing[push.site, push.image] = False
        for edge in self._from.get(push.site, ()):
            copy = Copy(push, edge, self._lag_ns(push, edge))
            push.open += 1
            self._state.open += 1
            self._open[push] = None
            self._all.append(copy)
            edge.offer(copy)

    def refresh(self, time_ns: int, *, site: int = -1, link: int = -1) -> None:
        """Look again at the edges that a change of a site or a link since `time_ns` concerns."""
        for edge in self._edges:
            if edge.touches(site=site, link=link):
                edge.refresh(time_ns)

    def lose(self, site: int, cause: int) -> None:
        """Destroy what is at a site: what is complete nowhere else is lost."""
        held = [push for push in self._open if site in push.holders]
        for edge in self._edges:
            if edge.source == site:
                edge.lose_source()
            elif edge.destination == site:
                edge.lose_destination()
        lost = []
        for push in held:
            push.holders.discard(site)
            if not push.holders:
                lost.append(push)
        if lost:
            fault = int(self._fault_of_cause[cause]) if cause >= 0 else -1
            size_bytes = sum(push.size_bytes for push in lost)
            now_ns = self._state.clock.now_ns
            self._losses.append((now_ns, site, LossKind.UNCOPIED, fault, float(len(lost)), size_bytes))

    def _close(self, copy: Copy) -> None:
        """Note that a copy is done or lost."""
        push = copy.push
        del copy.edge.open[copy]
        self._state.open -= 1
        push.open -= 1
        if not push.open:
            del self._open[push]
        if copy.status == CopyStatus.DONE:
            push.holders.add(copy.edge.destination)
            self._state.missing[copy.edge.destination, push.image] = False

    def table(self) -> NDArray[Any]:
        """Table `copies`, sorted by (acknowledgement, source, destination, push)."""
        order = sorted(self._all, key=lambda c: (c.push.ack_ns, c.push.site, c.edge.destination, c.push.number))
        rows = np.zeros(len(order), dtype=dtype_of("copies"))
        rows["source"] = [c.push.site for c in order]
        rows["destination"] = [c.edge.destination for c in order]
        rows["image"] = [c.push.image for c in order]
        rows["bytes"] = [c.push.size_bytes for c in order]
        rows["ack_ns"] = [c.push.ack_ns for c in order]
        rows["start_ns"] = [c.start_ns for c in order]
        rows["done_ns"] = [c.done_ns for c in order]
        rows["status"] = [c.status for c in order]
        return rows

    def losses(self) -> NDArray[Any]:
        """Table `losses`, sorted by time."""
        rows = np.zeros(len(self._losses), dtype=dtype_of("losses"))
        for name, values in zip(
            ("time_ns", "site", "kind", "fault", "objects", "bytes"), zip(*self._losses, strict=True), strict=False
        ):
            rows[name] = values
        return rows

    def _lag_ns(self, push: Push, edge: Edge) -> int:
        if edge.lag_law is None:
            return 0
        key = (push.cohort, edge.destination)
        stream = self._lags.get(key)
        if stream is None:
            wire = self._state.wire
            name = lag_stream(wire.topology.cohorts[push.cohort], wire.topology.sites[edge.destination])
            stream = self._lags[key] = Stream(wire.seed, wire.replication, name)
        return rules.ns_of(edge.lag_law.ppf(stream.u(push.index)))
