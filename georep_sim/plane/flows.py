"""Bytes on connections: slow-start rounds, stalls and what crossed which link, on top of the pipes.

A `Flow` is one body on one connection. It knows nothing of events: who drives it asks when the next one ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.plane import rules, tcp
from georep_sim.plane.links import Member, Pipes
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from georep_sim.plane.wire import Tcp, Wire

PULL, PUSH, COPY = 0, 1, 2
"""Kinds of the table `transfers`."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where the bytes of a connection go in one direction.

    Parameters
    ----------
    pipes : tuple of int
        Pipes of finite capacity they share with others.
    rtt_s : float
        Round trip that paces the rounds of slow start. Where round trips are drawn, their median: flows in one
        round then share one class, and the drawn one delays requests.
    link : int
        Link the bytes cross; -1 inside one region.
    stalled_by : tuple of int
        Links either of which stops the connection when cut: the bytes' own and that of the acknowledgements.
    """

    pipes: tuple[int, ...]
    rtt_s: float
    link: int
    stalled_by: tuple[int, ...]


class Connection:
    """What a connection remembers between two bodies: its window, by the round of slow start it is in."""

    __slots__ = ("round",)

    def __init__(self, round_: int = 0) -> None:
        self.round = round_


class Flow(Member):
    """One body on its way.

    Parameters
    ----------
    order : int
        Rank of its end among the events of an instant.
    route : Route
        Where it goes.
    connection : Connection
        What it is sent on.
    size_bytes : float
        Its size.
    kind : int
        `PULL`, `PUSH` or `COPY`.
    """

    __slots__ = ("connection", "kind", "left", "next_round", "route", "sent", "stalled_ns")

    def __init__(self, order: int, route: Route, connection: Connection, *, size_bytes: float, kind: int) -> None:
        super().__init__(order)
        self.route = route
        self.connection = connection
        self.kind = kind
        self.left = size_bytes
        self.next_round = connection.round
        self.sent = 0.0
        self.stalled_ns = -1


class Network:
    """Flows of one play, with links that can be resized, made lossy and cut.

    Parameters
    ----------
    wire : Wire
        Sites, links, cohorts, edges and transport.

    Attributes
    ----------
    shared_Bps : list of float
        Capacities at the start of pipes 0, 1, …: egress of sites, links, replication on links, copy edges.
    first_machine : int
        Number of the first pipe behind them: two for each machine, down and up, where its access has a limit.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        n_sites, n_links = len(wire.sites), len(wire.links)
        self._first_link, self._first_copy = n_sites, n_sites + n_links
        self._first_edge = n_sites + 2 * n_links
        self.shared_Bps: list[float] = [
            *wire.sites["egress_Bps"].tolist(),
            *wire.links["capacity_Bps"].tolist(),
            *wire.links["replication_Bps"].tolist(),
            *wire.edges["bandwidth_Bps"].tolist(),
        ]
        self.pipes = Pipes(self.shared_Bps)
        self.first_machine = len(self.shared_Bps)
        machines = wire.cohorts["machines"].tolist()
        self._machine_base: list[int] = [sum(machines[:cohort]) for cohort in range(len(machines))]
        self._access: list[float] = wire.cohorts["access_Bps"].tolist()
        self._region: list[int] = wire.sites["region"].tolist()
        self._rtt_s: list[float] = wire.links["rtt_s"].tolist()
        self._local_rtt_s: list[float] = wire.sites["local_rtt_s"].tolist()
        self._down: list[list[int]] = wire.topology.down.tolist()
        self._up: list[list[int]] = wire.topology.up.tolist()
        self._initial_bytes, self._max_bytes = windows_of(wire.tcp)
        self._loss: list[float] = wire.links["loss"].tolist()
        self._is_cut = [False] * n_links
        self._on_link: list[dict[Flow, None]] = [{} for _ in range(n_links)]
        self._routes: dict[tuple[int, ...], Route] = {}
        self.carried: dict[tuple[int, int], float] = {}

    @property
    def open_round(self) -> int:
        """Round of a connection in steady use."""
        if math.isinf(self._max_bytes):
            return 0
        return tcp.open_round(initial_bytes=self._initial_bytes, max_bytes=self._max_bytes)

    def pull_route(self, cohort: int, machine: int, site: int) -> Route:
        """Route of the bytes a machine pulls from a site."""
        return self._client_route(cohort, machine, site, False)

    def push_route(self, cohort: int, machine: int, site: int) -> Route:
        """Route of the bytes a machine pushes to a site."""
        return self._client_route(cohort, machine, site, True)

    def copy_route(self, edge: int) -> Route:
        """Route of copies along an edge. Who plays the copies stops them, so no link does."""
        link = int(self._wire.edges["link"][edge])
        pipes = [int(self._wire.edges["source"][edge]), self._first_edge + edge]
        if link >= 0:
            pipes += [self._first_link + link, self._first_copy + link]
        return Route(self._finite(pipes), self._round_trip_s(link, pipes[0]), link, ())

    def _round_trip_s(self, link: int, site: int) -> float:
        """Median round trip over a link, or inside the region of a site."""
        return self._rtt_s[link] if link >= 0 else self._local_rtt_s[site]

    def is_cut(self, route: Route) -> bool:
        """Whether a connection on this route is stopped."""
        return any(self._is_cut[link] for link in route.stalled_by)

    def is_link_cut(self, link: int) -> bool:
        """Whether a link is down."""
        return self._is_cut[link]

    def start(self, flow: Flow, now_ns: int) -> None:
        """Put a flow on its way; on a route that is cut it stalls."""
        for link in flow.route.stalled_by:
            self._on_link[link][flow] = None
        if self.is_cut(flow.route):
            flow.stalled_ns = now_ns
        else:
            self._send(flow, now_ns)

    def cancel(self, flow: Flow, now_ns: int) -> None:
        """Give a flow up; `flow.sent` says how far it came."""
        self._pause(flow, now_ns)
        self._forget(flow)

    def advance(self, now_ns: int) -> list[Flow]:
        """Send what is due by now; return the flows that ended."""
        ended = []
        for member in self.pipes.due(now_ns):
            # Only flows ever join the pipes of a network.
            assert isinstance(member, Flow)
            member.sent += member.size
            member.left -= member.size
            member.connection.round = member.next_round
            if member.left > 0.0:
                self._send(member, now_ns)
            else:
                self._forget(member)
                ended.append(member)
        return ended

    def settle(self, now_ns: int) -> int:
        """Share out the pipes after the events of an instant; return when something is due next."""
        return self.pipes.settle(now_ns)

    def hold(self, flow: Flow, now_ns: int) -> None:
        """Stop a flow; its connection times out, so that its window starts anew."""
        self._pause(flow, now_ns)
        flow.connection.round = 0
        flow.stalled_ns = now_ns

    def resume(self, flow: Flow, now_ns: int) -> None:
        """Let a stopped flow go on, unless its route is cut (again)."""
        if flow.stalled_ns >= 0 and not self.is_cut(flow.route):
            flow.stalled_ns = -1
            self._send(flow, now_ns)

    def cut(self, link: int, now_ns: int) -> None:
        """Take a link down: its flows stall."""
        self._is_cut[link] = True
        for flow in self._on_link[link]:
            if flow.stalled_ns < 0:
                self.hold(flow, now_ns)

    def mend(self, link: int, now_ns: int) -> list[tuple[Flow, int]]:
        """Bring a link back; return its stalled flows with the instants at which each resumes."""
        self._is_cut[link] = False
        return [
            (flow, self.retransmission_ns(flow.route, flow.stalled_ns, now_ns))
            for flow in self._on_link[link]
            if flow.stalled_ns >= 0 and not self.is_cut(flow.route)
        ]

    def retransmission_ns(self, route: Route, stalled_ns: int, now_ns: int) -> int:
        """When a connection that stalled then and could send from now does."""
        rto = tcp.rto_s(route.rtt_s, self._wire.tcp.rto_min_s)
        resumes_ns = stalled_ns + rules.ns_of(tcp.resume_s(float(now_ns - stalled_ns) / NS_PER_S, rto))
        return max(now_ns, resumes_ns)

    def set_capacity(self, link: int, capacity_bytes_per_s: float) -> None:
        """Change what a link carries."""
        self.pipes.resize(self._first_link + link, capacity_bytes_per_s)

    def set_loss(self, link: int, loss: float, now_ns: int) -> None:
        """Change the share of packets a link loses; flows under way are limited anew."""
        self._loss[link] = loss
        for flow in self._on_link[link]:
            if flow.route.link == link and flow.stalled_ns < 0:
                self._pause(flow, now_ns)
                self._send(flow, now_ns)

    def _client_route(self, *key: int) -> Route:
        route = self._routes.get(key)
        if route is None:
            cohort, machine, site, is_up = key
            both = self._up[cohort][site], self._down[cohort][site]
            link = both[0 if is_up else 1]
            pipes = [] if is_up else [site]
            pipes += [self._first_link + link] if link >= 0 else []
            pipes.append(self._machine(cohort, machine, is_up=bool(is_up)))
            stalled_by = tuple(sorted({direction for direction in both if direction >= 0}))
            route = Route(self._finite(pipes), self._round_trip_s(link, site), link, stalled_by)
            self._routes[key] = route
        return route

    def _machine(self, cohort: int, machine: int, *, is_up: bool) -> int:
        number = self.first_machine + 2 * (self._machine_base[cohort] + machine) + is_up
        self.pipes.add(number, self._access[cohort])
        return number

    def _finite(self, pipes: list[int]) -> tuple[int, ...]:
        # A pipe that is wide open now may be narrowed later; an access without a limit stays so.
        is_changeable = range(self._first_link, self._first_copy)
        return tuple(p for p in pipes if p in is_changeable or not math.isinf(self.pipes.pipes[p].capacity))

    def _send(self, flow: Flow, now_ns: int) -> None:
        route = flow.route
        size, limit, flow.next_round = tcp.next_segment(
            flow.left,
            flow.connection.round,
            rtt_s=route.rtt_s,
            ceiling_bytes_per_s=self.pipes.ceiling(route.pipes),
            initial_bytes=self._initial_bytes,
            max_bytes=self._max_bytes,
        )
        if route.link >= 0 and self._loss[route.link] > 0.0:
            mss = self._wire.tcp.mss_bytes
            limit = min(limit, tcp.loss_limit_bytes_per_s(self._loss[route.link], route.rtt_s, mss))
        self.pipes.join(flow, route.pipes, limit, size, now_ns)

    def _pause(self, flow: Flow, now_ns: int) -> None:
        if flow.home is not None:
            sent = self.pipes.leave(flow, now_ns)
            flow.sent += sent
            flow.left -= sent

    def _forget(self, flow: Flow) -> None:
        flow.stalled_ns = -1
        for link in flow.route.stalled_by:
            self._on_link[link].pop(flow, None)
        if flow.route.link >= 0 and flow.sent > 0.0:
            key = (flow.route.link, flow.kind)
            self.carried[key] = self.carried.get(key, 0.0) + flow.sent


def both_ways(wire: Wire, link: int) -> tuple[int, ...]:
    """Return a link and the one back, if there is one: either stops what is copied over it; none for -1."""
    if link < 0:
        return ()
    links = wire.topology.links
    source, destination = links[link]
    back = (destination, source)
    return (link, links.index(back)) if back in links else (link,)


def windows_of(transport: Tcp) -> tuple[float, float]:
    """First and largest window of a connection, in bytes; both without end where there is no slow start."""
    if not transport.slow_start:
        return math.inf, math.inf
    return transport.mss_bytes * transport.initial_window_segments, transport.window_max_bytes
