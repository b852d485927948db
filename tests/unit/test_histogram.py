"""One scale of bins: every time has one bin, no bin is wider than promised."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from georep_sim.histogram import RATIO, bin_of, bins_of, edges_ns, middles_s
from georep_sim.tables import NEVER_NS, NS_PER_S

TIMES = st.integers(0, NEVER_NS) | st.integers(0, 3600 * NS_PER_S) | st.integers(0, 2000)


def test_edges_start_at_zero_and_rise() -> None:
    edges = edges_ns()
    assert edges[0] == 0
    assert (np.diff(edges) > 0).all()
    assert edges[:401].tolist() == list(range(401))
    assert edges[401:404].tolist() == [402, 404, 406]


def test_no_bin_beyond_a_nanosecond_is_wider_than_half_a_percent() -> None:
    edges = edges_ns().tolist()
    wide = [(a, b) for a, b in pairwise(edges) if b - a > 1]
    # In whole numbers: floats of this size are farther apart than some of the edges' remainders.
    assert all(200 * b <= 201 * a for a, b in wide)
    assert pytest.approx(201 / 200) == RATIO


def test_nobody_can_change_the_edges_for_others() -> None:
    with pytest.raises(ValueError, match="read-only"):
        edges_ns()[0] = 1


@given(TIMES)
@example(0)
@example(NEVER_NS)
def test_a_time_lies_between_the_edges_of_its_bin(value_ns: int) -> None:
    edges = edges_ns()
    k = bin_of(value_ns, edges)
    assert edges[k] <= value_ns
    assert k + 1 == len(edges) or value_ns < edges[k + 1]


@given(st.lists(TIMES, max_size=20))
def test_one_by_one_and_all_at_once_are_the_same(values_ns: list[int]) -> None:
    at_once = bins_of(np.array(values_ns, dtype=np.int64)).tolist()
    assert at_once == [bin_of(value, edges_ns()) for value in values_ns]


@given(st.integers(1, 10**18))
def test_the_middle_is_within_a_quarter_of_a_percent(value_ns: int) -> None:
    (middle,) = middles_s(bins_of(np.array([value_ns])))
    assert middle == pytest.approx(value_ns / NS_PER_S, rel=0.0025 * (1 + 1e-9))


def test_zero_stays_zero() -> None:
    assert middles_s(bins_of(np.array([0]))).tolist() == [0.0]
