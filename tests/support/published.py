"""Published figures beside what this package makes of their files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from georep_sim.loss.durability import durability
from georep_sim.scenario import load
from georep_sim.scenario.read import read_file
from georep_sim.scenario.tree import plain

if TYPE_CHECKING:
    from georep_sim.loss.durability import Durability
    from georep_sim.scenario import Scenario

PUBLISHED: Final = Path(__file__).parents[2] / "scenarios" / "published"
_YEAR_H: Final = 8_766.0
# Intervals of some ten per cent, in seconds.
_EFFORT: Final = 0.1
_UNIT_H: Final = {"d": 24.0, "8760 h": 8_760.0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure; the keys of ``expected.yaml``."""

    source: str
    file: str
    name: str
    design: str
    answer: str
    published: float
    within: float
    case: str | None = None
    unit: str = ""
    groups: int = 1
    ours: float | None = None
    reason: str = ""
    inputs: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What came out, with the interval where it was simulated."""

    value: float
    low: float | None = None
    high: float | None = None


def listed() -> dict[str, Any]:
    """Return ``expected.yaml``."""
    found = plain(read_file(PUBLISHED / "expected.yaml"))
    assert isinstance(found, dict)
    return found


def figures() -> list[Figure]:
    """Return all figures of ``expected.yaml``."""
    return [
        Figure(source=part["source"], file=part["file"], inputs=part["inputs"], **row)
        for part in listed()["figures"]
        for row in part["rows"]
    ]


def label(figure: Figure) -> str:
    """Return what a figure is called in a list of all."""
    return f"{figure.file}-{figure.case or figure.design}"


def wanted(figure: Figure) -> float:
    """Return what should come out here."""
    return figure.published if figure.ours is None else figure.ours


def found(figure: Figure) -> Found:
    """Return what comes out."""
    is_simulated = figure.answer == "per_event"
    answer = _answer(figure.file, figure.case, figure.design, is_simulated)
    if is_simulated:
        assert answer.simulated is not None
        interval = answer.simulated.any_loss
        every_y = _event_every_y(figure)
        return Found(interval.value * every_y, interval.low * every_y, interval.high * every_y)
    assert answer.exact is not None, answer.why_not_exact
    p = answer.exact.probability
    if figure.answer == "per_event_apart":
        (site,) = answer.structure.sites
        return Found(-math.expm1(site.groups * math.log1p(-p * _event_every_y(figure))))
    if figure.answer == "mttdl":
        return Found(answer.exact.mttdl_y * _YEAR_H / _UNIT_H[figure.unit])
    if figure.answer == "nines_of":
        return Found(-math.log10(-math.expm1(figure.groups * math.log1p(-p))))
    return Found(p)


@cache
def _scenario(file: str) -> Scenario:
    return load(PUBLISHED / f"{file}.yaml")


@cache
def _answer(file: str, case: str | None, design: str, is_simulated: bool) -> Durability:
    loaded = _scenario(file).case(case)
    return durability(loaded, loaded.designs[design], simulated=is_simulated, seed=1, effort=_EFFORT)


def _event_every_y(figure: Figure) -> float:
    (fault,) = _scenario(figure.file).case(figure.case).faults.values()
    assert fault.every is not None
    return fault.every.mean / (_YEAR_H * 3_600.0)
