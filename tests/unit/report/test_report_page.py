"""The HTML page and the files beside it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from georep_sim import report
from georep_sim.report.html import page, summary
from georep_sim.report.plates import plates_of
from support.finished_run import FinishedRun, frame, metrics, scenario

if TYPE_CHECKING:
    from pathlib import Path

    from georep_sim.report.canvas import Plate

HOSTILE = "<script>alert('x')</script>"
VOID = {"meta", "br", "hr", "img", "input", "link"}


class _Checker(HTMLParser):
    """Collects ids and addresses, and sees that every element is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.append(values["id"])
        self.references += [values[name] for name in ("src", "href", "xlink:href") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def plates() -> list[Plate]:
    return plates_of(FinishedRun())


def _checked(text: str) -> _Checker:
    checker = _Checker()
    checker.feed(text)
    assert checker.open == []
    return checker


def test_every_figure_of_the_issue_is_drawn(plates: list[Plate]) -> None:
    names = [plate.name for plate in plates]
    assert names == ["availability-timeline", "nines", "latency", "replication", "map", "cost"]
    assert all(plate.alt and plate.caption for plate in plates)


def test_the_page_is_well_formed_and_its_ids_are_unique(plates: list[Plate]) -> None:
    checker = _checked(page(FinishedRun(), plates))
    assert len(checker.ids) == len(set(checker.ids))


def test_the_page_reaches_nothing_outside_itself(plates: list[Plate]) -> None:
    text = page(FinishedRun(), plates)
    checker = _checked(text)
    assert "script" not in checker.tags
    assert all(reference.startswith("#") for reference in checker.references)
    assert {reference[1:] for reference in checker.references} <= set(checker.ids)
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\((?!#)", text)


def test_the_page_opens_with_the_verdicts(plates: list[Plate]) -> None:
    text = page(FinishedRun(), plates)
    assert text.index("In short") < text.index("Comparison") < text.index("<svg")
    assert "geo-redundant costs 400 USD less a month" in text


def test_every_string_of_the_user_is_escaped() -> None:
    hostile = FinishedRun(
        scenario=scenario(title=HOSTILE, question=HOSTILE),
        metrics=metrics().assign(note=HOSTILE),
        provenance={"command": HOSTILE, "runs": {"base": {"note": HOSTILE}}},
    )
    text = page(hostile, plates_of(hostile))
    assert "script" not in _checked(text).tags
    assert "&lt;script&gt;" in text


def test_markup_in_the_name_of_a_design_stays_text_in_figures_too() -> None:
    rows = metrics()
    rows["design"] = rows["design"].replace("geo-redundant", "<b>&$x^2$")
    hostile = FinishedRun(metrics=rows)
    text = page(hostile, plates_of(hostile))
    assert "<b>" not in text
    _checked(text)


def test_an_interrupted_run_says_so(plates: list[Plate]) -> None:
    assert "interrupted" not in page(FinishedRun(), plates)
    assert "was interrupted" in page(FinishedRun(complete=False), plates)


def test_assumed_inputs_are_listed_with_their_place(plates: list[Plate]) -> None:
    text = page(FinishedRun(), plates)
    assert "1 inputs are assumed" in text
    assert "quickstart.yaml:3:5" in text


def test_an_empty_run_still_has_a_page() -> None:
    empty = FinishedRun(
        metrics=frame("metrics", []), comparisons=frame("comparisons", []), recordings={}, complete=False
    )
    assert plates_of(empty) == []
    _checked(page(empty, []))


def test_several_cases_have_sections_and_plates_of_their_own() -> None:
    base = FinishedRun()
    both = FinishedRun(
        scenario=scenario(cases=("base", "other")),
        recordings={(case, design): one for (_, design), one in base.recordings.items() for case in ("base", "other")},
    )
    plates = plates_of(both)
    assert {plate.name.split("-")[0] for plate in plates} == {"base", "other"}
    checker = _checked(page(both, plates))
    assert {"case-base", "case-other"} <= set(checker.ids)
    assert len(checker.ids) == len(set(checker.ids))


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        contents.append({path.name: path.read_bytes() for path in report.write(FinishedRun(), folder)})
    assert contents[0] == contents[1]


def test_files_of_a_replaced_run_do_not_stay(tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    stale = tmp_path / "plots" / "other-case-map.svg"
    stale.write_text("old", encoding="utf-8")
    written = report.write(FinishedRun(), tmp_path)
    assert not stale.exists()
    assert written[0] == tmp_path / "report.html"
    assert {path.suffix for path in written[1:]} == {".svg", ".png"}


def test_a_notebook_gets_the_verdicts_and_the_table_of_every_case() -> None:
    text = summary(FinishedRun(scenario=scenario(title=HOSTILE)))
    assert "geo-redundant costs 400 USD less a month" in text
    assert "script" not in _checked(text).tags
    assert "Interrupted" not in text
    assert "Interrupted" in summary(FinishedRun(complete=False))
