"""What every estimate shares: an estimate's shape, and how often each cluster stands in each bootstrap resample.

Resamples are addressed by level and group alone, so that every metric and every design meets the same ones, and
differences are paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georep_sim import intervals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.measures.estimand import Key

    Vector = NDArray[np.float64]

LEVEL = 0.95


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
    clocks : mapping of int to int
        Clocks of every random row: several, where each of its targets has one.
    resamples : int
        Number of resamples.
    """

    clusters: Mapping[str, Mapping[int, int]]
    seed: int
    expected: Mapping[int, float] = field(default_factory=dict)
    busy: Mapping[int, float] = field(default_factory=dict)
    drilled: Mapping[str, frozenset[int]] = field(default_factory=dict)
    clocks: Mapping[int, int] = field(default_factory=dict)
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

        Two rows with n and m episodes a horizon, busy for shares p and q of it, meet n q + m p times; so do two
        of the c clocks of one row, (1 - 1/c) n p times in all.
        """
        rows = frozenset(self.expected) if possible is None else possible
        if not rows or not rows <= self.drilled.get(level, frozenset()):
            return math.inf
        pairs = {(min(a, b), max(a, b)) for a in rows for b in self.expected if a != b}
        others = sum(self.expected[a] * self.busy[b] + self.expected[b] * self.busy[a] for a, b in pairs)
        own = sum((1.0 - 1.0 / self.clocks.get(a, 1)) * self.expected[a] * self.busy[a] for a in rows)
        return others + own

    def sums(self, level: str, by_group: Mapping[int, Vector]) -> Vector:
        """Sum over groups of resampled means, shape (n_resamples,)."""
        out = np.zeros(self.resamples)
        for group, totals in by_group.items():
            if totals.any():
                out += self.shares(level, group) @ totals
        return out

    def percentiles(self, replicates: Vector, n: int) -> tuple[float, float]:
        """Interval of an estimate from its replicates over n clusters."""
        return intervals.expanded_percentile(replicates, n, level=LEVEL)


def apart(low: float, high: float) -> bool:
    """Whether two ends differ by more than rounding; equal infinities do not."""
    return high > low and not math.isclose(low, high, rel_tol=1e-12)
