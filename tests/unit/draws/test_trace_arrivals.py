from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.draws.bursts import BurstDraw
from georep_sim.draws.requests import request_index
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.spool import Spool, open_spool, spool_trace
from georep_sim.draws.sources.trace import SPREAD_S, TraceArrivals, arrivals_of_trace
from georep_sim.errors import InputError
from georep_sim.tables import NS_PER_S, Operation
from support.registry_logs import MONDAY, pull, push, write_log

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S = 3_600
HOUR_NS = HOUR_S * NS_PER_S
WEEK_S = 7 * 24 * HOUR_S


def spool_of(folder: Path, hours: int = 30) -> Spool:
    """Twelve pulls each hour, 5 minutes apart from its start, by two groups in turn; one push each hour by the first."""
    calls = []
    for k in range(12 * hours):
        calls += pull(300_000 * k + 1_000, f"r{k}", "v1", client=f"10.{k % 2}.0.1")
    for k in range(hours):
        calls += push(3_600_000 * k + 1_800_000, "a", f"t{k}", client="10.0.0.9")
    calls.sort(key=lambda call: call.at_ms)
    log = open_log(write_log(folder / "log.csv", calls, "csv"))
    (folder / "spool").mkdir()
    return spool_trace(log, {"10.0.0.0/16": "eastus", "else": "westeurope"}, folder=folder / "spool")


def trace_of(spool: Spool, **rest: Any) -> TraceArrivals:
    settings: dict[str, Any] = {"start": MONDAY, "horizon_s": 30 * HOUR_S, "seed": 1, "replication": 0} | rest
    return arrivals_of_trace(spool, **settings)


