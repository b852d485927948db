"""Clients, compiled: pulls and pushes as state machines.

The same states, rules and order of events as in `reference.clients` and `reference.exchange`: there a generator waits,
here a number says what for. The states of a lane (one connection at work for a request) stand in a table in the
documentation; a request beside its lanes is at work, being stopped, or between two attempts.

This file is long because it is one machine: a handler for each thing that can happen, in the order of a request's life.
"""

from __future__ import annotations

from typing import Any, Final

from georep_sim import histogram
from georep_sim.jit import part, share
from georep_sim.laws.compiled import law_ppf
from georep_sim.plane import chains, rules, tally, tcp
from georep_sim.plane.flows import PULL, PUSH
from georep_sim.plane.kernel import streams
from georep_sim.plane.kernel.agenda import (
    COMPLETION,
    ENTITY_BIT,
    JOB_DONE,
    LANES_JOINED,
    LANES_LEFT,
    PUSH_TAKEN,
    STAGE_BIT,
    TIME_IS_UP,
    TIMEOUT,
    TIMER,
    drawn,
    enter,
    low_of,
    schedule,
    wait,
)
from georep_sim.plane.kernel.copying import acknowledge
from georep_sim.plane.kernel.memory import MARGIN, NONE
from georep_sim.tables import Admission, Operation, Outcome

for _function in (
    histogram.bin_of,
    rules.answer,
    rules.backoff_s,
    rules.broken,
    rules.is_final,
    rules.last_refresh_ns,
    rules.take_token,
    rules.uncontended_push_s,
    tally.key_of,
    tcp.uncontended_flow_s,
):
    share(_function)

# States of a lane.
IDLE, CONNECTING, SILENT, UPLOADING, ASKING, STALLED, REFUSED, SERVED, DOWNLOADING, HEARING, BACKING_OFF = range(11)

# Two states of the reference in one wait: nothing can come between that would not be the same afterwards, or be made up
# for by `_catch_up` when the lane is stopped.
OPENING, TURNING, LEFT = range(11, 14)

# What a lane's exchange is for.
FIRST, LAYER, FINISH, FLAP = range(4)

# Why the lanes of a request are stopped.
NOT_STOPPED, HAS_FAILED, WAS_KILLED, IS_LATE = range(4)

# Phases, as `reference.requests.Phase` numbers them.
CONNECT, MANIFEST, LAYERS, RETRY = range(4)

# Purposes of draws, as `memory.COHORT` numbers them.
SERVICE, RTT, BACKOFF, FLAPS = range(4)

_PULL: Final = int(Operation.PULL)
_PUSH: Final = int(Operation.PUSH)
_OK: Final = int(Outcome.OK)
_THROTTLED: Final = int(Outcome.THROTTLED)
_UNREACHABLE: Final = int(Outcome.UNREACHABLE)
_LATE: Final = int(Outcome.TIMEOUT)
_SPLIT_PUSH: Final = int(Outcome.SPLIT_PUSH)
_ADMITS: Final = int(Admission.OK)
_IS_DOWN: Final = int(Admission.UNREACHABLE)
_DENIES: Final = int(Admission.DENIED)

_PULL_MANIFEST: Final = chains.PULL_MANIFEST.number
_PULL_LAYER: Final = chains.PULL_LAYER[0].number
_EXISTS: Final = chains.KNOWN_LAYER[0].number
_DATA: Final = chains.NEW_LAYER[2].number
_LAST_OF_NEW: Final = chains.NEW_LAYER[-1].number
_PUSH_MANIFEST: Final = chains.PUSH_MANIFEST.number
_FIRST_WRITE: Final = chains.NEW_LAYER[1].number
_JOIN: Final = chains.JOIN
_BACKOFF: Final = chains.BACKOFF
_ATTEMPT_TIMEOUT: Final = chains.ATTEMPT_TIMEOUT
_CONNECT: Final = chains.CONNECT
_OTHER_SITE: Final = chains.OTHER_SITE
_EDGES_NS: Final = histogram.edges_ns()
_BINS: Final = len(_EDGES_NS)
# An odd number whose multiples are spread over the upper bits (Knuth, "The Art of Computer Programming" 3, 6.4).
_SPREAD: Final = 2654435761
_SILENCE_NS: Final = rules.ns_of(rules.CONNECT_TIMEOUT_S)


# Who is asked.


@part
def _held_order(w: Any, cohort: int, machine: int) -> int:
    """Row of the order of sites in the DNS answer that a machine holds; -1 if there never was one."""
    c = w.cohorts[cohort]
    if c.aims == 0:
        return NONE
    m = w.machines[c.first_machine + machine]
    refreshed_ns = rules.last_refresh_ns(w.now_ns, m.phase, w.ttl_ns[m.overstays])
    low, high = 0, c.aims
    while low < high:
        middle = (low + high) >> 1
        if w.aims[c.first_aim + middle].time_ns <= refreshed_ns:
            low = middle + 1
        else:
            high = middle
    return w.aims[c.first_aim + max(low - 1, 0)].order


@part
def _choose(w: Any, cohort: int, machine: int, operation: int) -> int:
    """Site a client asks now: the first that does not refuse by its role, else the first; -1 = none."""
    order = _held_order(w, cohort, machine)
    if order < 0:
        return NONE
    for k in range(w.order_length):
        site = w.orders[order * w.order_length + k]
        if site < 0:
            break
        if w.sites[site].admission[operation] != _DENIES:
            return site
    return w.orders[order * w.order_length]


