"""Coverage of the intervals: how often they hold the truth, seeds 0, 1, 2, … one after the other.

The number of seeds that miss is binomial; a claimed coverage is refuted at alpha = 1e-6 (z = 4.89).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from georep_sim import intervals
from support.coverage import assert_covered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from georep_sim.intervals import Interval

SIGMA = math.log(5.0) / float(stats.norm.ppf(0.95))  # p50 4 h, p95 20 h
MEAN_DAMAGE_H = 4.0 * math.exp(0.5 * SIGMA**2)


def held(truth: float, results: Iterable[Interval]) -> tuple[int, int]:
    """How many intervals hold the truth, and of how many."""
    outcomes = [result.low <= truth <= result.high for result in results]
    assert outcomes
    return sum(outcomes), len(outcomes)


def test_drills_hold_rate_times_damage_in_94_percent_of_1000_seeds() -> None:
    # A fault every 2,000 years, 200 drills. The claim is on the observed share of these very seeds.
    rate = 1.0 / 2000.0
    results = [
        intervals.rate_times_damage(rate, 4.0 * np.exp(SIGMA * np.random.default_rng(seed).standard_normal(200)))
        for seed in range(1000)
    ]
    hits, trials = held(rate * MEAN_DAMAGE_H, results)
    assert hits >= 0.94 * trials
    # Exact for the known law: the mean of 200 with known standard deviation.
    exact = 2 * 1.96 * rate * MEAN_DAMAGE_H * math.sqrt(math.expm1(SIGMA**2) / 200)
    widths = np.array([result.high - result.low for result in results]) / exact
    assert np.median(widths) < 1.2
    # In the odd sample with an extreme damage even Student's interval is this wide.
    assert np.quantile(widths, 0.99) < 3.0


@pytest.mark.parametrize("expected", [1.5, 3.3, 6.0, 12.5, 25.0])
@pytest.mark.parametrize("law", ["lognormal", "exponential", "constant"])
def test_few_events_cover_what_they_claim(expected: float, law: str) -> None:
    # Null: coverage 94 %; n = 3,000; catches a coverage of 91.5 % (z = 4.89) with power 0.5 and of 90 % with 0.98.
    draw: dict[str, Callable[[np.random.Generator, int], np.ndarray[tuple[int], np.dtype[np.float64]]]] = {
        "lognormal": lambda rng, count: np.exp(SIGMA * rng.standard_normal(count) - 0.5 * SIGMA**2),
        "exponential": lambda rng, count: rng.exponential(size=count),
        "constant": lambda _, count: np.ones(count),
    }
    results = []
    for seed in range(3000):
        rng = np.random.default_rng(seed)
        results.append(intervals.few_events(draw[law](rng, int(rng.poisson(expected))), 10.0))
    assert_covered(*held(expected / 10.0, results), least=0.94)


@pytest.mark.parametrize("mean", [0.3, 2.0, 11.0])
def test_poisson_limits_never_cover_too_little(mean: float) -> None:
    # Exactly: the sum of the probabilities of the counts whose interval holds the mean.
    counts = range(60)
    covered = [
        count for count in counts if intervals.poisson(count, 1.0).low <= mean <= intervals.poisson(count, 1.0).high
    ]
    assert np.sum(stats.poisson.pmf(covered, mean)) >= 0.95


@pytest.mark.parametrize("probability", [0.01, 0.3, 0.98])
def test_binomial_limits_never_cover_too_little(probability: float) -> None:
    limits = [intervals.clopper_pearson(count, 40) for count in range(41)]
    covered = [count for count, got in enumerate(limits) if got.low <= probability <= got.high]
    assert np.sum(stats.binom.pmf(covered, 40, probability)) >= 0.95


def ends(sample: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    return intervals.expanded_percentile(weights @ sample / len(sample), len(sample))


@pytest.mark.parametrize("clusters", [25, 50])
def test_bootstrap_of_exponential_means_covers_93_percent(clusters: int) -> None:
    # Null: coverage 93 % from the smallest number of clusters that is not marked (study.estimate); n = 4,000; catches
    # 90.5 % with power 0.7 and 90 % with 0.93. Shared weights do not bind the samples to each other.
    weights = intervals.resample_weights(clusters, seed=1)
    found = [ends(np.random.default_rng(seed).exponential(size=clusters), weights) for seed in range(4000)]
    assert_covered(sum(low <= 1.0 <= high for low, high in found), len(found), least=0.93)


def test_bootstrap_of_normal_means_covers_neither_more_nor_less() -> None:
    # Null: coverage 95 %; n = 4,000; catches 93.3 % and 96.5 % (z = 4.89) with power 0.5.
    weights = intervals.resample_weights(40, seed=1)
    found = [ends(np.random.default_rng(seed).normal(size=40), weights) for seed in range(4000)]
    hits, trials = sum(low <= 0.0 <= high for low, high in found), len(found)
    assert abs(hits / trials - 0.95) < 4.89 * math.sqrt(0.95 * 0.05 / trials)


def test_windows_within_replications_need_no_resampling_of_their_own() -> None:
    # Ten windows in each of 50 replications, all variance between windows: where resampling windows too would
    # nearly double the variance. Null: coverage 95 %; n = 4,000; catches 93.3 % and 96.5 % (z = 4.89) with power 0.5.
    weights = intervals.resample_weights(50, seed=3)
    found = [ends(np.random.default_rng(seed).normal(size=(50, 10)).mean(axis=1), weights) for seed in range(4000)]
    hits, trials = sum(low <= 0.0 <= high for low, high in found), len(found)
    assert abs(hits / trials - 0.95) < 4.89 * math.sqrt(0.95 * 0.05 / trials)


def test_paired_differences_cover() -> None:
    # Two designs that share an exponential shock of each replication; B suffers 1.5 times. Null 94 %; n = 4,000.
    weights = intervals.resample_weights(50, seed=2)
    hits = 0
    for seed in range(4000):
        rng = np.random.default_rng(seed)
        shock = rng.exponential(size=50)
        a, b = shock + 0.3 * rng.normal(size=50), 1.5 * shock + 0.3 * rng.normal(size=50)
        low, high = intervals.expanded_percentile(weights @ b / 50 - weights @ a / 50, 50)
        hits += low <= 0.5 <= high
    assert_covered(hits, 4000, least=0.94)
