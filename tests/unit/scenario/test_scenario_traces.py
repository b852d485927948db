"""`workload.trace`: a log in place of rates, as far as a scenario can be checked without reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from georep_sim.draws.sources.log_table import FORMATS
from georep_sim.errors import ScenarioError
from georep_sim.scenario import Scenario, load
from georep_sim.scenario.checks import check
from georep_sim.scenario.trace import LogFormat

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
georep: 1
workload:
  {content}
  {clients}
  trace: {{file: {file}, clients: {{10.1.0.0/16: westeurope, 10.2.0.0/16: office, else: westeurope}}, {rest}}}
designs:
  two: {{use: azure/acr-geo-replicated, with: {{home: westeurope, regions: [westeurope, northeurope]}}}}
"""
OFFICE = "clients: {office: {region: northeurope, machines: 7}}"


def scenario_in(
    folder: Path, *, file: str = "logs/*.json", clients: str = OFFICE, rest: str = "", content: str = ""
) -> Scenario:
    (folder / "logs").mkdir(exist_ok=True)
    for name in ("b.json", "a.json"):
        (folder / "logs" / name).write_text("{}\n", encoding="utf-8")
    (folder / "logs" / "empty.csv").write_text("", encoding="utf-8")
    path = folder / "s.yaml"
    path.write_text(TEXT.format(file=file, clients=clients, rest=rest, content=content), encoding="utf-8")
    return load(path)


def test_groups_are_regions_or_clients_with_settings_of_their_own(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path)

    workload = scenario.case().workload
    assert workload is not None
    assert workload.trace is not None
    assert {name: (c.region, c.machines, c.timezone) for name, c in workload.clients.items()} == {
        "westeurope": ("westeurope", 100, "Europe/Amsterdam"),
        "office": ("northeurope", 7, "Europe/Dublin"),
    }
    assert workload.trace.files == (tmp_path / "logs" / "a.json", tmp_path / "logs" / "b.json")
    assert (workload.trace.scale, workload.trace.repeat, workload.trace.format) == (1.0, False, None)
    assert [warning.check for warning in check(scenario)] == []
    assert scenario.why("workload.trace.file").text.endswith("s.yaml:6:17")


def test_settings_of_all_clients_reach_those_of_the_trace(tmp_path: Path) -> None:
    workload = (
        scenario_in(tmp_path, clients="clients: {all: {machines: 9}, office: {region: northeurope}}").case().workload
    )
    assert workload is not None
    assert [client.machines for client in workload.clients.values()] == [9, 9]


def test_the_resolved_form_is_equal_and_finds_the_files_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = scenario_in(tmp_path, content="content: {from: trace}")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    again = load(scenario.resolved())

    assert again.case().workload == scenario.case().workload
    assert again.digest == scenario.digest
    assert again.case().workload.trace.files == scenario.case().workload.trace.files  # type: ignore[union-attr]


def test_nothing_is_told_of_what_the_log_will_tell(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, content="content: {from: trace}")

    paths = {origin.path for origin in scenario.origins()}

    assert {path for path in paths if path.startswith("workload.content")} == {"workload.content.from"}
    assert not {path for path in paths if path.endswith((".pulls", ".pushes", ".profile"))}
    assert "workload.clients.office.machines" in paths


def test_the_digest_does_not_tell_where_the_files_lie(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (scenario_in(tmp_path / name) for name in ("one", "two"))
    assert one.digest == two.digest
    absolute = scenario_in(tmp_path / "one", file=f"{tmp_path / 'one'}/logs/*.json")
    assert absolute.digest == one.digest
    assert scenario_in(tmp_path / "one", rest="scale: 2").digest != one.digest


@pytest.mark.parametrize(
    ("change", "path", "what"),
    [
        ({"file": "logs/*.zip"}, "workload.trace.file", "no file 'logs/*.zip'"),
        ({"file": "logs/empty.csv"}, "workload.trace.file", "nothing in 'logs/empty.csv'"),
        ({"rest": "format: apache"}, "workload.trace.format", "format: 'apache' is not one of its values"),
        ({"rest": "scale: 0"}, "workload.trace.scale", "scale 0"),
        ({"rest": "colour: red"}, "workload.trace.colour", "unknown key 'colour'"),
        (
            {"clients": "clients: {office: {region: northeurope, pulls: 2/s}}"},
            "workload.clients.office.pulls",
            "pulls beside a trace, which says when clients ask",
        ),
        (
            {"clients": "clients: {office: {region: northeurope, profile: office-hours}}"},
            "workload.clients.office.profile",
            "profile beside a trace, which says when clients ask",
        ),
        (
            {"clients": OFFICE.replace("{office", "{eastus: {}, office")},
            "workload.clients.eastus",
            "no request of the trace is of 'eastus'",
        ),
        ({"clients": ""}, 'workload.trace.clients."10.2.0.0/16"', "no region 'office'"),
        ({"content": "content: {from: trace, images: 5}"}, "workload.content.images", "images beside from: trace"),
        ({"content": "content: {from: log}"}, "workload.content.from", "from: 'log' is not one of its values"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(
    tmp_path: Path, change: dict[str, str], path: str, what: str
) -> None:
    with pytest.raises(ScenarioError) as error:
        scenario_in(tmp_path, **change)
    told = {problem.path: problem.what for problem in error.value.problems}
    assert path in told, told
    assert told[path].startswith(what)


@pytest.mark.parametrize(
    ("ranges", "what"),
    [
        ("{10.1.0.0/40: eastus}", "'10.1.0.0/40' is no range of addresses"),
        ("{10.1.0.0/16: eastus, 10.1.2.3/16: westus}", "10.1.2.3/16 and 10.1.0.0/16 are the same range"),
        ("{}", "no range of addresses leads to a group"),
        ("{else: 7}", "7 is not the name of a group"),
        ("{else: all}", "'all' is no group of clients"),
    ],
)
def test_ranges_are_ranges_that_lead_to_groups(tmp_path: Path, ranges: str, what: str) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    text = f"""
georep: 1
workload: {{trace: {{file: {tmp_path}/a.json, clients: {ranges}}}}}
designs: {{one: {{use: azure/acr-single-region, with: {{home: eastus}}}}}}
"""
    with pytest.raises(ScenarioError) as error:
        load(text)
    assert any(problem.what.startswith(what) for problem in error.value.problems), str(error.value)


def test_content_of_a_trace_needs_a_trace() -> None:
    text = "georep: 1\nworkload: {content: {from: trace}, clients: {eastus: {pulls: 1/s}}}\ndesigns: azure/acr-single-region\n"
    with pytest.raises(ScenarioError, match="content from a trace, and no trace"):
        load(text.replace("designs: azure/acr-single-region", "designs: {one: azure/acr-single-region}"))


def test_the_formats_are_those_that_are_read() -> None:
    assert get_args(LogFormat) == FORMATS
