"""Codes, racks, metadata and rebuilds that wait, played by hand."""

from __future__ import annotations

from typing import Any

import pytest

from georep_sim.laws import Constant, Exponential
from georep_sim.tables import Admission, Mark, Operation, Timeline, Verb
from support.worlds import DAY_S, admitted, marked, play, said, world

FAULTS: dict[str, dict[str, Any]] = {
    "disk": {"what": "disk", "kind": "destroyed", "where": ("a",), "lasts": Constant(0.0)},
    "away": {"what": "disk", "kind": "outage", "where": ("a",)},
    "sector": {"what": "disk", "kind": "latent_error", "where": ("a",)},
    "rack": {"what": "rack", "kind": "outage", "where": ("a",)},
    "crushed": {"what": "rack", "kind": "destroyed", "where": ("a",), "lasts": Constant(0.0)},
    "batch": {
        "what": "disk", "kind": "destroyed", "where": ("a",), "lasts": Constant(0.0), "share": 1.0, "within": "rack",
    },
    "names": {"what": "metadata", "kind": "outage", "where": ("a",)},
    "no-names": {"what": "metadata", "kind": "destroyed", "where": ("a",)},
    "zone": {"what": "zone", "kind": "outage", "where": ("a/1",)},
    "keys": {"what": "operator", "kind": "purge", "where": (), "share": 0.5},
}  # fmt: skip
HOUR_S = 3600.0


def site(protect: dict[str, Any], **blocks: Any) -> dict[str, Any]:
    """A design of one site in a, whose rebuilds take 1,000 s from the moment of the loss unless told otherwise."""
    repair = {"detect": Constant(0.0), "time": Constant(1000.0), **blocks.get("repair", {})}
    hardware = {"hardware": blocks["hardware"]} if "hardware" in blocks else {}
    return {"home": "a", "sites": {"a": {"id": "a", "region": "a", "protect": protect, **hardware}}, "repair": repair}


def pulls(
    design: dict[str, Any], *drawn: tuple[str, str, float, float], stored: float = 1e12
) -> list[tuple[float, float]]:
    """Answers to pulls after each change."""
    return admitted(play(world({"d": design}, faults=FAULTS, stored=stored), *drawn), "a", Operation.PULL)


def losses(timeline: Timeline) -> list[float]:
    return [time_s for time_s, _ in said(timeline, Verb.LOSE, 0)]


def failing(*disks: int, at: float = 100.0, what: str = "disk") -> list[tuple[str, str, float, float]]:
    """Disks of the first zone that fail a second after each other; an outage lasts an hour."""
    length = HOUR_S if what == "away" else 0.0
    return [(what, f"a/1/disk#{disk}", at + k, at + k + length) for k, disk in enumerate(disks)]


def test_a_code_serves_while_enough_fragments_can_be_read() -> None:
    code = site({"ec": "4+2", "over": "racks"})
    assert pulls(code, *failing(0, 3, what="away")) == []
    assert pulls(code, *failing(0, 3, 5, what="away")) == [(102.0, Admission.STORAGE_ERROR), (3700.0, Admission.OK)]


def test_a_code_is_lost_with_one_fragment_more_than_it_has_parities() -> None:
    case = world({"d": site({"ec": "4+2", "over": "racks"})}, faults=FAULTS)
    assert losses(play(case, *failing(0, 1))) == []
    assert losses(play(case, *failing(0, 1, 2))) == [102.0]
    # What is away is not lost.
    assert losses(play(case, *failing(0, 1), *failing(4, 5, what="away"))) == []


@pytest.mark.parametrize(
    ("gone", "is_lost"),
    [
        ((0, 1, 2), False),  # three of one group: its local parity and both global ones mend it
        ((0, 1, 2, 3), True),
        ((0, 1, 6, 7), False),  # two of each group: one by each local parity, two by the global ones
        ((0, 1, 2, 6), False),
        ((14, 15, 0, 1), True),
        ((0, 6, 14, 15), False),
        ((12, 13, 14, 15), False),
        ((0, 1, 2, 6, 7), True),
    ],
)
def test_a_local_reconstruction_code_is_lost_by_the_pattern(gone: tuple[int, ...], is_lost: bool) -> None:
    case = world({"d": site({"ec": "12+2+2", "over": "racks"})}, faults=FAULTS)
    assert losses(play(case, *failing(*gone))) == ([100.0 + len(gone) - 1] if is_lost else [])


