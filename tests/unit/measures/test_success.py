"""Virtual success against values worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from georep_sim.measures.success import success_series
from georep_sim.tables import NS_PER_S, Admission, Operation, Verb
from support.timelines import HERE, THERE, timeline, two_sites

PULL, PUSH = Operation.PULL, Operation.PUSH


def admit(site: int, operation: Operation) -> int:
    return 3 * site + operation


def test_undisturbed_clients_always_succeed() -> None:
    series = success_series(timeline(two_sites(), []), 0, PULL)
    assert series.left.min() == series.right.min() == 1.0


def test_refused_operation_fails_for_as_long_as_it_is_refused_and_no_other() -> None:
    line = timeline(
        two_sites(),
        [
            (100.0, Verb.ADMIT, admit(HERE, PULL), Admission.UNREACHABLE),
            (160.0, Verb.ADMIT, admit(HERE, PULL), Admission.OK),
        ],
    )
    pull, push = success_series(line, 0, PULL), success_series(line, 0, PUSH)
    assert pull.integral_s(0, line.end_ns) == pytest.approx(1000.0 - 60.0)
    assert pull.at(100 * NS_PER_S) == (1.0, 0.0)
    assert push.integral_s(0, line.end_ns) == pytest.approx(1000.0)


def test_clients_follow_a_new_answer_evenly_over_the_ttl() -> None:
    # Down from 100 s, answer changed at 130 s, TTL 60 s: all fail for 30 s, then the failing share falls to 0
    # over 60 s, which is 30 s of lost time more.
    line = timeline(
        two_sites(ttl_s=60.0),
        [(100.0, Verb.ADMIT, admit(HERE, PULL), Admission.UNREACHABLE), (130.0, Verb.AIM, 0, 1.0)],
    )
    series = success_series(line, 0, PULL)
    assert series.integral_s(0, line.end_ns) == pytest.approx(1000.0 - 30.0 - 30.0)
    assert series.at(160 * NS_PER_S) == pytest.approx((0.5, 0.5))


def test_overstaying_clients_follow_later() -> None:
    # A tenth keeps the answer 600 s longer: its loss is 30 s + 660 s / 2.
    line = timeline(
        two_sites(ttl_s=60.0, overstay_share=0.1, overstay_s=600.0),
        [(100.0, Verb.ADMIT, admit(HERE, PULL), Admission.UNREACHABLE), (130.0, Verb.AIM, 0, 1.0)],
    )
    lost_s = 1000.0 - success_series(line, 0, PULL).integral_s(0, line.end_ns)
    assert lost_s == pytest.approx(30.0 + 0.9 * 30.0 + 0.1 * 330.0)


def test_a_second_change_within_the_ttl_leaves_three_answers_in_use() -> None:
    # Away at 100 s and back at 120 s with a TTL of 60 s; `there` is down throughout. At 130 s the clients that
    # refreshed during those 20 s, a third of all, hold the bad answer; from 160 s on fewer do, and at 180 s none.
    line = timeline(
        two_sites(ttl_s=60.0),
        [
            (50.0, Verb.ADMIT, admit(THERE, PULL), Admission.UNREACHABLE),
            (100.0, Verb.AIM, 0, 1.0),
            (120.0, Verb.AIM, 0, 0.0),
        ],
    )
    series = success_series(line, 0, PULL)
    assert series.at(130 * NS_PER_S)[1] == pytest.approx(2.0 / 3.0)
    assert series.at(180 * NS_PER_S)[1] == pytest.approx(1.0)
    assert 1000.0 - series.integral_s(0, line.end_ns) == pytest.approx(20.0)


@pytest.mark.parametrize("link", [0, 1])
def test_a_cut_in_either_direction_fails_clients_that_use_the_path(link: int) -> None:
    line = timeline(two_sites(), [(10.0, Verb.AIM, 0, 1.0), (100.0, Verb.CUT, link, 1.0), (150.0, Verb.CUT, link, 0.0)])
    assert success_series(line, 0, PULL).integral_s(0, line.end_ns) == pytest.approx(950.0)


def test_a_cut_does_not_matter_to_clients_beside_their_site() -> None:
    line = timeline(two_sites(), [(100.0, Verb.CUT, 0, 1.0), (100.0, Verb.CUT, 1, 1.0)])
    assert success_series(line, 0, PULL).integral_s(0, line.end_ns) == pytest.approx(1000.0)


def test_integrals_add_up_over_any_cut() -> None:
    line = timeline(
        two_sites(ttl_s=60.0),
        [(100.0, Verb.ADMIT, admit(HERE, PULL), Admission.UNREACHABLE), (130.0, Verb.AIM, 0, 1.0)],
    )
    series = success_series(line, 0, PULL)
    edges = np.array([0, 99, 100, 131, 150, 151, 190, 1000]) * NS_PER_S
    parts = [series.integral_s(int(a), int(b)) for a, b in pairwise(edges)]
    assert sum(parts) == pytest.approx(series.integral_s(0, line.end_ns), abs=1e-9)
