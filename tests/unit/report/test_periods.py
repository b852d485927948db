"""What losses and failures are told for: a year, or the horizon."""

from __future__ import annotations

from typing import Any

import pytest

from georep_sim.report.period import A_YEAR, Period, periods_of
from support.finished_run import DAY_S, FinishedRun, scenario

DAY = Period(float(DAY_S), "in this day")


def test_faults_by_chance_are_told_for_a_year() -> None:
    assert periods_of(FinishedRun(), "base") == (A_YEAR, A_YEAR)


def test_a_fault_that_was_set_is_told_for_the_horizon() -> None:
    assert periods_of(FinishedRun(scenario=scenario(every=False)), "base") == (DAY, DAY)


def test_without_faults_there_is_nothing_to_tell_but_a_year() -> None:
    asked: Any = scenario()
    asked.cases["base"].faults.clear()
    assert periods_of(FinishedRun(scenario=asked, recordings={}), "base") == (A_YEAR, A_YEAR)


def test_losses_go_by_the_faults_that_destroy() -> None:
    was_set: Any = scenario(every=False).cases["base"].faults["region-outage"]
    asked: Any = scenario()
    faults = asked.cases["base"].faults
    faults["region-outage"].kind = "destroyed"
    faults["any-other"] = was_set
    assert periods_of(FinishedRun(scenario=asked), "base") == (A_YEAR, DAY)


def test_a_fault_that_was_set_among_others_by_chance_does_not_come_every_year() -> None:
    asked: Any = scenario(every=False)
    asked.cases["base"].faults["any-other"] = scenario().cases["base"].faults["region-outage"]
    assert periods_of(FinishedRun(scenario=asked), "base").access == DAY


@pytest.mark.parametrize(("days", "words"), [(30.0, "in these 30 days"), (0.25, "in these 6.00 h")])
def test_a_horizon_is_told_in_days_where_it_is_whole_days(days: float, words: str) -> None:
    asked: Any = scenario(every=False)
    asked.cases["base"].run.horizon = days * DAY_S
    assert periods_of(FinishedRun(scenario=asked), "base").access.words == words


def test_behind_an_amount_the_period_reads_of() -> None:
    assert A_YEAR.of == "a year"
    assert Period(1.0, "in these 30 days").of == "of these 30 days"
