"""What is said about the durability of a design, in words, tables and on the page."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from georep_sim.errors import InputError
from georep_sim.report.beside import pairs
from georep_sim.report.html import loss_page, loss_summary, page
from georep_sim.report.lost import Section, budget_frame, durability_frame, sections
from georep_sim.report.rows import Key, estimates
from support.finished_run import FinishedRun, frame, metric
from support.found_losses import CHAIN, EXACT, PLAYED, SIMULATED, FoundLosses, found_losses, loss_metrics


def _told(found: FoundLosses | None = None) -> dict[str, Section]:
    found = found or FoundLosses()
    told = sections(found.metrics, found.losses, "base", targets=found.targets)
    return {section.design: section for section in told}


def _with(design: str, **changes: Any) -> FoundLosses:
    losses = found_losses()
    at = ("base", design)
    losses[at] = SimpleNamespace(**{**vars(losses[at]), **changes})
    return FoundLosses(losses=losses)


def test_both_answers_stand_side_by_side_and_a_missing_one_is_a_dash() -> None:
    section = _told()[CHAIN]
    assert section.heads == ("exact", "simulated")
    assert section.lines[0].cells == ("1e-09", "1.1e-09 [9e-10, 1.2e-09]")
    assert section.lines[1].cells == ("9.00", "-")
    assert section.lines[-1].cells == ("1e+09 y", "-")


def test_the_budget_has_shares_the_largest_first() -> None:
    assert [(line.label, line.cells[0]) for line in _told()[CHAIN].budget] == [
        ("zone-fire", "8.3e-10, 83 %"),
        ("disk", "1.2e-10, 12 %"),
        ("joint", "5e-11, 5 %"),
    ]


def test_a_cause_that_was_never_seen_has_a_bound_and_no_share() -> None:
    section = _told()[PLAYED]
    assert section.budget[-1].cells == ("at most 2e-13",)
    assert section.notes == (
        "simulated: rack-fire took nothing: at most 3.4e-05 losses a year of one unit of it (95 %)",
    )


def test_the_dominant_cause_and_the_vendors_target_are_sentences() -> None:
    assert _told()[CHAIN].sentences == (
        "Chance of loss: zone-fire causes 83 % of it.",
        "The vendor's design target of LRS is 11 nines (the vendor's page); these faults and repairs give 9.0, 2.0 fewer.",
    )


@pytest.mark.parametrize(("nines", "told"), [(9.0, "give 9.0, just that."), (6.5, "give 9.0, 2.5 more.")])
def test_more_nines_than_the_target_or_just_as_many_are_told_so(nines: float, told: str) -> None:
    target = SimpleNamespace(option="zrs", nines=nines, source="somewhere", date="")
    found = replace(FoundLosses(), targets={("base", CHAIN): target})
    assert _told(found)[CHAIN].sentences[-1].endswith(told)


def test_what_is_not_to_be_trusted_comes_first_and_loud() -> None:
    warnings = _told()[PLAYED].warnings
    assert warnings[0].startswith("UNTRUSTWORTHY: ")
    assert "12 % of the sum" in warnings[0]
    assert warnings[1] == (
        "No exact answer, the simulated answer stands alone: the chain would have more than 16384 states."
    )
    assert _told()[CHAIN].warnings == ()


def test_a_design_that_cannot_lose_says_so_instead_of_what_dominates() -> None:
    section = _told(_with(PLAYED, cannot_lose="nothing can be lost: no fault destroys", simulated=None))[PLAYED]
    assert section.sentences == ("Nothing can be lost: no fault destroys.",)
    assert section.warnings == ()


def test_what_was_left_out_and_assumed_is_named() -> None:
    section = _told()[CHAIN]
    assert section.left_out == (("drill", "set at an instant, so it has no yearly rate"),)
    assert section.notes == ("exact: a chain of 120 states", "assumed: 100 placement groups on a disk")


def test_the_frame_of_durability_has_a_row_for_each_answer() -> None:
    frame = durability_frame(loss_metrics())
    assert list(frame.index) == [("base", CHAIN, "exact"), ("base", CHAIN, "simulated"), ("base", PLAYED, "simulated")]
    assert frame.loc[("base", CHAIN, "exact"), ("annual_loss_probability", "value")] == pytest.approx(1e-9, abs=0.0)


def test_the_frame_of_the_budget_takes_the_best_answer_of_each_design() -> None:
    frame = budget_frame(loss_metrics())
    assert frame.loc[("base", "disk"), (CHAIN, "value")] == pytest.approx(EXACT["disk"], abs=0.0)
    assert frame.loc[("base", "batch"), (PLAYED, "high")] == pytest.approx(SIMULATED["batch"][2], abs=0.0)
    assert list(budget_frame(loss_metrics(), method="simulated").columns.get_level_values(0).unique()) == [PLAYED]


def test_the_budget_by_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="there are exact, phase_type, simulated"):
        budget_frame(loss_metrics(), method="guessed")


def test_the_page_holds_every_design_and_escapes_names() -> None:
    text_of = loss_page(_with(PLAYED, dominant="<b>disk</b> causes it."), [])
    for text in (CHAIN, PLAYED, "at most 2e-13", "&lt;b&gt;disk", "UNTRUSTWORTHY", "Left out: drill"):
        assert text in text_of
    assert "<b>disk" not in text_of


def test_the_page_of_a_run_tells_of_durability_too() -> None:
    found = FoundLosses()
    assert "zone-fire causes 83 % of it." in page(FinishedRun(losses=found.losses), [])


def test_a_notebook_shows_the_same_without_a_page() -> None:
    shown = loss_summary(FoundLosses(complete=False))
    assert "<html" not in shown
    assert "zone-fire causes 83 % of it." in shown
    assert "Interrupted" in shown


def test_what_was_solved_stands_beside_what_was_simulated_and_never_in_its_place() -> None:
    rows = [
        metric("a", "rpo", "p99", (93.0, 84.0, 120.0), unit="s"),
        metric("a", "rpo", "p99", (95.0, math.nan, math.nan), unit="s", method="exact"),
        metric("b", "rpo", "p99", (50.0, 40.0, 60.0), unit="s"),
    ]
    table = frame("metrics", rows)
    assert pairs(table, "base") == [("a", "rpo.p99", "1.55 min [1.40, 2.00]", "1.58 min")]
    assert estimates(table, "base", Key("rpo", "p99"))["a"].value == 93.0
    assert "Solved beside simulated: numbers that fit a closed form (1)" in page(FinishedRun(metrics=table), [])
