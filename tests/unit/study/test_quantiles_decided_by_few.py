"""Which quantiles say that few replications decide them."""

from __future__ import annotations

import numpy as np

from georep_sim.measures.estimand import BASE, Key, Pool
from georep_sim.study.estimate import Estimate, Resampling, estimate
from georep_sim.study.pools import FEW_REACH


def p99(clusters_with_tail: int, *, clusters: int = 30) -> Estimate:
    """Of 200 values of 1 s in each replication, and 10 of 9 s in some; the 99th percentile of the pool."""
    tail = np.repeat(np.arange(clusters_with_tail), 10)
    cluster = np.concatenate([np.repeat(np.arange(clusters), 200), tail])
    value = np.where(np.arange(len(cluster)) < 200 * clusters, 1.0, 9.0)
    pool = Pool({"p99": Key("rpo", "p99", "s")}, value, np.ones(len(value)), np.full(len(value), BASE), cluster)
    return estimate(pool, Resampling({"traffic": {BASE: clusters}}, seed=1))[0]


def test_a_tail_of_seven_replications_is_told_and_one_of_eight_is_not() -> None:
    # 70 and 80 values of 9 s are more than a hundredth of 6,070 and 6,080: the quantile is theirs.
    assert p99(7).value == p99(8).value == 9.0
    assert FEW_REACH in p99(7).note
    assert FEW_REACH not in p99(8).note


def test_the_interval_of_a_tail_of_few_reaches_down_to_the_rest() -> None:
    found = p99(7)
    assert found.low < 1.0
    assert found.high > 9.0


def test_in_few_replications_it_takes_half_of_them() -> None:
    # Ten replications with 10 values of 9 s in three of them: a hundredth and a half of the pool.
    assert FEW_REACH in p99(3, clusters=10).note
    assert FEW_REACH not in p99(6, clusters=10).note
