"""What is counted of requests, by hand."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.histogram import bin_of, edges_ns
from georep_sim.plane.tally import SUMS, key_of, kinds_of, merge, n_keys, rows_of, tally, unknown_states
from georep_sim.tables import NS_PER_S, ControlState, Operation, Outcome, empty
from support.finished_run import deadlines, filled
from support.request_logs import steps

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pull(arrival_s: float, took_s: float, **columns: Any) -> dict[str, Any]:
    """A pull of 10 MB in two attempts by the first group at the first site."""
    arrival_ns = round(arrival_s * NS_PER_S)
    row = {"row": -1, "weight": 2.0, "arrival_ns": arrival_ns, "end_ns": arrival_ns + round(took_s * NS_PER_S)}
    return row | {"bytes": 1e7, "attempts": 2, "throttles": 1} | columns


def counted(*rows: dict[str, Any]) -> NDArray[Any]:
    return tally(filled("requests", rows), cohorts=deadlines(2), states=steps())


def test_alike_requests_share_a_row_with_sums_of_everything() -> None:
    phases = {"connect_s": 0.1, "manifest_s": 0.2, "layers_s": 0.5, "retry_s": 0.2}
    (row,) = counted(pull(20.0, 1.0, **phases), pull(30.0, 1.001, **phases))
    assert row["bin"] == bin_of(NS_PER_S, edges_ns())
    assert (row["requests"], row["weight"], row["bytes"], row["attempts"], row["throttles"]) == (2, 2.0, 2e7, 4, 2)
    assert row["latency_ns"] == 2_001_000_000
    assert [row[name] for name in ("connect_ns", "manifest_ns", "layers_ns", "retry_ns")] == [2e8, 4e8, 1e9, 4e8]
    assert not row["is_late"]


@pytest.mark.parametrize(
    "other",
    [
        pull(20.0, 1.01),
        pull(400.0, 1.0),
        pull(20.0, 1.0, cohort=1),
        pull(20.0, 1.0, operation=Operation.PUSH),
        pull(20.0, 1.0, site=-1),
        pull(20.0, 1.0, outcome=Outcome.TIMEOUT),
        pull(20.0, 1.0, window=1),
        pull(20.0, 1.0, weight=3.0),
        pull(20.0, 1.0, replication=1),
        pull(20.0, 1.0, row=0),
    ],
    ids=["bin", "state", "cohort", "operation", "site", "outcome", "window", "weight", "replication", "row"],
)
def test_unlike_requests_have_rows_of_their_own(other: dict[str, Any]) -> None:
    assert counted(pull(20.0, 1.0), other)["requests"].tolist() == [1, 1]


def test_late_is_after_the_deadline_of_the_operation_and_not_at_it() -> None:
    a_pull, a_push = {"operation": Operation.PULL}, {"operation": Operation.PUSH}
    late = {
        (operation["operation"], took_s): bool(counted(pull(20.0, took_s, **operation))[0]["is_late"])
        for operation, took_s in product((a_pull, a_push), (60.0, 60.0 + 1e-9, 600.0, 600.0 + 1e-9))
    }
    assert [took_s for (operation, took_s), is_late in late.items() if operation == Operation.PULL and not is_late] == [
        60.0
    ]
    assert [took_s for (operation, took_s), is_late in late.items() if operation == Operation.PUSH and is_late] == [
        600.0 + 1e-9
    ]


def test_the_state_is_that_of_the_arrival() -> None:
    rows = counted(*(pull(arrival_s, 1000.0) for arrival_s in (9.999, 10.0, 299.0, 300.0, 500.0)))
    states = [-1, ControlState.QUIET, ControlState.STRUCK, ControlState.FAILED_OVER]
    assert dict(zip(rows["state"].tolist(), rows["requests"].tolist(), strict=True)) == dict(
        zip(states, [1, 2, 1, 1], strict=True)
    )


def test_without_a_known_state_the_state_is_not_known() -> None:
    rows = tally(filled("requests", [pull(20.0, 1.0)]), cohorts=deadlines(1), states=unknown_states())
    assert rows["state"].tolist() == [-1]


def test_a_request_that_fails_at_once_is_in_the_bin_of_zero() -> None:
    (row,) = counted(pull(20.0, 0.0, outcome=Outcome.UNREACHABLE))
    assert (row["bin"], row["latency_ns"], row["requests"]) == (0, 0, 1)


def test_part_of_a_byte_is_rounded_for_each_request() -> None:
    assert counted(pull(20.0, 1.0, bytes=0.6), pull(20.0, 1.0, bytes=0.6))["bytes"].tolist() == [2]


def test_nothing_asked_is_nothing_counted() -> None:
    assert len(counted()) == len(merge([])) == 0
    assert counted().dtype == merge([]).dtype == empty("tallies").dtype


def test_merging_adds_what_is_alike() -> None:
    first, second = counted(pull(20.0, 1.0)), counted(pull(25.0, 1.0), pull(25.0, 7.0))
    assert merge([first, second])["requests"].tolist() == [2, 1]


def test_keys_number_every_kind_once_in_the_order_of_the_rows() -> None:
    n_cohorts, n_sites = 2, 3
    kinds = list(product(range(n_cohorts), Operation, range(-1, n_sites), Outcome, (0, 1), (-1, *ControlState)))
    keys = [key_of(*kind, n_sites) for kind in kinds]
    assert keys == list(range(n_keys(n_cohorts, n_sites)))
    back = kinds_of(np.array(keys), n_sites=n_sites)
    names = ("cohort", "operation", "site", "outcome", "is_late", "state")
    assert list(zip(*(back[name].tolist() for name in names), strict=True)) == kinds


def test_cells_become_rows_and_empty_ones_do_not() -> None:
    key = key_of(1, Operation.PUSH, -1, Outcome.TIMEOUT, 1, ControlState.STRUCK, 2)
    sums = np.array([[2, *range(10, 18)], [0] * 9, [1, *range(100, 108)]])
    rows = rows_of(np.array([key, 0, key]), np.array([5, 6, 5]), sums, n_sites=2)
    (row,) = rows
    assert [row[name] for name in ("cohort", "operation", "site", "outcome", "is_late", "state", "bin")] == [
        1, Operation.PUSH, -1, Outcome.TIMEOUT, True, ControlState.STRUCK, 5,
    ]  # fmt: skip
    assert [row[name] for name in SUMS] == [3, *range(110, 126, 2)]
