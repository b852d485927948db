from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import linalg, stats

from georep_sim import theory


def mmc_by_balance(servers: int, load: float) -> tuple[float, float]:
    """Probability of waiting and mean number waiting, from the balance equations cut off far out."""
    states = 4000
    log_weights = np.zeros(states)
    for n in range(1, states):
        log_weights[n] = log_weights[n - 1] + math.log(load / min(n, servers))
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    waiting = np.maximum(np.arange(states) - servers, 0)
    return float(weights[servers:].sum()), float(weights @ waiting)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.9), (4, 3.0), (64, 40.0), (64, 63.0)])
def test_erlang_c_solves_the_balance_equations(servers: int, load: float) -> None:
    waits, queue = mmc_by_balance(servers, load)
    assert theory.erlang_c(servers, load) == pytest.approx(waits, rel=1e-9)
    # Little: mean wait = mean queue / arrival rate.
    mean_wait = theory.mmc_mean_wait(servers, arrivals_per_s=load / 2.0, service_s=2.0)
    assert mean_wait == pytest.approx(queue / (load / 2.0), rel=1e-9)


def test_wait_distribution_integrates_to_the_mean() -> None:
    t, step = np.linspace(0.0, 400.0, 400_001, retstep=True)
    tail = [theory.mmc_wait_sf(x, 3, arrivals_per_s=1.3, service_s=2.0) for x in t.tolist()]
    expected = theory.mmc_mean_wait(3, arrivals_per_s=1.3, service_s=2.0)
    assert np.trapezoid(tail, dx=step) == pytest.approx(expected, rel=1e-6)


def test_processor_sharing_mean_is_that_of_mm1_for_the_mean_job() -> None:
    # M/M/1: mean number r / (1 - r); Little gives r / (1 - r) / rate = 1 s at r = 0.5 and rate 1.
    assert theory.ps_mean_sojourn(5.0, arrivals_per_s=1.0, mean_work=5.0, capacity_per_s=10.0) == 1.0


@pytest.mark.parametrize(
    ("every", "timeout", "fails", "ttl", "mean", "maximum"),
    [(30, 10, 4, 30, 130, 160), (30, 10, 4, 300, 265, 430), (10, 5, 2, 10, 25, 35)],
)
def test_clients_move_when_the_table_of_designs_says(
    every: float, timeout: float, fails: int, ttl: float, mean: float, maximum: float
) -> None:
    moved = theory.client_moved(every, timeout, fails, ttl_s=ttl)
    assert (moved.mean, moved.maximum) == (mean, maximum)


def test_detection_and_p99_of_the_table_of_designs() -> None:
    detection = theory.detected(30.0, 10.0, 4)
    assert (detection.mean, detection.maximum) == (115.0, 130.0)
    assert round(theory.client_moved(30.0, 10.0, 4, ttl_s=30.0).ppf(0.99)) == 156
    decided = theory.client_moved(30.0, 10.0, 4, ttl_s=30.0, decide_s=60.0)
    assert decided.mean == 190.0


@pytest.mark.parametrize(("first", "second"), [(30.0, 300.0), (300.0, 30.0), (10.0, 10.0), (7.0, 0.0), (0.0, 7.0)])
def test_sum_of_uniforms_is_the_convolution(first: float, second: float) -> None:
    law = theory.SumOfUniforms(5.0, first, second)
    grid = (np.arange(1000) + 0.5) / 1000
    sums = 5.0 + first * grid[:, np.newaxis] + second * grid
    for x in (5.0 + 0.1 * first, 5.0 + 0.5 * (first + second), 5.0 + first + 0.8 * second):
        assert law.cdf(x) == pytest.approx(float((sums <= x).mean()), abs=2e-3)
    for p in (0.0, 0.01, 0.3, 0.5, 0.9, 0.99, 1.0):
        assert law.cdf(law.ppf(p)) == pytest.approx(p, abs=1e-12)
    assert law.mean == pytest.approx(sums.mean())
    assert law.variance == pytest.approx(sums.var(), rel=1e-5)
    assert (law.cdf(4.9), law.cdf(1e9)) == (0.0, 1.0)


