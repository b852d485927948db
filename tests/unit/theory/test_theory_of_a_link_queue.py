from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim import theory


def erlang_series(x: float, load: float) -> float:
    """P(wait > x) in M/D/1 with service 1, by Erlang's alternating series (Nyt Tidsskrift for Matematik B 20, 1909)."""
    terms = [(load * (k - x)) ** k / math.factorial(k) * math.exp(-load * (k - x)) for k in range(math.floor(x) + 1)]
    return 1.0 - (1.0 - load) * math.fsum(terms)


@pytest.mark.parametrize("load", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("x", [0.0, 0.3, 0.999, 1.0, 1.5, 3.7, 7.2])
def test_equal_transfers_agree_with_erlangs_series(load: float, x: float) -> None:
    found = theory.md1_oldest_age_sf(x, arrivals=load / 2.0, service=2.0)
    assert theory.md1_oldest_age_sf(x, arrivals=load, service=1.0) == pytest.approx(erlang_series(x, load), abs=1e-13)
    assert found == pytest.approx(erlang_series(x / 2.0, load), abs=1e-13)


def test_far_out_equal_transfers_die_out_at_the_rate_of_the_root() -> None:
    # exp(theta) sits where load (exp(theta) - 1) = theta: 1.25643 for load 0.5.
    ratio = theory.md1_oldest_age_sf(31.0, arrivals=0.5, service=1.0) / theory.md1_oldest_age_sf(
        30.0, arrivals=0.5, service=1.0
    )
    assert ratio == pytest.approx(math.exp(-1.256431208626), rel=1e-9)


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_means_are_those_of_pollaczek_and_khinchine(load: float) -> None:
    t, step = np.linspace(0.0, 100.0, 1_001, retstep=True)
    for sf, variation in ((theory.mm1_sojourn_sf, 1.0), (theory.md1_sojourn_sf, 0.0)):
        tail = [sf(x, arrivals=load, service=1.0) for x in t.tolist()]
        expected = theory.mg1_mean_sojourn(arrivals=load, service=1.0, variation=variation)
        # The tail jumps at one service time: the trapezoids there are off by half a step.
        assert np.trapezoid(tail, dx=step) == pytest.approx(expected, abs=step)


def played(load: float, *, is_equal: bool, pushes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Arrival and completion of each push on a link that carries one after the other."""
    rng = np.random.Generator(np.random.Philox(seed))
    arrival = np.cumsum(rng.exponential(1.0 / load, pushes))
    service = np.ones(pushes) if is_equal else rng.exponential(1.0, pushes)
    # Lindley, unrolled: the end is the largest over k of arrival k plus all services from k on.
    served = np.cumsum(service)
    ends = served + np.maximum.accumulate(arrival - served + service)
    return arrival, ends


@pytest.mark.parametrize("is_equal", [True, False], ids=["equal", "exponential"])
def test_a_played_link_agrees(is_equal: bool) -> None:
    """Null: shares of pushes later, and of instants with an older push uncopied, are the closed forms'.

    Batch means over 200 batches of 5,000 time units; a relative error of 3 % in the load moves them by more than the
    threshold of z = 4.89.
    """
    load = 0.7
    sojourn = theory.md1_sojourn_sf if is_equal else theory.mm1_sojourn_sf
    oldest = theory.md1_oldest_age_sf if is_equal else theory.mm1_oldest_age_sf
    arrival, ends = played(load, is_equal=is_equal, pushes=705_000, seed=3)
    instants = np.arange(1_000.0, 1_001_000.0, 1.0)
    # First come, first served: the oldest uncopied push is the first whose end is still to come.
    first = np.searchsorted(ends, instants, side="right")
    age = np.maximum(0.0, instants - arrival[np.minimum(first, len(arrival) - 1)])
    kept = (arrival > 1_000.0) & (arrival < 1_001_000.0)
    batch = ((arrival[kept] - 1_000.0) // 5_000.0).astype(int)
    for x in (0.5, 2.5, 6.0):
        by_age = (age > x).reshape(200, 5_000).mean(axis=1)
        assert abs(by_age.mean() - oldest(x, arrivals=load, service=1.0)) <= 4.89 * by_age.std(ddof=1) / math.sqrt(200)
        late = (ends[kept] - arrival[kept]) > x
        by_push = np.bincount(batch, weights=late, minlength=200) / np.bincount(batch, minlength=200)
        error = by_push.std(ddof=1) / math.sqrt(200)
        assert abs(by_push.mean() - sojourn(x, arrivals=load, service=1.0)) <= 4.89 * error + 1e-12


def test_a_link_that_is_asked_for_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="must be below 1"):
        theory.mm1_sojourn_sf(1.0, arrivals=2.0, service=0.5)
    assert theory.md1_oldest_age_sf(0.0, arrivals=0.0, service=1.0) == 0.0