@part
def _second(w: Any, cohort: int, machine: int, chosen: int) -> int:
    """Next site of the answer after the chosen one that takes pushes; -1 = none."""
    order = _held_order(w, cohort, machine)
    if order < 0:
        return NONE
    is_after = False
    for k in range(w.order_length):
        site = w.orders[order * w.order_length + k]
        if site < 0:
            break
        if is_after and w.sites[site].admission[_PUSH] == _ADMITS:
            return site
        is_after = is_after or site == chosen
    return NONE


# Requests.


@part
def _new_lane(w: Any, request: int, number: int) -> int:
    lane = w.lanes_free
    if lane >= 0:
        w.lanes_free = w.lanes[lane].next
    else:
        lane = w.lanes_used
        w.lanes_used = lane + 1
        if lane > len(w.lanes) - MARGIN:
            w.is_short = True
    ln = w.lanes[lane]
    ln.request = request
    ln.number = number
    ln.state = IDLE
    ln.purpose = LAYER
    ln.flow = NONE
    ln.is_open = False
    return lane


@part
def _free_lane(w: Any, lane: int) -> None:
    ln = w.lanes[lane]
    ln.version += 1
    ln.next = w.lanes_free
    w.lanes_free = lane


@part
def _new_request(w: Any, k: int) -> int:
    """Take a request from the pool and fill it from a row of the traffic."""
    request = w.requests_free
    if request >= 0:
        w.requests_free = w.requests[request].next
    else:
        request = w.requests_used
        w.requests_used = request + 1
    t, r = w.traffic[k], w.requests[request]
    r.arrival_ns = t.time_ns
    r.index = t.index
    r.row = t.row
    r.cohort = t.cohort
    r.operation = t.operation
    r.owner = t.cohort << 2 | t.operation
    r.machine = t.machine
    r.image = t.image
    r.layers = 0 if t.warm and t.operation == _PULL else w.layers_of[t.image]
    r.new = t.new_layers & r.layers
    r.have = 0
    r.todo = 0
    r.acknowledged_at = 0
    r.bytes = 0.0
    r.phase = CONNECT
    r.phase_since_ns = t.time_ns
    for phase in range(4):
        r.spent_ns[phase] = 0
    r.attempts = 0
    r.broken_attempt = 0
    r.throttles = 0
    r.answered_by = NONE
    r.uploaded_to = NONE
    r.at = NONE
    r.flapped_to = NONE
    r.lane = NONE
    r.side = NONE
    r.in_lanes = False
    r.stopping = NOT_STOPPED
    r.is_attempting = False
    r.is_silent = False
    w.open += 1
    w.n_open_requests += 1
    # Each open one will want a place among those that are done.
    if w.n_done + w.n_open_requests > len(w.done) - MARGIN:
        w.is_short = True
    r.before = NONE
    r.after = w.open_requests
    if r.after >= 0:
        w.requests[r.after].before = request
    w.open_requests = request
    return request


@part
def _close_request(w: Any, request: int) -> None:
    """Take a request off the list of open ones, and give its place back."""
    r = w.requests[request]
    if r.before >= 0:
        w.requests[r.before].after = r.after
    else:
        w.open_requests = r.after
    if r.after >= 0:
        w.requests[r.after].before = r.before
    r.version += 1
    r.join_version += 1
    w.open -= 1
    w.n_open_requests -= 1
    r.next = w.requests_free
    w.requests_free = request


@part
def _finish(w: Any, request: int, outcome: int) -> None:
    """Write down how a request ended."""
    r = w.requests[request]
    enter(w, r, RETRY, w.now_ns)
    _free_lane(w, r.lane)
    _count(w, r, outcome)
    if r.row >= 0:
        d = w.done[w.n_done]
        w.n_done += 1
        d.row = r.row
        d.arrival_ns = r.arrival_ns
        d.end_ns = w.now_ns
        for phase in range(4):
            d.spent_ns[phase] = r.spent_ns[phase]
        d.bytes = r.bytes
        d.cohort = r.cohort
        d.operation = r.operation
        d.site = r.answered_by
        d.attempts = r.attempts
        d.throttles = r.throttles
        d.outcome = outcome
        d.image = r.image
    _close_request(w, request)


@part
def _count(w: Any, r: Any, outcome: int) -> None:
    """Add a request to its cell of the tallies, unless it arrived before what counts."""
    if r.arrival_ns < w.counted_from_ns:
        return
    latency_ns = w.now_ns - r.arrival_ns
    is_late = 1 if latency_ns > w.cohorts[r.cohort].deadline_ns[r.operation] else 0
    low, high = 0, w.n_states
    while low < high:
        middle = (low + high) >> 1
        if w.states[middle].start_ns <= r.arrival_ns:
            low = middle + 1
        else:
            high = middle
    state = w.states[low - 1].state if low > 0 else NONE
    key = tally.key_of(r.cohort, r.operation, r.answered_by, outcome, is_late, state, w.n_sites)
    sums = w.cells[_cell(w, key, histogram.bin_of(latency_ns, _EDGES_NS))].sums
    sums[0] += 1
    sums[1] += latency_ns
    for phase in range(4):
        sums[2 + phase] += r.spent_ns[phase]
    sums[6] += round(r.bytes)
    sums[7] += r.attempts
    sums[8] += r.throttles


