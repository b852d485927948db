"""How long the plane remembers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from georep_sim.laws import Exponential
from georep_sim.world.warm_up import calm_s, pull_s, timed_s
from support.plane_worlds import HERE, THERE, PlaneWorld

EDGE = {"source": HERE, "destination": THERE}


def test_without_limits_timeouts_or_bytes_nothing_is_remembered_but_the_pauses() -> None:
    # Pauses 1 + 2 + 4 s.
    assert timed_s(PlaneWorld(layers=(0.0,), link={"rtt_s": 0.0}, ladder={"retries": 3}).wire()) == pytest.approx(7.0)


def test_a_ladder_takes_its_timeouts_too() -> None:
    world = PlaneWorld(ladder={"retries": 2, "timeout_ns": 30 * 10**9, "cap_s": 1.5})
    # 1 + 1.5 s of pauses, three attempts of 30 s.
    assert timed_s(world.wire()) == pytest.approx(92.5)


def test_a_bucket_is_full_again_after_capacity_over_rate() -> None:
    world = PlaneWorld(buckets=({"rate_per_s": 2.0, "capacity": 600.0}, {"rate_per_s": 0.0, "capacity": 9.0}))
    assert timed_s(world.wire()) == pytest.approx(300.0)


def test_a_pull_lasts_as_long_as_twice_its_largest_layer_alone_on_the_slowest_path() -> None:
    sizes = np.array([[1e6, 5e6], [3e6, 4e6]])
    world = PlaneWorld(sizes=sizes, link={"capacity_Bps": 1e5, "rtt_s": 0.1})
    assert pull_s(world.wire()).tolist() == pytest.approx([100.2, 80.2])
    assert pull_s(world.with_(cohort={"access_Bps": 1e4}).wire())[0] == pytest.approx(1000.2)


def test_a_copy_is_calm_within_nearly_all_lags_or_the_largest_image_alone() -> None:
    sizes = np.array([[1e6, 5e6], [3e6, 4e6]])
    world = PlaneWorld(sizes=sizes, edges=(EDGE,), link={"replication_Bps": 1e5, "rtt_s": 0.0})
    assert calm_s(world.wire()) == pytest.approx(70.0)
    lagging = world.with_(edges=(EDGE | {"lag_law": 0},), laws=(Exponential(100.0),))
    assert calm_s(lagging.wire()) == pytest.approx(100.0 * np.log(1000.0))
    assert calm_s(PlaneWorld().wire()) == 0.0
