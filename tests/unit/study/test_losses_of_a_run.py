"""Durability in a run: which answer is asked for, and how two of them are compared."""

from __future__ import annotations

import math

import pytest

from georep_sim.api import load
from georep_sim.errors import SimulationError
from georep_sim.measures.estimand import Key
from georep_sim.study.losses import Answers, loss_comparisons, losses_of
from georep_sim.study.resampling import Estimate
from georep_sim.study.tasks import loss_tasks_of, tasks_of
from support.small_runs import SMALL

NOTHING = math.nan
CASE = load(SMALL).cases["base"]
TINY = load(
    "georep: 1\nfaults: {disk: {what: disk, kind: destroyed, every: {afr: 1 %}}}\n"
    "workload: {content: {objects: 10, stored: 1 TB}, clients: {eastus: {pulls: 1/h}}}\n"
    "designs: {one: {sites: {eastus: {protect: {copies: 2}}}, repair: {detect: 15 min, time: {exponential: 1 d}}}}\n"
).cases["base"]


def _row(value: float, low: float = NOTHING, high: float = NOTHING, *, method: str = "exact", **of: str) -> Estimate:
    statistic = of.get("statistic", "annual_loss_probability")
    key = Key(of.get("metric", "durability"), statistic, "1", part=of.get("part", ""), method=method)
    return Estimate(key, value, low, high, 0, "")


def test_there_is_one_task_for_each_design_after_the_replications() -> None:
    tasks = tasks_of(CASE)
    assert [task.design for task in tasks if task.level == "losses"] == ["redundant", "replicated"]
    assert all(task.level == "losses" for task in tasks[-2:])
    assert {task.answers for task in loss_tasks_of(CASE, answers="both")} == {"both"}


@pytest.mark.parametrize(
    ("answers", "has_chain", "is_simulated", "has_slopes"),
    [
        ("both", True, True, True),
        ("exact", True, False, True),
        ("exact", False, False, False),
        ("as_needed", True, False, True),
        ("as_needed", False, True, False),
        ("number", True, False, False),
        ("number", False, True, False),
        ("exact_number", False, False, False),
    ],
)
def test_a_run_simulates_only_what_nothing_else_answers(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, has_chain: bool, is_simulated: bool, has_slopes: bool
) -> None:
    played: list[int] = []

    def refused(*_: object) -> None:
        msg = "too large"
        raise SimulationError(msg)

    def noted(*_: object, seed: int, **__: object) -> None:
        played.append(seed)

    monkeypatch.setattr("georep_sim.loss.simulated.simulated_loss", noted)
    if not has_chain:
        monkeypatch.setattr("georep_sim.loss.durability.structure_loss", refused)
    found = losses_of(TINY, TINY.designs["one"], answers=answers)
    assert played == ([TINY.run.seed] if is_simulated else [])
    assert bool(found.sensitivities) == has_slopes
    assert found.why_not_exact == ("" if has_chain else "too large")


def test_exact_answers_differ_surely_and_without_an_interval() -> None:
    (found,) = loss_comparisons([_row(3e-9)], [_row(1e-12)])
    assert found.verdict == "b_better"
    assert found.difference == pytest.approx(-2.999e-9, rel=1e-9, abs=0.0)
    assert math.isnan(found.low)
    assert found.key.method == "exact"


def test_exact_answers_as_near_as_a_thousandth_are_not_told_apart() -> None:
    (found,) = loss_comparisons([_row(1.0e-9)], [_row(1.0005e-9)])
    assert found.verdict == "not_distinguishable"


def test_the_best_answers_are_compared_and_the_weaker_gives_its_name() -> None:
    mine = [_row(2e-9, 1e-9, 3e-9, method="simulated"), _row(1e-9)]
    theirs = [_row(4e-9, 3e-9, 6e-9, method="simulated")]
    (found,) = loss_comparisons(mine, theirs)
    # Only the second has an interval, so it is that of the difference.
    assert (found.difference, found.low, found.high) == pytest.approx((3e-9, 2e-9, 5e-9), abs=0.0, rel=1e-9)
    assert found.key.method == "simulated"
    assert found.verdict == "a_better"


def test_intervals_that_overlap_tell_nothing_apart() -> None:
    a, b = (_row(value, 1e-9, 5e-9, method="simulated") for value in (2e-9, 3e-9))
    (found,) = loss_comparisons([a], [b])
    assert found.verdict == "not_distinguishable"


@pytest.mark.parametrize("statistic", ["nines", "mttdl"])
def test_more_nines_and_more_years_are_better(statistic: str) -> None:
    (found,) = loss_comparisons([_row(9.0, statistic=statistic)], [_row(11.0, statistic=statistic)])
    assert found.verdict == "b_better"


def test_causes_are_compared_by_name_and_one_sided_ones_left_out() -> None:
    a = [_row(1e-9, metric="loss_budget", part="disk"), _row(1e-9, metric="loss_budget", part="fire")]
    b = [_row(2e-9, metric="loss_budget", part="disk")]
    (found,) = loss_comparisons(a, b)
    assert (found.key.part, found.verdict) == ("disk", "a_better")