@part
def _cell(w: Any, key: int, bin_: int) -> int:
    """Find the cell of a kind of request and a bin of latency, by linear probing; made if there is none."""
    mask = len(w.cell_at) - 1
    at = ((key * _BINS + bin_) * _SPREAD >> 20) & mask
    while w.cell_at[at] > 0:
        cell = w.cell_at[at] - 1
        if w.cells[cell].key == key and w.cells[cell].bin == bin_:
            return cell
        at = (at + 1) & mask
    cell = w.n_cells
    w.n_cells = cell + 1
    if cell > len(w.cells) >> 1:
        w.is_short = True
    w.cell_at[at] = cell + 1
    w.cells[cell].key = key
    w.cells[cell].bin = bin_
    return cell


@part
def _live_add(w: Any, request: int, site: int, place: int) -> None:
    """Note that a request is connected to a site: a failure of the site then finds it."""
    r = w.requests[request]
    first = w.sites[site].live
    r.live_before[place] = NONE
    r.live_after[place] = first
    if first >= 0:
        w.requests[first >> 1].live_before[first & 1] = 2 * request + place
    w.sites[site].live = 2 * request + place


@part
def _live_drop(w: Any, request: int, site: int, place: int) -> None:
    r = w.requests[request]
    before, after = r.live_before[place], r.live_after[place]
    if before == NONE and w.sites[site].live != 2 * request + place:
        # The site was killed and has forgotten everybody.
        return
    if before >= 0:
        w.requests[before >> 1].live_after[before & 1] = after
    else:
        w.sites[site].live = after
    if after >= 0:
        w.requests[after >> 1].live_before[after & 1] = before


@part
def arrive(w: Any, k: int) -> None:
    """Let the client of a row of the traffic begin."""
    request = _new_request(w, k)
    if w.copies_only:
        _take_push(w, request)
        return
    w.requests[request].lane = _new_lane(w, request, 0)
    attempt(w, request)


@part
def attempt(w: Any, request: int) -> None:
    """Begin an attempt: connect to the site that DNS names by now."""
    r = w.requests[request]
    r.attempts += 1
    enter(w, r, CONNECT, w.now_ns)
    site = _choose(w, r.cohort, r.machine, r.operation)
    r.at = site
    if site < 0:
        _end_attempt(w, request, _UNREACHABLE)
        return
    r.is_attempting = True
    r.is_silent = False
    _live_add(w, request, site, 0)
    limit_ns = w.cohorts[r.cohort].timeout_ns
    if limit_ns > 0:
        low = low_of(r, _ATTEMPT_TIMEOUT, 0)
        # The attempt makes the version of a time limit; the pool's own is for requests that came later.
        schedule(w, w.now_ns + limit_ns, TIME_IS_UP, request, r.version, TIMEOUT | r.owner, r.index, low)
    if r.operation == _PUSH and r.uploaded_to != site:
        r.uploaded_to = site
        r.have = 0
    lane = r.lane
    w.lanes[lane].purpose = FIRST
    w.lanes[lane].is_open = False
    _connect(w, lane, site, 0)


@part
def _end_attempt(w: Any, request: int, outcome: int) -> None:
    """End an attempt; wait for the next one, unless the answer is final or there is none."""
    r = w.requests[request]
    if r.is_attempting:
        r.is_attempting = False
        _live_drop(w, request, r.at, 0)
    if rules.is_final(outcome) or w.is_closing or r.attempts >= w.cohorts[r.cohort].attempts:
        _finish(w, request, outcome)
        return
    enter(w, r, RETRY, w.now_ns)
    c = w.cohorts[r.cohort]
    u = drawn(w, r, BACKOFF, _BACKOFF, 0)
    wait_s = rules.backoff_s(r.attempts, u, c.backoff_s, c.factor, c.cap_s)
    wait(w, r.lane, BACKING_OFF, rules.ns_of(wait_s), _BACKOFF, 0)


@part
def _unflap(w: Any, request: int) -> None:
    r = w.requests[request]
    if r.flapped_to >= 0:
        _live_drop(w, request, r.flapped_to, 1)
        r.flapped_to = NONE


# Exchanges of a lane.


@part
def _connect(w: Any, lane: int, site: int, number: int) -> None:
    """Open a connection; `number` tells those of an attempt apart."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    ln.site = site
    down = w.ways[(r.cohort * w.n_sites + site) * 2]
    if w.sites[site].admission[r.operation] == _IS_DOWN or streams.is_cut(w, down):
        r.is_silent = True
        wait(w, lane, SILENT, _SILENCE_NS, _CONNECT, number)
        return
    law = w.links[down.link].rtt_law if down.link >= 0 else w.sites[site].local_rtt_law
    rtt_s = down.rtt_s
    if law >= 0:
        rtt_s = law_ppf(w.laws, w.pool, law, drawn(w, r, RTT, _CONNECT, number))
    ln.half_ns = rules.ns_of(0.5 * rtt_s)
    ln.is_even = law < 0
    opens_ns = rules.ns_of(w.handshakes * rtt_s)
    ln.heard_ns = w.now_ns + opens_ns
    if ln.purpose == LAYER and ln.stage != _DATA:
        _open(ln)
        w.http_requests += 1
        wait(w, lane, ASKING, opens_ns + ln.half_ns, ln.stage, ln.layer)
    elif ln.purpose == FIRST and r.operation == _PULL:
        _open(ln)
        ln.stage = _PULL_MANIFEST
        ln.layer = 0
        w.http_requests += 1
        wait(w, lane, OPENING, opens_ns + ln.half_ns, _PULL_MANIFEST, 0)
    else:
        wait(w, lane, CONNECTING, opens_ns, _CONNECT, number)


@part
def _open(ln: Any) -> None:
    """Begin a connection's windows."""
    ln.is_open = True
    ln.round_down = 0
    ln.round_up = 0


