"""Flows on pipes, compiled: what `links` and `flows` do with objects, on the pools of `memory`.

Decisions and arithmetic are those of `links` and `tcp`; only how classes and their members are kept is written anew. The
members of a class are a pairing heap [1]_ inside the pool of flows, the classes a binary heap by the instant at which
their next member ends.

References
----------
.. [1] M. L. Fredman, R. Sedgewick, D. D. Sleator, R. E. Tarjan, "The pairing heap: a new form of self-adjusting heap",
   Algorithmica 1, 1986.
"""

from __future__ import annotations

import math
from typing import Any, Final

from georep_sim.jit import part, share
from georep_sim.plane import links, rules, tcp
from georep_sim.plane.kernel.memory import MARGIN, NONE
from georep_sim.plane.links import PATH_PIPES
from georep_sim.tables import NEVER_NS, NS_PER_S

# Number of a pipe that only one class crosses: a limit of that class, and nothing to share.
_OF_ONE: Final = -2

for _function in (
    links.alone,
    links.couples,
    links.demand_of,
    links.fill,
    links.fill_one,
    links.rate_of,
    links.reached_ns,
    links.reading,
    links.units_of,
    links.level_of,
    links.sort_by_limit,
    links.meets_full,
    links.settle_class,
    rules.ns_of,
    tcp.loss_limit_bytes_per_s,
    tcp.next_segment,
    tcp.resume_s,
    tcp.rto_s,
    tcp.window_bytes,
):
    share(_function)


@part
def new_flow(w: Any) -> int:
    """Take a flow from the pool."""
    flow = w.flows_free
    if flow >= 0:
        w.flows_free = w.flows[flow].next
    else:
        flow = w.flows_used
        w.flows_used = flow + 1
        if flow > len(w.flows) - MARGIN:
            w.is_short = True
    f = w.flows[flow]
    f.sent = 0.0
    f.stalled_ns = NONE
    f.home = NONE
    f.is_active = True
    return flow


@part
def free_flow(w: Any, flow: int) -> None:
    """Give a flow back; events that wait for it are void."""
    f = w.flows[flow]
    f.version += 1
    f.is_active = False
    f.next = w.flows_free
    w.flows_free = flow


# The pairing heap of a class.


@part
def _meld(w: Any, a: int, b: int) -> int:
    """Join two trees; either may be none."""
    if a < 0:
        return b
    if b < 0:
        return a
    if w.flows[b].end_bytes < w.flows[a].end_bytes:
        a, b = b, a
    child = w.flows[a].child
    w.flows[b].sibling = child
    w.flows[b].before = a
    if child >= 0:
        w.flows[child].before = b
    w.flows[a].child = b
    return a


@part
def _meld_children(w: Any, flow: int) -> int:
    """Tree of all children of a node, joined in pairs from the left and then from the right."""
    pairs = NONE
    child = w.flows[flow].child
    while child >= 0:
        second = w.flows[child].sibling
        following = w.flows[second].sibling if second >= 0 else NONE
        w.flows[child].sibling = NONE
        if second >= 0:
            w.flows[second].sibling = NONE
        tree = _meld(w, child, second)
        w.flows[tree].sibling = pairs
        pairs = tree
        child = following
    root = NONE
    while pairs >= 0:
        following = w.flows[pairs].sibling
        w.flows[pairs].sibling = NONE
        root = _meld(w, root, pairs)
        pairs = following
    if root >= 0:
        w.flows[root].before = NONE
    return root


@part
def _take_out(w: Any, c: int, flow: int) -> None:
    """Remove a member from the heap of its class."""
    f = w.flows[flow]
    rest = _meld_children(w, flow)
    if w.classes[c].root == flow:
        w.classes[c].root = rest
        return
    before, sibling = f.before, f.sibling
    if w.flows[before].child == flow:
        w.flows[before].child = sibling
    else:
        w.flows[before].sibling = sibling
    if sibling >= 0:
        w.flows[sibling].before = before
    root = _meld(w, w.classes[c].root, rest)
    w.flows[root].before = NONE
    w.flows[root].sibling = NONE
    w.classes[c].root = root


# The heap of classes by the instant at which something is due.


@part
def _due_up(w: Any, at: int, c: int) -> None:
    due_ns = w.classes[c].due_ns
    while at > 0:
        parent = (at - 1) >> 1
        other = w.due[parent]
        if w.classes[other].due_ns <= due_ns:
            break
        w.due[at] = other
        w.classes[other].due_at = at
        at = parent
    w.due[at] = c
    w.classes[c].due_at = at


