"""Data planes: both micro-models, and a stretch of the frozen workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.frozen import stretch
from benchmarks.peers.georep import models
from benchmarks.worlds import planes

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark(group="plane")


@pytest.mark.parametrize("plane", list(planes()))
@pytest.mark.parametrize("model", ["queue", "pull"])
def test_micro_model(benchmark: BenchmarkFixture, plane: str, model: str) -> None:
    """2,000 customers."""
    found = benchmark.pedantic(models(plane)[model], (2_000, 1), rounds=5, warmup_rounds=1)
    assert found.customers == 2_000


@pytest.mark.parametrize("plane", list(planes()))
def test_frozen_workload(benchmark: BenchmarkFixture, plane: str) -> None:
    """2,000 pulls."""
    what = stretch(2_000)
    log = benchmark.pedantic(what.play, (planes()[plane],), rounds=5, warmup_rounds=1)
    assert len(log.requests) == len(what.requests)
