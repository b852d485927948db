"""The folder of a run: refused before anything is simulated, written whole, and what options leave in it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from georep_sim import api
from support.small_runs import SMALL, fewer_drills, georep

if TYPE_CHECKING:
    from typer.testing import Result

TWO_CASES = """
cases:
  calm: {faults: null}
  storm: {faults: {outage: {every: 1 d}}}
"""


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """File of a small scenario, its drills cut down; nothing is drawn, which takes longest and is tested elsewhere."""
    fewer_drills(monkeypatch, 3)
    monkeypatch.setattr("georep_sim.report.write", lambda _, folder: [folder / "report.html"])
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


@pytest.fixture
def never_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        msg = "something was simulated"
        raise AssertionError(msg)

    monkeypatch.setattr(api, "run", run)


def run_into(folder: Path, scenario: Path, *options: str) -> Result:
    return georep("run", scenario, "--jobs", "1", "--out", folder, *options)


def provenance(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return found


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_equal_seeds_give_equal_bytes_and_another_seed_others(scenario: Path, tmp_path: Path) -> None:
    for name, seed in (("first", "7"), ("again", "7"), ("other", "8")):
        done = run_into(tmp_path / name, scenario, "--seed", seed)
        assert done.exit_code == 0, done.output
    first, again, other = (contents(tmp_path / name) for name in ("first", "again", "other"))
    for table in ("metrics.csv", "comparisons.csv"):
        assert first[table] == again[table]
        assert first[table] != other[table]
    assert [provenance(tmp_path / name)["runs"]["base"]["seed"] for name in ("first", "other")] == [7, 8]


def test_options_take_effect_and_are_told_in_the_provenance(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SMALL + TWO_CASES, encoding="utf-8")
    options = ["--case", "storm", "--design", "replicated", "--set", "designs.all.route.ttl=45 s"]
    done = run_into(tmp_path / "out", scenario, *options, "--horizon", "5 d", "--seed", "3", "--replications", "3")
    assert done.exit_code == 0, done.output
    metrics = pd.read_csv(tmp_path / "out" / "metrics.csv", keep_default_na=False)
    assert set(metrics["case"]) == {"storm"}
    assert set(metrics["design"]) == {"replicated"}
    told = provenance(tmp_path / "out")
    assert list(told["runs"]) == ["storm"]
    ran = told["runs"]["storm"]
    assert (ran["seed"], ran["horizon_s"], ran["replications"], ran["timelines"]) == (3, 5 * 86_400.0, 3, 10)
    assert told["scenario"]["overrides"] == {
        "designs.all.route.ttl": "45 s",
        "run.seed": "3",
        "run.horizon": "5 d",
        "run.replications": "3",
    }
    resolved = told["scenario"]["resolved"]["storm"]
    assert list(resolved["designs"]) == ["replicated"]
    assert "45 s" in str(resolved["designs"]["replicated"]["route"]["ttl"])


def test_the_resolved_scenario_of_the_provenance_runs_to_the_same_tables(scenario: Path, tmp_path: Path) -> None:
    assert run_into(tmp_path / "first", scenario, "--seed", "5").exit_code == 0
    resolved = provenance(tmp_path / "first")["scenario"]["resolved"]["base"]
    again = tmp_path / "resolved.yaml"
    again.write_text(json.dumps(resolved), encoding="utf-8")
    done = run_into(tmp_path / "again", again)
    assert done.exit_code == 0, done.output
    assert contents(tmp_path / "again")["metrics.csv"] == contents(tmp_path / "first")["metrics.csv"]


def test_one_replication_is_enough_to_print_a_table(scenario: Path, tmp_path: Path) -> None:
    done = run_into(tmp_path / "out", scenario, "--replications", "1", "--set", "run.timelines=1")
    assert done.exit_code == 0, done.output


@pytest.mark.usefixtures("never_simulated")
def test_a_folder_below_a_file_is_refused_at_once(scenario: Path) -> None:
    began = time.monotonic()
    done = run_into(scenario / "out", scenario)
    assert done.exit_code == 2
    assert "cannot write to" in done.stderr
    assert time.monotonic() - began < 5.0


@pytest.mark.usefixtures("never_simulated")
def test_a_read_only_folder_is_refused(scenario: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    # To root no folder of a disk is read-only; nobody makes one in the kernel's.
    folders = [locked, locked / "out"] if os.geteuid() else [Path("/proc/out")]
    for folder in folders:
        done = run_into(folder, scenario)
        assert done.exit_code == 2
        assert "cannot write to" in done.stderr


@pytest.mark.usefixtures("never_simulated")
@pytest.mark.parametrize("options", [[], ["--replace"]], ids=["plain", "replace"])
def test_a_folder_of_other_things_is_refused_and_left_alone(scenario: Path, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "metrics.csv").write_text("mine", encoding="utf-8")
    done = run_into(tmp_path / "letters", scenario, *options)
    assert done.exit_code == 2
    assert (tmp_path / "letters" / "metrics.csv").read_text(encoding="utf-8") == "mine"


def test_a_run_is_refused_unless_replaced_and_nothing_in_it_changes(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_into(out, scenario).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    held = contents(out)
    refused = run_into(out, scenario, "--seed", "8")
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    assert contents(out) == held
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert run_into(out, scenario, "--seed", "8", "--replace").exit_code == 0
    assert contents(out)["metrics.csv"] != held["metrics.csv"]


def test_a_wrong_scenario_leaves_no_folder_of_a_run(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SMALL.replace("georep: 1", "georep: 2"), encoding="utf-8")
    assert run_into(tmp_path / "out", scenario).exit_code == 2
    assert not (tmp_path / "out" / "provenance.json").exists()
