"""Ciw: networks of queues.

Processor sharing is Ciw's own `PSNode`. Ciw has no fork and join: here the network's routing makes one more individual
for each further connection of a pull when the manifest has come, as Ciw's documentation extends it by own classes;
those that are not the last of their pull leave by the exit without being counted.
"""

from __future__ import annotations

import random
from typing import Any

import ciw

from benchmarks.peers.models import REGISTRY, Moments, Queue, Registry, Tally

# Nodes by number, as Ciw counts them.
_OPEN, _ASK, _SERVE, _LINK, _EXIT = 1, 2, 3, 4, -1


class Pull:
    """What the individuals of one pull share."""

    __slots__ = ("began_s", "lanes", "layers")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.lanes = 1
        self.layers = -1  # still to be taken; -1 before the manifest


class Chain(ciw.routing.NetworkRouting):  # type: ignore[misc]  # Ciw is not typed
    """Routing of pulls: open, ask and be served, then ask and be sent, again and again."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def initialise(self, simulation: Any) -> None:
        """Get to know the simulation."""
        self.simulation = simulation

    def initialise_individual(self, ind: Any) -> None:
        """Begin a pull."""
        ind.pull = Pull(self.simulation.current_time)

    def next_node(self, ind: Any, node_id: int) -> Any:
        """Return where an individual goes next."""
        if node_id == _OPEN:
            after = _ASK
        elif node_id == _ASK:
            after = _LINK if ind.pull.layers >= 0 else _SERVE
        else:
            after = self._answered(ind)
        return self.simulation.nodes[after]

    def _answered(self, ind: Any) -> int:
        pull, what = ind.pull, REGISTRY
        if pull.layers < 0:
            # Ciw seeds and uses the standard library's generator.
            pull.layers = random.randint(1, what.most_layers)
            pull.lanes = min(what.parallel, pull.layers)
            pull.layers -= pull.lanes
            for _ in range(pull.lanes - 1):
                self._fork(ind)
            return _ASK
        if pull.layers:
            pull.layers -= 1
            return _ASK
        pull.lanes -= 1
        ind.is_last = pull.lanes == 0
        if ind.is_last:
            self._tally.add(self.simulation.current_time - pull.began_s)
        return _EXIT

    def _fork(self, ind: Any) -> None:
        lane = self.simulation.IndividualType(-1, ind.customer_class, ind.priority_class, simulation=self.simulation)
        lane.starting_node = _OPEN
        lane.pull = ind.pull
        self.simulation.nodes[_OPEN].accept(lane)


class Exit(ciw.ExitNode):  # type: ignore[misc]  # Ciw is not typed
    """Exit that counts pulls, not connections."""

    def accept(self, next_individual: Any, completed: bool = True) -> None:
        """Take an individual."""
        if next_individual.is_last:
            super().accept(next_individual, completed=completed)


def pull(count: int, seed: int, what: Registry = REGISTRY) -> Moments:
    """Play the registry pull."""
    tally = Tally()
    always = float("inf")
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(what.arrivals_per_s), None, None, None],
        service_distributions=[
            ciw.dists.Deterministic(what.connect_s),
            ciw.dists.Deterministic(what.rtt_s),
            ciw.dists.Exponential(1.0 / what.service_s),
            ciw.dists.Exponential(what.link_bytes_per_s / what.layer_bytes),
        ],
        number_of_servers=[always, always, what.slots, always],
        routing=Chain(tally),
    )
    ciw.seed(seed)
    nodes = [ciw.Node, ciw.Node, ciw.Node, ciw.PSNode]
    simulation = ciw.Simulation(network, node_class=nodes, exit_node_class=Exit)
    simulation.simulate_until_max_customers(count)
    return tally.moments


def queue(count: int, seed: int) -> Moments:
    """Play M/M/1."""
    what, tally = Queue(), Tally()
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(what.arrivals_per_s)],
        service_distributions=[ciw.dists.Exponential(1.0 / what.service_s)],
        number_of_servers=[1],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(count)
    for record in simulation.get_all_records():
        tally.add(record.exit_date - record.arrival_date)
    return tally.moments
