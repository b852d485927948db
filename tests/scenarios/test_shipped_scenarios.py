"""Every shipped scenario is valid by the schema, and runs: shortened, but with its own faults, designs and cases."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pandas as pd
import pytest

from georep_sim import api
from georep_sim.scenario.describe import json_schema
from georep_sim.scenario.read import read_file
from georep_sim.scenario.tree import plain
from georep_sim.tables import TABLES
from support.small_runs import SHIPPED, SHORTENED, fewer_drills, georep, settings, wrong_rows

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
#: Nobody asks anything of these: they are for `georep durability`.
SILENT = frozenset({"durability"})
FILES = {"comparisons.csv", "metrics.csv", "metrics.parquet", "plots", "provenance.json", "report.html"}


def test_each_shipped_scenario_is_run_here() -> None:
    assert sorted({*SHORTENED, *SILENT}) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_shipped_scenario_is_valid_by_the_schema_as_written_and_resolved(name: str) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    file = SHIPPED / f"{name}.yaml"
    loaded = api.load(file)
    for document in (plain(read_file(file)), *(loaded.resolved(case) for case in loaded.cases)):
        assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("name", NAMES)
def test_shipped_scenario_checks_without_problem(name: str) -> None:
    checked = georep("check", SHIPPED / f"{name}.yaml")
    assert checked.exit_code == 0, checked.output
    assert ": ok, " in checked.stdout


@pytest.mark.parametrize("name", NAMES)
def test_shipped_scenario_says_what_it_asks_where_from_and_how_to_read_it(name: str) -> None:
    header = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").split("\ngeorep:")[0]
    assert all(f"# {part} " in header for part in ("Question", "Sources", "Reading"))


@pytest.mark.parametrize("name", sorted(set(NAMES) - SILENT))
def test_shipped_scenario_runs_and_writes_all_it_promises(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer_drills(monkeypatch)
    asked = settings(SHORTENED[name])
    done = georep("run", SHIPPED / f"{name}.yaml", *asked, "--jobs", "1", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    answers = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert {"Loss", "Access", "Latency", "Cost"} <= set(answers)

    folder = tmp_path / "out"
    assert {path.name for path in folder.iterdir()} == FILES
    plots = [path.name for path in (folder / "plots").iterdir()]
    assert {path.rsplit(".", 1)[0] for path in plots if path.endswith(".svg")} == {
        path.rsplit(".", 1)[0] for path in plots if path.endswith(".png")
    }
    assert len(plots) >= 8
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert 'src="http' not in page

    metrics, comparisons = tables_in(folder)
    scenario = api.load(SHIPPED / f"{name}.yaml")
    assert set(metrics["case"]) == set(scenario.cases)
    assert set(metrics["design"]) == {design for case in scenario.cases.values() for design in case.designs}
    assert wrong_rows(metrics, comparisons) == []
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["complete"] is True


@pytest.mark.parametrize("name", sorted(SILENT))
def test_scenario_without_clients_is_one_for_durability(name: str) -> None:
    told = georep("durability", SHIPPED / f"{name}.yaml", "--exact-only", "--jobs", "1")
    assert told.exit_code == 0, told.output
    assert set(api.load(SHIPPED / f"{name}.yaml").case().designs) <= set(told.stdout.split())


def tables_in(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and comparisons as written, their columns those of `tables.TABLES`, both forms of metrics the same."""
    metrics = pd.read_parquet(folder / "metrics.parquet")
    texts = {
        column.name: "str" for table in ("metrics", "comparisons") for column in TABLES[table] if column.dtype == "str"
    }
    written = [
        pd.read_csv(
            folder / f"{table}.csv",
            dtype=texts,
            keep_default_na=False,
            na_values={c.name: [""] for c in TABLES[table] if c.dtype != "str"},
        )
        for table in ("metrics", "comparisons")
    ]
    for table, frame in zip(("metrics", "comparisons"), written, strict=True):
        assert list(frame.columns) == [column.name for column in TABLES[table]]
        assert len(frame) > 0
    assert list(metrics.columns) == list(written[0].columns)
    pd.testing.assert_frame_equal(written[0], metrics, check_dtype=False, check_exact=True)
    return metrics, written[1]


def test_the_log_beside_its_scenario_is_the_one_that_is_made(tmp_path: Path) -> None:
    program = SHIPPED.parent / "benchmarks" / "registry_log.py"
    if not program.exists():
        pytest.skip("benchmarks are not part of the source distribution")
    subprocess.run([sys.executable, program, tmp_path], check=True, capture_output=True)
    made = sorted(tmp_path.iterdir())
    assert [path.name for path in made] == sorted(path.name for path in (SHIPPED / "logs").iterdir())
    for path in made:
        # Unpacked: packing is the library's affair.
        assert gzip.decompress(path.read_bytes()) == gzip.decompress((SHIPPED / "logs" / path.name).read_bytes())
