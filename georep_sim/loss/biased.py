"""How likely a fleet loses something, by simulation: any law, any layout, any number of nines.

Failures are made frequent in copies of single busy periods, and weighed for it; the run that says how often busy
periods begin, and in which state, is left alone. Biasing a whole horizon instead fails silently where many busy
periods fit into it, since the weights of all of them multiply.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.intervals import clopper_pearson, poisson
from georep_sim.loss import periods
from georep_sim.loss.estimate import Effort, Simulated, doubts_about, probability_of, rate_of, scaled, units_of
from georep_sim.loss.memory import FIRST_COMMON, state_of, world_of
from georep_sim.loss.prepared import BATCHES, Bias, Plan, play_batches, prepare, settings

if TYPE_CHECKING:
    from georep_sim.loss.memory import World
    from georep_sim.loss.model import Fleet
    from georep_sim.loss.prepared import Played, Prepared


def simulate(
    fleet: Fleet,
    *,
    horizon_y: float = 1.0,
    seed: int = 0,
    stationary: bool = True,
    accuracy: float = 0.05,
    max_copies: int = 400_000,
    level: float = 0.95,
) -> Simulated:
    """Return how likely losses are, from biased copies of busy periods.

    Parameters
    ----------
    fleet : Fleet
        Disks, groups and common causes. Everything is good at the start.
    horizon_y : float, default 1.0
        Years played.
    seed : int, default 0
        Of all draws.
    stationary : bool, default True
        Whether disks are of the ages of a fleet that has been running for ever, else all new.
    accuracy : float, default 0.05
        Half width aimed at of a 95 % interval, relative to the value.
    max_copies : int, default 400_000
        More busy periods are not played, whatever the accuracy.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    Simulated

    Raises
    ------
    ValueError
        If a law or number cannot be simulated.

    Notes
    -----
    At each departure from good, independent copies of the busy period are played with the hazards that lead to loss
    multiplied, from the current ages, and with long rebuilds made frequent; a loss counts with the likelihood ratio of
    its path [1]_. Common causes are made
    to strike at random instants of good times instead, weighed by their rates, so that a fire in 500 years needs no
    luck to be seen. Where periods do not end, one begins when some group misses two fragments, or three, and so on. The
    mean number of losses m within the horizon gives the probability ``-expm1(-m)``. A pilot with its own draws chooses
    the pressure and the number of replications; weights are never clamped.

    References
    ----------
    .. [1] P. Heidelberger, "Fast simulation of rare events in queueing and reliability models", ACM Transactions on
       Modeling and Computer Simulation 5(1), 1995, sections 4 and 5.

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> from georep_sim.loss.model import Fleet, Group
    >>> three = Fleet(Group(3, 2, Exponential(50.0), Exponential(1 / 1549)), disks=3)
    >>> result = simulate(three)
    >>> bool(result.any_loss.low < 1.0002e-11 < result.any_loss.high)
    True
    """
    prepared = prepare(fleet, horizon_y=horizon_y, seed=seed, stationary=stationary, max_copies=max_copies)
    return simulate_prepared(prepared, accuracy=accuracy, max_copies=max_copies, level=level)


def simulate_prepared(
    prepared: Prepared,
    *,
    seed: int | None = None,
    accuracy: float = 0.05,
    max_copies: int = 400_000,
    batches: int = BATCHES,
    level: float = 0.95,
) -> Simulated:
    """Return how likely losses are, without another pilot.

    Parameters
    ----------
    prepared : Prepared
        By `prepare`.
    seed : int or None, default None
        Of the draws from here on; None = as in `prepare`, the draws differ all the same. Groups stay where they are.
    accuracy, max_copies, level
        As for `simulate`.
    batches : int, default 100
        Independent parts, of which the interval takes the spread; at least 2. Each has a replication, or four where
        some of them are compared at another pressure, so that fewer make a shorter run possible.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    if not (accuracy > 0.0 and batches > 1):
        msg = f"accuracy is {accuracy}, batches {batches}: must be positive, and more than 1"
        raise ValueError(msg)
    world, plan = prepared.world, prepared.plan
    if seed is not None:
        rules = world.rules.copy()
        rules["seed"] = seed
        world = world._replace(rules=rules)
    replications = prepared.replications(accuracy, max_copies)
    each = plan.unit * max(1, math.ceil(replications / (batches * plan.unit)))
    played = play_batches(world, plan, prepared.bias, batches=batches, each=each, purpose="main")
    return _result(prepared.fleet, world, plan, prepared.bias, played, each=each, level=level)


