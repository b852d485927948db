"""Recovery point, backlog and lag from a handful of copies, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.api import load
from georep_sim.measures.copies import backlog, peak_bytes
from georep_sim.measures.estimand import Known, Pool, Ratio
from georep_sim.measures.plays import are_copies_whole, by_window
from georep_sim.measures.recovery import uncopied_age_s
from georep_sim.tables import NS_PER_S, CopyStatus, Recording, empty
from support.timelines import two_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SCENARIO = """
georep: 1
workload: {clients: {eastus: {pulls: 1/s}}}
designs: {one: {home: eastus, sites: {eastus: {}}}}
"""


def copies(*rows: tuple[float, float, int, float, CopyStatus]) -> NDArray[Any]:
    """Rows of (acknowledged s, done s, destination, bytes, status); each acknowledgement is a push of its own image."""
    table = empty("copies", len(rows))
    images: dict[float, int] = {}
    for row, (ack_s, done_s, destination, size, status) in zip(table, rows, strict=True):
        row["ack_ns"], row["done_ns"] = round(ack_s * NS_PER_S), round(done_s * NS_PER_S)
        row["destination"], row["bytes"], row["status"] = destination, size, status
        row["image"] = images.setdefault(ack_s, len(images))
    return table


def ages(table: NDArray[Any], at_s: Sequence[float], *, until_s: float = 1000.0) -> list[float]:
    at_ns = np.array([round(t * NS_PER_S) for t in at_s])
    age_s, _ = uncopied_age_s(table, at_ns, until_ns=round(until_s * NS_PER_S))
    return list(age_s)


def test_the_age_is_that_of_the_oldest_push_without_a_copy_elsewhere() -> None:
    table = copies((10, 40, 1, 1.0, CopyStatus.DONE), (20, 25, 1, 1.0, CopyStatus.DONE))
    assert ages(table, [5, 15, 22, 30, 39.5, 40, 50]) == pytest.approx([0, 5, 12, 20, 29.5, 0, 0])


def test_one_complete_copy_anywhere_is_enough() -> None:
    table = copies((10, 40, 1, 1.0, CopyStatus.DONE), (10, 20, 2, 1.0, CopyStatus.DONE))
    assert ages(table, [15, 30]) == pytest.approx([5, 0])


def test_a_copy_never_made_stays_at_risk_to_the_end() -> None:
    table = copies((10, -1e-9, 1, 1.0, CopyStatus.PENDING))
    assert ages(table, [500]) == pytest.approx([490])
    assert uncopied_age_s(table, np.array([0]), until_ns=1000 * NS_PER_S)[1] == pytest.approx(990.0)


def test_without_pushes_nothing_is_at_risk() -> None:
    assert ages(copies(), [10]) == [0.0]


def test_backlog_peaks_where_most_bytes_wait() -> None:
    table = copies(
        (10, 40, 1, 5.0, CopyStatus.DONE), (20, 30, 1, 7.0, CopyStatus.DONE), (30, 50, 1, 6.0, CopyStatus.DONE)
    )
    # 5 + 7 from 20 s; at 30 s the 7 leave as the 6 come.
    assert peak_bytes(table, until_ns=1000 * NS_PER_S) == 12.0
    assert peak_bytes(copies(), until_ns=1) == 0.0


def test_rows_are_found_by_play_and_window() -> None:
    table = empty("copies", 4)
    table["row"], table["replication"], table["window"] = [-1, 2, -1, -1], [0, 0, 1, 0], [0, 0, 0, 1]
    table["bytes"] = [1.0, 2.0, 3.0, 4.0]
    windows = empty("windows", 3)
    windows["row"], windows["replication"], windows["window"] = [2, -1, 5], [0, 0, 0], [0, 1, 0]
    assert [found["bytes"].tolist() for found in by_window(table, windows)] == [[2.0], [4.0], []]
    assert by_window(table[:0], windows)[0].size == 0


def test_a_push_whose_only_copy_is_lost_is_left_to_the_losses() -> None:
    table = copies((10, -1e-9, 1, 1.0, CopyStatus.LOST), (20, 25, 1, 1.0, CopyStatus.DONE))
    assert ages(table, [15, 22, 900]) == pytest.approx([0, 2, 0])
    # Another site has it at 30 s.
    both = copies((10, -1e-9, 1, 1.0, CopyStatus.LOST), (10, 30, 2, 1.0, CopyStatus.DONE))
    assert ages(both, [25, 35]) == pytest.approx([15, 0])
    assert ages(table[:1], [500]) == [0.0]


@given(
    pushes=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 60)), min_size=1, max_size=12, unique_by=lambda p: p[0]
    )
)
def test_the_age_agrees_with_a_search_of_all_that_waits(pushes: list[tuple[int, int]]) -> None:
    table = copies(*((ack, ack + lag, 1, 1.0, CopyStatus.DONE) for ack, lag in sorted(pushes)))
    at_s = [k + 0.5 for k in range(115)]
    expected = [max((t - ack for ack, lag in pushes if ack <= t < ack + lag), default=0.0) for t in at_s]
    assert ages(table, at_s) == pytest.approx(expected)


def recorded(*windows: tuple[float, float, float, int]) -> Recording:
    """One replication of 100 s, with windows of copies (start s, end s, weight, row)."""
    table = empty("windows", len(windows))
    for row, (start_s, end_s, weight, group) in zip(table, windows, strict=True):
        row["start_ns"], row["end_ns"] = round(start_s * NS_PER_S), round(end_s * NS_PER_S)
        row["weight"], row["row"], row["mended_ns"], row["full"] = weight, group, -1, True
    topology = two_sites()
    edges = np.array([0, 100 * NS_PER_S])
    tables = {"windows": table, "copies": copies((10, 40, 1, 5.0, CopyStatus.DONE))}
    tables["copies"]["row"] = -1
    return Recording(topology, tables, {"traffic": {-1: 1}}, 100.0, edges, ())


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
    assert are_copies_whole(recorded(*windows)) == is_whole
    case = load(SCENARIO).case()
    every = list(backlog(recorded(*windows), case, case.designs["one"]))
    found = {e.key.statistic: e for e in every if not isinstance(e, Pool)}
    largest = found["max_bytes"]
    if is_whole:
        assert isinstance(largest, Ratio)
        assert largest.numerator[-1].tolist() == [5.0]
    else:
        assert isinstance(largest, Known)
        assert np.isnan(largest.value)
        assert largest.note == "not estimated under auto"