@part
def connected(w: Any, lane: int) -> None:
    """Go on once the lane's connection is open."""
    ln = w.lanes[lane]
    _open(ln)
    if ln.purpose == FIRST:
        request = ln.request
        r = w.requests[request]
        if r.layers != 0:
            enter(w, r, LAYERS, w.now_ns)
            _open_lanes(w, request, r.layers)
        else:
            _after_layers(w, request)
    else:
        _ask(w, lane, ln.stage)


@part
def opened(w: Any, lane: int) -> None:
    """Have a pull's first HTTP request reach its site, once the connection has long been open."""
    enter(w, w.requests[w.lanes[lane].request], MANIFEST, w.lanes[lane].heard_ns)
    reach(w, lane)


@part
def _size(w: Any, r: Any, stage: int, layer: int) -> float:
    """Bytes of the body of a request or its answer."""
    if stage == _PULL_LAYER or stage == _DATA:
        return w.sizes[r.image * w.n_layers + layer]
    return w.manifest_bytes if stage == _PULL_MANIFEST or stage == _PUSH_MANIFEST else 0.0


@part
def _ask(w: Any, lane: int, stage: int) -> None:
    """Send an HTTP request."""
    ln = w.lanes[lane]
    ln.stage = stage
    w.http_requests += 1
    if stage != _PULL_LAYER and ln.purpose != LAYER:
        ln.layer = 0
    r = w.requests[ln.request]
    if (stage == _DATA or stage == _PUSH_MANIFEST) and _travels(w, ln, r, 1):
        _transfer(w, lane, UPLOADING, _size(w, r, stage, ln.layer))
    else:
        wait(w, lane, ASKING, ln.half_ns, stage, ln.layer)


@part
def _travels(w: Any, ln: Any, r: Any, is_up: int) -> bool:
    """Whether a body takes any time: an empty one does where its way is cut."""
    if _size(w, r, ln.stage, ln.layer) > 0.0:
        return True
    return streams.is_cut(w, w.ways[(r.cohort * w.n_sites + ln.site) * 2 + is_up])


@part
def _transfer(w: Any, lane: int, state: int, size: float) -> None:
    """Send a body on the lane's connection, up or down."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    ln.state = state
    is_up = state != DOWNLOADING
    flow = streams.new_flow(w)
    f = w.flows[flow]
    f.owner = lane
    f.kind = PUSH if r.operation == _PUSH else PULL
    f.left = size
    f.round_now = ln.round_up if is_up else ln.round_down
    f.high = r.owner
    f.middle = r.index
    f.low = low_of(r, ln.stage, ln.layer)
    ln.flow = flow
    way = w.ways[(r.cohort * w.n_sites + ln.site) * 2 + (1 if is_up else 0)]
    streams.start_flow(w, flow, way, r.machine)


@part
def sent(w: Any, lane: int) -> None:
    """Go on after a body."""
    ln = w.lanes[lane]
    f = w.flows[ln.flow]
    r = w.requests[ln.request]
    r.bytes += f.sent
    if ln.state == DOWNLOADING:
        ln.round_down = f.round_now
    else:
        ln.round_up = f.round_now
    streams.free_flow(w, ln.flow)
    ln.flow = NONE
    if ln.state == UPLOADING:
        wait(w, lane, ASKING, ln.half_ns, ln.stage, ln.layer)
    elif ln.state == STALLED:
        _meet_site(w, lane)
    else:
        _hear(w, lane)


@part
def _hear(w: Any, lane: int) -> None:
    """Wait for an answer that is on its way, and for what comes next where that is settled by now."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    keep_alive = w.cohorts[r.cohort].keep_alive
    if ln.purpose != LAYER or ln.half_ns <= 0:
        wait(w, lane, HEARING, ln.half_ns, ln.stage, ln.layer)
    elif ln.stage != ln.last_stage:
        if keep_alive and ln.stage + 1 != _DATA:
            _turn(w, lane, NONE, ln.stage + 1, ln.layer)
        else:
            wait(w, lane, HEARING, ln.half_ns, ln.stage, ln.layer)
    elif r.in_lanes and not _is_next(w, lane):
        wait(w, lane, HEARING, ln.half_ns, ln.stage, ln.layer)
    elif r.todo != 0 and keep_alive:
        layer = _first_of(r.todo)
        r.todo &= r.todo - 1
        before = ln.layer
        first = _PULL_LAYER if r.operation == _PULL else _EXISTS
        _turn(w, lane, before, first, layer)
        _set_chain(r, ln)
    elif r.todo == 0 and r.in_lanes:
        _leave(w, lane)
    else:
        wait(w, lane, HEARING, ln.half_ns, ln.stage, ln.layer)