def test_a_sum_without_parts_is_fixed() -> None:
    law = theory.SumOfUniforms(3.0, 0.0)
    assert (law.ppf(0.3), law.cdf(2.9), law.cdf(3.0)) == (3.0, 0.0, 1.0)


def test_one_outage_of_a_third_of_the_traffic() -> None:
    # 4 h / 8766 h / 3 and 130 s / 31,557,600 s / 3
    assert 1 - theory.outage_unavailability(4 * 3600.0, 1 / 3) == pytest.approx(0.999848, abs=5e-7)
    assert 1 - theory.outage_unavailability(4 * 3600.0, 1 / 3, moved_s=130.0) == pytest.approx(0.9999986, abs=5e-8)
    assert theory.outage_unavailability(60.0, 0.5, per_year=2.0, year_s=6000.0) == pytest.approx(0.01)


def test_renewal_and_drain_by_hand() -> None:
    assert theory.alternating_renewal_unavailability(8760.0, 6.0) == 6.0 / 8766.0
    assert theory.drain_capacity_factor(6 * 3600.0, 3600.0) == 7.0


@pytest.mark.parametrize(("members", "needed", "u"), [(3, 2, 1e-3), (5, 3, 0.1), (5, 1, 0.2), (4, 4, 0.3), (3, 2, 0.0)])
def test_quorum_is_a_binomial_tail(members: int, needed: int, u: float) -> None:
    expected = stats.binom.cdf(needed - 1, members, 1.0 - u)
    assert theory.quorum_unavailability(members, needed, u) == pytest.approx(float(expected), rel=1e-9)


def test_majority_of_three_keeps_its_digits() -> None:
    # 3 u^2 (1 - u) + u^3
    assert theory.quorum_unavailability(3, 2, 1e-9) == pytest.approx(3e-18, rel=1e-8)
    assert 1 - theory.quorum_unavailability(3, 2, 1e-3) == pytest.approx(0.999997, abs=5e-7)


@pytest.mark.parametrize(("copies", "repair_rate"), [(1, 5.0), (2, 10.0), (3, 20.0), (4, 3.0), (3, 0.0)])
def test_mttdl_solves_the_markov_chain(copies: int, repair_rate: float) -> None:
    failure_rate = 0.3
    generator = np.zeros((copies, copies))
    for failed in range(copies):
        up, down = (copies - failed) * failure_rate, failed * repair_rate
        generator[failed, failed] = -up - down
        if failed + 1 < copies:
            generator[failed, failed + 1] = up
        if failed:
            generator[failed, failed - 1] = down
    expected = linalg.solve(-generator, np.ones(copies))[0]
    mttdl = theory.independent_copies_mttdl(copies, failure_rate=failure_rate, repair_rate=repair_rate)
    assert mttdl == pytest.approx(expected, rel=1e-10)


def test_loss_is_the_chains_within_repair_over_period() -> None:
    rate, repair_y = 0.02, 1 / 365.25
    generator = np.array(
        [[-3 * rate, 3 * rate, 0, 0], [1 / repair_y, 0, 2 * rate, 0], [0, 2 / repair_y, 0, rate], [0, 0, 0, 0]]
    )
    generator -= np.diag(generator.sum(axis=1))
    exact = linalg.expm(generator)[0, 3]
    loss = theory.independent_copies_loss(3, failures_per_y=rate, repair_y=repair_y)
    assert loss == pytest.approx(exact, rel=5 * repair_y)


def test_more_copies_lose_less_and_keep_their_nines() -> None:
    losses = [theory.independent_copies_loss(n, failures_per_y=0.05, repair_y=0.001) for n in range(1, 9)]
    assert losses[0] == pytest.approx(-math.expm1(-0.05))
    assert all(0.0 < more < fewer for fewer, more in pairwise(losses))
    # First order: n! rate^n repair^(n - 1) / (n - 1)!, since i failed copies come back at i times the rate.
    assert losses[7] == pytest.approx(8 * 0.05**8 * 0.001**7, rel=1e-2)


