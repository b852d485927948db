"""Limits of the share beyond a value, and the quantiles they enclose, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.intervals.quantiles import tail_shares

# Student's t with 3 degrees of freedom at 97.5 %, from printed tables.
T3 = 3.182446305


def logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def test_limits_of_a_share_follow_from_how_clusters_differ() -> None:
    # Shares 0.1, 0.2, 0.3, 0.2 of equal weights: mean 0.2, variance of the mean 0.02 / 3 / 4.
    beyond = np.array([1.0, 2.0, 3.0, 2.0])
    got = tail_shares([np.stack([10.0 - beyond, beyond], axis=1)])
    half = T3 * math.sqrt(0.02 / 12.0) / (0.2 * 0.8)
    assert got.share.tolist() == pytest.approx([1.0, 0.2])
    assert logit(got.low[1]) == pytest.approx(logit(0.2) - half, rel=1e-8)
    assert logit(got.high[1]) == pytest.approx(logit(0.2) + half, rel=1e-8)


def test_a_cluster_with_more_of_everything_is_no_variance_of_a_share() -> None:
    # Every cluster has a fifth of its own weight beyond, however much weight it has.
    got = tail_shares([np.outer([1.0, 2.0, 5.0], [4.0, 1.0])])
    assert (got.low[1], got.high[1]) == pytest.approx((0.2, 0.2))


def test_groups_add_their_variances_and_share_their_freedom() -> None:
    # Two equal groups of the clusters above: half the variance, 6 degrees of freedom (t = 2.446911851).
    beyond = np.array([1.0, 2.0, 3.0, 2.0])
    masses = np.stack([10.0 - beyond, beyond], axis=1)
    got = tail_shares([masses, masses])
    half = 2.446911851 * math.sqrt(0.02 / 24.0) / (0.2 * 0.8)
    assert logit(got.high[1]) == pytest.approx(logit(0.2) + half, rel=1e-8)


def test_a_group_counts_by_the_mean_of_its_clusters() -> None:
    # Nine of ten drills do nothing: the tenth adds a tenth of its weight to the expectation.
    drills = np.zeros((10, 2))
    drills[3, 1] = 10.0
    got = tail_shares([np.tile([3.0, 0.0], (5, 1)), drills])
    assert got.share[1] == pytest.approx(0.25)


def test_without_spread_limits_are_the_share() -> None:
    got = tail_shares([np.ones((50, 5))])
    assert got.low.tolist() == got.high.tolist() == got.share.tolist()
    assert [got.ends(quantile) for quantile in (0.1, 0.5, 0.9)] == [(0, 0), (2, 2), (4, 4)]


def test_ends_enclose_the_quantile_and_lie_further_apart_for_a_higher_level() -> None:
    mass = np.random.default_rng(1).exponential(size=(25, 400))
    lows, highs = zip(*(tail_shares([mass], level=level).ends(0.9) for level in (0.5, 0.95, 0.999)), strict=True)
    share = tail_shares([mass]).share
    quantile = int((share >= 0.1).nonzero()[0][-1])
    assert sorted(lows, reverse=True) == list(lows)
    assert sorted(highs) == list(highs)
    assert lows[0] <= quantile <= highs[0]
    assert lows[0] - lows[2] > 1
    assert highs[2] - highs[0] > 1


def test_a_tail_held_by_one_cluster_is_bounded_by_nothing_but_the_largest_value() -> None:
    mass = np.zeros((20, 3))
    mass[:, 0] = 99.0
    mass[4, 1:] = (10.0, 12.0)
    got = tail_shares([mass])
    assert got.ends(0.99) == (0, 2)
    assert got.reaching(0.99) == pytest.approx(1.0)


def test_equal_clusters_all_count() -> None:
    assert tail_shares([np.ones((20, 100))]).reaching(0.99) == pytest.approx(20.0)


def test_a_single_cluster_shows_no_spread() -> None:
    got = tail_shares([np.array([[3.0, 1.0]])])
    assert got.low[1] == got.high[1] == pytest.approx(0.25)


def test_nothing_of_any_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="any weight"):
        tail_shares([np.zeros((3, 2))])