def test_a_rack_takes_what_stands_in_it() -> None:
    # Two racks: fragments 0, 2, 4 in the first and 1, 3, 5 in the second.
    code = site({"ec": "4+2", "over": "racks"}, hardware={"racks": 2, "disks": 24, "disk_size": 1e13})
    down = [(0.0, Admission.STORAGE_ERROR), (HOUR_S, Admission.OK)]
    assert pulls(code, ("rack", "a/1/rack#1", 0.0, HOUR_S)) == down
    # Without hardware each fragment is in a rack of its own.
    assert pulls(site({"ec": "4+2", "over": "racks"}), ("rack", "a/1/rack#1", 0.0, HOUR_S)) == []
    case = world({"d": code}, faults=FAULTS)
    assert losses(play(case, ("crushed", "a/1/rack#0", 50.0, 50.0))) == [50.0]


def test_a_destroyed_rack_is_rebuilt() -> None:
    three = site({"copies": 3, "over": "racks"})
    # The copy in rack 0 is back after 1,000 s, so that the other two may go then.
    drawn = [("crushed", "a/1/rack#0", 0.0, 0.0), *failing(1, 2, at=1000.5)]
    assert losses(play(world({"d": three}, faults=FAULTS), *drawn)) == []
    assert losses(play(world({"d": three}, faults=FAULTS), drawn[0], *failing(1, 2, at=990.0))) == [991.0]


def test_a_clock_of_a_rack_names_disks_by_their_rack() -> None:
    code = site({"ec": "4+2", "over": "racks"}, hardware={"racks": 3, "disks": 4, "disk_size": 1e13})
    case = world({"d": code}, faults=FAULTS)
    inside = [("batch", f"a/1/rack#{rack}/disk#{disk}", 10.0, 10.0) for rack, disk in ((0, 0), (0, 1), (1, 4))]
    assert losses(play(case, *inside)) == [10.0]
    # The same number in another rack is another disk.
    assert losses(play(case, *inside[:2], ("batch", "a/1/rack#2/disk#4", 10.0, 10.0))) == []


def test_a_zone_takes_its_fragments() -> None:
    assert pulls(site({"ec": "4+2", "over": "zones"}), ("zone", "a/1", 0.0, HOUR_S)) == []
    down = [(0.0, Admission.STORAGE_ERROR), (HOUR_S, Admission.OK)]
    assert pulls(site({"ec": "8+1", "over": "zones"}), ("zone", "a/1", 0.0, HOUR_S)) == down


def test_without_names_nothing_is_found_or_written() -> None:
    case = world({"d": site({"copies": 3, "over": "racks"})}, faults=FAULTS)
    timeline = play(case, ("names", "a", 100.0, 400.0))
    for operation in (Operation.PULL, Operation.PUSH):
        assert admitted(timeline, "a", operation) == [(100.0, Admission.STORAGE_ERROR), (400.0, Admission.OK)]
    assert admitted(timeline, "a", Operation.CONTROL) == []
    assert losses(timeline) == []


def test_lost_names_are_lost_content() -> None:
    case = world({"d": site({"copies": 3, "over": "racks"})}, faults=FAULTS)
    timeline = play(case, ("no-names", "a", 100.0, 400.0))
    assert losses(timeline) == [100.0]
    answers = admitted(timeline, "a", Operation.PULL)
    assert answers == [(100.0, Admission.STORAGE_ERROR), (400.0, Admission.NOT_FOUND)]


def test_a_purge_takes_content_as_a_delete_does() -> None:
    timeline = play(world({"d": site({"copies": 3, "over": "racks"})}, faults=FAULTS), ("keys", "registry", 5.0, 5.0))
    assert said(timeline, Verb.LOSE, 0) == [(5.0, -0.5)]


# --- rebuilds that wait ----------------------------------------------------------------------------------------------


def back_s(protect: dict[str, Any], repair: dict[str, Any], *gone: int, fragments: int) -> list[int]:
    """When each of some disks that fail together is back: found by letting the others, and then it, go."""
    case = world({"d": site(protect, repair=repair)}, faults=FAULTS, stored=4e11)
    found = []
    for disk in gone:
        # Lost only if this one is still gone: with all the others away it would be the last straw.
        rest = [other for other in range(fragments) if other != disk][: fragments - 1]
        low, high = 100.0, 100_000.0
        while high - low > 0.5:
            middle = 0.5 * (low + high)
            probe = [("away", f"a/1/disk#{other}", middle, middle + 1.0) for other in rest]
            answers = admitted(
                play(case, *[("disk", f"a/1/disk#{one}", 100.0, 100.0) for one in gone], *probe), "a", Operation.PULL
            )
            low, high = (middle, high) if answers else (low, middle)
        found.append(round(high))
    return found


def test_crews_take_one_after_another_in_the_order_of_discovery() -> None:
    copies = {"copies": 5, "over": "racks"}
    assert back_s(copies, {}, 0, 1, 2, fragments=5) == [1100, 1100, 1100]
    assert back_s(copies, {"crews": 1.0}, 0, 1, 2, fragments=5) == [1100, 2100, 3100]
    assert back_s(copies, {"crews": 2.0}, 0, 1, 2, fragments=5) == [1100, 1100, 2100]


