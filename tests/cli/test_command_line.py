"""What the commands print, write and answer with; the simulation itself is replaced by a finished run."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from georep_sim import api
from georep_sim.cli.app import PLANNED, build
from georep_sim.cli.options import overrides
from georep_sim.errors import InputError, Problem, ScenarioError, SimulationError
from georep_sim.study.executors import Progress
from support.finished_run import FinishedRun, scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result


def _results(*, complete: bool = True) -> api.Results:
    run = FinishedRun(complete=complete)
    return api.Results(**{field.name: getattr(run, field.name) for field in fields(api.Results)})


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), [*arguments])


class Played:
    """Stands for the simulation: remembers how it was called, tells its progress, returns or raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, outcome: api.Results | BaseException) -> None:
        self.loaded: dict[str, Any] = {}
        self.options: dict[str, Any] | None = None
        self.outcome = outcome
        monkeypatch.setattr(api, "load", self._load)
        monkeypatch.setattr(api, "run", self._run)

    def _load(self, source: object, *, overrides: dict[str, Any] | None = None) -> object:
        self.loaded = {"source": source, "overrides": overrides}
        asked = scenario()
        asked.select = lambda **chosen: self.loaded.update(chosen) or asked
        return asked

    def _run(
        self, asked: object, *, progress: Callable[[Progress], None] | None = None, **options: object
    ) -> api.Results:
        del asked
        self.options = options
        if progress is not None:
            progress(Progress(1.0, 4.0, "base: traffic"))
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(monkeypatch, _results())


def test_run_prints_a_sentence_per_question_above_the_table(played: Played) -> None:
    result = _call("run", "quickstart.yaml")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["Loss", "Access", "Latency", "Cost"]
    assert result.stdout.index("not distinguishable") < result.stdout.index("pulls served")
    assert "300 USD/month [290, 310]" in result.stdout
    assert played.options is not None


