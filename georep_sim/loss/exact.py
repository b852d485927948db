"""The loss of one group without simulation: by the solver that fits its laws, labelled by what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.lumped import lump
from georep_sim.loss.phase_type import doubled
from georep_sim.loss.semi_markov import loss_within_semi, one_rebuild_at_a_time
from georep_sim.loss.within import loss_within, sensitivities

if TYPE_CHECKING:
    from georep_sim.loss.model import Fleet


@dataclass(frozen=True, slots=True)
class GroupLoss:
    """Probability that a group is lost within a period, without simulation.

    Parameters
    ----------
    probability : float
        Of a loss by any cause.
    by_cause : dict of str to float
        They add up to it.
    method : {"exact", "phase_type"}
        Whether laws were taken as they are, or as stages.
    error : float
        How far the probability may be off, absolute: 0 for a chain, else by halving steps or doubling stages.
    states : int
        Of the chain, or of the finer of two.
    """

    probability: float
    by_cause: dict[str, float]
    method: Literal["exact", "phase_type"]
    error: float
    states: int


def group_loss(fleet: Fleet, horizon_y: float, *, stages: int = 8, most_states: int = 16_384) -> GroupLoss:
    """Return the probability that a group of a fleet is lost within a period.

    Parameters
    ----------
    fleet : Fleet
        The group and its common causes.
    horizon_y : float
        The period, in years.
    stages : int, default 8
        Stages that may stand for a law which is none of the exact cases; twice as many in a second computation.
    most_states : int, default 16384
        Limit.

    Raises
    ------
    NotMarkovError
        If no solver here fits; simulate.
    ChainTooLargeError
        If the chain would be too large; simulate.

    Notes
    -----
    In order: the lumped chain, where all laws are made of exponential stages; the semi-Markov solver, where rebuilds
    go one after the other and nothing else is not exponential; else stages, with the error of the fit.

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> from georep_sim.loss.model import Fleet, Group
    >>> three = Group(3, 2, life_y=Exponential(50.0), repair_y=Exponential(1 / 1549))
    >>> loss = group_loss(Fleet(three, disks=3), 1.0)
    >>> loss.method, f"{loss.probability:.6e}"
    ('exact', '9.992359e-12')
    """
    try:
        chain = lump(fleet, most_states=most_states)
    except NotMarkovError:
        if not fleet.common and (found := _semi(fleet, horizon_y)) is not None:
            return found
        return _staged(fleet, horizon_y, stages, most_states)
    loss = loss_within(chain, horizon_y)
    return GroupLoss(loss.probability, loss.by_cause, "exact", 0.0, len(chain.states))


def group_sensitivities(
    fleet: Fleet, horizon_y: float, *, stages: int = 16, most_states: int = 16_384
) -> dict[str, float]:
    """Return ``d log P / d log rate`` for each named rate of a group's chain; see `sensitivities`.

    Parameters
    ----------
    fleet, horizon_y, most_states
        As for `group_loss`.
    stages : int, default 16
        For laws not made of exponential stages.
    """
    return sensitivities(lump(fleet, stages=stages, most_states=most_states), horizon_y)


def _semi(fleet: Fleet, horizon_y: float) -> GroupLoss | None:
    try:
        model = one_rebuild_at_a_time(fleet.group)
    except NotMarkovError:
        return None
    loss = loss_within_semi(model, horizon_y)
    return GroupLoss(loss.probability, loss.by_cause, "exact", loss.error, len(model.chain.states))


def _staged(fleet: Fleet, horizon_y: float, stages: int, most_states: int) -> GroupLoss:
    found = {}

    def solve(count: int) -> float:
        chain = lump(fleet, stages=count, most_states=most_states)
        found[count] = (loss_within(chain, horizon_y), len(chain.states))
        return found[count][0].probability

    both = doubled(solve, stages)
    fine, states = found[2 * stages]
    return GroupLoss(both.value, fine.by_cause, "phase_type", both.fit_error, states)
