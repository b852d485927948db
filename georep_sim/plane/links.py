"""Max-min fair fluid flows over shared pipes: classes of flows, one virtual time each.

Flows of one class (same pipes, same limit) get the same rate at any moment, so a class needs one clock that counts
the bytes each of its flows has been given, and one heap of the readings at which they end. The clock's arithmetic
and the shares are plain functions over numbers and lists.

A pipe that could carry all its flows at their limits couples nobody; only classes that meet at a pipe which could
not are shared out together. This changes no rate: each of a flow's limits already respects every pipe's capacity.

References
----------
.. [1] D. Bertsekas, R. Gallager, "Data Networks", 2nd ed., Prentice Hall, 1992, section 6.5.2: max-min fairness and
   its computation by progressive filling.
.. [2] A. Demers, S. Keshav, S. Shenker, "Analysis and simulation of a fair queueing algorithm", SIGCOMM 1989: the
   virtual time of processor sharing.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from georep_sim.tables import NEVER_NS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableSequence, Sequence


PATH_PIPES: Final = 4
"""Pipes a path has room for; a shorter path is filled up with -1."""
_UNITS_PER_BYTE: Final = 65536.0
_DEMAND_UNITS_PER_BYTE: Final = 16.0
# Beyond this, 8 Tbit/s, a demand is not told from a larger one, so that sums stay inside 63 bits.
_LARGEST_DEMAND: Final = 1e12
_LARGEST_RATE: Final = 1e14
_NO_LIMIT: Final = int(_LARGEST_RATE * _UNITS_PER_BYTE)
_UNSETTLED: Final = -1


def units_of(rate_bytes_per_s: float) -> int:
    """Rate in whole units of 2**-16 B/s, in which pipes are shared out: sums of integers have no order."""
    return int(min(rate_bytes_per_s, _LARGEST_RATE) * _UNITS_PER_BYTE)


def rate_of(units: int) -> float:
    """Rate in B/s of whole units; the largest stands for no limit.

    Examples
    --------
    >>> rate_of(units_of(12.5))
    12.5
    """
    return units / _UNITS_PER_BYTE if units < _NO_LIMIT else math.inf


def demand_of(bound_bytes_per_s: float) -> int:
    """What one flow of a class could ask of a pipe, in units of 1/16 B/s, rounded down."""
    return int(min(bound_bytes_per_s, _LARGEST_DEMAND) * _DEMAND_UNITS_PER_BYTE)


def couples(demand: int, capacity_bytes_per_s: float) -> bool:
    """Whether the flows of a pipe together could ask for more than it carries."""
    return capacity_bytes_per_s < math.inf and demand > demand_of(capacity_bytes_per_s)


def fill(  # noqa: C901  (one loop in two steps; compiled too)
    paths: Sequence[Sequence[int]],
    limits: Sequence[int],
    counts: Sequence[int],
    left: MutableSequence[int],
    waiting: MutableSequence[int],
    is_full: MutableSequence[bool],
    rates: MutableSequence[int],
    order: MutableSequence[int],
    n_classes: int,
    n_pipes: int,
) -> None:
    """Max-min fair rates by progressive filling, in whole units.

    Classes and pipes may stand in any order: everything is added up in integers.

    Parameters
    ----------
    paths : sequence of sequence of int, shape (n_classes, 4)
        Pipes each class crosses, at least one; -1 = none.
    limits, counts : sequence of int, length n_classes
        The most one flow of the class takes, and its flows.
    left : sequence of int, length n_pipes
        What each pipe carries; afterwards what is left of it.
    waiting, is_full : sequence, length n_pipes
        Room to work in.
    rates : sequence of int, length n_classes
        Where the rate of one flow of each class goes.
    order : sequence of int, length n_classes
        Room to work in.
    n_classes, n_pipes : int
        How many there are; the sequences may be longer.
    """
    if n_pipes == 1:
        fill_one(limits, counts, left[0], rates, order, n_classes)
        return
    for p in range(n_pipes):
        waiting[p] = 0
    for c in range(n_classes):
        rates[c] = _UNSETTLED
        for j in range(PATH_PIPES):
            if paths[c][j] >= 0:
                waiting[paths[c][j]] += counts[c]
    sort_by_limit(limits, order, n_classes)
    growing, at = n_classes, 0
    while growing > 0:
        level = level_of(left, waiting, n_pipes)
        settled = 0
        # A class that stays at its limit leaves more to the others: the level holds for all of them.
        while at < n_classes and limits[order[at]] <= level:
            c = order[at]
            at += 1
            if rates[c] == _UNSETTLED:
                settle_class(paths[c], limits[c], counts[c], left, waiting)
                rates[c] = limits[c]
                settled += 1
        if settled == 0:
            for p in range(n_pipes):
                is_full[p] = waiting[p] > 0 and left[p] // waiting[p] <= level
            for c in range(n_classes):
                if rates[c] == _UNSETTLED and meets_full(paths[c], is_full):
                    settle_class(paths[c], level, counts[c], left, waiting)
                    rates[c] = level
                    settled += 1
        growing -= settled


def fill_one(
    limits: Sequence[int],
    counts: Sequence[int],
    left: int,
    rates: MutableSequence[int],
    order: MutableSequence[int],
    n_classes: int,
) -> None:
    """Share out one pipe that all classes cross.

    Who stays at its limit leaves no less to each of the others, so limits may be met in any order and nothing is sorted.
    Those that are still above the level are gone through again, a few times.
    """
    waiting = 0
    for c in range(n_classes):
        order[c] = c
        waiting += counts[c]
    growing, before = n_classes, n_classes + 1
    while 0 < growing < before:
        before, growing = growing, 0
        level = left // waiting
        for k in range(before):
            c = order[k]
            if limits[c] > level:
                order[growing] = c
                growing += 1
                continue
            rates[c] = limits[c]
            left -= limits[c] * counts[c]
            waiting -= counts[c]
            if waiting > 0:
                level = left // waiting
    for k in range(growing):
        rates[order[k]] = left // waiting


def sort_by_limit(limits: Sequence[int], order: MutableSequence[int], n_classes: int) -> None:
    """Write the classes in the order of their limits.

    References
    ----------
    .. [1] D. L. Shell, "A high-speed sorting procedure", Communications of the ACM 2(7), 1959. A compiled function has no
       other sort that takes no memory of its own.
    """
    for k in range(n_classes):
        order[k] = k
    gap = n_classes // 2
    while gap > 0:
        for k in range(gap, n_classes):
            c = order[k]
            j = k
            while j >= gap and limits[order[j - gap]] > limits[c]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = c
        gap = 1 if gap == 2 else gap * 5 // 11


def level_of(left: Sequence[int], waiting: Sequence[int], n_pipes: int) -> int:
    """Rate at which the next pipe is full; the largest integer where none is ever."""
    level = NEVER_NS
    for p in range(n_pipes):
        if waiting[p] > 0:
            level = min(level, left[p] // waiting[p])
    return level


def meets_full(path: Sequence[int], is_full: Sequence[bool]) -> bool:
    """Whether a path crosses a pipe that is full."""
    for j in range(PATH_PIPES):  # noqa: SIM110  (compiled too: no generators)
        if path[j] >= 0 and is_full[path[j]]:
            return True
    return False


def settle_class(
    path: Sequence[int], rate: int, count: int, left: MutableSequence[int], waiting: MutableSequence[int]
) -> None:
    """Take what the flows of a class get from the pipes they cross."""
    for j in range(PATH_PIPES):
        if path[j] >= 0:
            left[path[j]] -= rate * count
            waiting[path[j]] -= count


def alone(limit: int, capacity_bytes_per_s: float, count: int) -> int:
    """Limit of the flows of a class that also has to make do with a pipe that no other class crosses."""
    return min(limit, units_of(capacity_bytes_per_s) // count)


def shares(
    paths: Sequence[Sequence[int]],
    limits_bytes_per_s: Sequence[float],
    counts: Sequence[int],
    capacities_bytes_per_s: Sequence[float],
) -> list[float]:
    """Max-min fair rates of classes of flows, to 2**-16 B/s.

    Parameters
    ----------
    paths : sequence of sequence of int, length n_classes
        Pipes each class crosses, at most four.
    limits_bytes_per_s : sequence of float, length n_classes
        The most one flow of the class takes; ``inf`` = no limit.
    counts : sequence of int, length n_classes
        Flows of each class.
    capacities_bytes_per_s : sequence of float, length n_pipes
        What each pipe carries.

    Returns
    -------
    list of float, length n_classes
        Rate of one flow of each class, in B/s.

    Examples
    --------
    >>> shares([[0], [0, 1]], [math.inf, math.inf], [1, 2], [10.0, 4.0])
    [6.0, 2.0]
    """
    rates = [units_of(limit) for limit in limits_bytes_per_s]
    meeting = [c for c, path in enumerate(paths) if path]
    shared = _shares(
        [paths[c] for c in meeting],
        [rates[c] for c in meeting],
        [counts[c] for c in meeting],
        capacities_bytes_per_s,
    )
    for c, rate in zip(meeting, shared, strict=True):
        rates[c] = rate
    return [rate_of(rate) for rate in rates]


def _shares(
    paths: Sequence[Sequence[int]], limits: Sequence[int], counts: Sequence[int], capacities: Sequence[float]
) -> list[int]:
    """Rates in whole units."""
    n_classes, n_pipes = len(paths), len(capacities)
    rates = [0] * n_classes
    fill(
        [[*path, *[-1] * (PATH_PIPES - len(path))] for path in paths],
        limits,
        counts,
        [units_of(capacity) for capacity in capacities],
        [0] * n_pipes,
        [False] * n_pipes,
        rates,
        [0] * n_classes,
        n_classes,
        n_pipes,
    )
    return rates


def reading(base_bytes: float, base_ns: int, rate_bytes_per_s: float, now_ns: int) -> float:
    """Bytes each flow of a class has been given by now, from a base at which the rate was last set."""
    if now_ns == base_ns or rate_bytes_per_s == math.inf:
        return base_bytes
    return base_bytes + rate_bytes_per_s * (float(now_ns - base_ns) / NS_PER_S)


def reached_ns(base_bytes: float, base_ns: int, rate_bytes_per_s: float, target_bytes: float) -> int:
    """First instant at which the `reading` is at `target_bytes`, to the nanosecond; `NEVER_NS` if it stands still."""
    if rate_bytes_per_s == math.inf or target_bytes <= base_bytes:
        return base_ns
    if rate_bytes_per_s <= 0.0:
        return NEVER_NS
    wait_ns = (target_bytes - base_bytes) / rate_bytes_per_s * NS_PER_S
    # Beyond 292 years an int64 ends; nothing in a play waits that long.
    return base_ns + round(wait_ns) if wait_ns < NEVER_NS - base_ns else NEVER_NS


class Pipe:
    """Something flows share: an access, an egress, a link, a copy edge."""

    __slots__ = ("capacity", "classes", "demand", "number", "was_coupling")

    def __init__(self, number: int, capacity_bytes_per_s: float) -> None:
        self.number = number
        self.capacity = capacity_bytes_per_s
        self.classes: dict[FlowClass, None] = {}
        self.demand = 0
        self.was_coupling = False

    def couples(self) -> bool:
        """Whether its flows together could ask for more than it carries."""
        return couples(self.demand, self.capacity)


class FlowClass:
    """Flows with the same pipes and the same limit."""

    __slots__ = (
        "base_bytes",
        "base_ns",
        "bound",
        "count",
        "demand",
        "heap",
        "key",
        "limit",
        "pipes",
        "rate",
        "version",
    )

    def __init__(self, key: tuple[tuple[int, ...], float], pipes: tuple[Pipe, ...], now_ns: int) -> None:
        self.key = key
        self.pipes = pipes
        self.limit = key[1]
        self.count = 0
        self.rate = 0.0
        self.base_bytes = 0.0
        self.base_ns = now_ns
        self.version = 0
        self.heap: list[tuple[float, int, int, Member]] = []
        self.bound = math.inf
        self.demand = 0
        self.rebound()

    def rebound(self) -> None:
        """Work out the most one flow can get, after a change of a capacity."""
        self.bound = min((pipe.capacity for pipe in self.pipes), default=math.inf)
        self.bound = min(self.bound, self.limit)
        before, self.demand = self.demand, demand_of(self.bound)
        for pipe in self.pipes:
            pipe.demand += self.count * (self.demand - before)

    def limit_at(self, pipes: Iterable[Pipe]) -> int:
        """Return the most one flow gets where the class has these pipes to itself, in whole units."""
        limit = units_of(self.bound)
        for pipe in pipes:
            limit = alone(limit, pipe.capacity, self.count)
        return limit

    def recount(self, flows: int) -> None:
        """Count flows that joined (or, negative, left)."""
        self.count += flows
        for pipe in self.pipes:
            pipe.demand += flows * self.demand

    def set_rate(self, rate_bytes_per_s: float, now_ns: int) -> None:
        """Go on at another rate from now."""
        if rate_bytes_per_s != self.rate:
            self.base_bytes = reading(self.base_bytes, self.base_ns, self.rate, now_ns)
            self.base_ns = now_ns
            self.rate = rate_bytes_per_s


class Member:
    """A quantity of bytes on its way within one class; a flow is one member after another."""

    __slots__ = ("end_bytes", "home", "order", "size", "ticket")

    def __init__(self, order: int) -> None:
        self.order = order
        self.home: FlowClass | None = None
        self.size = 0.0
        self.end_bytes = 0.0
        self.ticket = 0


class Pipes:
    """All pipes of a play and the classes of flows on them.

    Changes are collected; `settle` shares out the capacities once, after all events of an instant.

    Parameters
    ----------
    capacities_bytes_per_s : sequence of float
        Pipes 0, 1, …; more can be added.
    """

    def __init__(self, capacities_bytes_per_s: Iterable[float]) -> None:
        self.pipes = {number: Pipe(number, capacity) for number, capacity in enumerate(capacities_bytes_per_s)}
        self._classes: dict[tuple[tuple[int, ...], float], FlowClass] = {}
        self._dirty: dict[FlowClass, None] = {}
        self._dirty_pipes: dict[Pipe, None] = {}
        self._due: list[tuple[int, int, int, FlowClass]] = []
        self._tickets = 0

    def add(self, number: int, capacity_bytes_per_s: float) -> None:
        """Add a pipe unless it is there."""
        if number not in self.pipes:
            self.pipes[number] = Pipe(number, capacity_bytes_per_s)

    def resize(self, number: int, capacity_bytes_per_s: float) -> None:
        """Change what a pipe carries."""
        pipe = self.pipes[number]
        pipe.capacity = capacity_bytes_per_s
        self._dirty_pipes[pipe] = None
        for flow_class in pipe.classes:
            flow_class.rebound()

    def ceiling(self, path: Iterable[int]) -> float:
        """Return the most the pipes of a path can carry, in B/s."""
        return min((self.pipes[number].capacity for number in path), default=math.inf)

    def join(self, member: Member, path: tuple[int, ...], limit: float, size: float, now_ns: int) -> None:
        """Let a member send `size` bytes along `path` at no more than `limit` B/s."""
        key = (path, limit)
        home = self._classes.get(key)
        if home is None:
            home = self._classes[key] = FlowClass(key, tuple(self.pipes[number] for number in path), now_ns)
            for pipe in home.pipes:
                pipe.classes[home] = None
        home.recount(1)
        self._tickets += 1
        member.home, member.size, member.ticket = home, size, self._tickets
        member.end_bytes = reading(home.base_bytes, home.base_ns, home.rate, now_ns) + size
        heappush(home.heap, (member.end_bytes, member.order, self._tickets, member))
        self._dirty[home] = None

    def leave(self, member: Member, now_ns: int) -> float:
        """Take a member out and return the bytes it has sent."""
        home = member.home
        if home is None:
            return 0.0
        left = member.end_bytes - reading(home.base_bytes, home.base_ns, home.rate, now_ns)
        self._remove(member, home)
        return member.size - min(max(left, 0.0), member.size)

    def due(self, now_ns: int) -> list[Member]:
        """Take out and return the members that have sent all their bytes by now."""
        ended = []
        while self._due and self._due[0][0] <= now_ns:
            _, _, version, home = heappop(self._due)
            if version != home.version:
                continue
            while home.heap:
                end_bytes, _, ticket, member = home.heap[0]
                if member.ticket != ticket:
                    heappop(home.heap)
                elif reached_ns(home.base_bytes, home.base_ns, home.rate, end_bytes) <= now_ns:
                    heappop(home.heap)
                    self._remove(member, home)
                    ended.append(member)
                else:
                    break
        return ended

    def settle(self, now_ns: int) -> int:
        """Share out the pipes after the changes of an instant; return when the next member ends."""
        dirty, coupling = self._affected()
        classes = [c for c in dirty if c.count]
        rates = _rates([c for c in classes if not coupling.keys().isdisjoint(c.pipes)], coupling)
        for flow_class in classes:
            rate = rates.get(flow_class, flow_class.bound)
            if rate != flow_class.rate or flow_class in self._dirty:
                flow_class.set_rate(rate, now_ns)
                self._schedule(flow_class)
        self._dirty.clear()
        self._dirty_pipes.clear()
        while self._due and self._due[0][2] != self._due[0][3].version:
            heappop(self._due)
        return self._due[0][0] if self._due else NEVER_NS

    def _affected(self) -> tuple[dict[FlowClass, None], dict[Pipe, None]]:
        """Classes whose rate may change, and the pipes at which they meet."""
        todo = [*self._dirty, *(c for pipe in self._dirty_pipes for c in pipe.classes)]
        seen = dict.fromkeys(todo)
        looked_at: dict[Pipe, None] = {}
        coupling: dict[Pipe, None] = {}
        while todo:
            for pipe in todo.pop().pipes:
                if pipe in looked_at:
                    continue
                looked_at[pipe] = None
                couples = pipe.couples()
                if couples:
                    coupling[pipe] = None
                if couples or pipe.was_coupling:
                    fresh = [c for c in pipe.classes if c not in seen]
                    seen.update(dict.fromkeys(fresh))
                    todo.extend(fresh)
                pipe.was_coupling = couples
        return seen, coupling

    def _schedule(self, flow_class: FlowClass) -> None:
        heap = flow_class.heap
        while heap and heap[0][3].ticket != heap[0][2]:
            heappop(heap)
        flow_class.version += 1
        if heap:
            at_ns = reached_ns(flow_class.base_bytes, flow_class.base_ns, flow_class.rate, heap[0][0])
            if at_ns < NEVER_NS:
                self._tickets += 1
                heappush(self._due, (at_ns, self._tickets, flow_class.version, flow_class))

    def _remove(self, member: Member, home: FlowClass) -> None:
        member.home = None
        member.ticket = 0
        home.recount(-1)
        self._dirty[home] = None
        if not home.count:
            # An empty class starts anew: its clock may not lose digits over a year.
            del self._classes[home.key]
            for pipe in home.pipes:
                del pipe.classes[home]
            home.version += 1


def _rates(coupled: Sequence[FlowClass], coupling: Mapping[Pipe, None]) -> dict[FlowClass, float]:
    """Rates of classes that meet at pipes; a pipe of one class is a limit of that class, and shared with nobody."""
    numbers = {pipe: number for number, pipe in enumerate(pipe for pipe in coupling if len(pipe.classes) > 1)}
    limits = [c.limit_at(pipe for pipe in c.pipes if pipe in coupling and pipe not in numbers) for c in coupled]
    rates = {c: rate_of(limit) for c, limit in zip(coupled, limits, strict=True)}
    meeting = [k for k, c in enumerate(coupled) if not numbers.keys().isdisjoint(c.pipes)]
    shared = _shares(
        [[numbers[pipe] for pipe in coupled[k].pipes if pipe in numbers] for k in meeting],
        [limits[k] for k in meeting],
        [coupled[k].count for k in meeting],
        [pipe.capacity for pipe in numbers],
    )
    return rates | {coupled[k]: rate_of(rate) for k, rate in zip(meeting, shared, strict=True)}
