"""The one estimator: values by hand, intervals that exist, pairing that pays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.measures.estimand import BASE, Key, Known, Pool, Ratio
from georep_sim.study.compare import compare
from georep_sim.study.estimate import Estimate, Resampling, estimate

KEY = Key("availability", "time_weighted", "1", operation="pull")
GOOD = {"timelines": {BASE: 100, 3: 40}, "traffic": {BASE: 20, 3: 20}}


def resampling(*, all_drilled: bool = False) -> Resampling:
    """Rows 3 and 4, with 0.001 and 0.1 episodes a horizon that take 1e-5 and 1e-3 of it."""
    drilled = frozenset({3, 4} if all_drilled else {3})
    return Resampling(GOOD, 1, {3: 0.001, 4: 0.1}, {3: 1e-5, 4: 1e-3}, {"timelines": drilled, "traffic": drilled})


def one(ratio: Ratio, with_: Resampling | None = None) -> Estimate:
    (got,) = estimate(ratio, with_ or resampling())
    return got


def spread(n: int, mean: float) -> np.ndarray:
    return mean * np.linspace(0.5, 1.5, n)


def test_groups_add_up_to_one_expectation() -> None:
    ratio = Ratio(KEY, {BASE: spread(100, 2.0), 3: spread(40, 0.5)}, scale=0.1, level="timelines")
    got = one(ratio)
    assert got.value == pytest.approx(0.25)
    assert got.low < 0.25 < got.high
    assert got.replications == 100


def test_the_complement_turns_value_and_ends_round() -> None:
    plain = one(Ratio(KEY, {BASE: spread(100, 2.0)}, scale=0.001, level="timelines"))
    turned = one(Ratio(KEY, {BASE: spread(100, 2.0)}, scale=0.001, level="timelines", complement=True))
    assert turned.value == pytest.approx(1.0 - plain.value)
    assert (turned.low, turned.high) == pytest.approx((1.0 - plain.high, 1.0 - plain.low))


def test_few_drills_that_do_damage_leave_open_how_many_would() -> None:
    damage = np.zeros(20)
    damage[7] = 0.15
    got = one(Ratio(KEY, {BASE: np.zeros(20), 3: damage}, events={BASE: np.zeros(20), 3: np.ones(20)}))
    assert got.value == pytest.approx(0.0075)
    # One of 20 may well be five of 20 (a binomial count of 1 with mean 5: 2.4 %), and one damage says little of the mean.
    assert got.high > 5 * got.value
    assert 0.0 < got.low < 0.2 * got.value
    assert "few events: 1" in got.note


def test_no_event_gives_a_bound_not_a_certainty() -> None:
    nothing = {BASE: np.zeros(100)}
    got = one(Ratio(KEY, nothing, scale=0.001, level="timelines", events=nothing))
    assert got.value == 0.0
    # At most 3.69 events in 100 replications (Poisson, two-sided 95 %), each at most everything.
    assert got.high == pytest.approx(-math.log(0.025) / 100.0)
    assert "bound" in got.note


def test_where_all_rows_are_drilled_only_overlaps_are_left_to_bound() -> None:
    ratio = Ratio(
        KEY,
        {BASE: np.zeros(100), 3: spread(40, 0.002)},
        level="timelines",
        events={BASE: np.zeros(100), 3: np.ones(40)},
    )
    wide, narrow = one(ratio), one(ratio, resampling(all_drilled=True))
    assert narrow.value == wide.value == pytest.approx(0.002)
    assert narrow.high < wide.high
    alone = one(Ratio(KEY, {3: spread(40, 0.002)}, level="timelines"))
    assert narrow.high == pytest.approx(alone.high, rel=1e-3)


def test_few_events_are_counted_not_resampled() -> None:
    damage = np.zeros(100)
    damage[:4] = [1.0, 2.0, 3.0, 4.0]
    few = one(Ratio(KEY, {BASE: damage}, level="timelines", events={BASE: (damage > 0).astype(float)}))
    many = one(Ratio(KEY, {BASE: damage}, level="timelines"))
    assert "few events" in few.note
    assert few.value == many.value == pytest.approx(0.1)
    assert few.high - few.low > many.high - many.low


def test_a_share_is_a_ratio_of_totals_not_a_mean_of_ratios() -> None:
    bad = np.array([0.0, 30.0] * 10)
    asked = np.array([100.0, 300.0] * 10)
    got = one(Ratio(KEY, {BASE: bad}, {BASE: asked}, events={BASE: bad}, trials=4000.0))
    assert got.value == pytest.approx(0.075)
    assert got.low < 0.075 < got.high


def test_a_share_without_events_is_bounded_by_its_trials() -> None:
    got = one(Ratio(KEY, {BASE: np.zeros(20)}, {BASE: np.full(20, 50.0)}, events={BASE: np.zeros(20)}, trials=1000.0))
    assert (got.value, got.low) == (0.0, 0.0)
    assert got.high == pytest.approx(-math.expm1(math.log(0.025) / 1000.0))


def pool(value: np.ndarray, weight: np.ndarray | None = None) -> Pool:
    keys = {s: Key("latency_all", s, "s", operation="pull") for s in ("p50", "p99", "max", "mean")}
    n = len(value)
    return Pool(keys, value, np.ones(n) if weight is None else weight, np.full(n, BASE), np.arange(n) % 20)


def test_quantiles_are_of_the_pool_and_inside_their_intervals() -> None:
    value = np.arange(1.0, 2001.0)
    got = {e.key.statistic: e for e in estimate(pool(value), resampling())}
    assert got["p50"].value == 1000.0
    assert got["p99"].value == 1980.0
    assert got["max"].value == 2000.0
    assert got["mean"].value == pytest.approx(1000.5)
    assert all(e.low < e.value <= e.high for e in got.values())


def test_weights_move_quantiles() -> None:
    value = np.array([1.0] * 500 + [2.0] * 500)
    heavy = np.where(value == 2.0, 3.0, 1.0)
    got = {e.key.statistic: e.value for e in estimate(pool(value, heavy), resampling())}
    assert got["p50"] == 2.0


def test_a_quantile_among_failures_reads_infinite_and_says_who_set_it() -> None:
    value = np.array([1.0] * 1000 + [math.inf] * 50)
    got = {e.key.statistic: e for e in estimate(pool(value), resampling())}
    assert got["p99"].value == math.inf
    assert "set by faults" in got["p99"].note
    assert got["p50"].value == 1.0
    assert "set by faults" not in got["p50"].note


def test_shared_resamples_make_a_small_difference_visible() -> None:
    rng_free = np.array([math.sin(k) for k in range(100)])
    damage = 10.0 + 5.0 * rng_free
    a = Ratio(KEY, {BASE: damage}, scale=0.001, level="timelines")
    b = Ratio(KEY, {BASE: damage + 0.2 + 0.01 * rng_free[::-1]}, scale=0.001, level="timelines")
    first, second = one(a), one(b)
    assert first.low < second.value < first.high
    got = compare(first, second, resampling(), ratios=(a, b))
    assert got.difference == pytest.approx(0.0002, rel=0.05)
    assert got.low > 0.0
    assert got.verdict == "b_better"  # the key is an availability: more is better
    assert got.variance_ratio > 100.0


def test_equal_designs_are_not_distinguishable() -> None:
    a = Ratio(KEY, {BASE: spread(100, 1.0)}, level="timelines")
    got = compare(one(a), one(a), resampling(), ratios=(a, a))
    assert got.difference == 0.0
    assert got.verdict == "not_distinguishable"


def test_what_one_drill_made_of_two_designs_decides_nothing() -> None:
    damage = np.zeros(20)
    damage[7] = 0.15
    seen = {BASE: np.zeros(20), 3: np.ones(20)}
    b, a = (Ratio(KEY, {BASE: np.zeros(20), 3: of}, events=seen, complement=True) for of in (np.zeros(20), damage))
    got = compare(one(a), one(b), resampling(), ratios=(a, b))
    assert got.difference == pytest.approx(0.0075)
    # As for one design: a binomial count of 1 may have a mean of five, and one damage says little of the mean.
    assert got.high > 5 * got.difference
    every = np.linspace(0.1, 0.2, 20)
    a = Ratio(KEY, {BASE: np.zeros(20), 3: every}, events=seen, complement=True)
    got = compare(one(a), one(b), resampling(), ratios=(a, b))
    assert 0.13 < got.low < got.high < 0.17


def test_known_numbers_compare_by_value() -> None:
    cost = Key("cost", "total", "USD/month", part="plan")
    a, b = (Estimate(cost, value, math.nan, math.nan, 0) for value in (20.0, 50.0))
    assert compare(a, b, resampling()).verdict == "a_better"
    (known,) = estimate(Known(cost, 20.0, math.nan, math.nan, "price list"), resampling())
    assert known.note == "price list"


def test_two_clocks_of_one_row_may_meet() -> None:
    expected, busy, drilled = {3: 0.5}, {3: 0.1}, {"timelines": frozenset({3})}
    single = Resampling(GOOD, 1, expected, busy, drilled, {3: 1})
    double = Resampling(GOOD, 1, expected, busy, drilled, {3: 2})
    assert single.undrilled("timelines", None) == 0.0
    # Each of two clocks has 0.25 episodes and is busy for 0.05: they meet 2 x 0.25 x 0.05 times.
    assert double.undrilled("timelines", None) == pytest.approx(0.025)


def test_one_clock_alone_leaves_no_interval_without_width() -> None:
    alone = Resampling(GOOD, 1, {3: 0.5}, {3: 0.1}, {"timelines": frozenset({3})}, {3: 1})
    nothing = {BASE: np.zeros(100), 3: np.zeros(40)}
    got = one(Ratio(KEY, nothing, level="timelines", events=nothing), alone)
    assert got.low == 0.0 < got.high


def test_what_has_no_drills_is_not_bounded_by_them() -> None:
    # Worst months come from replications as they fall alone: nothing seen in 100 is all that is known.
    nothing = {BASE: np.zeros(100)}
    got = one(Ratio(KEY, nothing, level="timelines", events=nothing), resampling(all_drilled=True))
    assert got.high == pytest.approx(-math.log(0.025) / 100.0)


def test_what_was_not_estimated_is_not_compared() -> None:
    key = Key("rpo", "max", "s", region="eastus")
    (nothing,) = estimate(Known(key, math.nan, math.nan, math.nan, "not estimated under auto"), resampling())
    got = compare(nothing, nothing, resampling())
    assert got.verdict == "not_distinguishable"
    assert math.isnan(got.difference)
    some = Estimate(key, 3.0, 2.0, 4.0, 20, resampled=np.linspace(2.0, 4.0, 1000))
    assert compare(nothing, some, resampling()).verdict == "not_distinguishable"
    assert compare(some, nothing, resampling()).verdict == "not_distinguishable"
