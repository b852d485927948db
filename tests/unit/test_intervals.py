from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from georep_sim import intervals, noise
from georep_sim.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize(("count", "trials"), [(0, 10), (1, 10), (5, 10), (10, 10), (3, 100_000)])
def test_clopper_pearson_agrees_with_scipy(count: int, trials: int) -> None:
    got = intervals.clopper_pearson(count, trials)
    expected = stats.binomtest(count, trials).proportion_ci(0.95, method="exact")
    assert (got.low, got.high) == pytest.approx((float(expected.low), float(expected.high)), rel=1e-9)
    assert got.value == count / trials
    assert ("bound" in got.note) == (count in {0, trials})


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_poisson_gives_the_published_limits(count: int, low: float, high: float) -> None:
    # Garwood's table (Biometrika 1936).
    got = intervals.poisson(count, 2.0)
    assert (2 * got.low, 2 * got.high) == pytest.approx((low, high), abs=5e-5)
    assert ("bound" in got.note) == (count == 0)


def test_exact_intervals_widen_with_the_level() -> None:
    assert intervals.poisson(4, 1.0, level=0.99).high > intervals.poisson(4, 1.0).high
    assert intervals.clopper_pearson(4, 9, level=0.99).low < intervals.clopper_pearson(4, 9).low


def test_student_t_agrees_with_scipy() -> None:
    sample = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
    expected = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
    got = intervals.student_t(sample)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))
    assert intervals.student_t(sample, bounds=(0.0, 5.0)).high == 5.0


def test_equal_values_give_a_bound_and_not_a_point() -> None:
    got = intervals.student_t([1.0] * 20, bounds=(0.0, 1.0))
    # Clopper-Pearson for 0 of 20: at most 16.84 % of replications are another, and then at worst 0.
    assert (got.value, got.high, got.kind) == (1.0, 1.0, "bound")
    assert got.low == pytest.approx(1 - 0.1684, abs=1e-4)
    assert "17 % may be others" in got.note
    free = intervals.student_t([300.0] * 20)
    assert free.low == pytest.approx(300.0 * (1 - 0.1684), rel=1e-4)
    assert intervals.student_t([0.0] * 20).high == math.inf


def test_weights_are_the_multinomial_counts_of_the_addressed_indices() -> None:
    weights = intervals.resample_weights(7, resamples=5, seed=3, name="w")
    words = noise.raw_words(3, 0, "w", 35).reshape(5, 7)
    for row, drawn in zip(weights, words, strict=True):
        chosen = [int((int(word) >> 11) * 2.0**-53 * 7) for word in drawn]
        assert row.tolist() == [chosen.count(cluster) for cluster in range(7)]


