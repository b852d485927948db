from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from georep_sim import theory
from georep_sim.laws import Exponential, Lognormal


def test_exponential_outages_agree_with_the_grid() -> None:
    for events, x in ((0.02, 0.5), (1.0, 2.0), (12.0, 20.0)):
        exact = theory.total_sf(x, events=events, mean=1.0)
        low, high = theory.total_sf_bounds(x, events=events, sf=lambda t: math.exp(-t))
        assert low <= exact <= high
        assert high - low <= 0.05 * exact


def test_erlang_outages_agree_with_the_grid() -> None:
    exact = theory.total_sf(3.0, events=2.0, mean=1.0, shape=2.0)
    low, high = theory.total_sf_bounds(3.0, events=2.0, sf=lambda t: math.exp(-2 * t) * (1 + 2 * t))
    assert low <= exact <= high
    assert high - low <= 3e-3 * exact


def test_equal_outages_are_a_matter_of_counting() -> None:
    # More than two of an hour in two and a half hours: three or more.
    low, high = theory.total_sf_bounds(2.5, events=1.5, sf=lambda t: float(t < 1.0))
    assert low == pytest.approx(1.0 - theory.poisson_cdf(2, 1.5), abs=1e-12)
    assert high == pytest.approx(low, abs=1e-12)


def test_hundreds_of_outages_are_added_up_in_halves() -> None:
    # 1,401 cells of half an outage: more than 700 of them. Rounded down, a length at an edge counts as one cell less.
    low, high = theory.total_sf_bounds(700.5, events=690.0, sf=lambda t: float(t < 1.0), cells=1_401)
    expected = 1.0 - theory.poisson_cdf(700, 690.0)
    assert high == pytest.approx(expected, rel=1e-9)
    assert low < high


def test_no_budget_is_missed_by_any_outage() -> None:
    assert theory.total_sf(0.0, events=0.5, mean=1.0) == -math.expm1(-0.5)
    assert theory.total_sf(1.0, events=0.0, mean=1.0) == 0.0


def down_shares(rate: float, mean: float, period: float, *, count: int, seed: int) -> np.ndarray:
    """Time down in a period, alternating exponentials in equilibrium."""
    rng = np.random.Generator(np.random.Philox(seed))
    is_up = rng.random(count) < 1.0 / (1.0 + rate * mean)
    now, down = np.zeros(count), np.zeros(count)
    while (now < period).any():
        length = np.where(is_up, rng.exponential(1.0 / rate, count), rng.exponential(mean, count))
        inside = np.minimum(length, np.maximum(period - now, 0.0))
        down += np.where(is_up, 0.0, inside)
        now += length
        is_up = ~is_up
    return down


@pytest.mark.parametrize(("rate", "budget"), [(0.2, 1.0), (1.0, 4.0)])
def test_a_played_alternating_process_misses_its_budget_as_often(rate: float, budget: float) -> None:
    """Null: share of periods above the budget. n = 200,000, z <= 4.89; where half of the time is down, the plain compound sum fails."""
    period, count = 10.0, 200_000
    missed = theory.budget_missed(
        budget, period, rate=rate, mean=1.0, sf=lambda t: math.exp(-t), residual_sf=lambda t: math.exp(-t)
    )
    seen = float((down_shares(rate, 1.0, period, count=count, seed=7) > budget).mean())
    error = 4.89 * math.sqrt(seen * (1.0 - seen) / count)
    assert missed.low - error <= seen <= missed.high + error
    if rate == 1.0:
        assert abs(theory.total_sf(budget, events=rate * period, mean=1.0) - seen) > 10.0 * error


def test_any_law_is_bounded_as_closely_as_the_grid_is_fine() -> None:
    law = Lognormal.from_mean_cv(1.0, 2.0)
    coarse = theory.total_sf_bounds(2.0, events=0.5, sf=law.sf, cells=250)
    fine = theory.total_sf_bounds(2.0, events=0.5, sf=law.sf, cells=2_000)
    assert coarse.low <= fine.low <= fine.high <= coarse.high
    assert fine.high - fine.low <= (coarse.high - coarse.low) / 6
    assert fine.low < fine.middle < fine.high


def test_what_makes_no_sense_is_refused() -> None:
    sf = Exponential(1.0).sf
    for budget, period in product((0.0, 2.0), (1.0, 2.0)):
        with pytest.raises(ValueError, match="less than the period"):
            theory.budget_missed(budget, period, rate=1.0, mean=1.0, sf=sf, residual_sf=sf)
    with pytest.raises(ValueError, match="must be positive"):
        theory.total_sf_bounds(0.0, events=1.0, sf=sf)
    with pytest.raises(ValueError, match="must not be negative"):
        theory.total_sf(-1.0, events=1.0, mean=1.0)
