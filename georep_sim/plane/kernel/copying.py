"""Copies, compiled: what is acknowledged at one site travels to others along the copy edges.

The same steps as `reference.copies` and `reference.edges`.
"""

from __future__ import annotations

from typing import Any, Final

from georep_sim.jit import part, share
from georep_sim.laws.compiled import law_ppf
from georep_sim.philox import uniform
from georep_sim.plane import rules
from georep_sim.plane.flows import COPY
from georep_sim.plane.kernel import streams
from georep_sim.plane.kernel.agenda import COPY_DURABLE, EDGE_SENDS_ON, ENTITY_BIT, TIMER, schedule
from georep_sim.plane.kernel.memory import MARGIN, NONE
from georep_sim.tables import CopyStatus, Operation

share(rules.stalls_copies)

_PULL: Final = int(Operation.PULL)
_PUSH: Final = int(Operation.PUSH)
_PENDING: Final = int(CopyStatus.PENDING)
_COPIED: Final = int(CopyStatus.DONE)
_LOST: Final = int(CopyStatus.LOST)


@part
def acknowledge(w: Any, r: Any, site: int) -> None:
    """Take over a push that its site has just acknowledged: copy it along every edge from there."""
    w.missing[site * w.n_images + r.image] = 0
    edge = w.sites[site].first_edge
    if edge < 0:
        return
    push = w.pushes_free
    if push >= 0:
        w.pushes_free = w.pushes[push].next
    else:
        push = w.pushes_used
        w.pushes_used = push + 1
        if push > len(w.pushes) - MARGIN:
            w.is_short = True
    size_bytes = 0.0
    for layer in range(w.n_layers):
        if r.new >> layer & 1:
            size_bytes += w.sizes[r.image * w.n_layers + layer]
    p = w.pushes[push]
    p.ack_ns = w.now_ns
    p.owner = r.owner
    p.index = r.index
    p.size_bytes = w.manifest_bytes + size_bytes
    p.holders = 1 << site
    p.site = site
    p.image = r.image
    p.open = 0
    p.is_held = False
    p.before = NONE
    p.after = w.open_pushes
    if p.after >= 0:
        w.pushes[p.after].before = push
    w.open_pushes = push
    while edge >= 0:
        _offer(w, edge, push, r.cohort)
        edge = w.edges[edge].next_of_source


@part
def _drop_push(w: Any, push: int) -> None:
    p = w.pushes[push]
    if p.before >= 0:
        w.pushes[p.before].after = p.after
    else:
        w.open_pushes = p.after
    if p.after >= 0:
        w.pushes[p.after].before = p.before
    if not p.is_held:
        p.next = w.pushes_free
        w.pushes_free = push


@part
def _offer(w: Any, edge: int, push: int, cohort: int) -> None:
    """Queue a copy."""
    copy = w.copies_free
    if copy >= 0:
        w.copies_free = w.copies[copy].next
    else:
        copy = w.copies_used
        w.copies_used = copy + 1
        if copy > len(w.copies) - MARGIN:
            w.is_short = True
    e, p, c = w.edges[edge], w.pushes[push], w.copies[copy]
    p.open += 1
    w.open += 1
    c.ack_ns = p.ack_ns
    c.owner = p.owner
    c.index = p.index
    c.size_bytes = p.size_bytes
    c.image = p.image
    c.push = push
    c.edge = edge
    c.flow = NONE
    c.start_ns = c.due_ns = c.done_ns = NONE
    c.status = _PENDING
    c.is_sent = False
    c.is_sending = False
    c.is_open = True
    c.is_used = True
    c.lag_ns = 0
    if e.lag_law >= 0:
        key = cohort * w.n_sites + e.destination
        u = uniform(w.lag_keys[key, 0], w.lag_keys[key, 1], p.index, 0, w.replication, w.seed)
        c.lag_ns = rules.ns_of(law_ppf(w.laws, w.pool, e.lag_law, u))
    c.after = NONE
    c.before = e.open_last
    if e.open_last >= 0:
        w.copies[e.open_last].after = copy
    else:
        e.open_first = copy
    e.open_last = copy
    _queue(w, edge, copy)
    _dispatch(w, edge)


@part
def _queue(w: Any, edge: int, copy: int) -> None:
    e = w.edges[edge]
    w.copies[copy].queued = NONE
    if e.queue_first >= 0:
        w.copies[e.queue_last].queued = copy
    else:
        e.queue_first = copy
    e.queue_last = copy


