"""Ratios of expectations: rates, shares, means; exact intervals where few events were seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georep_sim import intervals
from georep_sim.intervals import Interval
from georep_sim.intervals.interval import bound_without_spread
from georep_sim.intervals.quantiles import tail_shares
from georep_sim.intervals.ratios import ratio_of_totals
from georep_sim.measures.estimand import BASE, Ratio
from georep_sim.study.resampling import LEVEL, Estimate, Resampling, apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# Fewer damaging events than this: exact Poisson interval on their number (METHODS: two levels).
FEW = 30.0
_NOTHING = "no event seen: bound"


def estimate_ratio(ratio: Ratio, resampling: Resampling) -> Estimate:
    """Value and interval of a ratio; the level's replications as they fall must be there."""
    n = resampling.clusters[ratio.level][BASE]
    replicates = ratio_replicates(ratio, resampling)
    value = ratio_value(ratio)
    if ratio.denominator is None:
        got = _damage_interval(ratio, resampling)
        low, high, note = got.low, got.high, got.note
    else:
        low, high, note = _share_interval(ratio, resampling, value, replicates)
    if ratio.as_probability:
        value, low, high = (-math.expm1(-rate) for rate in (value, low, high))
        replicates = -np.expm1(-replicates)
    if ratio.key.unit == "1":
        low, high = max(0.0, low), min(1.0, high)
    if ratio.complement:
        value, low, high, replicates = 1.0 - value, 1.0 - high, 1.0 - low, 1.0 - replicates
    return Estimate(ratio.key, value, low, high, n, note, replicates)


def ratio_value(ratio: Ratio) -> float:
    """Point estimate of a ratio before any complement; nan where its denominator is empty."""
    top = sum(float(x.mean()) for x in ratio.numerator.values() if len(x))
    if ratio.denominator is None:
        return top * ratio.scale
    bottom = sum(float(x.mean()) for x in ratio.denominator.values() if len(x))
    return top / bottom * ratio.scale if bottom else math.nan


def ratio_replicates(ratio: Ratio, resampling: Resampling) -> Vector:
    """The ratio in each resample, before any complement."""
    top = resampling.sums(ratio.level, ratio.numerator)
    if ratio.denominator is None:
        return top * ratio.scale
    bottom = resampling.sums(ratio.level, ratio.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0.0, top / bottom, np.nan) * ratio.scale


def _damage_interval(ratio: Ratio, resampling: Resampling) -> Interval:
    """Interval of rate times damage: the groups are independent."""
    parts = [_group_interval(ratio, resampling, group, damage) for group, damage in ratio.numerator.items()]
    total = intervals.sum_of([part for part in parts if part is not None] or [Interval(0.0, 0.0, 0.0, "bound")])
    # Where drills saw what replications as they fall did not, the value is no bound.
    note = total.note if total.value == 0.0 else "; ".join(n for n in total.note.split("; ") if n != _NOTHING)
    return Interval(total.value, max(0.0, total.low), total.high, total.kind, note).scaled(ratio.scale)


def _group_interval(ratio: Ratio, resampling: Resampling, group: int, damage: Vector) -> Interval | None:
    """Interval of the mean damage of one group of clusters; None where it can do none."""
    n, mean = len(damage), float(damage.mean())
    if group != BASE:
        return _drilled_interval(damage) if damage.any() else None
    seen = math.inf if ratio.events is None else float(ratio.events[group].sum())
    if seen == 0.0 or mean == 0.0:
        return Interval(0.0, 0.0, _nothing_seen(ratio, n, resampling), "bound", _NOTHING)
    if seen < FEW:
        return intervals.few_events(damage[damage != 0.0], float(n))
    low, high = resampling.percentiles(resampling.shares(ratio.level, group) @ damage, n)
    if apart(low, high):
        return Interval(mean, low, high, "bootstrap")
    return intervals.student_t(damage) if apart(damage.min(), damage.max()) else _of_equals(mean, n)


def _drilled_interval(damage: Vector) -> Interval:
    """Interval of the mean damage of drills, weighted by their rate.

    Where few of them did any, how many is as uncertain as how much. Of 20 drills of which one in 20, 10 or 4 does damage,
    lognormal, resampling covered 54, 66 and 87 %, this way 99 % and more; of 400 with one in 100, 80 and 99 %.
    """
    seen = int(np.count_nonzero(damage))
    if seen < min(FEW, len(damage)):
        return intervals.few_events(damage[damage != 0.0], float(len(damage)))
    return intervals.rate_times_damage(1.0, damage) if len(damage) > 1 else _of_equals(float(damage[0]), 1)


