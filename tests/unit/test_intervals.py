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


@pytest.mark.parametrize(("count", "q"), [(100, 0.5), (1000, 0.95), (1000, 0.99), (60, 0.9)])
def test_order_statistics_cover_by_the_binomial_law(count: int, q: float) -> None:
    got = intervals.order_statistic([float(i) for i in range(1, count + 1)], q)
    low, high = int(got.low), int(got.high)
    # The low-th smallest is at most the quantile if at least `low` values are, and so on.
    exact = stats.binom.cdf(high - 1, count, q) - stats.binom.cdf(low - 1, count, q)
    assert exact >= 0.95
    inner = stats.binom.cdf(high - 2, count, q) - stats.binom.cdf(low, count, q)
    assert inner < 0.95
    assert got.value == math.ceil(q * count)


def test_order_statistics_say_when_the_sample_is_too_small() -> None:
    got = intervals.order_statistic([1.0, 2.0, 3.0], 0.99)
    assert got.high == math.inf
    assert "too few" in got.note
    failing = intervals.order_statistic([1.0] * 80 + [math.inf] * 20, 0.9)
    assert (failing.value, failing.high) == (math.inf, math.inf)


def test_weights_are_the_multinomial_counts_of_the_addressed_indices() -> None:
    weights = intervals.resample_weights(7, resamples=5, seed=3, name="w")
    words = noise.raw_words(3, 0, "w", 35).reshape(5, 7)
    for row, drawn in zip(weights, words, strict=True):
        chosen = [int((int(word) >> 11) * 2.0**-53 * 7) for word in drawn]
        assert row.tolist() == [chosen.count(cluster) for cluster in range(7)]


def test_weights_keep_the_size_of_each_stratum() -> None:
    strata = [0, 0, 0, 1, 1, 2]
    weights = intervals.resample_weights(6, resamples=200, strata=strata)
    assert (weights[:, :3].sum(axis=1) == 3).all()
    assert (weights[:, 3:5].sum(axis=1) == 2).all()
    assert (weights[:, 5] == 1).all()


def test_bootstrap_of_a_mean_agrees_with_scipys_bca() -> None:
    sample = np.random.default_rng(1).exponential(size=60)
    [got] = intervals.bootstrap_means(sample, resamples=20_000)
    expected = stats.bootstrap((sample,), np.mean, n_resamples=20_000, rng=2).confidence_interval
    # Ours is wider by the expansion for 60 clusters: t / z * sqrt(60 / 59) = 1.03.
    assert got.low == pytest.approx(expected.low, abs=0.02)
    assert got.high == pytest.approx(expected.high, abs=0.03)
    assert got.high - got.low > expected.high - expected.low


def test_bootstrap_of_a_ratio_uses_whole_clusters() -> None:
    rng = np.random.default_rng(4)
    requests = rng.integers(50, 150, size=40).astype(float)
    good = np.floor(requests * rng.beta(50, 1, size=40))
    [got] = intervals.bootstrap_means(np.column_stack([good, requests]), lambda m: m[..., :1] / m[..., 1:])
    assert got.value == good.sum() / requests.sum()
    assert got.low < got.value < got.high
    # Linearised standard error of a ratio estimator, as in any textbook of sampling.
    residuals = good - got.value * requests
    error = math.sqrt(residuals.var(ddof=1) / 40) / requests.mean()
    assert (got.high - got.low) / (2 * 2.02 * error) == pytest.approx(1.0, abs=0.15)


def test_results_depend_on_seed_alone() -> None:
    sample = np.random.default_rng(1).exponential(size=30)
    np.random.seed(1)  # noqa: NPY002  (the very state that must not matter)
    first = intervals.bootstrap_means(sample, seed=5)
    np.random.seed(2)  # noqa: NPY002  (the very state that must not matter)
    assert intervals.bootstrap_means(sample, seed=5) == first
    assert intervals.bootstrap_means(sample, seed=6) != first


def test_shared_weights_give_what_own_weights_give() -> None:
    sample = np.random.default_rng(1).exponential(size=30)
    weights = intervals.resample_weights(30, resamples=500, seed=9)
    assert intervals.bootstrap_means(sample, weights=weights) == intervals.bootstrap_means(
        sample, resamples=500, seed=9
    )


def test_bootstrap_without_spread_is_a_bound() -> None:
    columns = np.column_stack([np.ones(20), np.zeros(20), np.arange(20.0)])
    whole, none, some = intervals.bootstrap_means(columns, bounds=(0.0, 30.0))
    assert (whole.kind, none.kind, some.kind) == ("bound", "bound", "bca")
    assert whole.low < 1.0 < whole.high
    assert none.low == 0.0
    assert none.high == pytest.approx(0.1684 * 30, rel=1e-3)


