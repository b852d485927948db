"""Sentences: which design is better, by how much, how surely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from georep_sim.report.verdict import QUESTIONS, Verdict, verdicts
from support.finished_run import (
    REDUNDANT,
    REPLICATED,
    comparison,
    comparisons,
    frame,
    metric,
    metrics,
)

if TYPE_CHECKING:
    import pandas as pd


def _answers(rows: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, Verdict]:
    return {verdict.question: verdict for verdict in verdicts(rows, gaps, "base")}


def _p99(design: str, value: float, note: str = "") -> dict[str, Any]:
    numbers = (value, 0.9 * value, 1.1 * value)
    return metric(design, "latency_all", "p99", numbers, unit="s", operation="pull", note=note)


def _gap(numbers: tuple[float, float, float], verdict: str, a: str = REDUNDANT, b: str = REPLICATED) -> dict[str, Any]:
    return comparison("latency_all", "p99", numbers, verdict, unit="s", operation="pull", design_a=a, design_b=b)


def test_every_question_gets_one_sentence_in_order() -> None:
    found = verdicts(metrics(), comparisons(), "base")
    assert [verdict.question for verdict in found] == [question.name for question in QUESTIONS]


def test_loss_names_the_better_design_difference_interval_and_unit() -> None:
    answer = _answers(metrics(), comparisons())["loss"]
    assert answer.better == REPLICATED
    assert answer.sentence == (
        "geo-replicated loses 1.90 GB a year less of what it acknowledged than geo-redundant "
        "(95 % interval 1.0 to 3.0 GB a year): 100 MB a year against 2.00 GB a year."
    )


def test_access_is_told_in_nines_and_in_time_a_year() -> None:
    # 0.00099 of 525,960 min is 520.7 min = 8.68 h; 0.001 is 8.77 h and 0.00001 is 5.26 min.
    answer = _answers(metrics(), comparisons())["access"]
    assert answer.better == REPLICATED
    for part in ("8.68 h a year more", "5.0 nines", "3.0 nines", "5.26 min a year without", "8.77 h a year without"):
        assert part in answer.sentence


def test_the_cheaper_design_wins_cost_although_it_is_the_first_of_the_pair() -> None:
    answer = _answers(metrics(), comparisons())["cost"]
    assert answer.better == REDUNDANT
    assert "costs 400 USD a month less than geo-replicated (95 % interval 390 to 410 USD a month)" in answer.sentence


def test_not_distinguishable_is_a_result_with_its_interval() -> None:
    answer = _answers(metrics(), comparisons())["latency"]
    assert answer.better == ""
    assert "are not distinguishable" in answer.sentence
    assert "geo-redundant minus geo-replicated, -0.1 to 3.0 s, holds zero" in answer.sentence


def test_a_quantile_that_fails_is_told_as_failing_pulls() -> None:
    rows = frame("metrics", [_p99(REDUNDANT, math.inf), _p99(REPLICATED, 2.0)])
    gaps = frame("comparisons", [_gap((-math.inf, -math.inf, -1.0), "b_better")])
    answer = _answers(rows, gaps)["latency"]
    assert answer.better == REPLICATED
    assert "more than 1 pull of 100 fails with geo-redundant" in answer.sentence
    assert "inf" not in answer.sentence


def test_of_many_the_best_meets_the_runner_up() -> None:
    rows = frame("metrics", [_p99("a", 3.0), _p99("b", 1.0), _p99("c", 2.0)])
    gaps = frame(
        "comparisons",
        [
            _gap((-2.0, -2.5, -1.5), "b_better", "a", "b"),
            _gap((-1.0, -1.5, -0.5), "b_better", "a", "c"),
            _gap((1.0, 0.5, 1.5), "a_better", "b", "c"),
        ],
    )
    answer = _answers(rows, gaps)["latency"]
    assert answer.better == "b"
    assert "than c, the next best (95 % interval" in answer.sentence


def test_everything_that_equals_the_best_is_named() -> None:
    rows = frame("metrics", [_p99("a", 1.2), _p99("b", 1.0), _p99("c", 1.1)])
    same = "not_distinguishable"
    gaps = frame("comparisons", [_gap((-0.2, -1, 1), same, "a", "b"), _gap((0.1, -1, 1), same, "b", "c")])
    answer = _answers(rows, gaps)["latency"]
    assert answer.better == ""
    assert answer.sentence.startswith("b, c and a are not distinguishable")


def test_durability_answers_loss_where_acknowledged_loss_does_not_tell_them_apart() -> None:
    name, statistic = "durability", "annual_loss_probability"
    rows = [metric(d, name, statistic, (p, p / 2, p * 2)) for d, p in ((REDUNDANT, 1e-3), (REPLICATED, 1e-5))]
    rows += [
        metric(d, "acknowledged_then_lost", "bytes_per_year", (0.0, 0.0, 5.0), unit="B/y")
        for d in (REDUNDANT, REPLICATED)
    ]
    gaps = [
        comparison(name, statistic, (-9.9e-4, -2e-3, -5e-4), "b_better"),
        comparison("acknowledged_then_lost", "bytes_per_year", (0.0, -5.0, 5.0), "not_distinguishable", unit="B/y"),
    ]
    answer = _answers(frame("metrics", rows), frame("comparisons", gaps))["loss"]
    assert answer.better == REPLICATED
    assert "95 % interval 0.0005 to 0.002" in answer.sentence


def test_notes_of_the_values_stand_behind_the_sentence() -> None:
    rows = frame("metrics", [_p99(REDUNDANT, 3.0, "set by faults"), _p99(REPLICATED, 1.0)])
    answer = _answers(rows, frame("comparisons", [_gap((-2.0, -3.0, -1.0), "b_better")]))["latency"]
    assert answer.sentence.endswith("(geo-redundant: set by faults)")


def test_a_single_design_is_told_without_a_comparison() -> None:
    answer = _answers(frame("metrics", [_p99("only", 3.0)]), frame("comparisons", []))["latency"]
    assert answer.sentence == "only alone: 3.00 s for 99 of 100."


def test_what_was_not_measured_says_so_with_its_reason() -> None:
    numbers = (math.nan, math.nan, math.nan)
    rows = [metric(d, "cost", "total", numbers, unit="USD/month", note="no price for storage") for d in ("a", "b")]
    found = _answers(frame("metrics", rows), frame("comparisons", []))
    assert found["cost"].sentence == "not measured: no price for storage."
    assert found["loss"].sentence.startswith("not measured")


def test_a_run_cut_short_before_any_number_still_answers() -> None:
    assert len(verdicts(frame("metrics", []), frame("comparisons", []), "base")) == len(QUESTIONS)


def test_designs_that_no_replication_tells_apart_are_said_so() -> None:
    rows = frame("metrics", [_p99(REDUNDANT, 3.0), _p99(REPLICATED, 3.0)])
    answer = _answers(rows, frame("comparisons", [_gap((0.0, 0.0, 0.0), "not_distinguishable")]))["latency"]
    assert answer.sentence.endswith("no replication tells them apart.")


def test_nothing_lost_is_told_with_its_bound() -> None:
    rows = [metric("a", "acknowledged_then_lost", "bytes_per_year", (0.0, 0.0, 5e9), unit="B/y")]
    answer = _answers(frame("metrics", rows), frame("comparisons", []))["loss"]
    assert answer.sentence == "a alone: nothing lost (at most 5.00 GB a year)."
