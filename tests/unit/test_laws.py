from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import integrate, special, stats

from georep_sim import laws
from georep_sim.laws import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Quantiles,
    Truncated,
    Uniform,
    Weibull,
)
from georep_sim.laws.normal import mills_ratio

if TYPE_CHECKING:
    from collections.abc import Callable

PROBABILITIES = (1e-12, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999, 1 - 1e-9)

SCIPY_TWINS = [
    (Exponential(5.0), stats.expon(scale=5.0)),
    (Uniform(2.0, 7.0), stats.uniform(2.0, 5.0)),
    (Weibull(3.0, 0.7), stats.weibull_min(0.7, scale=3.0)),
    (Weibull(3.0, 3.0), stats.weibull_min(3.0, scale=3.0)),
    (Lognormal(4.0, 0.98), stats.lognorm(0.98, scale=4.0)),
    (Gamma(6.0, 0.5), stats.gamma(4.0, scale=1.5)),
    (Gamma(6.0, 2.0), stats.gamma(0.25, scale=24.0)),
    (Erlang(6.0, 3), stats.gamma(3.0, scale=2.0)),
]

ALL_LAWS: list[Law] = [
    Constant(3.0),
    *(law for law, _ in SCIPY_TWINS),
    Empirical((3.0, 1.0, 1.0, 8.0)),
    Quantiles(((0.1, 2.0), (0.5, 4.0), (0.9, 4.0), (0.99, 30.0))),
    Mixture((0.3, 0.7), (Lognormal(1.0, 0.5), Weibull(20.0, 2.0))),
    Mixture((0.5, 0.25, 0.25), (Constant(2.0), Exponential(1.0), Constant(7.0))),
    Truncated(Exponential(2.0), 1.0, 5.0),
    Truncated(Lognormal(4.0, 1.0), 1.0),
    Truncated(Empirical((1.0, 2.0, 3.0)), 2.0, 3.0),
    Truncated(Quantiles(((0.5, 4.0), (0.9, 9.0), (0.99, 30.0))), maximum=20.0),
]


def numeric_integral(law: Law, x: float) -> float:
    """Integral of sf from 0 to x, jump by jump where a law has jumps."""
    edges = sorted({0.0, x, *(p for p in (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 9.0, 20.0, 30.0) if p < x)})
    parts = [
        integrate.quad(law.sf, a, math.nextafter(b, 0.0), epsabs=1e-12, epsrel=1e-12, limit=400)[0]
        for a, b in pairwise(edges)
    ]
    return math.fsum(parts)


@pytest.mark.parametrize("p", [*PROBABILITIES, 5e-324, 1e-300, 1e-20, 0.075, 0.0749, 0.925, 0.9251, 1 - 2**-53])
def test_normal_ppf_is_as_precise_as_scipys(p: float) -> None:
    assert laws.normal_ppf(p) == pytest.approx(special.ndtri(p), rel=3e-15, abs=1e-16)
    assert laws.normal_cdf(laws.normal_ppf(p)) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("t", [-8.0, -1.0, 0.0, 3.0, 9.999, 10.0, 30.0, 1e3, 1e8])