@part
def _due_down(w: Any, at: int, c: int) -> None:
    due_ns = w.classes[c].due_ns
    size = w.due_size
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and w.classes[w.due[child + 1]].due_ns < w.classes[w.due[child]].due_ns:
            child += 1
        other = w.due[child]
        if w.classes[other].due_ns >= due_ns:
            break
        w.due[at] = other
        w.classes[other].due_at = at
        at = child
    w.due[at] = c
    w.classes[c].due_at = at


@part
def _set_due(w: Any, c: int, due_ns: int) -> None:
    """Say when the next member of a class ends."""
    cls = w.classes[c]
    before, cls.due_ns = cls.due_ns, due_ns
    if due_ns < before:
        _due_up(w, cls.due_at, c)
    elif due_ns > before:
        _due_down(w, cls.due_at, c)


@part
def next_due_ns(w: Any) -> int:
    """When the next member of any class ends."""
    return w.classes[w.due[0]].due_ns if w.due_size > 0 else NEVER_NS


# Classes.


@part
def _mark(w: Any, c: int) -> None:
    if not w.classes[c].is_dirty:
        w.classes[c].is_dirty = True
        w.dirty[w.dirty_size] = c
        w.dirty_size += 1


@part
def _mark_pipe(w: Any, pipe: int) -> None:
    if not w.pipes[pipe].is_dirty:
        w.pipes[pipe].is_dirty = True
        w.dirty_pipes[w.dirty_pipes_size] = pipe
        w.dirty_pipes_size += 1


