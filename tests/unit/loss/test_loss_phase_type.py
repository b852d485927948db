from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import expm

from georep_sim.laws import Constant, Erlang, Exponential, Law, Lognormal, Uniform, Weibull
from georep_sim.loss.phase_type import PhaseType, doubled, fit, fit_life

LAWS = [Constant(2.0), Uniform(1.0, 3.0), Weibull.from_mean(2.0, 1.5), Lognormal.from_mean_cv(2.0, 0.7)]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("stages", [1, 2, 7, 40])
def test_stages_keep_the_mean(law: Law, stages: int) -> None:
    staged = fit(law, stages)
    assert staged.mean == pytest.approx(law.mean, rel=1e-12)
    assert sum(staged.entry) == pytest.approx(1.0)
    assert min(staged.entry) >= 0.0
    assert not staged.is_exact


def transform(law_stages: tuple[tuple[float, ...], tuple[float, ...]], s: float) -> float:
    """Laplace transform at s, from the last stage to the first."""
    entry, rates = law_stages
    total, onward = 0.0, 1.0
    for share, rate in zip(reversed(entry), reversed(rates), strict=True):
        onward *= rate / (rate + s)
        total += share * onward
    return total


def true_transform(law: Law, s: float, points: int) -> float:
    return math.fsum(math.exp(-s * law.ppf((k + 0.5) / points)) for k in range(points)) / points


@pytest.mark.parametrize("law", LAWS)
def test_more_stages_come_nearer_and_doubling_tells_how_near(law: Law) -> None:
    truth = true_transform(law, 0.8, 20_000)

    def solve(stages: int) -> float:
        staged = fit(law, stages)
        return transform((staged.entry, staged.rates), 0.8)

    errors = [abs(solve(stages) - truth) for stages in (8, 16, 32)]
    assert errors[0] > errors[1] > errors[2]
    both = doubled(solve, 16)
    assert abs(both.value - truth) < 2.0 * both.fit_error


def test_exponential_stages_are_exact() -> None:
    assert fit(Exponential(4.0), 9).rates == (0.25,)
    staged = fit(Erlang(3.0, 3), 1)
    assert staged.is_exact
    assert staged.rates == (1.0, 1.0, 1.0)
    assert staged.scaled == ((3.0, 0.0), (3.0, 0.0), (3.0, 0.0))


def test_no_stages_and_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        fit(Constant(0.0), 3)
    with pytest.raises(ValueError, match="must be positive"):
        fit(Constant(1.0), 0)


def ended_within(stages: PhaseType, period: float) -> float:
    """Probability that the stages are over within a period, by the exponential of their generator."""
    count = len(stages.rates)
    generator = np.zeros((count + 1, count + 1))
    for place, (onward, end) in enumerate(zip(stages.rates, stages.exits or (0.0,) * count, strict=True)):
        generator[place, place + 1] += onward
        generator[place, count] += end
        generator[place, place] = -onward - end
    return float(np.append(stages.entry, 0.0) @ expm(generator * period)[:, count])


@pytest.mark.parametrize(
    "law",
    [Weibull.from_mean(50.0, 0.7), Weibull.from_mean(50.0, 1.5), Weibull.from_mean(50.0, 3.0)],
)
def test_stages_of_age_come_nearer_to_the_failures_of_the_first_year(law: Law) -> None:
    truth = 1.0 - law.sf(1.0)
    errors = [abs(ended_within(fit_life(law, stages), 1.0) - truth) for stages in (16, 32, 64)]
    assert errors[0] > errors[1] > errors[2]
    both = doubled(lambda stages: ended_within(fit_life(law, stages), 1.0), 32)
    assert abs(both.value - truth) < 2.0 * both.fit_error


def test_lives_of_exponential_stages_stay_what_they_are() -> None:
    assert fit_life(Erlang(3.0, 3), 8) == fit(Erlang(3.0, 3), 8)
    assert fit_life(Constant(3.0), 8) == fit(Constant(3.0), 8)
