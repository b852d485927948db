"""Probability of a loss within a period, by cause, and what it depends on: exact for a Markov chain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.loss.uniformised import follow, steps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.chain import Chain
    from georep_sim.loss.uniformised import Steps

# Between two looks at the shape, time grows by this factor.
_GROWTH: Final = 1.25
# Nodes of a Gauss-Legendre rule on each panel; panels double, so that the exponentials in them are resolved.
_NODES: Final = 10
# Transitions whose courses are held beside each other.
_AT_ONCE: Final = 2_048


@dataclass(frozen=True, slots=True)
class LossWithin:
    """What becomes of a chain within a period.

    Parameters
    ----------
    by_cause : dict of str to float
        Probability that a loss comes first by each cause; all terms are positive, nothing is subtracted.
    years_in : ndarray of float64, shape (n_states,)
        Expected time spent in each state before a loss.
    rate_per_y : float
        Rate of loss once the distribution has settled; nan if it does not within the period.
    settled_y : float
        When that is; infinite if it does not.
    """

    by_cause: dict[str, float]
    years_in: NDArray[np.float64]
    rate_per_y: float
    settled_y: float

    @property
    def probability(self) -> float:
        """Of a loss by any cause."""
        return math.fsum(self.by_cause.values())


def loss_within(chain: Chain, horizon_y: float) -> LossWithin:
    """Return the probability that a chain ends in a loss within a period.

    Parameters
    ----------
    chain : Chain
        Any number of states.
    horizon_y : float
        Length of the period, in years; positive.

    Raises
    ------
    ValueError
        If the period is not positive and finite.
    SimulationError
        If the chain is too large and too stiff.

    Notes
    -----
    Uniformisation with continuation in closed form from where the distribution is quasi-stationary. The probability
    is the expected time in each state times the state's rate of loss: a sum of positive terms, so that the digits
    hold at any number of nines.

    References
    ----------
    .. [1] K. S. Trivedi, "Probability and Statistics with Reliability, Queuing, and Computer Science Applications",
       2nd edition, Wiley, 2002, section 8.7.2 (uniformisation).

    Examples
    --------
    >>> from georep_sim.loss.chain import Lost, Move, explore
    >>> single = explore(0, lambda _: [Move(Lost("disk"), 1.0, (("failures", 1),))], rates={"failures": 1e-3})
    >>> loss_within(single, 1.0).probability == -math.expm1(-1e-3)
    True
    """
    _require_period(horizon_y)
    steps = steps_of(chain)
    times = _looks(steps, horizon_y)
    lost = chain.loss_per_y()
    course = follow(steps, chain.start, times, lost_per_y=lost.sum(axis=1), decay_per_y=math.nan)
    years_in = course.integral[-1]
    settled_y = float(times[course.settled]) if course.settled < len(times) else math.inf
    by_cause = {cause: float(years_in @ lost[:, column]) for column, cause in enumerate(chain.causes)}
    return LossWithin(by_cause, years_in, course.decay_per_y, settled_y)


def sensitivities(chain: Chain, horizon_y: float) -> dict[str, float]:
    """Return by how many per cent the probability of loss changes for one per cent of each named rate.

    Parameters
    ----------
    chain, horizon_y
        As for `loss_within`.

    Returns
    -------
    dict of str to float
        ``d log P / d log rate`` at fixed values of the others; empty where no loss can be reached.

    Notes
    -----
    By the adjoint: a transition from i to j matters as much as it is met, ``p_i(s)``, times what it changes,
    ``V_j(t - s) - V_i(t - s)``, with V the probability of a loss in the time left. Forward and backward courses are
    needed once each, whatever the number of rates; the integral over s is a Gauss-Legendre rule on panels that double
    from either end of the period.

    Examples
    --------
    >>> from georep_sim.loss.chain import Lost, Move, explore
    >>> single = explore(0, lambda _: [Move(Lost("disk"), 1.0, (("failures", 1),))], rates={"failures": 0.5})
    >>> round(sensitivities(single, 1.0)["failures"], 9) == round(0.5 / math.expm1(0.5), 9)
    True
    """
    _require_period(horizon_y)
    forward_steps = steps_of(chain)
    times, widths = _quadrature(forward_steps, horizon_y)
    lost = chain.loss_per_y().sum(axis=1)
    if not lost.any():
        return {}
    ahead = follow(forward_steps, chain.start, times, lost_per_y=lost, decay_per_y=math.nan)
    back = follow(steps_of(chain, backward=True), lost, times, lost_per_y=None, decay_per_y=ahead.decay_per_y)
    met = np.ascontiguousarray((ahead.at * widths[:, None]).T)
    total = float(met.sum(axis=1) @ lost)
    if total == 0.0:
        return {}
    # The nodes lie symmetrically: what is left at the first is the time of the last. All losses are one more state.
    left = np.vstack([back.integral[::-1].T, np.ones(len(times))])
    by_rate = (chain.per_y * _effects(chain, met, left)) @ chain.exponents / total
    return dict(zip(chain.names, by_rate.tolist(), strict=True))


def _effects(chain: Chain, met: NDArray[np.float64], left: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the rate of each transition does to the probability, some thousand transitions at a time."""
    after = np.minimum(chain.target, len(chain.states))
    effects = np.empty(len(after))
    for low in range(0, len(after), _AT_ONCE):
        part = slice(low, low + _AT_ONCE)
        i, j = chain.source[part], after[part]
        effects[part] = np.einsum("et,et->e", met[i], left[j] - left[i])
    return effects


def _require_period(horizon_y: float) -> None:
    if not 0.0 < horizon_y < math.inf:
        msg = f"the period is {horizon_y} years, must be positive and finite"
        raise ValueError(msg)


def _looks(steps: Steps, horizon_y: float) -> NDArray[np.float64]:
    """Times from some ten steps on, growing to the end of the period."""
    first = 10.0 / steps.per_y
    count = max(0, math.ceil(math.log(max(horizon_y / first, 1.0)) / math.log(_GROWTH)))
    times = first * _GROWTH ** np.arange(count)
    return np.append(times[times < horizon_y], horizon_y)


def _quadrature(steps: Steps, horizon_y: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on (0, horizon), symmetrical; panels double from either end to the middle."""
    half = 0.5 * horizon_y
    doublings = max(0, math.ceil(math.log2(max(half * steps.per_y, 1.0))))
    edges = np.concatenate([[0.0], half * 0.5 ** np.arange(doublings, -1.0, -1.0)])
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    lengths = np.diff(edges)
    times = (edges[:-1, None] + 0.5 * lengths[:, None] * (1.0 + nodes)).ravel()
    widths = (0.5 * lengths[:, None] * weights).ravel()
    return np.concatenate([times, horizon_y - times[::-1]]), np.concatenate([widths, widths[::-1]])
