"""The compiled data plane's loop: control's changes, and whatever happens next, in the order of time.

The reference plane is the specification; see `reference.control` and `reference.clock`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from georep_sim.jit import IS_PLAIN, kernel, part
from georep_sim.plane.flows import COPY
from georep_sim.plane.kernel import agenda, asking, copying, streams
from georep_sim.plane.kernel.memory import NONE, memory_dtype
from georep_sim.tables import NEVER_NS, NS_PER_S, Operation, Outcome, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Why the loop returned.
DONE, REACHED, SHORT, DRAINED = range(4)

_UNREACHABLE: Final = int(Outcome.UNREACHABLE)
_ADMIT: Final = int(Verb.ADMIT)
_SLOW: Final = int(Verb.SLOW)
_RESIZE: Final = int(Verb.RESIZE)
_CUT: Final = int(Verb.CUT)
_KILL: Final = int(Verb.KILL)
_LOSE: Final = int(Verb.LOSE)
_OPERATIONS: Final = len(Operation)


# Control.


@part
def _apply(w: Any, k: int) -> None:
    """Apply a change of the Timeline."""
    ch = w.changes[k]
    verb, target, value = ch.verb, ch.target, ch.value
    if verb == _ADMIT:
        site = target // _OPERATIONS
        w.sites[site].admission[target % _OPERATIONS] = int(value)
        copying.refresh_edges(w, ch.time_ns, site, NONE)
    elif verb == _SLOW:
        _slow(w, target, value)
    elif verb == _RESIZE:
        link = target - w.n_sites
        if link < 0:
            w.sites[target].workers = int(value)
            asking.work_on(w, target)
        else:
            w.links[link].capacity_Bps = value
            streams.set_link_capacity(w, link)
    elif verb == _CUT:
        if value != 0.0:
            streams.cut_link(w, target)
        else:
            _mend(w, target)
        copying.refresh_edges(w, ch.time_ns, NONE, target)
    elif verb == _KILL:
        _kill(w, target)
    elif verb == _LOSE:
        if value < 0.0:
            for image in range(w.n_images):
                if w.deleted[ch.deleted * w.n_images + image]:
                    w.missing[target * w.n_images + image] = 1
        else:
            copying.lose(w, target, ch.fault)


@part
def _slow(w: Any, entity: int, factor: float) -> None:
    link = entity - w.n_sites
    if link < 0:
        w.sites[entity].speed = factor
    elif link < w.n_links:
        w.links[link].factor = factor
        streams.set_link_capacity(w, link)
    else:
        streams.set_link_loss(w, link - w.n_links, factor)


@part
def _mend(w: Any, link: int) -> None:
    """Bring a link back; its flows resume with their next retransmission."""
    w.links[link].is_cut = False
    node = w.links[link].flows
    while node >= 0:
        flow = node >> 1
        f = w.flows[flow]
        if f.stalled_ns >= 0 and not streams.flow_is_cut(w, flow):
            resumes_ns = streams.retransmission_ns(w, f.rtt_s, f.stalled_ns, w.now_ns)
            agenda.schedule(w, resumes_ns, agenda.FLOW_RESUMES, flow, f.version, agenda.TIMER | f.high, f.middle, f.low)
        node = f.link_after[node & 1]


@part
def _kill(w: Any, site: int) -> None:
    """Break what is in flight: every request asking.connected to a site fails, once the instant's changes are made."""
    s = w.sites[site]
    job = s.queue_first
    while job >= 0:
        following = w.jobs[job].next
        asking.free_job(w, job)
        job = following
    s.queue_first = NONE
    s.busy = 0
    s.epoch += 1
    node = s.live
    s.live = NONE
    while node >= 0:
        r = w.requests[node >> 1]
        w.broken[w.broken_size] = node >> 1
        w.broken_size += 1
        following = r.live_after[node & 1]
        r.live_before[node & 1] = NONE
        r.live_after[node & 1] = NONE
        node = following


# The loop.