@part
def _class_of(w: Any, flow: int, limit: float) -> int:
    """Class of flows with the path of this one and a limit; made if there is none."""
    path = w.flows[flow].path
    c = w.paths[path]
    while c >= 0:
        if w.classes[c].limit == limit:
            return c
        c = w.classes[c].on_path
    c = w.classes_free
    if c >= 0:
        w.classes_free = w.classes[c].next
    else:
        c = w.classes_used
        w.classes_used = c + 1
        if c > len(w.classes) - MARGIN:
            w.is_short = True
    cls = w.classes[c]
    cls.limit = limit
    cls.path = path
    cls.on_path = w.paths[path]
    w.paths[path] = c
    cls.count = 0
    cls.rate = 0.0
    cls.base_bytes = 0.0
    cls.base_ns = w.now_ns
    cls.root = NONE
    cls.is_dirty = False
    cls.seen = 0
    cls.due_ns = NEVER_NS
    cls.due_at = w.due_size
    w.due[w.due_size] = c
    w.due_size += 1
    bound = math.inf
    for j in range(PATH_PIPES):
        pipe = w.flows[flow].pipes[j]
        cls.pipes[j] = pipe
        if pipe >= 0:
            bound = min(bound, w.pipes[pipe].capacity_Bps)
            node = c * PATH_PIPES + j
            first = w.pipes[pipe].classes
            cls.before[j] = NONE
            cls.after[j] = first
            if first >= 0:
                w.classes[first // PATH_PIPES].before[first % PATH_PIPES] = node
            w.pipes[pipe].classes = node
    cls.bound = min(bound, limit)
    cls.demand = links.demand_of(cls.bound)
    return c


@part
def _drop_class(w: Any, c: int) -> None:
    """Forget a class without members: an empty one starts anew."""
    cls = w.classes[c]
    for j in range(PATH_PIPES):
        pipe = cls.pipes[j]
        if pipe >= 0:
            before, after = cls.before[j], cls.after[j]
            if before >= 0:
                w.classes[before // PATH_PIPES].after[before % PATH_PIPES] = after
            else:
                w.pipes[pipe].classes = after
            if after >= 0:
                w.classes[after // PATH_PIPES].before[after % PATH_PIPES] = before
            # Those it met there may have more from now on.
            _mark_pipe(w, pipe)
    at = w.paths[cls.path]
    if at == c:
        w.paths[cls.path] = cls.on_path
    else:
        while w.classes[at].on_path != c:
            at = w.classes[at].on_path
        w.classes[at].on_path = cls.on_path
    w.due_size -= 1
    last = w.due[w.due_size]
    if last != c:
        place, due_ns = cls.due_at, cls.due_ns
        if w.classes[last].due_ns < due_ns:
            _due_up(w, place, last)
        else:
            _due_down(w, place, last)
    cls.count = 0
    cls.next = w.classes_free
    w.classes_free = c


@part
def _recount(w: Any, c: int, flows: int) -> None:
    cls = w.classes[c]
    cls.count += flows
    for j in range(PATH_PIPES):
        if cls.pipes[j] >= 0:
            w.pipes[cls.pipes[j]].demand += flows * cls.demand


@part
def _remove(w: Any, c: int, flow: int) -> None:
    """Take a member out of its class."""
    _take_out(w, c, flow)
    w.flows[flow].home = NONE
    _recount(w, c, -1)
    w.flow_events += 1
    if w.classes[c].count > 0:
        _mark(w, c)
    else:
        _drop_class(w, c)


@part
def _join(w: Any, flow: int, limit: float, size: float) -> None:
    c = _class_of(w, flow, limit)
    cls, f = w.classes[c], w.flows[flow]
    _recount(w, c, 1)
    w.flow_events += 1
    f.home = c
    f.segment_bytes = size
    f.end_bytes = links.reading(cls.base_bytes, cls.base_ns, cls.rate, w.now_ns) + size
    f.child = NONE
    f.sibling = NONE
    f.before = NONE
    cls.root = _meld(w, cls.root, flow)
    _mark(w, c)


# Flows.


@part
def is_cut(w: Any, way: Any) -> bool:
    """Whether a connection on a way is stopped."""
    a, b = way.stalled_by[0], way.stalled_by[1]
    return (a >= 0 and w.links[a].is_cut) or (b >= 0 and w.links[b].is_cut)


@part
def flow_is_cut(w: Any, flow: int) -> bool:
    """Whether the way of a flow is stopped."""
    a, b = w.flows[flow].stalled_by[0], w.flows[flow].stalled_by[1]
    return (a >= 0 and w.links[a].is_cut) or (b >= 0 and w.links[b].is_cut)


@part
def ceiling_of(w: Any, way: Any, machine: int) -> float:
    """Return the most the pipes of a way can carry, in B/s."""
    ceiling = math.inf
    for j in range(PATH_PIPES):
        if way.pipes[j] >= 0:
            ceiling = min(ceiling, w.pipes[way.pipes[j]].capacity_Bps)
    if way.machine_pipe >= 0:
        ceiling = min(ceiling, w.pipes[way.machine_pipe + 2 * machine].capacity_Bps)
    return ceiling


@part
def start_flow(w: Any, flow: int, way: Any, machine: int) -> None:
    """Put a flow on its way; where that is cut it stalls."""
    f = w.flows[flow]
    f.rtt_s = way.rtt_s
    f.link = way.link
    f.path = way.path + machine * way.path_step
    for j in range(PATH_PIPES):
        f.pipes[j] = way.pipes[j]
    if way.machine_pipe >= 0:
        f.pipes[way.machine_place] = way.machine_pipe + 2 * machine
    f.next_round = f.round_now
    for j in range(2):
        link = way.stalled_by[j]
        f.stalled_by[j] = link
        if link >= 0:
            first = w.links[link].flows
            f.link_before[j] = NONE
            f.link_after[j] = first
            if first >= 0:
                w.flows[first >> 1].link_before[first & 1] = 2 * flow + j
            w.links[link].flows = 2 * flow + j
    if flow_is_cut(w, flow):
        f.stalled_ns = w.now_ns
    else:
        _send(w, flow)


@part
def _send(w: Any, flow: int) -> None:
    f = w.flows[flow]
    ceiling = math.inf
    for j in range(PATH_PIPES):
        if f.pipes[j] >= 0:
            ceiling = min(ceiling, w.pipes[f.pipes[j]].capacity_Bps)
    size, limit, f.next_round = tcp.next_segment(
        f.left, f.round_now, f.rtt_s, ceiling, w.initial_bytes, w.window_max_bytes
    )
    if f.link >= 0 and w.links[f.link].loss > 0.0:
        limit = min(limit, tcp.loss_limit_bytes_per_s(w.links[f.link].loss, f.rtt_s, w.mss_bytes))
    _join(w, flow, limit, size)


@part
def _pause(w: Any, flow: int) -> None:
    f = w.flows[flow]
    c = f.home
    if c >= 0:
        cls = w.classes[c]
        left = f.end_bytes - links.reading(cls.base_bytes, cls.base_ns, cls.rate, w.now_ns)
        _remove(w, c, flow)
        sent = f.segment_bytes - min(max(left, 0.0), f.segment_bytes)
        f.sent += sent
        f.left -= sent


@part
def _forget(w: Any, flow: int) -> None:
    f = w.flows[flow]
    f.stalled_ns = NONE
    for j in range(2):
        link = f.stalled_by[j]
        if link >= 0:
            before, after = f.link_before[j], f.link_after[j]
            if before >= 0:
                w.flows[before >> 1].link_after[before & 1] = after
            else:
                w.links[link].flows = after
            if after >= 0:
                w.flows[after >> 1].link_before[after & 1] = before
            f.stalled_by[j] = NONE
    if f.link >= 0 and f.sent > 0.0:
        w.links[f.link].carried[f.kind] += f.sent
    # Nothing more to forget, should it be cancelled after its end.
    f.link = NONE


@part
def cancel_flow(w: Any, flow: int) -> float:
    """Give a flow up and back to the pool; return the bytes it has sent."""
    _pause(w, flow)
    _forget(w, flow)
    sent = w.flows[flow].sent
    free_flow(w, flow)
    return sent


@part
def hold_flow(w: Any, flow: int, since_ns: int) -> None:
    """Stop a flow; its connection times out, so that its window starts anew."""
    _pause(w, flow)
    w.flows[flow].round_now = 0
    w.flows[flow].stalled_ns = since_ns


@part
def resume_flow(w: Any, flow: int) -> None:
    """Let a stopped flow go on, unless its way is cut (again)."""
    if w.flows[flow].stalled_ns >= 0 and not flow_is_cut(w, flow):
        w.flows[flow].stalled_ns = NONE
        _send(w, flow)


@part
def retransmission_ns(w: Any, rtt_s: float, stalled_ns: int, now_ns: int) -> int:
    """When a connection that stalled then and could send from now does."""
    rto = tcp.rto_s(rtt_s, w.rto_min_s)
    resumes_ns = stalled_ns + rules.ns_of(tcp.resume_s(float(now_ns - stalled_ns) / NS_PER_S, rto))
    return max(now_ns, resumes_ns)


@part
def cut_link(w: Any, link: int) -> None:
    """Take a link down: its flows stall."""
    w.links[link].is_cut = True
    node = w.links[link].flows
    while node >= 0:
        flow = node >> 1
        if w.flows[flow].stalled_ns < 0:
            hold_flow(w, flow, w.now_ns)
        node = w.flows[flow].link_after[node & 1]


@part
def set_link_loss(w: Any, link: int, loss: float) -> None:
    """Change the share of packets a link loses; flows under way are limited anew."""
    w.links[link].loss = loss
    node = w.links[link].flows
    while node >= 0:
        flow = node >> 1
        if w.flows[flow].link == link and w.flows[flow].stalled_ns < 0:
            _pause(w, flow)
            _send(w, flow)
        node = w.flows[flow].link_after[node & 1]


@part
def set_link_capacity(w: Any, link: int) -> None:
    """Give a link's pipe its capacity times its factor."""
    pipe = w.first_link_pipe + link
    w.pipes[pipe].capacity_Bps = w.links[link].capacity_Bps * w.links[link].factor
    _mark_pipe(w, pipe)
    node = w.pipes[pipe].classes
    while node >= 0:
        c = node // PATH_PIPES
        cls = w.classes[c]
        bound = math.inf
        for j in range(PATH_PIPES):
            if cls.pipes[j] >= 0:
                bound = min(bound, w.pipes[cls.pipes[j]].capacity_Bps)
        cls.bound = min(bound, cls.limit)
        before, cls.demand = cls.demand, links.demand_of(cls.bound)
        for j in range(PATH_PIPES):
            if cls.pipes[j] >= 0:
                w.pipes[cls.pipes[j]].demand += cls.count * (cls.demand - before)
        _mark(w, c)
        node = cls.after[node % PATH_PIPES]


@part
def advance_flows(w: Any) -> None:
    """Send what is due by now; `ended` lists the flows that ended."""
    ended = 0
    while w.due_size > 0 and w.classes[w.due[0]].due_ns <= w.now_ns:
        c = w.due[0]
        count = w.classes[c].count
        # Where nothing has changed since, the first member is the one that is due.
        is_sure = not w.classes[c].is_dirty
        while count > 0:
            cls = w.classes[c]
            flow = cls.root
            end_bytes = w.flows[flow].end_bytes
            if not is_sure and links.reached_ns(cls.base_bytes, cls.base_ns, cls.rate, end_bytes) > w.now_ns:
                break
            is_sure = False
            w.ended[ended] = flow
            ended += 1
            count -= 1
            _remove(w, c, flow)
        if count > 0:
            _set_due(w, c, NEVER_NS)
    w.ended_size = 0
    for k in range(ended):
        flow = w.ended[k]
        f = w.flows[flow]
        f.sent += f.segment_bytes
        f.left -= f.segment_bytes
        f.round_now = f.next_round
        if f.left > 0.0:
            _send(w, flow)
        else:
            _forget(w, flow)
            w.ended[w.ended_size] = flow
            w.ended_size += 1


# Sharing out.


@part
def settle(w: Any) -> None:
    """Share out the pipes after the changes of an instant."""
    w.stamp += 1
    stamp = w.stamp
    n_pipes = 0
    n_affected = 0
    for k in range(w.dirty_size):
        c = w.dirty[k]
        cls = w.classes[c]
        # A class may have been dropped, and another one made in its place, since it was marked.
        if cls.is_dirty and cls.count > 0 and cls.seen != stamp:
            cls.seen = stamp
            w.affected[n_affected] = c
            n_affected += 1
    for k in range(w.dirty_pipes_size):
        pipe = w.dirty_pipes[k]
        w.pipes[pipe].is_dirty = False
        n_affected, n_pipes = _look_at(w, pipe, n_affected, n_pipes)
    k = 0
    while k < n_affected:
        for j in range(PATH_PIPES):
            pipe = w.classes[w.affected[k]].pipes[j]
            if pipe >= 0:
                n_affected, n_pipes = _look_at(w, pipe, n_affected, n_pipes)
        k += 1
    _share_out(w, n_affected, n_pipes)
    for k in range(n_affected):
        cls = w.classes[w.affected[k]]
        cls.is_dirty = False
        for j in range(PATH_PIPES):
            if cls.pipes[j] >= 0:
                w.pipes[cls.pipes[j]].local = NONE
    w.dirty_size = 0
    w.dirty_pipes_size = 0


@part
def _look_at(w: Any, pipe: int, n_affected: int, n_pipes: int) -> tuple[int, int]:
    """Add those that meet at a pipe to the classes whose rate may change, and the pipe to those to be shared out."""
    p = w.pipes[pipe]
    if p.seen == w.stamp:
        return n_affected, n_pipes
    p.seen = w.stamp
    couples = links.couples(p.demand, p.capacity_Bps)
    p.local = NONE
    if couples:
        first = p.classes
        if w.classes[first // PATH_PIPES].after[first % PATH_PIPES] < 0:
            p.local = _OF_ONE
        else:
            p.local = n_pipes
            w.left[n_pipes] = links.units_of(p.capacity_Bps)
            n_pipes += 1
    if couples or p.was_coupling:
        node = p.classes
        while node >= 0:
            c = node // PATH_PIPES
            if w.classes[c].seen != w.stamp:
                w.classes[c].seen = w.stamp
                w.affected[n_affected] = c
                n_affected += 1
            node = w.classes[c].after[node % PATH_PIPES]
    p.was_coupling = couples
    return n_affected, n_pipes


@part
def _share_out(w: Any, n_affected: int, n_pipes: int) -> None:
    """Find the rates of classes: those that meet at pipes together, each of the others by itself."""
    n_coupled = 0
    for k in range(n_affected):
        c = w.affected[k]
        cls = w.classes[c]
        is_limited, is_shared = False, False
        limit = links.units_of(cls.bound)
        for j in range(PATH_PIPES):
            pipe = cls.pipes[j]
            local = w.pipes[pipe].local if pipe >= 0 else NONE
            w.coupled_paths[n_coupled, j] = max(local, NONE)
            if local == _OF_ONE:
                is_limited = True
                limit = links.alone(limit, w.pipes[pipe].capacity_Bps, cls.count)
            elif local >= 0:
                is_shared = True
        if is_shared:
            w.coupled[n_coupled] = c
            w.limits[n_coupled] = limit
            w.counts[n_coupled] = cls.count
            n_coupled += 1
        else:
            _go_on_at(w, c, links.rate_of(limit) if is_limited else cls.bound)
    if n_coupled > 0:
        links.fill(
            w.coupled_paths, w.limits, w.counts, w.left, w.waiting, w.is_full, w.rates, w.by_limit, n_coupled, n_pipes
        )
    for k in range(n_coupled):
        _go_on_at(w, w.coupled[k], links.rate_of(w.rates[k]))


@part
def _go_on_at(w: Any, c: int, rate: float) -> None:
    """Let a class go on at a rate, and find when its next member ends."""
    cls = w.classes[c]
    if rate == cls.rate and not cls.is_dirty:
        return
    if rate != cls.rate:
        cls.base_bytes = links.reading(cls.base_bytes, cls.base_ns, cls.rate, w.now_ns)
        cls.base_ns = w.now_ns
        cls.rate = rate
    _set_due(w, c, links.reached_ns(cls.base_bytes, cls.base_ns, rate, w.flows[cls.root].end_bytes))
