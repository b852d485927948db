from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import georep_sim as gs
from georep_sim.draws.sources.log import open_log
from georep_sim.errors import InputError
from georep_sim.intervals import clopper_pearson
from georep_sim.study.real_logs import RecordedLog, log_metrics, outcomes, record_log
from georep_sim.tables import Operation, Outcome
from support.registry_logs import Call, pull, push, write_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LAYERS = [("sha256:a", 1_000)]
HOUR = 3_600_000


def recorded(folder: Path, calls: Iterable[Call], **settings: object) -> RecordedLog:
    path = write_log(folder / "log.csv", sorted(calls, key=lambda call: call.at_ms), "csv")
    clients = {"10.0.0.0/16": "eastus", "else": "westeurope"}
    return record_log(open_log(path), clients, **settings)  # type: ignore[arg-type]  # as a user gives them


def value(found: RecordedLog, metric: str, statistic: str, *, region: str = "", operation: str = "pull") -> float:
    table = log_metrics(found)
    rows = table[
        (table.metric == metric)
        & (table.statistic == statistic)
        & (table.region == region)
        & (table.operation == operation)
        & (table.part == "")
    ]
    assert len(rows) == 1
    return float(rows.value.iloc[0])


def of_forty(folder: Path, **settings: object) -> RecordedLog:
    """Forty pulls of 150 ms, one an hour, of which two fail, one is late by 70 s; two more are their clients' fault."""
    calls = []
    for k in range(40):
        calls += pull(k * HOUR + 60_000, "a", "v1", LAYERS, client=f"10.{k % 2}.0.1")
    calls[20] = Call(calls[20].at_ms, "GET", "/v2/a/manifests/v1", 503, took_ms=50, client=calls[20].client)
    calls[22] = Call(calls[22].at_ms, "GET", "/v2/a/manifests/v1", 404, took_ms=50, client=calls[22].client)
    calls[25] = Call(calls[24].at_ms + 70_000, "GET", "/v2/a/blobs/sha256:a", took_ms=69_950, client=calls[24].client)
    calls += [*pull(5_000, "never", "seen"), *push(2 * HOUR, "b", "v1")]
    calls = [
        Call(call.at_ms, call.method, call.path, 404) if "never" in call.path else call
        for call in calls
        if call not in (calls[21], calls[23])
    ]
    calls.append(Call(7 * HOUR, "GET", "/v2/a/manifests/v9", 403))
    return recorded(folder, calls, **settings)


def test_availability_is_good_over_valid(tmp_path: Path) -> None:
    found = of_forty(tmp_path)

    assert found.invalid == 2
    assert found.sentences == ("2 pulls and pushes left out: their client was to blame",)
    assert value(found, "availability", "request_weighted") == pytest.approx(37 / 40)
    # Pulls 10, 11 and 12: of the client groups even and odd.
    assert value(found, "availability", "request_weighted", region="eastus") == pytest.approx(18 / 20)
    assert value(found, "availability", "request_weighted", region="westeurope") == pytest.approx(19 / 20)
    assert value(found, "availability", "request_weighted", operation="push") == 1.0


def test_a_deadline_decides_what_is_late(tmp_path: Path) -> None:
    assert value(of_forty(tmp_path, deadline_s=100.0), "availability", "request_weighted") == pytest.approx(38 / 40)


def test_latency_is_from_the_first_request_to_the_last_answer(tmp_path: Path) -> None:
    found = of_forty(tmp_path)

    # The manifest begins 50 ms before it is answered, the layer is there 100 ms after that.
    assert value(found, "latency", "p50") == pytest.approx(0.15, rel=0.0051)
    assert value(found, "latency", "mean") == pytest.approx((37 * 0.15 + 70.05) / 38)
    assert value(found, "latency_all", "p99") == np.inf
    assert value(found, "latency", "p50", operation="push") == pytest.approx(0.41, rel=0.0051)


def test_intervals_resample_stretches_of_the_log(tmp_path: Path) -> None:
    by_hour, by_day = of_forty(tmp_path), of_forty(tmp_path, by="day")

    assert by_hour.clusters["traffic"] == {-1: 40}
    assert by_day.clusters["traffic"] == {-1: 2}
    row = log_metrics(by_hour).query("metric == 'availability' and region == '' and operation == 'pull'").iloc[0]
    assert row.low < 37 / 40 < row.high
    # Few events: no narrower than half, no wider than twice what independent requests would give.
    exact = clopper_pearson(3, 40)
    assert 0.5 * (exact.high - exact.low) < row.high - row.low < 2.0 * (exact.high - exact.low)
    with pytest.raises(InputError, match="by 'week': expected hour or day"):
        of_forty(tmp_path, by="week")


def test_the_public_measures_take_the_recording_of_a_log(tmp_path: Path) -> None:
    recording = of_forty(tmp_path)

    estimands = [*gs.measures.availability(recording), *gs.measures.latency(recording)]

    assert estimands
    assert {row["operation"] for row in recording.tables["tallies"]} == {Operation.PULL, Operation.PUSH}


def test_a_log_is_read_by_its_public_name(tmp_path: Path) -> None:
    calls = [call for k in range(30) for call in pull(k * HOUR, "a", "v1", LAYERS)]
    calls.append(Call(31 * HOUR, "GET", "/v2/a/manifests/v1", 503))
    path = write_log(tmp_path / "log.csv", calls, "csv")

    log = gs.read_log(path, {"10.0.0.0/8": "eastus"})

    assert list(gs.measures.availability(log))
    row = log.metrics.query("statistic == 'request_weighted' and region == 'eastus' and operation == 'pull'").iloc[0]
    assert row.value == pytest.approx(30 / 31)
    with pytest.raises(InputError, match="no file"):
        gs.read_log(tmp_path / "*.json")


def test_statuses_become_outcomes() -> None:
    status = np.array([200, 201, 304, 307, 0, 400, 401, 403, 404, 404, 408, 416, 429, 499, 500, 502, 503, 504, 507])
    known = np.zeros(len(status), dtype=np.bool_)
    known[9] = True
    expected = [Outcome.OK] * 4 + [Outcome.UNREACHABLE, -1, -1, -1, -1, Outcome.NOT_FOUND, Outcome.TIMEOUT, -1]
    expected += [Outcome.THROTTLED, -1, Outcome.STORAGE_ERROR, Outcome.UNREACHABLE, Outcome.UNREACHABLE]
    expected += [Outcome.TIMEOUT, Outcome.STORAGE_ERROR]

    assert outcomes(status.astype(np.int16), known).tolist() == expected


def test_a_log_without_anything_to_judge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pull and no push that could be judged"):
        recorded(tmp_path, [Call(0, "GET", "/v2/")])
