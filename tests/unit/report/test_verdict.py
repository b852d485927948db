"""Sentences: which design is better, by how much, how surely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from georep_sim.report.period import A_YEAR, YEARLY, Period, Periods
from georep_sim.report.verdict import QUESTIONS, SAME, Verdict, verdicts
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
        "geo-replicated loses 1.9 GB less a year of what it acknowledged than geo-redundant "
        "(95 % interval 1.0 to 3.0 GB): 100 MB against 2.0 GB."
    )


def test_access_is_told_in_nines_and_in_time_a_year() -> None:
    # 0.00099 of 525,960 min is 520.7 min = 8.68 h; 0.001 is 8.77 h and 0.00001 is 5.26 min.
    answer = _answers(metrics(), comparisons())["access"]
    assert answer.better == REPLICATED
    for part in (
        "for 8.68 h more a year",
        "5.0 nines",
        "3.0 nines",
        "5.26 min a year without",
        "8.77 h a year without",
    ):
        assert part in answer.sentence


def test_the_cheaper_design_wins_cost_although_it_is_the_first_of_the_pair() -> None:
    answer = _answers(metrics(), comparisons())["cost"]
    assert answer.better == REDUNDANT
    assert "costs 400 USD less a month than geo-replicated (95 % interval 390 to 410 USD)" in answer.sentence


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
    assert answer.sentence == (
        "geo-replicated is 100 times less likely to lose an image than geo-redundant (95 % interval of the difference "
        "0.0005 to 0.002): a chance of 1e-05 per blob and year against 0.001."
    )


def test_chances_that_are_known_exactly_need_no_interval() -> None:
    name, statistic = "durability", "annual_loss_probability"
    nothing = math.nan
    rows = [
        metric(d, name, statistic, (p, nothing, nothing), method="exact")
        for d, p in ((REDUNDANT, 3e-5), (REPLICATED, 2e-14))
    ]
    gaps = [comparison(name, statistic, (-3e-5, nothing, nothing), "b_better", method="exact")]
    answer = _answers(frame("metrics", rows), frame("comparisons", gaps))["loss"]
    assert answer.sentence == (
        "geo-replicated is 1.5e+09 times less likely to lose an image than geo-redundant: "
        "a chance of 2e-14 per blob and year against 3e-05."
    )


def test_chances_that_are_as_near_as_a_thousandth_are_as_good_as_equal() -> None:
    name, statistic = "durability", "annual_loss_probability"
    nothing = math.nan
    rows = [
        metric(d, name, statistic, (p, nothing, nothing), method="exact")
        for d, p in ((REDUNDANT, 5.0001e-4), (REPLICATED, 5e-4))
    ]
    gaps = [comparison(name, statistic, (-1e-8, nothing, nothing), SAME, method="exact")]
    answer = _answers(frame("metrics", rows), frame("comparisons", gaps))["loss"]
    assert answer.better == ""
    assert answer.sentence == (
        "geo-replicated and geo-redundant are not distinguishable: a chance of 0.0005 per blob and year with "
        "geo-replicated, a chance of 0.0005 per blob and year with geo-redundant, as good as equal."
    )


def test_notes_stand_in_the_table_and_not_in_the_sentence() -> None:
    rows = frame("metrics", [_p99(REDUNDANT, 3.0, "set by faults"), _p99(REPLICATED, 1.0)])
    answer = _answers(rows, frame("comparisons", [_gap((-2.0, -3.0, -1.0), "b_better")]))["latency"]
    assert answer.sentence == (
        "geo-replicated has 99 of 100 pulls done 2.0 s sooner than geo-redundant "
        "(95 % interval 1.0 to 3.0 s): 1.00 s against 3.00 s."
    )


def _lost(periods: Periods, *, images: tuple[float, float] = (100.0, 30.0)) -> str:
    """Sentence on images and bytes lost a year by two designs, of which the second is better if the first lost any."""
    rows, name = [], "acknowledged_then_lost"
    for design, count in zip((REDUNDANT, REPLICATED), images, strict=True):
        low, high = (0.5 * count, 2.0 * count) if count else (0.0, 40.0)
        rows.append(metric(design, name, "objects_per_year", (count, low, high), unit="1/y"))
        rows.append(metric(design, name, "bytes_per_year", (1e8 * count, 1e8 * low, 1e8 * high), unit="B/y"))
    numbers, verdict = ((-70.0, -120.0, -10.0), "b_better") if images[0] else ((0.0, -40.0, 40.0), SAME)
    gaps = [comparison(name, "objects_per_year", numbers, verdict, unit="1/y")]
    found = verdicts(frame("metrics", rows), frame("comparisons", gaps), "base", periods=periods)
    return found[0].sentence


def test_loss_is_told_in_images_and_bytes() -> None:
    assert _lost(YEARLY) == (
        "geo-replicated loses 70 fewer acknowledged images a year than geo-redundant "
        "(95 % interval 10 to 120): 30 images (3.0 GB) against 100 images (10.0 GB)."
    )


def test_loss_by_a_fault_that_was_set_is_told_for_the_horizon() -> None:
    # 30 of 365.25 days: 70 images a year are 5.7 in them, 1e10 B are 821 MB.
    month = Period(30 * 86_400.0, "in these 30 days")
    sentence = _lost(Periods(loss=month, access=A_YEAR))
    assert sentence.startswith("geo-replicated loses 5.7 fewer acknowledged images in these 30 days than geo-redundant")
    assert sentence.endswith("2.5 images (246 MB) against 8.2 images (820 MB).")


def test_where_nothing_was_lost_the_bound_is_told_once() -> None:
    assert _lost(YEARLY, images=(0.0, 0.0)) == (
        "geo-redundant and geo-replicated are not distinguishable: no image was lost once acknowledged "
        "(at most 40.0 images a year)."
    )


@pytest.mark.parametrize("chance", [0.0, 5e-4])
def test_nothing_lost_is_not_claimed_where_copied_content_went(chance: float) -> None:
    rows = []
    for design in (REDUNDANT, REPLICATED):
        rows.append(metric(design, "acknowledged_then_lost", "objects_per_year", (0.0, 0.0, 40.0), unit="1/y"))
        rows.append(metric(design, "durability", "annual_loss_probability", (chance, 0.0, 1e-3)))
    gaps = [
        comparison("acknowledged_then_lost", "objects_per_year", (0.0, -40.0, 40.0), SAME, unit="1/y"),
        comparison("durability", "annual_loss_probability", (0.0, -1e-3, 1e-3), SAME),
    ]
    told = _answers(frame("metrics", rows), frame("comparisons", gaps))["loss"].sentence.partition(": ")[2]
    assert told == (
        "no image was lost before it was copied (at most 40.0 images a year); for later losses "
        "see chance of losing a blob in a year."
        if chance
        else "no image was lost once acknowledged (at most 40.0 images a year)."
    )


def test_a_sure_difference_too_small_to_be_seen_is_as_good_as_none() -> None:
    rows = [
        metric(d, "cost", "total", (v, 900.0, 1900.0), unit="USD/month") for d, v in (("a", 1300.0), ("b", 1300.007))
    ]
    numbers = (0.007, 0.001, 0.041)
    gaps = [comparison("cost", "total", numbers, "a_better", design_a="a", design_b="b", unit="USD/month")]
    answer = _answers(frame("metrics", rows), frame("comparisons", gaps))["cost"]
    assert answer.better == "a"
    assert answer.sentence.endswith(": 1,300 USD against 1,300 USD, as good as equal.")


def test_access_in_a_scenario_of_set_faults_is_told_for_the_horizon() -> None:
    # 0.00099 of 30 d = 42.8 min.
    month = Period(30 * 86_400.0, "in these 30 days")
    found = verdicts(metrics(), comparisons(), "base", periods=Periods(loss=A_YEAR, access=month))
    sentence = next(verdict.sentence for verdict in found if verdict.question == "access")
    assert "serves pulls for 42.8 min more in these 30 days" in sentence
    assert "43.2 min of these 30 days without" in sentence


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
