"""What each kind of fault makes a site or link say, worked out by hand from the language's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from georep_sim.tables import Admission, Mark, Operation, Timeline, Verb
from support.worlds import admitted, marked, play, redundant, replicated, said, world

if TYPE_CHECKING:
    from georep_sim.scenario import Case

OK, UNREACHABLE, STORAGE_ERROR, NOT_FOUND, DENIED = Admission
PULL, PUSH, CONTROL = Operation


def struck(what: str, kind: str, target: str, **more: Any) -> Timeline:
    """One window from 1,000 s to 2,000 s on the replicated design; a has three zones, b one."""
    case = world({"d": replicated()}, faults={"f": {"what": what, "kind": kind, "where": (target,), **more}})
    return play(case, ("f", target, 1000.0, 2000.0))


@pytest.mark.parametrize(
    ("what", "kind", "pull", "push", "control"),
    [
        ("region", "outage", UNREACHABLE, UNREACHABLE, UNREACHABLE),
        ("site", "outage", UNREACHABLE, UNREACHABLE, UNREACHABLE),
        ("storage", "outage", STORAGE_ERROR, STORAGE_ERROR, None),
        ("storage", "read_only", None, STORAGE_ERROR, None),
    ],
)
def test_a_place_that_stands_still_answers_so_and_is_back(
    what: str, kind: str, pull: Admission | None, push: Admission | None, control: Admission | None
) -> None:
    timeline = struck(what, kind, "a")
    for operation, answer in ((PULL, pull), (PUSH, push), (CONTROL, control)):
        expected = [] if answer is None else [(1000.0, answer), (2000.0, OK)]
        assert admitted(timeline, "a", operation) == expected
        assert admitted(timeline, "b", operation) == []


def test_requests_in_flight_end_only_where_pulls_stop() -> None:
    assert said(struck("storage", "outage", "a"), Verb.KILL, 0) == [(1000.0, 0.0)]
    assert said(struck("storage", "read_only", "a"), Verb.KILL, 0) == []


def test_a_fault_in_a_region_without_a_site_changes_nothing() -> None:
    assert set(struck("region", "outage", "c").changes["time_ns"]) == {0}


def test_a_zone_takes_its_share_of_the_workers_of_a_site_over_three() -> None:
    timeline = struck("zone", "outage", "a/2")
    assert said(timeline, Verb.RESIZE, 0) == [(1000.0, 43.0), (2000.0, 64.0)]  # two thirds of 64
    assert admitted(timeline, "a", PULL) == []


def test_a_zone_is_all_of_a_site_that_stands_in_it_alone() -> None:
    timeline = struck("zone", "outage", "b/1")
    assert admitted(timeline, "b", PULL) == [(1000.0, UNREACHABLE), (2000.0, OK)]
    assert said(timeline, Verb.RESIZE, 1) == []


def test_all_zones_at_once_are_the_region() -> None:
    case = world({"d": replicated()}, faults={"z": {"what": "zone", "kind": "outage", "where": ("a/1", "a/2", "a/3")}})
    timeline = play(case, ("z", "a/1", 100.0, 900.0), ("z", "a/2", 200.0, 800.0), ("z", "a/3", 300.0, 700.0))
    assert admitted(timeline, "a", PULL) == [(300.0, UNREACHABLE), (700.0, OK)]
    assert [v for _, v in said(timeline, Verb.RESIZE, 0)] == [43.0, 21.0, 43.0, 64.0]


def test_slow_factors_multiply() -> None:
    faults = {
        "s": {"what": "site", "kind": "slow", "where": ("a",), "factor": 0.5},
        "r": {"what": "region", "kind": "slow", "where": ("a",), "factor": 0.4},
    }
    timeline = play(world({"d": replicated()}, faults=faults), ("s", "a", 100.0, 300.0), ("r", "a", 200.0, 400.0))
    assert said(timeline, Verb.SLOW, 0) == [(100.0, 0.5), (200.0, 0.2), (300.0, 0.4), (400.0, 1.0)]


def test_a_slow_zone_slows_its_share() -> None:
    timeline = struck("zone", "slow", "a/1", factor=0.4)
    assert said(timeline, Verb.SLOW, 0) == [(1000.0, pytest.approx(0.8)), (2000.0, 1.0)]


def test_links_are_cut_in_both_directions_or_in_one() -> None:
    both, one = struck("link", "cut", "a <-> b"), struck("link", "cut", "a -> b")
    there, back = both.topology.links.index(("a", "b")), both.topology.links.index(("b", "a"))
    cut = [(1000.0, 1.0), (2000.0, 0.0)]
    assert said(both, Verb.CUT, there) == said(both, Verb.CUT, back) == said(one, Verb.CUT, there) == cut
    assert said(one, Verb.CUT, back) == []


def test_slow_and_lossy_links_have_entities_after_the_sites() -> None:
    slow, lossy = struck("link", "slow", "a -> b", factor=0.25), struck("link", "lossy", "a -> b", share=0.02)
    sites, links = len(slow.topology.sites), len(slow.topology.links)
    link = slow.topology.links.index(("a", "b"))
    assert said(slow, Verb.SLOW, sites + link) == [(1000.0, 0.25), (2000.0, 1.0)]
    assert said(lossy, Verb.SLOW, sites + links + link) == [(1000.0, pytest.approx(0.02)), (2000.0, 0.0)]


def test_overlapping_windows_hold_until_the_last_has_ended() -> None:
    faults = {
        "r": {"what": "region", "kind": "outage", "where": ("a",)},
        "s": {"what": "storage", "kind": "outage", "where": ("a",)},
    }
    case = world({"d": replicated()}, faults=faults)
    timeline = play(case, ("s", "a", 100.0, 500.0), ("r", "a", 200.0, 400.0), ("s", "a", 300.0, 600.0))
    assert admitted(timeline, "a", PULL) == [
        (100.0, STORAGE_ERROR), (200.0, UNREACHABLE), (400.0, STORAGE_ERROR), (600.0, OK)
    ]  # fmt: skip


def test_an_end_and_a_start_at_one_instant_leave_no_gap() -> None:
    case = world({"d": replicated()}, faults={"r": {"what": "region", "kind": "outage", "where": ("a",)}})
    timeline = play(case, ("r", "a", 100.0, 200.0), ("r", "a", 200.0, 300.0))
    assert admitted(timeline, "a", PULL) == [(100.0, UNREACHABLE), (300.0, OK)]


def test_a_destroyed_region_is_back_empty() -> None:
    timeline = struck("region", "destroyed", "a")
    assert admitted(timeline, "a", PULL)[:2] == [(1000.0, UNREACHABLE), (2000.0, NOT_FOUND)]
    assert admitted(timeline, "a", CONTROL) == [(1000.0, UNREACHABLE), (2000.0, OK)]
    assert said(timeline, Verb.LOSE, 0) == [(1000.0, 1.0)]


def test_corruption_goes_unnoticed_until_its_window_ends() -> None:
    timeline = struck("storage", "corrupt", "a")
    assert admitted(timeline, "a", PULL)[:2] == [(1000.0, STORAGE_ERROR), (2000.0, NOT_FOUND)]
    assert said(timeline, Verb.LOSE, 0) == [(2000.0, 1.0)]
    assert min(time_s for time_s, _ in marked(timeline, Mark.DETECTED)) > 2000.0


def test_a_standby_in_trouble_says_so_rather_than_refuse() -> None:
    faults = {"s": {"what": "storage", "kind": "outage", "where": ("b",)}}
    timeline = play(world({"d": redundant()}, faults=faults), ("s", "b", 1000.0, 2000.0))
    assert admitted(timeline, "passive", PUSH) == [(0.0, DENIED), (1000.0, STORAGE_ERROR), (2000.0, DENIED)]


def test_without_any_source_an_emptied_registry_starts_afresh() -> None:
    design = replicated() | {"replicate": {}}
    case = world({"d": design}, faults={"s": {"what": "storage", "kind": "destroyed", "where": ("b",)}})
    timeline = play(case, ("s", "b", 1000.0, 2000.0))
    assert admitted(timeline, "b", PULL) == [(1000.0, STORAGE_ERROR), (2000.0, NOT_FOUND)]
    assert admitted(timeline, "b", PUSH) == [(1000.0, STORAGE_ERROR), (2000.0, OK)]


def test_a_row_of_other_designs_does_not_strike() -> None:
    fault = {"what": "region", "kind": "outage", "where": ("a",), "designs": ("other",)}
    case = world({"d": replicated(), "other": replicated()}, faults={"f": fault})
    window = ("f", "a", 1000.0, 2000.0)
    assert len(play(case, window, design="d").faults) == 0
    assert admitted(play(case, window, design="other"), "a", PULL) == [(1000.0, UNREACHABLE), (2000.0, OK)]


@pytest.fixture
def disks() -> Case:
    faults = {
        "dead": {"what": "disk", "kind": "destroyed", "where": ("a",)},
        "away": {"what": "disk", "kind": "outage", "where": ("a",)},
        "zone": {"what": "zone", "kind": "destroyed", "where": ("a/1",)},
        "latent": {"what": "disk", "kind": "latent_error", "where": ("a",)},
    }
    return world({"d": replicated()}, faults=faults, stored=9e10)  # a rebuild takes 900 s, found after 900 s


def test_a_failure_of_a_disk_out_of_service_is_masked(disks: Case) -> None:
    disk = "a/1/disk#0"
    timeline = play(disks, ("dead", disk, 100.0, 100.0), ("dead", disk, 1899.0, 1899.0), ("dead", disk, 1901.0, 1901.0))
    # The first is rebuilt at 100 + 900 + 900 = 1,900 s.
    assert timeline.faults["masked"].tolist() == [False, True, False]
    assert set(timeline.changes["time_ns"]) == {0}


def test_the_last_copy_takes_the_content_with_it(disks: Case) -> None:
    timeline = play(disks, *(("dead", f"a/{j + 1}/disk#{j}", 100.0 * (j + 1), 100.0 * (j + 1)) for j in range(3)))
    assert said(timeline, Verb.LOSE, 0) == [(300.0, 1.0)]
    # 90 GB over 125 MB/s are 720 s; the places are there at once.
    assert admitted(timeline, "a", PULL) == [(300.0, NOT_FOUND), (1020.0, OK)]
    assert marked(timeline, Mark.RESEEDED) == [(1020.0, "a")]


def test_a_rebuild_in_time_saves_the_content(disks: Case) -> None:
    hits = [("dead", "a/1/disk#0", 100.0, 100.0), ("dead", "a/2/disk#1", 1000.0, 1000.0)]
    timeline = play(disks, *hits, ("dead", "a/3/disk#2", 1901.0, 1901.0))
    assert said(timeline, Verb.LOSE, 0) == []


def test_copies_that_are_only_away_come_back_with_their_bytes(disks: Case) -> None:
    hits = [("dead", "a/1/disk#0", 100.0, 100.0), ("away", "a/2/disk#1", 150.0, 900.0)]
    timeline = play(disks, *hits, ("away", "a/3/disk#2", 200.0, 800.0))
    assert admitted(timeline, "a", PULL) == [(200.0, STORAGE_ERROR), (800.0, OK)]
    assert said(timeline, Verb.LOSE, 0) == []


def test_a_destroyed_zone_is_rebuilt_from_the_others(disks: Case) -> None:
    timeline = play(
        disks,
        ("zone", "a/1", 100.0, 5000.0),
        ("dead", "a/1/disk#0", 5800.0, 5800.0),
        ("dead", "a/1/disk#0", 5901.0, 5901.0),
    )
    assert said(timeline, Verb.LOSE, 0) == []
    # Found long ago when its place returns at 5,000 s; rebuilt at 5,900 s.
    assert timeline.faults["masked"].tolist() == [False, True, False]


def test_a_latent_error_waits_for_the_scrub_and_costs_the_copy(disks: Case) -> None:
    period_s = 14 * 86_400.0
    spoiled = ("latent", "a/1/disk#0", 100.0, 100.0)
    later = [("dead", "a/1/disk#0", 100.0 + period_s + 901.0, 100.0 + period_s + 901.0)]
    # Found within one period and rebuilt in 900 s: a failure after that is a failure, one before is masked.
    assert play(disks, spoiled, *later).faults["masked"].tolist() == [False, False]
    assert play(disks, spoiled, ("dead", "a/1/disk#0", 200.0, 200.0)).faults["masked"].tolist() == [False, True]
    others = [("dead", f"a/{j + 1}/disk#{j}", 200.0, 200.0) for j in (1, 2)]
    assert said(play(disks, spoiled, *others), Verb.LOSE, 0) == [(200.0, 1.0)]
