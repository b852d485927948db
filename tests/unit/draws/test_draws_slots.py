from __future__ import annotations

from georep_sim.draws.slots import design_slots, scope_slots, slots
from support.draw_cases import make_case


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