@part
def _happen(w: Any, event: int) -> None:
    """Have an event happen, unless who waited for it waits for something else by now."""
    e = w.events[event]
    kind, target, version = e.kind, e.target, e.version
    w.events[event].next = w.events_free
    w.events_free = event
    if kind == agenda.LANE_WAITED:
        if w.lanes[target].version == version:
            _lane_waited(w, target)
    elif kind == agenda.FLOW_ENDED:
        if w.flows[target].version == version:
            _flow_ended(w, target)
    elif kind == agenda.JOB_DONE:
        asking.job_done(w, target)
    elif kind == agenda.LANES_JOINED:
        if w.requests[target].join_version == version:
            asking.joined(w, target)
    elif kind == agenda.TIME_IS_UP:
        r = w.requests[target]
        if r.version == version and r.is_attempting and (r.attempts & agenda.ATTEMPTS) == e.low >> agenda.ATTEMPT_BIT:
            asking.break_off(w, target, asking.IS_LATE)
    elif kind == agenda.FLOW_RESUMES:
        if w.flows[target].version == version:
            streams.resume_flow(w, target)
    elif kind == agenda.COPY_DURABLE:
        if w.copies[target].version == version:
            copying.copy_durable(w, target)
    elif kind == agenda.EDGE_SENDS_ON:
        copying.send_on(w, target)
    elif kind == agenda.LANES_LEFT:
        if w.requests[target].join_version == version:
            asking.left(w, target)
    else:
        asking.push_taken(w, target)


@part
def _lane_waited(w: Any, lane: int) -> None:
    state = w.lanes[lane].state
    if state == asking.ASKING:
        asking.reach(w, lane)
    elif state == asking.TURNING:
        asking.turned(w, lane)
    elif state == asking.OPENING:
        asking.opened(w, lane)
    elif state == asking.HEARING:
        asking.heard(w, lane)
    elif state == asking.CONNECTING:
        asking.connected(w, lane)
    elif state == asking.SILENT:
        asking.fail(w, lane, _UNREACHABLE)
    elif state == asking.REFUSED:
        asking.refused(w, lane)
    else:
        asking.attempt(w, w.lanes[lane].request)


@part
def _flow_ended(w: Any, flow: int) -> None:
    if w.flows[flow].kind == COPY:
        copying.copy_sent(w, w.flows[flow].owner)
    else:
        asking.sent(w, w.flows[flow].owner)


@part
def _move_flows(w: Any) -> None:
    """Send what is due; what ended goes on in the order of this instant."""
    streams.advance_flows(w)
    # Alone in its instant, it needs no queue to find its place.
    if w.ended_size == 1 and (w.heap_size == 0 or w.heap[0].time_ns > w.now_ns):
        w.events_played += 1
        _flow_ended(w, w.ended[0])
        return
    for k in range(w.ended_size):
        flow = w.ended[k]
        f = w.flows[flow]
        agenda.schedule(w, w.now_ns, agenda.FLOW_ENDED, flow, f.version, agenda.COMPLETION | f.high, f.middle, f.low)


@part
def _next_ns(w: Any) -> int:
    """When something happens next."""
    time_ns = streams.next_due_ns(w)
    if w.heap_size > 0:
        time_ns = min(time_ns, w.heap[0].time_ns)
    if w.next_request < w.n_traffic:
        time_ns = min(time_ns, w.traffic[w.next_request].time_ns)
    if w.next_change < w.n_changes:
        time_ns = min(time_ns, w.changes[w.next_change].time_ns)
    return time_ns


@part
def _prepare(w: Any) -> None:
    """Apply what changed before the start; what was killed or lost then is past."""
    while w.next_change < w.n_changes and w.changes[w.next_change].time_ns <= w.start_ns:
        verb = w.changes[w.next_change].verb
        if verb != _KILL and verb != _LOSE:
            _apply(w, w.next_change)
        w.next_change += 1


@part
def _change(w: Any) -> None:
    """Apply all changes of this instant, then let what they broke fail."""
    while w.next_change < w.n_changes and w.changes[w.next_change].time_ns == w.now_ns:
        _apply(w, w.next_change)
        w.next_change += 1
    for k in range(w.broken_size):
        asking.break_off(w, w.broken[k], asking.WAS_KILLED)
    w.broken_size = 0


@part
def _advance(w: Any, until_ns: int) -> int:
    """Play: at each instant changes, flows that are due, what waited, arrivals; then the pipes are shared out anew.

    What is due at once after that makes another round of the same instant. The loop may return within an instant, and goes on
    from there.
    """
    while w.open > 0 or w.has_more or w.next_request < w.n_traffic:
        if w.is_short:
            return SHORT
        if w.has_drained:
            w.has_drained = False
            return DRAINED
        if w.is_to_wake and streams.next_due_ns(w) <= w.now_ns:
            w.is_to_wake = False
            _move_flows(w)
        elif w.heap_size > 0 and w.heap[0].time_ns == w.now_ns:
            w.events_played += 1
            _happen(w, agenda.next_event(w))
        elif w.next_request < w.n_traffic and w.traffic[w.next_request].time_ns == w.now_ns:
            w.events_played += 1
            w.next_request += 1
            asking.arrive(w, w.next_request - 1)
        elif w.dirty_size > 0 or w.dirty_pipes_size > 0:
            streams.settle(w)
            w.is_to_wake = True
        else:
            time_ns = _next_ns(w)
            if time_ns > until_ns or time_ns == NEVER_NS:
                return REACHED
            w.now_ns = time_ns
            w.is_to_wake = True
            if w.next_change < w.n_changes and w.changes[w.next_change].time_ns == time_ns:
                _change(w)
    return DONE


