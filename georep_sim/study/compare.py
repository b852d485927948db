"""Paired differences between designs: the same resamples for both, verdict by interval, pairing gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georep_sim import intervals
from georep_sim.intervals import Interval, PairingGain
from georep_sim.intervals.interval import bound_without_spread
from georep_sim.measures.catalog import higher_is_better
from georep_sim.measures.estimand import BASE, Ratio
from georep_sim.study.pools import BIN
from georep_sim.study.ratios import FEW, events
from georep_sim.study.resampling import apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.measures.estimand import Key
    from georep_sim.study.resampling import Estimate, Resampling

    Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Difference b - a of one number between two designs.

    Parameters
    ----------
    key : Key
        Which number.
    difference, low, high : float
        Paired difference and its 95 % interval.
    replications : int
        Clusters behind it.
    verdict : str
        ``a_better``, ``b_better`` or ``not_distinguishable``.
    variance_ratio, variance_bound : float
        Variance without pairing over variance with it, and the most it could be (METHODS: pairing).
    """

    key: Key
    difference: float
    low: float
    high: float
    replications: int
    verdict: str
    variance_ratio: float
    variance_bound: float


def compare(
    a: Estimate, b: Estimate, resampling: Resampling, *, ratios: tuple[Ratio, Ratio] | None = None
) -> Comparison:
    """Compare one number of two designs.

    Parameters
    ----------
    a, b : Estimate
        The same key, from two designs.
    resampling : Resampling
        What both were estimated with.
    ratios : (Ratio, Ratio) or None
        The contributions behind them; damages seen by few replications are then counted, not resampled.

    Returns
    -------
    Comparison
    """
    difference = _minus(b.value, a.value)
    if a.resampled is None or b.resampled is None:
        return Comparison(a.key, difference, math.nan, math.nan, 0, _known(a.key, difference), math.nan, math.nan)
    paired = _minus_each(b.resampled, a.resampled)
    low, high = _ends(a, b, paired, resampling, ratios)
    both = np.isfinite(a.resampled) & np.isfinite(b.resampled)
    gain = (
        intervals.variance_ratio(a.resampled[both], b.resampled[both])
        if both.sum() > 1
        else PairingGain(math.nan, math.nan)
    )
    verdict = _verdict(a.key, difference, low, high)
    return Comparison(a.key, difference, low, high, a.replications, verdict, gain.achieved, gain.bound)


def _ends(
    a: Estimate, b: Estimate, paired: Vector, resampling: Resampling, ratios: tuple[Ratio, Ratio] | None
) -> tuple[float, float]:
    """Ends of the interval of b - a, which is never of zero width unless infinite."""
    difference = _minus(b.value, a.value)
    if ratios is not None and ratios[0].denominator is not None and min(map(events, ratios)) < FEW:
        # Where few events decide a share, resampling them flatters its difference as it does the share.
        return _unpaired(a, b)
    if ratios is not None and ratios[0].denominator is None and not ratios[0].as_probability:
        low, high = _of_damages(*ratios, resampling)
        agree = a.replications
    else:
        low, high = resampling.percentiles(paired, a.replications)
        agree = _with_data(paired, a.replications)
    if ratios is None and math.isfinite(difference):
        # Resampled quantiles are middles of bins: half a bin of each may be missing.
        bins = 0.5 * (BIN - 1.0) * (abs(a.value) + abs(b.value))
        low, high = low - bins, high + bins
    low, high = min(low, difference), max(high, difference)
    if a.key.unit == "1" and a.key.statistic != "nines":
        low, high = max(-1.0, low), min(1.0, high)
    return (low, high) if apart(low, high) and agree > 1 else _without_spread(a, b, agree)


def _without_spread(a: Estimate, b: Estimate, agree: int) -> tuple[float, float]:
    """Ends where every resample says the same difference."""
    difference = _minus(b.value, a.value)
    if math.isinf(difference):
        return difference, difference
    if math.isinf(a.value):
        return math.nan, math.nan
    if difference == 0.0:
        return _unpaired(a, b)
    if agree == 1:
        # Another replication may well say the opposite.
        reach = math.hypot(a.value, b.value)
        return difference - reach, difference + reach
    got = bound_without_spread(difference, agree, level=0.95, bounds=None)
    return got.low, got.high


def _unpaired(a: Estimate, b: Estimate) -> tuple[float, float]:
    """Ends from the two intervals alone: what one lacks below, the difference lacks above."""
    difference = _minus(b.value, a.value)
    below = math.hypot(b.value - b.low, a.high - a.value)
    return difference - below, difference + math.hypot(b.high - b.value, a.value - a.low)


def _with_data(paired: Vector, replications: int) -> int:
    """Replications that had anything to compare: 1 or more than that.

    Of n replications of which one has data, a resample misses it with probability (1 - 1/n)^n, a quarter or more;
    of which two, with at most 0.14.
    """
    return 1 if np.isnan(paired).mean() > 0.2 else replications


def _minus(b: float, a: float) -> float:
    """B - a, 0 for two equal infinities and for what differs by rounding alone."""
    return 0.0 if a == b or math.isclose(a, b, rel_tol=1e-12) else b - a


def _minus_each(b: Vector, a: Vector) -> Vector:
    with np.errstate(invalid="ignore"):
        return np.where((a == b) | np.isclose(a, b, rtol=1e-12, atol=0.0), 0.0, b - a)


def _a_wins(key: Key, difference: float) -> bool:
    return (difference < 0.0) == higher_is_better(key.metric, key.statistic)


def _known(key: Key, difference: float) -> str:
    """Verdict where there is no sampling error to state, or no number."""
    if difference == 0.0 or math.isnan(difference):
        return "not_distinguishable"
    return "a_better" if _a_wins(key, difference) else "b_better"


def _verdict(key: Key, difference: float, low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high) or low <= 0.0 <= high:
        return "not_distinguishable"
    return "a_better" if _a_wins(key, difference) else "b_better"


def _of_damages(a: Ratio, b: Ratio, resampling: Resampling) -> tuple[float, float]:
    """Interval of a difference of damages; each group by what it saw."""
    sign = -1.0 if a.complement else 1.0
    parts = []
    for group in sorted(set(a.numerator) | set(b.numerator)):
        change = sign * (b.numerator[group] * b.scale - a.numerator[group] * a.scale)
        parts += _of_group(change, group, a, resampling)
    total = intervals.sum_of(parts)
    return total.low, total.high


def _of_group(change: Vector, group: int, a: Ratio, resampling: Resampling) -> list[Interval]:
    """Interval of a mean change in one group: gains and losses apart, each exact where few saw them."""
    # Where every drill made a difference, none is left that might have made one.
    if np.count_nonzero(change) >= (FEW if group == BASE else min(FEW, len(change))):
        low, high = resampling.percentiles(resampling.shares(a.level, group) @ change, len(change))
        return [Interval(float(change.mean()), low, high, "bootstrap")]
    out = [Interval(0.0, 0.0, 0.0, "bound")]
    gained, lost = change[change > 0.0], -change[change < 0.0]
    if len(gained):
        out.append(intervals.few_events(gained, float(len(change))))
    if len(lost):
        got = intervals.few_events(lost, float(len(change)))
        out.append(Interval(-got.value, -got.high, -got.low, got.kind, got.note))
    return out
