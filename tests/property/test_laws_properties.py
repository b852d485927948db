from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

SCALES = st.floats(1e-3, 1e6)
SHAPES = st.floats(0.3, 8.0)
UNIFORMS = st.floats(1e-9, 1 - 1e-9)


@st.composite
def quantile_laws(draw: st.DrawFn) -> Quantiles:
    count = draw(st.integers(2, 5))
    probabilities = sorted(draw(st.lists(st.integers(1, 999), min_size=count, max_size=count, unique=True)))
    values = sorted(draw(st.lists(SCALES, min_size=count, max_size=count)))
    return Quantiles(tuple((p / 1000, x) for p, x in zip(probabilities, values, strict=True)))


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    parts = draw(st.lists(simple_laws(), min_size=1, max_size=3))
    weights = [draw(st.integers(1, 9)) for _ in parts]
    return Mixture(tuple(w / sum(weights) for w in weights), tuple(parts))


@st.composite
def truncated_laws(draw: st.DrawFn) -> Truncated:
    law = draw(st.one_of(simple_laws(), quantile_laws()))
    low, high = law.ppf(draw(st.floats(0.01, 0.4))), law.ppf(draw(st.floats(0.6, 0.99)))
    return Truncated(law, low, max(high, low * 1.01 + 1e-9))


def simple_laws() -> st.SearchStrategy[Law]:
    return st.one_of(
        st.builds(Constant, SCALES),
        st.builds(Exponential, SCALES),
        st.builds(lambda low, width: Uniform(low, low + width), SCALES, SCALES),
        st.builds(Weibull, SCALES, SHAPES),
        st.builds(Lognormal, SCALES, st.floats(0.05, 3.0)),
        st.builds(Gamma, SCALES, st.floats(0.1, 3.0)),
        st.builds(Erlang, SCALES, st.integers(1, 20)),
        st.builds(Empirical, st.lists(SCALES, min_size=1, max_size=8).map(tuple)),
    )


def any_law() -> st.SearchStrategy[Law]:
    return st.one_of(simple_laws(), quantile_laws(), mixtures(), truncated_laws())


@given(law=any_law(), u=UNIFORMS, v=UNIFORMS)
def test_draws_never_decrease_with_the_uniform(law: Law, u: float, v: float) -> None:
    low, high = sorted((u, v))
    assert 0.0 <= law.ppf(low) <= law.ppf(high) * (1 + 1e-12)


@given(law=any_law(), u=UNIFORMS)
def test_survival_and_quantile_are_inverse(law: Law, u: float) -> None:
    x = law.ppf(u)
    assert law.sf(x * (1 + 1e-9)) <= 1.0 - u + 1e-7
    assert law.sf(x * (1 - 1e-9)) >= 1.0 - u - 1e-7


@given(law=any_law(), x=SCALES, y=SCALES)
def test_integrated_survival_is_concave_and_bounded(law: Law, x: float, y: float) -> None:
    low, high = sorted((x, y))
    first, second = law.integrated_sf(low), law.integrated_sf(high)
    slack = 1e-9 * high
    assert first <= min(low, law.mean) * (1 + 1e-9)
    assert law.sf(high) * (high - low) - slack <= second - first <= law.sf(low) * (high - low) + slack


@given(law=any_law(), u=st.floats(1e-6, 1 - 1e-6), v=st.floats(1e-6, 1 - 1e-6))
def test_residual_life_inverts_and_never_decreases(law: Law, u: float, v: float) -> None:
    low, high = sorted((u, v))
    assert law.integrated_sf(law.residual_ppf(u)) == pytest.approx(u * law.mean, rel=1e-8)
    assert law.residual_ppf(low) <= law.residual_ppf(high) * (1 + 1e-9)


@given(law=truncated_laws(), u=UNIFORMS)
def test_truncated_draws_stay_inside(law: Truncated, u: float) -> None:
    assert law.minimum <= law.ppf(u) <= law.maximum
    assert law.minimum * (1 - 1e-9) <= law.mean <= law.maximum * (1 + 1e-9)


@given(scale=SCALES, factor=st.floats(1.0, 10.0), u=UNIFORMS)
def test_draws_move_monotonically_under_a_sweep_of_the_mean(scale: float, factor: float, u: float) -> None:
    for build in (
        Exponential,
        lambda mean: Weibull.from_mean(mean, 2.0),
        lambda mean: Lognormal.from_mean_cv(mean, 1.0),
    ):
        assert build(scale).ppf(u) <= build(scale * factor).ppf(u) * (1 + 1e-15)
    assert math.isfinite(Exponential(scale).ppf(u))