@part
def _first_of(layers: int) -> int:
    """Lowest of some layers."""
    layer = 0
    while not layers >> layer & 1:
        layer += 1
    return layer


@part
def _set_chain(r: Any, ln: Any) -> None:
    """Set the HTTP requests that a lane's layer takes."""
    if r.operation == _PULL:
        ln.stage = _PULL_LAYER
        ln.last_stage = _PULL_LAYER
    else:
        ln.stage = _EXISTS
        ln.last_stage = _LAST_OF_NEW if (r.new & ~r.have) >> ln.layer & 1 else _EXISTS


@part
def _turn(w: Any, lane: int, layer_heard: int, stage: int, layer: int) -> None:
    """Hear an answer and ask for what comes next, which reaches the site a whole round trip from now."""
    ln = w.lanes[lane]
    ln.heard_ns = w.now_ns + ln.half_ns
    ln.heard_low = low_of(w.requests[ln.request], ln.stage, ln.layer)
    ln.heard_layer = layer_heard
    ln.stage = stage
    ln.layer = layer
    w.http_requests += 1
    wait(w, lane, TURNING, 2 * ln.half_ns, stage, layer)


@part
def turned(w: Any, lane: int) -> None:
    """Have an HTTP request reach its site; the answer to the one before has long been heard."""
    _note(w, lane)
    reach(w, lane)


@part
def _note(w: Any, lane: int) -> None:
    """Take note of an answer."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    r.answered_by = ln.site
    if ln.heard_layer >= 0:
        r.have |= 1 << ln.heard_layer


@part
def _is_next(w: Any, lane: int) -> bool:
    """Whether a lane may take its next layer now, as its answer leaves, and not only when it is heard.

    It may where all connections take the same time, so that answers arrive as they left. Of those that leave at the same
    nanosecond the one of lower rank is first to be heard: if another has taken its layer already, it gives it back, and
    they all wait until they hear.
    """
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    if r.todo == 0 and r.turned_ns != w.now_ns:
        return True
    if not ln.is_even:
        return False
    if r.plain_ns >= 0 and w.now_ns <= r.plain_ns + ln.half_ns:
        # Who waits comes first.
        r.plain_ns = w.now_ns
        return False
    low = low_of(r, ln.stage, ln.layer)
    if r.turned_ns == w.now_ns and low < r.turned_low:
        _give_back(w, r.lane)
        other = r.side
        while other >= 0:
            _give_back(w, other)
            other = w.lanes[other].next
        r.plain_ns = w.now_ns
        return False
    r.turned_ns = w.now_ns
    r.turned_low = low
    return True


@part
def _give_back(w: Any, lane: int) -> None:
    """Have a lane that turned at this instant wait for its answer alone."""
    ln = w.lanes[lane]
    if ln.state == TURNING and ln.heard_layer >= 0 and ln.heard_ns == w.now_ns + ln.half_ns:
        r = w.requests[ln.request]
        r.todo |= 1 << ln.layer
        ln.layer = ln.heard_layer
        ln.stage = ln.last_stage = ln.heard_low >> STAGE_BIT & 0xFFFF
        w.http_requests -= 1
        ln.version += 1
        wait(w, lane, HEARING, ln.half_ns, ln.stage, ln.layer)


@part
def _leave(w: Any, lane: int) -> None:
    """Let a lane that has nothing more to ask for hear its last answer; the last to hear wakes the request."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    ln.state = LEFT
    ln.heard_ns = w.now_ns + ln.half_ns
    ln.heard_low = low_of(r, ln.stage, ln.layer)
    ln.heard_layer = ln.layer
    if ln.heard_ns > r.left_ns or (ln.heard_ns == r.left_ns and ln.heard_low > r.left_low):
        r.left_ns, r.left_low = ln.heard_ns, ln.heard_low
    r.lanes_left -= 1
    if r.lanes_left == 0 and not r.is_joined:
        schedule(w, r.left_ns, LANES_LEFT, ln.request, r.join_version, TIMER | r.owner, r.index, r.left_low)


@part
def left(w: Any, request: int) -> None:
    """Go on once the last lane has heard its last answer."""
    w.requests[request].is_joined = True
    joined(w, request)


@part
def _catch_up(w: Any, lane: int, why: int) -> None:
    """Make up for what a lane that is stopped would have taken note of before now."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    is_past = ln.heard_ns < w.now_ns
    if ln.heard_ns == w.now_ns:
        is_past = w.is_closing or (why == HAS_FAILED and ln.heard_low < r.failed_low)
    if is_past and ln.state == OPENING:
        enter(w, r, MANIFEST, ln.heard_ns)
    elif is_past:
        _note(w, lane)


@part
def reach(w: Any, lane: int) -> None:
    """Have an HTTP request reach its site, or wait for its retransmission."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    if streams.is_cut(w, w.ways[(r.cohort * w.n_sites + ln.site) * 2 + 1]):
        _transfer(w, lane, STALLED, 0.0)
    else:
        _meet_site(w, lane)


