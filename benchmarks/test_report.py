"""Report: page and plots, and the comparison table, of the quickstart cut down to a few seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import georep_sim
from georep_sim.report import write

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

pytestmark = pytest.mark.benchmark(group="report")
_QUICKSTART = Path(__file__).parents[1] / "scenarios" / "quickstart.yaml"
_FEW = {
    "run.timelines": "20",
    "run.replications": "2",
    "run.horizon": "30 d",
    "workload.clients.eastus.pulls": "30/min",
    "workload.clients.westeurope.pulls": "20/min",
    "workload.clients.australiaeast.pulls": "10/min",
}


@pytest.fixture(scope="module")
def results() -> georep_sim.Results:
    """Return a finished run."""
    return georep_sim.run(georep_sim.load(_QUICKSTART, overrides=_FEW), jobs=1)


def test_page_and_plots(benchmark: BenchmarkFixture, results: georep_sim.Results, tmp_path: Path) -> None:
    """All that ``--out`` writes for a reader."""
    written = benchmark.pedantic(write, (results, tmp_path), rounds=3, warmup_rounds=1)
    assert written


def test_comparison_table(benchmark: BenchmarkFixture, results: georep_sim.Results) -> None:
    """The wide table that is printed."""
    table = benchmark(results.table, "availability.pull", "latency.pull.p99", by="region")
    assert len(table)
