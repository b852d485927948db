from __future__ import annotations

import math

import mpmath as mp  # type: ignore[import-untyped]  # publishes no types
import pytest

from georep_sim.laws import Constant, Erlang, Exponential, Law, Lognormal, Weibull
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.elimination import mean_time_to_loss
from georep_sim.loss.exact import group_loss, group_sensitivities
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Shared
from georep_sim.loss.semi_markov import loss_within_semi, mean_time_of, one_rebuild_at_a_time
from georep_sim.loss.within import loss_within

DAY = 1 / 365.25
REPAIRS = [
    Constant(DAY),
    Erlang(DAY, 4),
    Weibull.from_mean(DAY, 1.5),
    Weibull.from_mean(DAY, 0.7),
    Lognormal.from_mean_cv(DAY, 0.8),
    Lognormal.from_mean_cv(DAY, 2.0),
]


def transform(law: Law, s: mp.mpf) -> mp.mpf:
    """Laplace transform of a law."""
    match law:
        case Constant():
            return mp.exp(-s * law.value)
        case Erlang():
            return (1 + s * law.mean / law.stages) ** -law.stages
        case Weibull():
            edges = [0, 0.01, 0.1, 0.5, 1, 2, 4, 8, 16, 32, 64]
            return mp.quad(lambda u: mp.exp(-s * law.scale * u ** (1 / mp.mpf(law.shape)) - u), edges)
        case Lognormal():
            return mp.quad(
                lambda z: mp.exp(-s * law.median * mp.exp(law.sigma * z)) * mp.npdf(z), list(range(-12, 13, 2))
            )
    raise TypeError


def pair(law: Law, failures_per_y: float) -> Group:
    return Group(2, 1, Exponential(1 / failures_per_y), law)


@pytest.mark.parametrize("failures_per_y", [0.02, 5.0])
@pytest.mark.parametrize("law", REPAIRS)
def test_a_pairs_loss_is_that_of_renewal_theory(law: Law, failures_per_y: float) -> None:
    # From both good: up exponential at 2 a; then the rebuild races the other disk. In transforms, inverted at a year
    # (Stehfest: on the real axis, where the transforms are smooth; with digits to spare).
    with mp.workdps(30):
        a = mp.mpf(failures_per_y)

        def first_loss(s: mp.mpf) -> mp.mpf:
            rebuilt, up = transform(law, s + a), 2 * a / (2 * a + s)
            return up * a * (1 - rebuilt) / (s + a) / (1 - up * rebuilt) / s

        truth = mp.invertlaplace(first_loss, 1.0, method="stehfest", degree=22)
        survives = 1 - transform(law, a)
        mean_y = (1 / (2 * a) + survives / a) / survives
    model = one_rebuild_at_a_time(pair(law, failures_per_y))
    found = loss_within_semi(model, 1.0)
    assert found.probability == pytest.approx(float(truth), rel=1e-7)
    assert found.error < 1e-6 * found.probability
    assert mean_time_of(model) == pytest.approx(float(mean_y), rel=1e-6)


@pytest.mark.parametrize("law", [Exponential(DAY), Erlang(DAY, 3)])
@pytest.mark.parametrize("failures_per_y", [0.05, 3.0])
def test_serial_rebuilds_of_stages_agree_with_the_chain(law: Law, failures_per_y: float) -> None:
    group = Group(6, 3, Exponential(1 / failures_per_y), law, repairs=Crews(1))
    chain, model = lump(Fleet(group, 6)), one_rebuild_at_a_time(group)
    assert loss_within_semi(model, 1.0).probability == pytest.approx(loss_within(chain, 1.0).probability, rel=1e-6)
    assert mean_time_of(model) == pytest.approx(mean_time_to_loss(chain).mean_y, rel=1e-6)


def test_periods_shorter_than_a_rebuild_see_no_end_of_it() -> None:
    # Within half a rebuild of fixed length nothing comes back: both fail or not.
    law = Constant(1.0)
    assert loss_within_semi(one_rebuild_at_a_time(pair(law, 0.3)), 0.4871).probability == pytest.approx(
        float((1 - mp.exp(-0.3 * 0.4871)) ** 2), rel=1e-6
    )


def test_patterns_that_survive_make_losses_rarer() -> None:
    common = {"life_y": Exponential(1.0), "repair_y": Constant(DAY), "repairs": Crews(1)}
    bare, better = Group(10, 3, **common), Group(10, 3, survives=(0.5,), **common)  # type: ignore[arg-type]
    losses = [loss_within_semi(one_rebuild_at_a_time(group), 1.0).probability for group in (bare, better)]
    assert 0.4 * losses[0] < losses[1] < 0.6 * losses[0]


def test_a_single_copy_is_lost_when_its_disk_fails() -> None:
    found = loss_within_semi(one_rebuild_at_a_time(Group(1, 0, Exponential(2.0), Constant(DAY))), 1.0)
    assert found.probability == pytest.approx(float(1 - mp.exp(-0.5)), rel=1e-9)


@pytest.mark.parametrize(
    "group",
    [
        Group(3, 2, Exponential(1.0), Constant(DAY)),
        Group(2, 1, Weibull(1.0, 2.0), Constant(DAY)),
        Group(2, 1, Exponential(1.0), Constant(DAY), detect_y=Exponential(DAY)),
        Group(3, 2, Exponential(1.0), Constant(DAY), repairs=Crews(1), starts_at=2),
        Group(2, 1, Exponential(1.0), Constant(DAY), repairs=Shared(0.5)),
    ],
)
def test_more_than_one_clock_is_refused(group: Group) -> None:
    with pytest.raises(NotMarkovError, match="more than one clock"):
        one_rebuild_at_a_time(group)


def test_each_group_gets_the_solver_that_fits() -> None:
    chain = group_loss(Fleet(pair(Exponential(DAY), 0.1), 2), 1.0)
    assert (chain.method, chain.error, chain.states) == ("exact", 0.0, 2)
    clocked = group_loss(Fleet(pair(Constant(DAY), 0.1), 2), 1.0)
    assert clocked.method == "exact"
    assert 0.0 < clocked.error < 1e-6 * clocked.probability
    fire = (CommonCause("fire", 1e-3, "region"),)
    staged = group_loss(Fleet(pair(Constant(DAY), 0.1), 2, common=fire), 1.0, stages=16)
    assert staged.method == "phase_type"
    # Blamed on the fire alone unless a disk is being rebuilt just then: a share of 2 x 0.1 x a day.
    assert staged.by_cause["fire"] == pytest.approx(-math.expm1(-1e-3) * (1.0 - 0.2 * DAY), rel=1e-4)
    assert abs(staged.by_cause["disk"] - clocked.probability) < 0.01 * clocked.probability
    assert group_sensitivities(Fleet(pair(Constant(DAY), 0.1), 2), 1.0)["rebuild"] == pytest.approx(-1.0, abs=0.01)
