"""How likely a fleet loses something, by simulation: any law, any layout, any number of nines.

Failures are made frequent in copies of single busy periods, and weighed for it; the run that says how often busy
periods begin, and in which state, is left alone. Biasing a whole horizon instead fails silently where many busy
periods fit into it, since the weights of all of them multiply.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.intervals import clopper_pearson, poisson
from georep_sim.loss import periods
from georep_sim.loss.estimate import Effort, Simulated, doubts_about, probability_of, rate_of, scaled, units_of
from georep_sim.loss.memory import EXPONENTIAL, FIRST_COMMON, World, state_of, world_of
from georep_sim.philox import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.model import Fleet

    Array = NDArray[np.float64]

_PRESSURES: Final = (1.0, 1.6)
_TILTS: Final = (1.0, 0.6, 0.35)
_BATCHES: Final = 100
_PILOT_DEPARTURES: Final = 1_500
_PILOT_ROUNDS: Final = 4
#: Of a batch of the pilot, relative.
_MOST_SPREAD: Final = 2.0
_SURVEYED: Final = 200
#: Busy periods do not end where they fill more than this share of the time.
_MOST_BUSY: Final = 0.2
_CHECK_EACH: Final = 4
_COPIES: Final = 4
#: Disks that may be struck at the forced instants of one replication, by each cause.
_FORCED_DISKS: Final = 600
#: Replications of which one has forced instants, for a fleet of so many disks.
_RARER: Final = 4
#: A pilot may miss some of the variance.
_MARGIN: Final = 1.5
_NORMAL_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to play."""

    horizon_y: float
    entry: int = 1
    copies: int = 1
    check_each: int = _CHECK_EACH
    force_each: int = 1
    forced: int = 1

    @property
    def unit(self) -> int:
        """Replications after which checks and forced causes repeat."""
        return self.check_each * self.force_each


@dataclass(frozen=True, slots=True)
class _Bias:
    """See `Effort`."""

    pressure: float = 0.0
    tilt: float = 1.0

    @property
    def other(self) -> float:
        """Pressure to compare with."""
        return 0.6 * self.pressure


@dataclass(frozen=True, slots=True)
class _Played:
    """Sums per batch, as `periods.simulate` makes them, over the replications of a batch."""

    first: Array
    groups: Array
    check: Array
    counts: NDArray[Any]

    def spread(self) -> float:
        """Relative standard deviation of a batch."""
        sums = self.first.sum(axis=1)
        mean = float(sums.mean())
        return float(sums.std(ddof=1)) / mean if mean > 0.0 else math.inf


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
    if not (horizon_y > 0.0 and accuracy > 0.0):
        msg = f"horizon_y is {horizon_y}, accuracy {accuracy}: must be positive"
        raise ValueError(msg)
    world = world_of(fleet, seed=seed, stationary=stationary)
    plan, departures = _survey(world, _Plan(horizon_y))
    bias, spread = _pilot(world, plan, departures, max_copies)
    wanted = _MARGIN * (_NORMAL_95 * spread / accuracy) ** 2 if spread < math.inf else math.inf
    most = max_copies / max(departures * plan.copies, len(world.causes) * plan.forced / plan.force_each, 1e-6)
    each = plan.unit * max(1, math.ceil(min(wanted, most) / (_BATCHES * plan.unit)))
    played = _play(world, plan, bias, batches=_BATCHES, each=each, purpose="main")
    return _result(fleet, world, plan, bias, played, each=each, level=level)


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
    play = _settings(_Plan(horizon_y), _Bias(), each=trials, purpose="plain")
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


