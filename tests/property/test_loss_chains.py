from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from georep_sim.loss.chain import Chain, Lost, Move, explore
from georep_sim.loss.elimination import mean_time_to_loss
from georep_sim.loss.within import loss_within, sensitivities

if TYPE_CHECKING:
    from collections.abc import Iterator


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Any few states, all of which may be lost, by two causes."""
    count = draw(st.integers(1, 5))
    rate = st.floats(-3.0, 3.0).map(lambda power: 10.0**power)
    rates = [[draw(rate) for _ in range(count + 2)] for _ in range(count)]

    def moves(state: int) -> Iterator[Move]:
        for target, value in enumerate(rates[state]):
            if target != state:
                end = {count: Lost("fire"), count + 1: Lost("disk")}.get(target, target)
                yield Move(end, value, (("fast" if target < state else "slow", 1),))

    return explore(0, moves, rates={"fast": 1.0, "slow": 1.0})


def generator(chain: Chain) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    size = len(chain.states) + len(chain.causes)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (chain.source, chain.target), chain.per_y)
    matrix[np.arange(size), np.arange(size)] = -matrix.sum(axis=1)
    return matrix


@given(chains(), st.floats(-2.0, 1.0))
def test_probabilities_are_those_of_the_matrix_exponential(chain: Chain, power: float) -> None:
    horizon_y = 10.0**power
    ends = expm(generator(chain) * horizon_y)[0, len(chain.states) :]
    found = loss_within(chain, horizon_y)
    assert list(found.by_cause.values()) == pytest.approx(ends.tolist(), rel=1e-8, abs=1e-12)
    assert found.probability == math.fsum(found.by_cause.values())
    assert found.probability <= 1.0 + 1e-12


@given(chains())
def test_longer_periods_lose_no_less(chain: Chain) -> None:
    losses = [loss_within(chain, horizon_y).probability for horizon_y in (1e-3, 1e-2, 0.1, 1.0)]
    assert all(later >= earlier * (1.0 - 1e-12) for earlier, later in pairwise(losses))


@given(chains())
def test_the_mean_time_solves_the_linear_equations(chain: Chain) -> None:
    count = len(chain.states)
    times = np.linalg.solve(-generator(chain)[:count, :count], np.ones(count))
    ending = mean_time_to_loss(chain)
    assert ending.mean_y == pytest.approx(times[0], rel=1e-8)
    assert sum(ending.by_cause.values()) == pytest.approx(1.0, rel=1e-12)


@given(chains())
def test_sensitivities_are_what_a_small_change_does(chain: Chain) -> None:
    tiny = 1e-4
    for name, found in sensitivities(chain, 0.3).items():
        around = [loss_within(chain.with_rates(**{name: math.exp(sign * tiny)}), 0.3).probability for sign in (1, -1)]
        assert found == pytest.approx(math.log(around[0] / around[1]) / (2.0 * tiny), rel=1e-5, abs=1e-6)
