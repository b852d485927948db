"""The comparison table and the frames behind `Results.table` and `Results.compare`."""

from __future__ import annotations

import math

import pytest

from georep_sim.errors import InputError
from georep_sim.report.comparison import key_of, pair, wide
from georep_sim.report.period import A_YEAR, YEAR_S, Period, Periods
from georep_sim.report.rows import Key
from georep_sim.report.table import Line, headline_table, region_table
from support.finished_run import REDUNDANT, REGIONS, REPLICATED, comparison, comparisons, frame, metric, metrics


def test_a_line_holds_values_difference_and_the_better_design() -> None:
    table = headline_table(metrics(), comparisons(), "base")
    line = next(line for line in table.lines if line.label == "cost")
    assert table.designs == (REDUNDANT, REPLICATED)
    assert line.cells == ("300 USD/month [290, 310]", "700 USD/month [690, 710]")
    assert line.difference == "400 USD/month [390, 410]"
    assert line.better == REDUNDANT


def test_a_difference_of_shares_is_in_points() -> None:
    line = headline_table(metrics(), comparisons(), "base").lines[0]
    assert line.label == "pulls served"
    assert line.difference == "0.099 points [0.090, 0.110]"


def test_a_design_without_the_number_gets_a_dash() -> None:
    rows = [
        metric("a", "rpo", "p99", (1.0, 0.5, 2.0), unit="s"),
        metric("b", "cost", "total", (1, 1, 1), unit="USD/month"),
    ]
    line = headline_table(frame("metrics", rows), frame("comparisons", []), "base").lines[0]
    assert line.cells == ("1.00 s [0.50, 2.00]", "-")


def test_a_note_shared_by_all_designs_stands_once() -> None:
    rows = metrics()
    rows = rows[rows["method"] != "exact"]
    lines = {line.label: line for line in headline_table(rows, comparisons(), "base").lines}
    assert lines["chance of losing a blob in a year"].notes == ("bound: no loss seen",)


def test_the_most_exact_answer_stands_in_the_table() -> None:
    lines = {line.label: line for line in headline_table(metrics(), comparisons(), "base").lines}
    assert lines["chance of losing a blob in a year"].cells == ("1e-12", "1e-12")


def _failovers(period: Period) -> Line:
    rows = [
        metric(design, "failovers", "per_year", numbers, unit="1/y")
        for design, numbers in ((REDUNDANT, (0.5, 0.4, 0.6)), (REPLICATED, (12.0, 11.0, 13.0)))
    ]
    gaps = [comparison("failovers", "per_year", (11.5, 10.5, 12.5), "a_better", unit="1/y")]
    periods = Periods(loss=A_YEAR, access=period)
    return headline_table(frame("metrics", rows), frame("comparisons", gaps), "base", periods=periods).lines[0]


def test_more_failovers_are_neither_better_nor_worse() -> None:
    line = _failovers(A_YEAR)
    assert line.label == "failovers"
    assert line.cells == ("0.50/y [0.40, 0.60]", "12.0/y [11.0, 13.0]")
    assert line.better == ""


def test_amounts_of_set_faults_are_told_for_the_horizon() -> None:
    # A tenth of a year.
    line = _failovers(Period(0.1 * YEAR_S, "in these 36 days"))
    assert line.label == "failovers in these 36 days"
    assert line.cells == ("0.050 [0.040, 0.060]", "1.20 [1.10, 1.30]")
    assert line.difference == "1.15 [1.05, 1.25]"


def test_of_many_the_one_better_than_every_other_is_named() -> None:
    rows = [
        metric(name, "cost", "total", (value,) * 3, unit="USD/month") for name, value in (("a", 3), ("b", 1), ("c", 2))
    ]
    gaps = [
        comparison("cost", "total", (-2, -3, -1), "b_better", design_a="a", design_b="b", unit="USD/month"),
        comparison("cost", "total", (-1, -2, -0.5), "b_better", design_a="a", design_b="c", unit="USD/month"),
        comparison("cost", "total", (1, 0.5, 2), "a_better", design_a="b", design_b="c", unit="USD/month"),
    ]
    assert headline_table(frame("metrics", rows), frame("comparisons", gaps), "base").lines[0].better == "b"
    equal = [*gaps[:2], {**gaps[2], "verdict": "not_distinguishable"}]
    line = headline_table(frame("metrics", rows), frame("comparisons", equal), "base").lines[0]
    assert line.better == "not distinguishable"
    assert line.difference == ""


