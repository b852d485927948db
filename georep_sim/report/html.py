"""The report as one self-contained HTML page: no script, no network, every user's string escaped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from georep_sim.report.beside import pairs
from georep_sim.report.lost import sections
from georep_sim.report.period import periods_of
from georep_sim.report.table import headline_table, region_table
from georep_sim.report.verdict import verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template

    from georep_sim.report.canvas import Plate
    from georep_sim.report.subject import LossSubject, Subject

_SHOWN_PROVENANCE: Final = {
    "command": "command",
    "georep_sim": "georep-sim",
    "engine": "data plane",
    "python": "Python",
}


def page(results: Subject, plates: Sequence[Plate]) -> str:
    """Write the report page.

    Parameters
    ----------
    results : Subject
        The run.
    plates : sequence of Plate
        Its figures; they go into the page as SVG.

    Returns
    -------
    str
        HTML. Equal results give equal bytes.
    """
    cases = [_case(results, case) | _pictures(results, case, plates) for case in results.scenario.cases]
    return _template("report.html.j2").render(
        title=results.scenario.title or results.scenario.question or "Registry designs compared",
        question=results.scenario.question,
        complete=results.complete,
        cases=cases,
        several=len(cases) > 1,
        assumptions=assumptions(results),
        provenance=_provenance(results.provenance),
        everything=json.dumps(results.provenance, indent=2, sort_keys=True, default=str, ensure_ascii=False),
    )


def summary(results: Subject) -> str:
    """Write the verdicts and the comparison table of every case, for a notebook; parameters as in `page`."""
    cases = [_case(results, case) for case in results.scenario.cases]
    return _template("summary.html.j2").render(complete=results.complete, cases=cases, several=len(cases) > 1)


def loss_page(results: LossSubject, plates: Sequence[Plate]) -> str:
    """Write the page about durability alone; parameters as in `page`."""
    cases = [_losses(results, case) | _drawn(results, case, plates) for case in results.scenario.cases]
    return _template("durability.html.j2").render(
        title=results.scenario.title or results.scenario.question or "How likely data are lost",
        question=results.scenario.question,
        complete=results.complete,
        cases=cases,
        several=len(cases) > 1,
        assumptions=assumptions(results),
        provenance=_provenance(results.provenance),
        everything=json.dumps(results.provenance, indent=2, sort_keys=True, default=str, ensure_ascii=False),
    )


def loss_summary(results: LossSubject) -> str:
    """Write what there is to say of every design's durability, for a notebook; parameters as in `page`."""
    cases = [_losses(results, case) for case in results.scenario.cases]
    return _template("lost.html.j2").render(complete=results.complete, cases=cases, several=len(cases) > 1)


def _losses(results: LossSubject, case: str) -> dict[str, object]:
    return {"name": case, "losses": sections(results.metrics, results.losses, case, targets=results.targets)}


def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("georep_sim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _pictures(results: Subject, case: str, plates: Sequence[Plate]) -> dict[str, object]:
    return {
        "regions": region_table(results.metrics, results.comparisons, case),
        **_drawn(results, case, plates),
        **_losses(results, case),
        "pairs": pairs(results.metrics, case),
    }


def _drawn(results: Subject | LossSubject, case: str, plates: Sequence[Plate]) -> dict[str, object]:
    several = len(results.scenario.cases) > 1
    mine = [plate for plate in plates if not several or plate.name.startswith(f"{case}-")]
    # Drawn by matplotlib from escaped text: the only markup that is taken as it is.
    return {"plates": [(plate, Markup(plate.inline_svg())) for plate in mine]}


def _case(results: Subject, case: str) -> dict[str, object]:
    periods = periods_of(results, case)
    return {
        "name": case,
        "verdicts": verdicts(results.metrics, results.comparisons, case, periods=periods),
        "table": headline_table(results.metrics, results.comparisons, case, periods=periods),
    }


def assumptions(results: Subject | LossSubject) -> list[tuple[str, str, str]]:
    """Every assumed or estimated input as (path, value, where it comes from), once over all cases."""
    rows = {
        (origin.path, origin.value, "; ".join(part for part in (origin.text, origin.source) if part)): None
        for case in results.scenario.cases
        for origin in results.scenario.assumptions(case)
    }
    return list(rows)


def _provenance(provenance: Mapping[str, object]) -> list[tuple[str, str]]:
    """The few facts that a reader wants at once: command, version, engine, and what each case ran."""
    shown = [(label, str(provenance[key])) for key, label in _SHOWN_PROVENANCE.items() if provenance.get(key)]
    runs = provenance.get("runs")
    if isinstance(runs, dict):
        shown += [(f"case {case}", _settings(settings)) for case, settings in runs.items()]
    return shown


def _settings(settings: object) -> str:
    if not isinstance(settings, dict):
        return str(settings)
    return ", ".join(f"{name} {value}" for name, value in settings.items())
