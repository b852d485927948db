"""Time at each age of what is at risk: nanosecond by nanosecond, whole and in steps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.histogram import bins_of, edges_ns
from georep_sim.plane.at_risk import in_steps, time_at_age_ns
from georep_sim.tables import NEVER_NS

PUSH = st.tuples(st.integers(-900, 1500), st.one_of(st.integers(0, 1200), st.just(NEVER_NS)))


@given(pushes=st.lists(PUSH, max_size=9), start_ns=st.integers(0, 800), length_ns=st.integers(0, 1500))
def test_every_nanosecond_is_counted_at_its_age(pushes: list[tuple[int, int]], start_ns: int, length_ns: int) -> None:
    pushes = sorted((ack_ns, lag_ns if lag_ns == NEVER_NS else ack_ns + lag_ns) for ack_ns, lag_ns in pushes)
    at_ns = range(start_ns, start_ns + length_ns)
    ages_ns = [t - min([ack for ack, safe in pushes if ack <= t < safe], default=t) for t in at_ns]
    expected = np.bincount(bins_of(np.array(ages_ns, dtype=np.int64)), minlength=len(edges_ns()))
    ack_ns, safe_ns = (np.array([push[k] for push in pushes], dtype=np.int64) for k in (0, 1))
    found = time_at_age_ns(ack_ns, safe_ns, start_ns=start_ns, end_ns=start_ns + length_ns)
    assert np.array_equal(found, expected)


def test_a_backlog_of_hours_is_counted_exactly_without_an_instant_looked_at() -> None:
    hour_ns = 3600 * 10**9
    safe_ns = np.array([3 * hour_ns, 3 * hour_ns + 1])
    found = time_at_age_ns(np.array([hour_ns, 2 * hour_ns]), safe_ns, start_ns=0, end_ns=6 * hour_ns)
    # The first waits for two hours; for the nanosecond after, the second is the oldest: an hour old.
    one_hour = int(bins_of(np.array([hour_ns]))[0])
    assert found[0] == 4 * hour_ns
    assert found.sum() == 6 * hour_ns
    assert found[one_hour + 1 :].sum() == 2 * hour_ns - edges_ns()[one_hour + 1]
    assert found[one_hour] == edges_ns()[one_hour + 1] - edges_ns()[one_hour] + 1


@given(cells=st.lists(st.integers(0, 50), min_size=1, max_size=40), step_ns=st.integers(1, 60))
def test_steps_keep_the_time_beyond_any_age_to_half_a_step_and_all_of_it(cells: list[int], step_ns: int) -> None:
    at_age_ns = np.array(cells, dtype=np.int64)
    found = in_steps(at_age_ns, step_ns)
    assert found.sum() == at_age_ns.sum()
    assert found.min() >= 0
    assert 2 * np.abs(np.cumsum(found) - np.cumsum(at_age_ns)).max() <= step_ns
    # Every row is a step or more, but for the one that completes the sum.
    assert np.count_nonzero(found) <= at_age_ns.sum() // step_ns + 1


def test_steps_of_a_nanosecond_change_nothing() -> None:
    at_age_ns = np.array([0, 7, 0, 0, 3, 1], dtype=np.int64)
    assert in_steps(at_age_ns, 1).tolist() == at_age_ns.tolist()
