from __future__ import annotations

from typing import Any

from georep_sim.laws import Constant
from georep_sim.tables import Admission, Mark, Operation, Timeline, Verb
from support.worlds import DAY_S, admitted, marked, play, redundant, replicated, said, world

FAULTS: dict[str, dict[str, Any]] = {
    "destroyed": {"what": "storage", "kind": "destroyed", "where": ("a",)},
    "passive": {"what": "storage", "kind": "destroyed", "where": ("b",)},
    "source": {"what": "region", "kind": "outage", "where": ("b",)},
    "place": {"what": "region", "kind": "outage", "where": ("a",)},
    "line": {"what": "link", "kind": "cut", "where": ("b -> a",)},
    "narrow": {"what": "link", "kind": "slow", "where": ("b -> a",), "factor": 0.5},
    "mistake": {"what": "operator", "kind": "delete", "where": (), "share": 0.01},
}


def mended(*drawn: tuple[str, str, float, float], **repair: Any) -> Timeline:
    """The site in a is emptied at 0 and its place back at 1,000 s; 1 TB over 125 MB/s takes 8,000 s."""
    case = world({"d": replicated(repair=repair)}, faults=FAULTS)
    return play(case, ("destroyed", "a", 0.0, 1000.0), *drawn)


def test_a_reseed_takes_its_bytes_over_the_link() -> None:
    assert marked(mended(), Mark.RESEEDED) == [(9000.0, "a")]


def test_a_stated_length_wins() -> None:
    assert marked(mended(reseed=Constant(300.0)), Mark.RESEEDED) == [(1300.0, "a")]


def test_a_reseed_pauses_while_the_source_or_the_link_or_the_place_is_away() -> None:
    assert marked(mended(("source", "b", 500.0, 3000.0)), Mark.RESEEDED) == [(11_000.0, "a")]
    assert marked(mended(("line", "b -> a", 2000.0, 5000.0)), Mark.RESEEDED) == [(12_000.0, "a")]
    assert marked(mended(("place", "a", 2000.0, 5000.0)), Mark.RESEEDED) == [(12_000.0, "a")]
    assert marked(mended(("source", "b", 1100.0, 1200.0), reseed=Constant(300.0)), Mark.RESEEDED) == [(1400.0, "a")]


def test_a_reseed_over_a_slow_link_takes_longer() -> None:
    # 1,000 s at full rate, 4,000 s at half, 5,000 s at full: 8,000 s of work.
    assert marked(mended(("narrow", "b -> a", 2000.0, 6000.0)), Mark.RESEEDED) == [(11_000.0, "a")]


def test_another_loss_meanwhile_starts_the_reseed_again() -> None:
    timeline = mended(("destroyed", "a", 5000.0, 6000.0))
    assert marked(timeline, Mark.RESEEDED) == [(14_000.0, "a")]
    assert [time_s for time_s, _ in said(timeline, Verb.LOSE, 0)] == [0.0]


def test_two_emptied_sites_wait_for_ever() -> None:
    timeline = mended(("passive", "b", 2000.0, 3000.0))
    assert marked(timeline, Mark.RESEEDED) == []
    assert admitted(timeline, "b", Operation.PULL)[-1] == (3000.0, Admission.NOT_FOUND)


def test_an_emptied_standby_is_refilled_by_its_home() -> None:
    timeline = play(world({"d": redundant()}, faults=FAULTS), ("passive", "b", 0.0, 1000.0))
    assert marked(timeline, Mark.RESEEDED) == [(9000.0, "passive")]
    assert said(timeline, Verb.LOSE, 1) == [(0.0, 1.0)]


def test_a_mistaken_delete_travels_with_the_lag() -> None:
    timeline = play(world({"d": replicated()}, faults=FAULTS), ("mistake", "registry", DAY_S, DAY_S))
    assert said(timeline, Verb.LOSE, 0) == [(DAY_S, -0.01)]
    assert said(timeline, Verb.LOSE, 1) == [(DAY_S + 60.0, -0.01)]


def test_a_delete_waits_for_the_destination() -> None:
    timeline = play(
        world({"d": replicated()}, faults=FAULTS), ("mistake", "registry", 100.0, 100.0), ("source", "b", 50.0, 5000.0)
    )
    assert said(timeline, Verb.LOSE, 1) == [(5000.0, -0.01)]


def test_a_delete_that_edges_do_not_carry_stays_at_home() -> None:
    design = replicated()
    design["replicate"] = {"copies": design["replicate"]["copies"] | {"deletes": False}}
    timeline = play(world({"d": design}, faults=FAULTS), ("mistake", "registry", 100.0, 100.0))
    assert said(timeline, Verb.LOSE, 0) == [(100.0, -0.01)]
    assert said(timeline, Verb.LOSE, 1) == []


def test_nobody_deletes_from_a_registry_that_does_not_answer() -> None:
    timeline = play(
        world({"d": replicated()}, faults=FAULTS), ("place", "a", 50.0, 5000.0), ("mistake", "registry", 100.0, 100.0)
    )
    assert timeline.faults["masked"].tolist() == [False, True]
    assert said(timeline, Verb.LOSE, 0) == []


def test_after_a_promotion_the_delete_is_made_at_the_promoted_site() -> None:
    timeline = play(
        world({"d": redundant()}, faults=FAULTS),
        ("destroyed", "a", 0.0, 1000.0),
        ("mistake", "registry", 2 * DAY_S, 2 * DAY_S),
    )
    assert said(timeline, Verb.LOSE, 1) == [(2 * DAY_S, -0.01)]
