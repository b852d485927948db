"""Every way in which a scenario can be wrong, and what is then said.

Each ``NAME.yaml`` of this folder is wrong; ``NAME.txt`` is the text of the error. To write the texts anew, run this
file as a program and review the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from georep_sim.errors import ScenarioError
from georep_sim.scenario import load

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
METRICS = {"availability": ("request_weighted",), "latency": ("mean", "p50", "p99"), "rpo": ("p50", "p99", "max")}


def error_text(name: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(f"{name}.yaml", known_metrics=METRICS)
    return f"{caught.value}\n"


@pytest.mark.parametrize("name", NAMES)
def test_wrong_scenario_is_told_with_places_and_remedies(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert error_text(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_has_a_line_and_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(ScenarioError) as caught:
        load(f"{name}.yaml", known_metrics=METRICS)
    for problem in caught.value.problems:
        assert problem.line > 0
        assert problem.expected or problem.remedy


def main() -> None:
    os.chdir(FOLDER)
    for name in NAMES:
        Path(f"{name}.txt").write_text(error_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