def test_rows_are_the_log_with_the_addresses_of_drawn_ones(tmp_path: Path) -> None:
    trace = trace_of(spool_of(tmp_path))

    rows = trace.draw(0, 30 * HOUR_NS)

    assert trace.cohorts == ("eastus", "westeurope")
    assert len(rows) == 30 * 13
    pulls = rows[rows["operation"] == Operation.PULL]
    # The client began 50 ms before its manifest was answered.
    assert pulls["time_ns"].tolist() == [300 * NS_PER_S * k + 950_000_000 for k in range(360)]
    assert pulls["cohort"].tolist() == [0, 1] * 180
    assert np.array_equal(pulls["hour"], pulls["time_ns"] // HOUR_NS)
    assert pulls["k"].tolist() == [k for _ in range(30) for k in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]
    assert set(rows["burst"].tolist()) == {-1}
    keys = list(zip(*(rows[c].tolist() for c in ("time_ns", "cohort", "operation", "hour", "k")), strict=True))
    assert keys == sorted(keys)


@pytest.mark.parametrize("scale", [1.0, 0.4, 2.5])
def test_a_window_is_a_slice_of_the_whole(tmp_path: Path, scale: float) -> None:
    trace = trace_of(spool_of(tmp_path), scale=scale, repeat=True, horizon_s=80 * HOUR_S)
    whole = trace.draw(0, 80 * HOUR_NS)

    for start, end in ((0, 1_000), (3_590, 3_610), (20_000, 130_000), (86_000, 87_000), (200_000, 300_000)):
        inside = (whole["time_ns"] >= start * NS_PER_S) & (whole["time_ns"] < end * NS_PER_S)
        assert trace.draw(start * NS_PER_S, end * NS_PER_S).tolist() == whole[inside].tolist()
    pushes = trace.draw(0, 80 * HOUR_NS, operations=(Operation.PUSH,))
    assert pushes.tolist() == whole[whole["operation"] == Operation.PUSH].tolist()
    index = request_index(whole)
    assert len(set(zip(whole["cohort"].tolist(), whole["operation"].tolist(), index.tolist(), strict=True))) == len(
        whole
    )


def test_a_run_may_start_within_the_log_and_within_an_hour(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    trace = trace_of(spool, start=MONDAY + timedelta(hours=2, minutes=30), horizon_s=HOUR_S)

    rows = trace.draw(-HOUR_NS, 10 * HOUR_NS)

    # From 02:30 to 03:30: six pulls before three, six after. The push of 02:30 began 10 ms before the run, that of 03:30
    # as long before its end.
    assert rows["hour"].tolist() == [0] * 6 + [1] * 7
    assert rows["time_ns"][0] == 950_000_000
    assert rows["k"].tolist() == [3, 3, 4, 4, 5, 5, 0, 0, 1, 1, 2, 2, 0]


def test_a_log_is_repeated_after_whole_days(tmp_path: Path) -> None:
    trace = trace_of(spool_of(tmp_path), repeat=True, horizon_s=3 * 24 * HOUR_S)

    rows = trace.draw(0, 72 * HOUR_NS)

    days = rows["time_ns"] // (24 * HOUR_NS)
    assert np.bincount(days).tolist() == [24 * 13] * 3
    first, second = rows[days == 0], rows[days == 1]
    assert np.array_equal(second["time_ns"] - first["time_ns"], np.full(len(first), 24 * HOUR_NS))
    assert np.array_equal(second["hour"] - first["hour"], np.full(len(first), 24))
    # A run that starts before the log meets its repetition too.
    early = trace_of(trace.spool, start=MONDAY - timedelta(days=1), repeat=True)
    assert early.draw(0, 24 * HOUR_NS)["time_ns"].tolist() == first["time_ns"].tolist()


def test_a_scale_multiplies_requests_and_keeps_them_in_their_minute(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    base = trace_of(spool).draw(0, 30 * HOUR_NS)

    half = trace_of(spool, scale=0.5)
    rows = half.draw(0, 30 * HOUR_NS)
    # Binomial(390, 0.5), 4.89 standard deviations.
    assert abs(len(rows) - 195) < 4.89 * np.sqrt(390 * 0.25)
    assert set(rows["time_ns"].tolist()) <= set(base["time_ns"].tolist())
    assert half.expected(0, Operation.PULL, 0.0, 30.0 * HOUR_S) == 90.0

    threefold = trace_of(spool, scale=3.0).draw(0, 30 * HOUR_NS)
    # Copies of the last request may come after the run.
    assert len(threefold) == 3 * len(base)
    after = threefold["time_ns"] - base["time_ns"][np.searchsorted(base["time_ns"], threefold["time_ns"], "right") - 1]
    assert after.max() < SPREAD_S * NS_PER_S


def test_rates_are_those_of_the_hour(tmp_path: Path) -> None:
    trace = trace_of(spool_of(tmp_path))

    rate = trace.rate_per_s(0, Operation.PULL, np.array([-1.0, 0.0, 4_000.0, 30.0 * HOUR_S]))

    assert rate.tolist() == pytest.approx([0.0, 6 / HOUR_S, 6 / HOUR_S, 0.0])
    assert trace.rates_per_s == pytest.approx(np.array([[6.0, 1.0], [6.0, 0.0]]) / HOUR_S, rel=0.01)
    assert trace.expected(1, Operation.PULL, 0.0, 1.5 * HOUR_S) == 9.0
    assert trace.hour_classes().tolist() == [0] * 30


def test_a_log_that_does_not_cover_the_run_is_refused(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    with pytest.raises(InputError, match=r"the log covers 2026-01-05T00:00:00.*repeat: true"):
        trace_of(spool, horizon_s=WEEK_S)
    with pytest.raises(InputError, match="not the whole run from 2026-01-04"):
        trace_of(spool, start=MONDAY - timedelta(days=1))
    with pytest.raises(InputError, match="scale 0 is not above zero"):
        trace_of(spool, scale=0.0)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_drill_goes_on_with_the_log_and_then_with_its_last_day_again(tmp_path: Path, scale: float) -> None:
    spool = spool_of(tmp_path)
    settings: dict[str, Any] = {"horizon_s": 26 * HOUR_S, "scale": scale}
    usual, drill = trace_of(spool, **settings), trace_of(spool, **settings, until_s=100 * HOUR_S)

    rows = drill.draw(0, 100 * HOUR_NS)

    # Nothing of the run changes, and what else the log holds, to its last whole hour, comes as it is.
    assert rows[rows["time_ns"] < 26 * HOUR_NS].tolist() == usual.draw(0, 26 * HOUR_NS).tolist()
    longer = trace_of(spool, scale=scale).draw(0, 29 * HOUR_NS)
    assert rows[rows["time_ns"] < 29 * HOUR_NS].tolist() == longer.tolist()
    index = request_index(rows)
    assert len(set(zip(rows["cohort"].tolist(), rows["operation"].tolist(), index.tolist(), strict=True))) == len(rows)
    if scale == 1.0:
        # The log ends in hour 29: from there on hours 5 to 28 again.
        assert np.bincount(rows["time_ns"] // HOUR_NS).tolist() == [13] * 100
        again = rows["time_ns"][rows["hour"] == 29 + 24 + 3] - rows["time_ns"][rows["hour"] == 5 + 3]
        assert set(again.tolist()) == {48 * HOUR_NS}
    for start, end in ((0, 3_000), (90_000, 110_000), (104_300, 104_500), (150_000, 400_000)):
        inside = (rows["time_ns"] >= start * NS_PER_S) & (rows["time_ns"] < end * NS_PER_S)
        assert drill.draw(start * NS_PER_S, end * NS_PER_S).tolist() == rows[inside].tolist()


@pytest.mark.parametrize(
    "rest", [{}, {"repeat": True, "horizon_s": 90.0 * HOUR_S}, {"horizon_s": 20.0 * HOUR_S, "until_s": 90.0 * HOUR_S}]
)
def test_what_is_expected_is_what_is_drawn(tmp_path: Path, rest: dict[str, Any]) -> None:
    trace = (
        trace_of(spool_of(tmp_path), **rest, start=MONDAY + timedelta(minutes=20))
        if rest
        else trace_of(spool_of(tmp_path))
    )
    chance = np.random.default_rng(5)
    for start_s, length_s in chance.uniform(0.0, 50.0 * HOUR_S, (20, 2)).tolist():
        rows = trace.draw(round(start_s * NS_PER_S), round((start_s + length_s) * NS_PER_S))
        for cohort in (0, 1):
            for operation in (Operation.PULL, Operation.PUSH):
                n = np.count_nonzero((rows["cohort"] == cohort) & (rows["operation"] == operation))
                assert trace.expected(cohort, operation, start_s, start_s + length_s) == n


def test_bursts_come_on_top(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    start_s = np.array([2.0 * HOUR_S])
    burst = BurstDraw("b", {1: ("westeurope", 40)}, np.zeros(1, dtype=np.int64), start_s, 600.0, 1, 0)
    trace, plain = trace_of(spool, bursts=(burst,)), trace_of(spool)

    rows = trace.draw(0, 30 * HOUR_NS)

    assert rows[rows["burst"] < 0].tolist() == plain.draw(0, 30 * HOUR_NS).tolist()
    assert np.count_nonzero(rows["burst"] == 0) == 40
    assert np.all(np.diff(rows["time_ns"]) >= 0)
    assert trace.expected(1, Operation.PULL, 0.0, 30.0 * HOUR_S) == 40 + plain.expected(
        1, Operation.PULL, 0.0, 30.0 * HOUR_S
    )
    assert trace.rate_per_s(1, Operation.PULL, 2.1 * HOUR_S) == pytest.approx(40 / 600 + 6 / HOUR_S)
    assert (
        trace.draw(0, 30 * HOUR_NS, operations=(Operation.PUSH,)).tolist()
        == plain.draw(0, 30 * HOUR_NS, operations=(Operation.PUSH,)).tolist()
    )


def test_a_spool_is_read_again_from_its_folder(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    open_spool.cache_clear()
    again = open_spool(str(tmp_path / "spool"))
    assert again is not spool
    assert trace_of(again).draw(0, 30 * HOUR_NS).tobytes() == trace_of(spool).draw(0, 30 * HOUR_NS).tobytes()
    assert (again.cohorts, again.sentences) == (spool.cohorts, spool.sentences)


def test_clients_without_a_group_are_told(tmp_path: Path) -> None:
    log = open_log(
        write_log(tmp_path / "a.csv", [*pull(0, "a", "v"), *pull(9_000, "a", "v", client="11.0.0.1")], "csv")
    )
    spool = spool_trace(log, {"10.0.0.0/8": "eastus"}, folder=tmp_path)

    assert len(spool.time_ns) == 1
    assert spool.sentences == ("1 pulls and pushes left out: their client is in no group",)
    with pytest.raises(InputError, match="no pull and no push of a client group"):
        spool_trace(log, {"12.0.0.0/8": "eastus"}, folder=tmp_path)
    with pytest.raises(InputError, match="only an hour or more can be repeated"):
        trace_of(spool, repeat=True)
