"""What objectives say of an estimate."""

from __future__ import annotations

import math

import pytest

from georep_sim.measures.estimand import Key
from georep_sim.scenario.metric_names import SloTarget
from georep_sim.study.objectives import judged
from georep_sim.study.resampling import Estimate


def said(metric: str, value: float, key: Key, low: float, high: float, *, kind: str = "number") -> str:
    middle = low if math.isnan(high) else (low + high) / 2.0
    ends = (math.nan, math.nan) if math.isnan(high) else (low, high)
    return judged([SloTarget(metric, value, kind)], Estimate(key, middle, *ends, 10))


PULLS = Key("availability", "request_weighted", "1", operation="pull")
LATENCY = Key("latency", "p99", "s", region="eastus", operation="pull")


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.9996, 0.9999, "objective met"),
        (0.999, 0.9999, "objective undecided"),
        (0.99, 0.9994, "objective missed"),
        (0.9996, math.nan, "objective met"),
    ],
)
def test_the_whole_interval_must_be_on_the_good_side(low: float, high: float, answer: str) -> None:
    assert said("availability.pull", 0.9995, PULLS, low, high) == answer


def test_where_less_is_better_the_sides_are_swapped() -> None:
    assert said("latency.pull.p99@eastus", 10.0, LATENCY, 4.0, 9.0, kind="time") == "objective met"
    assert said("latency.pull.p99@eastus", 3.0, LATENCY, 4.0, 9.0, kind="time") == "objective missed"


@pytest.mark.parametrize("metric", ["latency.pull.p99", "latency.push.p99@eastus", "latency.pull@eastus", "rpo.p99"])
def test_what_an_objective_does_not_name_it_does_not_judge(metric: str) -> None:
    assert said(metric, 10.0, LATENCY, 4.0, 9.0, kind="time") == ""


def test_without_an_operation_every_operation_is_meant() -> None:
    assert said("availability.request_weighted", 0.9, PULLS, 0.95, 0.96) == "objective met"


def test_money_and_rates_are_compared_in_the_unit_of_the_estimate() -> None:
    cost = Key("cost", "total", "USD/month")
    month_s = 365.25 * 86_400.0 / 12.0
    assert said("cost", 200.0 / month_s, cost, 150.0, 190.0, kind="money_rate") == "objective met"
    lost = Key("acknowledged_then_lost", "objects_per_year", "1/y")
    per_s = 3.0 / (365.25 * 86_400.0)
    assert said("acknowledged_then_lost", per_s, lost, 4.0, 5.0, kind="rate") == "objective missed"


def test_what_was_not_estimated_decides_no_objective() -> None:
    worst = Key("rpo", "max", "s", region="eastus")
    assert said("rpo.max@eastus", 60.0, worst, math.nan, math.nan, kind="time") == "objective undecided"
