"""Time out of service in a period, as a random sum of outages, and the probability that it stays within a budget.

An objective of 99.9 % a month allows 43.8 minutes; whether a month meets it is decided by how many outages fall into it
and how long they are together, not by the mean availability.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _Floats = NDArray[np.float64]
    _Sf = Callable[[float], float]

# Means above this are halved and the halves added up: exp(-mean) must stay a float with room to spare.
_MOST_MEAN: Final = 300.0


class Bounds(NamedTuple):
    """A number that is known to lie in between.

    Parameters
    ----------
    low, high : float
        Both may be taken.
    """

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Halfway."""
        return 0.5 * (self.low + self.high)


def total_sf(x: float, *, events: float, mean: float, shape: float = 1.0) -> float:
    """Probability that a Poisson number of outages of gamma lengths is longer than x in all.

    Parameters
    ----------
    x : float
        Budget, not negative.
    events : float
        Mean number of outages.
    mean : float
        Mean length of one.
    shape : float, default 1.0
        Of the gamma law of lengths: 1 = exponential, n = Erlang with n stages.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    The sum over the number of outages of the Poisson probability times the tail of the gamma law of n times the shape;
    positive terms only.

    References
    ----------
    .. [1] W. Feller, "An Introduction to Probability Theory and Its Applications", volume 2, Wiley, 1971, section II.7
       (randomised gamma laws).

    Examples
    --------
    Once a year, an hour in the mean: more than two hours in a year.

    >>> round(total_sf(2.0, events=1.0, mean=1.0), 6)
    0.182585
    """
    from scipy.special import gammaincc  # noqa: PLC0415 - scipy takes longer to import than all else here

    if x < 0.0 or events < 0.0 or not (mean > 0.0 and shape > 0.0):
        msg = f"budget {x}, {events} outages, mean {mean}, shape {shape}: must not be negative, the last two positive"
        raise ValueError(msg)
    if x == 0.0:
        return -math.expm1(-events)
    most = math.ceil(events + 10.0 * math.sqrt(events) + 60.0)
    counts = np.arange(1, most + 1)
    log_chance = counts * math.log(events) - events - np.cumsum(np.log(counts)) if events else np.full(most, -math.inf)
    return math.fsum((np.exp(log_chance) * gammaincc(shape * counts, shape * x / mean)).tolist())


def total_sf_bounds(x: float, *, events: float, sf: _Sf, first_sf: _Sf | None = None, cells: int = 2_000) -> Bounds:
    """Bounds of the probability that a Poisson number of outages of any law is longer than x in all.

    Parameters
    ----------
    x : float
        Budget, positive.
    events : float
        Mean number of outages.
    sf : callable
        P(length > t) of one outage.
    first_sf : callable or None, default None
        P(length > t) of one outage more, which is there for certain; None = there is none.
    cells : int, default 2000
        Of the grid from 0 to x; the budget is blurred by a cell for each outage. Time grows with the square.

    Returns
    -------
    Bounds
        With all lengths rounded down to the grid, and up.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    Panjer's recurrence on the grid for each of the two roundings; all its terms are positive.

    References
    ----------
    .. [1] H. H. Panjer, "Recursive evaluation of a family of compound distributions", ASTIN Bulletin 12(1), 1981,
       pages 22-26.
    .. [2] P. Embrechts, M. Frei, "Panjer recursion versus FFT for compound distributions", Mathematical Methods of
       Operations Research 69(3), 2009, pages 497-508.

    Examples
    --------
    >>> low, high = total_sf_bounds(2.0, events=1.0, sf=lambda t: math.exp(-t))
    >>> f"{low:.4f} {high:.4f}"
    '0.1824 0.1826'
    """
    if not x > 0.0 or events < 0.0 or cells < 1:
        msg = (
            f"budget {x}, {events} outages, {cells} cells: the first and last must be positive, the other not negative"
        )
        raise ValueError(msg)
    found = []
    for up in (False, True):
        total = _poisson_sum(events, _on_grid(sf, x, cells, up=up))
        if first_sf is not None:
            total = np.convolve(total, _on_grid(first_sf, x, cells, up=up))[: cells + 1]
        # On the grid, x itself is still within the budget.
        found.append(min(1.0, max(0.0, 1.0 - math.fsum(total.tolist()))))
    return Bounds(found[0], found[1])