def test_run_without_out_writes_nothing(played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _call("run", "quickstart.yaml").exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert played.options is not None


def test_run_writes_tables_report_and_plots(played: Played, tmp_path: Path) -> None:
    result = _call("run", "quickstart.yaml", "--out", str(tmp_path / "deep" / "out"))
    assert result.exit_code == 0, result.output
    written = {path.name for path in (tmp_path / "deep" / "out").iterdir()}
    assert written == {"report.html", "metrics.csv", "metrics.parquet", "comparisons.csv", "provenance.json", "plots"}
    assert played.options is not None


def test_options_become_settings_of_the_scenario(played: Played) -> None:
    arguments = ["--set", "designs.all.route.ttl=10 s", "--seed", "7", "--horizon", "30 d", "--traffic", "full"]
    assert _call("run", "s.yaml", *arguments, "--replications", "3").exit_code == 0
    assert played.loaded["overrides"] == {
        "designs.all.route.ttl": "10 s",
        "run.seed": "7",
        "run.horizon": "30 d",
        "run.replications": "3",
        "run.traffic": "full",
    }


def test_case_and_design_select(played: Played) -> None:
    assert _call("run", "s.yaml", "--case", "base", "--design", "a", "--design", "b").exit_code == 0
    assert played.loaded["cases"] == ["base"]
    assert played.loaded["designs"] == ["a", "b"]


def test_jobs_and_the_command_reach_the_run(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/georep", "run", "my scenario.yaml", "--jobs", "3"])
    assert _call("run", "my scenario.yaml", "--jobs", "3").exit_code == 0
    assert played.options is not None
    assert played.options["jobs"] == 3
    assert played.options["command"] == "georep run 'my scenario.yaml' --jobs 3"


def test_a_folder_that_holds_a_run_is_refused_unless_replaced(played: Played, tmp_path: Path) -> None:
    assert _call("run", "s.yaml", "--out", str(tmp_path)).exit_code == 0
    played.options = None
    again = _call("run", "s.yaml", "--out", str(tmp_path))
    assert again.exit_code == 2
    assert "--replace" in again.stderr
    assert played.options is None
    assert _call("run", "s.yaml", "--out", str(tmp_path), "--replace").exit_code == 0


def test_an_unwritable_folder_is_reported_before_anything_is_simulated(played: Played, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = _call("run", "s.yaml", "--out", str(tmp_path / "file" / "out"))
    assert result.exit_code == 2
    assert "error:" in result.stderr
    assert played.options is None
    assert played.loaded == {}


@pytest.mark.parametrize(
    "arguments",
    [["--resume"], ["--executor", "dask"], ["--address", "tcp://x"], ["--require", "slo"]],
)
def test_options_of_later_versions_are_refused_by_name(played: Played, arguments: list[str]) -> None:
    result = _call("run", "s.yaml", *arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
    assert "not supported yet" in result.stderr
    assert played.options is None


@pytest.mark.parametrize("command", PLANNED)
def test_commands_of_later_versions_are_refused_with_those_there_are(command: str) -> None:
    result = _call(command, "s.yaml")
    assert result.exit_code == 2
    assert "not supported yet; there are run, durability, check, explain, schema, atlas" in result.stderr


def test_an_unknown_option_is_bad_input() -> None:
    assert _call("run", "s.yaml", "--colour", "red").exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("no such thing"), 2, "no such thing"),
        (
            ScenarioError([Problem("bad", file="a.yaml", line=2, column=3), Problem("worse", file="a.yaml", line=9)]),
            2,
            "worse",
        ),
        (SimulationError("replication 3, seed 1"), 1, "replication 3, seed 1"),
        (ZeroDivisionError("oh"), 1, "GEOREP_DEBUG=1"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_become_text_and_exit_codes(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    Played(monkeypatch, error)
    result = _call("run", "s.yaml")
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_debugger_gets_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    Played(monkeypatch, ZeroDivisionError("oh"))
    monkeypatch.setenv("GEOREP_DEBUG", "1")
    assert isinstance(_call("run", "s.yaml").exception, ZeroDivisionError)


def test_an_interrupted_run_writes_what_was_finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Played(monkeypatch, _results(complete=False))
    result = _call("run", "s.yaml", "--out", str(tmp_path))
    assert result.exit_code == 130
    assert (tmp_path / "metrics.csv").exists()
    assert "was interrupted" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_progress_as_json_is_one_object_a_line_on_standard_error(played: Played) -> None:
    result = _call("run", "s.yaml", "--progress", "json")
    assert json.loads(result.stderr.splitlines()[0]) == {"done": 1.0, "total": 4.0, "what": "base: traffic"}
    assert played.options is not None


@pytest.mark.parametrize("form", ["auto", "none"])
def test_progress_is_silent_where_there_is_no_terminal(played: Played, form: str) -> None:
    assert _call("run", "s.yaml", "--progress", form).stderr == ""
    assert played.options is not None


def test_control_characters_of_a_file_do_not_reach_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    Played(monkeypatch, InputError("name \x1b[31mred"))
    assert _call("run", "s.yaml").stderr == "error: name \\x1b[31mred\n"


def test_check_prints_expected_requests_warnings_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(pulls=2.0, pushes=0.5)
    run = SimpleNamespace(horizon=86_400.0, traffic="auto", replications=20)
    workload = SimpleNamespace(clients={"eastus": client}, trace=None)
    case = SimpleNamespace(designs={"a": None, "b": None}, run=run, workload=workload)
    monkeypatch.setattr(api, "load", lambda *_, **__: SimpleNamespace(cases={"base": case}))
    monkeypatch.setattr(api, "warnings_of", lambda _: ["link eastus -> westus is loaded to 93 %"])
    result = _call("check", "s.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "case base: 216,000 requests expected in a replication of 1 d, traffic auto",
        "warning: link eastus -> westus is loaded to 93 %",
        "s.yaml: ok, 1 case, 2 designs, 1 warning",
    ]


def test_settings_need_a_path_and_a_value() -> None:
    with pytest.raises(InputError, match="PATH=VALUE"):
        overrides(["designs.all.route.ttl"])
    with pytest.raises(InputError, match="PATH=VALUE"):
        overrides(["=3"])
    assert overrides(['environment.links."a <-> b".rtt=9 ms']) == {'environment.links."a <-> b".rtt': "9 ms"}


def test_help_lists_the_commands() -> None:
    result = _call("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("run", "check", "explain", "schema", "atlas"))


class TestAtlas:
    def test_lists_tables_and_presets(self) -> None:
        result = _call("atlas")
        assert "regions" in result.stdout
        assert "azure/acr-geo-replicated@2026-08" in result.stdout

    def test_prints_a_table_as_csv_with_its_source(self) -> None:
        lines = _call("atlas", "regions").stdout.splitlines()
        assert any(line.startswith("# source: ") for line in lines)
        assert sum(not line.startswith("#") for line in lines) == 1 + 70

    def test_tells_what_is_known_of_a_region(self) -> None:
        assert "America/New_York" in _call("atlas", "--region", "eastus").stdout

    def test_tells_a_round_trip_with_its_source(self) -> None:
        assert _call("atlas", "--from", "eastus", "--to", "westeurope").stdout.startswith(
            "eastus -> westeurope: 83 ms, atlas; "
        )

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nope"],
            ["--region", "estus"],
            ["--from", "eastus"],
            ["--from", "eastus", "--to", "nope"],
            ["regions", "--region", "eastus"],
        ],
    )
    def test_a_wrong_question_is_bad_input(self, arguments: list[str]) -> None:
        result = _call("atlas", *arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")

    def test_a_region_asked_for_as_a_table_is_pointed_to_its_option(self) -> None:
        assert "georep atlas --region NAME" in _call("atlas", "westus2").stderr


class TestDescriptions:
    SCENARIO = "georep: 1\nfaults: cloud/typical\ndesigns: {geo-replicated: azure/acr-geo-replicated}\nworkload: {clients: {eastus: {pulls: 1/s}}}\n"

    @pytest.fixture
    def file(self, tmp_path: Path) -> str:
        (tmp_path / "s.yaml").write_text(self.SCENARIO, encoding="utf-8")
        return str(tmp_path / "s.yaml")

    def test_explain_names_the_place_of_a_value(self, file: str) -> None:
        result = _call("explain", file)
        assert result.exit_code == 0, result.output
        assert "s.yaml:4" in result.stdout

    def test_explain_resolved_prints_a_scenario_that_checks(self, file: str, tmp_path: Path) -> None:
        result = _call("explain", "--resolved", file)
        (tmp_path / "resolved.yaml").write_text(result.stdout, encoding="utf-8")
        assert "azure/acr-geo-replicated" not in result.stdout
        assert _call("check", str(tmp_path / "resolved.yaml")).exit_code == 0

    def test_schema_is_a_json_schema(self) -> None:
        schema = json.loads(_call("schema").stdout)
        assert "designs" in schema["properties"]

    def test_every_problem_of_a_file_is_told_with_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "bad.yaml").write_text("georep: 1\nrun: {horizon: 5 m, seed: x}\ndesigns: {}\n", encoding="utf-8")
        result = _call("check", str(tmp_path / "bad.yaml"))
        assert result.exit_code == 2
        assert result.stderr.count("bad.yaml:2:") >= 2
        assert "min or mo?" in result.stderr
