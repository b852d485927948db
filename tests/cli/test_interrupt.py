"""Ctrl-C in the middle of a run: the tables of what was finished, the right exit code, and nobody left working."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from support.small_runs import SMALL, start, wrong_rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")
# Long enough never to be done before the signal.
_ENDLESS = ["--set", "run.timelines=100000", "--replications", "500"]


def interrupted(tmp_path: Path, *, jobs: int, lines: int) -> Path:
    """Folder of a run that got an interrupt, as from a terminal to its whole group, after some progress."""
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    out = tmp_path / "out"
    run = start("run", tmp_path / "small.yaml", *_ENDLESS, "--jobs", str(jobs), "--out", out, "--progress", "json")
    assert run.stderr is not None
    try:
        told = map(json.loads, iter(run.stderr.readline, ""))
        # The first line may say that the data plane is being compiled: nothing is finished then.
        seen = list(islice((line for line in told if line["done"] > 0.0), lines))
        os.killpg(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=120)
        assert group_is_gone(run.pid), "somebody is still at work"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
    assert all(line["done"] < line["total"] for line in seen)
    assert run.returncode == 130, errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    return out


def group_is_gone(group: int) -> bool:
    """Whether no process of a group is left, a moment's grace given to end."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("jobs", "lines"), [(1, 1), (2, 1), (2, 4)])
def test_an_interrupt_writes_what_was_finished(tmp_path: Path, jobs: int, lines: int) -> None:
    out = interrupted(tmp_path, jobs=jobs, lines=lines)
    told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert told["complete"] is False
    metrics, comparisons = pd.read_parquet(out / "metrics.parquet"), pd.read_csv(out / "comparisons.csv")
    assert len(metrics) > 0
    assert wrong_rows(metrics, comparisons) == []
    finished = metrics["replications"].max()
    assert 0 < finished < 100_000
    assert "interrupted" in (out / "report.html").read_text(encoding="utf-8")
