"""One estimator for every metric: value and 95 % interval from weighted contributions by cluster.

An expectation is the sum over groups (replications as they fall; drills of each row) of the mean over the
group's clusters. Intervals resample whole clusters within each group; the resamples are addressed by level
and group alone, so that every metric and every design meets the same ones, and differences are paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr, stdtrit

from georep_sim import intervals
from georep_sim.intervals import Interval
from georep_sim.intervals.interval import bound_without_spread
from georep_sim.measures.estimand import BASE, Estimand, Key, Known, Pool, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# Fewer damaging events than this: exact Poisson interval on their number (METHODS: two levels).
_FEW = 30.0
_NOTHING = "no event seen: bound"
_LEVEL = 0.95
# Ratio of neighbouring bin edges of the histograms that quantiles are resampled from (METHODS: latency).
BIN = 1.005
_INFINITE = 1 << 40
# Values below this, in s or B, are zero to every reader.
_LEAST = 1e-8


@dataclass(frozen=True)
class Estimate:
    """One number with its interval.

    Parameters
    ----------
    key : Key
        Which number.
    value, low, high : float
        Estimate and 95 % interval; nan, nan where there is no sampling error to state.
    replications : int
        Clusters behind it.
    note : str
        What to know when reading it.
    resampled : ndarray or None, shape (n_resamples,)
        The estimate in each bootstrap resample, for differences and the pairing gain.
    """

    key: Key
    value: float
    low: float
    high: float
    replications: int
    note: str = ""
    resampled: Vector | None = None


@dataclass(frozen=True)
class Resampling:
    """How often each cluster stands in each bootstrap resample.

    Parameters
    ----------
    clusters : mapping of str to mapping of int to int
        Clusters by level and group.
    seed : int
        Seed of the scenario; level and group complete the address.
    expected : mapping of int to float
        Expected number of episodes in one horizon of each random fault row.
    busy : mapping of int to float
        Share of the horizon that each random row's episodes take.
    drilled : mapping of str to frozenset of int
        Rows that are drilled, by level.
    resamples : int
        Number of resamples.
    """

    clusters: Mapping[str, Mapping[int, int]]
    seed: int
    expected: Mapping[int, float] = field(default_factory=dict)
    busy: Mapping[int, float] = field(default_factory=dict)
    drilled: Mapping[str, frozenset[int]] = field(default_factory=dict)
    resamples: int = 1000
    _cache: dict[tuple[str, int], Vector] = field(default_factory=dict, compare=False, repr=False)

    def shares(self, level: str, group: int) -> Vector:
        """Weights of the clusters of a group, shape (n_resamples, n_clusters); each row sums to 1."""
        at = (level, group)
        if at not in self._cache:
            n = self.clusters[level][group]
            weights = intervals.resample_weights(
                n, resamples=self.resamples, seed=self.seed, name=f"bootstrap/{level}/{group}"
            )
            self._cache[at] = weights / n
        return self._cache[at]

    def undrilled(self, level: str, possible: frozenset[int] | None) -> float:
        """Expected number of damaging episodes in one horizon that no drill stands for; inf if not known.

        Where no row can do the damage, not even that is taken on trust: only replications without it speak.

        Two rows with n and m episodes a horizon, busy for shares p and q of it, meet n q + m p times.
        """
        rows = frozenset(self.expected) if possible is None else possible
        if not rows or not rows <= self.drilled.get(level, frozenset()):
            return math.inf
        pairs = {(min(a, b), max(a, b)) for a in rows for b in self.expected if a != b}
        return sum(self.expected[a] * self.busy[b] + self.expected[b] * self.busy[a] for a, b in pairs)

    def sums(self, level: str, by_group: Mapping[int, Vector]) -> Vector:
        """Sum over groups of resampled means, shape (n_resamples,)."""
        out = np.zeros(self.resamples)
        for group, totals in by_group.items():
            if totals.any():
                out += self.shares(level, group) @ totals
        return out

    def percentiles(self, replicates: Vector, n: int) -> tuple[float, float]:
        """Expanded percentile interval: as wide as a t interval would be for n clusters.

        References
        ----------
        .. [1] T. Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69(4), 2015,
               section 4.3: a plain percentile interval is too narrow for small n by the factors n - 1 over n and
               normal over t.
        """
        values = np.sort(replicates[~np.isnan(replicates)])
        if not len(values):
            return math.nan, math.nan
        tail = float(ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.975))) if n > 1 else 0.0
        last = len(values) - 1
        return float(values[math.floor(tail * last)]), float(values[math.ceil((1.0 - tail) * last)])


def estimate(estimand: Estimand, resampling: Resampling) -> list[Estimate]:
    """Value and interval of an estimand; several for a `Pool`, one for each of its statistics.

    None where an interrupt left no replication as it falls.
    """
    if isinstance(estimand, Known):
        return [Estimate(estimand.key, estimand.value, estimand.low, estimand.high, 0, estimand.note)]
    if BASE not in resampling.clusters.get(estimand.level, {}):
        return []
    if isinstance(estimand, Pool):
        return _pool(estimand, resampling)
    return [_ratio(estimand, resampling)]


def _ratio(ratio: Ratio, resampling: Resampling) -> Estimate:
    n = resampling.clusters[ratio.level][BASE]
    replicates = ratio_replicates(ratio, resampling)
    value = ratio_value(ratio)
    if ratio.denominator is None:
        got = _damage_interval(ratio, resampling)
        low, high, note = got.low, got.high, got.note
    else:
        low, high, note = _share_interval(ratio, resampling, value, replicates)
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
    events = math.inf if ratio.events is None else float(ratio.events[group].sum())
    if events == 0.0 or mean == 0.0:
        return Interval(0.0, 0.0, _nothing_seen(ratio, n, resampling), "bound", _NOTHING)
    if events < _FEW:
        return intervals.few_events(damage[damage != 0.0], float(n))
    low, high = resampling.percentiles(resampling.shares(ratio.level, group) @ damage, n)
    if apart(low, high):
        return Interval(mean, low, high, "bootstrap")
    return intervals.student_t(damage) if apart(damage.min(), damage.max()) else _of_equals(mean, n)


def _drilled_interval(damage: Vector) -> Interval:
    """Interval of the mean damage of drills, weighted by their rate."""
    return intervals.rate_times_damage(1.0, damage) if len(damage) > 1 else _of_equals(float(damage[0]), 1)


def _of_equals(value: float, count: int, *, bounds: tuple[float, float] | None = None) -> Interval:
    """Bound from observations that show no spread, one alone included."""
    return bound_without_spread(value, count, level=_LEVEL, bounds=bounds)


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
    number = min(intervals.poisson(0, float(n)).high, resampling.undrilled(ratio.level, ratio.possible))
    return min(number * max(per_episode, default=unknown), everything)


def _share_interval(ratio: Ratio, resampling: Resampling, value: float, replicates: Vector) -> tuple[float, float, str]:
    """Interval of a ratio of two random totals."""
    n = resampling.clusters[ratio.level][BASE]
    events = math.inf if ratio.events is None else sum(float(x.sum()) for x in ratio.events.values())
    if math.isnan(value):
        return math.nan, math.nan, "nothing to measure"
    if events == 0.0:
        return 0.0, intervals.clopper_pearson(0, max(1, int(ratio.trials))).high * ratio.scale, _NOTHING
    low, high = resampling.percentiles(replicates, n)
    if not apart(low, high):
        return _without_spread(ratio, value)
    if events < _FEW:
        exact = intervals.poisson(int(events), 1.0)
        return min(low, value * exact.low / events), max(high, value * exact.high / events), "few events"
    return low, high, ""


def apart(low: float, high: float) -> bool:
    """Whether two ends differ by more than rounding; equal infinities do not."""
    return high > low and not math.isclose(low, high, rel_tol=1e-12)


def _without_spread(ratio: Ratio, value: float) -> tuple[float, float, str]:
    """Bound where every cluster says the same."""
    count = int(ratio.trials) or sum(int(np.count_nonzero(x)) for x in (ratio.denominator or {}).values())
    got = _of_equals(value, max(count, 1), bounds=(0.0, 1.0) if ratio.key.unit == "1" else None)
    return got.low, got.high, got.note


def _pool(pool: Pool, resampling: Resampling) -> list[Estimate]:
    """Quantiles of a weighted pool; intervals from histograms by cluster, widened by a bin."""
    n = resampling.clusters[pool.level][BASE]
    order = np.argsort(pool.value, kind="stable")
    value, weight = pool.value[order], _per_cluster(pool, resampling)[order]
    if not len(value) or not weight.any():
        return []
    edges, mass = _resampled_masses(pool, resampling)
    clusters = len(np.unique(np.stack([pool.group, pool.cluster]), axis=1).T)
    largest = float(value[np.isfinite(value)].max(initial=0.0))
    out = []
    for statistic, key in pool.keys.items():
        point = _statistic(statistic, value, weight)
        replicates = _resampled_statistic(statistic, edges, mass)
        low, high = resampling.percentiles(replicates, n)
        note = "largest seen; not a bound" if statistic == "max" else _set_by_faults(statistic, value, weight)
        spread = apart(low, high)
        low, high = min(low, point), max(high, point)
        if not spread and math.isfinite(point) and (clusters == 1 or point == 0.0):
            bound = bound_without_spread(point, clusters, level=_LEVEL, bounds=None, scale=largest)
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


def _resampled_masses(pool: Pool, resampling: Resampling) -> tuple[Vector, Vector]:
    """Middles of the occupied bins, and the weight in each of them in each resample."""
    bins, at = np.unique(_bins(pool.value), return_inverse=True)
    infinite = bins == _INFINITE
    middles = np.where(infinite, np.inf, np.exp((np.where(infinite, 0, bins) + 0.5) * math.log(BIN)))
    mass = np.zeros((resampling.resamples, len(bins)))
    for group, n in resampling.clusters[pool.level].items():
        mine = pool.group == group
        if mine.any():
            cells = (pool.weight[mine], (pool.cluster[mine], at[mine]))
            mass += resampling.shares(pool.level, group) @ csr_array(cells, shape=(n, len(bins)))
    return np.where(middles < _LEAST, 0.0, middles), mass


def _resampled_statistic(name: str, middles: Vector, mass: Vector) -> Vector:
    """A statistic of each resample's pool, from its histogram."""
    total = mass.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "mean":
            return np.asarray(mass @ np.where(np.isinf(middles), 0.0, middles) / total, dtype=np.float64)
        if name == "max":
            last = mass.shape[1] - 1 - np.argmax(mass[:, ::-1] > 0.0, axis=1)
            return np.where(total > 0.0, middles[last], np.nan)
    reached = np.cumsum(mass, axis=1) >= (_level(name) * total * (1.0 - 1e-12))[:, None]
    return np.where(total > 0.0, middles[np.argmax(reached, axis=1)], np.nan)


def _set_by_faults(name: str, value: Vector, weight: Vector) -> str:
    """Flag of a quantile whose level lies where failures begin: it says more about faults than about speed."""
    if name in {"mean", "max"} or not np.isinf(value[-1]):
        return ""
    failed = float(weight[np.isinf(value)].sum() / weight.sum())
    beyond = 1.0 - _level(name)
    return "set by faults" if failed > 0.5 * beyond else ""
