"""What a simulation of losses tells: probabilities with intervals, by cause, and whether to believe them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.intervals import Interval, poisson, student_t
from georep_sim.loss.memory import struck
from georep_sim.loss.model import DISK, JOINT, LATENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.loss.memory import World
    from georep_sim.loss.model import Fleet

_LARGEST_SHARE: Final = 0.05
_LARGEST_Z: Final = 3.0
_FEW: Final = 30
#: Skewness of a mean at which there is nothing to take out.
_EVEN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Effort:
    """What was done for an estimate.

    Parameters
    ----------
    replications : int
        Horizons played without bias.
    departures : int
        Busy periods in them.
    copies : int
        Biased copies of busy periods, those after forced common causes included.
    losses : int
        Copies (or, without bias, replications) with a loss.
    entry : int
        A period is busy while some group misses so many fragments.
    pressure : float
        Integral of the boosted hazards over the time a critical state lasts; 0 = no bias.
    tilt : float
        Long rebuilds are made frequent by this power of the probability of a longer one; 1 = they are not.
    largest_share : float
        Of one weight, of the sum.
    disagreement : float
        Standard errors between the estimates at two pressures.
    """

    replications: int
    departures: int = 0
    copies: int = 0
    losses: int = 0
    entry: int = 1
    pressure: float = 0.0
    tilt: float = 1.0
    largest_share: float = 0.0
    disagreement: float = 0.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """How likely losses are.

    Parameters
    ----------
    any_loss : Interval
        Probability that the fleet loses some group within the horizon.
    group_loss : Interval
        Probability that one group is lost within the horizon, the average over groups.
    by_cause : Mapping of str to Interval
        First losses of a busy period, per year; the values add up to the rate behind `any_loss`.
    groups_by_cause : Mapping of str to Interval
        Losses of one group, per year; the values add up to the rate behind `group_loss`.
    groups_per_loss : float
        Mean number of groups lost in a busy period that loses any; nan where no loss was seen.
    untrustworthy : tuple of str
        Why not to believe the intervals; empty = no reason seen.
    effort : Effort
        What was done.

    Notes
    -----
    Common causes that hit single objects are left out: their rates are inputs, and need no simulation. A cause that
    took no group gets a bound from the years that each of its own units was watched.
    """

    any_loss: Interval
    group_loss: Interval
    by_cause: Mapping[str, Interval]
    groups_by_cause: Mapping[str, Interval]
    groups_per_loss: float
    untrustworthy: tuple[str, ...]
    effort: Effort


def units_of(fleet: Fleet, world: World) -> dict[str, int]:
    """Causes in the order of their numbers, each with its independent units."""
    groups = int(world.rules["groups"][0])
    names = {DISK: groups, LATENT: groups, JOINT: groups}
    for cause in struck(fleet):
        names[cause.name] = {"rack": fleet.racks, "zone": fleet.zones}.get(cause.scope, 1)
    return names


def rate_of(values: NDArray[np.float64], watched_y: float, *, level: float) -> Interval:
    """Interval of a mean of batches, or the bound where they saw nothing."""
    if not values.any():
        return poisson(0, watched_y, level=level)
    # Batches that are all equal tell a rate that did not depend on luck; what hides is taken to be as large.
    highest = math.inf if np.ptp(values) > 0.0 else 2.0 * float(values[0])
    return _less_skewed(student_t(values, level=level, bounds=(0.0, highest)), values, level=level)


def _less_skewed(plain: Interval, values: NDArray[np.float64], *, level: float) -> Interval:
    """Shift Student's interval by Hall's cubic transformation, which takes the skewness of a mean out [1]_.

    A sum of likelihood ratios is skewed to the right, so that most batches, and their mean, lie below the truth, the
    more so the smaller their spread: Student's interval then ends below the truth two to ten times as often as above.

    References
    ----------
    .. [1] P. Hall, "On the Removal of Skewness by Transformation", Journal of the Royal Statistical Society B 54(1),
       1992, section 2.
    """
    from scipy.special import stdtrit  # noqa: PLC0415  (costly to import; only results come here)

    n = len(values)
    gaps = values - plain.value
    variance = float(np.mean(gaps**2))
    if not variance > 0.0:
        return plain
    skewness = float(np.mean(gaps**3)) / variance**1.5 / math.sqrt(n)
    if abs(skewness) < _EVEN:
        return plain
    error = math.sqrt(variance / (n - 1))
    beyond = float(stdtrit(n - 1, 0.5 + 0.5 * level))
    low, high = (
        plain.value - error * 3.0 / skewness * (math.cbrt(1.0 + skewness * (x - skewness / 6.0)) - 1.0)
        for x in (beyond, -beyond)
    )
    return replace(plain, low=max(0.0, low), high=high)


def scaled(rate: Interval, years: float) -> Interval:
    """Return the interval of the mean number of events in some years."""
    return Interval(rate.value * years, rate.low * years, rate.high * years, rate.kind, rate.note)


def probability_of(mean: Interval) -> Interval:
    """Probability of an event, from the interval of the mean number of events."""
    value, low, high = (-math.expm1(-end) for end in (mean.value, mean.low, mean.high))
    return Interval(value, low, high, mean.kind, mean.note)


def doubts_about(effort: Effort) -> tuple[str, ...]:
    """Return why an estimate made so is not to be believed; nothing if no reason was seen."""
    doubts = []
    if effort.largest_share > _LARGEST_SHARE:
        doubts.append(f"one weight makes up {100 * effort.largest_share:.2g} % of the sum")
    if effort.disagreement > _LARGEST_Z:
        doubts.append(f"two levels of bias differ by {effort.disagreement:.2g} standard errors")
    if 0 < effort.losses < _FEW:
        doubts.append(f"only {effort.losses} losses were seen")
    return tuple(doubts)