def budget_missed(
    budget: float, period: float, *, rate: float, mean: float, sf: _Sf, residual_sf: _Sf, cells: int = 2_000
) -> Bounds:
    """Bounds of the probability that an alternating renewal process is down for longer than a budget in a period.

    Parameters
    ----------
    budget, period : float
        Time that may be spent down, positive and less than the period; same unit.
    rate : float
        Outages per unit of time *up*: time up is exponential with this rate.
    mean : float
        Mean length of an outage.
    sf : callable
        P(length > t) of one outage.
    residual_sf : callable
        P(what is left > t) of an outage that is met at a random instant: the integral of `sf` from t on, over the mean.
    cells : int, default 2000
        As for `total_sf_bounds`.

    Raises
    ------
    ValueError
        If the budget is not within the period.

    Notes
    -----
    Down for longer than the budget means that the outages which begin in the first ``period - budget`` of time *up*
    are longer than the budget in all, and these are Poisson in number: exact for a process that starts up [1]_. One in
    equilibrium starts down with probability ``rate mean / (1 + rate mean)``, and the outage that is on comes on top.
    The plain compound Poisson sum, with ``rate * period`` outages, is too pessimistic by about ``budget / period``.

    References
    ----------
    .. [1] L. Takács, "On certain sojourn time problems in the theory of stochastic processes", Acta Mathematica
       Academiae Scientiarum Hungaricae 8, 1957, pages 169-191.

    Examples
    --------
    Every 10 days up an hour down; more than 43.8 minutes in a month of 30.4 days, but for rounding one minus the
    chance of none:

    >>> day = 24.0
    >>> missed = budget_missed(0.73, 730.5, rate=1 / (10 * day), mean=1.0, sf=lambda t: float(t < 1.0),
    ...                        residual_sf=lambda t: max(0.0, 1.0 - t))
    >>> f"{missed.low:.3f} {missed.high:.3f}"
    '0.952 0.952'
    """
    if not 0.0 < budget < period:
        msg = f"budget is {budget}, must be positive and less than the period {period}"
        raise ValueError(msg)
    events = rate * (period - budget)
    up = 1.0 / (1.0 + rate * mean)
    from_up = total_sf_bounds(budget, events=events, sf=sf, cells=cells)
    from_down = total_sf_bounds(budget, events=events, sf=sf, first_sf=residual_sf, cells=cells)
    low, high = (up * a + (1.0 - up) * b for a, b in ((from_up.low, from_down.low), (from_up.high, from_down.high)))
    return Bounds(low, high)


def _on_grid(sf: _Sf, x: float, cells: int, *, up: bool) -> _Floats:
    """Probabilities of 0 … cells grid steps, lengths rounded up or down; what is longer is left out."""
    at = [sf(x * k / cells) for k in range(cells + 2)]
    inside = -np.diff(np.array(at))
    # Within (k, k + 1] steps: rounded down to k, up to k + 1. Nothing at zero itself counts as some.
    rounded = np.concatenate([[0.0], inside[:cells]]) if up else inside[: cells + 1]
    rounded[0] += 1.0 - at[0]
    return np.asarray(rounded, dtype=np.float64)


def _poisson_sum(events: float, length: _Floats) -> _Floats:
    """Probabilities of a sum of a Poisson number of lengths, as far as `length` goes."""
    halvings = max(0, math.ceil(math.log2(max(events, 1.0) / _MOST_MEAN)))
    mean = events / 2.0**halvings
    weighted = np.arange(len(length)) * length * mean
    total = np.zeros(len(length))
    total[0] = math.exp(-mean * (1.0 - length[0]))
    for k in range(1, len(length)):
        total[k] = weighted[1 : k + 1] @ total[k - 1 :: -1][:k] / k
    for _ in range(halvings):
        total = np.convolve(total, total)[: len(length)]
    return total
