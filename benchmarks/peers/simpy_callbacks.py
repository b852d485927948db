"""SimPy without processes: timeouts with callbacks, and queues of one's own.

The style of those who need SimPy to be fast: no generators, no Resource; a customer is an object whose methods are the
callbacks. The link keeps one clock of bytes given to each body and a heap of the readings at which they end.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING

from simpy import Environment, Timeout

from benchmarks.peers.models import REGISTRY, Moments, Queue, Registry, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from simpy import Event


class Link:
    """Processor sharing."""

    def __init__(self, env: Environment, bytes_per_s: float) -> None:
        self._env = env
        self._bytes_per_s = bytes_per_s
        self._given = 0.0
        self._since_s = 0.0
        self._bodies: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._wake: Event | None = None

    def send(self, size_bytes: float, then: Callable[[], None]) -> None:
        """Send a body and call `then` at its end."""
        self._advance()
        self._number += 1
        heappush(self._bodies, (self._given + size_bytes, self._number, then))
        self._plan()

    def _advance(self) -> None:
        if self._bodies:
            self._given += (self._env.now - self._since_s) * self._bytes_per_s / len(self._bodies)
        self._since_s = self._env.now

    def _plan(self) -> None:
        left = max(0.0, self._bodies[0][0] - self._given)
        self._wake = Timeout(self._env, left * len(self._bodies) / self._bytes_per_s)
        self._wake.callbacks.append(self._end)

    def _end(self, event: Event) -> None:
        if event is not self._wake:
            return
        self._advance()
        self._given, _, then = heappop(self._bodies)
        if self._bodies:
            self._plan()
        then()


class Slots:
    """Servers that take turns at one queue."""

    def __init__(self, env: Environment, slots: int, service_s: float, random: Random) -> None:
        self._env = env
        self._free = slots
        self._rate_per_s = 1.0 / service_s
        self._random = random
        self._waiting: deque[Callable[[], None]] = deque()

    def serve(self, then: Callable[[], None]) -> None:
        """Serve somebody and call `then` at the end."""
        if self._free:
            self._free -= 1
            self._start(then)
        else:
            self._waiting.append(then)

    def _start(self, then: Callable[[], None]) -> None:
        def end(_: Event) -> None:
            then()
            if self._waiting:
                self._start(self._waiting.popleft())
            else:
                self._free += 1

        Timeout(self._env, self._random.expovariate(self._rate_per_s)).callbacks.append(end)


class World:
    """What all pulls share."""

    def __init__(self, pulls: int, seed: int, what: Registry) -> None:
        self.env = Environment()
        self.what = what
        self.random = Random(seed)
        self.slots = Slots(self.env, self.what.slots, self.what.service_s, self.random)
        self.link = Link(self.env, self.what.link_bytes_per_s)
        self.tally = Tally()
        self._left = pulls

    def arrive(self) -> None:
        """Let the next pull begin after a while."""
        if self._left:
            self._left -= 1
            gap_s = self.random.expovariate(self.what.arrivals_per_s)
            Timeout(self.env, gap_s).callbacks.append(self._begin)

    def _begin(self, _: Event) -> None:
        self.arrive()
        Pull(self)


class Pull:
    """One pull."""

    __slots__ = ("began_s", "lanes", "sizes", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.began_s = world.env.now
        self.lanes = 0
        self.sizes: list[float] = []
        Timeout(world.env, world.what.connect_s + world.what.rtt_s).callbacks.append(self._serve)

    def _serve(self, _: Event) -> None:
        self.world.slots.serve(self._layers)

    def _layers(self) -> None:
        what, random = self.world.what, self.world.random
        self.sizes = [random.expovariate(1.0 / what.layer_bytes) for _ in range(random.randint(1, what.most_layers))]
        self.lanes = min(what.parallel, len(self.sizes))
        for lane in range(self.lanes):
            Lane(self, is_open=lane == 0)

    def close(self) -> None:
        """Note that a lane is through."""
        self.lanes -= 1
        if not self.lanes:
            self.world.tally.add(self.world.env.now - self.began_s)


class Lane:
    """One of the connections of a pull."""

    __slots__ = ("pull", "size_bytes", "world")

    def __init__(self, pull: Pull, *, is_open: bool) -> None:
        self.pull = pull
        self.world = pull.world
        self.size_bytes = pull.sizes.pop()
        self._ask(self.world.what.rtt_s if is_open else self.world.what.connect_s + self.world.what.rtt_s)

    def _ask(self, takes_s: float) -> None:
        Timeout(self.world.env, takes_s).callbacks.append(self._send)

    def _send(self, _: Event) -> None:
        self.world.link.send(self.size_bytes, self._next)

    def _next(self) -> None:
        if self.pull.sizes:
            self.size_bytes = self.pull.sizes.pop()
            self._ask(self.world.what.rtt_s)
        else:
            self.pull.close()


def pull(count: int, seed: int, what: Registry = REGISTRY) -> Moments:
    """Play the registry pull."""
    world = World(count, seed, what)
    world.arrive()
    world.env.run()
    return world.tally.moments


class Server:
    """The server of M/M/1 and those who wait for it, by when they came."""

    def __init__(self, customers: int, seed: int) -> None:
        self.env = Environment()
        self.tally = Tally()
        self._what = Queue()
        self._random = Random(seed)
        self._left = customers
        self._came_s: deque[float] = deque()

    def arrive(self) -> None:
        """Let the next customer come after a while."""
        if self._left:
            self._left -= 1
            Timeout(self.env, self._random.expovariate(self._what.arrivals_per_s)).callbacks.append(self._come)

    def _come(self, _: Event) -> None:
        self._came_s.append(self.env.now)
        if len(self._came_s) == 1:
            self._serve()
        self.arrive()

    def _serve(self) -> None:
        Timeout(self.env, self._random.expovariate(1.0 / self._what.service_s)).callbacks.append(self._go)

    def _go(self, _: Event) -> None:
        self.tally.add(self.env.now - self._came_s.popleft())
        if self._came_s:
            self._serve()


def queue(count: int, seed: int) -> Moments:
    """Play M/M/1."""
    server = Server(count, seed)
    server.arrive()
    server.env.run()
    return server.tally.moments
