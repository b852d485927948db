"""One HTTP request on one connection, as a generator of what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simpy import Interrupt

from georep_sim.plane import rules
from georep_sim.plane.chains import CONNECT, PULL_LAYER, Body
from georep_sim.plane.flows import PULL, PUSH, Connection, Flow, Route
from georep_sim.plane.reference.clock import COMPLETION, ENTITY_BIT, TIMER
from georep_sim.tables import Admission, Operation, Outcome

if TYPE_CHECKING:
    from georep_sim.laws import Law
    from georep_sim.noise import Stream
    from georep_sim.plane.chains import Stage
    from georep_sim.plane.reference.clock import Steps
    from georep_sim.plane.reference.requests import Request
    from georep_sim.plane.reference.sites import Site
    from georep_sim.plane.reference.state import State


class Failed(Exception):  # noqa: N818  (an answer to a client, not an error of the program)
    """An attempt has failed with an `Outcome`."""

    def __init__(self, outcome: int) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Line:
    """An open connection to a site: its round trip, its routes, and its window in each direction."""

    __slots__ = ("down", "down_route", "half_ns", "site", "up", "up_route")

    def __init__(self, site: Site, half_ns: int, down_route: Route, up_route: Route) -> None:
        self.site = site
        self.half_ns = half_ns
        self.down_route = down_route
        self.up_route = up_route
        self.down = Connection()
        self.up = Connection()


class Http:
    """What connecting and asking take, for all clients of a play.

    Parameters
    ----------
    state : State
        Clock, network, sites and content.
    """

    def __init__(self, state: State) -> None:
        wire = state.wire
        self._state = state
        self._clock = state.clock
        self._network = state.network
        self._sizes = wire.layer_bytes
        self._manifest_bytes = wire.manifest_bytes
        self._blobs_aside = wire.blobs_aside
        self._handshakes = 1 + wire.tls_round_trips
        self._down: list[list[int]] = wire.topology.down.tolist()
        self._rtt_laws = [state.law(int(index)) for index in wire.links["rtt_law"]]
        self._local_rtt_laws = [state.law(int(index)) for index in wire.sites["local_rtt_law"]]
        self._laws: list[tuple[Law | None, Law | None]] = [
            (state.law(int(row["read_law"])), state.law(int(row["write_law"]))) for row in wire.sites
        ]
        self._per_byte_s: list[float] = wire.sites["per_byte_s"].tolist()
        operations = (Operation.PULL, Operation.PUSH)
        self._service: list[list[Stream]] = [
            [state.stream(name, what.name.lower(), "service") for what in operations] for name in wire.topology.cohorts
        ]
        self._rtt: list[list[Stream]] = [
            [state.stream(name, what.name.lower(), "rtt") for what in operations] for name in wire.topology.cohorts
        ]

    def connect(self, request: Request, site: Site, number: int) -> Steps[Line]:
        """Open a connection to a site.

        Parameters
        ----------
        request : Request
            Whose it is.
        site : Site
            Where to.
        number : int
            Tells the connections of an attempt apart.

        Raises
        ------
        Failed
            If the site does not answer.
        """
        where = request.cohort, request.machine, site.number
        down_route, up_route = self._network.pull_route(*where), self._network.push_route(*where)
        order = TIMER + request.rank(CONNECT, number)
        is_down = site.admission[request.operation] == Admission.UNREACHABLE
        if is_down or self._network.is_cut(down_route):
            yield from self._silence(request, order)
        rtt_s = self._rtt_s(request, site, number, down_route)
        yield self._clock.after(rules.ns_of(self._handshakes * rtt_s), order)
        return Line(site, rules.ns_of(0.5 * rtt_s), down_route, up_route)

    def ask(self, request: Request, line: Line, stage: Stage, layer: int = 0) -> Steps[None]:
        """Send an HTTP request and have it served.

        Raises
        ------
        Failed
            With the answer of the site, if it is not the one hoped for.
        """
        site, size = line.site, self._size(request, stage, layer)
        if stage.up:
            yield from self._transfer(request, line, stage, layer, size=size, is_up=True)
        order = TIMER + request.rank(stage.number, layer)
        yield self._clock.after(line.half_ns, order)
        if self._network.is_cut(line.up_route):
            # Nothing to send but the request itself, which waits for its retransmission.
            yield from self._transfer(request, line, stage, layer, size=0.0, is_up=True)
        is_missing = request.operation == Operation.PULL and bool(self._state.missing[site.number, request.image])
        outcome = site.answer(request.operation, self._clock.now_ns, is_write=stage.is_write, is_missing=is_missing)
        if outcome == Outcome.UNREACHABLE:
            yield from self._silence(request, order)
        if outcome != Outcome.OK:
            yield self._clock.after(line.half_ns, order)
            request.site = site.number
            request.throttles += outcome == Outcome.THROTTLED
            raise Failed(outcome)
        yield from self._serve(request, site, stage, layer, size=size)

    def hear(self, request: Request, line: Line, stage: Stage, layer: int = 0) -> Steps[None]:
        """Receive the answer to an HTTP request that was served."""
        if stage.down:
            size = self._size(request, stage, layer)
            yield from self._transfer(request, line, stage, layer, size=size, is_up=False)
        yield self._clock.after(line.half_ns, TIMER + request.rank(stage.number, layer))
        request.site = line.site.number

    def _silence(self, request: Request, order: int) -> Steps[None]:
        """Wait for an answer that does not come."""
        request.is_silent = True
        yield self._clock.after(rules.ns_of(rules.CONNECT_TIMEOUT_S), order)
        raise Failed(Outcome.UNREACHABLE)

    def _serve(self, request: Request, site: Site, stage: Stage, layer: int, *, size: float) -> Steps[None]:
        if self._blobs_aside and stage in PULL_LAYER:
            return
        law = self._laws[site.number][stage.is_write]
        work_s = self._per_byte_s[site.number] * size
        if law is not None:
            u = self._service[request.cohort][request.operation].u(request.index, request.address(stage.number, layer))
            work_s += law.ppf(u)
        if work_s <= 0.0:
            return
        entity = (1 + site.number) << ENTITY_BIT
        job = site.front_end.serve(work_s, COMPLETION + entity + request.rank(stage.number, layer))
        try:
            yield job
        except Interrupt:
            job.is_abandoned = True
            raise

    def _transfer(
        self, request: Request, line: Line, stage: Stage, layer: int, *, size: float, is_up: bool
    ) -> Steps[None]:
        route, connection = (line.up_route, line.up) if is_up else (line.down_route, line.down)
        if size <= 0.0 and not self._network.is_cut(route):
            return
        order = COMPLETION + request.rank(stage.number, layer)
        kind = PUSH if request.operation == Operation.PUSH else PULL
        flow = Flow(order, route, connection, size_bytes=size, kind=kind)
        try:
            yield self._clock.send(flow)
        except Interrupt:
            self._clock.give_up(flow)
            raise
        finally:
            request.bytes += flow.sent

    def _size(self, request: Request, stage: Stage, layer: int) -> float:
        body = stage.up or stage.down
        if body == Body.LAYER:
            return float(self._sizes[request.image, layer])
        return self._manifest_bytes if body == Body.MANIFEST else 0.0

    def _rtt_s(self, request: Request, site: Site, number: int, route: Route) -> float:
        link = self._down[request.cohort][site.number]
        law = self._rtt_laws[link] if link >= 0 else self._local_rtt_laws[site.number]
        if law is None:
            return route.rtt_s
        stream = self._rtt[request.cohort][request.operation]
        return law.ppf(stream.u(request.index, request.address(CONNECT, number)))
