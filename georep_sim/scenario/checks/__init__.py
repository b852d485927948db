"""Named checks of a resolved case: what cannot be meant is an error, what is odd a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.scenario.checks import designs, faults, oddities, protection, workload
from georep_sim.scenario.checks.inspector import Inspector, Oddity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from georep_sim.scenario.model import Case
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.scenario import Scenario
    from georep_sim.scenario.tree import Map

#: Checks that refuse a case, by name.
CHECKS: Final[tuple[Callable[[Inspector], None], ...]] = (
    *designs.CHECKS,
    *protection.CHECKS,
    *faults.CHECKS,
    *workload.CHECKS,
)


def refuse_inconsistent(
    case: Case,
    tree: Map,
    report: Report,
    *,
    designs: frozenset[str],
    known_metrics: Mapping[str, Collection[str]] | None,
) -> None:
    """Report everything in a case that cannot be meant.

    Parameters
    ----------
    case : Case
        Validated.
    tree : Map
        The same values with their places.
    report : Report
        Receives what is wrong.
    designs : frozenset of str
        Names of all designs of the document, those with errors included.
    known_metrics : mapping of str to collection of str, or None
        Statistics of each metric that objectives may name; None leaves the names unchecked.
    """
    inspector = Inspector(case, tree, report, designs, report.told)
    for check in CHECKS:
        check(inspector)
    if known_metrics is not None:
        workload.objectives_name_metrics(inspector, known_metrics)


def check(scenario: Scenario) -> list[Oddity]:
    """Return what is odd about a scenario, though it can be meant.

    Parameters
    ----------
    scenario : Scenario
        Loaded, so free of errors.

    Returns
    -------
    list of Oddity
        Each once, in the order of the cases; load is not looked at.
    """
    found: dict[Oddity, None] = {}
    for name, case in scenario.cases.items():
        for warning in oddities.warnings(case, scenario.tree(name)):
            found.setdefault(warning)
    return list(found)


__all__ = ["CHECKS", "Oddity", "check", "refuse_inconsistent"]
