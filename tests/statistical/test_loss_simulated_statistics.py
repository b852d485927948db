"""Simulated losses against exact chains, closed forms, and the SimPy reference.

Null: the estimator is unbiased. Each test compares at z = 4.89 (alpha = 1e-6) by the standard error behind the 95 %
interval; the relative standard error of 2.5 % catches a factor of 1.25 with certainty.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from georep_sim import theory
from georep_sim.laws import Constant, Erlang, Exponential, Gamma, Lognormal, Weibull
from georep_sim.loss import reference, trials
from georep_sim.loss.biased import simulate, simulate_plainly
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent, Repairs, Shared
from georep_sim.loss.within import loss_within

if TYPE_CHECKING:
    from georep_sim.intervals import Interval

Z = 4.89
DAY = Exponential(1 / 365.25)
RARE = Exponential(50.0)


def standard_error(interval: Interval) -> float:
    return (interval.high - interval.low) / (2.0 * 1.984)


CHAINS = {
    "hundred, whole-horizon biasing fails": Fleet(Group(100, 2, Exponential(2.0), Exponential(1 / 2600)), 100),
    "thousand": Fleet(Group(1000, 3, Exponential(20.0), Exponential(1e-3)), 1000),
    "8+4": Fleet(Group(12, 4, RARE, DAY), 12),
    "one crew": Fleet(Group(12, 4, RARE, DAY, repairs=Crews(1)), 12),
    "shared": Fleet(Group(12, 4, RARE, DAY, repairs=Shared(2.0)), 12),
    "detection": Fleet(Group(12, 4, RARE, DAY, detect_y=Exponential(1e-3)), 12),
    "lazy": Fleet(Group(12, 4, Exponential(10.0), DAY, starts_at=2), 12),
    "latent": Fleet(Group(12, 3, RARE, DAY, latent=Latent(0.03, Exponential(14 / 365.25))), 12),
    "Erlang": Fleet(Group(6, 2, Exponential(5.0), Erlang(1 / 365.25, 3)), 6),
    "bursts": Fleet(
        Group(6, 2, Exponential(5.0), DAY), 60, common=(CommonCause("burst", 0.5, "disks", count=6),)
    ),
    "zones": Fleet(
        Group(9, 3, RARE, DAY, over="zone"),
        9,
        racks=3,
        zones=3,
        common=(CommonCause("out", 1 / 3, "zone", lasts_y=Exponential(1e-3)), CommonCause("fire", 1 / 500, "zone")),
    ),
    "hundred groups": Fleet(Group(10, 2, Exponential(20.0), Exponential(0.01)), 1000),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_simulated_agrees_with_the_chain(name: str) -> None:
    result = simulate(CHAINS[name], seed=11)
    exact = loss_within(lump(CHAINS[name]), 1.0).probability
    assert abs(result.group_loss.value - exact) <= Z * standard_error(result.group_loss)
    assert not result.untrustworthy


def test_hard_case_is_what_it_is_said_to_be() -> None:
    # 50 failures a horizon, loss at three down, truth 8.8e-3: where biasing a whole horizon gives half of it.
    exact = loss_within(lump(CHAINS["hundred, whole-horizon biasing fails"]), 1.0).probability
    assert exact == pytest.approx(8.8e-3, rel=0.02)


def test_eleven_nines_against_the_closed_form() -> None:
    result = simulate(Fleet(Group(3, 2, RARE, Exponential(1 / 1549)), 3), seed=3)
    mttdl_y = theory.independent_copies_mttdl(3, failure_rate=0.02, repair_rate=1549.0)
    # From all good, the first busy period is missing: a rebuild's time in a year.
    assert abs(result.any_loss.value - theory.loss_within(1.0, mttdl_y)) <= Z * standard_error(result.any_loss)


@pytest.mark.parametrize("life", [Weibull.from_mean(2.0, 2.0), Gamma(2.0, 0.5), Lognormal.from_mean_cv(2.0, 0.7)])
@pytest.mark.parametrize("is_stationary", [False, True])
def test_biased_agrees_with_plain_for_any_life(life: Weibull, is_stationary: bool) -> None:
    fleet = Fleet(Group(6, 2, life, Lognormal.from_mean_cv(0.02, 1.0)), 6)
    biased = simulate(fleet, seed=5, stationary=is_stationary)
    plain = simulate_plainly(fleet, trials=40_000, seed=6, stationary=is_stationary)
    error = math.hypot(standard_error(biased.any_loss), standard_error(plain.any_loss))
    # Beside chance: -expm1(-m) takes losses as a Poisson process, which at a few per cent costs some of p squared.
    assert abs(biased.any_loss.value - plain.any_loss.value) <= Z * error + 0.5 * plain.any_loss.value**2


@pytest.mark.parametrize("repairs", [None, Crews(1), Shared(1.5)])
def test_compiled_agrees_with_simpy(repairs: Repairs | None) -> None:
    common = (
        CommonCause("outage", 4.0, "zone", lasts_y=Constant(0.02)),
        CommonCause("burst", 1.0, "disks", count=2),
        CommonCause("fire", 0.05, "zone", share=0.5),
    )
    latent = Latent(0.3, Constant(0.05))
    group = (
        Group(
            6,
            2,
            Weibull.from_mean(3.0, 2.0),
            Constant(0.02),
            Exponential(0.005),
            starts_at=2,
            latent=latent,
            over="zone",
        )
        if repairs is None
        else Group(6, 2, Exponential(3.0), Exponential(0.02), repairs=repairs, over="zone")
    )
    fleet = Fleet(group, 12, racks=6, zones=3, common=common)
    n = 2_500
    lost, _ = reference.losses(fleet, trials=n, seed=2)
    compiled = simulate_plainly(fleet, trials=30_000, seed=3, stationary=False).any_loss
    error = math.hypot(math.sqrt(compiled.value * (1.0 - compiled.value) / n), standard_error(compiled))
    assert abs(lost / n - compiled.value) <= Z * error


def test_plain_trials_agree_with_the_general_simulation() -> None:
    fleet = Fleet(Group(10, 2, Exponential(2.0), Constant(0.02), detect_y=Exponential(0.002)), 20)
    n, m = 400_000, 200_000
    fast = trials.losses(fleet, trials=n, seed=1) / n
    general = simulate_plainly(fleet, trials=m, seed=2).any_loss.value
    assert abs(fast - general) <= Z * math.sqrt(general * (1.0 - general) * (1.0 / n + 1.0 / m))