@part
def _close_at(w: Any, time_ns: int) -> None:
    w.now_ns = max(w.now_ns, time_ns)
    asking.close_requests(w)


@part
def _stop_flows(w: Any) -> None:
    for flow in range(w.flows_used):
        if w.flows[flow].is_active:
            streams.cancel_flow(w, flow)


@part
def _write_log(w: Any, log: Any) -> None:
    """Fill the rows of requests that are through."""
    for k in range(w.n_done):
        d = w.done[k]
        row = log[d.row]
        row.arrival_ns = d.arrival_ns
        row.end_ns = d.end_ns
        row.cohort = d.cohort
        row.operation = d.operation
        row.site = d.site
        row.attempts = d.attempts
        row.throttles = d.throttles
        row.outcome = d.outcome
        row.image = d.image
        row.bytes = d.bytes
        row.connect_s = float(d.spent_ns[asking.CONNECT]) / NS_PER_S
        row.manifest_s = float(d.spent_ns[asking.MANIFEST]) / NS_PER_S
        row.layers_s = float(d.spent_ns[asking.LAYERS]) / NS_PER_S
        row.retry_s = float(d.spent_ns[asking.RETRY]) / NS_PER_S


@part
def _recycle(w: Any) -> None:
    w.n_done = 0
    for copy in range(w.copies_used):
        c = w.copies[copy]
        if c.is_used and not c.is_open:
            c.is_used = False
            c.next = w.copies_free
            w.copies_free = copy
    w.is_short = False


class Loop(NamedTuple):
    """The loop, compiled for the memory of one scale; each function takes that memory as plain bytes.

    Parameters
    ----------
    prepare : callable
        Apply what changed before the start; what was killed or lost then is past.
    advance : callable
        Play every event up to an instant, that included, or until nothing is open; return `DONE`, `REACHED`,
        `DRAINED`: a watched edge has nothing left to copy, or `SHORT`: a pool runs short.
    close : callable
        End every open request at an instant, as a timeout; `advance` to it plays what follows from that.
    stop : callable
        Count what flows under way have moved: the play is over.
    write_log : callable
        Fill rows of the table `requests`, given as bytes, with the requests that are through.
    recycle : callable
        Give the places of requests and copies that are through back to their pools, once they are drained.
    """

    prepare: Callable[[NDArray[np.uint8]], None]
    advance: Callable[[NDArray[np.uint8], int], int]
    close: Callable[[NDArray[np.uint8], int], None]
    stop: Callable[[NDArray[np.uint8]], None]
    write_log: Callable[[NDArray[np.uint8], NDArray[np.uint8]], None]
    recycle: Callable[[NDArray[np.uint8]], None]


@lru_cache(maxsize=8)
def loop_of(scale: int) -> Loop:
    """Return the loop for the memory of a scale.

    Telling numba the type of a record of a hundred fields takes milliseconds a call, that of plain bytes nothing.
    """
    # Fields as attributes: compiled code knows them so; plain Python, where numba is switched off, has to be told.
    record, row = memory_dtype(scale), dtype_of("requests")
    if IS_PLAIN:
        record, row = np.dtype((np.record, record)), np.dtype((np.record, row))

    @kernel
    def prepare(buffer: NDArray[np.uint8]) -> None:
        _prepare(buffer.view(record)[0])

    @kernel
    def advance(buffer: NDArray[np.uint8], until_ns: int) -> int:
        return _advance(buffer.view(record)[0], until_ns)

    @kernel
    def close(buffer: NDArray[np.uint8], time_ns: int) -> None:
        _close_at(buffer.view(record)[0], time_ns)

    @kernel
    def stop(buffer: NDArray[np.uint8]) -> None:
        _stop_flows(buffer.view(record)[0])

    @kernel
    def write_log(buffer: NDArray[np.uint8], log: NDArray[np.uint8]) -> None:
        _write_log(buffer.view(record)[0], log.view(row))

    @kernel
    def recycle(buffer: NDArray[np.uint8]) -> None:
        _recycle(buffer.view(record)[0])

    return Loop(prepare, advance, close, stop, write_log, recycle)