def simulate_plainly(
    fleet: Fleet,
    *,
    trials: int,
    horizon_y: float = 1.0,
    seed: int = 0,
    stationary: bool = True,
    level: float = 0.95,
) -> Simulated:
    """Return how likely losses are, from trials that end at their first loss.

    Parameters
    ----------
    fleet, horizon_y, seed, stationary, level
        As for `simulate`.
    trials : int
        Horizons played.
    """
    world = world_of(fleet, seed=seed, stationary=stationary)
    losses, groups = np.zeros((2, FIRST_COMMON + len(world.causes)), np.int64)
    play = settings(Plan(horizon_y), Bias(), each=trials, purpose="plain")
    periods.plain(world, play, state_of(world), losses, groups)
    lost, count = int(losses.sum()), int(world.rules["groups"][0])
    years = trials * horizon_y
    by_cause, per_group = {}, {}
    for place, (name, units) in enumerate(units_of(fleet, world).items()):
        by_cause[name] = poisson(int(losses[place]), years * (1 if losses[place] else units), level=level)
        exposure = years * count if groups[place] else years * units
        per_group[name] = poisson(int(groups[place]), exposure, level=level)
    any_loss = clopper_pearson(lost, trials, level=level)
    return Simulated(
        any_loss,
        probability_of(poisson(int(groups.sum()), float(trials * count), level=level)),
        by_cause,
        per_group,
        float(groups.sum()) / lost if lost else math.nan,
        (),
        Effort(trials, losses=lost),
    )


def _result(
    fleet: Fleet, world: World, plan: Plan, bias: Bias, played: Played, *, each: int, level: float
) -> Simulated:
    groups = int(world.rules["groups"][0])
    batch_y = each * plan.horizon_y
    firsts, lost = played.first / batch_y, played.groups / (batch_y * groups)
    names = units_of(fleet, world)
    watched_y = batch_y * len(firsts)
    by_cause, per_group = {}, {}
    for place, (name, units) in enumerate(names.items()):
        by_cause[name] = rate_of(firsts[:, place], watched_y * units, level=level)
        per_group[name] = rate_of(lost[:, place], watched_y * units, level=level)
    rate = rate_of(firsts.sum(axis=1), watched_y, level=level)
    group_rate = rate_of(lost.sum(axis=1), watched_y * groups, level=level)
    total = float(played.first.sum())
    counts = played.counts[0]
    effort = Effort(
        each * len(firsts),
        int(counts["departures"]),
        int(played.counts["copies"].sum()),
        int(counts["hits"]),
        plan.entry,
        bias.pressure,
        bias.tilt,
        float(counts["largest"]) / total if total > 0.0 else 0.0,
        _disagreement(played),
    )
    return Simulated(
        probability_of(scaled(rate, plan.horizon_y)),
        probability_of(scaled(group_rate, plan.horizon_y)),
        by_cause,
        per_group,
        float(played.groups.sum()) / total if total > 0.0 else math.nan,
        doubts_about(effort),
        effort,
    )


def _disagreement(played: Played) -> float:
    """Standard errors between the estimates at the two pressures."""
    gaps = played.first.sum(axis=1) - played.check[:, 0].sum(axis=1)
    spread = float(gaps.std(ddof=1))
    return abs(float(gaps.mean())) / spread * math.sqrt(len(gaps)) if spread > 0.0 else 0.0
