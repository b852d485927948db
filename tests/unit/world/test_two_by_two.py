"""The 2 x 2 by hand: storage destroyed or region down, against geo-redundant or geo-replicated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.tables import NS_PER_S, Admission, Mark, Operation, Verb
from support.worlds import DAY_S, admitted, aimed, marked, play, redundant, replicated, said, world

if TYPE_CHECKING:
    from georep_sim.scenario import Case

OK, UNREACHABLE, STORAGE_ERROR, NOT_FOUND, DENIED = Admission
FAULTS = {
    "region": {"what": "region", "kind": "outage", "where": ("a",)},
    "storage": {"what": "storage", "kind": "destroyed", "where": ("a",)},
}
REGION_DOWN = ("region", "a", 10 * DAY_S, 10 * DAY_S + 6 * 3600.0)
STORAGE_DESTROYED = ("storage", "a", 10 * DAY_S, 11 * DAY_S)


@pytest.fixture
def case() -> Case:
    return world({"replicated": replicated(), "redundant": redundant()}, faults=FAULTS)


def test_region_down_leaves_the_redundant_registry_unreachable_for_as_long_as_it_lasts(case: Case) -> None:
    timeline = play(case, REGION_DOWN, design="redundant")
    for operation in Operation:
        assert admitted(timeline, "a", operation) == [(864_000.0, UNREACHABLE), (885_600.0, OK)]
        assert admitted(timeline, "passive", operation) == [(0.0, DENIED)]
    for cohort in "abc":
        assert aimed(timeline, cohort) == [(0.0, ("a",))]
    assert said(timeline, Verb.LOSE, 0) == []
    assert said(timeline, Verb.KILL, 0) == [(864_000.0, 0.0)]
    assert len(timeline.marks) == 0


def test_region_down_moves_the_clients_of_the_replicated_registry(case: Case) -> None:
    timeline = play(case, REGION_DOWN, design="replicated")
    ((detected_s, site),) = marked(timeline, Mark.DETECTED)
    ((recovered_s, _),) = marked(timeline, Mark.RECOVERED)
    assert site == "a"
    # Four failures 30 s apart, the first within 30 s, the last known after its timeout of 10 s; one success.
    assert 864_100.0 <= detected_s <= 864_130.0
    assert 885_600.0 <= recovered_s <= 885_630.0
    assert (recovered_s - detected_s + 10.0) % 30.0 == pytest.approx(0.0, abs=1e-6)
    assert aimed(timeline, "a") == [(0.0, ("a", "b")), (detected_s, ("b",)), (recovered_s, ("a", "b"))]
    assert aimed(timeline, "c") == [(0.0, ("b", "a")), (detected_s, ("b",)), (recovered_s, ("b", "a"))]
    assert marked(timeline, Mark.EXECUTED) == [(detected_s, "a")]
    assert marked(timeline, Mark.FAILED_BACK) == [(recovered_s, "a")]
    assert said(timeline, Verb.LOSE, 0) == []


def test_storage_destroyed_makes_the_redundant_registry_wait_for_its_vendor(case: Case) -> None:
    timeline = play(case, STORAGE_DESTROYED, design="redundant")
    executed_s = 864_000.0 + DAY_S + 3600.0
    back_s = executed_s + 7 * DAY_S
    assert admitted(timeline, "a", Operation.PULL) == [(864_000.0, STORAGE_ERROR), (950_400.0, NOT_FOUND), (back_s, OK)]
    assert admitted(timeline, "a", Operation.CONTROL) == [(executed_s, DENIED), (back_s, OK)]
    assert admitted(timeline, "passive", Operation.PUSH) == [(0.0, DENIED), (executed_s, OK), (back_s, DENIED)]
    for cohort in "abc":
        assert aimed(timeline, cohort) == [(0.0, ("a",)), (executed_s, ("passive",)), (back_s, ("a",))]
    # Lost once, at the start: what was not copied then; nothing more when the failover is executed.
    assert said(timeline, Verb.LOSE, 0) == [(864_000.0, 1.0)]
    assert marked(timeline, Mark.DETECTED) == [(864_000.0, "a")]
    assert marked(timeline, Mark.DECIDED) == [(950_400.0, "a")]
    assert marked(timeline, Mark.EXECUTED) == [(executed_s, "a")]
    assert marked(timeline, Mark.RESEEDED) == marked(timeline, Mark.FAILED_BACK) == [(back_s, "a")]


def test_storage_destroyed_is_refilled_from_the_other_replica(case: Case) -> None:
    timeline = play(case, STORAGE_DESTROYED, design="replicated")
    ((detected_s, _),) = marked(timeline, Mark.DETECTED)
    ((reseeded_s, _),) = marked(timeline, Mark.RESEEDED)
    ((recovered_s, _),) = marked(timeline, Mark.RECOVERED)
    assert 864_100.0 <= detected_s <= 864_130.0
    # 1 TB over 125 MB/s takes 8,000 s, from the return of the place.
    assert reseeded_s == 950_400.0 + 8_000.0
    assert reseeded_s <= recovered_s <= reseeded_s + 30.0
    for operation in (Operation.PULL, Operation.PUSH):
        assert admitted(timeline, "a", operation) == [
            (864_000.0, STORAGE_ERROR), (950_400.0, NOT_FOUND), (reseeded_s, OK)
        ]  # fmt: skip
    assert admitted(timeline, "a", Operation.CONTROL) == []
    assert said(timeline, Verb.LOSE, 0) == [(864_000.0, 1.0)]
    assert aimed(timeline, "a") == [(0.0, ("a", "b")), (detected_s, ("b",)), (recovered_s, ("a", "b"))]


def test_every_change_names_the_window_behind_it(case: Case) -> None:
    timeline = play(case, REGION_DOWN, STORAGE_DESTROYED, design="replicated")
    late = timeline.changes[timeline.changes["time_ns"] > 0]
    assert set(late["cause"]) <= {0, 1}
    assert set(timeline.changes["cause"][timeline.changes["time_ns"] == 0]) == {-1}
    assert [timeline.fault_names[f] for f in timeline.faults["fault"]] == ["region", "storage"]
    assert timeline.horizon_ns == 30 * 86_400 * NS_PER_S
