from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mpmath as mp  # type: ignore[import-untyped]  # publishes no types
import numpy as np
import pytest

from georep_sim.loss.chain import Chain, ChainTooLargeError, Lost, Move, explore
from georep_sim.loss.elimination import mean_time_to_loss
from georep_sim.loss.uniformised import poisson_weights
from georep_sim.loss.within import loss_within, sensitivities
from georep_sim.theory import independent_copies_mttdl

if TYPE_CHECKING:
    from collections.abc import Iterator

# Failures and repairs a year of three-way groups; the last is lost at about 1e-20 a year.
THREE_WAY = [(1.0, 173.2), (0.1, 547.7), (0.02, 1549.0), (1e-4, 17_320.0)]


def copies(number: int, failures_per_y: float, repairs_per_y: float) -> Chain:
    def moves(gone: int) -> Iterator[Move]:
        yield Move(Lost("disk") if gone == number - 1 else gone + 1, number - gone, (("failures", 1),))
        yield Move(max(gone - 1, 0), gone, (("repairs", 1),))

    return explore(0, moves, rates={"failures": failures_per_y, "repairs": repairs_per_y})


def generator(number: int, failures_per_y: object, repairs_per_y: object) -> mp.matrix:
    q = mp.zeros(number + 1)
    for gone in range(number):
        q[gone, gone + 1] = (number - gone) * mp.mpf(failures_per_y)
        if gone:
            q[gone, gone - 1] = gone * mp.mpf(repairs_per_y)
        q[gone, gone] = -mp.fsum(q[gone, other] for other in range(number + 1) if other != gone)
    return q


def true_loss(number: int, failures_per_y: object, repairs_per_y: object, horizon_y: float = 1.0) -> mp.mpf:
    """Probability of loss from the eigenvalues of the generator; call it with digits to spare."""
    values, vectors = mp.eig(generator(number, failures_per_y, repairs_per_y))
    shares = mp.lu_solve(vectors, mp.matrix([0] * number + [1]))
    terms = (vectors[0, k] * mp.exp(values[k] * horizon_y) * shares[k] for k in range(number + 1))
    return mp.re(mp.fsum(terms))


@pytest.mark.parametrize(("failures_per_y", "repairs_per_y"), THREE_WAY)
def test_a_three_way_groups_yearly_loss_equals_that_in_fifty_digits(
    failures_per_y: float, repairs_per_y: float
) -> None:
    with mp.workdps(50):
        truth = true_loss(3, failures_per_y, repairs_per_y)
    found = loss_within(copies(3, failures_per_y, repairs_per_y), 1.0).probability
    assert abs(found / truth - 1) < 1e-12


def test_the_rarest_of_these_losses_is_about_1e_20() -> None:
    assert loss_within(copies(3, *THREE_WAY[-1]), 1.0).probability == pytest.approx(1e-20, rel=0.01)


@pytest.mark.parametrize("number", [1, 2, 5, 8])
@pytest.mark.parametrize("horizon_y", [1e-6, 1e-3, 0.1, 30.0])
def test_horizons_from_seconds_to_decades_keep_their_digits(number: int, horizon_y: float) -> None:
    with mp.workdps(120):
        truth = true_loss(number, 0.7, 90.0, horizon_y)
    found = loss_within(copies(number, 0.7, 90.0), horizon_y).probability
    assert abs(found / truth - 1) < 1e-12


def test_a_loss_that_is_nearly_sure_stays_below_one() -> None:
    with mp.workdps(50):
        truth = true_loss(2, 5.0, 50.0, 3.0)
    assert loss_within(copies(2, 5.0, 50.0), 3.0).probability == pytest.approx(float(truth), rel=1e-13)


@pytest.mark.parametrize("number", [1, 2, 3, 6, 12])
def test_mean_time_is_that_of_the_birth_death_process(number: int) -> None:
    expected = independent_copies_mttdl(number, failure_rate=0.02, repair_rate=1549.0)
    assert mean_time_to_loss(copies(number, 0.02, 1549.0)).mean_y == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("failures_per_y", "repairs_per_y"), THREE_WAY[:3])
def test_sensitivities_are_the_derivatives(failures_per_y: float, repairs_per_y: float) -> None:
    with mp.workdps(90):
        tiny, base = mp.mpf(10) ** -25, true_loss(3, failures_per_y, repairs_per_y)
        by_failures = (true_loss(3, failures_per_y * (1 + tiny), repairs_per_y) / base - 1) / tiny
        by_repairs = (true_loss(3, failures_per_y, repairs_per_y * (1 + tiny)) / base - 1) / tiny
    found = sensitivities(copies(3, failures_per_y, repairs_per_y), 1.0)
    assert found["failures"] == pytest.approx(float(by_failures), rel=1e-11)
    assert found["repairs"] == pytest.approx(float(by_repairs), rel=1e-11)


def test_sensitivities_add_up_to_that_to_the_horizon() -> None:
    # All rates faster by a factor is the same as a longer period: t f(t) / P(t), by a central difference.
    chain, tiny = copies(4, 0.5, 40.0), 1e-4
    more, less = (loss_within(chain, 2.0 * math.exp(sign * tiny)).probability for sign in (1, -1))
    assert sum(sensitivities(chain, 2.0).values()) == pytest.approx(math.log(more / less) / (2 * tiny), rel=1e-7)


def test_a_rate_that_enters_squared_counts_twice() -> None:
    chain = explore(0, lambda _: [Move(Lost("x"), 2.0, (("a", 2), ("b", -1)))], rates={"a": 1e-4, "b": 3.0})
    found = sensitivities(chain, 1.0)
    assert found["a"] == pytest.approx(2.0, rel=1e-8)
    assert found["b"] == pytest.approx(-1.0, rel=1e-8)


