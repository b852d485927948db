"""Measures of requests, from tallies worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from georep_sim.histogram import bin_of, edges_ns
from georep_sim.measures.availability import availability
from georep_sim.measures.estimand import BASE, Estimand, Pool, Ratio
from georep_sim.measures.latency import latency
from georep_sim.measures.outcomes import not_found_after_push, split_push, throttled
from georep_sim.tables import NS_PER_S, Operation, Outcome, Recording, empty
from support.finished_run import REGIONS, filled, topology

DRILL = 4
CASE: Any = SimpleNamespace(measures=SimpleNamespace(slo={}))


def cell(requests: int, took_s: float, **columns: Any) -> dict[str, Any]:
    """Pulls of one cell of the first client group, each of which stands for ten."""
    took_ns = round(took_s * NS_PER_S)
    row = {"row": BASE, "weight": 10.0, "requests": requests, "latency_ns": requests * took_ns}
    return row | {"bin": bin_of(took_ns, edges_ns())} | columns


def recording(*cells: dict[str, Any]) -> Recording:
    tables = {"tallies": filled("tallies", cells), "availability": empty("availability")}
    clusters = {"timelines": {BASE: 1}, "traffic": {BASE: 2, DRILL: 1}}
    return Recording(topology(sites=REGIONS), tables, clusters, 86400.0, np.array([0, 86400 * NS_PER_S]), ())


def ratios(measure: Any, *cells: dict[str, Any]) -> dict[tuple[str, str, str, str, str], Ratio]:
    found: list[Estimand] = list(measure(recording(*cells), CASE, None))
    keys = [(f, f.key) for f in found if isinstance(f, Ratio)]
    return {(k.metric, k.statistic, k.part, k.region, k.operation): f for f, k in keys}


def test_a_share_is_of_weighted_requests_and_its_events_are_those_seen() -> None:
    cells = [
        cell(7, 1.0),
        cell(3, 2.0, outcome=Outcome.THROTTLED),
        cell(2, 2.0, outcome=Outcome.THROTTLED, replication=1),
        cell(5, 2.0, outcome=Outcome.THROTTLED, row=DRILL, weight=0.5),
        cell(90, 2.0, cohort=1),
    ]
    got = ratios(throttled, *cells)["throttled", "share", "", "eastus", "pull"]
    assert {group: x.tolist() for group, x in got.numerator.items()} == {BASE: [30.0, 20.0], DRILL: [2.5]}
    assert got.denominator is not None
    assert {group: x.tolist() for group, x in got.denominator.items()} == {BASE: [100.0, 20.0], DRILL: [2.5]}
    assert got.events is not None
    assert {group: x.tolist() for group, x in got.events.items()} == {BASE: [3.0, 2.0], DRILL: [5.0]}
    assert got.trials == 17.0
    everyone = ratios(throttled, *cells)["throttled", "share", "", "", "pull"]
    assert everyone.trials == 107.0


def test_a_good_request_is_answered_and_in_time() -> None:
    cells = [
        cell(7, 1.0),
        cell(3, 70.0, is_late=True),
        cell(2, 1.0, outcome=Outcome.UNREACHABLE),
        cell(1, 90.0, outcome=Outcome.TIMEOUT, is_late=True),
    ]
    got = ratios(availability, *cells)["availability", "request_weighted", "", "eastus", "pull"]
    assert got.numerator[BASE].tolist() == [60.0, 0.0]
    assert got.events is not None
    assert got.events[BASE].tolist() == [6.0, 0.0]
    assert got.trials == 13.0
    assert got.complement


@pytest.mark.parametrize(
    ("measure", "outcome", "operation", "other"),
    [
        (split_push, Outcome.SPLIT_PUSH, Operation.PUSH, Operation.PULL),
        (not_found_after_push, Outcome.NOT_FOUND, Operation.PULL, Operation.PUSH),
    ],
)
def test_some_outcomes_are_of_one_operation_only(
    measure: Any, outcome: Outcome, operation: Operation, other: Operation
) -> None:
    cells = [cell(1, 1.0, outcome=outcome, operation=operation), cell(3, 1.0, operation=operation)]
    found = ratios(measure, *cells, cell(5, 1.0, outcome=outcome, operation=other))
    assert {key[-1] for key in found} == {"pull" if operation == Operation.PULL else "push"}
    assert all(got.trials == 4.0 for got in found.values())


def test_the_mean_is_exact_and_its_parts_are_of_successes_alone() -> None:
    cells = [
        cell(3, 1.001, connect_ns=NS_PER_S, layers_ns=2 * NS_PER_S),
        cell(1, 9.0),
        cell(8, 30.0, outcome=Outcome.TIMEOUT, connect_ns=99 * NS_PER_S),
    ]
    found = ratios(latency, *cells)
    means = {key[2]: got for key, got in found.items() if key[3] == "eastus"}
    assert set(means) == {"", "connect", "layers"}
    assert means[""].numerator[BASE][0] == pytest.approx(10.0 * (3 * 1.001 + 9.0), rel=1e-15)
    assert means["connect"].numerator[BASE][0] == pytest.approx(10.0)
    assert all(got.denominator is not None and got.denominator[BASE][0] == 40.0 for got in means.values())


def test_latency_holds_successes_and_latency_all_counts_failures_as_infinite() -> None:
    nothing: Any = None
    one = recording(cell(3, 1.0), cell(2, 0.5, outcome=Outcome.UNREACHABLE))
    pools = {next(iter(f.keys.values())): f for f in latency(one, nothing, nothing) if isinstance(f, Pool)}
    mine = {key.metric: pool for key, pool in pools.items() if key.region == "eastus"}
    assert mine["latency"].value == pytest.approx([1.0], rel=0.0025)
    assert mine["latency"].weight.tolist() == [30.0]
    assert mine["latency_all"].value.tolist() == [mine["latency"].value[0], np.inf]
    assert mine["latency_all"].weight.tolist() == [30.0, 20.0]


def test_where_nothing_was_asked_nothing_is_measured() -> None:
    for measure in (throttled, split_push, not_found_after_push, latency, availability):
        found = ratios(measure)
        assert not {key for key in found if key[1] in {"share", "mean", "request_weighted"}}
