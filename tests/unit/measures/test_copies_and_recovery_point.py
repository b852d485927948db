"""Recovery point, backlog and lag from a handful of copies, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.measures.copies import peak_bytes
from georep_sim.measures.plays import by_window
from georep_sim.measures.recovery import uncopied_age_s
from georep_sim.tables import NS_PER_S, CopyStatus, empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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