def test_lines_stand_under_their_topics() -> None:
    table = headline_table(metrics(), comparisons(), "base")
    assert [topic for topic, _ in table.topics] == ["access", "latency", "loss", "cost"]
    assert sum(len(lines) for _, lines in table.topics) == len(table.lines)


def test_a_difference_to_what_fails_is_no_number() -> None:
    rows = [
        metric(d, "latency_all", "p99", (v, v, v), unit="s", operation="pull")
        for d, v in ((REDUNDANT, math.inf), (REPLICATED, 2.0))
    ]
    gaps = [comparison("latency_all", "p99", (-math.inf, -math.inf, -1.0), "b_better", operation="pull", unit="s")]
    line = headline_table(frame("metrics", rows), frame("comparisons", gaps), "base").lines[0]
    assert line.difference == "one of them fails"
    assert line.better == REPLICATED


@pytest.mark.parametrize(("value", "told"), [(math.inf, "both fail"), (math.nan, "unknown")])
def test_without_two_numbers_there_is_no_difference(value: float, told: str) -> None:
    rows = [metric(d, "latency_all", "p99", (value,) * 3, unit="s", operation="pull") for d in (REDUNDANT, REPLICATED)]
    # Of two that fail, some resamples tell one as failing and the other not.
    numbers = (math.nan,) * 3 if math.isnan(value) else (0.0, -math.inf, math.inf)
    gaps = [comparison("latency_all", "p99", numbers, "not_distinguishable", operation="pull", unit="s")]
    line = headline_table(frame("metrics", rows), frame("comparisons", gaps), "base").lines[0]
    assert line.difference == told


def test_regions_have_lines_of_their_own() -> None:
    table = region_table(metrics(), comparisons(), "base")
    assert [line.label for line in table.lines] == [f"pulls served, {region}" for region in REGIONS]


def test_no_rows_make_an_empty_table() -> None:
    table = headline_table(frame("metrics", []), frame("comparisons", []), "base")
    assert table.designs == ()
    assert table.lines == ()


def test_wide_has_a_column_per_metric_design_and_bound() -> None:
    found = wide(metrics(), ["availability.pull", "latency_all.pull.p99"])
    assert found.loc["base", ("latency_all.pull.p99", REPLICATED, "high")] == pytest.approx(1.8)
    assert found.loc["base", ("availability.pull", REDUNDANT, "value")] == pytest.approx(0.999)


def test_wide_by_region_has_a_row_for_each_and_the_whole_first() -> None:
    found = wide(metrics(), ["availability.pull"], by="region")
    assert [region for _, region in found.index] == ["all", *REGIONS]


def test_wide_takes_the_exact_method_before_the_simulated() -> None:
    found = wide(metrics(), ["durability"])
    assert found.loc["base", ("durability", REDUNDANT, "value")] == pytest.approx(1e-12, abs=0.0)


def test_names_follow_the_grammar_of_the_language() -> None:
    assert key_of("latency.pull.p99@eastus") == Key("latency", "p99", "pull", region="eastus")


@pytest.mark.parametrize(
    ("name", "told"), [("speed.pull", "no metric 'speed'"), ("rto.pull.p42", "no statistic 'p42'"), ("Rto!", "Rto!")]
)
def test_a_wrong_name_is_an_input_error_that_names_it(name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        key_of(name)


def test_splitting_by_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="expected 'region' or 'part'"):
        wide(metrics(), ["cost"], by="moon")


def test_a_pair_reads_the_same_from_both_sides() -> None:
    forth, back = pair(comparisons(), REDUNDANT, REPLICATED), pair(comparisons(), REPLICATED, REDUNDANT)
    assert back["difference"].tolist() == [-value for value in forth["difference"]]
    assert back["low"].tolist() == [-value for value in forth["high"]]
    assert back["verdict"].tolist() == ["a_better", "not_distinguishable", "a_better", "b_better"]
    assert set(back["design_a"]) == {REPLICATED}


def test_a_pair_that_was_not_compared_is_told_with_those_that_were() -> None:
    with pytest.raises(InputError, match="geo-redundant, geo-replicated"):
        pair(comparisons(), REDUNDANT, "nope")
