"""Faults: addresses spelt out, defaults of time, histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.errors import ScenarioError
from georep_sim.laws import Constant, Empirical, Exponential, Weibull
from georep_sim.scenario import Fault, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = """
georep: 1
run: {start: 2026-01-01}
workload: {clients: {eastus: {pulls: 2/s}, westus: {pulls: 1/s}, uksouth: {pulls: 1/s}}}
designs: {one: {sites: {eastus: {}}}}
"""


def faults(rows: str) -> Mapping[str, Fault]:
    return load(f"{HEAD}faults:\n{rows}").case().faults


def fault(row: str) -> Fault:
    return faults(f"  row: {{{row}}}\n")["row"]


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ("what: region, kind: outage", ("eastus", "westus", "uksouth")),
        ("what: region, where: [westus, eastus], kind: outage", ("westus", "eastus")),
        ("what: zone, where: uksouth/2, kind: outage", ("uksouth/2",)),
        ("what: zone, where: westus, kind: outage", ("westus/1",)),
        ("what: storage, where: [uksouth/1, westus], kind: outage", ("uksouth/1", "westus")),
        ("what: disk, where: eastus, kind: outage", ("eastus/1", "eastus/2", "eastus/3")),
        ("what: link, kind: cut", ("eastus <-> westus", "eastus <-> uksouth", "uksouth <-> westus")),
        ("what: link, where: westus <-> eastus, kind: cut", ("eastus <-> westus",)),
        ("what: link, where: westus -> eastus, kind: cut", ("westus -> eastus",)),
        ("what: link, where: uksouth <-> all, kind: cut", ("eastus <-> uksouth", "uksouth <-> westus")),
        ("what: link, where: all -> uksouth, kind: cut", ("eastus -> uksouth", "westus -> uksouth")),
        ("what: operator, kind: delete, share: 1 %", ("registry",)),
    ],
)
def test_addresses_are_spelt_out(row: str, where: tuple[str, ...]) -> None:
    lasts = "" if "operator" in row else ", lasts: 1 h"
    found = fault(f"{row}, every: 1 y{lasts}")
    assert set(found.where) == set(where)
    assert found.targets == found.where


def test_a_bare_time_between_faults_is_a_mean_and_a_bare_length_is_constant() -> None:
    found = fault("what: region, kind: outage, every: 8 d, lasts: 6 h")
    assert found.every == Exponential(8 * 86_400.0)
    assert found.lasts == Constant(6 * 3_600.0)
    aged = fault("what: disk, kind: destroyed, every: {weibull: {mean: 8 d, shape: 3}}")
    assert aged.every == Weibull.from_mean(8 * 86_400.0, 3.0)
    rate = fault("what: disk, kind: destroyed, every: {afr: 1.5 %}")
    assert rate.every == Exponential(365.25 * 86_400.0 / 0.015)


def test_a_destroyed_place_is_back_after_a_month_and_a_disk_at_once() -> None:
    assert fault("what: storage, kind: destroyed, every: 1 y").lasts == Constant(30 * 86_400.0)
    assert fault("what: disk, kind: destroyed, every: 1 y").lasts == Constant(0.0)


def test_a_moment_is_a_time_since_the_start_or_a_date() -> None:
    assert fault("what: region, kind: outage, at: 10 d, lasts: 1 h").at == 864_000.0
    assert fault("what: region, kind: outage, at: 2026-01-02T01:00 Europe/Amsterdam, lasts: 1 h").at == 86_400.0


def test_a_history_of_the_atlas_gives_the_rows_that_fall_into_the_run() -> None:
    found = fault("history: azure/outages, where: westus")
    assert (found.what, found.kind, found.where) == ("region", "outage", ("westus",))
    (row,) = found.history
    assert row.start == (31 + 6) * 86_400.0  # 2026-02-07
    assert row.lasts == pytest.approx(20.4 * 3_600.0)


def test_without_where_the_atlas_adds_no_region() -> None:
    scenario = load(f"{HEAD}faults: {{row: {{history: azure/outages}}}}\n")
    assert list(scenario.case().environment.regions) == ["eastus", "westus", "uksouth"]


def test_a_history_file_of_several_kinds_becomes_one_fault_for_each(tmp_path: Path) -> None:
    (tmp_path / "incidents.csv").write_text(
        "what,where,kind,start,lasts\n"
        "region,eastus,outage,2026-02-01,3 h\n"
        "link,uksouth <-> eastus,cut,40 d,15 min\n"
        "region,westus,outage,2025-12-31,3 h\n"
    )
    (tmp_path / "main.yaml").write_text(f"{HEAD}faults: {{past: {{history: incidents.csv}}}}\n")
    found = load(tmp_path / "main.yaml").case().faults
    assert {name: (fault.what, fault.where, len(fault.history)) for name, fault in found.items()} == {
        "past-region-outage": ("region", ("eastus",), 1),
        "past-link-cut": ("link", ("eastus <-> uksouth",), 1),
    }
    assert found["past-link-cut"].history[0].start == 40 * 86_400.0


def test_what_and_kind_choose_among_the_rows_of_a_history(tmp_path: Path) -> None:
    (tmp_path / "incidents.csv").write_text(
        "what,where,kind,start,lasts\nregion,eastus,outage,1 d,3 h\nsite,eastus,slow,2 d,1 h\n"
    )
    (tmp_path / "main.yaml").write_text(f"{HEAD}faults: {{past: {{what: site, history: incidents.csv}}}}\n")
    found = load(tmp_path / "main.yaml").case().faults
    assert [fault.kind for fault in found.values()] == ["slow"]


def test_rows_may_also_be_written_in_the_scenario() -> None:
    found = fault("history: [{what: zone, where: eastus, kind: outage, start: 1 d, lasts: 2 h}]")
    assert [row.where for row in found.history] == ["eastus/1", "eastus/2", "eastus/3"]


def test_a_sample_is_read_from_a_column_and_written_out_when_resolved(tmp_path: Path) -> None:
    (tmp_path / "repairs.csv").write_text("day,duration\n1,3 h\n2,1 h\n")
    row = "what: region, where: eastus, kind: outage, every: 1 y, lasts: {empirical: repairs.csv#duration}"
    (tmp_path / "main.yaml").write_text(f"{HEAD}faults: {{row: {{{row}}}}}\n")
    scenario = load(tmp_path / "main.yaml")
    assert scenario.case().faults["row"].lasts == Empirical((3_600.0, 10_800.0))
    assert load(scenario.resolved()).case().faults == scenario.case().faults


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("repairs.csv", "not a column of a file"),
        ("repairs.csv#duratoin", "no column 'duratoin'"),
        ("none.csv#duration", "cannot be read"),
        ("repairs.csv#empty", "is not a quantity"),
    ],
)
def test_a_sample_that_cannot_be_read_is_told(tmp_path: Path, source: str, what: str) -> None:
    (tmp_path / "repairs.csv").write_text("duration,empty\n3 h,\n")
    row = f"what: region, where: eastus, kind: outage, every: 1 y, lasts: {{empirical: {source}}}"
    (tmp_path / "main.yaml").write_text(f"{HEAD}faults: {{row: {{{row}}}}}\n")
    with pytest.raises(ScenarioError, match=what):
        load(tmp_path / "main.yaml")


def test_a_fault_may_be_limited_to_designs() -> None:
    assert fault("what: region, kind: outage, every: 1 y, lasts: 1 h, designs: one").designs == frozenset({"one"})


def test_faults_of_the_environment_cannot_name_sites() -> None:
    text = HEAD.replace("{eastus: {}}", "{eastus: {}, spare: {region: westus, role: standby}}")
    with pytest.raises(ScenarioError, match="'spare' is a site of design 'one'"):
        load(f"{text}faults: {{row: {{what: region, where: spare, kind: outage, every: 1 y, lasts: 1 h}}}}\n")
