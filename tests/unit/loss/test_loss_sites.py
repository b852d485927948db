from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import mpmath as mp  # type: ignore[import-untyped]  # publishes no types
import pytest

from georep_sim.laws import Constant, Exponential
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.exact import group_loss
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group
from georep_sim.loss.sites import (
    SiteRates,
    any_loss_exact,
    product_chain,
    reduced_chain,
    structure_loss,
    structure_sensitivities,
)
from georep_sim.loss.structure import ObjectCause, SharedCause, SitePart, Structure, WholeCause
from georep_sim.loss.within import loss_within
from georep_sim.loss.years import NEVER

if TYPE_CHECKING:
    from georep_sim.laws import Law

DAY = 1 / 365.25


def cell(name: str, *, mean_y: float, refill_y: float = DAY, whole: tuple[WholeCause, ...] = ()) -> SitePart:
    group = Group(1, 0, Exponential(mean_y), Exponential(DAY))
    return SitePart(name, name, Fleet(group, 1), whole, Exponential(refill_y), Exponential(refill_y))


def cells(*parts: SitePart, **more: object) -> Structure:
    return Structure(parts, (tuple(part.id for part in parts),), **more)  # type: ignore[arg-type]  # see the calls


@pytest.mark.parametrize(("cell_days", "pair_days"), [(1.47e5, 1.08e10), (1.03e7, 5.32e13)])
def test_two_cells_of_ford_table_4(cell_days: float, pair_days: float) -> None:
    loss = structure_loss(cells(cell("a", mean_y=cell_days * DAY), cell("b", mean_y=cell_days * DAY)))
    assert loss.method == "exact"
    # As printed in the table, three digits; and the closed form (3 lambda + rho) / (2 lambda^2).
    assert loss.mttdl_y / DAY == pytest.approx(pair_days, rel=0.01)
    assert loss.mttdl_y / DAY == pytest.approx((3 / cell_days + 1) / 2 * cell_days**2, rel=1e-12)


def test_laws_of_rebuilds_that_never_begin_approximate_nothing() -> None:
    def of_fixed_times(name: str, copies: int, mean_y: float) -> SitePart:
        group = Group(copies, copies - 1, Exponential(mean_y), Constant(DAY))
        part = cell(name, mean_y=1.0, whole=(WholeCause("fire", 0.1),))
        return replace(part, fleet=Fleet(group, copies))

    # One copy has nothing to be rebuilt from, three that nothing strikes have no need to be.
    for copies, mean_y in ((1, 10.0), (3, NEVER.mean)):
        loss = structure_loss(cells(of_fixed_times("a", copies, mean_y), of_fixed_times("b", copies, mean_y)))
        assert (loss.method, loss.error) == ("exact", 0.0)
    worn = structure_loss(cells(of_fixed_times("a", 3, 10.0), of_fixed_times("b", 3, 10.0)))
    assert worn.method == "phase_type"


def test_two_unlike_cells_with_all_that_can_strike_them_against_fifty_digits() -> None:
    # a: 0.1/y by disk, 0.02/y by fire; b: 0.3/y by disk. Refilled 50 and 20 times a year. Both at once 1e-3; deletes 1e-4.
    structure = cells(
        cell("a", mean_y=10.0, refill_y=0.02, whole=(WholeCause("fire", 0.02),)),
        cell("b", mean_y=1 / 0.3, refill_y=0.05),
        shared=(SharedCause("war", 1e-3, ("a", "b")),),
        objects=(ObjectCause("oops", 1e-2, 1e-2, ("a", "b")),),
    )
    mp.mp.dps = 50
    a, b, both = mp.mpf("0.12"), mp.mpf("0.3"), mp.mpf("0.001") + mp.mpf("0.0001")
    # Both good, a gone, b gone, lost.
    rates = mp.matrix([[0, a, b, both], [50, 0, 0, b + both], [20, 0, 0, a + both], [0, 0, 0, 0]])
    for state in range(4):
        rates[state, state] = -sum(rates[state, other] for other in range(4))
    truth = float(mp.expm(rates)[0, 3])
    loss = structure_loss(structure)
    assert loss.probability == pytest.approx(truth, rel=1e-10)
    assert math.fsum(loss.by_cause.values()) == pytest.approx(loss.probability, rel=1e-12)
    # What strikes both sites alike takes its rate times the time in which something is left.
    assert loss.by_cause["oops"] == pytest.approx(loss.by_cause["war"] / 10.0, rel=1e-12)
    assert set(loss.by_cause) == {"disk", "war", "oops", "joint"}


