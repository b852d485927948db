from __future__ import annotations

import math

import pytest

from georep_sim.plane import rules, tcp
from georep_sim.tables import NS_PER_S, Admission, Outcome
from georep_sim.theory import slow_start_time

WINDOWS = {"initial_bytes": 14480.0, "max_bytes": 3 * 2.0**20}


@pytest.mark.parametrize(("attempt", "mean_s"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (2000, 5.0)])
def test_backoff_doubles_up_to_its_cap_and_spreads_by_half(attempt: int, mean_s: float) -> None:
    ladder = {"first_s": 1.0, "factor": 2.0, "cap_s": 5.0}
    assert rules.backoff_s(attempt, 0.5, **ladder) == mean_s
    assert rules.backoff_s(attempt, 0.0, **ladder) == 0.5 * mean_s
    assert rules.backoff_s(attempt, 1.0, **ladder) == 1.5 * mean_s


def test_backoff_without_a_cap_or_a_wait() -> None:
    assert rules.backoff_s(11, 0.5, first_s=1.0, factor=2.0, cap_s=math.inf) == 1024.0
    assert rules.backoff_s(9, 0.5, first_s=0.0, factor=2.0, cap_s=math.inf) == 0.0


def test_bucket_holds_no_more_than_its_capacity() -> None:
    taken, level, last_ns = rules.take_token(5.0, 0, 3600 * NS_PER_S, rate_per_s=1.0, capacity=7.0)
    assert (taken, level, last_ns) == (True, 6.0, 3600 * NS_PER_S)


def test_refused_request_takes_nothing_from_the_bucket() -> None:
    taken, level, _ = rules.take_token(0.25, 0, NS_PER_S // 2, rate_per_s=1.0, capacity=7.0)
    assert (taken, level) == (False, 0.75)


@pytest.mark.parametrize("size_bytes", [0.0, 1.0, 14480.0, 14481.0, 1e5, 3e6, 9e6, 1e9])
@pytest.mark.parametrize("rate", [1e4, 1e7, 1e12])
@pytest.mark.parametrize("rtt_s", [1e-3, 0.2])
def test_uncontended_flow_is_the_closed_form_of_slow_start(size_bytes: float, rate: float, rtt_s: float) -> None:
    took_s = tcp.uncontended_flow_s(size_bytes, rtt_s=rtt_s, rate_bytes_per_s=rate, **WINDOWS)
    assert took_s == pytest.approx(slow_start_time(size_bytes, rtt_s=rtt_s, capacity_bytes_per_s=rate), rel=1e-12)


def test_segments_of_a_flow_are_the_rounds_it_would_go_through() -> None:
    # A path that fills no window sends all at once, but its window has grown meanwhile: 2^0 + 2^1 + 2^2 windows.
    _, limit, round_ = tcp.next_segment(7 * 14480.0 + 1, 0, rtt_s=0.1, ceiling_bytes_per_s=1e3, **WINDOWS)
    assert (limit, round_) == (math.inf, 3)


def test_largest_windows_are_one_segment_up_to_the_last() -> None:
    window = WINDOWS["max_bytes"]
    open_ = tcp.open_round(**WINDOWS)
    assert tcp.window_bytes(open_, **WINDOWS) == window > tcp.window_bytes(open_ - 1, **WINDOWS)
    size, limit, _ = tcp.next_segment(3.5 * window, open_, rtt_s=0.1, ceiling_bytes_per_s=1e12, **WINDOWS)
    assert (size, limit) == (3 * window, window / 0.1)


def test_without_slow_start_there_is_one_segment_without_a_limit() -> None:
    ideal = {"initial_bytes": math.inf, "max_bytes": math.inf}
    assert tcp.next_segment(1e9, 0, rtt_s=0.1, ceiling_bytes_per_s=1e12, **ideal) == (1e9, math.inf, 0)


def test_retransmissions_double_and_then_come_every_two_minutes() -> None:
    # RTO 1 s: 1, 3, 7, 15, 31, 63, 127 s; the next wait would be 128 s.
    instants = [1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 127.0, 247.0, 367.0]
    for before, at_s in zip([0.0, *instants], instants, strict=False):
        assert tcp.resume_s(before + 1e-9, 1.0) == at_s
        assert tcp.resume_s(at_s, 1.0) == at_s


def test_timeout_is_three_round_trips_and_not_below_its_minimum() -> None:
    assert tcp.rto_s(0.2, 0.2) == pytest.approx(0.6)
    assert tcp.rto_s(0.001, 0.2) == 0.2


@pytest.mark.parametrize("now_ns", [-7, 0, 1, 29, 30, 31, 89, 90, 10**18])
def test_last_refresh_is_on_the_grid_of_the_machine_and_less_than_a_ttl_ago(now_ns: int) -> None:
    at_ns = rules.last_refresh_ns(now_ns, phase=0.5, ttl_ns=60)
    assert (at_ns - 30) % 60 == 0
    assert now_ns - 60 < at_ns <= now_ns


@pytest.mark.parametrize(
    ("admission", "has_token", "is_missing", "outcome"),
    [
        (Admission.OK, True, False, Outcome.OK),
        (Admission.OK, True, True, Outcome.NOT_FOUND),
        (Admission.OK, False, True, Outcome.THROTTLED),
        (Admission.UNREACHABLE, False, True, Outcome.UNREACHABLE),
        (Admission.STORAGE_ERROR, True, True, Outcome.STORAGE_ERROR),
        (Admission.STORAGE_ERROR, False, False, Outcome.THROTTLED),
        (Admission.DENIED, True, True, Outcome.DENIED),
        (Admission.NOT_FOUND, True, False, Outcome.NOT_FOUND),
    ],
)
def test_first_thing_in_the_way_of_a_request_gives_the_answer(
    admission: Admission, has_token: bool, is_missing: bool, outcome: Outcome
) -> None:
    assert rules.answer(admission, has_token=has_token, is_missing=is_missing) == outcome


def test_only_success_403_and_404_are_final() -> None:
    assert [o for o in Outcome if rules.is_final(o)] == [Outcome.OK, Outcome.NOT_FOUND, Outcome.DENIED]


def test_broken_connection_is_unreachable_unless_the_site_says_worse() -> None:
    assert rules.broken(Admission.OK) == Outcome.UNREACHABLE
    assert rules.broken(Admission.UNREACHABLE) == Outcome.UNREACHABLE
    assert rules.broken(Admission.STORAGE_ERROR) == Outcome.STORAGE_ERROR
