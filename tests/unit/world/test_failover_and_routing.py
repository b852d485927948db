from __future__ import annotations

from typing import Any

import pytest

from georep_sim.laws import Constant
from georep_sim.tables import Admission, Mark, Operation, Timeline, Verb
from support.worlds import DAY_S, admitted, aimed, marked, play, redundant, replicated, said, world

FAULTS = {
    "region": {"what": "region", "kind": "outage", "where": ("a",)},
    "other": {"what": "region", "kind": "outage", "where": ("b",)},
    "storage": {"what": "storage", "kind": "outage", "where": ("a",)},
    "destroyed": {"what": "storage", "kind": "destroyed", "where": ("a",)},
}
HOUR_S = 3600.0


def vendor(*drawn: tuple[str, str, float, float], **failover: Any) -> Timeline:
    return play(world({"d": redundant(failover=failover)}, faults=FAULTS, horizon=60 * DAY_S), *drawn)


def auto(*drawn: tuple[str, str, float, float], **blocks: Any) -> Timeline:
    return play(world({"d": replicated(**blocks)}, faults=FAULTS), *drawn)


def test_a_vendor_failover_upon_outage_is_called_off_if_the_outage_ends_first() -> None:
    rules = {"upon": ("outage",), "decide": Constant(4 * HOUR_S)}
    timeline = vendor(("region", "a", 0.0, 3 * HOUR_S), **rules)
    assert marked(timeline, Mark.DETECTED) == [(0.0, "a")]
    assert marked(timeline, Mark.DECIDED) == marked(timeline, Mark.EXECUTED) == []
    assert aimed(timeline, "a") == [(0.0, ("a",))]


def test_once_execution_has_begun_it_goes_on_and_loses_what_was_not_copied() -> None:
    rules = {"upon": ("outage",), "decide": Constant(4 * HOUR_S), "execute": Constant(HOUR_S)}
    timeline = vendor(("region", "a", HOUR_S, 5.5 * HOUR_S), **rules)
    assert marked(timeline, Mark.DECIDED) == [(5 * HOUR_S, "a")]
    assert marked(timeline, Mark.EXECUTED) == [(6 * HOUR_S, "a")]
    assert said(timeline, Verb.LOSE, 0) == [(6 * HOUR_S, 1.0)]
    assert aimed(timeline, "b") == [(0.0, ("a",)), (6 * HOUR_S, ("passive",)), (6 * HOUR_S + 7 * DAY_S, ("a",))]
    assert admitted(timeline, "a", Operation.PUSH) == [
        (HOUR_S, Admission.UNREACHABLE), (5.5 * HOUR_S, Admission.OK), (6 * HOUR_S, Admission.DENIED),
        (6 * HOUR_S + 7 * DAY_S, Admission.OK),
    ]  # fmt: skip


def test_hidden_writes_are_not_lost() -> None:
    timeline = vendor(("region", "a", 0.0, 50 * HOUR_S), upon=("outage",), unsynced="hidden")
    assert marked(timeline, Mark.EXECUTED) == [(25 * HOUR_S, "a")]
    assert said(timeline, Verb.LOSE, 0) == []


def test_a_vendor_does_nothing_upon_kinds_not_named() -> None:
    timeline = vendor(("region", "a", 0.0, 50 * HOUR_S), upon=("destroyed",))
    assert len(timeline.marks) == 0


def test_a_second_outage_starts_the_clock_again() -> None:
    rules = {"upon": ("outage",), "decide": Constant(4 * HOUR_S)}
    timeline = vendor(("region", "a", 0.0, 3 * HOUR_S), ("storage", "a", 3.5 * HOUR_S, 9 * HOUR_S), **rules)
    assert marked(timeline, Mark.DETECTED) == [(0.0, "a"), (3.5 * HOUR_S, "a")]
    assert marked(timeline, Mark.DECIDED) == [(7.5 * HOUR_S, "a")]


def test_a_standby_that_is_down_is_waited_for() -> None:
    timeline = vendor(("destroyed", "a", 0.0, HOUR_S), ("other", "b", 20 * HOUR_S, 30 * HOUR_S))
    assert marked(timeline, Mark.DECIDED) == [(24 * HOUR_S, "a")]
    assert marked(timeline, Mark.EXECUTED) == [(30 * HOUR_S, "a")]


def test_back_auto_returns_as_soon_as_the_content_has() -> None:
    timeline = vendor(("destroyed", "a", 0.0, 2 * DAY_S), back="auto")
    # Executed after 25 h; the place is back at 48 h; 1 TB over 125 MB/s from the promoted site takes 8,000 s.
    assert marked(timeline, Mark.FAILED_BACK) == [(2 * DAY_S + 8000.0, "a")]


