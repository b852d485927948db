"""Whole runs whose requests come from a log: as many as it has, the same for all designs and any number of workers."""

from __future__ import annotations

import gzip
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import georep_sim as gs
from georep_sim import api
from georep_sim.draws.fit.block import fit_workload
from georep_sim.draws.sources.log import open_log
from georep_sim.study.traces import traces_read
from georep_sim.tables import NS_PER_S, Operation
from georep_sim.world.replica import Replica
from support.registry_logs import MONDAY, pull, push, write_log
from support.small_runs import EXAMPLES, fewer_drills, georep

if TYPE_CHECKING:
    from georep_sim.api import Results

HOUR_MS, HOURS = 3_600_000, 50
LAYERS = [("sha256:a", 40_000), ("sha256:b", 3_000_000)]
TEXT = """
georep: 1
run: {start: 2026-01-05, horizon: 2 d, timelines: 4, replications: 2, traffic: full, seed: 7}
workload:
  content: {images: 20, stored: 2 GB}
  trace: {file: log.csv, clients: {10.0.0.0/16: eastus, 10.1.0.0/16: westeurope}}
faults:
  outage: {what: region, where: eastus, kind: outage, at: 2026-01-06T09:10Z, lasts: 40 min}
designs:
  redundant: {use: azure/acr-geo-redundant@2020, with: {home: eastus}}
  replicated: {use: azure/acr-geo-replicated@2026-08, with: {home: eastus, regions: [eastus, westeurope]}}
"""
#: Pulls of the first and of the second group in the two days of the run, and pushes of the first.
COUNTS = {("pull", 0): 48 * 8, ("pull", 1): 48 * 4, ("push", 0): 48}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twelve pulls an hour, five minutes apart, every third of the second group; one push an hour of the first."""
    calls = []
    for k in range(12 * HOURS):
        calls += pull(
            300_000 * k + 1_000,
            f"r{k % 7}",
            "v1",
            LAYERS if k % 5 == 0 else (),
            client=f"10.{int(k % 3 == 2)}.0.{k % 9}",
        )
    for k in range(HOURS):
        calls += push(HOUR_MS * k + 1_800_000, "r1", f"t{k}", client="10.0.9.9")
    calls += pull(7_000, "r1", "v1", client="172.16.0.1")
    write_log(tmp_path / "log.csv", sorted(calls, key=lambda call: call.at_ms), "csv")
    (tmp_path / "s.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path / "s.yaml"


def counted(results: Results, design: str) -> dict[tuple[str, int], int]:
    """Requests played, by operation and group, in all replications."""
    tallies = results.recording(design).tables["tallies"]
    assert set(tallies["weight"].tolist()) == {1.0}
    found: dict[tuple[str, int], int] = {}
    for row in tallies:
        key = Operation(row["operation"]).name.lower(), int(row["cohort"])
        found[key] = found.get(key, 0) + int(row["requests"])
    return found


def test_a_full_run_plays_the_requests_of_the_log_and_no_others(file: Path) -> None:
    results = api.run(file, jobs=1)

    for design in ("redundant", "replicated"):
        # Twice: as many replications.
        assert counted(results, design) == {key: 2 * n for key, n in COUNTS.items()}
    log = results.provenance["logs"]["base"]
    text = (file.parent / "log.csv").read_bytes()
    assert log["files"] == [
        {"name": "log.csv", "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()},
    ]
    assert log["groups"] == {"eastus": {"pulls": 400, "pushes": 50}, "westeurope": {"pulls": 200, "pushes": 0}}
    assert log["remarks"] == ["1 pulls and pushes left out: their client is in no group"]
    clients = results.scenario.case().workload.clients  # type: ignore[union-attr]
    assert clients["eastus"].pulls == pytest.approx(8 / 3600)
    # What the scenario says is what its file says.
    assert results.scenario.digest == gs.load(file).digest
    assert not Path(results.scenario.case().workload.trace.spool).exists()  # type: ignore[union-attr]


def test_a_scale_multiplies_what_is_played(file: Path) -> None:
    once, twice = (
        api.run(gs.load(file, overrides={"workload.trace.scale": n, "run.horizon": "1 d"}), jobs=1) for n in (1, 2)
    )

    # The last pull of a day comes five minutes before its end, copies within a minute after it.
    assert counted(twice, "replicated") == {key: 2 * n for key, n in counted(once, "replicated").items()}


def test_designs_and_replications_meet_the_same_requests(file: Path) -> None:
    with traces_read(gs.load(file)) as traced:
        case = traced.scenario.case()
        first, second = (Replica(case, n).arrivals.draw(0, 48 * 3600 * NS_PER_S) for n in (0, 1))
        alone = case.model_copy(update={"designs": {"redundant": case.designs["redundant"]}})
        assert Replica(alone, 0).arrivals.draw(0, 48 * 3600 * NS_PER_S).tobytes() == first.tobytes()
    assert len(first) == sum(COUNTS.values())
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("traffic", ["full", "auto"])
def test_the_number_of_workers_leaves_no_trace(file: Path, traffic: str) -> None:
    overrides = {"run.traffic": traffic, "run.horizon": "1 d", "workload.content": "{from: trace}"}
    one, two = (api.run(gs.load(file, overrides=overrides), jobs=jobs) for jobs in (1, 2))

    pd.testing.assert_frame_equal(one.metrics, two.metrics, check_exact=True)
    for key, recording in one.recordings.items():
        for table, rows in recording.tables.items():
            assert rows.tobytes() == two.recordings[key].tables[table].tobytes(), f"{key}: {table}"


def test_windows_weigh_up_to_the_requests_of_the_log(file: Path) -> None:
    results = api.run(gs.load(file, overrides={"run.traffic": "auto"}), jobs=1)

    tallies = results.recording("redundant").tables["tallies"]
    pulls = tallies[tallies["operation"] == Operation.PULL]
    weighed = float(np.sum(pulls["requests"] * pulls["weight"]))
    # So few requests that every window is played whole.
    assert weighed == pytest.approx(2 * 48 * 12, rel=0.01)


def test_content_of_the_trace_is_what_a_fit_finds(file: Path) -> None:
    ranges = {"10.0.0.0/16": "eastus", "10.1.0.0/16": "westeurope"}
    text = fit_workload(open_log(file.parent / "log.csv"), ranges)
    fitted = gs.load(f"georep: 1\n{text}designs: {{one: azure/acr-single-region}}\n").case().workload

    with traces_read(gs.load(file, overrides={"workload.content": {"from": "trace"}})) as traced:
        workload = traced.scenario.case().workload

    assert workload is not None
    assert fitted is not None
    assert workload.content.images == fitted.content.images
    for name in ("layers_per_image", "layer_size", "popularity", "stored", "sharing", "warm_share"):
        assert getattr(workload.content, name) == getattr(fitted.content, name), name
    for name, client in workload.clients.items():
        assert client.warm_share == pytest.approx(fitted.clients[name].warm_share, rel=1e-4)
    assert traced.logs["base"]["content"]["images"] == fitted.content.images


def test_durability_is_of_the_content_of_the_trace(file: Path) -> None:
    scenario = gs.load(file, overrides={"workload.content": {"from": "trace"}})
    found = gs.durability(scenario, simulated=False, jobs=1)
    content = found.scenario.case().workload.content  # type: ignore[union-attr]
    assert content.images == 7 + 50
    assert found.provenance["logs"]["base"]["content"]["images"] == 7 + 50
    assert gs.durability(file, simulated=False, jobs=1).provenance["logs"] == {}


def test_bursts_come_on_top_of_the_log(file: Path) -> None:
    burst = {"workload.bursts.rollout": "{at: 2026-01-05T12:00Z, pulls: 300, within: 10 min}"}
    results = api.run(gs.load(file, overrides=burst), jobs=1)

    found = counted(results, "replicated")
    assert found["push", 0] == 2 * 48
    assert found["pull", 0] + found["pull", 1] == 2 * (48 * 12 + 300)
    # Dealt as the groups pull: two to one.
    assert found["pull", 0] == 2 * (48 * 8 + 200)


def test_several_cases_read_their_log_once_and_differ_by_scale(file: Path) -> None:
    text = TEXT + "cases: {as-it-is: {}, thrice: {workload: {trace: {scale: 3}}}}\n"
    file.write_text(text, encoding="utf-8")
    with traces_read(gs.load(file)) as traced:
        one, three = traced.scenario.cases["as-it-is"].workload, traced.scenario.cases["thrice"].workload
        assert one is not None
        assert three is not None
        assert one.trace.spool == three.trace.spool  # type: ignore[union-attr]
        assert three.clients["eastus"].pulls == pytest.approx(3 * one.clients["eastus"].pulls)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            {"workload.trace.clients": "{10.0.0.0/15: eastus, 11.0.0.0/8: westeurope}"},
            r"workload.trace.clients: no pull and no push of 'westeurope' in log.csv\n    found: 11.0.0.0/8",
        ),
        ({"workload.trace.clients": "{11.0.0.0/8: eastus}"}, r"log.csv: no pull and no push of a client group \(651 of"),
        ({"run.horizon": "30 d"}, "trace: the log covers 2026-01-05T00:00:00.*not the whole run.*repeat: true"),
        ({"run.start": "2026-01-07T02:10Z", "run.horizon": "20 min", "faults.outage": "null"}, "no pull and no push of the log lies within the run"),
        ({"workload.trace.format": "nginx-combined"}, "log.csv: no pull and no push of a client group .*malformed lines"),
        ({"run.max_requests": "1000"}, r"1.25e\+03 requests expected for each design"),
    ],
)  # fmt: skip
def test_a_log_that_does_not_fit_is_an_error_of_the_input(file: Path, overrides: dict[str, str], told: str) -> None:
    with pytest.raises(gs.InputError, match=f"(?s){told}"):
        api.run(gs.load(file, overrides=overrides), jobs=1)


def test_an_empty_log_and_a_missing_one_end_a_command(file: Path) -> None:
    with gzip.open(file.parent / "log.csv.gz", "wt") as log:
        log.write("\n")
    empty = georep("run", file, "--set", f"workload.trace.file={file.parent}/log.csv.gz")
    assert (empty.exit_code, empty.stdout) == (2, "")
    assert "log.csv.gz: nothing in it" in empty.stderr
    missing = georep("check", file, "--set", "workload.trace.file=other.csv")
    assert missing.exit_code == 2
    assert "workload.trace.file: no file 'other.csv'" in missing.stderr


def test_check_says_that_the_log_is_not_read_yet(file: Path) -> None:
    done = georep("check", file)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == (
        "case base: requests of log.csv (1 file, not read yet: load is not checked) in a replication of 2 d, traffic full"
    )


def test_what_is_left_out_of_a_log_is_noted(file: Path) -> None:
    done = georep("run", file, "--jobs", "1", "--progress", "none")
    assert done.exit_code == 0, done.output
    assert "log: 1 pulls and pushes left out: their client is in no group" in done.stderr


def test_the_example_of_the_language_runs_beside_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_drills(monkeypatch, 4)
    (tmp_path / "logs").mkdir()
    first = round((timedelta(days=209, hours=22)).total_seconds() * 1e3)  # 2 August, 22:00 UTC
    calls = []
    for hour in range(28 * 24 + 1):
        calls += pull(first + HOUR_MS * hour + 1_000, "a", f"v{hour % 5}", LAYERS, client=f"10.{1 + hour % 2}.0.1")
    path = write_log(tmp_path / "plain", calls)
    with gzip.open(tmp_path / "logs" / "2026-08-all.json.gz", "wb") as packed:
        packed.write(path.read_bytes())
    (tmp_path / "incidents.csv").write_text(
        "what,where,kind,start,lasts\nregion,northeurope,outage,2026-08-10T10:00Z,30 min\n", encoding="utf-8"
    )
    (tmp_path / "f_trace.yaml").write_text((EXAMPLES / "f_trace.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert (MONDAY + timedelta(milliseconds=first)).isoformat() == "2026-08-02T22:00:00+00:00"

    results = api.run(gs.load(tmp_path / "f_trace.yaml", overrides={"run.replications": 1, "run.timelines": 4}), jobs=1)

    found = counted(results, "paired")
    assert found["pull", 0] + found["pull", 1] == 28 * 24
