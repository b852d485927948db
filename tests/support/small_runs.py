"""Whole runs made small: scenarios cut down, the command line in a process of its own, and what no table may hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typer.testing import CliRunner

from georep_sim.cli.app import build
from georep_sim.study import tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import pytest
    from typer.testing import Result

SHIPPED = Path(__file__).parents[2] / "scenarios"
EXAMPLES = Path(__file__).parents[1] / "unit" / "scenario" / "examples"

# Two designs, one fault that is met in every replication, one that only drills meet; seconds of processor time.
SMALL = """
georep: 1
run: {horizon: 10 d, timelines: 10, replications: 2, seed: 7}
workload:
  content: {repositories: 5, images: 20, stored: 2 GB}
  clients:
    eastus: {pulls: 60/h, pushes: 6/h}
    westeurope: {pulls: 30/h}
faults:
  outage: {what: region, where: all, kind: outage, every: 2 d, lasts: 20 min}
  fire: {what: storage, where: eastus, kind: destroyed, every: 2000 y, lasts: 2 h}
designs:
  redundant: {use: azure/acr-geo-redundant@2020, with: {home: eastus}}
  replicated: {use: azure/acr-geo-replicated@2026-08, with: {home: eastus, regions: [eastus, westeurope]}}
"""

_FEW = {"run.timelines": "20", "run.replications": "2"}


def rates(pulls: Mapping[str, str], pushes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Settings that lower the rates of client groups."""
    asked = {f"workload.clients.{group}.pulls": rate for group, rate in pulls.items()}
    return asked | {f"workload.clients.{group}.pushes": rate for group, rate in (pushes or {}).items()}


_THREE = rates(
    {"eastus": "30/min", "westeurope": "20/min", "australiaeast": "10/min"}, {"eastus": "20/h", "westeurope": "4/h"}
)

# What cuts each shipped scenario down to seconds; its faults, designs and cases stay.
SHORTENED: Mapping[str, Mapping[str, str]] = {
    "closer-replicas": _FEW
    | rates({"eastus": "10/min", "westus2": "10/min"}, {"eastus": "10/h", "westus2": "4/h", "westeurope": "4/h"})
    | {"run.horizon": "7 d"},
    "from-a-log": _FEW | {"run.horizon": "3 d"},
    "quickstart": _FEW | _THREE | {"run.horizon": "30 d"},
    "redundancy-options": _FEW | {"run.horizon": "7 d"},
    "region-drill": _FEW | _THREE | {"faults.drill.lasts": "30 min"},
    "south-central-us-2018": _FEW
    | rates(
        {"southcentralus": "10/min", "eastus": "10/min", "westeurope": "5/min"},
        {"southcentralus": "10/h", "eastus": "4/h", "westeurope": "4/h"},
    ),
    "storage-failure-or-region-outage": _FEW | _THREE | {"workload.clients.westeurope.pushes": "0/h"},
    "year-of-traffic": _FEW
    | rates(
        {"eastus": "12/min", "westeurope": "6/min", "southeastasia": "6/min", "australiaeast": "4/min"},
        {"eastus": "10/h", "westeurope": "4/h", "southeastasia": "2/h", "australiaeast": "1/h", "brazilsouth": "1/h"},
    )
    | {"workload.clients.brazilsouth.pulls": "4/min", "run.horizon": "30 d"},
}


def settings(values: Mapping[str, str]) -> list[str]:
    """The same as options of the command line."""
    return [word for path, value in values.items() for word in ("--set", f"{path}={value}")]


def fewer_drills(monkeypatch: pytest.MonkeyPatch, number: int = 10) -> None:
    """Drill each row a few times only at the level of timelines; holds in this process, so with one job."""
    monkeypatch.setattr(tasks, "_TIMELINE_DRILLS", number)


def georep(*arguments: str | Path) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def start(*arguments: str | Path, hash_seed: str = "0") -> subprocess.Popen[str]:
    """Start the command line in a process group of its own, as a shell does."""
    command = [sys.executable, "-m", "georep_sim.cli", *(str(argument) for argument in arguments)]
    return subprocess.Popen(
        command,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wrong_rows(metrics: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Rows that no run may print: no number, an interval that misses its value, has one end, or has no width.

    An interval from infinity to infinity (every replication fails that often) claims no precision and is allowed.
    """
    none = metrics["low"].isna() & metrics["high"].isna()
    tests = {
        "metric without value": metrics["value"].isna(),
        "metric without interval and without note": none & (metrics["note"] == ""),
        **_bad_intervals("metric", metrics, "value"),
    }
    found = _told(metrics, tests)
    return found + _told(
        comparisons,
        {
            "difference without value": comparisons["difference"].isna(),
            **_bad_intervals("difference", comparisons, "difference"),
        },
    )


def _bad_intervals(what: str, frame: pd.DataFrame, column: str) -> dict[str, pd.Series[bool]]:
    value, low, high = frame[column], frame["low"], frame["high"]
    finite = np.isfinite(low) & np.isfinite(high)
    return {
        f"{what} with one end": low.isna() != high.isna(),
        f"{what} outside its interval": (low > value) | (high < value),
        f"{what} of no width": finite & ((high - low) <= 1e-12 * np.maximum(low.abs(), high.abs())),
    }


def _told(frame: pd.DataFrame, tests: Mapping[str, pd.Series[bool]]) -> list[str]:
    return [f"{what}: {row}" for what, bad in tests.items() for row in _rows(frame[bad])]


def _rows(frame: pd.DataFrame) -> Iterable[str]:
    return (" ".join(str(cell) for cell in row if cell != "") for row in frame.itertuples(index=False))
