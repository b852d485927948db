"""A chain in steps of a Poisson process, and where it is at given times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from georep_sim.errors import SimulationError
from georep_sim.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.chain import Chain

    _Floats = NDArray[np.float64]

#: Relative change of every component below which a shape counts as settled.
SETTLED: Final = 1e-12
# Over which factor of time that change is looked at. From one step to the next even a slow change would seem small.
_COMPARED: Final = 1.5
# Steps at most in one go: their weights are stored.
_MOST_STEPS: Final = 2.0**20
# Multiplications at most: about a minute of one core.
_MOST_WORK: Final = 3e10


class Steps(NamedTuple):
    """Transition probabilities of one step, as rows to be gathered.

    Parameters
    ----------
    per_y : float
        Steps a year, at least the rate out of any state.
    first, others, chance : ndarray
        Component i of the next vector is ``stay[i] * x[i]`` plus the sum of ``chance[e] * x[others[e]]`` over e from
        ``first[i]`` to ``first[i + 1]``.
    stay : ndarray of float64, shape (n_states,)
        Probability to stay.
    """

    per_y: float
    first: NDArray[np.int64]
    others: NDArray[np.int64]
    chance: _Floats
    stay: _Floats


class Course(NamedTuple):
    """A vector that evolves, at each of the times asked for.

    Parameters
    ----------
    at, integral : ndarray of float64, shape (n_times, n_states)
        The vector, and its integral from 0.
    settled : int
        Index of the time from which on its shape is constant, n_times if it never got there.
    decay_per_y : float
        Rate at which it then dies out; nan if it never got there.
    """

    at: _Floats
    integral: _Floats
    settled: int
    decay_per_y: float


def steps_of(chain: Chain, *, backward: bool = False) -> Steps:
    """Return the steps of a chain's distribution, or of values of its states (backward)."""
    n = len(chain.states)
    inner = ~chain.is_loss
    out = np.zeros(n)
    np.add.at(out, chain.source, chain.per_y)
    # A little more than needed: where every state were left at each step, the shape could alternate for ever.
    per_y = 1.02 * float(out.max(initial=0.0)) or 1.0
    rows, columns = chain.target[inner], chain.source[inner]
    if backward:
        rows, columns = columns, rows
    order = np.argsort(rows, kind="stable")
    first = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=first[1:])
    chance = np.ascontiguousarray(chain.per_y[inner][order] / per_y)
    return Steps(per_y, first, np.ascontiguousarray(columns[order]), chance, 1.0 - out / per_y)


def poisson_weights(mean: float) -> tuple[_Floats, _Floats]:
    """Return the probabilities of 0, 1, 2, ... events, and of more than each of these.

    Notes
    -----
    By recurrence away from the mode, then scaled to the sum one: logarithms of factorials would lose as many digits
    as the mean has [1]_. So many terms are kept beyond the mode that what needs many events keeps its digits, too.

    References
    ----------
    .. [1] B. L. Fox, P. W. Glynn, "Computing Poisson probabilities", Communications of the ACM 31(4), 1988,
       pages 440-445.

    Examples
    --------
    >>> weights, beyond = poisson_weights(1.0)
    >>> weights[:2].round(6).tolist(), beyond[:2].round(6).tolist()
    ([0.367879, 0.367879], [0.632121, 0.264241])
    """
    mode = math.floor(mean)
    reach = math.ceil(9.0 * math.sqrt(mean)) + 60
    last = mode + reach
    below = min(mode, reach)
    weights = np.zeros(last + 1)
    weights[mode] = 1.0
    weights[mode + 1 :] = np.cumprod(mean / np.arange(mode + 1.0, last + 1.0))
    if below:
        left = np.cumprod(np.arange(float(mode), float(mode - below), -1.0) / mean)
        weights[mode - below : mode] = left[::-1]
    # Small terms first, from both ends.
    beyond = np.zeros(last + 1)
    beyond[:-1] = np.cumsum(weights[:0:-1])[::-1]
    total = beyond[0] + weights[0]
    return weights / total, beyond / total