def of_means(sample: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    return intervals.expanded_percentile(weights @ sample / len(sample), len(sample))


def test_bootstrap_of_a_mean_agrees_with_scipys_percentiles() -> None:
    sample = np.random.default_rng(1).exponential(size=60)
    low, high = of_means(sample, intervals.resample_weights(60, resamples=20_000))
    expected = stats.bootstrap((sample,), np.mean, n_resamples=20_000, rng=2, method="percentile").confidence_interval
    # Ours is wider by the expansion for 60 clusters: t / z * sqrt(60 / 59) = 1.03.
    assert (high - low) / (expected.high - expected.low) == pytest.approx(1.03, abs=0.02)
    assert 0.5 * (low + high) == pytest.approx(0.5 * (expected.low + expected.high), abs=0.01)


def test_bootstrap_of_a_ratio_uses_whole_clusters() -> None:
    rng = np.random.default_rng(4)
    requests = rng.integers(50, 150, size=40).astype(float)
    good = np.floor(requests * rng.beta(50, 1, size=40))
    weights = intervals.resample_weights(40)
    low, high = intervals.expanded_percentile((weights @ good) / (weights @ requests), 40)
    value = good.sum() / requests.sum()
    assert low < value < high
    # Linearised standard error of a ratio estimator, as in any textbook of sampling.
    residuals = good - value * requests
    error = math.sqrt(residuals.var(ddof=1) / 40) / requests.mean()
    assert (high - low) / (2 * 2.02 * error) == pytest.approx(1.0, abs=0.15)


def test_resamples_depend_on_seed_and_name_alone() -> None:
    np.random.seed(1)  # noqa: NPY002  (the very state that must not matter)
    first = intervals.resample_weights(30, seed=5)
    np.random.seed(2)  # noqa: NPY002  (the very state that must not matter)
    assert np.array_equal(intervals.resample_weights(30, seed=5), first)
    assert not np.array_equal(intervals.resample_weights(30, seed=6), first)
    assert not np.array_equal(intervals.resample_weights(30, seed=5, name="other"), first)


def test_ends_are_replicates_infinite_ones_too_and_missing_ones_are_left_out() -> None:
    values = np.array([math.nan, *range(98), math.inf, math.inf])
    assert intervals.expanded_percentile(values, 10**6) == (2.0, 97.0)
    # With two clusters t has one degree of freedom: the tail is below one in a hundred.
    assert intervals.expanded_percentile(values, 2) == (0.0, math.inf)
    assert all(map(math.isnan, intervals.expanded_percentile([math.nan], 5)))
    assert intervals.expanded_percentile([7.0] * 9, 1) == (7.0, 7.0)


def test_drills_give_rate_times_mean_damage() -> None:
    damages = np.random.default_rng(2).lognormal(1.0, 1.0, size=200)
    got = intervals.rate_times_damage(1 / 2000, damages)
    assert got.value == pytest.approx(damages.mean() / 2000)
    assert 0.0 < got.low < got.value < got.high
    half = intervals.rate_times_damage(1 / 4000, damages)
    assert half.high == pytest.approx(got.high / 2)
    assert "only 10 drills" in intervals.rate_times_damage(1.0, damages[:10]).note


def test_drills_of_equal_damage_give_a_bound() -> None:
    got = intervals.rate_times_damage(0.5, [4.0] * 200, worst=100.0)
    # 1 - 0.025^(1/200) = 1.827 %
    assert got.value == 2.0
    assert got.high == pytest.approx(0.5 * (4.0 + 0.018275 * 96.0), rel=1e-4)
    assert got.low == pytest.approx(0.5 * 4.0 * (1 - 0.018275), rel=1e-4)
    assert intervals.rate_times_damage(0.5, [4.0] * 200).high == pytest.approx(2.0 * 1.018275, rel=1e-5)


def test_few_events_lie_outside_the_count_alone() -> None:
    got = intervals.few_events([4.0, 2.0, 9.0], 100.0)
    count = intervals.poisson(3, 100.0)
    assert got.value == pytest.approx(0.15)
    assert got.low < 5.0 * count.low
    assert got.high > 5.0 * count.high
    assert got.note == "few events: 3"


def test_few_events_take_their_damage_from_drills() -> None:
    drills = np.random.default_rng(2).lognormal(1.0, 1.0, size=400)
    with_drills = intervals.few_events(drills, 100.0, count=3)
    assert with_drills.value == pytest.approx(0.03 * drills.mean())
    # With many drills the count's interval is nearly all there is.
    assert with_drills.high / with_drills.value == pytest.approx(8.767 / 3, rel=0.02)


def test_no_event_is_bounded_by_the_worst() -> None:
    got = intervals.few_events([], 10.0, worst=3600.0)
    assert (got.value, got.low) == (0.0, 0.0)
    assert got.high == pytest.approx(0.36889 * 3600.0, rel=1e-4)
    assert intervals.few_events([], 10.0).high == math.inf


def test_sums_add_distances_like_errors() -> None:
    total = intervals.sum_of([Interval(1.0, 0.4, 4.0, "poisson", "a"), Interval(2.0, 1.2, 6.0, "bootstrap", "a")])
    assert (total.value, total.low, total.high) == pytest.approx((3.0, 2.0, 8.0))
    assert (total.kind, total.note) == ("sum", "a")
    alone = Interval(1.0, 0.5, 2.0, "bootstrap")
    assert intervals.sum_of([alone]) is alone


def test_gain_of_pairing() -> None:
    a = np.random.default_rng(1).normal(size=50)
    gain = intervals.variance_ratio(a, 3.0 * a)
    # var a (1 + 9) / (var a (3 - 1)^2); fully correlated, so the bound is reached.
    assert gain.achieved == pytest.approx(2.5)
    assert gain.bound == pytest.approx(2.5)
    assert intervals.variance_ratio(a, a).achieved == math.inf
    assert math.isnan(intervals.variance_ratio([1.0, 1.0], [2.0, 2.0]).bound)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="level is 1"):
        intervals.poisson(1, 1.0, level=1.0)
    with pytest.raises(ValueError, match="3 of 2"):
        intervals.clopper_pearson(3, 2)
    with pytest.raises(ValueError, match="exposure positive"):
        intervals.poisson(1, 0.0)
    with pytest.raises(ValueError, match="at least 2"):
        intervals.student_t([1.0])
    with pytest.raises(ValueError, match="level is 2"):
        intervals.expanded_percentile([1.0], 3, level=2.0)
    with pytest.raises(ValueError, match="at least one of each"):
        intervals.resample_weights(0)
    with pytest.raises(ValueError, match="rate must be positive"):
        intervals.rate_times_damage(0.0, [1.0, 2.0])
    with pytest.raises(ValueError, match="zero or more"):
        intervals.few_events([-1.0], 1.0)
    with pytest.raises(ValueError, match="as many"):
        intervals.variance_ratio([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="factor"):
        Interval(1.0, 0.0, 2.0, "bootstrap").scaled(0.0)


def test_damages_weighted_by_a_vanishing_rate_keep_their_interval() -> None:
    damages = np.array([1.0, 2.0, 4.0, 8.0] * 50)
    plain, tiny = intervals.rate_times_damage(1.0, damages), intervals.rate_times_damage(1.0, damages * 1e-290)
    assert (tiny.low / 1e-290, tiny.high / 1e-290) == pytest.approx((plain.low, plain.high))