def test_deletes_that_stay_at_one_site_need_the_other_to_go_too() -> None:
    # Deleted at a, never noticed: then a year is lost as soon as b fails before it is over.
    structure = cells(
        cell("a", mean_y=1e9), cell("b", mean_y=10.0, refill_y=1e-4), objects=(ObjectCause("oops", 0.2, 0.5, ("a",)),)
    )
    # Deleted at rate 0.1, then lost at rate 0.1: 1 - (1 + 0.1) exp(-0.1).
    assert structure_loss(structure).probability == pytest.approx(1 - 1.1 * math.exp(-0.1), rel=1e-3)


def test_sites_without_an_edge_hold_different_blobs() -> None:
    parts = (cell("a", mean_y=10.0), cell("b", mean_y=30.0))
    loss = structure_loss(Structure(parts, (("a",), ("b",))))
    assert loss.probability == pytest.approx(-0.5 * (math.expm1(-1 / 10) + math.expm1(-1 / 30)), rel=1e-12)


def three_copies(name: str, refill_y: float) -> SitePart:
    group = Group(3, 2, Exponential(2.0), Exponential(0.01))
    refill = Exponential(refill_y)
    return SitePart(name, name, Fleet(group, 3), (WholeCause("fire", 0.01),), refill, refill)


def test_the_chain_of_sites_is_near_the_product_of_their_chains() -> None:
    structure = cells(three_copies("a", 0.05), three_copies("b", 0.05))
    whole = loss_within(product_chain(structure, ("a", "b"), stages=None), 1.0).probability
    own = group_loss(structure.sites[0].fleet, 1.0)
    rates = [SiteRates(site, {"disk": -math.log1p(-own.probability)}) for site in ("a", "b")]
    rough = loss_within(reduced_chain(structure, rates, stages=1), 1.0).probability
    assert rough == pytest.approx(whole, rel=0.01)


def test_constant_refills_are_stages_with_their_error() -> None:
    sharp = replace(three_copies("a", 0.05), refill_y=Constant(0.05), reseed_y=Constant(0.05))
    loss = structure_loss(cells(sharp, replace(sharp, id="b")))
    smooth = structure_loss(cells(three_copies("a", 0.05), three_copies("b", 0.05)))
    assert (loss.method, smooth.method) == ("phase_type", "exact")
    assert 0.0 < loss.error < 0.05 * loss.probability
    # What two refills overlap depends on their means alone, but for the ends of the year.
    assert loss.probability == pytest.approx(smooth.probability, rel=0.1)


def faster(structure: Structure, rate: str, factor: float) -> Structure:
    """The same with one rate, at every site, so many times as high."""

    def law(asked: str, known: Law | None) -> Law:
        assert isinstance(known, Exponential)
        return Exponential(known.mean / factor) if asked == rate else known

    def changed(part: SitePart) -> SitePart:
        group = part.fleet.group
        group = replace(group, life_y=law("disk", group.life_y), repair_y=law("rebuild", group.repair_y))
        return replace(
            part,
            fleet=replace(part.fleet, group=group),
            whole=tuple(
                replace(cause, per_y=cause.per_y * (factor if cause.name == rate else 1.0)) for cause in part.whole
            ),
            refill_y=law("refill", part.refill_y),
            reseed_y=law("reseed", part.reseed_y),
        )

    shared = tuple(
        replace(cause, per_y=cause.per_y * (factor if cause.name == rate else 1.0)) for cause in structure.shared
    )
    return replace(structure, sites=tuple(changed(part) for part in structure.sites), shared=shared)