def test_decide_and_execute_stand_between_verdict_and_answer() -> None:
    timeline = auto(("region", "a", 0.0, HOUR_S), failover={"decide": Constant(300.0), "execute": Constant(60.0)})
    ((detected_s, _),) = marked(timeline, Mark.DETECTED)
    ((decided_s, _),) = marked(timeline, Mark.DECIDED)
    ((executed_s, _),) = marked(timeline, Mark.EXECUTED)
    assert decided_s == pytest.approx(detected_s + 300.0)
    assert executed_s == pytest.approx(detected_s + 360.0)
    assert aimed(timeline, "a")[1] == (executed_s, ("b",))


def test_routing_is_called_off_if_the_site_recovers_before_the_decision() -> None:
    timeline = auto(("region", "a", 0.0, 600.0), failover={"decide": Constant(HOUR_S)})
    assert len(marked(timeline, Mark.DETECTED)) == len(marked(timeline, Mark.RECOVERED)) == 1
    assert marked(timeline, Mark.EXECUTED) == []
    assert aimed(timeline, "a") == [(0.0, ("a", "b"))]


def test_a_site_that_recovers_during_execution_leaves_and_comes_back() -> None:
    timeline = auto(("region", "a", 0.0, 600.0), failover={"execute": Constant(HOUR_S)})
    ((executed_s, _),) = marked(timeline, Mark.EXECUTED)
    assert marked(timeline, Mark.FAILED_BACK) == [(executed_s, "a")]
    assert aimed(timeline, "a")[-1] == (executed_s, ("a", "b"))


def test_manual_return_takes_place_after_its_time() -> None:
    timeline = auto(("region", "a", 0.0, 600.0), failover={"back": "manual", "back_after": DAY_S})
    ((recovered_s, _),) = marked(timeline, Mark.RECOVERED)
    ((back_s, _),) = marked(timeline, Mark.FAILED_BACK)
    assert back_s == pytest.approx(recovered_s + DAY_S)


@pytest.mark.parametrize(("fail_open", "answer"), [(True, ("a", "b")), (False, ())])
def test_if_all_are_bad_all_are_used_or_none(fail_open: bool, answer: tuple[str, ...]) -> None:
    timeline = auto(("region", "a", 0.0, HOUR_S), ("other", "b", 0.0, 2 * HOUR_S), health={"fail_open": fail_open})
    during = [order for time_s, order in aimed(timeline, "a") if 131.0 < time_s <= HOUR_S]
    last = [order for time_s, order in aimed(timeline, "a") if time_s <= 131.0][-1]
    assert last == answer
    assert during == []
    assert aimed(timeline, "a")[-1][1] == ("a", "b")


def test_without_a_trigger_the_probes_only_note() -> None:
    timeline = auto(("region", "a", 0.0, HOUR_S), failover={"trigger": "none"})
    assert len(marked(timeline, Mark.DETECTED)) == len(marked(timeline, Mark.RECOVERED)) == 1
    assert aimed(timeline, "a") == [(0.0, ("a", "b"))]


def test_a_shallow_probe_stays_green_while_the_storage_is_out() -> None:
    timeline = auto(("storage", "a", 0.0, HOUR_S), health={"probe": "shallow"})
    assert len(timeline.marks) == 0
    assert aimed(timeline, "a") == [(0.0, ("a", "b"))]


def test_a_site_that_waits_for_its_content_stays_out_of_routing_under_a_shallow_probe() -> None:
    timeline = auto(("destroyed", "a", 0.0, HOUR_S), health={"probe": "shallow"})
    assert aimed(timeline, "a") == [(0.0, ("a", "b")), (HOUR_S, ("b",)), (HOUR_S + 8000.0, ("a", "b"))]


def test_an_automatic_failover_promotes_a_standby_upon_the_probes_verdict() -> None:
    rules = {"trigger": "auto", "decide": Constant(0.0), "execute": Constant(120.0), "back": "auto"}
    health = {"probe": "shallow", "every": 30.0, "timeout": 10.0, "fails": 4}
    design = redundant(failover=rules, health=health)
    timeline = play(world({"d": design}, faults=FAULTS), ("region", "a", 0.0, HOUR_S))
    ((detected_s, _),) = marked(timeline, Mark.DETECTED)
    ((recovered_s, _),) = marked(timeline, Mark.RECOVERED)
    assert HOUR_S <= recovered_s <= HOUR_S + 30.0
    ((executed_s, _),) = marked(timeline, Mark.EXECUTED)
    assert executed_s == pytest.approx(detected_s + 120.0)
    assert marked(timeline, Mark.FAILED_BACK) == [(recovered_s, "a")]
    assert aimed(timeline, "c") == [(0.0, ("a",)), (executed_s, ("passive",)), (recovered_s, ("a",))]


def test_a_promoted_site_that_served_beside_the_home_goes_on_serving() -> None:
    rules = {"promotes": "b", "unsynced": "hidden"}
    timeline = auto(("region", "a", 0.0, HOUR_S), failover=rules, route={"method": "fixed"})
    ((executed_s, _),) = marked(timeline, Mark.EXECUTED)
    assert [answer for _, answer in aimed(timeline, "b")] == [("a",), ("b",), ("a",)]
    assert 0.0 < executed_s < HOUR_S
    assert admitted(timeline, "b", Operation.PULL) == []
