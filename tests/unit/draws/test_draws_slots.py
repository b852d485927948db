from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from georep_sim.draws.faults import draw_faults
from georep_sim.draws.rows import fault_rows
from georep_sim.draws.slots import all_slots, design_places, design_slots, scope_slots, slots
from georep_sim.laws import Constant
from georep_sim.scenario.design.placement import Site
from georep_sim.scenario.faults import Fault
from support.draw_cases import make_case

if TYPE_CHECKING:
    from georep_sim.scenario import Case


def test_copies_over_zones_are_dealt_to_the_zones_in_turn() -> None:
    case = make_case(regions={"eastus": 3}, copies=4)

    site = case.designs["all"].sites["eastus"]

    assert design_slots(case, site) == ("eastus/1/disk#0", "eastus/2/disk#1", "eastus/3/disk#2", "eastus/1/disk#3")


def test_copies_over_racks_stand_in_the_first_zone() -> None:
    case = make_case(regions={"eastus": 3}, over="racks")

    assert slots(case)["eastus"] == ("eastus/1/disk#0", "eastus/1/disk#1", "eastus/1/disk#2")


def test_a_region_without_zones_has_one() -> None:
    case = make_case(regions={"westus": 1}, copies=2)

    assert slots(case)["westus"] == ("westus/1/disk#0", "westus/1/disk#1")


def test_slots_are_the_union_over_designs() -> None:
    zones, racks = (make_case(regions={"eastus": 3}, copies=2, over=over) for over in ("zones", "racks"))
    both = zones.model_copy(update={"designs": {"zones": zones.designs["all"], "racks": racks.designs["all"]}})

    assert slots(both)["eastus"] == ("eastus/1/disk#0", "eastus/1/disk#1", "eastus/2/disk#1")


def test_a_scope_holds_what_is_inside_it_and_nothing_with_a_longer_name() -> None:
    places = {"east": ("east/1/disk#0", "east/10/disk#1"), "east2": ("east2/1/disk#0",)}

    assert scope_slots(places, "east") == ("east/1/disk#0", "east/10/disk#1")
    assert scope_slots(places, "east/1") == ("east/1/disk#0",)
    assert scope_slots(places, "east/1/disk#0") == ("east/1/disk#0",)
    assert scope_slots(places, "north") == ()


def with_hardware(case: Case, *, racks: int, disks: int, **protect: Any) -> Case:
    site = case.designs["all"].sites["eastus"]
    changed = Site.model_validate(
        {
            "region": "eastus",
            "protect": {"copies": 3, "over": "zones", "placement": "random", **protect},
            "hardware": {"racks": racks, "disks": disks, "disk_size": 1e13},
        }
    )
    design = case.designs["all"].model_copy(update={"sites": {site.id: changed}})
    return case.model_copy(update={"designs": {"all": design}})


def places_of(case: Case) -> list[tuple[str, str]]:
    return [(place.disk, place.rack) for place in design_places(case, case.designs["all"].sites["eastus"])]


def test_without_hardware_each_copy_over_zones_or_racks_has_a_rack_of_its_own() -> None:
    zones = make_case(regions={"eastus": 2}, copies=3)
    assert [rack for _, rack in places_of(zones)] == ["eastus/1/rack#0", "eastus/2/rack#0", "eastus/1/rack#1"]
    disks = make_case(regions={"eastus": 2}, copies=3, over="disks")
    assert slots(disks, "rack") == {"eastus": ("eastus/1/rack#0",)}


def test_with_hardware_disks_are_numbered_through_the_racks_of_a_zone() -> None:
    case = with_hardware(make_case(regions={"eastus": 3}), racks=2, disks=5, ec="6+3", over="zones")
    assert places_of(case)[:6] == [
        ("eastus/1/disk#0", "eastus/1/rack#0"),
        ("eastus/2/disk#0", "eastus/2/rack#0"),
        ("eastus/3/disk#0", "eastus/3/rack#0"),
        ("eastus/1/disk#5", "eastus/1/rack#1"),
        ("eastus/2/disk#5", "eastus/2/rack#1"),
        ("eastus/3/disk#5", "eastus/3/rack#1"),
    ]
    assert places_of(case)[6] == ("eastus/1/disk#1", "eastus/1/rack#0")


def test_partitions_over_disks_fill_rack_after_rack() -> None:
    case = with_hardware(make_case(regions={"eastus": 3}), racks=2, disks=2, over="disks", placement="partitioned")
    assert [rack for _, rack in places_of(case)] == ["eastus/1/rack#0", "eastus/1/rack#0", "eastus/1/rack#1"]
    spread = with_hardware(make_case(regions={"eastus": 3}), racks=2, disks=2, over="disks")
    assert [rack for _, rack in places_of(spread)] == ["eastus/1/rack#0", "eastus/1/rack#1", "eastus/1/rack#0"]


def test_all_slots_are_those_of_the_hardware() -> None:
    case = with_hardware(make_case(regions={"eastus": 3}), racks=2, disks=4, over="zones")
    assert len(all_slots(case, "disk")["eastus"]) == 3 * 2 * 4
    assert len(all_slots(case, "rack")["eastus"]) == 3 * 2
    assert "eastus/2/rack#1/disk#7" in all_slots(case, "member")["eastus"]
    assert set(slots(case, "member")["eastus"]) <= set(all_slots(case, "member")["eastus"])


def test_a_clock_of_racks_holds_the_disks_of_one_rack() -> None:
    batch = {"name": "batch", "what": "disk", "kind": "destroyed", "where": ("eastus/1",), "every": Constant(1e6)}
    rows = {"batch": Fault.model_validate({**batch, "share": 0.5, "within": "rack"})}
    case = with_hardware(make_case(regions={"eastus": 1}), racks=2, disks=4, over="racks")
    (row,) = fault_rows(case.model_copy(update={"faults": rows}))
    assert [(group.name, group.things) for group in row.groups] == [
        ("faults/batch/eastus/1/rack#0", ("eastus/1/rack#0/disk#0", "eastus/1/rack#0/disk#1")),
        ("faults/batch/eastus/1/rack#1", ("eastus/1/rack#1/disk#4",)),
    ]


def test_a_count_is_chosen_among_all_disks_there_are() -> None:
    # Nine of 40 disks, three of which are followed: on average 9 x 3/40 of them are hit; the count of the
    # followed ones is hypergeometric, so that the mean over n events has a standard error of about 0.7 / sqrt(n).
    burst = {"name": "burst", "what": "disk", "kind": "destroyed", "where": ("eastus/1",), "lasts": Constant(0.0)}
    rows = {"burst": Fault.model_validate({**burst, "every": Constant(3600.0), "count": 9})}
    plain = make_case(regions={"eastus": 1}, horizon=4000 * 3600.0)
    case = with_hardware(plain, racks=10, disks=4, over="racks").model_copy(update={"faults": rows})
    hits = len(draw_faults(case, seed=1, replication=0).windows)
    events, mean = 4000, 9 * 3 / 40
    variance = mean * (1 - 9 / 40) * (40 - 3) / (40 - 1)
    assert abs(hits / events - mean) < 4.89 * math.sqrt(variance / events) + 1 / events
