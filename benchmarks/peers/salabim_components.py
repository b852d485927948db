"""Salabim: components that hold, request and passivate, written as generators (its mode without greenlets).

Salabim has no processor sharing. The link is a component that holds until the next body is through and is activated by
every new one; it keeps one clock of bytes given to each body. Monitors are left on where they are by default.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import salabim as sim

from benchmarks.peers.models import REGISTRY, Moments, Queue, Registry, Tally

if TYPE_CHECKING:
    from collections.abc import Generator

    Steps = Generator[Any, None, None]

# A body is through when less than this is left: an instant in float seconds is no finer.
_NOTHING_BYTES = 1.0


class Link(sim.Component):  # type: ignore[misc]  # salabim is not typed
    """Processor sharing."""

    def setup(self, bytes_per_s: float) -> None:
        """Start empty."""
        self.bytes_per_s = bytes_per_s
        self.given = 0.0
        self.since_s = 0.0
        self.bodies: list[tuple[float, int, Any]] = []
        self.number = 0

    def send(self, size_bytes: float, sender: Any) -> None:
        """Send a body; the sender is activated at its end."""
        self.advance()
        self.number += 1
        heappush(self.bodies, (self.given + size_bytes, self.number, sender))
        self.activate()

    def advance(self) -> None:
        """Bring the clock of bytes up to now."""
        if self.bodies:
            self.given += (self.env.now() - self.since_s) * self.bytes_per_s / len(self.bodies)
        self.since_s = self.env.now()

    def process(self) -> Steps:
        """Activate senders as their bodies are through."""
        while True:
            self.advance()
            while self.bodies and self.bodies[0][0] - self.given < _NOTHING_BYTES:
                heappop(self.bodies)[2].activate()
            if self.bodies:
                yield self.hold((self.bodies[0][0] - self.given) * len(self.bodies) / self.bytes_per_s)
            else:
                yield self.passivate()


class Pull(sim.Component):  # type: ignore[misc]  # salabim is not typed
    """One pull."""

    def process(self, world: World) -> Steps:
        """Connect, get the manifest, get the layers."""
        began_s = self.env.now()
        yield self.hold(world.what.connect_s + world.what.rtt_s)
        yield self.request(world.slots)
        yield self.hold(world.service_s.sample())
        self.release(world.slots)
        sizes = [world.layer_bytes.sample() for _ in range(int(world.layers.sample()))]
        self.lanes = min(world.what.parallel, len(sizes))
        for lane in range(self.lanes):
            Lane(world=world, pull=self, sizes=sizes, is_open=lane == 0)
        yield self.passivate()
        world.tally.add(self.env.now() - began_s)

    def close(self) -> None:
        """Note that a lane is through."""
        self.lanes -= 1
        if not self.lanes:
            self.activate()


class Lane(sim.Component):  # type: ignore[misc]  # salabim is not typed
    """One of the connections of a pull."""

    def process(self, world: World, pull: Pull, sizes: list[float], is_open: bool) -> Steps:
        """Get layers until none is left."""
        while sizes:
            size_bytes = sizes.pop()
            yield self.hold(world.what.rtt_s if is_open else world.what.connect_s + world.what.rtt_s)
            is_open = True
            world.link.send(size_bytes, self)
            yield self.passivate()
        pull.close()


class World:
    """What all pulls share."""

    def __init__(self, env: sim.Environment, what: Registry) -> None:
        self.what = what
        self.slots = sim.Resource("slots", capacity=self.what.slots, env=env)
        self.link = Link("link", bytes_per_s=self.what.link_bytes_per_s, env=env)
        self.service_s = sim.Exponential(self.what.service_s, env=env)
        self.layer_bytes = sim.Exponential(self.what.layer_bytes, env=env)
        self.layers = sim.IntUniform(1, self.what.most_layers, env=env)
        self.tally = Tally()


def pull(count: int, seed: int, what: Registry = REGISTRY) -> Moments:
    """Play the registry pull."""
    env = sim.Environment(random_seed=seed, yieldless=False)
    world = World(env, what)
    gap_s = sim.Exponential(1.0 / world.what.arrivals_per_s, env=env)
    sim.ComponentGenerator(Pull, iat=gap_s, number=count, world=world, env=env)
    env.run()
    return world.tally.moments


class Customer(sim.Component):  # type: ignore[misc]  # salabim is not typed
    """A customer of M/M/1."""

    def process(self, server: Any, service_s: Any, tally: Tally) -> Steps:
        """Be served."""
        began_s = self.env.now()
        yield self.request(server)
        yield self.hold(service_s.sample())
        self.release(server)
        tally.add(self.env.now() - began_s)


def queue(count: int, seed: int) -> Moments:
    """Play M/M/1."""
    env, what, tally = sim.Environment(random_seed=seed, yieldless=False), Queue(), Tally()
    server = sim.Resource("server", env=env)
    service_s = sim.Exponential(what.service_s, env=env)
    gap_s = sim.Exponential(1.0 / what.arrivals_per_s, env=env)
    sim.ComponentGenerator(Customer, iat=gap_s, number=count, server=server, service_s=service_s, tally=tally, env=env)
    env.run()
    return tally.moments
