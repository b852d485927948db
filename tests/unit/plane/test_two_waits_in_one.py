"""The compiled plane takes two waits as one: whatever comes between, it sees what the reference sees.

Everything happens on a grid of 1/64 s: round trips of 1/8 s, bodies of 1/16 s or so, and what breaks an attempt off at
every instant of the grid, at the nanosecond of an answer as well as between two.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from georep_sim.laws import Uniform
from georep_sim.plane.wire import Tcp
from georep_sim.tables import NS_PER_S, Admission, Operation, Verb
from support.drafts import Draft
from support.planes import COMPILED, REFERENCE
from support.twins import assert_planes_agree

PULL, PUSH = int(Operation.PULL), int(Operation.PUSH)
GRID_S = 1.0 / 64.0
STEPS = range(1, 160)
LAYERS = (62_500.0, 125_000.0, 62_500.0, 31_250.0, 62_500.0, 250_000.0)

BUSY = Draft(
    regions=(0,),
    cohort_regions=(1,),
    cohorts=({"parallel": 3, "parallel_push": 3},),
    links=({"rtt_s": 0.125, "capacity_Bps": 1e6},),
    ladders=({"retries": 2, "backoff_s": 0.5},),
    images=(LAYERS,),
    manifest_bytes=31_250.0,
    requests=tuple({"at_s": 0.0, "operation": what, "machine": what, "new_layers": 0b101101} for what in (PULL, PUSH)),
)
WORLDS = {
    "the same round trip": BUSY,
    "drawn round trips": replace(
        BUSY, links=({"rtt_s": 0.125, "rtt_law": 0, "capacity_Bps": 1e6},), laws=(Uniform(0.06, 0.19),)
    ),
    "a connection per request": replace(BUSY, cohorts=({"parallel": 3, "parallel_push": 2, "keep_alive": False},)),
    "one by one": replace(BUSY, cohorts=({"parallel": 1, "parallel_push": 1},)),
    "empty manifests": replace(BUSY, manifest_bytes=0.0),
}


@pytest.mark.parametrize("name", WORLDS)
def test_site_that_is_killed_at_any_instant(name: str) -> None:
    for step in STEPS:
        changes = ((step * GRID_S, Verb.KILL, 0, 0.0, -1),)
        assert_planes_agree(replace(WORLDS[name], changes=changes).scene(), REFERENCE, COMPILED)


@pytest.mark.parametrize("name", WORLDS)
def test_time_that_is_up_at_any_instant(name: str) -> None:
    for step in STEPS:
        ladders = ({"retries": 2, "backoff_s": 0.5, "timeout_ns": round(step * GRID_S * NS_PER_S)},)
        assert_planes_agree(replace(WORLDS[name], ladders=ladders).scene(), REFERENCE, COMPILED)


@pytest.mark.parametrize("name", WORLDS)
def test_play_that_is_closed_at_any_instant(name: str) -> None:
    for step in STEPS:
        scene = replace(WORLDS[name], end_s=GRID_S, until_s=step * GRID_S).scene()
        assert_planes_agree(scene, REFERENCE, COMPILED)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("admission", [Admission.STORAGE_ERROR, Admission.UNREACHABLE])
def test_lane_that_fails_as_others_hear(name: str, admission: Admission) -> None:
    for step in STEPS:
        changes = tuple(
            (at_s, Verb.ADMIT, operation, float(value), -1)
            for at_s, value in ((step * GRID_S, admission), ((step + 2) * GRID_S, Admission.OK))
            for operation in (PULL, PUSH)
        )
        assert_planes_agree(replace(WORLDS[name], changes=changes).scene(), REFERENCE, COMPILED)


@pytest.mark.parametrize("name", WORLDS)
def test_lane_that_meets_an_empty_bucket(name: str) -> None:
    for capacity in range(1, 24):
        world = replace(
            WORLDS[name],
            sites=({"read_bucket": 0, "write_bucket": 0},),
            buckets=({"rate_per_s": 4.0, "capacity": float(capacity)},),
        )
        assert_planes_agree(world.scene(), REFERENCE, COMPILED)


@pytest.mark.parametrize("tiny_bytes", [1e-5, 1e-3, 1.0])
@pytest.mark.parametrize("late_bytes", [-0.001, 0.0, 0.001])
def test_answers_that_leave_at_one_nanosecond_against_their_rank(tiny_bytes: float, late_bytes: float) -> None:
    # The open lane takes layer 0 (a window in 1/8 s, the rest at 400 kB/s in 0.05 s) and layer 2 (a window twice as large
    # in 1/8 s, the rest in 0.075 s); the other connects, four round trips, and its layer 1 of no duration ends in the
    # second round of the nanosecond in which layer 2 ends in the first. It hears first, and takes layer 3 with its
    # smaller window.
    world = Draft(
        regions=(0,),
        cohort_regions=(1,),
        cohorts=({"parallel": 2},),
        links=({"rtt_s": 0.125, "capacity_Bps": 4e5},),
        tls_round_trips=3,
        tcp=Tcp(),
        images=((34_480.0, tiny_bytes, 58_960.0 + late_bytes, 20_000.0, 60_000.0),),
        requests=({"at_s": 0.0, "operation": PULL},),
    )
    log = assert_planes_agree(world.scene(), REFERENCE, COMPILED)
    assert log.requests["outcome"].tolist() == [0]