@part
def _meet_site(w: Any, lane: int) -> None:
    """Have a site look at an HTTP request, and serve it if it may."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    s = w.sites[ln.site]
    is_write = ln.stage >= _FIRST_WRITE
    admission = s.admission[r.operation]
    bucket = s.buckets[1 if is_write else 0]
    has_token = True
    # A host that is down counts nothing.
    if bucket >= 0 and admission != _IS_DOWN:
        b = w.buckets[bucket]
        has_token, b.level, b.last_ns = rules.take_token(b.level, b.last_ns, w.now_ns, b.rate_per_s, b.capacity)
    is_missing = r.operation == _PULL and w.missing[ln.site * w.n_images + r.image] != 0
    outcome = rules.answer(admission, has_token, is_missing)
    if outcome == _UNREACHABLE:
        r.is_silent = True
        wait(w, lane, SILENT, _SILENCE_NS, ln.stage, ln.layer)
    elif outcome != _OK:
        ln.outcome = outcome
        wait(w, lane, REFUSED, ln.half_ns, ln.stage, ln.layer)
    else:
        _serve(w, lane, is_write)


@part
def _serve(w: Any, lane: int, is_write: bool) -> None:
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    s = w.sites[ln.site]
    if ln.stage == _PULL_LAYER and w.blobs_aside:
        _answered(w, lane)
        return
    law = s.laws[1 if is_write else 0]
    work_s = s.per_byte_s * _size(w, r, ln.stage, ln.layer)
    if law >= 0:
        work_s += law_ppf(w.laws, w.pool, law, drawn(w, r, SERVICE, ln.stage, ln.layer))
    if work_s <= 0.0:
        _answered(w, lane)
        return
    job = w.jobs_free
    if job >= 0:
        w.jobs_free = w.jobs[job].next
    else:
        job = w.jobs_used
        w.jobs_used = job + 1
        if job > len(w.jobs) - MARGIN:
            w.is_short = True
    j = w.jobs[job]
    j.work_s = work_s
    j.high = COMPLETION | (1 + ln.site) << ENTITY_BIT | r.owner
    j.middle = r.index
    j.low = low_of(r, ln.stage, ln.layer)
    j.site = ln.site
    j.lane = lane
    j.lane_version = ln.version
    j.next = NONE
    ln.state = SERVED
    if s.queue_first < 0:
        s.queue_first = job
    else:
        w.jobs[s.queue_last].next = job
    s.queue_last = job
    work_on(w, ln.site)


@part
def free_job(w: Any, job: int) -> None:
    """Give a job back to its pool."""
    w.jobs[job].next = w.jobs_free
    w.jobs_free = job


@part
def work_on(w: Any, site: int) -> None:
    """Have free workers of a front end take what is queued."""
    s = w.sites[site]
    while s.queue_first >= 0 and (s.workers <= 0 or s.busy < s.workers):
        job = s.queue_first
        j = w.jobs[job]
        s.queue_first = j.next
        if w.lanes[j.lane].version != j.lane_version:
            free_job(w, job)
            continue
        s.busy += 1
        j.epoch = s.epoch
        done_ns = w.now_ns + rules.ns_of(j.work_s / s.speed)
        schedule(w, done_ns, JOB_DONE, job, 0, j.high, j.middle, j.low)


@part
def job_done(w: Any, job: int) -> None:
    """Go on after the service of an HTTP request."""
    j = w.jobs[job]
    site, lane, lane_version = j.site, j.lane, j.lane_version
    is_current = j.epoch == w.sites[site].epoch
    free_job(w, job)
    if is_current:
        # Before whoever waits for it goes on, the worker is free.
        w.sites[site].busy -= 1
        work_on(w, site)
    if w.lanes[lane].version == lane_version:
        _answered(w, lane)


@part
def _answered(w: Any, lane: int) -> None:
    """Send the answer to an HTTP request that was served."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    if ln.purpose == FINISH and not r.acknowledged_at >> ln.site & 1:
        r.acknowledged_at |= 1 << ln.site
        acknowledge(w, r, ln.site)
    if (ln.stage == _PULL_MANIFEST or ln.stage == _PULL_LAYER) and _travels(w, ln, r, 0):
        _transfer(w, lane, DOWNLOADING, _size(w, r, ln.stage, ln.layer))
    else:
        _hear(w, lane)


@part
def heard(w: Any, lane: int) -> None:
    """Go on after an answer."""
    ln = w.lanes[lane]
    request = ln.request
    r = w.requests[request]
    r.answered_by = ln.site
    if ln.purpose == LAYER:
        if ln.stage != ln.last_stage:
            ln.stage += 1
            _next_exchange(w, lane)
        else:
            r.have |= 1 << ln.layer
            _next_layer(w, lane)
    elif ln.purpose == FIRST:
        wanted = r.layers & ~r.have
        if wanted != 0:
            enter(w, r, LAYERS, w.now_ns)
            _open_lanes(w, request, wanted)
        else:
            _end_attempt(w, request, _OK)
    elif ln.purpose == FINISH:
        _end_attempt(w, request, _OK)
    else:
        _unflap(w, request)
        _end_attempt(w, request, _SPLIT_PUSH)


