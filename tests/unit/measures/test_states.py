"""Rows kept of a timeline, against values worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.measures.states import Stretch, Where, state_tables
from georep_sim.tables import NS_PER_S, Admission, LossKind, Mark, Operation, Timeline, Verb
from support.timelines import HERE, THERE, timeline, two_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGES = np.array([0, 400, 1000]) * NS_PER_S


def failover(*, detect_s: float = 130.0) -> Timeline:
    """`here` is down from 100 s to 500 s; clients are aimed away at the detection and back at 520 s; TTL 60 s."""
    both = (3 * HERE + Operation.PULL, 3 * HERE + Operation.PUSH)
    changes = [
        *((100.0, Verb.ADMIT, target, Admission.UNREACHABLE) for target in both),
        (detect_s, Verb.AIM, 0, 1.0),
        *((500.0, Verb.ADMIT, target, Admission.OK) for target in both),
        (520.0, Verb.AIM, 0, 0.0),
    ]
    marks = [(detect_s, Mark.DETECTED, HERE), (detect_s, Mark.EXECUTED, HERE), (520.0, Mark.RECOVERED, HERE)]
    return timeline(two_sites(ttl_s=60.0), changes, faults=[(0, 100.0, 500.0)], marks=marks)


def tables(line: Timeline, *, weight: float = 1.0, row: int = -1) -> dict[str, NDArray[Any]]:
    stretch = Stretch(100 * NS_PER_S, 700 * NS_PER_S, frozenset({0}), weight)
    return state_tables(line, [stretch], where=Where(7, row), month_edges_ns=EDGES, hold_s=60.0, hold_share=0.99)


def test_lost_time_is_split_by_month() -> None:
    rows = tables(failover())["availability"]
    pulls = rows[rows["operation"] == Operation.PULL]
    assert pulls["month"].tolist() == [0]
    assert pulls["lost_s"].tolist() == pytest.approx([60.0])
    assert pulls["episodes"].tolist() == [1]
    assert pulls["drilled_s"].tolist() == [0.0]
    assert pulls["replication"].tolist() == [7]


def test_an_episode_that_drills_stand_for_is_taken_out_but_not_forgotten() -> None:
    rows = tables(failover(), weight=0.0)["availability"]
    assert rows["lost_s"].tolist() == pytest.approx([60.0, 60.0])
    assert rows["drilled_s"].tolist() == pytest.approx([60.0, 60.0])
    assert rows["episodes"].tolist() == [0, 0]


def test_a_drill_carries_its_weight() -> None:
    rows = tables(failover(), weight=0.125, row=0)["availability"]
    assert rows["weight"].tolist() == [0.125, 0.125]
    assert rows["month"].tolist() == [-1, -1]
    assert rows["lost_s"].tolist() == pytest.approx([60.0, 60.0])


def test_recovery_time_is_when_99_percent_succeed_and_its_parts_add_up() -> None:
    # Detected and aimed away after 30 s; the failing share falls over 60 s and is 1 % after 59.4 s of them.
    row = tables(failover())["episodes"][0]
    assert row["rto_s"] == pytest.approx(89.4)
    assert row["rto_50_s"] == pytest.approx(60.0)
    assert row["rto_90_s"] == pytest.approx(84.0)
    assert row["detect_s"] == pytest.approx(30.0)
    assert row["propagate_s"] == pytest.approx(59.4)
    assert sum(row[f"{part}_s"] for part in ("detect", "decide", "execute", "propagate", "warm_up")) == pytest.approx(
        89.4
    )
    assert row["affected"] == 1.0
    assert not row["censored"]


def test_an_outage_that_only_ends_has_no_parts() -> None:
    changes = [(100.0, Verb.ADMIT, 0, Admission.UNREACHABLE), (500.0, Verb.ADMIT, 0, Admission.OK)]
    line = timeline(two_sites(), changes, faults=[(0, 100.0, 500.0)])
    rows = tables(line)["episodes"]
    pull = rows[rows["operation"] == Operation.PULL][0]
    assert pull["rto_s"] == pytest.approx(400.0)
    assert np.isnan(pull["detect_s"])


def test_success_must_hold_for_a_minute() -> None:
    # Up again at 200 s for 30 s only, then up for good at 300 s.
    changes = [
        (100.0, Verb.ADMIT, 0, Admission.UNREACHABLE),
        (200.0, Verb.ADMIT, 0, Admission.OK),
        (230.0, Verb.ADMIT, 0, Admission.UNREACHABLE),
        (300.0, Verb.ADMIT, 0, Admission.OK),
    ]
    rows = tables(timeline(two_sites(), changes, faults=[(0, 100.0, 300.0)]))["episodes"]
    assert rows[0]["rto_s"] == pytest.approx(200.0)


def test_what_never_comes_back_is_censored() -> None:
    line = timeline(two_sites(), [(100.0, Verb.ADMIT, 0, Admission.UNREACHABLE)], faults=[(0, 100.0, 5000.0)])
    row = tables(line)["episodes"][0]
    assert row["censored"]
    assert row["rto_s"] == pytest.approx(600.0)


def test_failovers_are_counted_once_however_many_cohorts_move() -> None:
    rows = tables(failover())["failovers"]
    assert rows["time_ns"].tolist() == [130 * NS_PER_S]
    assert rows["site"].tolist() == [HERE]


def test_content_is_gone_only_when_no_site_holds_it() -> None:
    one = timeline(two_sites(), [(200.0, Verb.LOSE, HERE, 1.0)], faults=[(0, 200.0, 210.0)])
    assert not len(tables(one)["destroyed"])
    both = timeline(
        two_sites(), [(200.0, Verb.LOSE, HERE, 1.0), (300.0, Verb.LOSE, THERE, 1.0)], faults=[(0, 200.0, 310.0)]
    )
    lost = tables(both)["destroyed"]
    assert lost["share"].tolist() == [1.0]
    assert lost["kind"].tolist() == [LossKind.DESTROYED]
    reseeded = timeline(
        two_sites(),
        [(200.0, Verb.LOSE, HERE, 1.0), (300.0, Verb.LOSE, THERE, 1.0)],
        faults=[(0, 200.0, 310.0)],
        marks=[(250.0, Mark.RESEEDED, HERE)],
    )
    assert not len(tables(reseeded)["destroyed"])


def test_a_delete_is_a_loss_once_it_has_reached_every_site() -> None:
    line = timeline(
        two_sites(), [(200.0, Verb.LOSE, HERE, -0.01), (230.0, Verb.LOSE, THERE, -0.01)], faults=[(0, 200.0, 200.0)]
    )
    lost = tables(line)["destroyed"]
    assert lost["share"].tolist() == [0.01]
    assert lost["kind"].tolist() == [LossKind.DELETED]
