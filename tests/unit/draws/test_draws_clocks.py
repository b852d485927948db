from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.draws import clocks
from georep_sim.draws.clocks import Clock
from georep_sim.draws.renewal import mean_occurrences
from georep_sim.laws import Constant, Erlang, Exponential, Law, Weibull, lognormal_from_quantiles
from georep_sim.noise import uniform


def test_a_new_clock_of_constants_alternates_from_the_end_of_one_to_the_start_of_the_next() -> None:
    clock = Clock("faults/a/x", every=Constant(10.0), lasts=Constant(5.0), stationary=False)

    found = clock.play(seed=1, replication=0, horizon_s=45.0)

    assert found.start_s.tolist() == [10.0, 25.0, 40.0]
    assert found.end_s.tolist() == [15.0, 30.0, 45.0]
    assert found.number.tolist() == [0, 1, 2]


def test_an_overlapping_clock_counts_from_start_to_start() -> None:
    clock = Clock("faults/a/x", every=Constant(10.0), lasts=Constant(25.0), stationary=False, overlapping=True)

    found = clock.play(seed=1, replication=0, horizon_s=35.0)

    assert found.start_s.tolist() == [10.0, 20.0, 30.0]
    assert found.end_s.tolist() == [35.0, 45.0, 55.0]


def test_nothing_starts_at_or_after_the_horizon() -> None:
    clock = Clock("faults/a/x", every=Constant(10.0), lasts=Constant(0.0), stationary=False)

    assert clock.play(seed=1, replication=0, horizon_s=10.0).start_s.size == 0


def test_the_first_wait_is_addressed_and_inverted_as_documented() -> None:
    # Down with probability 1/4; else what is left of (0, 1) is the residual of an exponential: itself.
    clock = Clock("faults/a/x", every=Exponential(30.0), lasts=Constant(10.0))
    u = next((r, u) for r in range(9) if (u := uniform(7, r, "faults/a/x/wait", 0)) > 0.25)

    found = clock.play(seed=7, replication=u[0], horizon_s=1e6)

    assert found.start_s[0] == pytest.approx(-30.0 * math.log1p(-(u[1] - 0.25) / 0.75), rel=1e-12)
    second_wait = -30.0 * math.log1p(-uniform(7, u[0], "faults/a/x/wait", 1))
    assert found.start_s[1] - found.end_s[0] == pytest.approx(second_wait, rel=1e-9)


def test_an_occurrence_under_way_at_time_0_has_begun_before_and_keeps_its_length() -> None:
    clock = Clock("faults/a/x", every=Constant(1.0), lasts=Constant(99.0))

    found = clock.play(seed=1, replication=0, horizon_s=500.0)

    assert found.start_s[0] < 0.0 < found.end_s[0]
    assert found.end_s[0] - found.start_s[0] == pytest.approx(99.0)
    assert found.start_s[1] == pytest.approx(found.end_s[0] + 1.0)
    assert found.number.tolist() == list(range(found.number.size))


def test_an_occurrence_without_length_is_never_under_way() -> None:
    clock = Clock("faults/a/x", every=Exponential(1.0), lasts=Constant(0.0))

    assert all(clock.play(seed=1, replication=r, horizon_s=2.0).start_s.min(initial=1.0) >= 0.0 for r in range(50))


@pytest.mark.parametrize(
    "every", [Exponential(7.0), Weibull(scale=8.0, shape=3.0), lognormal_from_quantiles(0.5, 5.0, 0.9, 20.0)]
)
@pytest.mark.parametrize("overlapping", [False, True])
def test_blocks_of_any_size_give_the_same_bits(every: Law, overlapping: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock("faults/a/x", every=every, lasts=Exponential(1.0), overlapping=overlapping)
    results = []
    for block, few in ((1, 0), (7, 4), (65_536, 32), (65_536, 10**9)):
        monkeypatch.setattr(clocks, "_BLOCK", block)
        monkeypatch.setattr(clocks, "_FEW", few)
        found = clock.play(seed=3, replication=2, horizon_s=1_000.0)
        results.append(found.start_s.tobytes() + found.end_s.tobytes() + found.number.tobytes())

    assert len(set(results)) == 1


def test_a_longer_horizon_only_adds() -> None:
    clock = Clock("faults/a/x", every=Exponential(7.0), lasts=Exponential(1.0))

    short, long = (clock.play(seed=3, replication=2, horizon_s=h) for h in (100.0, 5_000.0))

    assert np.array_equal(short.start_s, long.start_s[: short.start_s.size])
    assert long.start_s[short.start_s.size] >= 100.0


def test_rarer_faults_come_later_in_the_same_replication() -> None:
    firsts = [
        Clock("faults/a/x", every=Exponential(mean), lasts=Constant(0.0)).play(seed=1, replication=4, horizon_s=1e3)
        for mean in (10.0, 20.0, 40.0)
    ]

    assert firsts[0].start_s[0] < firsts[1].start_s[0] < firsts[2].start_s[0]


def test_a_clock_that_never_waits_is_refused() -> None:
    with pytest.raises(ValueError, match="faults/a/x: the mean time between occurrences is 0"):
        Clock("faults/a/x", every=Constant(0.0), lasts=Constant(1.0))


def test_a_stationary_clock_has_one_occurrence_per_mean_cycle() -> None:
    clock = Clock("faults/a/x", every=Weibull(scale=8.0, shape=3.0), lasts=Constant(2.0))

    assert mean_occurrences(clock, 5.0) == 5.0 / (clock.every.mean + 2.0)


def test_renewals_of_a_new_clock_with_erlang_waits_match_the_closed_form() -> None:
    # Cox, Renewal Theory, section 4.2: two stages of rate r give m(t) = r t / 2 - 1/4 + exp(-2 r t) / 4.
    clock = Clock("faults/a/x", every=Erlang(mean=2.0, stages=2), lasts=Constant(0.0), stationary=False)

    for t in (0.1, 1.0, 6.0):
        assert mean_occurrences(clock, t) == pytest.approx(t / 2 - 0.25 + math.exp(-2 * t) / 4, rel=2e-3)


def test_failures_of_a_new_clock_with_exponential_repair_match_the_closed_form() -> None:
    # Failure rate a, repair rate b, up at 0: m(t) = a b t / (a + b) + a^2 (1 - exp(-(a + b) t)) / (a + b)^2.
    a, b, t = 0.5, 2.0, 3.0
    clock = Clock("faults/a/x", every=Exponential(1 / a), lasts=Exponential(1 / b), stationary=False)

    exact = a * b * t / (a + b) + a**2 * -math.expm1(-(a + b) * t) / (a + b) ** 2
    assert mean_occurrences(clock, t) == pytest.approx(exact, rel=1e-3)


def test_a_young_clock_that_wears_out_hardly_fails_in_its_first_year() -> None:
    # METHODS section 3: Weibull of shape 3 and mean 8 y has an event in the first year with 0.125 or 0.0014.
    every = Weibull.from_mean(8.0, 3.0)

    old, new = (Clock("faults/a/x", every=every, lasts=Constant(0.0), stationary=s) for s in (True, False))

    assert mean_occurrences(old, 1.0) == pytest.approx(0.125)
    assert mean_occurrences(new, 1.0) == pytest.approx(0.0014, abs=5e-5)
