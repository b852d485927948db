from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from georep_sim.laws import Constant, Uniform, Weibull
from georep_sim.loss.model import Crews, Parallel, Shared
from georep_sim.loss.structure import structure_of
from georep_sim.loss.years import NEVER, YEAR_S
from georep_sim.scenario import load

if TYPE_CHECKING:
    from georep_sim.loss.structure import SitePart, Structure

HEAD = """
georep: 1
environment: {use: none, regions: {here: {zones: 3}, there: {zones: 3}}, links: {all: {rtt: 1 ms, replication: 1 GB/s}}}
workload: {content: {objects: 1e6, stored: 90 TB}}
"""
ONE = "designs: {d: {sites: {here: {protect: {copies: 3, over: zones}}}}}"
MANY = """
designs:
  d:
    sites: {here: {protect: {copies: 3, over: zones}, hardware: {racks: 2, disks: 5, disk_size: 16 TB}}}
"""
PAIR = """
designs:
  d:
    sites: {here: {protect: {copies: 3, over: racks}}, there: {protect: {copies: 3, over: racks}}}
    replicate: {e: {from: here, to: there}}
"""


def structure(faults: str, design: str = ONE) -> Structure:
    case = load(f"{HEAD}\nfaults:\n{faults}\n{design}").case()
    return structure_of(case, case.designs["d"])


def only(faults: str, design: str = ONE) -> SitePart:
    return structure(faults, design).sites[0]


def test_one_disk_for_each_copy_without_hardware() -> None:
    fleet = only("  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}").fleet
    assert (fleet.disks, fleet.racks, fleet.zones, fleet.groups, fleet.layout) == (3, 3, 3, 1, "partitioned")
    assert fleet.group.life_y.mean == pytest.approx(50.0)
    # 90 TB at 100 MB/s.
    assert fleet.group.repair_y.mean == pytest.approx(9e5 / YEAR_S)
    assert fleet.group.detect_y is not None
    assert fleet.group.detect_y.mean == pytest.approx(900.0 / YEAR_S)
    assert fleet.group.repairs == Parallel()


def test_hardware_spreads_content_over_its_disks() -> None:
    part = only("  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}", MANY)
    assert (part.fleet.disks, part.fleet.racks, part.fleet.zones, part.fleet.layout) == (30, 6, 3, "random")
    assert part.fleet.groups == 1_000  # 100 on each of 30 disks, three disks each
    # 270 TB on 30 disks.
    assert part.fleet.group.repair_y.mean == pytest.approx(9e4 / YEAR_S)
    assert part.objects_per_group == 1_000.0
    assert part.fleet.is_pooled


def test_rates_of_several_rows_of_disks_add_and_share_the_budget() -> None:
    found = structure(
        "  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}\n  bugs: {what: disk, kind: destroyed, every: 25 y}"
    )
    assert found.sites[0].fleet.group.life_y.mean == pytest.approx(1 / 0.06)
    assert found.by_row({"disk": 3.0, "joint": 1.0}) == pytest.approx({"wear": 1.0, "bugs": 2.0, "joint": 1.0})


def test_ages_are_kept_for_one_row_and_named_where_they_are_not() -> None:
    ageing = "  wear: {what: disk, kind: destroyed, every: {weibull: {mean: 8 y, shape: 3}}}"
    assert isinstance(only(ageing).fleet.group.life_y, Weibull)
    both = structure(f"{ageing}\n  bugs: {{what: disk, kind: destroyed, every: 24 y}}")
    assert both.sites[0].fleet.group.life_y.mean == pytest.approx(6.0)
    assert any("wear" in text for text in both.assumed)


def test_a_latent_error_spoils_one_object_of_a_disk() -> None:
    part = only("  sector: {what: disk, kind: latent_error, every: 4 y}", MANY)
    latent = part.fleet.group.latent
    assert latent is not None
    # 1e6 objects of three copies on 30 disks: 1e5 on each.
    assert latent.per_y == pytest.approx(0.25 / 1e5)
    assert latent.scrub_y == Constant(14 / 365.25)
    of_groups = part.fleet_of_groups.group.latent
    assert of_groups is not None
    assert of_groups.per_y == pytest.approx(0.25 / 100)
    assert part.fleet.group.life_y == NEVER


@pytest.mark.parametrize(
    ("fault", "scope", "per_y", "share"),
    [
        ("{what: rack, kind: outage, every: 2 y, lasts: 1 h}", "rack", 0.5, 1.0),
        ("{what: zone, kind: destroyed, every: 500 y}", "zone", 1 / 500, 1.0),
        ("{what: zone, where: here/2, kind: destroyed, every: 500 y}", "zone", 1 / 1500, 1.0),
        ("{what: disk, kind: destroyed, every: 2 y, share: 1 %, within: rack}", "rack", 0.5, 0.01),
        ("{what: disk, kind: destroyed, every: 2 y, share: 1 %}", "disks", 0.5, 0.01),
        ("{what: region, kind: outage, every: 2 y, lasts: 1 h}", "region", 0.5, 1.0),
        ("{what: storage, where: here/1, kind: corrupt, every: 10 y, lasts: 0 s}", "zone", 1 / 30, 1.0),
    ],
)
def test_faults_of_parts_are_common_causes(fault: str, scope: str, per_y: float, share: float) -> None:
    (cause,) = only(f"  x: {fault}", MANY).fleet.common
    assert (cause.name, cause.scope, cause.share) == ("x", scope, share)
    assert cause.per_y == pytest.approx(per_y, rel=2e-3)


