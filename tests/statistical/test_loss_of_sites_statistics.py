"""Simulated losses of whole designs against exact chains.

Null: the estimator is unbiased. Each test compares at z = 4.89 (alpha = 1e-6) by the standard error behind the 95 %
interval, which is at most some per cent of the value: a factor of 1.5 is caught with certainty.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from georep_sim.laws import Constant, Exponential
from georep_sim.loss.biased import simulate
from georep_sim.loss.model import CommonCause, Fleet, Group, Latent
from georep_sim.loss.simulated import simulated_loss
from georep_sim.loss.sites import structure_loss
from georep_sim.loss.structure import ObjectCause, SitePart, Structure, WholeCause
from georep_sim.loss.thinned import thinned

if TYPE_CHECKING:
    from georep_sim.intervals import Interval

Z = 4.89
DAY = 1 / 365.25


def errors_off(interval: Interval, truth: float) -> float:
    """Distance in standard errors, each side by its own end."""
    end = interval.high if truth > interval.value else interval.low
    return abs(truth - interval.value) / (abs(end - interval.value) / 1.984)


def site(name: str, *, copies: int = 3, mean_y: float = 10.0) -> SitePart:
    group = Group(copies, copies - 1, Exponential(mean_y), Exponential(DAY))
    refill = Exponential(5 * DAY)
    return SitePart(name, name, Fleet(group, copies), (WholeCause("fire", 1e-3),), refill, refill)


def test_two_sites_with_different_protection() -> None:
    structure = Structure(
        (site("a"), site("b", copies=2)), (("a", "b"),), objects=(ObjectCause("oops", 1e-9, 1.0, ("a", "b")),)
    )
    exact, found = structure_loss(structure), simulated_loss(structure, effort=0.5)
    assert exact.method == "exact"
    assert errors_off(found.blob_loss, exact.probability) < Z
    assert found.blob_loss.high < 1.5 * found.blob_loss.value
    total = math.fsum(interval.value for interval in found.by_cause.values())
    assert abs(total / found.blob_loss.value - 1.0) < 1e-6


def test_a_destroyed_zone_that_is_back_after_a_month() -> None:
    fire = CommonCause("fire", 0.01, "zone", back_y=Exponential(1 / 12))
    group = Group(3, 2, Exponential(5.0), Exponential(DAY), over="zone")
    fleet = Fleet(group, 3, racks=3, zones=3, common=(fire,))
    structure = Structure((SitePart("a", "a", fleet),), (("a",),))
    exact, found = structure_loss(structure), simulated_loss(structure, effort=0.5)
    assert errors_off(found.blob_loss, exact.probability) < Z
    # Without the month it would be four times less.
    at_once = replace(fleet, common=(replace(fire, back_y=None),))
    assert structure_loss(replace(structure, sites=(SitePart("a", "a", at_once),))).probability < found.blob_loss.low


def test_a_local_code_rebuilds_what_can_be_read() -> None:
    group = Group(10, 3, Exponential(2.0), Exponential(DAY), survives=(180 / 210,))
    structure = Structure((SitePart("a", "a", Fleet(group, 10)),), (("a",),))
    exact, found = structure_loss(structure), simulated_loss(structure, effort=0.5)
    assert errors_off(found.blob_loss, exact.probability) < Z


def test_few_groups_of_many_tell_of_all() -> None:
    # 400 groups at random on 24 disks, of which 60 are played: as often is any lost, as if all were.
    group = Group(50, 2, Exponential(5.0), Exponential(0.02))
    wide = Fleet(group, 60, groups=400, layout="random")
    assert thinned(wide).groups == 60
    structure = Structure((SitePart("a", "a", wide),), (("a",),))
    found = simulated_loss(structure, effort=0.1)
    everything = simulate(wide, accuracy=0.1, max_copies=5_000)
    assert errors_off(found.blob_loss, everything.group_loss.value) < Z
    assert 0.5 < found.any_loss.value / everything.any_loss.value < 2.0


def test_errors_in_different_objects_of_a_group_do_not_meet() -> None:
    # Two copies of a thousand objects, nothing but latent errors: both copies of one object have to be hit.
    one = Latent(1e-3, Constant(0.1))
    part = SitePart(
        "a",
        "a",
        Fleet(Group(2, 1, Exponential(1e30), Exponential(DAY), latent=one), 2),
        objects_per_group=1_000.0,
    )
    structure = Structure((part,), (("a",),), objects_in_all=1_000.0, rows={"latent": {"sector": 1.0}})
    found = simulated_loss(structure, effort=0.2)
    # Any of a thousand objects, each as likely as one.
    expected = 1_000.0 * found.blob_loss.value
    assert errors_off(found.any_loss, expected) < Z * math.sqrt(2.0)
    assert 0.5 < found.objects_per_event.value < 2.0
