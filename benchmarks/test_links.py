"""Links: flow events with one class of many flows, and with classes that do or do not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.scaling import on_one_bottleneck, one_class, spread_over_links
from benchmarks.worlds import planes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.scaling import Built

pytestmark = pytest.mark.benchmark(group="links")
_FASTEST = next(iter(planes()))


@pytest.mark.parametrize(
    ("build", "size"),
    [(one_class, 10), (one_class, 10_000), (spread_over_links, 50), (on_one_bottleneck, 5), (on_one_bottleneck, 50)],
)
def test_flow_events(benchmark: BenchmarkFixture, build: Callable[[int, int], Built], size: int) -> None:
    """500 pulls of one layer beyond those there at the start, on the fastest plane."""
    world, traffic = build(size, 500)
    log = benchmark.pedantic(world.play, (planes()[_FASTEST], traffic), rounds=3, warmup_rounds=1)
    assert len(log.requests) == len(traffic)