@pytest.mark.parametrize("rate", ["disk", "rebuild", "fire", "war", "refill", "reseed"])
@pytest.mark.parametrize("is_reduced", [False, True])
def test_sensitivities_are_those_of_differences(monkeypatch: pytest.MonkeyPatch, rate: str, is_reduced: bool) -> None:
    structure = cells(
        three_copies("a", 0.05),
        three_copies("b", 0.05),
        shared=(SharedCause("war", 1e-4, ("a", "b")),),
    )
    if is_reduced:
        # As where the product of the sites' chains is too large: each site counts as good or being refilled.
        monkeypatch.setattr("georep_sim.loss.sites._MOST_STATES", 8)
    up, down = (structure_loss(faster(structure, rate, factor)).probability for factor in (1.001, 1 / 1.001))
    measured = math.log(up / down) / (2 * math.log(1.001))
    found = structure_sensitivities(structure)
    assert abs(measured) > 1e-4
    assert found[rate] == pytest.approx(measured, rel=1e-3 if is_reduced else 1e-5)


def test_the_slope_of_what_several_rows_take_is_theirs_by_their_rates() -> None:
    structure = cells(three_copies("a", 0.05), three_copies("b", 0.05), rows={"disk": {"wear": 0.25, "bugs": 0.75}})
    found = structure_sensitivities(structure)
    assert found["wear"] + found["bugs"] == pytest.approx(structure_sensitivities(replace(structure, rows={}))["disk"])
    assert found["bugs"] == pytest.approx(3 * found["wear"])


def test_crews_of_all_groups_are_no_chain() -> None:
    group = Group(3, 2, Exponential(2.0), Exponential(0.01), repairs=Crews(2))
    part = SitePart("a", "a", Fleet(group, 30, groups=100, layout="random", is_pooled=True))
    with pytest.raises(NotMarkovError, match="2 crews serve all groups"):
        structure_loss(cells(part))
    assert structure_loss(cells(replace(part, fleet=Fleet(group, 3)))).method == "exact"


def test_groups_that_share_nothing_are_lost_independently_and_others_are_not_guessed() -> None:
    apart = cells(SitePart("a", "a", Fleet(Group(3, 2, Exponential(2.0), Exponential(0.01)), 15)))
    loss = structure_loss(apart)
    assert any_loss_exact(apart, loss) == pytest.approx(1 - (1 - loss.probability) ** 5, rel=1e-9)
    fire = CommonCause("fire", 1e-3, "disks", count=3)
    burning = cells(replace(apart.sites[0], fleet=replace(apart.sites[0].fleet, common=(fire,))))
    assert math.isnan(any_loss_exact(burning, structure_loss(burning)))


def test_destroyed_places_that_are_back_later_hold_rebuilds_up() -> None:
    # Two copies in two zones: after a fire one is left for a month, during which it may fail.
    def fires(back_y: Exponential | None) -> float:
        fire = CommonCause("fire", 0.01, "zone", back_y=back_y)
        group = Group(2, 1, Exponential(20.0), Exponential(1e-4), over="zone")
        part = SitePart("a", "a", Fleet(group, 2, racks=2, zones=2, common=(fire,)))
        return structure_loss(cells(part)).by_cause["joint"]

    # Two fires a hundred years each, then rate 1/20 for a twelfth of a year; and none to speak of without.
    expected = 2 * 0.01 * (1 / 12) / 20
    assert fires(Exponential(1 / 12)) == pytest.approx(expected, rel=0.12)
    assert fires(None) < 0.01 * expected
