"""Loss where one clock at a time is not exponential: one rebuild after the other, of any law, without a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from georep_sim.laws import Exponential
from georep_sim.loss.chain import Lost, Move, explore
from georep_sim.loss.conditions import REBUILD, NotMarkovError
from georep_sim.loss.model import DISK, Crews, Shared
from georep_sim.loss.renewal_march import Renewals, march
from georep_sim.loss.uniformised import poisson_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.loss.chain import Chain
    from georep_sim.loss.model import Group

    _Floats = NDArray[np.float64]

# Ages beyond which less than this share of the mean lies are left out.
_TAIL: Final = 1e-11
# Relative change of the rate of loss, from one quarter of the time to the next, below which it has settled.
_SETTLED: Final = 1e-9
_MOST_POINTS: Final = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Clocked:
    """A chain in which one clock of any law runs in all states but the first.

    Parameters
    ----------
    chain : Chain
        What happens at constant rates. It must not lead back into the first state, in which it starts.
    law : Law
        Of the clock, in years. It starts when the chain leaves the first state, keeps its age while the chain moves
        among the others, and starts anew after it has run out.
    after : tuple of int
        State that follows when the clock runs out in each state; that of the first is not read.
    """

    chain: Chain
    law: Law
    after: tuple[int, ...]


class Estimate(NamedTuple):
    """A probability of loss and how far it may be off.

    Parameters
    ----------
    by_cause : dict of str to float
        Probability that a loss comes first by each cause.
    error : float
        Of their sum, absolute, as told by halving the step.
    """

    by_cause: dict[str, float]
    error: float

    @property
    def probability(self) -> float:
        """Of a loss by any cause."""
        return math.fsum(self.by_cause.values())


def one_rebuild_at_a_time(group: Group) -> Clocked:
    """Return the model of a group in which at most one rebuild is under way.

    Parameters
    ----------
    group : Group
        With exponential lives, rebuilds one after the other (one crew, or only one fragment that may be gone),
        noticed at once, eager, without latent errors.

    Raises
    ------
    NotMarkovError
        If more than one clock may run that is not exponential.

    Examples
    --------
    >>> from georep_sim.laws import Constant
    >>> from georep_sim.loss.model import Group
    >>> one_rebuild_at_a_time(Group(2, 1, Exponential(1.0), Constant(0.1))).after
    (-1, 0)
    """
    is_serial = group.most_gone == 1 or group.repairs == Crews(1)
    if isinstance(group.repairs, Shared):
        is_serial = group.most_gone == 1 and group.repairs.at_full_speed >= 1.0
    delay = group.detect_y is not None and group.detect_y.mean > 0.0
    errs = group.latent is not None and group.latent.per_y > 0.0
    if not isinstance(group.life_y, Exponential) or not is_serial or delay or errs or group.starts_at > 1:
        msg = (
            "more than one clock may run: this needs exponential lives, one rebuild at a time, no delay, no latent errors;"
            " use stages, or simulate"
        )
        raise NotMarkovError(msg)

    def moves(gone: int) -> Iterator[Move]:
        live = group.fragments - gone
        lost = group.loss_at(gone + 1)
        yield Move(Lost(DISK), live * lost, ((DISK, 1),))
        yield Move(gone + 1, live * (1.0 - lost), ((DISK, 1),))

    chain = explore(0, moves, rates={DISK: 1.0 / group.life_y.mean, REBUILD: 1.0 / group.repair_y.mean})
    return Clocked(chain, group.repair_y, tuple(gone - 1 for gone in range(len(chain.states))))


def mean_time_of(model: Clocked, *, points: int = 1_000) -> float:
    """Return the mean time to loss, in years.

    Parameters
    ----------
    model : Clocked
        The model.
    points : int, default 1000
        Ages, in equal steps of their logarithm, on which the law is put; then twice as many, to extrapolate from both.

    Notes
    -----
    The model renews itself whenever the clock starts: the states then visited are a chain, whose way to the loss is
    eliminated without a subtraction.

    References
    ----------
    .. [1] V. G. Kulkarni, "Modeling and Analysis of Stochastic Systems", Chapman & Hall, 1995, chapter 9
       (Markov regenerative processes).

    Examples
    --------
    >>> from georep_sim.laws import Constant
    >>> from georep_sim.loss.model import Group
    >>> pair = one_rebuild_at_a_time(Group(2, 1, Exponential(1.0), Constant(0.1)))
    >>> abs(mean_time_of(pair) / (1.0 + 0.5 / -math.expm1(-0.1)) - 1.0) < 1e-9
    True
    """
    coarse, fine = _mean_time(model, points), _mean_time(model, 2 * points)
    return fine + (fine - coarse) / 3.0 if math.isfinite(fine) else fine


def _mean_time(model: Clocked, points: int) -> float:
    within, lost, leaves = _parts(model.chain)
    ages, atoms = _ages(model.law, points)
    n = len(within)
    becomes, stays = np.zeros((n, n)), np.zeros((n, n))
    for age, atom in zip(ages.tolist(), atoms.tolist(), strict=True):
        now, area = _exponential(within, lost.sum(axis=1), age)
        becomes += atom * now
        stays += atom * area
    # One state more for the first; rows are states at a start of the clock.
    jumps = np.zeros((n + 1, n + 1))
    for state, after in enumerate(model.after[1:]):
        jumps[1:, after] += becomes[:, state]
    jumps[0, 1:] = leaves[:n] / leaves.sum()
    losses = np.append(leaves[n:].sum() / leaves.sum(), stays @ lost.sum(axis=1))
    times = np.append(1.0 / leaves.sum(), stays.sum(axis=1))
    return _absorbed_after(jumps, losses, times)


def loss_within_semi(model: Clocked, horizon_y: float, *, points: int = 32) -> Estimate:
    """Return the probability of loss within a period.

    Parameters
    ----------
    model : Clocked
        The model.
    horizon_y : float
        The period, in years.
    points : int, default 32
        Steps in the mean of the clock, and twice as many in a second pass.

    Returns
    -------
    Estimate
        Extrapolated from both passes, whose error is of second order in the step; its error is that of the finer one
        against it, divided by four, and of what had not settled.

    Notes
    -----
    Markov renewal equations [1]_ for the expected numbers of starts of the clock, which are continuous even where the
    law has atoms, marched in equal steps; weights of ages come from the integrated survival function, so that atoms and
    infinite densities do no harm. Once the rate of loss has settled, it is continued in closed form.

    References
    ----------
    .. [1] E. Cinlar, "Markov renewal theory", Advances in Applied Probability 1(2), 1969, pages 123-187.

    Examples
    --------
    >>> from georep_sim.laws import Constant
    >>> from georep_sim.loss.model import Group
    >>> pair = one_rebuild_at_a_time(Group(2, 1, Exponential(50.0), Constant(0.01)))
    >>> f"{loss_within_semi(pair, 1.0).probability:.6e}"
    '7.956008e-06'
    """
    if not 0.0 < horizon_y < math.inf:
        msg = f"the period is {horizon_y} years, must be positive and finite"
        raise ValueError(msg)
    coarse, _ = _pass(model, horizon_y, points)
    fine, unsettled = _pass(model, horizon_y, 2 * points)
    best = np.maximum(fine + (fine - coarse) / 3.0, 0.0)
    error = float(np.abs(best - fine).sum()) / 4.0 + unsettled * float(best.sum())
    return Estimate(dict(zip(model.chain.causes, best.tolist(), strict=True)), error)


def _pass(model: Clocked, horizon_y: float, points: int) -> tuple[_Floats, float]:
    """Probability by cause with one step, and the relative error of the continuation."""
    within, _, leaves = _parts(model.chain)
    step = model.law.mean / points
    steps = horizon_y / step
    # Two steps more, so that a period that is not a whole number of steps lies inside the march.
    most = math.floor(min(steps, _MOST_POINTS)) + 2
    kernel = _Kernel.of(model, step, most)
    renewals = Renewals.empty(most, len(within))
    done, checked = 0, 16 * points
    while done < most:
        upto = min(checked, most)
        march(renewals, kernel.gains, leaves[: len(within)], float(leaves.sum()), step, done, upto)
        done, checked = upto, 2 * checked
        if done < most:
            rates, unsettled = _late_rates(renewals, kernel, leaves, done)
            if unsettled < _SETTLED:
                return _continued(renewals, kernel, leaves, rates, done, steps), unsettled
    if steps <= _MOST_POINTS:
        return _between(renewals, kernel, leaves, steps), 0.0
    rates, unsettled = _late_rates(renewals, kernel, leaves, done)
    return _continued(renewals, kernel, leaves, rates, done, steps), unsettled


@dataclass(frozen=True, slots=True, eq=False)
class _Kernel:
    """What a start of the clock leads to, by age in steps: states after it has run out, and losses before."""

    gains: _Floats
    harms: _Floats

    @classmethod
    def of(cls, model: Clocked, step: float, most: int) -> _Kernel:
        within, lost, _ = _parts(model.chain)
        n = len(within)
        count = _points_of_age(model.law, step, most)
        areas = np.array([model.law.integrated_sf(place * step) for place in range(count + 2)])
        slopes = np.diff(areas) / step
        weights = np.append(1.0, slopes[:-1]) - slopes
        lasting = 0.5 * np.diff(areas, prepend=0.0)[: count + 1] + 0.5 * np.diff(areas)
        gains = np.zeros((count + 1, n, n + 1))
        harms = np.zeros((count + 1, n, lost.shape[1]))
        one, _ = _exponential(within, lost.sum(axis=1), step)
        now = np.eye(n)
        for place in range(count + 1):
            for state, after in enumerate(model.after[1:]):
                gains[place, :, after] += max(weights[place], 0.0) * now[:, state]
            harms[place] = lasting[place] * now @ lost
            now = now @ one
        return cls(gains, harms)


def _points_of_age(law: Law, step: float, most: int) -> int:
    """Steps of age, at most `most`, beyond which next to nothing of the mean lies."""
    reached = 1
    while reached < most and law.mean - law.integrated_sf(reached * step) > _TAIL * law.mean:
        reached *= 2
    return min(reached, most)


def _lost_by(renewals: Renewals, kernel: _Kernel, leaves: _Floats, place: int) -> _Floats:
    """Probability of a loss up to a step, by cause."""
    count = min(place, len(kernel.harms) - 1)
    recent = renewals.starts[place - count : place + 1][::-1]
    causes = kernel.harms.shape[2]
    direct = leaves[len(leaves) - causes :] * renewals.idle_y[place]
    total: _Floats = np.einsum("kn,knc->c", recent, kernel.harms[: count + 1]) + direct
    return total


def _late_rates(renewals: Renewals, kernel: _Kernel, leaves: _Floats, done: int) -> tuple[_Floats, float]:
    """Probabilities of loss by cause in the last quarter of the march, by the survivors, and how much it still changes."""
    quarters = [
        _lost_by(renewals, kernel, leaves, place) for place in (done // 2, done // 2 + done // 4, done - done % 4)
    ]
    before, last = quarters[1] - quarters[0], quarters[2] - quarters[1]
    hazards = [
        -math.log1p(-float(gain.sum()) / (1.0 - float(earlier.sum())))
        for gain, earlier in ((before, quarters[0]), (last, quarters[1]))
    ]
    return last, abs(hazards[1] - hazards[0]) / hazards[1] if hazards[1] > 0.0 else 0.0


def _continued(
    renewals: Renewals, kernel: _Kernel, leaves: _Floats, rates: _Floats, done: int, steps: float
) -> _Floats:
    """Probability by cause at the end of the period, the rate of loss being what it was in the last quarter."""
    at = done - done % 4
    lost = _lost_by(renewals, kernel, leaves, at)
    if not rates.sum() > 0.0:
        return lost
    earlier = 1.0 - float((lost - rates).sum())
    hazard = -math.log1p(-float(rates.sum()) / earlier) / (at - (done // 2 + done // 4))
    further = (1.0 - float(lost.sum())) * -math.expm1(-hazard * (steps - at))
    total: _Floats = lost + further * rates / rates.sum()
    return total


def _between(renewals: Renewals, kernel: _Kernel, leaves: _Floats, steps: float) -> _Floats:
    """Probability by cause at a time between two steps, by a cubic through the four next to it."""
    first = max(0, math.floor(steps) - 1)
    places = range(first, first + 4) if first + 4 <= len(renewals.starts) else range(first - 1, first + 3)
    total = np.zeros(kernel.harms.shape[2])
    for place in places:
        others = [other for other in places if other != place]
        share = math.prod((steps - other) / (place - other) for other in others)
        if share != 0.0:
            total = total + share * _lost_by(renewals, kernel, leaves, place)
    return total


def _parts(chain: Chain) -> tuple[_Floats, _Floats, _Floats]:
    """Rates among the states with a clock; their losses by cause; the ways out of the first state, losses last."""
    n = len(chain.states)
    rates = np.zeros((n, n + len(chain.causes)))
    np.add.at(rates, (chain.source, chain.target), chain.per_y)
    return rates[1:, 1:n], rates[1:, n:], rates[0, 1:]


def _exponential(within: _Floats, lost: _Floats, age: float) -> tuple[_Floats, _Floats]:
    """States after a time without the clock, shape (n, n), and the time spent in each meanwhile; nothing subtracted."""
    n = len(within)
    out = within.sum(axis=1) + lost
    per_y = float(out.max(initial=0.0)) or 1.0
    weights, beyond = poisson_weights(per_y * age)
    step = within / per_y + np.diag(1.0 - out / per_y)
    power, now, area = np.eye(n), np.zeros((n, n)), np.zeros((n, n))
    for weight, rest in zip(weights.tolist(), beyond.tolist(), strict=True):
        now += weight * power
        area += rest / per_y * power
        if rest < 1e-200:
            break
        power = power @ step
    return now, area


def _ages(law: Law, points: int) -> tuple[_Floats, _Floats]:
    """Ages in equal steps of the logarithm, and weights that keep means."""
    low, high = law.ppf(1e-14), law.ppf(1.0 - 1e-15)
    if low == high:
        return np.array([low]), np.array([1.0])
    ages = np.concatenate([[0.0], np.geomspace(max(low, high * 1e-8), high, points)])
    slopes = np.diff([law.integrated_sf(age) for age in ages.tolist()]) / np.diff(ages)
    weights = np.append(1.0, slopes) - np.append(slopes, 0.0)
    return ages, np.maximum(weights, 0.0)


def _absorbed_after(jumps: _Floats, losses: _Floats, times: _Floats) -> float:
    """Mean time to loss of a chain of visits, from its first state."""
    for state in range(len(losses) - 1, 0, -1):
        leaves = jumps[state, :state].sum() + losses[state]
        share = jumps[:state, state] / leaves
        jumps[:state, :state] += np.outer(share, jumps[state, :state])
        losses[:state] += share * losses[state]
        times[:state] += share * times[state]
    return float(times[0] / losses[0]) if losses[0] > 0.0 else math.inf
