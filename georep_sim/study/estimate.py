"""One estimator for every metric: value and 95 % interval from weighted contributions by cluster.

An expectation is the sum over groups (replications as they fall; drills of each row) of the mean over the
group's clusters. Intervals resample whole clusters within each group.
"""

from __future__ import annotations

from georep_sim.measures.estimand import BASE, Estimand, Known, Pool
from georep_sim.study.pools import estimate_pool
from georep_sim.study.ratios import estimate_ratio
from georep_sim.study.resampling import Estimate, Resampling

__all__ = ["Estimate", "Resampling", "estimate"]


def estimate(estimand: Estimand, resampling: Resampling) -> list[Estimate]:
    """Value and interval of an estimand; several for a `Pool`, one for each of its statistics.

    None where an interrupt left no replication as it falls.
    """
    if isinstance(estimand, Known):
        return [Estimate(estimand.key, estimand.value, estimand.low, estimand.high, 0, estimand.note)]
    if BASE not in resampling.clusters.get(estimand.level, {}):
        return []
    if isinstance(estimand, Pool):
        return estimate_pool(estimand, resampling)
    return [estimate_ratio(estimand, resampling)]
