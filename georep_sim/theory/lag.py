"""Asynchronous copies that do not wait for each other: how old the oldest uncopied push is, and what is lost with it.

Pushes are a Poisson process; each is copied after a lag of its own. What is uncopied at an instant is then the number in
an M/G/infinity queue, whatever the law of the lag.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# Panels of a tail, each half as likely as the one before: what is beyond the last is 2^-60 of it.
_PANELS: Final = 60
_NODES: Final = 12
# Halvings: more than separate any two floats.
_HALVINGS: Final = 200


def mean_excess(x: float, *, ppf: Callable[[float], float], sf: Callable[[float], float]) -> float:
    """Mean of what a random length L exceeds a threshold by: E[max(L - x, 0)].

    Parameters
    ----------
    x : float
        Threshold, not negative.
    ppf, sf : callable
        Quantile and survival function of L, of finite mean.

    Notes
    -----
    The integral of ``ppf(u) - x`` over the probabilities above x, by Gauss-Legendre on panels that halve towards one
    and towards zero, where quantiles have their singularities: nine digits and more where quantiles are smooth.

    Examples
    --------
    An exponential lag of mean 2 exceeds 2 by ``2 exp(-1)``:

    >>> f"{mean_excess(2.0, ppf=lambda u: -2 * math.log1p(-u), sf=lambda x: math.exp(-x / 2)):.9f}"
    '0.735758882'
    """
    above = sf(x)
    if not above > 0.0:
        return 0.0
    below = 1.0 - above
    lowest = max(below, 0.5**_PANELS)
    rising = lowest * 2.0 ** np.arange(max(0, math.ceil(-math.log2(2.0 * lowest))))
    falling = 1.0 - min(0.5, above) * 0.5 ** np.arange(_PANELS + 1.0)
    edges = np.unique(np.concatenate([[below], rising[rising < 0.5], falling]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    total = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        half = 0.5 * (high - low)
        if half > 0.0:
            at = (low + half * (1.0 + nodes)).tolist()
            total += [half * w * (ppf(u) - x) for u, w in zip(at, weights.tolist(), strict=True) if u < 1.0]
    return math.fsum(total)


def oldest_age_sf(x: float, *, pushes: float, excess: Callable[[float], float]) -> float:
    """Probability that at a random instant some push older than x has not been copied.

    Parameters
    ----------
    x : float
        Age, not negative.
    pushes : float
        Rate of the Poisson process of pushes.
    excess : callable
        ``E[max(L - x, 0)]`` of the lag L, as a function of x; see `mean_excess`.

    Returns
    -------
    float
        ``1 - exp(-pushes * excess(x))``.

    Notes
    -----
    Pushes of age a are uncopied with probability ``P(L > a)``, independently of each other: those older than x are
    Poisson with mean ``pushes`` times the integral of that from x on.

    References
    ----------
    .. [1] J. F. C. Kingman, "Poisson Processes", Oxford, 1993, section 5.1 (colouring and marking).

    Examples
    --------
    A push a minute, copied after just two minutes: nothing older than one is uncopied with probability exp(-1).

    >>> round(oldest_age_sf(1.0, pushes=1.0, excess=lambda x: max(2.0 - x, 0.0)), 6)
    0.632121
    """
    return -math.expm1(-pushes * excess(x))


def oldest_age_quantile(level: float, *, pushes: float, excess: Callable[[float], float]) -> float:
    """Age that the oldest uncopied push does not exceed at this share of instants; 0 if nothing is uncopied then.

    Parameters
    ----------
    level : float
        In (0, 1).
    pushes, excess
        As for `oldest_age_sf`.

    Raises
    ------
    ValueError
        If the level is not within (0, 1).

    Notes
    -----
    Halving of a bracket to the last float; the function may have flat pieces and jumps of slope.

    Examples
    --------
    >>> round(oldest_age_quantile(0.5, pushes=1.0, excess=lambda x: max(2.0 - x, 0.0)), 9) == round(2 - math.log(2), 9)
    True
    """
    if not 0.0 < level < 1.0:
        msg = f"level is {level}, must lie within (0, 1)"
        raise ValueError(msg)
    allowed = -math.log(level)
    if pushes * excess(0.0) <= allowed:
        return 0.0
    low, high = 0.0, 1.0
    while pushes * excess(high) > allowed:
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if pushes * excess(middle) > allowed else (low, middle)
    return high


def lost_per_year(destroyed_per_y: float, *, pushes_per_s: float, mean_lag_s: float) -> float:
    """Pushes a year that were acknowledged and lost, since their only place was destroyed before they were copied.

    Parameters
    ----------
    destroyed_per_y : float
        How often the place is destroyed, at instants that have nothing to do with the pushes.
    pushes_per_s : float
        Rate of pushes.
    mean_lag_s : float
        Mean time until a copy elsewhere is complete; by Little's law their product waits.

    References
    ----------
    .. [1] J. D. C. Little, "A proof for the queuing formula L = lambda W", Operations Research 9(3), 1961,
       pages 383-387.

    Examples
    --------
    >>> round(lost_per_year(1 / 100, pushes_per_s=2.0, mean_lag_s=60.0), 9)
    1.2
    """
    return destroyed_per_y * pushes_per_s * mean_lag_s
