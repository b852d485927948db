"""Compute the examples of ``docs/explanation/durability.md`` from shipped scenarios: no number there is typed by hand.

At the start of a build each table is written to ``docs/_generated/durability-NAME.md`` and included by the page.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import georep_sim as gs
from georep_sim.report.lost import percent
from georep_sim.study.losses import losses_of
from georep_sim.study.targets import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sphinx.application import Sphinx

_SCENARIOS = Path(__file__).parents[2] / "scenarios"
_IMAGES = 10_000_000
_NINES = (9, 11, 12, 16)
_COMPARED = ("lrs", "zrs")
# From what takes one copy to what takes all.
_FROM_SMALL_TO_LARGE = (
    "disk",
    "sector",
    "power-loss",
    "rack",
    "zone-outage",
    "zone-destroyed",
    "region-destroyed",
    "mistaken-delete",
)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    sphinx.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(sphinx: Sphinx) -> None:
    folder = Path(sphinx.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    pages: Mapping[str, Callable[[], Iterator[str]]] = {
        "meaning": meaning,
        "independence": independence,
        "lag": lag,
        "options": options,
    }
    for name, lines in pages.items():
        path, text = folder / f"durability-{name}.md", "\n".join(lines()) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def meaning() -> Iterator[str]:
    """What nines mean for ten million images, if losses came one by one, and if they came in groups."""
    yield from _head(
        "nines", "lost a year, on average", "a loss every, if one by one", "a loss every, if 10,000 at once"
    )
    for nines in _NINES:
        lost = _IMAGES * 10.0**-nines
        yield _line(f"{nines}", f"{lost:.3g}", _years(1.0 / lost), _years(10_000 / lost))


def independence() -> Iterator[str]:
    """The same three copies with more and more of what takes several of them at once."""
    scenario = gs.load(_SCENARIOS / "redundancy-options.yaml")
    faults = sorted(scenario.case().faults, key=_FROM_SMALL_TO_LARGE.index)
    yield from _head("faults", *(f"{design}, a blob lost in a year" for design in _COMPARED))
    for count in range(1, len(faults) + 1):
        changed = scenario.set({f"faults.{name}": None for name in faults[count:]})
        case = changed.case()
        losses = [losses_of(case, case.designs[name], answers="exact_number").probability for name in _COMPARED]
        yield _line(f"{'and ' * (count > 1)}`{faults[count - 1]}`", *(f"{loss:.2g}" for loss in losses))


def lag() -> Iterator[str]:
    """Images acknowledged and then lost with a region, by the mean lag of the copy elsewhere."""
    per_hour, every_y = 60.0, 500.0
    yield from _head("mean lag of copies", "images waiting at any time", "lost a year, on average")
    for minutes in (1.0, 15.0, 60.0):
        waiting = per_hour * minutes / 60.0
        yield _line(f"{minutes:g} min", f"{waiting:g}", f"{waiting / every_y:.2g}")
    yield ""
    yield f"{per_hour:g} pushes an hour; the region is destroyed every {every_y:g} years."


def options() -> Iterator[str]:
    """Nines of the redundancy options, the vendor's design target, and what is in the way."""
    scenario = gs.load(_SCENARIOS / "redundancy-options.yaml")
    case = scenario.case()
    deletes = {name for name, fault in case.faults.items() if fault.what == "operator"}
    yield from _head("option", "design target", "these faults", "without deletes", "first cause", "second")
    for (where, design), target in targets_of(scenario).items():
        if where == case.name:
            found = losses_of(case, case.designs[design], answers="exact_number")
            total = found.probability
            kept = math.fsum(loss for cause, loss in found.by_cause.items() if cause not in deletes)
            ranked = sorted(found.by_cause, key=lambda cause: -found.by_cause[cause])
            causes = [f"`{cause}` ({percent(found.by_cause[cause] / total)})" for cause in ranked[:2]]
            yield _line(f"`{design}`", f"{target.nines:g}", _nines(total), _nines(kept), *causes)


def _nines(loss: float) -> str:
    return f"{-math.log10(loss):.1f}" if loss > 0.0 else "no loss"


def _years(years: float) -> str:
    return f"{years:,.0f} y" if 1.0 <= years < 1e7 else f"{years:.1g} y"


def _head(*cells: str) -> Iterator[str]:
    yield _line(*cells)
    yield _line(*["---"] * len(cells))


def _line(*cells: str) -> str:
    texts: Sequence[str] = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(texts)} |"
