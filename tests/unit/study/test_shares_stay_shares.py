"""Shares and probabilities stay within [0, 1], their intervals too."""

from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.measures.estimand import BASE, Key, Ratio
from georep_sim.study.estimate import Resampling, estimate

RESAMPLING = Resampling({"timelines": {BASE: 10}, "traffic": {BASE: 10}}, 1)


def test_an_interval_of_a_share_ends_at_none_and_all() -> None:
    # Half of the replications lose everything: a symmetric interval would reach beyond.
    key = Key("availability", "time_weighted", "1", operation="pull")
    lost = np.array([0.0, 1.0] * 5)
    (got,) = estimate(Ratio(key, {BASE: lost}, level="timelines", events={BASE: lost}, complement=True), RESAMPLING)
    assert 0.0 <= got.low < got.value < got.high <= 1.0


def test_a_rate_above_one_a_year_is_a_probability_below_one() -> None:
    key = Key("durability", "annual_loss_probability", "1")
    share = np.linspace(0.9, 1.1, 10)
    (got,) = estimate(Ratio(key, {BASE: share}, scale=52.0, level="timelines", as_probability=True), RESAMPLING)
    assert got.value == pytest.approx(-math.expm1(-52.0))
    assert got.high <= 1.0