def test_a_destroyed_zone_is_back_later_and_a_corrupt_one_after_a_scrub() -> None:
    (fire,) = only("  x: {what: zone, kind: destroyed, every: 500 y}", MANY).fleet.common
    assert fire.back_y == Constant(30 / 365.25)
    (rot,) = only("  x: {what: storage, where: here/1, kind: corrupt, every: 500 y, lasts: 0 s}", MANY).fleet.common
    assert rot.back_y == Uniform(0.0, 14 / 365.25)


@pytest.mark.parametrize("what", ["region", "storage", "metadata"])
def test_what_takes_a_whole_site_is_not_simulated(what: str) -> None:
    part = only(f"  x: {{what: {what}, where: here, kind: destroyed, every: 1000 y, lasts: 1 d}}")
    assert [(cause.name, cause.back_y) for cause in part.whole] == [("x", Constant(1 / 365.25))]
    assert not part.fleet.common


def test_a_site_in_one_zone_falls_with_it() -> None:
    faults = "  x: {what: zone, where: [here/1, here/2], kind: destroyed, every: 500 y}"
    part = structure(faults, PAIR).sites[0]
    assert [cause.per_y for cause in part.whole] == [pytest.approx(1 / 500, rel=1e-3)]


def test_one_clock_for_two_regions_strikes_both_sites_together() -> None:
    apart = structure("  x: {what: region, where: [here, there], kind: destroyed, every: 500 y}", PAIR)
    assert [len(part.whole) for part in apart.sites] == [1, 1]
    assert not apart.shared
    both = structure("  x: {what: region, where: [here, there], together: true, kind: destroyed, every: 500 y}", PAIR)
    assert [cause.sites for cause in both.shared] == [("here", "there")]


def test_sites_are_refilled_by_bytes_over_the_edge() -> None:
    found = structure("  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}", PAIR)
    assert found.joined == (("here", "there"),)
    assert found.sites[1].reseed_y == Constant(9e4 / YEAR_S)  # 90 TB at 1 GB/s


def test_deletes_travel_unless_an_edge_does_not_carry_them() -> None:
    faults = "  oops: {what: operator, kind: delete, every: 20 y, share: 0.1 %}"
    assert structure(faults, PAIR).objects[0].sites == ("here", "there")
    kept = PAIR.replace("to: there}", "to: there, deletes: false}")
    assert structure(faults, kept).objects[0].sites == ("here",)


def test_crews_and_shared_bandwidth() -> None:
    wear = "  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}"

    def with_repair(repair: str) -> object:
        return only(wear, ONE.replace("}}}}}", f"}}}}}}, repair: {{{repair}}}}}}}")).fleet.group.repairs

    assert with_repair("crews: 4") == Crews(4)
    assert with_repair("bandwidth: 100 MB/s, shared: 250 MB/s") == Shared(2.5)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{what: region, where: there, kind: destroyed, every: 5 y}", "no site"),
        ("{what: zone, where: here/1, kind: slow, every: 5 y, lasts: 1 h}", "no bytes"),
        ("{what: region, where: here, kind: destroyed, at: 2027-03-01}", "no yearly rate"),
    ],
)
def test_what_is_left_out_is_named_with_the_reason(fault: str, said: str) -> None:
    found = structure(f"  x: {fault}")
    assert [row.name for row in found.left_out] == ["x"]
    assert said in found.left_out[0].reason
    assert found.cannot_lose


def test_reserved_names_of_rows_come_back_in_the_budget() -> None:
    found = structure(
        "  disk: {what: zone, kind: destroyed, every: 500 y}\n  wear: {what: disk, kind: destroyed, every: {afr: 2 %}}"
    )
    assert [cause.name for cause in found.sites[0].fleet.common] == ["disk (row)"]
    assert found.by_row({"disk (row)": 1.0, "disk": 2.0}) == {"disk": 1.0, "wear": 2.0}


def test_share_of_zones_is_thinned_into_what_strikes_together() -> None:
    # One clock a region; each of its three zones with probability one half: all three in one event of eight.
    part = only("  x: {what: zone, where: here, kind: destroyed, every: 8 y, lasts: 0 s, share: 50 %}")
    assert [cause.per_y for cause in part.whole] == [pytest.approx(1 / 64)]
    rate = math.fsum(cause.per_y for cause in part.fleet.common)
    assert 3 * rate == pytest.approx((3 * 1 + 3 * 2) / 64)
