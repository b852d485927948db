from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pytest

from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.requests import request_index
from georep_sim.errors import SimulationError
from georep_sim.tables import NS_PER_S, Operation
from support.draw_cases import DAY_S, MONDAY, make_case

EAST: dict[str, Any] = {"pulls": 0.05, "pushes": 0.01, "timezone": "America/New_York", "profile": "office-hours"}
WEST: dict[str, Any] = {"pulls": 0.02}
DAY_NS = int(DAY_S) * NS_PER_S
PULL, PUSH = Operation.PULL, Operation.PUSH


def test_rows_are_sorted_and_numbered_within_their_hour() -> None:
    case = make_case(clients={"eastus": EAST, "westeurope": WEST})

    rows = arrivals(case, seed=1, replication=0).draw(0, 2 * DAY_NS)

    keys = list(zip(*(rows[c].tolist() for c in ("time_ns", "cohort", "operation", "hour", "k")), strict=True))
    assert keys == sorted(keys)
    assert np.array_equal(rows["hour"], rows["time_ns"] // (3600 * NS_PER_S))
    one = rows[(rows["cohort"] == 0) & (rows["operation"] == PULL) & (rows["hour"] == 15)]
    assert one["k"].tolist() == list(range(one.size))
    assert one.size > 100


def test_a_window_is_a_slice_of_the_whole() -> None:
    bursts = {"rollout": {"at": 5_000.0, "pulls": 500, "within": 600.0}}
    case = make_case(clients={"eastus": EAST, "westeurope": WEST}, bursts=bursts)
    source = arrivals(case, seed=1, replication=0)
    whole = source.draw(0, DAY_NS)

    for start, end in ((5_100 * NS_PER_S, 5_200 * NS_PER_S), (3_599 * NS_PER_S, 7_201 * NS_PER_S)):
        inside = whole[(whole["time_ns"] >= start) & (whole["time_ns"] < end)]
        assert np.array_equal(source.draw(start, end), inside)
        assert inside.size > 0


def test_one_operation_can_be_drawn_alone() -> None:
    source = arrivals(make_case(clients={"eastus": EAST}), seed=1, replication=0)
    whole = source.draw(0, DAY_NS)

    pushes = source.draw(0, DAY_NS, operations=(PUSH,))

    assert np.array_equal(pushes, whole[whole["operation"] == PUSH])


def test_nothing_arrives_outside_the_run() -> None:
    case = make_case(clients={"eastus": {"pulls": 1.0}}, horizon=1_000.0)
    source = arrivals(case, seed=1, replication=0)

    rows = source.draw(-DAY_NS, DAY_NS)

    assert rows["time_ns"].min() >= 0
    assert rows["time_ns"].max() < 1_000 * NS_PER_S
    assert source.expected(0, PULL, -50.0, 5_000.0) == pytest.approx(1_000.0)
    assert source.rate_per_s(0, PULL, np.array([-1.0, 0.0, 999.0, 1_000.0])).tolist() == [0.0, 1.0, 1.0, 0.0]
    assert source.draw(DAY_NS, 2 * DAY_NS).size == 0


def test_a_run_may_start_within_an_hour() -> None:
    # 08:00 in London, when the office opens, is half an hour after the start.
    client = {"pulls": 1.0, "profile": "office-hours", "timezone": "Europe/London"}
    case = make_case(clients={"eastus": client}, start=MONDAY.replace(hour=7, minute=30), horizon=DAY_S)
    source = arrivals(case, seed=1, replication=0)

    before, after = source.rate_per_s(0, PULL, np.array([1_799.0, 1_800.0]))
    rows = source.draw(0, 3_600 * NS_PER_S)

    assert after == pytest.approx(8 * before)
    assert source.expected(0, PULL, 0.0, 3_600.0) == pytest.approx(1_800 * (before + after))
    assert set(rows["hour"].tolist()) == {0, 1}
    assert abs(rows.size - 1_800 * (before + after)) < 4.89 * np.sqrt(rows.size)
    # The hour's first requests came before the run; theirs stays theirs.
    assert rows["k"][0] > 0


def test_adding_a_group_leaves_the_others_alone() -> None:
    one = arrivals(make_case(clients={"eastus": EAST}), seed=1, replication=0).draw(0, DAY_NS)
    two = arrivals(make_case(clients={"westeurope": WEST, "eastus": EAST}), seed=1, replication=0).draw(0, DAY_NS)

    kept = two[two["cohort"] == 1]
    assert np.array_equal(kept["time_ns"], one["time_ns"])
    assert np.array_equal(request_index(kept), request_index(one))


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    short, long = (
        arrivals(make_case(clients={"eastus": EAST}, horizon=h), seed=1, replication=0).draw(0, DAY_NS)
        for h in (DAY_S / 2, 400 * DAY_S)
    )

    assert np.array_equal(short, long[: short.size])


def test_a_burst_sends_exactly_its_pulls_within_its_length() -> None:
    bursts = {"rollout": {"at": 7_000.0, "where": ["eastus"], "pulls": 800, "within": 900.0}}
    case = make_case(clients={"eastus": WEST, "westeurope": WEST}, bursts=bursts)
    source = arrivals(case, seed=1, replication=0)

    rows = source.draw(0, DAY_NS)
    burst = rows[rows["burst"] == 0]

    assert burst.size == 800
    assert set(burst["cohort"].tolist()) == {0}
    assert burst["time_ns"].min() >= 7_000 * NS_PER_S
    assert burst["time_ns"].max() <= 7_900 * NS_PER_S
    assert sorted(burst["k"].tolist()) == list(range(800))
    assert source.expected(0, PULL, 7_000.0, 7_450.0) == pytest.approx(450 * 0.02 + 400)
    assert source.expected(1, PULL, 7_000.0, 7_450.0) == pytest.approx(9.0)
    assert source.rate_per_s(0, PULL, np.array([6_999.0, 7_000.0, 7_899.0, 7_900.0])) == pytest.approx(
        [0.02, 0.02 + 800 / 900, 0.02 + 800 / 900, 0.02]
    )
    ids = request_index(rows[(rows["cohort"] == 0) & (rows["operation"] == PULL)])
    assert np.unique(ids).size == ids.size


def test_pulls_of_a_burst_are_dealt_as_the_groups_pull() -> None:
    clients: dict[str, dict[str, Any]] = {
        "eastus": {"pulls": 3.0},
        "westeurope": {"pulls": 1.0},
        "builds": {"region": "eastus", "pushes": 1.0},
    }
    case = make_case(clients=clients, bursts={"rollout": {"at": 5.0, "pulls": 10, "within": 0.0}})

    source = arrivals(case, seed=1, replication=0)
    rows = source.draw(0, DAY_NS)

    burst = rows[rows["burst"] == 0]
    # 7.5 and 2.5: the tie goes by name.
    assert [int((burst["cohort"] == i).sum()) for i in range(3)] == [8, 2, 0]
    assert set(burst["time_ns"].tolist()) == {5 * NS_PER_S}
    assert source.expected(0, PULL, 5.0, 5.0 + 1e-9) == pytest.approx(8.0)


def test_random_bursts_keep_their_distance() -> None:
    bursts = {"rollout": {"every": DAY_S, "pulls": 10, "within": 3_600.0}}
    case = make_case(clients={"eastus": {"pushes": 0.001}}, bursts=bursts, horizon=100 * DAY_S)
    source = arrivals(case, seed=1, replication=0)

    starts = source.bursts[0].start_s

    assert 60 < starts.size < 140
    assert np.diff(starts).min() >= 3_600.0
    assert source.expected(0, PULL, 0.0, 100 * DAY_S) == pytest.approx(10 * starts.size, abs=10.0)


def test_hours_with_equal_rates_share_a_class() -> None:
    source = arrivals(make_case(clients={"eastus": EAST}, horizon=7 * DAY_S), seed=1, replication=0)

    classes = source.hour_classes(4)

    # Monday 00:00 UTC is Sunday 19:00 in New York; 13:00 is 08:00; Saturday is weight 1 of 0.5, 1, 4.
    assert classes.shape == (168,)
    assert classes[[0, 12, 13, 22, 23]].tolist() == [0, 0, 2, 2, 0]
    assert classes[5 * 24 + 12] == 1


def test_many_kinds_of_hours_are_classed_by_total_rate() -> None:
    clients = {
        "eastus": EAST,
        "westeurope": {**EAST, "timezone": "Europe/Amsterdam"},
        "x": {**EAST, "timezone": "Asia/Kolkata"},
    }
    source = arrivals(make_case(clients=clients, horizon=7 * DAY_S), seed=1, replication=0)

    classes = source.hour_classes(3)
    total = np.array(
        [sum(source.expected(c, PULL, h * 3600.0, h * 3600.0 + 3600.0) for c in range(3)) for h in range(168)]
    )

    assert set(classes.tolist()) == {0, 1, 2}
    for lower in (0, 1):
        assert total[classes == lower].max() < total[classes == lower + 1].min()
    assert source.hour_classes(99).max() > 3


def test_without_clients_there_are_no_arrivals() -> None:
    source = arrivals(make_case(horizon=DAY_S), seed=1, replication=0)

    assert source.draw(0, DAY_NS).size == 0
    assert source.hour_classes().tolist() == [0] * 24


def test_more_requests_in_an_hour_than_can_be_addressed_are_refused() -> None:
    source = arrivals(make_case(clients={"eastus": {"pulls": 6_000.0}}), seed=1, replication=0)

    with pytest.raises(SimulationError, match=r"clients/eastus/pull: \d+ requests in one hour"):
        source.draw(0, NS_PER_S)


def test_the_same_instant_in_another_zone_is_the_same_run() -> None:
    zone = timezone(timedelta(hours=5, minutes=45))
    here, there = (
        arrivals(make_case(clients={"eastus": EAST}, start=start), seed=1, replication=0).draw(0, DAY_NS)
        for start in (MONDAY + timedelta(hours=2), (MONDAY + timedelta(hours=2)).astimezone(zone))
    )

    assert np.array_equal(here, there)
