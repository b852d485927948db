"""Tallies of copies against copies looked at one by one, whole and in stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.histogram import bins_of, edges_ns
from georep_sim.plane.copy_tally import NOT_PLAYED_OUT, CopyTally, copy_tallies
from georep_sim.tables import NS_PER_S, CopyStatus, Extreme, empty
from support.naive_copies import drain_s, largest_age_s, oldest_age_s, peak_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EDGES = ((0, 1), (0, 2), (1, 0))
DONE, PENDING, LOST = CopyStatus.DONE, CopyStatus.PENDING, CopyStatus.LOST


def copies(*rows: tuple[float, float, int, float, CopyStatus], source: int = 0) -> NDArray[Any]:
    """Rows of (acknowledged s, ended s, destination, bytes, status); each acknowledgement is a push of its own image."""
    table = empty("copies", len(rows))
    for row, (ack_s, end_s, destination, size, status) in zip(table, rows, strict=True):
        row["ack_ns"], row["image"], row["source"] = round(ack_s * NS_PER_S), round(ack_s * 10), source
        row["done_ns"] = round(end_s * NS_PER_S) if status == DONE else -1
        row["destination"], row["bytes"], row["status"], row["weight"] = destination, size, status, 1.0
    return table


def window(start_s: float = 0.0, end_s: float = 100.0, *, mended_s: float = -1e-9, weight: float = 1.0) -> NDArray[Any]:
    row = empty("windows", 1)
    row["start_ns"], row["end_ns"] = round(start_s * NS_PER_S), round(end_s * NS_PER_S)
    row["mended_ns"], row["weight"], row["full"] = round(mended_s * NS_PER_S), weight, True
    return row


def extreme(tables: dict[str, NDArray[Any]], kind: Extreme, site: int) -> list[float]:
    rows = tables["extremes"]
    return list(rows["value"][(rows["kind"] == kind) & (rows["site"] == site)])


def seconds_at_risk(tables: dict[str, NDArray[Any]], source: int = 0) -> dict[int, float]:
    rows = tables["ages"][tables["ages"]["source"] == source]
    return dict(zip(rows["bin"].tolist(), rows["seconds"].tolist(), strict=True))


def test_lags_are_counted_by_edge_and_bin() -> None:
    table = copies((10, 12, 1, 5.0, DONE), (20, 22, 1, 7.0, DONE), (20, 25, 2, 7.0, DONE), (30, -1, 2, 1.0, LOST))
    lags = copy_tallies(table, window(), edges=EDGES)["lags"]
    two, five = bins_of(np.array([2, 5]) * NS_PER_S).tolist()
    rows = [tuple(row) for row in lags[["destination", "status", "is_late", "bin", "copies", "bytes"]].tolist()]
    assert rows == [(1, DONE, False, two, 2, 12), (2, DONE, False, five, 1, 7), (2, LOST, True, -1, 1, 1)]
    assert lags["weight"].tolist() == [1.0, 1.0, 1.0]


def test_fifteen_minutes_are_in_time_and_a_nanosecond_more_is_late() -> None:
    table = copies((0, 900, 1, 1.0, DONE), (1, 901, 1, 1.0, DONE))
    table["done_ns"][1] += 1
    lags = copy_tallies(table, window(), edges=EDGES)["lags"]
    assert {(late, n) for late, n in lags[["is_late", "copies"]].tolist()} == {(False, 1), (True, 1)}


def test_what_was_acknowledged_before_the_window_has_no_lag_that_counts_but_an_age() -> None:
    tables = copy_tallies(copies((10, 60, 1, 5.0, DONE)), window(20, 80), edges=EDGES)
    assert not len(tables["lags"])
    assert sum(seconds_at_risk(tables).values()) == pytest.approx(60.0)
    assert sum(s for k, s in seconds_at_risk(tables).items() if k > 0) == pytest.approx(40.0, abs=0.03)
    assert extreme(tables, Extreme.OLDEST, 0) == [50.0]


def test_a_window_of_no_weight_has_extremes_alone() -> None:
    tables = copy_tallies(copies((10, 60, 1, 5.0, DONE)), window(weight=0.0), edges=EDGES)
    assert [len(tables[name]) for name in ("lags", "ages")] == [0, 0]
    assert extreme(tables, Extreme.BACKLOG, 1) == [5.0]


def test_a_source_without_pushes_spends_its_time_at_age_zero_and_has_no_extreme() -> None:
    tables = copy_tallies(copies((10, 60, 1, 5.0, DONE)), window(), edges=EDGES)
    assert seconds_at_risk(tables, source=1) == {0: pytest.approx(100.0)}
    assert extreme(tables, Extreme.OLDEST, 1) == []
    assert extreme(tables, Extreme.BACKLOG, 0) == []


def test_one_complete_copy_anywhere_is_enough() -> None:
    tables = copy_tallies(copies((10, 40, 1, 1.0, DONE), (10, 20, 2, 1.0, DONE)), window(), edges=EDGES)
    assert extreme(tables, Extreme.OLDEST, 0) == [10.0]
    # Where the first is lost, the second counts; where all are, the push is left to the losses.
    tables = copy_tallies(copies((10, -1, 1, 1.0, LOST), (10, 30, 2, 1.0, DONE)), window(), edges=EDGES)
    assert extreme(tables, Extreme.OLDEST, 0) == [20.0]
    tables = copy_tallies(copies((10, -1, 1, 1.0, LOST), (20, 25, 1, 1.0, DONE)), window(), edges=EDGES)
    assert extreme(tables, Extreme.OLDEST, 0) == [5.0]


def test_what_never_ends_waits_to_the_end_of_the_window() -> None:
    tables = copy_tallies(copies((10, -1, 1, 4.0, PENDING)), window(mended_s=50), edges=EDGES)
    assert extreme(tables, Extreme.OLDEST, 0) == [90.0]
    assert extreme(tables, Extreme.BACKLOG, 1) == [4.0]
    assert extreme(tables, Extreme.DRAIN, 1) == [np.inf]


def test_the_backlog_peaks_where_most_bytes_wait() -> None:
    table = copies((10, 40, 1, 5.0, DONE), (20, 30, 1, 7.0, DONE), (30, 50, 1, 6.0, DONE))
    # 5 + 7 from 20 s; at 30 s the 7 leave as the 6 come.
    assert extreme(copy_tallies(table, window(), edges=EDGES), Extreme.BACKLOG, 1) == [12.0]


def test_each_episode_of_a_window_drains_by_itself() -> None:
    # What was left by the first is still on its way when the second ends.
    table = copies((10, 75, 1, 5.0, DONE), (32, 65, 1, 7.0, DONE), (70, 99, 1, 6.0, DONE))
    windows = np.concatenate([window(), window(mended_s=30), window(mended_s=60)])
    windows["full"][1:] = False
    assert extreme(copy_tallies(table, windows, edges=EDGES), Extreme.DRAIN, 1) == [45.0, 15.0]


def test_an_episode_that_was_not_played_out_has_a_drain_without_a_number() -> None:
    cut = window()
    cut["mended_ns"] = NOT_PLAYED_OUT
    assert np.isnan(extreme(copy_tallies(copies((10, 40, 1, 5.0, DONE)), cut, edges=EDGES), Extreme.DRAIN, 1)).all()


def test_windows_are_told_apart() -> None:
    table = np.concatenate([copies((10, 12, 1, 1.0, DONE)), copies((10, 15, 1, 2.0, DONE))])
    table["window"] = [0, 1]
    windows = np.concatenate([window(), window(weight=3.0)])
    windows["window"] = [0, 1]
    tables = copy_tallies(table, windows, edges=EDGES)
    assert tables["lags"][["window", "weight", "bytes"]].tolist() == [(0, 1.0, 1), (1, 3.0, 2)]


ROW = st.tuples(
    st.integers(0, 11).map(lambda k: 8 * k),  # acknowledged: few instants, so that pushes have two copies
    st.integers(0, 40),  # lag
    st.sampled_from([1, 2]),
    st.integers(1, 9),
    st.sampled_from([DONE, DONE, DONE, LOST, PENDING]),
)


def drawn(rows: Sequence[tuple[int, int, int, int, CopyStatus]]) -> NDArray[Any]:
    return copies(*((ack, ack + lag, to, float(size), status) for ack, lag, to, size, status in rows))


@given(rows=st.lists(ROW, max_size=14, unique_by=lambda row: (row[0], row[2])), mended_s=st.integers(0, 120))
def test_tallies_agree_with_copies_looked_at_one_by_one(
    rows: list[tuple[int, int, int, int, CopyStatus]], mended_s: int
) -> None:
    table = drawn(rows)
    tables = copy_tallies(table, window(mended_s=mended_s), edges=EDGES)
    # All instants are whole seconds, so in each second that waits the age grows through one: from half before its
    # middle's to half after.
    middle_s = np.array([oldest_age_s(table, second * NS_PER_S + NS_PER_S // 2) for second in range(100)])
    found = np.zeros(len(edges_ns()))
    for k, seconds in seconds_at_risk(tables).items():
        found[k] = seconds
    below_s = np.append(edges_ns()[1:], np.iinfo(np.int64).max) / NS_PER_S
    expected = np.clip(below_s[:, np.newaxis] - middle_s + np.where(middle_s > 0.0, 0.5, 1.0), 0.0, 1.0).sum(axis=1)
    # Steps of a thousandth of the window.
    assert np.abs(np.cumsum(found) - expected).max() <= 0.05 + 1e-6
    assert found.sum() == pytest.approx(100.0, rel=1e-12)
    if rows:
        assert extreme(tables, Extreme.OLDEST, 0) == [largest_age_s(table, 100 * NS_PER_S)]
    for destination in {row[2] for row in rows}:
        mine = table[table["destination"] == destination]
        assert extreme(tables, Extreme.BACKLOG, destination) == [peak_bytes(mine)]
        assert extreme(tables, Extreme.DRAIN, destination) == [drain_s(mine, mended_s * NS_PER_S)]


@given(
    rows=st.lists(ROW, max_size=14, unique_by=lambda row: (row[0], row[2])),
    cuts_s=st.lists(st.integers(0, 140), max_size=6),
)
def test_cuts_change_nothing(rows: list[tuple[int, int, int, int, CopyStatus]], cuts_s: list[int]) -> None:
    table = drawn(rows)
    # A lost copy is under way until it is lost, at the instant at which it would have been done.
    end_ns = np.array([(ack + lag) * NS_PER_S for ack, lag, *_ in rows], dtype=np.int64)
    whole = window(mended_s=47)
    tally = CopyTally(0, 100 * NS_PER_S, mended_ns=whole["mended_ns"].tolist(), edges=EDGES)
    last_ns = -1
    for now_ns in sorted({*(cut * NS_PER_S for cut in cuts_s), 150 * NS_PER_S}):
        known = table["ack_ns"] <= now_ns
        is_over = (end_ns <= now_ns) & (table["status"] != PENDING)
        still_open = table[known & ~is_over]
        still_open["status"], still_open["done_ns"] = PENDING, -1
        tally.add(table[is_over & (end_ns > last_ns)], still_open, now_ns=now_ns)
        last_ns = now_ns
    expected = copy_tallies(table, whole, edges=EDGES)
    for name, found in tally.finish(whole[0]).items():
        assert np.array_equal(found, expected[name]), name
