"""Solving for a setting: the right value, in the language's units, and what is said where there is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from georep_sim.api import load
from georep_sim.errors import InputError
from georep_sim.measures.estimand import Key
from georep_sim.report.solved import told
from georep_sim.study import solve as solving
from georep_sim.study.resampling import Estimate
from georep_sim.study.solve import solve
from support.small_runs import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from georep_sim.scenario import Case, Design

    Chance = Callable[[Case, Design], float]

DETECT = "designs.redundant.repair.detect"
MINUTE_S = 60.0


def _answers(monkeypatch: pytest.MonkeyPatch, chance: Chance, *, method: str = "exact", half: float = math.nan) -> None:
    """Let the chance of loss be a given function of the scenario."""

    def losses_of(case: Case, design: Design, **_: Any) -> float:
        return chance(case, design)

    def blob_loss(value: float) -> Estimate:
        key = Key("durability", "annual_loss_probability", "1", method=method)
        return Estimate(key, value, value * (1.0 - half), value * (1.0 + half), 0, "")

    monkeypatch.setattr(solving, "losses_of", losses_of)
    monkeypatch.setattr(solving, "blob_loss", blob_loss)


def _by_detection(power: float) -> Chance:
    """1e-9 at the 15 minutes of the default, times a power of the time."""
    return lambda _, design: 1e-9 * (design.repair.detect.mean / (15.0 * MINUTE_S)) ** power


def test_a_power_of_the_time_gives_the_value_in_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _by_detection(2.0))
    answer = solve(load(SMALL), DETECT, 4e-9, design="redundant")
    assert answer.found is not None
    assert answer.found.text == "30 min"
    assert answer.found.probability == pytest.approx(4e-9, rel=1e-4, abs=0.0)
    assert told(answer) == (
        "redundant: designs.redundant.repair.detect = 30 min gives a chance of 4e-09 of losing a blob in a year "
        "(8.4 nines) (exact); now it is 15 min, which gives 1e-09."
    )


def test_a_target_on_the_other_side_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _by_detection(2.0))
    answer = solve(load(SMALL), DETECT, 1e-11, design="redundant")
    assert answer.found is not None
    assert answer.found.text == "1.5 min"


def test_a_share_is_given_in_percent_and_never_passes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALL.replace("designs:", "  slip: {what: operator, kind: delete, every: 20 y, share: 1 %}\ndesigns:")
    _answers(monkeypatch, lambda case, _: 0.05 * (case.faults["slip"].share or 0.0))
    answer = solve(load(text), "faults.slip.share", 0.0125, design="redundant")
    assert answer.found is not None
    assert answer.found.text == "25 %"
    beyond = solve(load(text), "faults.slip.share", 0.06, design="redundant")
    assert beyond.found is None
    assert 0.0 < beyond.ends[1].loss.value <= 0.05
    assert beyond.ends[1].loss.value == pytest.approx(0.05, rel=5e-3)


def test_a_target_that_nothing_reaches_tells_the_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, lambda *_: 5e-4)
    answer = solve(load(SMALL), DETECT, 1e-11, design="redundant")
    assert answer.found is None
    assert "no designs.redundant.repair.detect gives a chance of 1e-11" in told(answer)
    assert answer.ends[0].probability == answer.ends[1].probability == 5e-4


def test_a_simulated_answer_has_the_interval_of_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    # P goes with the square of the time: ±19 % of P is about ∓10 % of the time.
    _answers(monkeypatch, _by_detection(2.0), method="simulated", half=0.19)
    answer = solve(load(SMALL), DETECT, 4e-9, design="redundant")
    assert (answer.low, answer.high) == ("27.501 min", "33.333 min")
    assert "(simulated, 95 % interval 27.501 min to 33.333 min)" in told(answer)


def test_all_designs_may_be_changed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _by_detection(1.0))
    answer = solve(load(SMALL), "designs.all.repair.detect", 2e-9, design="replicated")
    assert answer.found is not None
    assert answer.found.text == "30 min"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("designs.redundant.repair", "name one of the keys in it"),
        ("designs.redundant.health.fails", "a whole number"),
        ("designs.redundant.sites.eastus.egress", "give it a value to start from"),
        ("designs.redundant.repair.detekt", "detect"),
    ],
)
def test_a_path_that_is_no_number_is_refused_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, path: str, expected: str
) -> None:
    _answers(monkeypatch, _by_detection(1.0))
    with pytest.raises(InputError, match=expected):
        solve(load(SMALL), path, 1e-9, design="redundant")


@pytest.mark.parametrize("target", [0.0, 1.0, -1.0, math.nan])
def test_a_target_is_a_probability(target: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        solve(load(SMALL), DETECT, target, design="redundant")
