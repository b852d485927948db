"""Cimba (C, through its Python binding, which compiles models with numba): processes on stacks of their own.

Cimba has no processor sharing. The link is a process that holds until the next body is through and is interrupted by
every new one; it keeps one clock of bytes given to each body, in arrays, searched one by one: there are few at a time.
Compilation happens at the first run of a process and is not timed.
"""

# Annotations are read by Cimba when a class is made: they must be real here.
import cimba as cb
from cimba import inputs, random

from benchmarks.peers.models import REGISTRY, Moments, Queue, Registry

_QUEUE = Queue()
_CONNECT_S, _RTT_S, _PARALLEL = REGISTRY.connect_s, REGISTRY.rtt_s, REGISTRY.parallel
_MOST_LAYERS, _LAYER_BYTES, _LINK = REGISTRY.most_layers, REGISTRY.layer_bytes, REGISTRY.link_bytes_per_s
_SERVICE_S = REGISTRY.service_s
# Bodies at a time that there is room for; the trial fails beyond.
_ROOM = 4096
# A body is through when less than this is left: an instant in float seconds is no finer.
_NOTHING_BYTES = 1.0


class Mm1(cb.Model):
    """M/M/1: arrivals put the time into a store, the server takes it out."""

    customers: cb.Param[int]
    gap_s: cb.Input[float] = inputs.dist.exponential(mean=1.0 / _QUEUE.arrivals_per_s)
    service_s: cb.Input[float] = inputs.dist.exponential(mean=_QUEUE.service_s)
    waiting: cb.Store[float]
    count: cb.Output[int] = 0
    total_s: cb.Output[float] = 0.0
    squares_s2: cb.Output[float] = 0.0

    @cb.process
    def arrivals(self) -> None:
        """Let customers come."""
        for _ in range(self.customers):
            cb.hold(self.gap_s.next())
            self.waiting.put(cb.now())

    @cb.process
    def server(self) -> None:
        """Serve one after another."""
        while True:
            came_s = self.waiting.get()
            cb.hold(self.service_s.next())
            response_s = cb.now() - came_s
            self.count += 1
            self.total_s += response_s
            self.squares_s2 += response_s * response_s


class Pulls(cb.Model):
    """Slots, link and arrivals."""

    pulls: cb.Param[int]
    gap_s: cb.Input[float]
    slots: cb.Resource = cb.Resource(capacity=REGISTRY.slots)
    ends: cb.Array[float] = cb.Array([0.0] * _ROOM)
    senders: cb.Array[int] = cb.Array(_ROOM)
    bodies: int = 0
    given: float = 0.0
    since_s: float = 0.0
    link_process: int = 0
    count: cb.Output[int] = 0
    total_s: cb.Output[float] = 0.0
    squares_s2: cb.Output[float] = 0.0

    @cb.process
    def arrivals(self) -> None:
        """Let pulls begin."""
        for _ in range(self.pulls):
            cb.hold(self.gap_s.next())
            cb.spawn(Pull, world=self)

    @cb.process
    def link(self) -> None:
        """Wake senders as their bodies are through."""
        self.link_process = cb.this_process().pointer
        while True:
            self.advance()
            least = self.wake()
            if self.bodies:
                cb.hold((least - self.given) * self.bodies / _LINK)
            else:
                cb.suspend()

    @cb.function  # type: ignore[untyped-decorator]  # Cimba types it in part
    def advance(self) -> None:
        """Bring the clock of bytes up to now."""
        if self.bodies:
            self.given += (cb.now() - self.since_s) * _LINK / self.bodies
        self.since_s = cb.now()

    @cb.function  # type: ignore[untyped-decorator]  # Cimba types it in part
    def wake(self) -> float:
        """Take out the bodies that are through and return the reading at which the next is."""
        least, i = 1e300, 0
        while i < self.bodies:
            if self.ends[i] - self.given < _NOTHING_BYTES:
                cb.Process(self.senders[i]).resume(0)
                self.bodies -= 1
                self.ends[i] = self.ends[self.bodies]
                self.senders[i] = self.senders[self.bodies]
            else:
                least = min(least, self.ends[i])
                i += 1
        return least

    @cb.function  # type: ignore[untyped-decorator]  # Cimba types it in part
    def send(self, size_bytes: float) -> None:
        """Send a body, and wait for its end."""
        self.advance()
        self.ends[self.bodies] = self.given + size_bytes
        self.senders[self.bodies] = cb.this_process().pointer
        self.bodies += 1
        cb.Process(self.link_process).interrupt(1)
        cb.suspend()


class Pull(cb.Model):
    """One pull; made when it comes."""

    world: cb.Ref[Pulls]
    layers: int = 0
    lanes: int = 0
    process: int = 0

    @cb.process
    def run(self) -> None:
        """Connect, get the manifest, get the layers."""
        began_s = cb.now()
        cb.hold(_CONNECT_S + _RTT_S)
        self.world.slots.acquire()
        cb.hold(random.exponential(_SERVICE_S))
        self.world.slots.release()
        self.layers = random.dice(1, _MOST_LAYERS)
        self.lanes = min(_PARALLEL, self.layers)
        self.process = cb.this_process().pointer
        for lane in range(self.lanes):
            cb.spawn(Lane, pull=self, world=self.world, is_open=lane == 0)
        cb.suspend()
        response_s = cb.now() - began_s
        self.world.count += 1
        self.world.total_s += response_s
        self.world.squares_s2 += response_s * response_s


class Lane(cb.Model):
    """One of the connections of a pull."""

    pull: cb.Ref[Pull]
    world: cb.Ref[Pulls]
    is_open: bool

    @cb.process
    def run(self) -> None:
        """Get layers until none is left."""
        while self.pull.layers > 0:
            self.pull.layers -= 1
            if not self.is_open:
                cb.hold(_CONNECT_S)
                self.is_open = True
            cb.hold(_RTT_S)
            self.world.send(random.exponential(_LAYER_BYTES))
        self.pull.lanes -= 1
        if self.pull.lanes == 0:
            cb.Process(self.pull.process).resume(0)


def _play(model: Mm1 | Pulls, seed: int) -> Moments:
    results = cb.Experiment(model, window=cb.Window.until_idle(), seed=seed).run(workers=1)[model]
    return Moments(
        int(results.count.values.item()), float(results.total_s.values.item()), float(results.squares_s2.values.item())
    )


def pull(count: int, seed: int, what: Registry = REGISTRY) -> Moments:
    """Play the registry pull."""
    model = Pulls()
    model.pulls = count
    model.gap_s = inputs.dist.exponential(mean=1.0 / what.arrivals_per_s)
    return _play(model, seed)


def queue(count: int, seed: int) -> Moments:
    """Play M/M/1."""
    model = Mm1()
    model.customers = count
    return _play(model, seed)
