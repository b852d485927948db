from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate

from georep_sim import theory
from georep_sim.laws import Constant, Exponential, Gamma, Law, Lognormal, Uniform, Weibull


def excess_of(law: Law, x: float) -> float:
    return theory.mean_excess(x, ppf=law.ppf, sf=law.sf)


@pytest.mark.parametrize(
    "law",
    [Exponential(60.0), Lognormal.from_mean_cv(60.0, 1.5), Weibull.from_mean(60.0, 0.7), Gamma(60.0, 1.4)],
    ids=lambda law: type(law).__name__,
)
@pytest.mark.parametrize("x", [0.0, 1.0, 60.0, 600.0])
def test_mean_excess_is_the_integral_of_the_survival_function(law: Law, x: float) -> None:
    pieces = [x, *(x + 60.0 * 4.0**k for k in range(-4, 6)), math.inf]
    expected = math.fsum(
        integrate.quad(law.sf, low, high, epsabs=0.0, epsrel=1e-10)[0] for low, high in pairwise(pieces[:-1])
    )
    assert excess_of(law, x) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_mean_excess_of_bounded_laws_is_that_of_the_hand_computation() -> None:
    assert excess_of(Constant(5.0), 2.0) == pytest.approx(3.0, rel=1e-14)
    assert excess_of(Constant(5.0), 7.0) == 0.0
    assert excess_of(Uniform(0.0, 10.0), 4.0) == pytest.approx(1.8, rel=1e-12)


def test_quantiles_are_where_the_distribution_says() -> None:
    law = Lognormal.from_mean_cv(118.0, 1.6)
    pushes = 5 / 60
    for level in (0.5, 0.95, 0.99):
        age = theory.oldest_age_quantile(level, pushes=pushes, excess=lambda x: excess_of(law, x))
        sf = theory.oldest_age_sf(age, pushes=pushes, excess=lambda x: excess_of(law, x))
        assert sf == pytest.approx(1.0 - level, rel=1e-9)


def test_without_waiting_pushes_the_median_age_is_zero() -> None:
    assert theory.oldest_age_quantile(0.5, pushes=0.001, excess=lambda x: max(5.0 - x, 0.0)) == 0.0
    with pytest.raises(ValueError, match="within"):
        theory.oldest_age_quantile(1.0, pushes=1.0, excess=lambda x: 1.0 / (1.0 + x))


def test_ages_agree_with_played_pushes() -> None:
    """Null: the share of instants with an uncopied push older than x is the closed form's. n = 40,000, z <= 4.89."""
    rng = np.random.Generator(np.random.Philox(1))
    rate, mean, count = 0.5, 4.0, 40_000
    # Instants far apart: independent. Ages of pushes up to 200 before each.
    x = np.array([1.0, 5.0, 15.0])
    seen = np.zeros(3)
    for _ in range(count):
        ages = rng.uniform(0.0, 200.0, rng.poisson(rate * 200.0))
        waiting = ages[rng.exponential(mean, len(ages)) > ages]
        seen += waiting.max(initial=0.0) > x
    for share, age in zip(seen / count, x.tolist(), strict=True):
        p = theory.oldest_age_sf(age, pushes=rate, excess=lambda t: mean * math.exp(-t / mean))
        assert abs(share - p) <= 4.89 * math.sqrt(p * (1.0 - p) / count)


def test_lost_per_year_is_rate_times_what_waits() -> None:
    # 5 pushes a minute for 118 s: 9.83 pushes, every 2,000 years.
    assert theory.lost_per_year(1 / 2000, pushes_per_s=5 / 60, mean_lag_s=118.0) == pytest.approx(
        9.8333 / 2000, rel=1e-4
    )
