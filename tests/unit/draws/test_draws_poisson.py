from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from georep_sim.draws.poisson import poisson_ppf


@pytest.mark.parametrize("mean", [1e-6, 0.3, 1.0, 17.5, 900.0, 43_200.0, 4e6])
def test_counts_are_those_of_the_law(mean: float) -> None:
    u = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 401), [1e-15, 1 - 1e-15]])

    count = poisson_ppf(u, np.full(u.size, mean))

    assert np.array_equal(count, stats.poisson.ppf(u, mean))


def test_the_smallest_count_that_reaches_the_level_is_taken() -> None:
    # By hand, mean 1: P(N <= 0) = 0.3679, P(N <= 1) = 0.7358, P(N <= 2) = 0.9197.
    assert poisson_ppf(np.array([0.3678, 0.3680, 0.7357, 0.7359, 0.92]), np.ones(5)).tolist() == [0, 1, 1, 2, 3]


def test_a_mean_of_zero_gives_none() -> None:
    assert poisson_ppf(np.array([0.5, 1 - 1e-16]), np.zeros(2)).tolist() == [0, 0]