def test_counting_laws_agree_with_scipy() -> None:
    for count in (0, 3, 17):
        assert theory.poisson_cdf(count, 5.5) == pytest.approx(float(stats.poisson.cdf(count, 5.5)), rel=1e-12)
        assert theory.binomial_cdf(count, 17, 0.3) == pytest.approx(float(stats.binom.cdf(count, 17, 0.3)), rel=1e-12)
    assert theory.poisson_cdf(0, 0.0) == 1.0
    assert theory.poisson_cdf(-1, 0.0) == 0.0


def test_no_event_bounds_the_rate_by_the_rule_of_three() -> None:
    bound = theory.rate_bound_without_events(50.0)
    assert theory.poisson_cdf(0, bound * 50.0) == pytest.approx(0.05, rel=1e-12)
    assert bound * 50.0 == pytest.approx(3.0, abs=5e-3)


def test_sample_size_follows_the_rule() -> None:
    # (4.89 + 3.09)^2 = 63.7 for one standard deviation per unit of bias
    assert theory.sample_size(1.0, 1.0) == 64
    assert theory.sample_size(0.5, 0.05) == 6369


def test_slow_start_rounds_by_hand() -> None:
    # MSS 1,000, window 10: rounds of 10,000, 20,000, 40,000 (largest), 40,000, then 15,000 at the path's speed.
    rounds = theory.slow_start_rounds(
        125_000.0, rtt_s=0.1, capacity_bytes_per_s=250_000.0, mss_bytes=1000.0, window_max_bytes=40_000.0
    )
    # 40,000 bytes take 0.16 s at 250,000 bytes/s, more than a round trip.
    assert rounds == [(10_000.0, 0.1), (20_000.0, 0.1), (40_000.0, 0.16), (40_000.0, 0.16), (15_000.0, 0.06)]


def test_what_fits_the_first_window_goes_at_the_paths_speed() -> None:
    assert theory.slow_start_time(14_480.0, rtt_s=0.2, capacity_bytes_per_s=1e6) == pytest.approx(0.01448)
    assert theory.slow_start_time(0.0, rtt_s=0.2, capacity_bytes_per_s=1e6) == 0.0
    # One byte more costs a round trip.
    assert theory.slow_start_time(14_481.0, rtt_s=0.2, capacity_bytes_per_s=1e6) == pytest.approx(0.200001)


def test_large_transfers_approach_the_speed_of_the_path_or_the_window() -> None:
    fast = theory.slow_start_time(1e9, rtt_s=0.01, capacity_bytes_per_s=1e8)
    assert fast == pytest.approx(10.0, rel=0.01)
    window_bound = theory.slow_start_time(1e9, rtt_s=0.2, capacity_bytes_per_s=1e9)
    assert window_bound == pytest.approx(1e9 / (3 * 2**20 / 0.2), rel=0.03)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="below the number of servers"):
        theory.erlang_c(2, 2.0)
    with pytest.raises(ValueError, match="below 1"):
        theory.ps_mean_sojourn(1.0, arrivals_per_s=1.0, mean_work=1.0, capacity_per_s=1.0)
    with pytest.raises(ValueError, match="not both zero"):
        theory.alternating_renewal_unavailability(0.0, 0.0)
    with pytest.raises(ValueError, match="needed must be from 1"):
        theory.quorum_unavailability(3, 4, 0.1)
    with pytest.raises(ValueError, match="need copies and failures"):
        theory.independent_copies_mttdl(0, failure_rate=1.0, repair_rate=1.0)
    with pytest.raises(ValueError, match="mean repair time"):
        theory.independent_copies_loss(2, failures_per_y=1.0, repair_y=0.0)
    with pytest.raises(ValueError, match="mttdl"):
        theory.loss_within(1.0, 0.0)
    with pytest.raises(ValueError, match="drain"):
        theory.drain_capacity_factor(1.0, 0.0)
    with pytest.raises(ValueError, match="exposure"):
        theory.rate_bound_without_events(0.0)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        theory.binomial_cdf(1, 2, 1.5)
    with pytest.raises(ValueError, match="must be positive"):
        theory.slow_start_rounds(1.0, rtt_s=0.0, capacity_bytes_per_s=1.0)
