"""Quantiles, extremes and means of weighted pools, from histograms by cluster."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from georep_sim.histogram import RATIO
from georep_sim.intervals.interval import bound_without_spread
from georep_sim.intervals.quantiles import TailShares, tail_shares
from georep_sim.measures.estimand import BASE, Pool
from georep_sim.study.resampling import LEVEL, Estimate, Resampling, apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# Ratio of neighbouring bin edges of the histograms (METHODS: latency).
BIN = RATIO
_INFINITE = 1 << 40
# Values below this, in s or B, are zero to every reader.
_LEAST = 1e-8
# Values are told apart as long as a matrix of them by clusters does not grow beyond this.
_MOST_CELLS = 1 << 20
_WHOLE = frozenset({"mean", "max"})
# Fewest replications, in effect, that hold what lies beyond a quantile, for its interval to cover 93 %; where there are
# few at all, their own note says it. Measured with 25 replications and recovery points of lognormal lags (1,200 samples
# each): 93 % where 25 stretches of time lie beyond, which 8 replications hold in effect; 91 % with 10, 81 % with 3.
_ENOUGH_REACH = 8.0
FEW_REACH = "decided by few replications"


class _Binned(NamedTuple):
    """Occupied bins, rising, and for each group the weight of each cluster in each of them."""

    middles: Vector
    masses: dict[int, csr_array]


def estimate_pool(pool: Pool, resampling: Resampling) -> list[Estimate]:
    """Quantiles of a weighted pool, their intervals widened by a bin; extremes and means by bootstrap."""
    n = resampling.clusters[pool.level][BASE]
    order = np.argsort(pool.value, kind="stable")
    value, weight = pool.value[order], _per_cluster(pool, resampling)[order]
    if not len(value) or not weight.any():
        return []
    binned = _binned(pool, resampling)
    tails = tail_shares([mass.toarray() for mass in binned.masses.values()], level=LEVEL)
    reached = _resampled_shares(binned, pool.level, resampling)
    out = []
    for statistic, key in pool.keys.items():
        point = _statistic(statistic, value, weight)
        replicates = (
            _resampled_mean(pool, resampling)
            if statistic == "mean"
            else _resampled_statistic(statistic, binned.middles, reached)
        )
        if statistic in _WHOLE:
            low, high = resampling.percentiles(replicates, n)
        else:
            low, high = (float(binned.middles[k]) for k in tails.ends(_level(statistic)))
        note = _note(statistic, value, weight, tails=tails, clusters=n)
        spread = apart(low, high)
        low, high = min(low, point), max(high, point)
        if not spread and math.isfinite(point):
            low, high, note = _unspread(pool, point, (low, high, note))
        if statistic != "mean" or not spread:
            # Middles stand for what is at most half a bin away.
            low, high = low / math.sqrt(BIN), high * math.sqrt(BIN)
        out.append(Estimate(key, point, low, high, n, note, replicates))
    return out


def _unspread(pool: Pool, point: float, found: tuple[float, float, str]) -> tuple[float, float, str]:
    """Bound where nothing varies because there is one cluster, or all is zero."""
    clusters = len(np.unique((pool.group << 32) + pool.cluster))
    if clusters > 1 and point != 0.0:
        return found
    largest = float(pool.value[np.isfinite(pool.value)].max(initial=0.0))
    bound = bound_without_spread(point, clusters, level=LEVEL, bounds=None, scale=largest)
    return max(0.0, bound.low), bound.high, bound.note


def _per_cluster(pool: Pool, resampling: Resampling) -> Vector:
    """Weights divided by the number of clusters of their group."""
    n = np.ones(len(pool.value))
    for group, clusters in resampling.clusters[pool.level].items():
        n[pool.group == group] = clusters
    return pool.weight / n


def _statistic(name: str, value: Vector, weight: Vector) -> float:
    """Statistic of values sorted upwards."""
    if name == "mean":
        return float(np.sum(value * weight) / weight.sum())
    if name == "max":
        return float(value[-1])
    # Weights add up only to rounding; a level that is met exactly must not slip to the next value.
    wanted = _level(name) * weight.sum() * (1.0 - 1e-12)
    return float(value[min(int(np.searchsorted(np.cumsum(weight), wanted)), len(value) - 1)])


def _level(name: str) -> float:
    """0.999 for p999, 0.95 for p95."""
    digits = name[1:]
    return int(digits) / 10.0 ** len(digits)


def _binned(pool: Pool, resampling: Resampling) -> _Binned:
    """Weights by value and cluster; values of one bin taken together where there are too many of them."""
    clusters = resampling.clusters[pool.level]
    middles, at = np.unique(pool.value, return_inverse=True)
    if len(middles) * sum(clusters.values()) > _MOST_CELLS:
        bins, at = np.unique(_bins(pool.value), return_inverse=True)
        infinite = bins == _INFINITE
        middles = np.where(infinite, np.inf, np.exp((np.where(infinite, 0, bins) + 0.5) * math.log(BIN)))
        middles = np.where(middles < _LEAST, 0.0, middles)
    masses = {}
    for group, n in clusters.items():
        mine = pool.group == group
        if mine.any():
            masses[group] = csr_array(
                (pool.weight[mine], (pool.cluster[mine], at[mine])), shape=(n, len(middles)), dtype=np.float64
            )
    return _Binned(middles, masses)


def _bins(value: Vector) -> NDArray[np.int64]:
    """Bin of each value on a geometric scale; zero in the lowest, infinity in one of its own."""
    finite = np.where(np.isinf(value), 1.0, np.maximum(value, 0.1 * _LEAST))
    k = np.floor(np.log(finite) / math.log(BIN)).astype(np.int64)
    return np.where(np.isinf(value), _INFINITE, k)


def _resampled_shares(binned: _Binned, level: str, resampling: Resampling) -> Vector:
    """Weight up to each value in each resample."""
    mass = np.zeros((resampling.resamples, len(binned.middles)))
    for group, cells in binned.masses.items():
        is_dense = 4 * cells.nnz > cells.shape[0] * cells.shape[1]
        mass += resampling.shares(level, group) @ (cells.toarray() if is_dense else cells)
    return np.cumsum(mass, axis=1, out=mass)


def _resampled_mean(pool: Pool, resampling: Resampling) -> Vector:
    """The weighted mean of each resample's pool, exactly."""
    if np.isinf(pool.value).any():
        return np.full(resampling.resamples, np.inf)
    top, bottom = np.zeros(resampling.resamples), np.zeros(resampling.resamples)
    for group, n in resampling.clusters[pool.level].items():
        mine = pool.group == group
        share = resampling.shares(pool.level, group)
        for out, amount in ((top, pool.weight * pool.value), (bottom, pool.weight)):
            np.add(out, share @ np.bincount(pool.cluster[mine], weights=amount[mine], minlength=n), out=out)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top / bottom, dtype=np.float64)


def _resampled_statistic(name: str, middles: Vector, reached: Vector) -> Vector:
    """A statistic of each resample's pool, from its cumulated histogram."""
    total = reached[:, -1:]
    # Cumulated weights no longer rise where the last occupied bin is reached.
    wanted = total if name == "max" else _level(name) * total * (1.0 - 1e-12)
    first = np.argmax(reached >= wanted, axis=1)
    return np.where(total[:, 0] > 0.0, middles[first], np.nan)


def _note(name: str, value: Vector, weight: Vector, *, tails: TailShares, clusters: int) -> str:
    """What decides a statistic, where that is not speed seen in many replications."""
    if name == "max":
        return "largest seen; not a bound"
    if name == "mean":
        return ""
    beyond = 1.0 - _level(name)
    # A quantile whose level lies where failures begin says more about faults than about speed.
    if np.isinf(value[-1]) and float(weight[np.isinf(value)].sum() / weight.sum()) > 0.5 * beyond:
        return "set by faults"
    enough = min(_ENOUGH_REACH, 0.5 * clusters)
    # Equal masses of eight replications make eight only up to rounding.
    return FEW_REACH if tails.reaching(_level(name)) < enough * (1.0 - 1e-9) else ""
