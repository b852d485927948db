"""Interval of a ratio of two totals, against limits worked out by hand and by scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from georep_sim.intervals.ratios import ratio_of_totals


def test_with_equal_denominators_it_is_a_t_interval_bent_to_a_scale_of_logarithms() -> None:
    sample = np.array([3.0, 5.0, 4.0, 9.0, 6.0])
    found = ratio_of_totals([sample], [np.full(5, 2.0)])
    half = stats.t.ppf(0.975, 4) * stats.sem(sample) / sample.mean()
    assert found.value == pytest.approx(2.7)
    assert found.low == pytest.approx(2.7 * math.exp(-half))
    assert found.high == pytest.approx(2.7 * math.exp(half))


def test_clusters_that_differ_in_size_alone_say_the_same() -> None:
    sizes = np.array([1.0, 7.0, 3.0])
    found = ratio_of_totals([0.1 * sizes], [sizes])
    assert found.low == found.high == pytest.approx(0.1)


def test_groups_add_their_variances() -> None:
    # Ratio (2 + 4) / 2; variances of a mean 1/3 and 4/3, each over 2 squared, with 2 degrees of freedom each.
    found = ratio_of_totals([np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])], [np.ones(3), np.ones(3)])
    variance = (1 / 3 + 4 / 3) / 4
    freedom = variance**2 / (((1 / 12) ** 2 + (1 / 3) ** 2) / 2)
    assert found.value == 3.0
    assert math.log(found.high / 3.0) == pytest.approx(stats.t.ppf(0.975, freedom) * math.sqrt(variance) / 3.0)


def test_one_cluster_shows_no_spread() -> None:
    found = ratio_of_totals([np.array([2.0])], [np.array([4.0])])
    assert (found.low, found.high) == (0.5, 0.5)


@pytest.mark.parametrize("numerator", [[0.0, 0.0], [math.inf, 1.0], [-1.0, 0.0]])
def test_only_positive_and_finite_ratios_have_a_scale_of_logarithms(numerator: list[float]) -> None:
    with pytest.raises(ValueError, match="must be positive and finite"):
        ratio_of_totals([np.array(numerator)], [np.ones(2)])
