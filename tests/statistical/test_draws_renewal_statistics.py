"""Fault clocks against renewal theory.

Each test states its null value; alpha = 1e-6 two-sided (z = 4.89). The number of replications catches an error of
`DELTA` of the value with power 0.999: n = 64 (sd / delta)^2, sd taken from theory or bounded by it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.draws.clocks import Clock, Occurrences
from georep_sim.laws import Constant, Exponential, Law, Uniform, Weibull, lognormal_from_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z = 4.89
SEED = 20_270_104
#: Up time 30 on average, in three laws; down time lognormal, p50 4 and p95 20: mean 6.45.
UPS = {
    "exponential": Exponential(30.0),
    "weibull": Weibull.from_mean(30.0, 3.0),
    "lognormal": lognormal_from_quantiles(0.5, 30.0 / math.exp(0.125), 0.8413447460685429, 30.0 * math.exp(0.375)),
}
DOWN = lognormal_from_quantiles(0.5, 4.0, 0.95, 20.0)


def plays(name: str, n: int, *, every: Law, lasts: Law, horizon_s: float, stationary: bool = True) -> list[Occurrences]:
    clock = Clock(f"faults/test/{name}", every=every, lasts=lasts, stationary=stationary)
    return [clock.play(seed=SEED, replication=r, horizon_s=horizon_s) for r in range(n)]


def assert_mean(sample: NDArray[np.float64], expected: float) -> None:
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    assert abs(sample.mean() - expected) < Z * error, (sample.mean(), expected, error)


@pytest.mark.parametrize("law", UPS)
def test_occurrences_start_at_the_long_run_rate_from_the_first_moment_on(law: str) -> None:
    # Null: E[starts in (0, T)] = T / (E + L) for every T. T = 36.45 = one mean cycle; the sd of the count is at most
    # about 1; an error of 8 % needs n = 64 / 0.08^2 = 10,000. Without the residual start a Weibull would give 0.6.
    horizon = 30.0 + DOWN.mean
    found = plays(law, 10_000, every=UPS[law], lasts=DOWN, horizon_s=horizon)

    counts = np.array([(f.start_s >= 0.0).sum() for f in found], dtype=float)
    early = np.array([((f.start_s >= 0.0) & (f.start_s < horizon / 4)).sum() for f in found], dtype=float)

    assert_mean(counts, 1.0)
    assert_mean(early, 0.25)


@pytest.mark.parametrize("law", UPS)
def test_the_share_of_time_down_is_that_of_alternating_renewal(law: str) -> None:
    # Null: E[time down in (0, T)] / T = L / (E + L) = 0.177 for every T, here one mean cycle. The sd of the share is
    # about 0.25; n = 64 (0.25 / 0.02)^2 = 10,000 catches an error of 0.02.
    horizon = 30.0 + DOWN.mean
    found = plays(law, 10_000, every=UPS[law], lasts=DOWN, horizon_s=horizon)

    down = [np.maximum(np.minimum(f.end_s, horizon) - np.maximum(f.start_s, 0.0), 0.0).sum() for f in found]

    assert_mean(np.array(down) / horizon, DOWN.mean / horizon)


def test_the_state_at_time_0_is_that_of_equilibrium() -> None:
    # Null: P(down at 0) = 10 / 40; n = 64 * 0.25 * 0.75 / 0.03^2 = 13,300. Down for an exponential time of mean 10,
    # what is left has mean 10 and so has the age, and they are independent.
    found = plays("state", 13_300, every=Exponential(30.0), lasts=Exponential(10.0), horizon_s=1.0)
    begun = [f for f in found if f.start_s.size and f.start_s[0] < 0.0]

    assert_mean(np.array([bool(f.start_s.size and f.start_s[0] < 0.0) for f in found], dtype=float), 0.25)
    age, left = np.array([-f.start_s[0] for f in begun]), np.array([f.end_s[0] for f in begun])
    assert_mean(age, 10.0)
    assert_mean(left, 10.0)
    assert abs(np.corrcoef(age, left)[0, 1]) < Z / math.sqrt(age.size)


def test_an_occurrence_under_way_is_longer_than_most() -> None:
    # Null: length-biased mean E[X^2] / E[X]; for a uniform law on (0, 6): 12 / 3 = 4, not 3. sd 1.41; an error of 0.1
    # needs n = 64 (1.41 / 0.1)^2 = 12,800 of those down at 0: with E = 0.1, 97 % are.
    found = plays("length", 13_200, every=Exponential(0.1), lasts=Uniform(0.0, 6.0), horizon_s=1e-6)

    length = np.array([f.end_s[0] - f.start_s[0] for f in found if f.start_s.size and f.start_s[0] < 0.0])

    assert_mean(length, 4.0)


def test_disk_failures_are_a_poisson_process() -> None:
    # Null: counts in T = 2 mean waits are Poisson of mean 2, variance 2; n = 64 * 2 / 0.12^2 = 8,900.
    clock = Clock("faults/disk/a", every=Exponential(5.0), lasts=Constant(100.0), overlapping=True)
    counts = np.array([clock.play(seed=SEED, replication=r, horizon_s=10.0).number.size for r in range(8_900)])

    assert_mean(counts.astype(float), 2.0)
    assert_mean((counts - 2.0) ** 2, 2.0)


def test_a_new_clock_that_wears_out_starts_with_few_failures() -> None:
    # Null: METHODS section 3, Weibull of shape 3 and mean 8 y, first year: F(1) = 0.0014; exact binomial limits.
    every = Weibull.from_mean(8.0, 3.0)
    n = 20_000
    found = plays("new", n, every=every, lasts=Constant(0.0), horizon_s=1.0, stationary=False)

    hits, p = sum(f.start_s.size for f in found), 1.0 - every.sf(1.0)
    assert p == pytest.approx(0.0014, abs=5e-5)
    assert abs(hits - n * p) < Z * math.sqrt(n * p)