def test_causes_add_up_and_keep_their_share() -> None:
    def moves(gone: int) -> Iterator[Move]:
        yield Move(Lost("fire"), 1.0, (("fires", 1),))
        yield Move(Lost("disk") if gone == 2 else gone + 1, 3 - gone, (("failures", 1),))
        yield Move(max(0, gone - 1), gone, (("repairs", 1),))

    chain = explore(0, moves, rates={"fires": 1e-7, "failures": 0.02, "repairs": 365.0})
    found = loss_within(chain, 1.0)
    assert found.by_cause["fire"] == pytest.approx(1e-7, rel=1e-6)
    alone = loss_within(copies(3, 0.02, 365.0), 1.0).probability
    assert found.by_cause["disk"] == pytest.approx(alone, rel=1e-6)
    assert sum(mean_time_to_loss(chain).by_cause.values()) == pytest.approx(1.0, rel=1e-14)
    # Occupancies before a loss: together the mean time, up to the period, that is not lost.
    assert found.years_in.sum() == pytest.approx(1.0 - found.probability / 2.0, rel=1e-9)


def test_the_rate_once_settled_is_the_smallest_eigenvalue() -> None:
    with mp.workdps(50):
        q = generator(3, 0.1, 547.7)[0:3, 0:3]
        smallest = min(-mp.re(value) for value in mp.eig(q)[0])
    found = loss_within(copies(3, 0.1, 547.7), 1.0)
    assert found.settled_y < 1.0
    assert found.rate_per_y == pytest.approx(float(smallest), rel=1e-11)


def test_a_start_in_several_states_is_their_mixture() -> None:
    def moves(kind: str) -> Iterator[Move]:
        yield Move(Lost("x"), {"good": 1.0, "bad": 5.0}[kind], (("rate", 1),))

    chain = explore({"good": 0.75, "bad": 0.25}, moves, rates={"rate": 0.2})
    expected = 0.75 * -math.expm1(-0.2) + 0.25 * -math.expm1(-1.0)
    assert loss_within(chain, 1.0).probability == pytest.approx(expected, rel=1e-13)
    assert mean_time_to_loss(chain).mean_y == pytest.approx(0.75 * 5.0 + 0.25 * 1.0, rel=1e-14)


def test_lumped_and_unlumped_components_are_lost_alike() -> None:
    bits = 9

    def moves(down: int) -> Iterator[Move]:
        for bit in range(bits):
            changed = down ^ (1 << bit)
            kind = "repairs" if down & (1 << bit) else "failures"
            yield Move(Lost("disk") if changed == 2**bits - 1 else changed, 1.0, ((kind, 1),))

    rates = {"failures": 0.5, "repairs": 60.0}
    unlumped = loss_within(explore(0, moves, rates=rates), 1.0).probability
    assert unlumped == pytest.approx(loss_within(copies(bits, 0.5, 60.0), 1.0).probability, rel=1e-12)


def test_where_no_loss_can_be_reached_there_is_none() -> None:
    chain = explore(0, lambda state: [Move(1 - state, 1.0, (("turns", 1),))], rates={"turns": 4.0})
    assert loss_within(chain, 10.0).probability == 0.0
    assert sensitivities(chain, 10.0) == {}
    assert mean_time_to_loss(chain).mean_y == math.inf


def test_a_state_of_no_return_makes_the_mean_infinite() -> None:
    def moves(state: str) -> Iterator[Move]:
        if state == "start":
            yield Move(Lost("x"), 1.0, (("rate", 1),))
            yield Move("safe", 3.0, (("rate", 1),))

    ending = mean_time_to_loss(explore("start", moves, rates={"rate": 1.0}))
    assert ending.mean_y == math.inf
    assert ending.by_cause == {"x": 0.25}


@pytest.mark.parametrize("mean", [1e-3, 0.5, 7.0, 1e3, 1e6])
def test_poisson_weights_keep_their_digits(mean: float) -> None:
    weights, beyond = poisson_weights(mean)
    with mp.workdps(40):
        for count in (math.floor(mean), math.floor(mean + 2 * math.sqrt(mean)) + 1):
            truth = mp.exp(-mean + count * mp.log(mean) - mp.loggamma(count + 1))
            assert abs(weights[count] / truth - 1) < 1e-12
        if mean < 1e4:
            tail = mp.gammainc(8, 0, mean, regularized=True)
            assert abs(beyond[7] / tail - 1) < 1e-12
    assert weights.sum() == pytest.approx(1.0, rel=1e-14)


def test_other_rates_give_the_same_chain_elsewhere() -> None:
    there = copies(3, 0.1, 547.7).with_rates(failures=1.0, repairs=173.2)
    assert loss_within(there, 1.0).probability == loss_within(copies(3, 1.0, 173.2), 1.0).probability
    with pytest.raises(KeyError, match="no rate fires; rates are failures, repairs"):
        there.with_rates(fires=1.0)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rate failures is 0\.0"):
        copies(2, 0.0, 1.0)
    with pytest.raises(ValueError, match="must be positive"):
        loss_within(copies(2, 1.0, 1.0), 0.0)
    with pytest.raises(ChainTooLargeError, match="more than 50 states"):
        explore(0, lambda n: [Move(n + 1, 1.0, (("r", 1),))], rates={"r": 1.0}, most_states=50)
    with pytest.raises(ChainTooLargeError, match="401 states"):
        mean_time_to_loss(copies(401, 1.0, 1.0))


def test_rates_of_loss_are_by_state_and_cause() -> None:
    np.testing.assert_array_equal(copies(2, 0.5, 3.0).loss_per_y(), [[0.0], [0.5]])
