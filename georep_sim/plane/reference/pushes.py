"""Pushes without their requests: acknowledged after the time they take where nothing is queued."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from georep_sim.plane import rules, tcp
from georep_sim.plane.flows import windows_of
from georep_sim.plane.reference.clock import ARRIVAL, COMPLETION
from georep_sim.plane.reference.edges import Push
from georep_sim.tables import Admission, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simpy import Event

    from georep_sim.plane.reference.clock import Steps
    from georep_sim.plane.reference.copies import Copies
    from georep_sim.plane.reference.requests import Request
    from georep_sim.plane.reference.state import State


class Pushes:
    """Acknowledges pushes; their copies are played as ever.

    Parameters
    ----------
    state : State
        Clock, network and sites.
    copies : Copies
        Takes over what is acknowledged.
    """

    def __init__(self, state: State, copies: Copies) -> None:
        self._state = state
        self._clock = state.clock
        self._copies = copies
        self._windows = windows_of(state.wire.tcp)
        self._service_s = [
            (_mean_s(state, int(row["read_law"])), _mean_s(state, int(row["write_law"])), float(row["per_byte_s"]))
            for row in state.wire.sites
        ]

    def run(self, requests: Sequence[Request]) -> Steps[None]:
        """Let pushes arrive."""
        for request in sorted(requests, key=lambda r: (r.arrival_ns, r.number)):
            yield self._clock.at(request.arrival_ns, ARRIVAL + request.rank(0))
            site = self._state.choose(request.cohort, request.machine, Operation.PUSH)
            if self._is_taken(request, site):
                self._state.open += 1
                delay_ns = rules.ns_of(self._takes_s(request, site))
                done = self._clock.after(delay_ns, COMPLETION + request.rank(0))
                done.callbacks.append(partial(self._acknowledge, request, site))
        self._state.open -= 1

    def _is_taken(self, request: Request, site: int) -> bool:
        if site < 0 or self._state.sites[site].admission[Operation.PUSH] != Admission.OK:
            return False
        route = self._state.network.push_route(request.cohort, request.machine, site)
        return not self._state.network.is_cut(route)

    def _acknowledge(self, request: Request, site: int, _: Event) -> None:
        self._state.open -= 1
        if self._is_taken(request, site):
            self._copies.acknowledge(Push.of(request, site=site, wire=self._state.wire, now_ns=self._clock.now_ns))

    def _takes_s(self, request: Request, site: int) -> float:
        wire, network = self._state.wire, self._state.network
        route = network.push_route(request.cohort, request.machine, site)
        cohort = wire.cohorts[request.cohort]
        parallel = int(cohort["parallel_push"])
        lanes = max(1, min(parallel, len(request.new)))
        sizes = [float(wire.layer_bytes[request.image, layer]) for layer in sorted(request.new)]
        read_s, write_s, per_byte_s = self._service_s[site]

        def flow_s(size_bytes: float, lanes: int) -> float:
            return tcp.uncontended_flow_s(
                size_bytes,
                rtt_s=route.rtt_s,
                rate_bytes_per_s=network.pipes.ceiling(route.pipes) / lanes,
                initial_bytes=self._windows[0],
                max_bytes=self._windows[1],
            )

        mean_bytes = sum(sizes) / len(sizes) if sizes else 0.0
        return rules.uncontended_push_s(
            rtt_s=route.rtt_s,
            handshakes=1 + wire.tls_round_trips,
            known_layers=len(request.layers) - len(request.new),
            new_layers=len(request.new),
            parallel=parallel,
            keep_alive=bool(cohort["keep_alive"]),
            read_s=read_s,
            write_s=write_s,
            layer_s=flow_s(mean_bytes, lanes) + per_byte_s * mean_bytes,
            manifest_s=flow_s(wire.manifest_bytes, 1) + per_byte_s * wire.manifest_bytes,
        )


def _mean_s(state: State, index: int) -> float:
    law = state.law(index)
    return 0.0 if law is None else law.mean
