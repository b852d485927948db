"""Quantiles, extremes and means of weighted pools, resampled from histograms by cluster."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from georep_sim.histogram import RATIO
from georep_sim.intervals.interval import bound_without_spread
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


def estimate_pool(pool: Pool, resampling: Resampling) -> list[Estimate]:
    """Quantiles of a weighted pool; intervals from histograms by cluster, widened by a bin."""
    n = resampling.clusters[pool.level][BASE]
    order = np.argsort(pool.value, kind="stable")
    value, weight = pool.value[order], _per_cluster(pool, resampling)[order]
    if not len(value) or not weight.any():
        return []
    middles, reached = _resampled_pools(pool, resampling)
    clusters = len(np.unique((pool.group << 32) + pool.cluster))
    largest = float(value[np.isfinite(value)].max(initial=0.0))
    out = []
    for statistic, key in pool.keys.items():
        point = _statistic(statistic, value, weight)
        replicates = (
            _resampled_mean(pool, resampling)
            if statistic == "mean"
            else _resampled_statistic(statistic, middles, reached)
        )
        low, high = resampling.percentiles(replicates, n)
        note = "largest seen; not a bound" if statistic == "max" else _set_by_faults(statistic, value, weight)
        spread = apart(low, high)
        low, high = min(low, point), max(high, point)
        if not spread and math.isfinite(point) and (clusters == 1 or point == 0.0):
            bound = bound_without_spread(point, clusters, level=LEVEL, bounds=None, scale=largest)
            low, high, note = max(0.0, bound.low), bound.high, bound.note
        if statistic != "mean" or not spread:
            low, high = low / BIN, high * BIN
        out.append(Estimate(key, point, low, high, n, note, replicates))
    return out


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


def _bins(value: Vector) -> NDArray[np.int64]:
    """Bin of each value on a geometric scale; zero in the lowest, infinity in one of its own."""
    finite = np.where(np.isinf(value), 1.0, np.maximum(value, 0.1 * _LEAST))
    k = np.floor(np.log(finite) / math.log(BIN)).astype(np.int64)
    return np.where(np.isinf(value), _INFINITE, k)


def _resampled_pools(pool: Pool, resampling: Resampling) -> tuple[Vector, Vector]:
    """Middles of the occupied bins, and the weight up to each of them in each resample."""
    bins, at = np.unique(_bins(pool.value), return_inverse=True)
    infinite = bins == _INFINITE
    middles = np.where(infinite, np.inf, np.exp((np.where(infinite, 0, bins) + 0.5) * math.log(BIN)))
    mass = np.zeros((resampling.resamples, len(bins)))
    for group, n in resampling.clusters[pool.level].items():
        mine = pool.group == group
        if mine.any():
            cells = csr_array((pool.weight[mine], (pool.cluster[mine], at[mine])), shape=(n, len(bins)))
            is_dense = 4 * cells.nnz > n * len(bins)
            mass += resampling.shares(pool.level, group) @ (cells.toarray() if is_dense else cells)
    return np.where(middles < _LEAST, 0.0, middles), np.cumsum(mass, axis=1, out=mass)


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


def _set_by_faults(name: str, value: Vector, weight: Vector) -> str:
    """Flag of a quantile whose level lies where failures begin: it says more about faults than about speed."""
    if name in {"mean", "max"} or not np.isinf(value[-1]):
        return ""
    failed = float(weight[np.isinf(value)].sum() / weight.sum())
    beyond = 1.0 - _level(name)
    return "set by faults" if failed > 0.5 * beyond else ""