def _survey(world: World, plan: _Plan) -> tuple[_Plan, float]:
    """Where busy periods begin, and how many there are in a replication."""
    levels = int(world.rules["most_gone"][0])
    busy_y, entries = np.zeros(levels), np.zeros(levels, np.int64)
    state, each, done, entry = state_of(world), 32, 0, 1
    for _ in range(_PILOT_ROUNDS):
        play = _settings(plan, _Bias(), each=each, purpose="survey", first=done)
        periods.observe(world, play, state, busy_y, entries)
        done += each
        share = busy_y / (done * plan.horizon_y)
        entry = next((k for k in range(1, levels) if share[k - 1] <= _MOST_BUSY), levels)
        if entries[entry - 1] >= _SURVEYED:
            break
        each *= 4
    while entry > 1 and entries[entry - 1] == 0:
        entry -= 1
    departures = max(float(entries[entry - 1]) / done, 0.1 / done)
    causes = len(world.causes)
    # What strikes a large fleet takes long to mend.
    most = max(1, min(64, _FORCED_DISKS // int(world.rules["disks"][0])))
    forced = max(1, min(most, round(departures / max(causes, 1))))
    rarer = round(int(world.rules["disks"][0]) / _FORCED_DISKS * _RARER)
    force_each = 1 if forced > 1 or not causes else max(1, min(16, round(causes / departures)), min(16, rarer))
    check_each = _CHECK_EACH if departures < 5.0 else 1
    # Where a departure costs more than a copy, several copies of each.
    is_costly = world.rules["life"][0] != EXPONENTIAL or departures < 1.0
    return _Plan(plan.horizon_y, entry, _COPIES if is_costly else 1, check_each, force_each, forced), departures


def _pilot(world: World, plan: _Plan, departures: float, max_copies: int) -> tuple[_Bias, float]:
    """Bias with the least spread, and the spread of one replication at it; infinite where no loss was seen."""
    each = plan.unit * max(1, round(_PILOT_DEPARTURES / (_BATCHES * plan.unit * plan.copies * departures)))
    tilts = _TILTS if world.rules["varies"][0] else _TILTS[:1]
    for _ in range(_PILOT_ROUNDS):
        spreads = {}
        for pressure, tilt in product(_PRESSURES, tilts):
            played = _play(
                world,
                plan,
                _Bias(pressure, tilt),
                batches=_BATCHES,
                each=each,
                purpose=f"pilot/{pressure:g}/{tilt:g}",
            )
            spreads[_Bias(pressure, tilt)] = played.spread()
        best = min(spreads, key=lambda bias: spreads[bias])
        # With few losses the spread is not known either.
        if spreads[best] < _MOST_SPREAD or 4 * each * _BATCHES * departures * plan.copies > max_copies:
            break
        each *= 4
    return best, spreads[best] * math.sqrt(each)


def _settings(plan: _Plan, bias: _Bias, *, each: int, purpose: str, first: int = 0) -> NDArray[Any]:
    play = np.zeros(1, periods.PLAY)
    play["horizon"], play["first"], play["each"] = plan.horizon_y, first, each
    play["pressure"], play["check_pressure"], play["tilt"] = bias.pressure, bias.other, bias.tilt
    play["entry"], play["copies"], play["check_each"] = plan.entry, plan.copies, plan.check_each
    play["force_each"], play["forced"] = plan.force_each, plan.forced
    keys = keys_of([f"loss/{purpose}/run", f"loss/{purpose}/copy"])
    (play["main0"], play["main1"]), (play["twin0"], play["twin1"]) = keys
    return play


def _play(world: World, plan: _Plan, bias: _Bias, *, batches: int, each: int, purpose: str) -> _Played:
    causes = FIRST_COMMON + len(world.causes)
    first, groups = np.zeros((batches, causes)), np.zeros((batches, causes))
    check, counts = np.zeros((batches, 2, causes)), np.zeros(2, periods.COUNTS)
    play = _settings(plan, bias, each=each, purpose=purpose)
    periods.simulate(world, play, state_of(world), state_of(world), first, groups, check, counts)
    return _Played(first, groups, check, counts)


def _result(
    fleet: Fleet, world: World, plan: _Plan, bias: _Bias, played: _Played, *, each: int, level: float
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


def _disagreement(played: _Played) -> float:
    """Standard errors between the estimates at the two pressures."""
    gaps = played.first.sum(axis=1) - played.check[:, 0].sum(axis=1)
    spread = float(gaps.std(ddof=1))
    return abs(float(gaps.mean())) / spread * math.sqrt(len(gaps)) if spread > 0.0 else 0.0
