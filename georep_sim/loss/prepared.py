"""How a fleet is best played: where busy periods begin, how many there are, and the bias with the least spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.loss import periods
from georep_sim.loss.memory import EXPONENTIAL, FIRST_COMMON, World, state_of, world_of
from georep_sim.philox import keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.model import Fleet

    Array = NDArray[np.float64]

_PRESSURES: Final = (1.0, 1.6)
_TILTS: Final = (1.0, 0.6, 0.35, 0.2)
#: Of an estimate, unless told otherwise.
BATCHES: Final = 100
_PILOT_DEPARTURES: Final = 1_500
#: Fewer, if each is of many departures: the pilot of a large fleet would take longer than what it is for.
_PILOT_BATCHES: Final = 20
_PILOT_ROUNDS: Final = 4
#: Of `BATCHES` batches of the pilot, relative.
_MOST_SPREAD: Final = 2.0
#: Of the copies that may be played, for one more round of the pilot.
_PILOT_SHARE: Final = 0.5
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
class Plan:
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
class Bias:
    """See `Effort`."""

    pressure: float = 0.0
    tilt: float = 1.0

    @property
    def other(self) -> float:
        """Pressure to compare with."""
        return 0.6 * self.pressure


@dataclass(frozen=True, slots=True)
class Played:
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A fleet as arrays, and how a pilot found it best played; made by `prepare`.

    Parameters
    ----------
    fleet : Fleet
        What is played.
    world, plan, bias
        How.
    departures : float
        Busy periods in a replication.
    spread : float
        Relative standard deviation of a replication; infinite where no loss was seen.
    """

    fleet: Fleet
    world: World
    plan: Plan
    bias: Bias
    departures: float
    spread: float

    def replications(self, accuracy: float, max_copies: int) -> float:
        """Return how many replications give an accuracy, or are as many as may be played."""
        plan = self.plan
        wanted = _MARGIN * (_NORMAL_95 * self.spread / accuracy) ** 2 if self.spread < math.inf else math.inf
        forced = len(self.world.causes) * plan.forced / plan.force_each
        return min(wanted, max_copies / max(self.departures * plan.copies, forced, 1e-6))


def prepare(
    fleet: Fleet,
    *,
    horizon_y: float = 1.0,
    seed: int = 0,
    stationary: bool = True,
    max_copies: int = 400_000,
) -> Prepared:
    """Return a fleet that was looked at, and how to play it best.

    Parameters
    ----------
    fleet, horizon_y, seed, stationary, max_copies
        As for `simulate`.

    Raises
    ------
    ValueError
        If a law or number cannot be simulated.
    """
    if not horizon_y > 0.0:
        msg = f"horizon_y is {horizon_y}: must be positive"
        raise ValueError(msg)
    world = world_of(fleet, seed=seed, stationary=stationary)
    plan, departures = _survey(world, Plan(horizon_y))
    bias, spread = _pilot(world, plan, departures, max_copies)
    return Prepared(fleet, world, plan, bias, departures, spread)


def _survey(world: World, plan: Plan) -> tuple[Plan, float]:
    """Where busy periods begin, and how many there are in a replication."""
    levels = int(world.rules["most_gone"][0])
    busy_y, entries = np.zeros(levels), np.zeros(levels, np.int64)
    state, each, done, entry = state_of(world), 32, 0, 1
    for _ in range(_PILOT_ROUNDS):
        play = settings(plan, Bias(), each=each, purpose="survey", first=done)
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
    return Plan(plan.horizon_y, entry, _COPIES if is_costly else 1, check_each, force_each, forced), departures


def _pilot(world: World, plan: Plan, departures: float, max_copies: int) -> tuple[Bias, float]:
    """Bias with the least spread, and the spread of one replication at it; infinite where no loss was seen."""
    in_unit = plan.unit * plan.copies * departures
    batches = min(BATCHES, max(_PILOT_BATCHES, math.ceil(_PILOT_DEPARTURES / in_unit)))
    each = plan.unit * max(1, round(_PILOT_DEPARTURES / (batches * in_unit)))
    rules = world.rules[0]
    varies = rules["varies"] or (rules["latent_per_y"] > 0.0 and not rules["scrub"])
    tilts = _TILTS if varies else _TILTS[:1]
    biases = [Bias(pressure, tilt) for pressure, tilt in product(_PRESSURES, tilts)]
    for _ in range(_PILOT_ROUNDS):
        spreads = {}
        for bias in biases:
            purpose = f"pilot/{bias.pressure:g}/{bias.tilt:g}"
            spreads[bias] = play_batches(world, plan, bias, batches=batches, each=each, purpose=purpose).spread()
        best = min(spreads, key=lambda bias: spreads[bias])
        # With few losses the spread is not known either.
        following = 4 * each * batches * departures * plan.copies * len(biases)
        if spreads[best] * math.sqrt(BATCHES / batches) < _MOST_SPREAD or following > _PILOT_SHARE * max_copies:
            break
        each *= 4
    return best, spreads[best] * math.sqrt(each)


def settings(plan: Plan, bias: Bias, *, each: int, purpose: str, first: int = 0) -> NDArray[Any]:
    """Return what compiled code is told of a plan, with draws of a purpose."""
    play = np.zeros(1, periods.PLAY)
    play["horizon"], play["first"], play["each"] = plan.horizon_y, first, each
    play["pressure"], play["check_pressure"], play["tilt"] = bias.pressure, bias.other, bias.tilt
    play["entry"], play["copies"], play["check_each"] = plan.entry, plan.copies, plan.check_each
    play["force_each"], play["forced"] = plan.force_each, plan.forced
    keys = keys_of([f"loss/{purpose}/run", f"loss/{purpose}/copy"])
    (play["main0"], play["main1"]), (play["twin0"], play["twin1"]) = keys
    return play


def play_batches(world: World, plan: Plan, bias: Bias, *, batches: int, each: int, purpose: str) -> Played:
    """Play so many batches, each of so many replications, with draws of a purpose."""
    causes = FIRST_COMMON + len(world.causes)
    first, groups = np.zeros((batches, causes)), np.zeros((batches, causes))
    check, counts = np.zeros((batches, 2, causes)), np.zeros(2, periods.COUNTS)
    play = settings(plan, bias, each=each, purpose=purpose)
    periods.simulate(world, play, state_of(world), state_of(world), first, groups, check, counts)
    return Played(first, groups, check, counts)
