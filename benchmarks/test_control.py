"""Control: a year of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.control import Year

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark(group="control")


def test_a_year_of_control(benchmark: BenchmarkFixture) -> None:
    """Five regions; the faults are drawn beforehand, the ten years are different."""
    year = Year()
    drawn = [year.draw(k) for k in range(10)]
    played = benchmark(lambda: [year.play(k, faults) for k, faults in enumerate(drawn)])
    assert len(played) == len(drawn)