@part
def _dispatch(w: Any, edge: int) -> None:
    """Have free workers send what is queued."""
    e = w.edges[edge]
    while e.queue_first >= 0 and e.sending < e.workers and e.stopped_ns < 0 and w.now_ns >= e.sends_from_ns:
        copy = e.queue_first
        c = w.copies[copy]
        e.queue_first = c.queued
        if c.start_ns < 0:
            c.start_ns = w.now_ns
        flow = streams.new_flow(w)
        f = w.flows[flow]
        f.owner = copy
        f.kind = COPY
        f.left = c.size_bytes
        # The worker's connection is in steady use: its window is open.
        f.round_now = w.open_round
        f.high = (1 + edge) << ENTITY_BIT | c.owner
        f.middle = c.index
        f.low = 0
        c.flow = flow
        c.is_sending = True
        e.sending += 1
        streams.start_flow(w, flow, w.ways[w.first_edge_way + edge], 0)


@part
def copy_sent(w: Any, copy: int) -> None:
    """Go on after the last byte of a copy left."""
    c = w.copies[copy]
    edge = c.edge
    streams.free_flow(w, c.flow)
    c.flow = NONE
    c.is_sent = True
    c.is_sending = False
    w.edges[edge].sending -= 1
    _await_lag(w, copy)
    _dispatch(w, edge)


@part
def _await_lag(w: Any, copy: int) -> None:
    """Have a copy done when its last byte is there, and not before its lag is over."""
    c = w.copies[copy]
    e = w.edges[c.edge]
    lag_ends_ns = max(c.ack_ns, e.restarted_ns) + c.lag_ns
    c.due_ns = max(w.now_ns + e.half_ns, lag_ends_ns)
    high = TIMER | (1 + c.edge) << ENTITY_BIT | c.owner
    schedule(w, c.due_ns, COPY_DURABLE, copy, c.version, high, c.index, 0)


@part
def copy_durable(w: Any, copy: int) -> None:
    """Note that a copy is durable at its destination."""
    c = w.copies[copy]
    # Unless it was stopped, sent again or lost meanwhile.
    if w.edges[c.edge].stopped_ns < 0 and c.is_sent and c.due_ns == w.now_ns and c.status == _PENDING:
        c.status = _COPIED
        c.done_ns = w.now_ns
        _close_copy(w, copy)


@part
def _close_copy(w: Any, copy: int) -> None:
    """Note that a copy is done or lost."""
    c = w.copies[copy]
    e, p = w.edges[c.edge], w.pushes[c.push]
    if c.before >= 0:
        w.copies[c.before].after = c.after
    else:
        e.open_first = c.after
    if c.after >= 0:
        w.copies[c.after].before = c.before
    else:
        e.open_last = c.before
    if e.open_first < 0 and e.is_watched:
        w.has_drained = True
    c.is_open = False
    c.version += 1
    w.open -= 1
    if c.status == _COPIED:
        p.holders |= 1 << e.destination
        w.missing[e.destination * w.n_images + c.image] = 0
    p.open -= 1
    if p.open == 0:
        _drop_push(w, c.push)


@part
def _withdraw(w: Any, copy: int) -> None:
    c = w.copies[copy]
    if c.is_sending:
        streams.cancel_flow(w, c.flow)
        w.edges[c.edge].sending -= 1
    c.flow = NONE
    c.is_sending = False
    c.is_sent = False


@part
def refresh_edges(w: Any, time_ns: int, site: int, link: int) -> None:
    """Look again at the edges that a change of a site or a link since then concerns."""
    for edge in range(w.n_edges):
        e = w.edges[edge]
        concerns_site = site >= 0 and (e.source == site or e.destination == site)
        if concerns_site or (link >= 0 and (e.links[0] == link or e.links[1] == link)):
            _refresh_edge(w, edge, time_ns)


@part
def _refresh_edge(w: Any, edge: int, time_ns: int) -> None:
    """Stop or go on, by the state of both ends and the link."""
    e = w.edges[edge]
    there, back = e.links[0], e.links[1]
    is_cut = (there >= 0 and w.links[there].is_cut) or (back >= 0 and w.links[back].is_cut)
    if (
        is_cut
        or rules.stalls_copies(w.sites[e.source].admission[_PULL])
        or rules.stalls_copies(w.sites[e.destination].admission[_PUSH])
    ):
        if e.stopped_ns < 0:
            _stop_edge(w, edge, time_ns)
        e.was_cut = e.was_cut or is_cut
    elif e.stopped_ns >= 0:
        _go_on(w, edge, time_ns)


