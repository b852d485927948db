"""Numbers that need no simulation, beside the simulated ones: ``method: exact`` wherever a scenario fits a closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.study.exact_access import access_rows
from georep_sim.study.exact_tails import tail_rows

if TYPE_CHECKING:
    from georep_sim.scenario import Case, Design
    from georep_sim.study.resampling import Estimate


def exact_rows(case: Case, design: Design) -> list[Estimate]:
    """Return what is known without simulation about a design under a case, durability left out.

    Parameters
    ----------
    case : Case
        Faults, clients, objectives.
    design : Design
        One of the case's designs.

    Returns
    -------
    list of Estimate
        ``availability.time_weighted`` and ``availability.slo_met_share`` (see `exact_access`), ``rpo`` quantiles and
        ``acknowledged_then_lost`` (see `exact_tails`), as far as their assumptions hold; what does not fit has no row.
        Where an assumption holds only nearly, `low` and `high` say how far the value may be off; else they are nan.
    """
    if case.workload is None or not case.workload.clients:
        return []
    # Requests of a log do not come at random, as the laws of what waits assume; by time they count as any others do.
    tails = [] if case.workload.trace is not None else tail_rows(case, design)
    return [*access_rows(case, design), *tails]