def follow(steps: Steps, start: _Floats, times_y: _Floats, *, lost_per_y: _Floats | None, decay_per_y: float) -> Course:
    """Return where a vector is at given times.

    Parameters
    ----------
    steps : Steps
        How it evolves.
    start : ndarray of float64, shape (n_states,)
        Not negative.
    times_y : ndarray of float64, shape (n_times,)
        Increasing and positive.
    lost_per_y : ndarray of float64, shape (n_states,), or None
        Rates of loss, by which a settled distribution dies out; None if that rate is known.
    decay_per_y : float
        The known rate; nan = the shape is taken to be never settled.

    Raises
    ------
    SimulationError
        If it takes more steps than is reasonable.

    Notes
    -----
    Once the shape is the same as at two thirds of the time, in every component to `SETTLED`, it is the
    quasi-stationary one and only its size changes, by a factor ``exp(-decay * t)`` [1]_.

    References
    ----------
    .. [1] J. N. Darroch, E. Seneta, "On quasi-stationary distributions in absorbing continuous-time finite Markov
       chains", Journal of Applied Probability 4(1), 1967, pages 192-196.
    """
    n, count = len(start), len(times_y)
    at, integral = np.zeros((count, n)), np.zeros((count, n))
    now, area, time, work = start.astype(np.float64), np.zeros(n), 0.0, 0.0
    can_settle = lost_per_y is not None or not math.isnan(decay_per_y)
    for place in range(count):
        work += steps.per_y * (times_y[place] - time) * (n + len(steps.chance))
        if work > _MOST_WORK:
            msg = (
                f"the chain of {n} states takes {steps.per_y * times_y[-1]:.3g} steps and does not settle; simulate it"
            )
            raise SimulationError(msg)
        now, area = _moved(steps, now, area, float(times_y[place]) - time)
        time = float(times_y[place])
        at[place], integral[place] = now, area
        earlier = int(np.searchsorted(times_y, time / _COMPARED, side="right")) - 1
        if can_settle and earlier >= 0 and _same_shape(at[earlier], now):
            decay = decay_per_y if lost_per_y is None else float(now @ lost_per_y) / float(now.sum())
            _continue(at, integral, times_y, place, decay)
            return Course(at, integral, place, decay)
    return Course(at, integral, count, math.nan)


def _moved(steps: Steps, now: _Floats, area: _Floats, span_y: float) -> tuple[_Floats, _Floats]:
    """Vector and integral after a span of time."""
    parts = max(1, math.ceil(steps.per_y * span_y / _MOST_STEPS))
    weights, beyond = poisson_weights(steps.per_y * span_y / parts)
    beyond /= steps.per_y
    room = np.empty((2, len(now)))
    area = area.copy()
    for _ in range(parts):
        room[0] = now
        now = np.zeros(len(now))
        _advance(steps.first, steps.others, steps.chance, steps.stay, weights, beyond, room, now, area)
    return now, area


def _same_shape(before: _Floats, now: _Floats) -> bool:
    """Whether two vectors are the same but for a factor, in every component."""
    total = now.sum()
    if not total > 0.0:
        return False
    size = before.sum() / total
    return bool(np.all(np.abs(now * size - before) <= SETTLED * before))


def _continue(at: _Floats, integral: _Floats, times_y: _Floats, place: int, decay: float) -> None:
    """Fill in what follows a settled vector."""
    spans = times_y[place + 1 :] - times_y[place]
    at[place + 1 :] = np.exp(-decay * spans)[:, None] * at[place]
    lasted = spans if decay == 0.0 else -np.expm1(-decay * spans) / decay
    integral[place + 1 :] = integral[place] + lasted[:, None] * at[place]


@kernel
def _advance(
    first: NDArray[np.int64],
    others: NDArray[np.int64],
    chance: _Floats,
    stay: _Floats,
    weights: _Floats,
    beyond: _Floats,
    room: _Floats,
    now: _Floats,
    area: _Floats,
) -> None:
    """Add the powers of a step, weighted, to `now` and `area`; the vector is ``room[0]``, and ``room[1]`` room."""
    n = len(stay)
    for k in range(len(weights)):
        here, there = k % 2, (k + 1) % 2
        weight, rest = weights[k], beyond[k]
        for i in range(n):
            value = room[here, i]
            now[i] += weight * value
            area[i] += rest * value
        for i in range(n):
            total = stay[i] * room[here, i]
            for e in range(first[i], first[i + 1]):
                total += chance[e] * room[here, others[e]]
            room[there, i] = total
