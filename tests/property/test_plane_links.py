"""Classes of flows against naive models that know each flow by itself."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.plane import rules, tcp
from georep_sim.plane.links import Member, Pipes, fill, shares, units_of
from georep_sim.tables import NEVER_NS, NS_PER_S
from support.naive_flows import naive_shares

if TYPE_CHECKING:
    from random import Random

N_PIPES = 4
MB = 1e6
CAPACITIES = st.lists(st.integers(1, 50).map(lambda c: c * MB), min_size=N_PIPES, max_size=N_PIPES)
PATHS = st.sets(st.integers(0, N_PIPES - 1), max_size=3).map(lambda pipes: tuple(sorted(pipes)))
LIMITS = st.one_of(st.integers(1, 20).map(lambda x: x * MB), st.just(math.inf))


class Sending(NamedTuple):
    path: tuple[int, ...]
    limit: float
    start_ns: int
    size: float


SENDINGS = st.builds(
    Sending,
    path=st.sets(st.integers(0, N_PIPES - 1), min_size=1, max_size=3).map(lambda pipes: tuple(sorted(pipes))),
    limit=LIMITS,
    start_ns=st.integers(0, 20).map(lambda t: t * NS_PER_S // 2),
    size=st.integers(1, 100).map(lambda x: x * MB),
)


@given(st.lists(st.tuples(PATHS, LIMITS, st.integers(1, 4)), max_size=6), CAPACITIES)
def test_shares_of_classes_are_the_naive_max_min_rates(
    classes: list[tuple[tuple[int, ...], float, int]], capacities: list[float]
) -> None:
    rates = shares([c[0] for c in classes], [c[1] for c in classes], [c[2] for c in classes], capacities)
    naive = naive_shares([(path, limit) for path, limit, count in classes for _ in range(count)], capacities)
    expanded = [rate for rate, (_, _, count) in zip(rates, classes, strict=True) for _ in range(count)]
    assert expanded == pytest.approx([float(r) for r in naive], rel=1e-9)


@given(st.lists(st.tuples(LIMITS, st.integers(1, 4)), min_size=1, max_size=12), st.integers(1, 50 * 10**6))
def test_one_pipe_is_shared_out_as_one_of_several(classes: list[tuple[float, int]], capacity: int) -> None:
    n = len(classes)
    limits, counts = [units_of(limit) for limit, _ in classes], [count for _, count in classes]
    found = []
    for n_pipes in (1, 2):
        rates, left = [0] * n, [units_of(float(capacity))] * n_pipes
        fill([[0, -1, -1, -1]] * n, limits, counts, left, [0] * 2, [False] * 2, rates, [0] * n, n, n_pipes)
        found.append(rates)
    assert found[0] == found[1]


@given(st.lists(st.tuples(LIMITS, st.integers(1, 4)), min_size=1, max_size=6), CAPACITIES)
def test_pipe_of_one_class_is_a_limit_of_that_class(classes: list[tuple[float, int]], capacities: list[float]) -> None:
    # Class c has pipe c to itself, while there are any, beside the last one, which all cross.
    paths: list[tuple[int, ...]] = [(c, N_PIPES - 1) for c in range(min(len(classes), N_PIPES - 1))]
    paths += [(N_PIPES - 1,)] * (len(classes) - len(paths))
    pipes = Pipes(capacities)
    members = [[Member(c) for _ in range(count)] for c, (_, count) in enumerate(classes)]
    for c, (limit, _) in enumerate(classes):
        for member in members[c]:
            # A limit of its own keeps classes with the same pipes apart.
            pipes.join(member, paths[c], limit + c, 1.0, 0)
    pipes.settle(0)
    flows = [(paths[c], limit + c) for c, (limit, count) in enumerate(classes) for _ in range(count)]
    naive = [float(rate) for rate in naive_shares(flows, capacities)]
    rates = [member.home.rate for group in members for member in group if member.home is not None]
    assert rates == pytest.approx(naive, rel=1e-6)


def naive_ends(sendings: list[Sending], capacities: list[float]) -> list[float]:
    """Play every flow by itself, from event to event."""
    left = [s.size for s in sendings]
    ends = [math.nan] * len(sendings)
    now_s = 0.0
    starts = sorted({s.start_ns / NS_PER_S for s in sendings})
    while any(math.isnan(end) for end in ends):
        live = [i for i, s in enumerate(sendings) if math.isnan(ends[i]) and s.start_ns / NS_PER_S <= now_s]
        rates = naive_shares([(sendings[i].path, sendings[i].limit) for i in live], capacities)
        step_s = min((left[i] / float(r) for i, r in zip(live, rates, strict=True)), default=math.inf)
        step_s = min([step_s] + [at - now_s for at in starts if at > now_s])
        for i, rate in zip(live, rates, strict=True):
            left[i] -= float(rate) * step_s
            if left[i] < 1e-3:
                ends[i] = now_s + step_s
        now_s += step_s
    return ends


def class_ends(sendings: list[Sending], capacities: list[float]) -> list[float]:
    pipes = Pipes(capacities)
    members = [Member(order) for order in range(len(sendings))]
    ends = [math.nan] * len(sendings)
    starts = sorted({s.start_ns for s in sendings})
    due_ns = NEVER_NS
    while starts or due_ns < NEVER_NS:
        now_ns = min(due_ns, starts[0]) if starts else due_ns
        for member in pipes.due(now_ns):
            ends[member.order] = now_ns / NS_PER_S
        if starts and starts[0] == now_ns:
            starts.pop(0)
            for member, s in zip(members, sendings, strict=True):
                if s.start_ns == now_ns:
                    pipes.join(member, s.path, s.limit, s.size, now_ns)
        due_ns = pipes.settle(now_ns)
    return ends


@given(st.lists(SENDINGS, min_size=1, max_size=12), CAPACITIES)
def test_flows_end_when_flows_played_one_by_one_do(sendings: list[Sending], capacities: list[float]) -> None:
    # Each event is rounded to 1 ns, and each of a dozen flows carries the error of those before it.
    assert class_ends(sendings, capacities) == pytest.approx(naive_ends(sendings, capacities), abs=1e-6)


@given(st.lists(SENDINGS, min_size=1, max_size=12), CAPACITIES, st.randoms(use_true_random=False))
def test_order_in_which_flows_join_never_decides(
    sendings: list[Sending], capacities: list[float], random: Random
) -> None:
    order = list(range(len(sendings)))
    random.shuffle(order)
    straight = class_ends(sendings, capacities)
    mixed = class_ends([sendings[i] for i in order], capacities)
    assert mixed == [straight[i] for i in order]


@given(st.lists(SENDINGS, min_size=1, max_size=8), CAPACITIES, st.integers(0, 30))
def test_what_leaves_has_sent_between_nothing_and_all(
    sendings: list[Sending], capacities: list[float], leaves_half_s: int
) -> None:
    pipes = Pipes(capacities)
    leaves_ns = leaves_half_s * NS_PER_S // 2 + 1
    members = [Member(order) for order in range(len(sendings))]
    for member, s in zip(members, sendings, strict=True):
        pipes.join(member, s.path, s.limit, s.size, 0)
    gone = {member.order for now_ns in due_instants(pipes, leaves_ns) for member in pipes.due(now_ns)}
    for member, s in zip(members, sendings, strict=True):
        if member.order not in gone:
            assert 0.0 <= pipes.leave(member, leaves_ns) <= s.size
    assert pipes.settle(leaves_ns) == NEVER_NS


def due_instants(pipes: Pipes, until_ns: int) -> list[int]:
    """Instants at which something ends, found while settling; the last may be the bound itself."""
    instants = []
    due_ns = pipes.settle(0)
    if due_ns <= until_ns:
        instants.append(due_ns)
    return instants


@given(
    st.lists(st.integers(0, 10 * NS_PER_S), min_size=1, max_size=60),
    st.floats(0.1, 20.0),
    st.integers(1, 20),
)
def test_bucket_admits_at_most_its_capacity_and_what_flows_in(
    instants_ns: list[int], rate_per_s: float, capacity: int
) -> None:
    level, last_ns, taken_ns = float(capacity), 0, []
    for now_ns in sorted(instants_ns):
        is_taken, level, last_ns = rules.take_token(
            level, last_ns, now_ns, rate_per_s=rate_per_s, capacity=float(capacity)
        )
        taken_ns += [now_ns] if is_taken else []
    for first, start_ns in enumerate(taken_ns):
        for count, end_ns in enumerate(taken_ns[first:], 1):
            assert count <= capacity + rate_per_s * (end_ns - start_ns) / NS_PER_S + 1e-9


@given(st.floats(0.0, 1e6), st.floats(0.2, 10.0))
def test_sending_resumes_after_the_cut_and_not_two_waits_later(cut_s: float, rto: float) -> None:
    at_s = tcp.resume_s(cut_s, rto)
    assert at_s >= cut_s * (1 - 1e-12)
    assert at_s <= max(2.0 * cut_s + rto, cut_s + tcp.MAX_BACKOFF_S)


@given(st.floats(1.0, 1e9), st.integers(0, 12), st.floats(0.0, 1.0), st.floats(1e3, 1e12))
def test_segments_never_exceed_what_is_left_and_rounds_never_go_back(
    left: float, round_: int, rtt_s: float, ceiling: float
) -> None:
    rounds = [round_]
    while left > 0.0:
        size, limit, round_ = tcp.next_segment(
            left, round_, rtt_s=rtt_s, ceiling_bytes_per_s=ceiling, initial_bytes=14480.0, max_bytes=3 * 2.0**20
        )
        assert 0.0 < size <= left
        assert limit > 0.0
        left -= size
        rounds.append(round_)
    assert all(a <= b for a, b in pairwise(rounds))
