"""Each published figure that can be asked for is a file, and comes out, or differs for the reason given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.published import PUBLISHED, figures, found, label, listed, wanted
from support.small_runs import georep

if TYPE_CHECKING:
    from support.published import Figure

FILES = sorted(path.stem for path in PUBLISHED.glob("*.yaml") if path.stem != "expected")
FIGURES = figures()


def test_each_file_is_asked_for_something() -> None:
    assert {figure.file for figure in FIGURES} == set(FILES)


def test_what_is_not_reproduced_has_a_reason() -> None:
    assert all(entry["what"] and entry["reason"] for entry in listed()["not_reproduced"])


@pytest.mark.parametrize("name", FILES)
def test_file_checks_and_says_what_it_asks_where_from_and_how_to_read_it(name: str) -> None:
    file = PUBLISHED / f"{name}.yaml"
    checked = georep("check", file)
    assert checked.exit_code == 0, checked.output
    header = file.read_text(encoding="utf-8").split("\ngeorep:")[0]
    assert all(f"# {part} " in header for part in ("Question", "Sources", "Reading"))


@pytest.mark.parametrize("figure", FIGURES, ids=label)
def test_published_figure(figure: Figure) -> None:
    ours = found(figure)
    target = wanted(figure)
    slack = figure.within if figure.answer == "nines_of" else figure.within * abs(target)
    assert abs(ours.value - target) <= slack
    if ours.low is not None and ours.high is not None:
        # A 95 % interval, which may miss in one of twenty figures, at the 1e-6 of all tests of chance.
        wider = 4.89 / 1.96
        assert ours.value - wider * (ours.value - ours.low) <= target <= ours.value + wider * (ours.high - ours.value)
