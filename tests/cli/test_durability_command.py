"""``georep durability``: what it prints, writes and answers with."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from georep_sim import api
from georep_sim.study import losses
from support.found_losses import FoundLosses
from support.small_runs import georep

if TYPE_CHECKING:
    from pathlib import Path

# Exponential times, so that the chain has a dozen states; no clients.
TINY = """
georep: 1
workload: {content: {objects: 1e6, stored: 1 TB}}
environment: {use: none, regions: {here: {zones: 3}}}
faults:
  disk: {what: disk, kind: destroyed, every: {afr: 2 %}}
  fire: {what: region, kind: destroyed, every: 1e6 y, lasts: 7 d}
  drill: {what: region, kind: outage, at: 10 d, lasts: 1 h}
designs:
  two: {sites: {here: {protect: {copies: 2}}}, repair: {detect: 0 s, time: {exponential: 1 d}}}
  three: {use: two, sites: {here: {protect: {copies: 3}}}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY, encoding="utf-8")
    return file


def test_each_design_has_its_table_cause_and_what_was_left_out(scenario: Path) -> None:
    done = georep("durability", scenario, "--exact-only", "--jobs", "1")
    assert done.exit_code == 0, done.output
    two, three = done.stdout.split("\nthree\n")
    # Two copies: 2 λ² / μ a year, λ = 0.02, μ = 365.25: 2.19e-6, of which a day is missing; and the fire 1e-6.
    assert "3.18e-06" in two
    assert "Chance of loss: disk causes 69 % of it, fire 31 %." in two
    assert "left out: drill: " in two
    assert "fire causes" in three


def test_only_the_design_asked_for_is_told(scenario: Path) -> None:
    done = georep("durability", scenario, "--exact-only", "--design", "three", "--jobs", "1")
    assert "\ntwo\n" not in done.stdout


def test_out_holds_tables_pictures_and_a_page(scenario: Path, tmp_path: Path) -> None:
    done = georep("durability", scenario, "--exact-only", "--jobs", "1", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    out = tmp_path / "out"
    metrics = pd.read_csv(out / "metrics.csv", keep_default_na=False)
    assert set(metrics["metric"]) == {"durability", "loss_budget"}
    assert {path.name for path in (out / "plots").iterdir()} == {
        f"loss-{name}.{kind}" for name in ("budget", "tornado") for kind in ("svg", "png")
    }
    assert "three" in (out / "report.html").read_text(encoding="utf-8")
    comparisons = pd.read_csv(out / "comparisons.csv", keep_default_na=False)
    blob = comparisons[(comparisons["statistic"] == "annual_loss_probability") & (comparisons["part"] == "")]
    assert list(blob["verdict"]) == ["b_better"]
    assert json.loads((out / "provenance.json").read_text(encoding="utf-8"))["engine"] == "losses"


def test_a_folder_that_holds_a_run_is_refused_before_anything_is_solved(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "durability", lambda *_, **__: pytest.fail("something was solved"))
    (tmp_path / "provenance.json").write_text("{}", encoding="utf-8")
    done = georep("durability", scenario, "--out", tmp_path)
    assert done.exit_code == 2
    assert "--replace" in done.stderr


def test_the_number_of_workers_changes_no_byte(scenario: Path, tmp_path: Path) -> None:
    digests = set()
    for jobs in ("1", "2"):
        folder = tmp_path / jobs
        done = georep("durability", scenario, "--exact-only", "--jobs", jobs, "--out", folder)
        assert done.exit_code == 0, done.output
        digests.add(hashlib.sha256((folder / "metrics.csv").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_what_is_not_to_be_trusted_is_printed_before_the_numbers(
    scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = FoundLosses()
    monkeypatch.setattr(api, "durability", lambda *_, **__: found)
    done = georep("durability", scenario)
    assert done.exit_code == 0, done.output
    shown = done.stdout.split("\nwide-code\n")[1]
    assert shown.startswith("! UNTRUSTWORTHY: ")


def test_an_interrupt_keeps_what_was_finished(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "durability", lambda *_, **__: FoundLosses(complete=False))
    done = georep("durability", scenario)
    assert done.exit_code == 130
    assert "three-copies" in done.stdout


def test_solving_prints_the_value_in_the_languages_units(scenario: Path) -> None:
    # The fire alone gives 1e-6 a year; twice its interval gives half of that.
    done = georep(
        "durability",
        scenario,
        "--exact-only",
        "--design",
        "three",
        "--target",
        "5e-7",
        "--solve-for",
        "faults.fire.every",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("three: faults.fire.every = 2")
    assert " y gives a chance of 5e-07 of losing a blob in a year (6.3 nines) (exact)" in done.stdout


def test_a_target_that_no_value_reaches_is_told_with_exit_code_3(scenario: Path) -> None:
    path = "designs.three.repair.time.exponential"
    done = georep("durability", scenario, "--exact-only", "--target", "1e-9", "--solve-for", path)
    assert done.exit_code == 3, done.output
    assert f"no {path} gives" in done.stdout
    assert done.stdout.startswith("three: ")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--target", "1e-9"), "go together"),
        (("--solve-for", "faults.fire.every"), "go together"),
        (("--target", "1e-9", "--solve-for", "faults.fire.every", "--out", "x"), "leave --out out"),
        (("--target", "2", "--solve-for", "faults.fire.every"), "between 0 and 1"),
        (("--target", "1e-9", "--solve-for", "faults.fir.every"), "did you mean fire"),
        (("--target", "1e-9", "--solve-for", "designs.two.sites.here.protect.copies"), "a whole number"),
        (("--design", "four"), "no design 'four'"),
        (("--set", "faults.disk.every=soon"), "faults.disk.every"),
    ],
)
def test_wrong_input_is_exit_code_2_with_the_remedy(scenario: Path, options: tuple[str, ...], told: str) -> None:
    done = georep("durability", scenario, "--exact-only", *options)
    assert done.exit_code == 2, done.output
    assert told in done.stderr


def test_a_design_that_cannot_lose_says_so(scenario: Path) -> None:
    calm = ("--set", "faults.disk=null", "--set", "faults.fire=null")
    done = georep("durability", scenario, "--exact-only", "--jobs", "1", *calm)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("Nothing can be lost") == 2
    assert "nothing can be lost" not in done.stdout


def test_the_simulator_is_made_ready_once_before_workers_start(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(losses, "make_ready", lambda _: made.append("ready"))
    monkeypatch.setattr(
        "georep_sim.study.tasks.losses_of", lambda *_, **__: pytest.fail("ready comes first") if not made else None
    )
    monkeypatch.setattr("georep_sim.study.outcome.loss_estimates", lambda _: [])
    api.durability(api.load(scenario), jobs=1)
    assert made == ["ready"]
