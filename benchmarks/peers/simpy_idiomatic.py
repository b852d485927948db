"""SimPy as its documentation teaches it: a generator for every customer, a Resource for what is served in turn.

SimPy has no processor sharing. The link is a process that sleeps until the next body is through and is interrupted by
every new one; it keeps one clock of bytes given to each body, so that its work does not grow with their number.
"""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING

import simpy

from benchmarks.peers.models import REGISTRY, Moments, Queue, Registry, Tally

if TYPE_CHECKING:
    from collections.abc import Generator

    Steps = Generator[simpy.Event, object, None]


class Link:
    """Processor sharing."""

    def __init__(self, env: simpy.Environment, bytes_per_s: float) -> None:
        self._env = env
        self._bytes_per_s = bytes_per_s
        self._given = 0.0
        self._since_s = 0.0
        self._bodies: list[tuple[float, int, simpy.Event]] = []
        self._number = 0
        self._process = env.process(self._run())

    def send(self, size_bytes: float) -> simpy.Event:
        """Send a body; the event is its end."""
        self._advance()
        self._number += 1
        done = self._env.event()
        heappush(self._bodies, (self._given + size_bytes, self._number, done))
        self._process.interrupt()
        return done

    def _advance(self) -> None:
        if self._bodies:
            self._given += (self._env.now - self._since_s) * self._bytes_per_s / len(self._bodies)
        self._since_s = self._env.now

    def _run(self) -> Steps:
        while True:
            try:
                if not self._bodies:
                    yield self._env.event()
                left = max(0.0, self._bodies[0][0] - self._given)
                yield self._env.timeout(left * len(self._bodies) / self._bytes_per_s)
            except simpy.Interrupt:
                continue
            self._advance()
            self._given, _, done = heappop(self._bodies)
            done.succeed()


class Pulls:
    """Everything about pulls."""

    def __init__(self, env: simpy.Environment, what: Registry, random: Random) -> None:
        self._env = env
        self._what = what
        self._random = random
        self._slots = simpy.Resource(env, capacity=what.slots)
        self._link = Link(env, what.link_bytes_per_s)
        self.tally = Tally()

    def arrive(self, pulls: int) -> Steps:
        """Let pulls begin."""
        for _ in range(pulls):
            yield self._env.timeout(self._random.expovariate(self._what.arrivals_per_s))
            self._env.process(self._pull())

    def _pull(self) -> Steps:
        what, began_s = self._what, self._env.now
        yield self._env.timeout(what.connect_s + what.rtt_s)
        with self._slots.request() as slot:
            yield slot
            yield self._env.timeout(self._random.expovariate(1.0 / what.service_s))
        sizes = [
            self._random.expovariate(1.0 / what.layer_bytes) for _ in range(self._random.randint(1, what.most_layers))
        ]
        lanes = range(min(what.parallel, len(sizes)))
        yield self._env.all_of([self._env.process(self._lane(sizes, is_open=lane == 0)) for lane in lanes])
        self.tally.add(self._env.now - began_s)

    def _lane(self, sizes: list[float], *, is_open: bool) -> Steps:
        while sizes:
            size_bytes = sizes.pop()
            yield self._env.timeout(self._what.rtt_s if is_open else self._what.connect_s + self._what.rtt_s)
            is_open = True
            yield self._link.send(size_bytes)


def pull(count: int, seed: int, what: Registry = REGISTRY) -> Moments:
    """Play the registry pull."""
    env = simpy.Environment()
    pulls = Pulls(env, what, Random(seed))
    env.process(pulls.arrive(count))
    env.run()
    return pulls.tally.moments


def queue(count: int, seed: int) -> Moments:
    """Play M/M/1."""
    env, what, random, tally = simpy.Environment(), Queue(), Random(seed), Tally()
    server = simpy.Resource(env, capacity=1)

    def customer() -> Steps:
        began_s = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(1.0 / what.service_s))
        tally.add(env.now - began_s)

    def arrivals() -> Steps:
        for _ in range(count):
            yield env.timeout(random.expovariate(what.arrivals_per_s))
            env.process(customer())

    env.process(arrivals())
    env.run()
    return tally.moments