@part
def refused(w: Any, lane: int) -> None:
    """Take note of an answer that is not the one hoped for."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    r.answered_by = ln.site
    if ln.outcome == _THROTTLED:
        r.throttles += 1
    fail(w, lane, ln.outcome)


@part
def fail(w: Any, lane: int, outcome: int) -> None:
    """Let a lane fail, and with it the attempt."""
    request = w.lanes[lane].request
    if w.requests[request].in_lanes:
        _close_lane(w, lane, outcome)
    else:
        w.lanes[lane].state = IDLE
        _unflap(w, request)
        _end_attempt(w, request, outcome)


# Lanes of a request.


@part
def _open_lanes(w: Any, request: int, todo: int) -> None:
    """Handle layers, as many at a time as the client does; the main lane goes on with the open connection."""
    r = w.requests[request]
    r.todo = todo
    count = 0
    rest = todo
    while rest != 0:
        rest &= rest - 1
        count += 1
    width = min(w.cohorts[r.cohort].parallel[r.operation], count)
    r.in_lanes = width > 1
    r.is_joined = False
    r.lanes_left = width
    r.lanes_outcome = _OK
    r.turned_ns = NONE
    r.plain_ns = NONE
    r.left_ns = NONE
    w.lanes[r.lane].purpose = LAYER
    first, last = NONE, NONE
    for number in range(1, width):
        lane = _new_lane(w, request, number)
        w.lanes[lane].next = NONE
        if last >= 0:
            w.lanes[last].next = lane
        else:
            first = lane
        last = lane
    r.side = first
    _next_layer(w, r.lane)
    lane = first
    while lane >= 0:
        following = w.lanes[lane].next
        _next_layer(w, lane)
        lane = following


@part
def _next_layer(w: Any, lane: int) -> None:
    """Take up the next layer, or be through."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    if r.todo == 0:
        if r.in_lanes:
            _close_lane(w, lane, _OK)
        else:
            _after_layers(w, ln.request)
        return
    ln.layer = _first_of(r.todo)
    r.todo &= r.todo - 1
    _set_chain(r, ln)
    _next_exchange(w, lane)


@part
def _next_exchange(w: Any, lane: int) -> None:
    """Ask for the lane's stage, on its connection or a new one."""
    ln = w.lanes[lane]
    r = w.requests[ln.request]
    keep_alive = w.cohorts[r.cohort].keep_alive
    if ln.is_open and keep_alive:
        _ask(w, lane, ln.stage)
    else:
        _connect(w, lane, r.at, ln.number if keep_alive else (1 + ln.layer) << 4 | ln.stage)


@part
def _close_lane(w: Any, lane: int, outcome: int) -> None:
    """Note that one lane is through, or has failed; the first failure ends them all."""
    ln = w.lanes[lane]
    ln.state = IDLE
    request = ln.request
    r = w.requests[request]
    r.lanes_left -= 1
    if r.is_joined:
        return
    if outcome == _OK and r.lanes_left == 0 and r.left_ns >= w.now_ns:
        # Somebody is still to hear an answer.
        is_last = r.left_ns == w.now_ns and r.left_low < ln.low
        if not is_last:
            schedule(w, r.left_ns, LANES_LEFT, request, r.join_version, TIMER | r.owner, r.index, r.left_low)
            return
    if outcome != _OK or r.lanes_left == 0:
        r.is_joined = True
        r.lanes_outcome = outcome
        r.failed_low = ln.low
        _join_lanes(w, request)


@part
def _join_lanes(w: Any, request: int) -> None:
    r = w.requests[request]
    low = low_of(r, _JOIN, 0)
    schedule(w, w.now_ns, LANES_JOINED, request, r.join_version, COMPLETION | r.owner, r.index, low)


@part
def joined(w: Any, request: int) -> None:
    """Go on once all lanes are through, have failed, or are stopped."""
    r = w.requests[request]
    if r.stopping == NOT_STOPPED and r.lanes_outcome != _OK:
        _stop_lanes(w, request, HAS_FAILED)
        return
    if r.stopping == NOT_STOPPED:
        _note_left(w, request)
        _free_side_lanes(w, request)
        _after_layers(w, request)
        return
    _free_side_lanes(w, request)
    outcome = r.lanes_outcome if r.stopping == HAS_FAILED else _outcome_of(w, r, r.stopping)
    r.stopping = NOT_STOPPED
    _end_attempt(w, request, outcome)


@part
def _note_left(w: Any, request: int) -> None:
    """Take note of the last answers of lanes that have left."""
    r = w.requests[request]
    lane, following = r.lane, r.side
    while lane >= 0:
        if w.lanes[lane].state == LEFT:
            w.lanes[lane].state = IDLE
            _note(w, lane)
        lane = following
        following = w.lanes[lane].next if lane >= 0 else NONE


@part
def _free_side_lanes(w: Any, request: int) -> None:
    r = w.requests[request]
    lane = r.side
    while lane >= 0:
        following = w.lanes[lane].next
        _free_lane(w, lane)
        lane = following
    r.side = NONE
    r.in_lanes = False


@part
def _stop_lanes(w: Any, request: int, why: int) -> None:
    """Stop all lanes; the request goes on once what they had moved is counted."""
    r = w.requests[request]
    _stop(w, r.lane, why)
    lane = r.side
    while lane >= 0:
        _stop(w, lane, why)
        lane = w.lanes[lane].next
    r.stopping = why
    r.join_version += 1
    _join_lanes(w, request)