def test_shared_bandwidth_slows_all_rebuilds_alike() -> None:
    copies = {"copies": 5, "over": "racks"}
    # 400 GB at 100 MB/s: 4,000 s alone; three share what two could use: 6,000 s.
    by_bytes = {"time": None, "bandwidth": 1e8}
    assert back_s(copies, by_bytes, 0, 1, 2, fragments=5) == [4100, 4100, 4100]
    assert back_s(copies, {**by_bytes, "shared": 2e8}, 0, 1, 2, fragments=5) == [6100, 6100, 6100]
    assert back_s(copies, {**by_bytes, "shared": 2e8}, 0, fragments=5) == [4100]


def test_a_fragment_of_a_code_is_smaller_than_a_copy() -> None:
    # 400 GB in 4+1: 100 GB on each disk.
    case = world(
        {"d": site({"ec": "4+1", "over": "racks"}, repair={"time": None, "bandwidth": 1e8})}, faults=FAULTS, stored=4e11
    )
    assert losses(play(case, *failing(0), *failing(1, at=1099.0))) == [1099.0]
    assert losses(play(case, *failing(0), *failing(1, at=1101.0))) == []


def test_a_disk_of_hardware_holds_its_part_of_all() -> None:
    # 400 GB three times on 2 x 6 disks: 100 GB on each.
    design = site(
        {"copies": 3, "over": "racks", "placement": "random"},
        repair={"time": None, "bandwidth": 1e8},
        hardware={"racks": 2, "disks": 6, "disk_size": 1e12},
    )
    case = world({"d": design}, faults=FAULTS, stored=4e11)
    # Copies stand on the first disk of each rack, and on the second of the first.
    drawn = [*failing(0), *failing(6, 1, at=1098.0)]
    assert losses(play(case, *drawn)) == [1099.0]
    assert losses(play(case, *failing(0), *failing(6, 1, at=1100.5))) == []


def test_lazy_rebuilds_wait_and_then_finish() -> None:
    # Four may be gone, so that rebuilds start with the third.
    copies, lazy = {"copies": 5, "over": "racks"}, {"start": "lazy"}
    case = world({"d": site(copies, repair=lazy)}, faults=FAULTS)
    assert losses(play(case, *failing(0, 1), *failing(2, 3, 4, at=DAY_S))) == [DAY_S + 2.0]
    # With the third of them all come back; the day after nothing of it is left.
    assert losses(play(case, *failing(0, 1, 2), *failing(3, 4, at=DAY_S), *failing(0, 1, at=DAY_S + 2.0))) == []
    assert losses(play(case, *failing(0, 1, 2), *failing(0, 1, 2, 3, 4, at=1105.0))) == [1109.0]


def test_a_latent_error_is_found_by_the_next_scrub_whatever_its_law() -> None:
    case = world(
        {"d": site({"copies": 2, "over": "racks"}, repair={"scrub": Exponential(DAY_S)})},
        faults=FAULTS,
        horizon=30 * DAY_S,
    )
    spoilt = ("sector", "a/1/disk#0", 0.0, 0.0)
    assert losses(play(case, spoilt, *failing(1, at=1.0))) == [1.0]
    assert losses(play(case, spoilt, *failing(1, at=20 * DAY_S))) == []


def test_a_period_of_scrubs_bounds_how_long_an_error_stays() -> None:
    case = world({"d": site({"copies": 2, "over": "racks"}, repair={"scrub": Constant(HOUR_S)})}, faults=FAULTS)
    spoilt = ("sector", "a/1/disk#0", 0.0, 0.0)
    assert losses(play(case, spoilt, *failing(1, at=HOUR_S + 1001.0))) == []


def test_an_emptied_site_forgets_its_rebuilds() -> None:
    design = site({"copies": 2, "over": "racks"}, repair={"crews": 1.0})
    design["sites"]["b"] = {"id": "b", "region": "b", "protect": {"copies": 2, "over": "racks"}}
    design["replicate"] = {
        "copies": {"name": "copies", "from": ("b",), "to": ("a",), "lag": Constant(60.0), "pairs": (("b", "a"),)}
    }
    case = world({"d": design}, faults=FAULTS, stored=1e11)
    timeline = play(case, *failing(0, 1))
    # Lost at 101 s; 100 GB over 125 MB/s take 800 s, and bring back both copies at once.
    assert losses(timeline) == [101.0]
    assert marked(timeline, Mark.RESEEDED) == [(901.0, "a")]
    assert losses(play(case, *failing(0, 1), *failing(0, at=950.0))) == [101.0]
