"""Coverage of the intervals of quantiles and shares over many samples of independent clusters.

The number of samples whose interval misses is binomial; a claimed coverage is refuted at alpha = 1e-6 (z = 4.89). A
nominal 95 % is held to the 94 to 96 % of METHODS where that is claimed, and never below 93 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from georep_sim.intervals.quantiles import tail_shares
from support.coverage import assert_covered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mass = NDArray[np.float64]

SAMPLES = 3000


@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
def test_quantiles_of_clustered_values_cover(quantile: float) -> None:
    # 25 clusters of about 200 values, each scaled by its cluster's own lognormal factor (sd 0.3). Null: coverage 95 %;
    # n = 3,000 refutes 93 and 97 %, and catches 91 % and 98.5 % with power 0.99.
    sd = math.hypot(1.0, 0.3)
    edges = np.linspace(-6.0, 7.0, 1301)  # steps of 0.01, a thirtieth of the narrowest interval
    truth = sd * float(stats.norm.ppf(quantile))
    hits = 0
    for seed in range(SAMPLES):
        rng = np.random.default_rng(seed)
        count = rng.poisson(200, size=25)
        cluster = np.repeat(np.arange(25), count)
        value = rng.normal(size=len(cluster)) + 0.3 * rng.normal(size=25)[cluster]
        at = cluster * 1300 + np.clip(((value + 6.0) * 100.0).astype(np.int64), 0, 1299)
        mass = np.bincount(at, minlength=25 * 1300).reshape(25, 1300).astype(np.float64)
        first, last = tail_shares([mass]).ends(quantile)
        hits += bool(edges[first] <= truth <= edges[last + 1])
    assert_covered(hits, SAMPLES, least=0.93, most=0.97)


def stretches(rng: np.random.Generator, expected: float, truth: float, sigma: float = 1.1) -> tuple[Mass, Mass]:
    """Time of 25 clusters at each age: ages grow from 0 to a lognormal length; so many lengths exceed the true p99."""
    beyond = float(stats.norm.sf(math.log(truth) / sigma))
    excess = math.exp(0.5 * sigma**2) * float(stats.norm.cdf((sigma**2 - math.log(truth)) / sigma)) - truth * beyond
    events = expected / beyond / 25.0
    cluster = np.repeat(np.arange(25), rng.poisson(events, size=25))
    length = np.exp(sigma * rng.standard_normal(len(cluster)))
    ages = np.geomspace(1.0, 400.0, 300)
    held = length > 1.0
    over = np.maximum(length[held, None] - ages, 0.0)
    tail = np.zeros((25, 302))
    np.add.at(tail[:, 1:-1], cluster[held], over)
    tail[:, 0] = events * excess / 0.01  # all time: a hundred times what lies beyond the truth
    return -np.diff(tail, axis=1), np.concatenate([[0.0], ages])


@pytest.mark.parametrize(("expected", "claim"), [(25.0, 0.92), (10.0, 0.89)])
def test_quantiles_of_a_few_long_stretches_cover_what_is_documented(expected: float, claim: float) -> None:
    # A recovery point of which so many stretches reach the 99th percentile. Null: the documented 93 and 91 %, less
    # what 1,000 samples leave open; catches the 81 % of percentile intervals with power above 0.999.
    hits, samples = 0, 1000
    for seed in range(samples):
        mass, ages = stretches(np.random.default_rng(seed), expected, 8.0)
        first, last = tail_shares([mass]).ends(0.99)
        hits += bool(ages[first] <= 8.0 <= ages[min(last + 1, len(ages) - 1)])
    assert_covered(hits, samples, least=claim)


def test_small_shares_cover() -> None:
    # A share of 0.5 % of whose cases each of 25 clusters has an exponential amount. Null: coverage 95 %; limits as above.
    hits = 0
    for seed in range(SAMPLES):
        rng = np.random.default_rng(seed)
        whole = rng.normal(1000.0, 30.0, size=25)
        mine = np.minimum(5.0 * rng.gamma(2.0, 0.5, size=25), whole)
        got = tail_shares([np.stack([whole - mine, mine], axis=1)])
        hits += bool(got.low[1] <= 0.005 <= got.high[1])
    assert_covered(hits, SAMPLES, least=0.93, most=0.97)
