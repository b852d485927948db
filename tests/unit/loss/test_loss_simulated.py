from __future__ import annotations

import math

import pytest

from georep_sim.laws import Constant, Empirical, Exponential, Uniform
from georep_sim.loss import trials
from georep_sim.loss.biased import simulate, simulate_plainly
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent

DAY = Exponential(1 / 365.25)


def test_same_seed_same_bytes_and_another_seed_another_estimate() -> None:
    fleet = Fleet(Group(3, 2, Exponential(5.0), DAY), disks=3)
    first, again, other = (simulate(fleet, seed=seed, accuracy=0.2) for seed in (1, 1, 2))
    assert first == again
    assert first.any_loss.value != other.any_loss.value


def test_a_fire_that_takes_all_copies_is_its_rate() -> None:
    # Two copies in one zone: every fire is a loss, and nothing else comes near.
    fire = CommonCause("fire", 1 / 500, "zone")
    result = simulate(Fleet(Group(2, 1, Exponential(1e6), DAY), disks=2, common=(fire,)))
    assert result.by_cause["fire"].value == pytest.approx(1 / 500, rel=1e-3)
    assert result.any_loss.value == pytest.approx(-math.expm1(-1 / 500), rel=1e-3)
    assert result.groups_per_loss == pytest.approx(1.0)


def test_causes_add_up_to_the_whole() -> None:
    burst = CommonCause("burst", 0.5, "disks", count=3)
    latent = Latent(0.1, Constant(14 / 365.25))
    fleet = Fleet(Group(6, 2, Exponential(5.0), DAY, latent=latent), disks=30, common=(burst,))
    result = simulate(fleet, accuracy=0.3)
    total = math.fsum(interval.value for interval in result.by_cause.values())
    assert -math.expm1(-total) == pytest.approx(result.any_loss.value, rel=1e-12)
    per_group = math.fsum(interval.value for interval in result.groups_by_cause.values())
    assert -math.expm1(-per_group) == pytest.approx(result.group_loss.value, rel=1e-12)
    assert set(result.by_cause) == {"disk", "latent", "joint", "burst"}


def test_no_losses_seen_gives_a_bound_per_cause_in_its_own_units() -> None:
    fire = CommonCause("fire", 1e-9, "zone")
    fleet = Fleet(Group(3, 2, Exponential(50.0), DAY), disks=9, racks=3, zones=3, common=(fire,))
    result = simulate_plainly(fleet, trials=100)
    # An exact Poisson interval of no events: -log(0.025) over the exposure. Three groups and three zones in 100 years.
    assert result.by_cause["fire"].high == pytest.approx(-math.log(0.025) / 300)
    assert result.by_cause["disk"].high == pytest.approx(-math.log(0.025) / 300)
    assert result.any_loss.low == 0.0
    assert result.any_loss.high == pytest.approx(1 - 0.025 ** (1 / 100))
    assert math.isnan(result.groups_per_loss)


def test_a_code_that_tolerates_nothing_is_lost_with_every_failure() -> None:
    result = simulate(Fleet(Group(1, 0, Exponential(100.0), DAY), disks=1))
    assert result.any_loss.low < -math.expm1(-0.01) < result.any_loss.high


def test_doubts_are_told_where_one_weight_outweighs_all() -> None:
    # So few copies of so deep a code that luck decides.
    fleet = Fleet(Group(40, 12, Exponential(50.0), DAY, repairs=Crews(1)), disks=40)
    result = simulate(fleet, max_copies=200)
    assert result.untrustworthy
    assert result.effort.largest_share > 0.05


def test_laws_without_a_hazard_are_refused() -> None:
    with pytest.raises(ValueError, match="no hazard to scale"):
        simulate(Fleet(Group(3, 2, Uniform(1.0, 2.0), DAY), disks=3))
    with pytest.raises(ValueError, match="scrubs of law"):
        simulate(Fleet(Group(3, 2, Exponential(1.0), DAY, latent=Latent(1.0, Empirical((1.0, 2.0)))), disks=3))
    with pytest.raises(ValueError, match="hits 4 disks of 3"):
        simulate(Fleet(Group(3, 2, Exponential(1.0), DAY), disks=3, common=(CommonCause("x", 1.0, "disks", count=4),)))
    with pytest.raises(ValueError, match="must be positive"):
        simulate(Fleet(Group(3, 2, Exponential(1.0), DAY), disks=3), accuracy=0.0)


def test_plain_trials_refuse_what_they_do_not_play() -> None:
    with pytest.raises(ValueError, match="only exponential failures"):
        trials.losses(Fleet(Group(3, 2, Exponential(1.0), DAY, repairs=Crews(1)), disks=3), trials=1)
