"""How durable a design is: exactly where a chain is small enough, simulated beside it, by cause, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from georep_sim.errors import SimulationError
from georep_sim.loss.model import JOINT
from georep_sim.loss.sites import StructureLoss, any_loss_exact, structure_loss, structure_sensitivities
from georep_sim.loss.structure import Structure, structure_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.intervals import Interval
    from georep_sim.loss.simulated import SimulatedLoss
    from georep_sim.scenario import Case, Design

# Shares of the budget worth a word.
_NAMED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Durability:
    """What is known of a design's losses within a period.

    Parameters
    ----------
    design : str
        Name of the design.
    structure : Structure
        What can be lost, and what was left out.
    horizon_y : float
        The period, in years.
    exact : StructureLoss or None
        Without simulation.
    why_not_exact : str
        Why there is no such answer; empty if there is.
    simulated : SimulatedLoss or None
        By simulation.
    why_not_simulated : str
        Why there is none; empty if there is, or was not asked for.
    any_loss_exact : float
        Probability that any blob is lost, without simulation; nan where groups share disks or causes.
    sensitivities : dict of str to float
        ``d log P / d log rate`` of the exact answer; empty if there is none.
    cannot_lose : str
        Why nothing can be lost; empty if something can.
    """

    design: str
    structure: Structure
    horizon_y: float = 1.0
    exact: StructureLoss | None = None
    why_not_exact: str = ""
    simulated: SimulatedLoss | None = None
    why_not_simulated: str = ""
    any_loss_exact: float = math.nan
    sensitivities: dict[str, float] = field(default_factory=dict)
    cannot_lose: str = ""

    @property
    def probability(self) -> float:
        """Probability that a blob is lost: the exact one, else the simulated; nan if there is neither."""
        if self.cannot_lose:
            return 0.0
        if self.exact is not None:
            return self.exact.probability
        return self.simulated.blob_loss.value if self.simulated is not None else math.nan

    @property
    def by_cause(self) -> dict[str, float]:
        """The same by row of faults, and `joint`."""
        if self.exact is not None:
            return self.exact.by_cause
        if self.simulated is None:
            return {}
        return {name: interval.value for name, interval in self.simulated.by_cause.items()}

    @property
    def bounds(self) -> Mapping[str, Interval]:
        """Losses a year, at most, of one unit of each cause that lost nothing; see `SimulatedLoss`."""
        return {} if self.simulated is None else self.simulated.bounds

    @property
    def dominant(self) -> str:
        """What the losses come from, in a sentence."""
        return self.cannot_lose or dominant_sentence(self.by_cause)


def dominant_sentence(by_cause: Mapping[str, float]) -> str:
    """Return which causes make up most of a budget, in a sentence.

    Examples
    --------
    >>> dominant_sentence({"disk": 1e-12, "zone-fire": 8e-12, "joint": 1e-12})
    'zone-fire causes 80 % of it, disk 10 %, several causes together 10 %'
    """
    total = math.fsum(by_cause.values())
    if not total > 0.0:
        return "no loss was seen"
    ranked = sorted(by_cause.items(), key=lambda item: -item[1])
    named = [item for place, item in enumerate(ranked[:3]) if not place or item[1] >= _NAMED * total]
    words = []
    for place, (name, value) in enumerate(named):
        percent = 100.0 * value / total
        share = f"{percent:.0f} %" if percent < 99.5 or value == total else "nearly all" if not place else "some"
        who = "several causes together" if name == JOINT else name
        verb = "" if place else " cause" if name == JOINT else " causes"
        words.append(f"{who}{verb} {share}{' of it' if not place else ''}")
    return ", ".join(words)


def durability(
    case: Case,
    design: Design,
    *,
    horizon_y: float = 1.0,
    simulated: bool = True,
    slopes: bool = True,
    seed: int = 0,
    effort: float = 1.0,
) -> Durability:
    """Return how likely a design loses content.

    Parameters
    ----------
    case : Case
        Faults, content and environment.
    design : Design
        Sites, protection, repair and copy edges.
    horizon_y : float, default 1.0
        The period, in years.
    simulated : bool, default True
        Whether to simulate too.
    slopes : bool, default True
        Whether to find the sensitivities of the exact answer, which take several times as long as itself.
    seed : int, default 0
        Of the simulation.
    effort : float, default 1.0
        Of the simulation; see `simulated.simulated_loss`.

    Returns
    -------
    Durability
    """
    found = _solved(Durability(design.name, structure_of(case, design), horizon_y))
    if slopes:
        found = with_slopes(found)
    return with_simulation(found, seed=seed, effort=effort) if simulated else found


def _solved(asked: Durability) -> Durability:
    """The exact answer alone."""
    structure = asked.structure
    if structure.cannot_lose:
        return replace(asked, cannot_lose=structure.cannot_lose)
    try:
        exact = structure_loss(structure, asked.horizon_y)
    except SimulationError as error:
        return replace(asked, why_not_exact=str(error))
    if exact.probability == 0.0:
        text = "nothing can be lost: no sequence of these faults takes more than is tolerated"
        return replace(asked, exact=exact, cannot_lose=text)
    return replace(asked, exact=exact, any_loss_exact=any_loss_exact(structure, exact))


def with_slopes(found: Durability) -> Durability:
    """Return the same with the sensitivities of its exact answer, if it has one that is not zero."""
    if found.exact is None or found.cannot_lose:
        return found
    try:
        rates = structure_sensitivities(found.structure, found.horizon_y)
    except SimulationError:
        return found
    return replace(found, sensitivities=rates)


def with_simulation(found: Durability, *, seed: int = 0, effort: float = 1.0) -> Durability:
    """Return the same with what simulating it says, or why that says nothing; what cannot lose stays as it is.

    Parameters
    ----------
    found : Durability
        Of one design.
    seed, effort
        As for `durability`.
    """
    if found.cannot_lose:
        return found
    from georep_sim.loss.simulated import simulated_loss  # noqa: PLC0415  (compiles; not where it is not asked for)

    try:
        played = simulated_loss(found.structure, horizon_y=found.horizon_y, seed=seed, effort=effort)
    except (ValueError, SimulationError) as error:
        return replace(found, why_not_simulated=str(error))
    return replace(found, simulated=played)
