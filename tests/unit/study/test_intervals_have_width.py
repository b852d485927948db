"""Replications that agree, and replications that stand alone, still leave an interval with some width."""

from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.measures.estimand import BASE, Key, Pool, Ratio
from georep_sim.study.compare import compare
from georep_sim.study.estimate import Estimate, Resampling, estimate
from georep_sim.study.resampling import apart

KEY = Key("failovers", "per_year", "1/y")
DRILLED = 3


def clusters(n: int) -> Resampling:
    return Resampling({level: {BASE: n, DRILLED: n} for level in ("timelines", "traffic")}, 1)


def one(ratio: Ratio, n: int) -> Estimate:
    (got,) = estimate(ratio, clusters(n))
    return got


def pool(value: np.ndarray, cluster: np.ndarray) -> Pool:
    keys = {s: Key("rpo", s, "s") for s in ("mean", "p50", "max")}
    return Pool(keys, value, np.ones(len(value)), np.full(len(value), BASE), cluster)


def unlike(n: int) -> float:
    """Largest share of others that n equal observations leave room for: 2.5 % chance to have missed them."""
    return -math.expm1(math.log(0.025) / n)


def test_ends_are_apart_if_they_differ_by_more_than_rounding() -> None:
    assert apart(1.0, 1.0 + 1e-9)
    assert not apart(1.0, 1.0 + 1e-15)
    assert not apart(math.inf, math.inf)
    assert apart(-math.inf, 3.0)


# 12.175 = 365.25 / 30: sums of it over resamples differ by rounding.
@pytest.mark.parametrize("n", [1, 2, 40, 2000])
def test_one_event_in_every_replication_is_no_certainty(n: int) -> None:
    got = one(Ratio(KEY, {BASE: np.full(n, 0.1 + 0.2)}, scale=12.175), n)
    assert got.low == pytest.approx(got.value * (1.0 - unlike(n)))
    assert got.high == pytest.approx(got.value * (1.0 + unlike(n)))


def test_one_drill_alone_has_an_interval() -> None:
    got = one(
        Ratio(KEY, {BASE: np.zeros(1), DRILLED: np.array([5.0])}, events={BASE: np.zeros(1), DRILLED: np.ones(1)}), 1
    )
    assert got.low < got.value == 5.0 < got.high


def test_a_pool_of_zeros_is_bounded_by_the_largest_value_seen() -> None:
    value = np.array([0.0, 0.0, 0.0, 60.0] * 10)
    got = {e.key.statistic: e for e in estimate(pool(value, np.repeat(np.arange(10), 4)), clusters(10))}
    assert (got["p50"].value, got["p50"].low) == (0.0, 0.0)
    assert got["p50"].high == pytest.approx(60.0 * unlike(10), rel=0.006)  # and a bin of 0.5 %


def test_a_pool_of_one_replication_is_worth_one_observation() -> None:
    got = {e.key.statistic: e for e in estimate(pool(np.array([7.0, 7.0]), np.zeros(2, dtype=np.int64)), clusters(10))}
    assert got["mean"].high == pytest.approx(7.0 * (1.0 + unlike(1)), rel=0.006)


def test_a_difference_that_never_varies_is_told_with_what_may_hide() -> None:
    a, b = (Ratio(KEY, {BASE: np.full(40, x)}) for x in (1.0, 3.0))
    got = compare(one(a, 40), one(b, 40), clusters(40), ratios=(a, b))
    assert (got.low, got.high) == pytest.approx((2.0 - 2.0 * unlike(40), 2.0 + 2.0 * unlike(40)))
    assert got.verdict == "a_better"


def test_no_difference_is_known_no_closer_than_the_designs_are() -> None:
    a = Ratio(KEY, {BASE: np.full(40, 1.0)})
    got = compare(one(a, 40), one(a, 40), clusters(40), ratios=(a, a))
    assert got.difference == 0.0
    assert got.high == pytest.approx(math.sqrt(2.0) * unlike(40))
    assert got.verdict == "not_distinguishable"


@pytest.mark.parametrize("n", [1, 2, 40])
def test_a_difference_seen_by_one_replication_alone_is_no_verdict(n: int) -> None:
    seen = np.eye(1, n)[0]
    a, b = (Ratio(KEY, {BASE: seen * x}, {BASE: seen}) for x in (30.0, 0.1))
    got = compare(one(a, n), one(b, n), clusters(n), ratios=(a, b))
    assert got.difference == pytest.approx(-29.9)
    assert got.verdict == "not_distinguishable"


@pytest.mark.parametrize("n", [1, 2, 40])
def test_a_quantile_of_one_replication_alone_is_no_verdict(n: int) -> None:
    slow, fast = (
        next(iter(estimate(pool(np.full(5, x), np.zeros(5, dtype=np.int64)), clusters(n)))) for x in (30.0, 0.1)
    )
    assert compare(slow, fast, clusters(n)).verdict == "not_distinguishable"


def test_failing_always_against_never_is_a_verdict_without_width() -> None:
    fails, serves = (pool(np.full(40, x), np.arange(40)) for x in (math.inf, 1.0))
    first, second = (next(e for e in estimate(p, clusters(40)) if e.key.statistic == "p50") for p in (fails, serves))
    got = compare(first, second, clusters(40))
    assert (got.difference, got.low, got.high) == (-math.inf, -math.inf, -math.inf)
    assert compare(first, first, clusters(40)).verdict == "not_distinguishable"