def _of_equals(value: float, count: int, *, bounds: tuple[float, float] | None = None) -> Interval:
    """Bound from observations that show no spread, one alone included."""
    return bound_without_spread(value, count, level=LEVEL, bounds=bounds)


def _nothing_seen(ratio: Ratio, n: int, resampling: Resampling) -> float:
    """Upper bound of a mean when no replication as they fall saw an event.

    Where every random row is drilled, only several rows together are left: their expected number is known
    from the rates, and each is taken to cost as much as the costliest drilled row. Otherwise a Poisson bound
    on the number; where nothing tells what an event costs, it may cost all there is.
    """
    per_episode = [
        float(damage.mean()) / resampling.expected[group]
        for group, damage in ratio.numerator.items()
        if group != BASE and damage.any() and resampling.expected.get(group)
    ]
    everything = 1.0 / ratio.scale if ratio.key.unit == "1" else math.inf
    unknown = ratio.per_event if ratio.per_event is not None else everything if math.isfinite(everything) else 1.0
    number = intervals.poisson(0, float(n)).high
    if per_episode:
        # Where nothing did damage anywhere, the rates alone are not taken on trust.
        number = min(number, resampling.undrilled(ratio.level, ratio.possible))
    return min(number * max(per_episode, default=unknown), everything)


def _share_interval(ratio: Ratio, resampling: Resampling, value: float, replicates: Vector) -> tuple[float, float, str]:
    """Interval of a ratio of two random totals."""
    n = resampling.clusters[ratio.level][BASE]
    seen = events(ratio)
    if math.isnan(value):
        return math.nan, math.nan, "nothing to measure"
    if seen == 0.0:
        return 0.0, intervals.clopper_pearson(0, max(1, int(ratio.trials))).high * ratio.scale, _NOTHING
    if _is_share(value, ratio):
        low, high = _share_limits(ratio)
    elif 0.0 < value < math.inf:
        low, high = _mean_limits(ratio)
    else:
        low, high = resampling.percentiles(replicates, n)
    if not apart(low, high):
        return _without_spread(ratio, value)
    if seen < FEW:
        exact = intervals.poisson(int(seen), 1.0)
        return min(low, value * exact.low / seen), max(high, value * exact.high / seen), "few events"
    return low, high, ""


def _is_share(value: float, ratio: Ratio) -> bool:
    return ratio.key.unit == "1" and ratio.scale == 1.0 and 0.0 < value < 1.0


def _share_limits(ratio: Ratio) -> tuple[float, float]:
    """Limits of a share, as of the share of a pool that lies in the upper of two values.

    Small shares are skewed; with 25 replications a percentile interval of one covered 92.7 % (decision record 18).
    """
    masses = []
    for group, whole in (ratio.denominator or {}).items():
        mine = ratio.numerator.get(group, np.zeros_like(whole))
        masses.append(np.stack([whole - mine, mine], axis=1))
    limits = tail_shares([mass for mass in masses if mass.any()], level=LEVEL)
    return float(limits.low[1]), float(limits.high[1])


def _mean_limits(ratio: Ratio) -> tuple[float, float]:
    """Limits of a positive ratio of two totals: with 25 replications better than percentiles (decision record 18)."""
    pairs = [
        (ratio.numerator.get(group, np.zeros_like(whole)), whole)
        for group, whole in (ratio.denominator or {}).items()
        if len(whole)
    ]
    found = ratio_of_totals([top for top, _ in pairs], [bottom for _, bottom in pairs], level=LEVEL).scaled(ratio.scale)
    return found.low, found.high


def events(ratio: Ratio) -> float:
    """Number of events behind a ratio, over all groups; inf where they need not be counted."""
    return math.inf if ratio.events is None else sum(float(x.sum()) for x in ratio.events.values())


def _without_spread(ratio: Ratio, value: float) -> tuple[float, float, str]:
    """Bound where every cluster says the same."""
    count = int(ratio.trials) or sum(int(np.count_nonzero(x)) for x in (ratio.denominator or {}).values())
    got = _of_equals(value, max(count, 1), bounds=(0.0, 1.0) if ratio.key.unit == "1" else None)
    return got.low, got.high, got.note