def test_mills_ratio_agrees_with_scipy(t: float) -> None:
    assert mills_ratio(t) == pytest.approx(math.sqrt(math.pi / 2) * special.erfcx(t / math.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_normal_ppf_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        laws.normal_ppf(p)


@pytest.mark.parametrize(("law", "twin"), SCIPY_TWINS)
def test_closed_forms_agree_with_scipy(law: Law, twin: stats.distributions.rv_frozen) -> None:
    assert law.mean == pytest.approx(float(twin.mean()), rel=1e-12)
    for p in PROBABILITIES:
        x = law.ppf(p)
        assert x == pytest.approx(float(twin.ppf(p)), rel=1e-9)
        assert law.sf(x) == pytest.approx(float(twin.sf(x)), rel=1e-9)
    assert law.sf(-1.0) == 1.0


@pytest.mark.parametrize("law", ALL_LAWS)
def test_integrated_survival_is_the_integral_of_survival(law: Law) -> None:
    for x in (0.0, 0.5, 2.0, 4.0, 4.5, 25.0):
        assert law.integrated_sf(x) == pytest.approx(numeric_integral(law, x), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("law", ALL_LAWS)
def test_mean_is_the_whole_integral_of_survival(law: Law) -> None:
    assert law.integrated_sf(law.ppf(1 - 1e-12) * 1e3) == pytest.approx(law.mean, rel=1e-9)
    # By inversion over a fine grid of uniforms: an estimate that shares nothing with the formulas of the mean.
    grid = (np.arange(200_000) + 0.5) / 200_000
    assert law.ppf_many(grid[::50]).mean() == pytest.approx(law.mean, rel=0.02)


@pytest.mark.parametrize("law", ALL_LAWS)
def test_residual_life_inverts_its_distribution(law: Law) -> None:
    for u in (1e-9, 0.01, 0.3, 0.5, 0.9, 0.999):
        x = law.residual_ppf(u)
        assert law.integrated_sf(x) == pytest.approx(u * law.mean, rel=1e-11)


def test_residual_life_of_worked_examples() -> None:
    assert Exponential(7.0).residual_ppf(0.5) == pytest.approx(7.0 * math.log(2), rel=1e-15)
    assert Constant(8.0).residual_ppf(0.25) == 2.0
    # Uniform(0, 2): density 1 - x / 2, so F(x) = x - x**2 / 4 = 3 / 4 at x = 1.
    assert Uniform(0.0, 2.0).residual_ppf(0.75) == pytest.approx(1.0, rel=1e-15)
    # Sample {1, 3}: survival 1 up to 1, then 1/2 up to 3; mean 2; F(2) = (1 + 1/2) / 2.
    assert Empirical((1.0, 3.0)).residual_ppf(0.75) == 2.0
    # METHODS 3: Weibull of shape 3 and mean 8 y has its event within a year with probability 0.125 when stationary.
    weibull = Weibull.from_mean(8.0, 3.0)
    assert weibull.residual_ppf(0.125) == pytest.approx(1.0, rel=2e-3)
    assert 1 - weibull.sf(1.0) == pytest.approx(0.0014, abs=5e-5)


@pytest.mark.parametrize("law", ALL_LAWS)
def test_arrays_are_the_scalars_bit_for_bit(law: Law) -> None:
    # Many enough for compiled code, and few enough for Python.
    u = (np.arange(6000).reshape(200, 30) + 0.5) / 6000
    expected = [[law.ppf(value) for value in row] for row in u.tolist()]
    assert law.ppf_many(u).tolist() == expected
    assert law.ppf_many(u[:20]).tolist() == expected[:20]


@pytest.mark.parametrize("law", ALL_LAWS)
def test_quantiles_are_the_smallest_that_reach(law: Law) -> None:
    for u in np.linspace(0.001, 0.999, 200).tolist():
        x = law.ppf(u)
        assert 1.0 - law.sf(x * (1 + 1e-9)) >= u - 1e-12
        assert 1.0 - law.sf(x * (1 - 1e-9)) <= u + 1e-6


def test_quantile_points_are_met_and_nothing_lies_beyond() -> None:
    law = Quantiles(((0.5, 60.0), (0.9, 300.0), (0.99, 900.0)))
    assert [law.ppf(p) for p in (0.5, 0.9, 0.99)] == [60.0, 300.0, 900.0]
    assert law.ppf(1e-9) == 60.0
    assert law.ppf(1 - 1e-9) == 900.0
    # Half way in normal score between the 50 % and 90 % points, the value is the geometric mean.
    half = laws.normal_cdf(0.5 * laws.normal_ppf(0.9))
    assert law.ppf(half) == pytest.approx(math.sqrt(60.0 * 300.0), rel=1e-12)


def test_two_quantiles_give_the_lognormal_through_both() -> None:
    law = laws.quantiles({0.5: 4.0, 0.95: 20.0})
    assert isinstance(law, Lognormal)
    assert law.ppf(0.95) == pytest.approx(20.0, rel=1e-12)
    # sigma = ln 5 / 1.644854; mean = 4 exp(sigma**2 / 2)
    assert law.mean == pytest.approx(4.0 * math.exp(0.5 * (math.log(5) / 1.6448536269514722) ** 2), rel=1e-12)
    assert isinstance(laws.quantiles({0.5: 4.0, 0.95: 20.0, 0.99: 30.0}), Quantiles)


def test_parameters_may_be_given_as_mean_and_spread() -> None:
    lognormal = Lognormal.from_mean_cv(10.0, 2.0)
    second_moment = lognormal.median**2 * math.exp(2 * lognormal.sigma**2)
    assert lognormal.mean == pytest.approx(10.0)
    assert second_moment / 100.0 - 1.0 == pytest.approx(4.0)
    assert Weibull.from_mean(8.0, 3.0).mean == pytest.approx(8.0)


def test_mixture_of_constants_draws_only_those() -> None:
    law = Mixture((0.5, 0.25, 0.25), (Constant(2.0), Constant(0.0), Constant(7.0)))
    assert [law.ppf(u) for u in (0.2, 0.25, 0.26, 0.75, 0.76)] == [0.0, 0.0, 2.0, 2.0, 7.0]


def test_truncation_keeps_an_atom_at_its_ends() -> None:
    law = Truncated(Empirical((1.0, 2.0, 3.0, 4.0)), 2.0, 3.0)
    assert [law.ppf(u) for u in (0.3, 0.5, 0.6)] == [2.0, 2.0, 3.0]
    assert law.mean == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Constant(-1.0), "value is -1.0"),
        (lambda: Constant(math.nan), "value is nan"),
        (lambda: Exponential(0.0), "mean is 0.0, must be positive"),
        (lambda: Exponential(math.inf), "mean is inf"),
        (lambda: Uniform(3.0, 3.0), "low < high"),
        (lambda: Weibull(1.0, -2.0), "shape is -2.0"),
        (lambda: Weibull.from_mean(0.0, 2.0), "mean is 0.0"),
        (lambda: Lognormal(0.0, 1.0), "median is 0.0"),
        (lambda: Lognormal.from_mean_cv(1.0, 0.0), "cv is 0.0"),
        (lambda: Gamma(1.0, math.nan), "cv is nan"),
        (lambda: Erlang(1.0, 0), "stages is 0"),
        (lambda: Mixture((0.5, 0.4), (Constant(1.0), Constant(2.0))), "add up to 0.9"),
        (lambda: Mixture((1.0,), (Constant(1.0), Constant(2.0))), "1 shares for 2 laws"),
        (lambda: Mixture((), ()), "0 shares"),
        (lambda: Empirical(()), "at least one value"),
        (lambda: Empirical((1.0, math.nan)), "none of them negative"),
        (lambda: Quantiles(((0.5, 2.0),)), "use a constant"),
        (lambda: Quantiles(((0.5, 2.0), (0.9, 1.0))), "values of quantiles: 1.0 after 2.0"),
        (lambda: Quantiles(((0.9, 1.0), (0.5, 2.0))), "probabilities of quantiles: 0.5 after 0.9"),
        (lambda: Quantiles(((0.5, 1.0), (1.0, 2.0))), "p is 1.0"),
        (lambda: Quantiles(((0.5, 0.0), (0.9, 2.0))), "first is 0.0"),
        (lambda: Truncated(Exponential(1.0), 3.0, 2.0), "minimum < maximum"),
        (lambda: Truncated(Uniform(1.0, 2.0), 3.0), "nothing between"),
        (lambda: Truncated(Exponential(1.0), 100.0), "nothing between 100 and inf"),
        (lambda: laws.lognormal_from_quantiles(0.5, 2.0, 0.9, 1.0), "increase together"),
        (lambda: laws.quantiles({0.5: 2.0}), "1 quantile given"),
        (lambda: laws.quantiles({0.5: 2.0, 0.9: 2.0}), "for one value use"),
    ],
)
def test_impossible_parameters_are_refused_by_name(build: Callable[[], Law], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", "\\(")):
        build()
