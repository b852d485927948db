"""The loss of one group without simulation: by the solver that fits its laws, labelled by what it is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from georep_sim.errors import SimulationError
from georep_sim.laws import Constant
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.elimination import DENSE_STATES, mean_time_to_loss
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import Crews, Parallel
from georep_sim.loss.semi_markov import loss_within_semi, mean_time_of, one_rebuild_at_a_time
from georep_sim.loss.within import loss_within, sensitivities

if TYPE_CHECKING:
    from collections.abc import Callable

    from georep_sim.loss.chain import Chain
    from georep_sim.loss.model import Fleet

# Change by the last doubling of stages, relative, that is good enough.
_GOOD_FIT: Final = 1e-4
# About a second; more stages would show in the fourth digit.
_MOST_STAGED: Final = 3_000


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
    mttdl_y : float, default nan
        Mean time to the loss of one group.
    """

    probability: float
    by_cause: dict[str, float]
    method: Literal["exact", "phase_type"]
    error: float
    states: int
    mttdl_y: float = math.nan


def group_loss(
    fleet: Fleet, horizon_y: float, *, stages: int = 8, most_states: int = 16_384, is_stationary: bool = False
) -> GroupLoss:
    """Return the probability that a group of a fleet is lost within a period.

    Parameters
    ----------
    fleet : Fleet
        The group and its common causes.
    horizon_y : float
        The period, in years.
    stages : int, default 8
        Stages that may stand for a law which is none of the exact cases; twice as many in a second computation. Fewer
        where that chain would be too large, or where fewer do.
    most_states : int, default 16384
        Limit.
    is_stationary : bool, default False
        Whether disks are of the ages of a fleet that has long been running, else all new.

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
    require_own_crews(fleet)
    try:
        chain = lump(fleet, most_states=most_states, is_stationary=is_stationary)
    except NotMarkovError:
        if not fleet.common and (found := _semi(fleet, horizon_y)) is not None:
            return found
        return _staged(fleet, horizon_y, stages, most_states, is_stationary=is_stationary)
    return solved(chain, horizon_y)


def group_sensitivities(
    fleet: Fleet, horizon_y: float, *, stages: int = 1, most_states: int = 16_384, is_stationary: bool = False
) -> dict[str, float]:
    """Return ``d log P / d log rate`` for each named rate of a group's chain; see `sensitivities`.

    Parameters
    ----------
    fleet, horizon_y, most_states, is_stationary
        As for `group_loss`.
    stages : int, default 1
        For laws not made of exponential stages.
    """
    require_own_crews(fleet)
    try:
        chain = lump(fleet, most_states=most_states, is_stationary=is_stationary)
    except NotMarkovError:
        chain = lump(merged(fleet), stages=stages, most_states=most_states, is_stationary=is_stationary)
    return sensitivities(chain, horizon_y)


def require_own_crews(fleet: Fleet) -> None:
    """Refuse groups that wait for each other.

    Raises
    ------
    NotMarkovError
        If crews or bandwidth are those of several groups.
    """
    repairs = fleet.group.repairs
    shares_disks = fleet.layout != "partitioned" and fleet.disks > fleet.group.fragments
    if isinstance(repairs, Parallel) or not (fleet.is_pooled or shares_disks):
        return
    what = f"{repairs.count} crews" if isinstance(repairs, Crews) else "the bandwidth of rebuilds"
    msg = f"{what} serve all groups of the site, so that one group alone is no chain; simulate it"
    raise NotMarkovError(msg)


def merged(fleet: Fleet) -> Fleet:
    """Return a fleet with detection and rebuild as one time, where that changes nothing.

    Notes
    -----
    Where every rebuild starts once it is noticed and none slows another, a fragment is gone for the sum of both. Only
    a place that is away tells them apart: detection goes on there, a rebuild does not.
    """
    group = fleet.group
    if not (isinstance(group.repairs, Parallel) and group.starts_at == 1):
        return fleet
    if not (isinstance(group.detect_y, Constant) and isinstance(group.repair_y, Constant)):
        return fleet
    whole = Constant(group.detect_y.value + group.repair_y.value)
    return replace(fleet, group=replace(group, detect_y=None, repair_y=whole))


def solved(chain: Chain, horizon_y: float, *, is_exact: bool = True) -> GroupLoss:
    """Return what a chain tells about a period.

    Parameters
    ----------
    chain : Chain
        Of any size.
    horizon_y : float
        The period, in years.
    is_exact : bool, default True
        Whether the chain is what is asked about, or has stages in place of laws.
    """
    loss = loss_within(chain, horizon_y)
    if len(chain.states) <= DENSE_STATES:
        mttdl_y = mean_time_to_loss(chain).mean_y if chain.causes else math.inf
    else:
        rate = loss.rate_per_y if math.isfinite(loss.rate_per_y) else -math.log1p(-loss.probability) / horizon_y
        mttdl_y = 1.0 / rate if rate > 0.0 else math.inf
    method: Literal["exact", "phase_type"] = "exact" if is_exact else "phase_type"
    return GroupLoss(loss.probability, loss.by_cause, method, 0.0, len(chain.states), mttdl_y)


def _semi(fleet: Fleet, horizon_y: float) -> GroupLoss | None:
    try:
        model = one_rebuild_at_a_time(fleet.group)
    except NotMarkovError:
        return None
    loss = loss_within_semi(model, horizon_y)
    states = len(model.chain.states)
    return GroupLoss(loss.probability, loss.by_cause, "exact", loss.error, states, mean_time_of(model))


def _staged(fleet: Fleet, horizon_y: float, stages: int, most_states: int, *, is_stationary: bool) -> GroupLoss:
    def solve(count: int) -> GroupLoss:
        chain = lump(merged(fleet), stages=count, most_states=most_states, is_stationary=is_stationary)
        return solved(chain, horizon_y, is_exact=False)

    return refined(solve, stages, most_states)


def refined(solve: Callable[[int], GroupLoss], stages: int, most_states: int) -> GroupLoss:
    """Return a loss by stages, with as many as are worth their while.

    Parameters
    ----------
    solve : callable
        Takes the number of stages, gives the loss.
    stages : int
        Not more than twice as many are tried.
    most_states : int
        Of a chain; where the next would be larger, as the last two grew, it is not made.

    Raises
    ------
    ChainTooLargeError
        If not even the chains of one stage and of two can be solved.

    Notes
    -----
    Stages double from one on, until the last doubling changed the probability by less than `_GOOD_FIT`.
    """
    coarse, count = solve(1), 2
    fine = _with_error(solve(2), coarse)
    while fine.error > _GOOD_FIT * fine.probability and count <= stages:
        growth = fine.states / coarse.states
        if fine.states * growth > min(most_states, _MOST_STAGED):
            break
        try:
            following = _with_error(solve(2 * count), fine)
        except SimulationError:
            break
        coarse, fine, count = fine, following, 2 * count
    return fine


def _with_error(fine: GroupLoss, coarse: GroupLoss) -> GroupLoss:
    return replace(fine, error=abs(fine.probability - coarse.probability))
