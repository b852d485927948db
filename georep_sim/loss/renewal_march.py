"""Markov renewal equations, marched in equal steps; compiled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from georep_sim.jit import kernel, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Floats = NDArray[np.float64]

# The implicit part of a step is iterated until it changes no more, at most so often.
_MOST_ROUNDS = 200


class Renewals(NamedTuple):
    """What a march fills in, by step of time.

    Parameters
    ----------
    starts : ndarray of float64, shape (n_steps + 1, n_states)
        Expected number of starts of the clock up to each time, by state with a clock.
    idle_y : ndarray of float64, shape (n_steps + 1,)
        Expected time in the state without a clock.
    idle : ndarray of float64, shape (n_steps + 1,)
        Probability of that state.
    returns : ndarray of float64, shape (n_steps + 1,)
        Expected number of returns to it.
    """

    starts: _Floats
    idle_y: _Floats
    idle: _Floats
    returns: _Floats

    @classmethod
    def empty(cls, steps: int, states: int) -> Renewals:
        """Return the march at time 0: in the state without a clock."""
        idle = np.zeros(steps + 1)
        idle[0] = 1.0
        return cls(np.zeros((steps + 1, states)), np.zeros(steps + 1), idle, np.zeros(steps + 1))


def march(
    renewals: Renewals, gains: _Floats, leaves: _Floats, leaves_in_all: float, step_y: float, done: int, upto: int
) -> None:
    """Go on from one step to another.

    Parameters
    ----------
    renewals : Renewals
        Filled in to `done`; on return to `upto`.
    gains : ndarray of float64, shape (n_ages, n_states, n_states + 1)
        Probability that a clock started in a state runs out at an age, in steps, and what follows: 0 = the state
        without a clock, then those with one.
    leaves : ndarray of float64, shape (n_states,)
        Rates from the state without a clock to the others.
    leaves_in_all : float
        Rate out of it, losses included.
    step_y : float
        Length of a step.
    done, upto : int
        Steps.
    """
    x = leaves_in_all * step_y
    stays = math.exp(-x)
    late = -math.expm1(-x) / x
    # 1 - late, by its series where the difference would lose digits.
    early = 1.0 - late if x > 1e-2 else x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0))))
    lasting = np.array([stays, late, late * step_y, early / leaves_in_all])
    _march(
        *renewals,
        np.ascontiguousarray(gains),
        np.ascontiguousarray(leaves),
        lasting,
        np.zeros(len(leaves) + 1),
        done,
        upto,
    )


@kernel
def _march(
    starts: _Floats,
    idle_y: _Floats,
    idle: _Floats,
    returns: _Floats,
    gains: _Floats,
    leaves: _Floats,
    lasting: _Floats,
    out: _Floats,
    done: int,
    upto: int,
) -> None:
    states = len(leaves)
    for m in range(done + 1, upto + 1):
        _gather(starts, gains, m, out)
        change = 1.0
        rounds = 0
        # Clocks that run out in the step in which they start: by iteration, from none.
        while change > 1e-16 and rounds < _MOST_ROUNDS:
            rounds += 1
            returned = out[0]
            for i in range(states):
                returned += starts[m, i] * gains[0, i, 0]
            more = max(returned - returns[m - 1], 0.0)
            returns[m] = returned
            idle[m] = idle[m - 1] * lasting[0] + more * lasting[1]
            idle_y[m] = idle_y[m - 1] + idle[m - 1] * lasting[2] + more * lasting[3]
            change = 0.0
            for j in range(states):
                value = leaves[j] * idle_y[m] + out[j + 1]
                for i in range(states):
                    value += starts[m, i] * gains[0, i, j + 1]
                change = max(change, abs(value - starts[m, j]) / max(value, 1e-300))
                starts[m, j] = value


@part
def _gather(starts: _Floats, gains: _Floats, m: int, out: _Floats) -> None:
    """Expected number of clocks started before step m that have run out by then, by what follows."""
    states = starts.shape[1]
    out[:] = 0.0
    for k in range(1, min(m, len(gains) - 1) + 1):
        for i in range(states):
            begun = starts[m - k, i]
            if begun > 0.0:
                for j in range(states + 1):
                    out[j] += begun * gains[k, i, j]
