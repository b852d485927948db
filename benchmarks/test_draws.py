"""Draws: uniform numbers, arrivals, what requests ask for, faults of a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import georep_sim
from benchmarks.control import five_regions
from benchmarks.frozen import WORKLOAD
from georep_sim.draws.faults import FaultPlan
from georep_sim.draws.images import traffic
from georep_sim.noise import uniforms
from georep_sim.tables import NS_PER_S
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark(group="draws")
_HOUR_NS = 3600 * NS_PER_S


@pytest.fixture(scope="module")
def replica() -> Replica:
    """Return a replication of the frozen workload."""
    return Replica(next(iter(georep_sim.load(WORKLOAD).cases.values())), 0)


def test_a_million_uniforms(benchmark: BenchmarkFixture) -> None:
    """One name, a million indices."""
    found = benchmark(uniforms, 1, 0, "benchmark", np.arange(1_000_000))
    assert found.size == 1_000_000


def test_arrivals_of_an_hour(benchmark: BenchmarkFixture, replica: Replica) -> None:
    """All client groups, 72,000 requests."""
    rows = benchmark(replica.arrivals.draw, 0, _HOUR_NS)
    assert rows.size > 70_000


def test_what_the_requests_of_an_hour_ask_for(benchmark: BenchmarkFixture, replica: Replica) -> None:
    """Images, machines, warm or not."""
    rows = replica.arrivals.draw(0, _HOUR_NS)
    found = benchmark(traffic, replica.case, rows, replica.images, seed=1, replication=0)
    assert found.size == rows.size


def test_faults_of_a_year(benchmark: BenchmarkFixture) -> None:
    """Five regions, every kind of fault that strikes by chance."""
    plan = FaultPlan.of(five_regions())
    assert benchmark(plan.draw, seed=1, replication=0) is not None