@part
def _stop(w: Any, lane: int, why: int) -> None:
    """Have a lane wait for nothing any more."""
    ln = w.lanes[lane]
    if ln.state == OPENING or ln.state == TURNING or ln.state == LEFT:
        _catch_up(w, lane, why)
    ln.version += 1
    ln.state = IDLE
    if ln.flow >= 0:
        w.requests[ln.request].bytes += streams.cancel_flow(w, ln.flow)
        ln.flow = NONE


@part
def _after_layers(w: Any, request: int) -> None:
    """Finish a pull; let a push send its manifest, now and then to another site, which does not know the layers."""
    r = w.requests[request]
    if r.operation == _PULL:
        _end_attempt(w, request, _OK)
        return
    enter(w, r, MANIFEST, w.now_ns)
    lane = r.lane
    ln = w.lanes[lane]
    ln.layer = 0
    ln.stage = _PUSH_MANIFEST
    if w.flap > 0.0 and drawn(w, r, FLAPS, _PUSH_MANIFEST, 0) < w.flap:
        other = _second(w, r.cohort, r.machine, r.at)
        if other >= 0:
            r.flapped_to = other
            _live_add(w, request, other, 1)
            ln.purpose = FLAP
            _connect(w, lane, other, _OTHER_SITE)
            return
    ln.purpose = FINISH
    if w.cohorts[r.cohort].keep_alive:
        _ask(w, lane, _PUSH_MANIFEST)
    else:
        _connect(w, lane, r.at, _PUSH_MANIFEST)


# What ends an attempt from outside.


@part
def _outcome_of(w: Any, r: Any, why: int) -> int:
    """Outcome of an attempt that was ended from outside."""
    if why == WAS_KILLED:
        return rules.broken(w.sites[r.at].admission[r.operation])
    return _UNREACHABLE if r.is_silent else _LATE


@part
def break_off(w: Any, request: int, why: int) -> None:
    """End the present attempt, once: two sites may fail together, or one as its time is up."""
    r = w.requests[request]
    if r.broken_attempt == r.attempts:
        return
    r.broken_attempt = r.attempts
    _interrupt(w, request, why)


@part
def _interrupt(w: Any, request: int, why: int) -> None:
    r = w.requests[request]
    if r.in_lanes:
        _stop_lanes(w, request, why)
        return
    _stop(w, r.lane, why)
    _unflap(w, request)
    _end_attempt(w, request, _outcome_of(w, r, why))


@part
def close_requests(w: Any) -> None:
    """End every request at this instant, as a timeout."""
    w.is_closing = True
    request = w.open_requests
    while request >= 0:
        following = w.requests[request].after
        r = w.requests[request]
        if not w.copies_only:
            if w.lanes[r.lane].state == BACKING_OFF:
                _stop(w, r.lane, IS_LATE)
                _finish(w, request, _LATE)
            else:
                _interrupt(w, request, IS_LATE)
        request = following


# Pushes without their requests.


@part
def _is_taken(w: Any, r: Any) -> bool:
    if r.at < 0 or w.sites[r.at].admission[_PUSH] != _ADMITS:
        return False
    return not streams.is_cut(w, w.ways[(r.cohort * w.n_sites + r.at) * 2 + 1])


@part
def _take_push(w: Any, request: int) -> None:
    """Let a site acknowledge a push after the time it takes where nothing is queued."""
    r = w.requests[request]
    r.at = _choose(w, r.cohort, r.machine, _PUSH)
    if _is_taken(w, r):
        done_ns = w.now_ns + rules.ns_of(_takes_s(w, r))
        schedule(w, done_ns, PUSH_TAKEN, request, r.version, COMPLETION | r.owner, r.index, 0)
    else:
        _close_request(w, request)


@part
def push_taken(w: Any, request: int) -> None:
    """Acknowledge a push, if its site still takes it."""
    r = w.requests[request]
    if _is_taken(w, r):
        acknowledge(w, r, r.at)
    _close_request(w, request)


@part
def _takes_s(w: Any, r: Any) -> float:
    """Time from arrival to acknowledgement of a push that meets no queue."""
    way = w.ways[(r.cohort * w.n_sites + r.at) * 2 + 1]
    s, c = w.sites[r.at], w.cohorts[r.cohort]
    known, new, total_bytes = 0, 0, 0.0
    for layer in range(w.n_layers):
        if r.new >> layer & 1:
            new += 1
            total_bytes += w.sizes[r.image * w.n_layers + layer]
        elif r.layers >> layer & 1:
            known += 1
    mean_bytes = total_bytes / new if new > 0 else 0.0
    parallel = c.parallel[_PUSH]
    ceiling = streams.ceiling_of(w, way, r.machine)
    share = ceiling / max(1, min(parallel, new))
    layer_s = tcp.uncontended_flow_s(mean_bytes, way.rtt_s, share, w.initial_bytes, w.window_max_bytes)
    head_s = tcp.uncontended_flow_s(w.manifest_bytes, way.rtt_s, ceiling, w.initial_bytes, w.window_max_bytes)
    return rules.uncontended_push_s(
        way.rtt_s,
        w.handshakes,
        known,
        new,
        parallel,
        c.keep_alive,
        s.mean_read_s,
        s.mean_write_s,
        layer_s + s.per_byte_s * mean_bytes,
        head_s + s.per_byte_s * w.manifest_bytes,
    )
