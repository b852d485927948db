"""Copy edges: queues of acknowledged pushes on their way from one site to another."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from georep_sim.plane import rules
from georep_sim.plane.flows import COPY, Connection, Flow, both_ways
from georep_sim.plane.reference.clock import COMPLETION, TIMER, rank
from georep_sim.tables import CopyStatus, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from simpy import Event

    from georep_sim.plane.reference.requests import Request
    from georep_sim.plane.reference.state import State
    from georep_sim.plane.wire import Wire


class Push:
    """An acknowledged push: where it is complete, and how many copies of it are still under way."""

    __slots__ = ("ack_ns", "cohort", "holders", "image", "index", "number", "open", "site", "size_bytes")

    def __init__(
        self, number: int, *, cohort: int, index: int, site: int, image: int, size_bytes: float, ack_ns: int
    ) -> None:
        self.number = number
        self.cohort = cohort
        self.index = index
        self.site = site
        self.image = image
        self.size_bytes = size_bytes
        self.ack_ns = ack_ns
        self.holders = {site}
        self.open = 0

    @classmethod
    def of(cls, request: Request, *, site: int, wire: Wire, now_ns: int) -> Push:
        """Push that a site acknowledges now: the manifest and the layers the registry did not have."""
        sizes = [float(wire.layer_bytes[request.image, layer]) for layer in sorted(request.new)]
        return cls(
            request.number,
            cohort=request.cohort,
            index=request.index,
            site=site,
            image=request.image,
            size_bytes=wire.manifest_bytes + sum(sizes),
            ack_ns=now_ns,
        )


class Copy:
    """One push on its way along one edge."""

    __slots__ = ("done_ns", "due_ns", "edge", "flow", "is_sent", "lag_ns", "push", "start_ns", "status")

    def __init__(self, push: Push, edge: Edge, lag_ns: int) -> None:
        self.push = push
        self.edge = edge
        self.lag_ns = lag_ns
        self.start_ns = -1
        self.due_ns = -1
        self.done_ns = -1
        self.status = CopyStatus.PENDING
        self.flow: Flow | None = None
        self.is_sent = False


class Edge:
    """Copy edge: a queue, and workers that each keep one connection in steady use.

    Parameters
    ----------
    state : State
        Clock, network and sites.
    number : int
        Index in the topology.
    close : callable
        Told of each copy that is done or lost.
    """

    def __init__(self, state: State, number: int, *, close: Callable[[Copy], None]) -> None:
        row = state.wire.edges[number]
        self.number = number
        self.source = int(row["source"])
        self.destination = int(row["destination"])
        self.lag_law = state.law(int(row["lag_law"]))
        self.open: dict[Copy, None] = {}
        self._close = close
        self._state = state
        self._workers = int(row["workers"])
        self._route = state.network.copy_route(number)
        self._links = both_ways(state.wire, int(row["link"]))
        self._half_ns = rules.ns_of(0.5 * self._route.rtt_s)
        self._queue: deque[Copy] = deque()
        self._sending: dict[Copy, None] = {}
        # Since when it stands still, whether a link was cut meanwhile, when its clocks of lag last started anew.
        self._stopped_ns = -1
        self._was_cut = False
        self._restarted_ns = 0
        # Flows may wait for a retransmission although the edge is up again; since when nothing was sent.
        self._sends_from_ns = 0
        self._silent_ns = 0

    def offer(self, copy: Copy) -> None:
        """Queue a copy."""
        self.open[copy] = None
        self._queue.append(copy)
        self._dispatch()

    def touches(self, *, site: int, link: int) -> bool:
        """Whether a change of the site or the link concerns it; -1 = none."""
        return site in {self.source, self.destination} or link in self._links

    def refresh(self, time_ns: int) -> None:
        """Stop or go on, by the state of both ends and the link since `time_ns`."""
        sites = self._state.sites
        is_cut = any(self._state.network.is_link_cut(link) for link in self._links)
        is_stopped = (
            is_cut
            or rules.stalls_copies(sites[self.source].admission[Operation.PULL])
            or rules.stalls_copies(sites[self.destination].admission[Operation.PUSH])
        )
        if is_stopped:
            if self._stopped_ns < 0:
                self._stop(time_ns)
            self._was_cut |= is_cut
        elif self._stopped_ns >= 0:
            self._go_on(time_ns)

    def lose_source(self) -> None:
        """What was not durable at the destination is gone."""
        for copy in list(self.open):
            self._withdraw(copy)
            copy.status = CopyStatus.LOST
            self._close(copy)
        self._queue.clear()
        self._dispatch()

    def lose_destination(self) -> None:
        """What had been sent is gone: it is sent again."""
        for copy in self.open:
            self._withdraw(copy)
        self._queue = deque(self.open)
        self._dispatch()

    def _stop(self, time_ns: int) -> None:
        self._stopped_ns = time_ns
        if time_ns >= self._sends_from_ns:
            self._silent_ns = time_ns
            self._was_cut = False
        for copy in self._sending:
            if copy.flow is not None and copy.flow.stalled_ns < 0:
                self._state.network.hold(copy.flow, time_ns)
        self._state.clock.unsettle()

    def _go_on(self, time_ns: int) -> None:
        network, clock = self._state.network, self._state.clock
        self._sends_from_ns = time_ns
        if self._was_cut:
            # Long-lived connections: they find out at their next retransmission. After an outage of an end they are
            # made anew at once.
            self._sends_from_ns = network.retransmission_ns(self._route, self._silent_ns, time_ns)
        self._stopped_ns = -1
        self._restarted_ns = time_ns
        for copy in self.open:
            if copy.is_sent:
                self._await_lag(copy)
        if self._sends_from_ns <= clock.now_ns:
            self._send_on()
        else:
            order = TIMER + rank(0, entity=1 + self.number)
            clock.at(self._sends_from_ns, order).callbacks.append(self._send_on)

    def _send_on(self, _: Event | None = None) -> None:
        clock = self._state.clock
        if self._stopped_ns >= 0 or clock.now_ns < self._sends_from_ns:
            return
        for copy in self._sending:
            if copy.flow is not None:
                self._state.network.resume(copy.flow, clock.now_ns)
        clock.unsettle()
        self._dispatch()

    def _dispatch(self) -> None:
        clock = self._state.clock
        while (
            self._queue
            and len(self._sending) < self._workers
            and self._stopped_ns < 0
            and clock.now_ns >= self._sends_from_ns
        ):
            copy = self._queue.popleft()
            if copy.start_ns < 0:
                copy.start_ns = clock.now_ns
            order = COMPLETION + rank(copy.push.number, entity=1 + self.number)
            # The worker's connection is in steady use: its window is open.
            connection = Connection(self._state.network.open_round)
            copy.flow = Flow(order, self._route, connection, size_bytes=copy.push.size_bytes, kind=COPY)
            self._sending[copy] = None
            clock.send(copy.flow).callbacks.append(partial(self._sent, copy, copy.flow))

    def _sent(self, copy: Copy, flow: Flow, _: Event) -> None:
        if copy.flow is not flow:
            return
        copy.flow = None
        copy.is_sent = True
        del self._sending[copy]
        self._await_lag(copy)
        self._dispatch()

    def _await_lag(self, copy: Copy) -> None:
        """Have it done when its last byte is there, and not before its lag is over."""
        clock = self._state.clock
        lag_ends_ns = max(copy.push.ack_ns, self._restarted_ns) + copy.lag_ns
        copy.due_ns = max(clock.now_ns + self._half_ns, lag_ends_ns)
        order = TIMER + rank(copy.push.number, entity=1 + self.number)
        clock.at(copy.due_ns, order).callbacks.append(partial(self._durable, copy))

    def _durable(self, copy: Copy, _: Event) -> None:
        now_ns = self._state.clock.now_ns
        # Unless it was stopped, sent again or lost meanwhile.
        if self._stopped_ns < 0 and copy.is_sent and copy.due_ns == now_ns and copy.status == CopyStatus.PENDING:
            copy.status = CopyStatus.DONE
            copy.done_ns = now_ns
            self._close(copy)

    def _withdraw(self, copy: Copy) -> None:
        if copy.flow is not None:
            self._state.clock.give_up(copy.flow)
            del self._sending[copy]
        copy.flow = None
        copy.is_sent = False
