"""Lag, backlog and recovery point from a handful of counted copies, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.histogram import bins_of
from georep_sim.measures.copies import backlog, replication_lag
from georep_sim.measures.estimand import Known, Pool, Ratio
from georep_sim.measures.loss import mean_uncopied
from georep_sim.measures.plays import are_copies_whole, largest
from georep_sim.measures.recovery import rpo
from georep_sim.tables import NS_PER_S, CopyStatus, Extreme, Recording, dtype_of, empty
from support.timelines import two_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCENARIO = """
georep: 1
workload: {clients: {eastus: {pulls: 1/s}}}
designs: {one: {home: eastus, sites: {eastus: {}}}}
"""


def lag_rows(*rows: tuple[float, int, int, float]) -> NDArray[Any]:
    """Rows of (lag s, copies, bytes, weight); inf = pending."""
    table = empty("lags", len(rows))
    for row, (lag_s, n, size, weight) in zip(table, rows, strict=True):
        is_done = np.isfinite(lag_s)
        row["bin"] = bins_of(np.array([round(lag_s * NS_PER_S)]))[0] if is_done else -1
        row["status"] = CopyStatus.DONE if is_done else CopyStatus.PENDING
        row["is_late"], row["copies"], row["bytes"], row["weight"] = lag_s > 900, n, size, weight
    table["row"], table["destination"] = -1, 1
    return table


def extreme_rows(*rows: tuple[int, Extreme, int, float, float]) -> NDArray[Any]:
    """Rows of (replication, kind, site, value, weight)."""
    filled = [(replication, -1, weight, 0, kind, site, value) for replication, kind, site, value, weight in rows]
    return np.array(filled, dtype=dtype_of("extremes"))


def recorded(*windows: tuple[float, float, float, int], **tables: NDArray[Any]) -> Recording:
    """One replication of 100 s, with windows of copies (start s, end s, weight, row)."""
    table = empty("windows", len(windows))
    for row, (start_s, end_s, weight, group) in zip(table, windows, strict=True):
        row["start_ns"], row["end_ns"] = round(start_s * NS_PER_S), round(end_s * NS_PER_S)
        row["weight"], row["row"], row["mended_ns"], row["full"] = weight, group, -1, True
    edges = np.array([0, 100 * NS_PER_S])
    return Recording(two_sites(), {"windows": table} | tables, {"traffic": {-1: 1}}, 100.0, edges, ())


def test_the_lag_of_a_copy_that_is_not_done_is_infinite() -> None:
    case = load(SCENARIO).case()
    lags = lag_rows((2.0, 7, 70, 3.0), (1000.0, 2, 20, 3.0), (np.inf, 1, 10, 3.0))
    every = list(replication_lag(recorded((0, 100, 3.0, -1), lags=lags), case, case.designs["one"]))
    pools = [e for e in every if isinstance(e, Pool)]
    ratios = [e for e in every if isinstance(e, Ratio)]
    # Over all, and to the one destination.
    assert [key.part for pool in pools for key in pool.keys.values()][::3] == ["", pools[1].keys["p50"].part]
    assert pools[0].value == pytest.approx([2.0, 1000.0, np.inf], rel=0.0025)
    assert pools[0].weight.tolist() == [21.0, 6.0, 3.0]
    assert ratios[0].numerator[-1].tolist() == [9.0]
    assert ratios[0].denominator is not None
    assert ratios[0].denominator[-1].tolist() == [30.0]
    assert ratios[0].events is not None
    assert ratios[0].events[-1].tolist() == [3.0]
    assert ratios[0].trials == 10.0


def test_the_recovery_point_is_pooled_over_time_and_its_largest_is_of_each_replication() -> None:
    case = load(SCENARIO).case()
    ages = empty("ages", 2)
    ages["row"], ages["bin"], ages["seconds"], ages["weight"] = -1, [0, bins_of(np.array([NS_PER_S]))[0]], [90, 10], 2.0
    extremes = extreme_rows((0, Extreme.OLDEST, 0, 40.0, 0.0), (0, Extreme.OLDEST, 0, 30.0, 1.0))
    seen = recorded((0, 100, 1.0, -1), ages=ages, extremes=extremes)
    pool, most = list(rpo(seen, case, case.designs["one"]))
    assert isinstance(pool, Pool)
    assert pool.value == pytest.approx([0.0, 1.0], rel=0.0025)
    assert pool.weight.tolist() == [180.0, 20.0]
    assert isinstance(most, Ratio)
    assert most.numerator[-1].tolist() == [40.0]


def test_without_copies_there_is_no_recovery_point() -> None:
    case = load(SCENARIO).case()
    nothing = recorded((0, 100, 1.0, -1), ages=empty("ages"), extremes=empty("extremes"), lags=empty("lags"))
    for measure in (rpo, backlog, replication_lag):
        assert list(measure(nothing, case, case.designs["one"])) == []


def test_what_waits_is_rate_times_time() -> None:
    # 50 copies of 10 B in 100 s wait for 4 s each: two at a time, 20 B.
    found = mean_uncopied(recorded(lags=lag_rows((4.0, 50, 500, 1.0), (np.inf, 9, 90, 1.0))))
    assert found == {"objects": pytest.approx(2.0, rel=0.0025), "bytes": pytest.approx(20.0, rel=0.0025)}
    assert mean_uncopied(recorded(lags=empty("lags"))) == {"objects": 1.0, "bytes": 1.0}


def test_the_largest_is_that_of_each_replication_as_it_falls() -> None:
    rows = extreme_rows((0, Extreme.BACKLOG, 1, 5.0, 1.0), (2, Extreme.BACKLOG, 1, 7.0, 1.0))
    drilled = extreme_rows((1, Extreme.BACKLOG, 1, 9.0, 1.0))
    drilled["row"] = 0
    seen = Recording(two_sites(), {}, {"traffic": {-1: 3, 0: 2}}, 100.0, np.zeros(0, dtype=np.int64), ())
    assert largest(seen, np.concatenate([rows, drilled])).tolist() == [5.0, 0.0, 7.0]


@pytest.mark.parametrize(("cut", "is_number"), [(1, True), (2, False)])
def test_a_few_episodes_that_were_not_played_out_drained_infinitely_late(cut: int, *, is_number: bool) -> None:
    case = load(SCENARIO).case()
    drains = [(0, Extreme.DRAIN, 1, np.nan if k < cut else float(k), 1.0) for k in range(30)]
    seen = recorded((0, 100, 1.0, -1), extremes=extreme_rows((0, Extreme.BACKLOG, 1, 5.0, 1.0), *drains))
    drained = list(backlog(seen, case, case.designs["one"]))[-1]
    assert isinstance(drained, Pool) == is_number
    if isinstance(drained, Pool):
        assert np.isinf(drained.value).tolist() == [True] + 29 * [False]
    else:
        assert isinstance(drained, Known)
        assert drained.note == "not estimated under auto"


@pytest.mark.parametrize(
    ("windows", "is_whole"),
    [
        ([(0, 100, 0.0, -1)], True),
        ([(0, 60, 1.0, -1), (50, 100, 1.0, -1)], True),
        ([(0, 60, 1.0, -1), (70, 100, 1.0, -1)], False),
        ([(0, 100, 0.0, 3)], False),
        ([(5, 100, 1.0, -1)], False),
        ([], False),
    ],
)
def test_extremes_are_known_only_where_all_was_played(
    windows: list[tuple[float, float, float, int]], *, is_whole: bool
) -> None:
    case = load(SCENARIO).case()
    seen = recorded(*windows, extremes=extreme_rows((0, Extreme.BACKLOG, 1, 5.0, 1.0)))
    assert are_copies_whole(seen) == is_whole
    (most,) = backlog(seen, case, case.designs["one"])
    if is_whole:
        assert isinstance(most, Ratio)
        assert most.numerator[-1].tolist() == [5.0]
    else:
        assert isinstance(most, Known)
        assert np.isnan(most.value)
        assert most.note == "not estimated under auto"