@part
def _stop_edge(w: Any, edge: int, time_ns: int) -> None:
    e = w.edges[edge]
    e.stopped_ns = time_ns
    if time_ns >= e.sends_from_ns:
        e.silent_ns = time_ns
        e.was_cut = False
    copy = e.open_first
    while copy >= 0:
        c = w.copies[copy]
        if c.is_sending and w.flows[c.flow].stalled_ns < 0:
            streams.hold_flow(w, c.flow, time_ns)
        copy = c.after


@part
def _go_on(w: Any, edge: int, time_ns: int) -> None:
    e = w.edges[edge]
    e.sends_from_ns = time_ns
    if e.was_cut:
        # Long-lived connections: they find out at their next retransmission. After an outage of an end they are made
        # anew at once.
        rtt_s = w.ways[w.first_edge_way + edge].rtt_s
        e.sends_from_ns = streams.retransmission_ns(w, rtt_s, e.silent_ns, time_ns)
    e.stopped_ns = NONE
    e.restarted_ns = time_ns
    copy = e.open_first
    while copy >= 0:
        if w.copies[copy].is_sent:
            _await_lag(w, copy)
        copy = w.copies[copy].after
    if e.sends_from_ns <= w.now_ns:
        send_on(w, edge)
    else:
        schedule(w, e.sends_from_ns, EDGE_SENDS_ON, edge, 0, TIMER | (1 + edge) << ENTITY_BIT, 0, 0)


@part
def send_on(w: Any, edge: int) -> None:
    """Let the copies of an edge go on."""
    e = w.edges[edge]
    if e.stopped_ns >= 0 or w.now_ns < e.sends_from_ns:
        return
    copy = e.open_first
    while copy >= 0:
        if w.copies[copy].is_sending:
            streams.resume_flow(w, w.copies[copy].flow)
        copy = w.copies[copy].after
    _dispatch(w, edge)


@part
def lose(w: Any, site: int, fault: int) -> None:
    """Destroy what is at a site: what is complete nowhere else is lost."""
    push = w.open_pushes
    while push >= 0:
        w.pushes[push].is_held = bool(w.pushes[push].holders >> site & 1)
        push = w.pushes[push].after
    # Those that close meanwhile leave the list; chained by `next` they are still found.
    held = NONE
    push = w.open_pushes
    while push >= 0:
        if w.pushes[push].is_held:
            w.pushes[push].next = held
            held = push
        push = w.pushes[push].after
    for edge in range(w.n_edges):
        if w.edges[edge].source == site:
            _lose_source(w, edge)
        elif w.edges[edge].destination == site:
            _lose_destination(w, edge)
    objects, total_bytes = 0, 0.0
    while held >= 0:
        p = w.pushes[held]
        following = p.next
        p.holders &= ~(1 << site)
        p.is_held = False
        if p.holders == 0:
            objects += 1
            total_bytes += p.size_bytes
        if p.open == 0:
            p.next = w.pushes_free
            w.pushes_free = held
        held = following
    if objects > 0:
        row = w.losses[w.n_losses]
        row.time_ns = w.now_ns
        row.site = site
        row.fault = fault
        row.objects = float(objects)
        row.bytes = total_bytes
        w.n_losses += 1


@part
def _lose_source(w: Any, edge: int) -> None:
    """Give up what was not durable at the destination."""
    e = w.edges[edge]
    copy = e.open_first
    while copy >= 0:
        following = w.copies[copy].after
        _withdraw(w, copy)
        w.copies[copy].status = _LOST
        _close_copy(w, copy)
        copy = following
    e.queue_first = NONE
    _dispatch(w, edge)


@part
def _lose_destination(w: Any, edge: int) -> None:
    """Send again what had been sent."""
    e = w.edges[edge]
    e.queue_first = NONE
    copy = e.open_first
    while copy >= 0:
        _withdraw(w, copy)
        _queue(w, edge, copy)
        copy = w.copies[copy].after
    _dispatch(w, edge)