def test_no_data_in_the_denominator_is_said() -> None:
    table = np.column_stack([np.zeros(20), np.zeros(20)])
    [nothing] = intervals.bootstrap_means(table, lambda m: m[..., :1] / m[..., 1:])
    assert math.isnan(nothing.value)
    assert nothing.note == "no data"
    table[0] = table[1] = [1.0, 2.0]
    table[1, 0] = 2.0
    [rare] = intervals.bootstrap_means(table, lambda m: m[..., :1] / m[..., 1:])
    assert "had no data" in rare.note


def test_infinite_quantiles_stay_infinite() -> None:
    # A histogram per replication of two finite bins and failures; the pooled p90.
    rng = np.random.default_rng(0)
    table = rng.multinomial(50, [0.5, 0.38, 0.12], size=30).astype(float)

    def p90(means: NDArray[np.float64]) -> NDArray[np.float64]:
        cumulative = np.cumsum(means, axis=-1) / means.sum(axis=-1, keepdims=True)
        values: NDArray[np.float64] = np.array([1.0, 2.0, math.inf])[(cumulative < 0.9).sum(axis=-1)]
        return values[..., np.newaxis]

    [got] = intervals.bootstrap_means(table, p90)
    assert (got.value, got.high) == (math.inf, math.inf)
    assert got.low in {2.0, math.inf}


def test_few_clusters_are_marked() -> None:
    assert "less than it claims" in intervals.bootstrap_means([1.0, 2.0, 4.0])[0].note
    assert not intervals.bootstrap_means(np.arange(30.0))[0].note


def test_paired_differences_use_the_same_resamples() -> None:
    common = np.random.default_rng(8).lognormal(0.0, 2.0, size=40)
    [got] = intervals.paired(common, common + 0.1 * np.arange(40) / 40)
    assert got.value == pytest.approx(0.04875)
    # The common part, of standard error above 0.5, has cancelled.
    assert got.high - got.low < 0.03


def test_paired_without_spread_is_a_bound_of_the_designs_size() -> None:
    [same] = intervals.paired([7.0] * 20, [7.0] * 20)
    assert same.kind == "bound"
    assert same.high == pytest.approx(0.1684 * 7, rel=1e-3)
    [other] = intervals.paired([7.0] * 20, [10.0] * 20)
    assert 0.0 < other.low < 3.0 < other.high


def test_stratified_bootstrap_leaves_out_what_lies_between_strata() -> None:
    rng = np.random.default_rng(3)
    strata = np.repeat([0, 1], 20)
    values = np.where(strata == 0, 0.0, 100.0) + rng.normal(size=40)
    [plain] = intervals.bootstrap_means(values)
    [stratified] = intervals.bootstrap_means(values, strata=strata)
    assert plain.high - plain.low > 20.0
    assert stratified.high - stratified.low < 1.0


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
    total = intervals.sum_of([Interval(1.0, 0.4, 4.0, "poisson", "a"), Interval(2.0, 1.2, 6.0, "bca", "a")])
    assert (total.value, total.low, total.high) == pytest.approx((3.0, 2.0, 8.0))
    assert (total.kind, total.note) == ("sum", "a")
    alone = Interval(1.0, 0.5, 2.0, "bca")
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
    with pytest.raises(ValueError, match="q must lie"):
        intervals.order_statistic([1.0], 1.0)
    with pytest.raises(ValueError, match="at least 2"):
        intervals.bootstrap_means([1.0])
    with pytest.raises(ValueError, match="must be the same"):
        intervals.paired([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="at least one of each"):
        intervals.resample_weights(0)
    with pytest.raises(ValueError, match="strata have shape"):
        intervals.resample_weights(3, strata=[1, 2])
    with pytest.raises(ValueError, match="rate must be positive"):
        intervals.rate_times_damage(0.0, [1.0, 2.0])
    with pytest.raises(ValueError, match="zero or more"):
        intervals.few_events([-1.0], 1.0)
    with pytest.raises(ValueError, match="as many"):
        intervals.variance_ratio([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="factor"):
        Interval(1.0, 0.0, 2.0, "bca").scaled(0.0)


def test_damages_weighted_by_a_vanishing_rate_keep_their_interval() -> None:
    damages = np.array([1.0, 2.0, 4.0, 8.0] * 50)
    plain, tiny = intervals.rate_times_damage(1.0, damages), intervals.rate_times_damage(1.0, damages * 1e-290)
    assert (tiny.low / 1e-290, tiny.high / 1e-290) == pytest.approx((plain.low, plain.high))
