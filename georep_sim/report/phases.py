"""Before, during, after: requests told apart by what control was doing when they arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.tables import ControlState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.tables import Recording

#: Control states of each phase.
PHASES: Final[Mapping[str, tuple[ControlState, ...]]] = {
    "before": (ControlState.QUIET,),
    "during": (ControlState.STRUCK, ControlState.FAILED_OVER),
    "after": (ControlState.AFTER,),
}
#: What the phases are, in a sentence for a caption.
MEANING: Final = (
    "During: a fault is at work; after: from its end until its last after-effect is over, in the slowest of the "
    "designs; before: the rest. "
)


def by_phase(recording: Recording, *, cohort: int, operation: int) -> dict[str, NDArray[Any]]:
    """Tallies of a client group and operation by phase; phases in which nothing was asked are left out.

    Requests of which the control state is not known are left out too.
    """
    rows = recording.tables["tallies"]
    mine = rows[(rows["cohort"] == cohort) & (rows["operation"] == operation)]
    found = {name: mine[np.isin(mine["state"], states)] for name, states in PHASES.items()}
    return {name: rows for name, rows in found.items() if len(rows)}
