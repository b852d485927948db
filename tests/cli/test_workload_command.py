"""``georep workload``: what it prints is a workload that a scenario accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import georep_sim as gs
from georep_sim.cli.app import build
from georep_sim.cli.workload import client_ranges
from georep_sim.errors import InputError
from support.registry_logs import pull, push, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

DESIGN = "georep: 1\ndesigns: {only: azure/acr-single-region}\n"


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["workload", *arguments])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    calls = []
    for k in range(60):
        layers = [(f"sha256:{k % 30}-{j}", 1_000 * (k % 30 + 1) + j) for j in range(3)]
        calls += pull(60_000 * k, f"team/app{k % 3}", f"v{k % 30}", layers if k % 2 else (), client=f"10.{k % 2}.0.1")
    calls += push(30_000, "team/app0", "v0", client="10.1.0.1")
    return write_log(tmp_path / "log.json", sorted(calls, key=lambda call: call.at_ms))


def test_fit_prints_a_workload_that_loads(log: Path) -> None:
    result = _call("fit", str(log), "--clients", "eastus=10.0.0.0/16", "--clients", "westeurope=else")

    assert result.exit_code == 0, result.output
    case = gs.load(DESIGN + result.stdout).case()
    assert case.workload is not None
    assert list(case.workload.clients) == ["eastus", "westeurope"]
    # Every odd pull is cold, and all odd ones come from the second group.
    assert [client.warm_share for client in case.workload.clients.values()] == [1.0, 0.0]
    assert case.workload.content.warm_share == 0.5
    assert case.workload.content.repositories == 3
    assert case.workload.content.layers_per_image == 3
    assert [client.client for client in case.workload.clients.values()] == ["containerd", "containerd"]
    assert "# 30 of 60 pulls fetched no layer" in result.stdout


def test_fit_writes_a_file_and_never_over_one(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "workload.yaml"

    assert _call("fit", str(log), "--out", str(out)).exit_code == 0
    assert "assumed: say where clients are" in out.read_text(encoding="utf-8")
    again = _call("fit", str(log), "--out", str(out))
    assert again.exit_code == 2
    assert "exists; name another file" in again.stderr


def test_what_is_wrong_is_said(log: Path, tmp_path: Path) -> None:
    for arguments, told in (
        ([str(log), "--clients", "mars=else"], "no region 'mars' in the atlas"),
        ([str(log), "--clients", "eastus"], "expected REGION=CIDR"),
        ([str(log), "--format", "apache"], "no log format 'apache'"),
        ([str(log), "--column", "time"], "expected OURS=THEIRS"),
        ([str(tmp_path / "none*")], "no file"),
    ):
        result = _call("fit", *arguments)
        assert result.exit_code == 2
        assert told in result.stderr
    log.write_text(log.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    strict = _call("fit", str(log), "--strict")
    assert strict.exit_code == 2
    assert "1 malformed lines left out" in strict.stderr
    assert "# 1 malformed lines left out (first: " in _call("fit", str(log)).stdout


def test_measure_prints_the_table_of_metrics(log: Path) -> None:
    result = _call("measure", str(log), "--deadline", "30 s", "--by", "day")

    assert result.exit_code == 0, result.output
    head, *rows = result.stdout.splitlines()
    assert head.startswith("case,design,metric,part,region,operation,statistic,method,value,low,high,unit")
    assert any(row.startswith(",,availability,,,pull,request_weighted,measured,1.0,") for row in rows)
    assert any(row.startswith(",,latency,,,push,p50,measured,") for row in rows)


def test_ranges_are_named_once() -> None:
    with pytest.raises(InputError, match="else is eastus already"):
        client_ranges(["eastus=else", "westeurope=else"])
