"""What will happen: the events of the compiled plane, in the total order of METHODS (time and order).

An event is a rank in its instant and somebody who waits. Who stops waiting does not take its event back: its version
goes up, and the event finds nobody.
"""

from __future__ import annotations

from typing import Any, Final

from georep_sim.jit import part
from georep_sim.philox import uniform

# Classes of events in the order of an instant, as ranks pack them; `reference.clock` has the same.
_CLASS_BIT: Final = 60
ENTITY_BIT: Final = 36
COMPLETION: Final = 3 << _CLASS_BIT
TIMEOUT: Final = 4 << _CLASS_BIT
TIMER: Final = 5 << _CLASS_BIT
ATTEMPT_BIT: Final = 32
STAGE_BIT: Final = 16
ATTEMPTS: Final = 0xFFFF

# Kinds of events.
LANE_WAITED, FLOW_ENDED, JOB_DONE, LANES_JOINED, TIME_IS_UP, FLOW_RESUMES = range(6)
COPY_DURABLE, EDGE_SENDS_ON, PUSH_TAKEN, LANES_LEFT = range(6, 10)


@part
def schedule(w: Any, time_ns: int, kind: int, target: int, version: int, high: int, middle: int, low: int) -> None:
    """Let something happen at an instant, not in the past, with a rank among the events of that instant."""
    event = w.events_free
    if event >= 0:
        w.events_free = w.events[event].next
    else:
        event = w.events_used
        w.events_used = event + 1
        if event > len(w.events) >> 1:
            w.is_short = True
    e = w.events[event]
    e.high, e.middle, e.low = high, middle, low
    w.sequence += 1
    e.sequence = w.sequence
    e.kind = kind
    e.target = target
    e.version = version
    heap = w.heap
    at = w.heap_size
    w.heap_size = at + 1
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent].time_ns < time_ns:
            break
        if heap[parent].time_ns == time_ns and not _precedes(w, event, heap[parent].event):
            break
        heap[at].time_ns = heap[parent].time_ns
        heap[at].event = heap[parent].event
        at = parent
    heap[at].time_ns = time_ns
    heap[at].event = event


@part
def _precedes(w: Any, a: int, b: int) -> bool:
    """Whether one event of an instant comes before another."""
    x, y = w.events[a], w.events[b]
    if x.high != y.high:
        return x.high < y.high
    if x.middle != y.middle:
        return x.middle < y.middle
    if x.low != y.low:
        return x.low < y.low
    return x.sequence < y.sequence


@part
def next_event(w: Any) -> int:
    """Take the first event out of the heap."""
    heap = w.heap
    first = heap[0].event
    size = w.heap_size - 1
    w.heap_size = size
    time_ns, event = heap[size].time_ns, heap[size].event
    # The last entry belongs far down: the hole goes all the way, and it comes up again a little. That is one guess less
    # for the processor on each level.
    at, child = 0, 1
    while child < size:
        a, b = heap[child].time_ns, heap[child + 1].time_ns
        if a == b:
            child += 1 if child + 1 < size and _precedes(w, heap[child + 1].event, heap[child].event) else 0
        else:
            child += 1 if b < a and child + 1 < size else 0
        heap[at].time_ns = heap[child].time_ns
        heap[at].event = heap[child].event
        at = child
        child = 2 * at + 1
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent].time_ns < time_ns:
            break
        if heap[parent].time_ns == time_ns and not _precedes(w, event, heap[parent].event):
            break
        heap[at].time_ns = heap[parent].time_ns
        heap[at].event = heap[parent].event
        at = parent
    heap[at].time_ns = time_ns
    heap[at].event = event
    return first


@part
def low_of(r: Any, stage: int, layer: int) -> int:
    """Lowest word of the rank of an event of a request's present attempt."""
    return (r.attempts & ATTEMPTS) << ATTEMPT_BIT | stage << STAGE_BIT | layer


@part
def wait(w: Any, lane: int, state: int, delay_ns: int, stage: int, layer: int) -> None:
    """Let a lane wait for a time."""
    ln = w.lanes[lane]
    ln.state = state
    r = w.requests[ln.request]
    ln.low = low_of(r, stage, layer)
    schedule(w, w.now_ns + delay_ns, LANE_WAITED, lane, ln.version, TIMER | r.owner, r.index, ln.low)


@part
def drawn(w: Any, r: Any, purpose: int, stage: int, layer: int) -> float:
    """Draw of a request's present attempt."""
    keys = w.cohorts[r.cohort].keys
    sub = r.attempts << 32 | stage << 16 | layer
    return uniform(keys[r.operation, purpose, 0], keys[r.operation, purpose, 1], r.index, sub, w.replication, w.seed)


@part
def enter(w: Any, r: Any, phase: int, time_ns: int) -> None:  # noqa: ARG001  (as all parts)
    """Go over to another phase at an instant, now or past."""
    r.spent_ns[r.phase] += time_ns - r.phase_since_ns
    r.phase = phase
    r.phase_since_ns = time_ns
