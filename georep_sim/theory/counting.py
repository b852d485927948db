"""Counts: the two laws of counting, what no event tells, and how many draws a test needs."""

from __future__ import annotations

import math


def poisson_cdf(count: int, mean: float) -> float:
    """Probability that a Poisson variable is at most `count`.

    Examples
    --------
    >>> round(poisson_cdf(2, 2.0), 6)
    0.676676
    """
    if mean <= 0.0:
        return 1.0 if count >= 0 else 0.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1.0)) for k in range(count + 1))


def binomial_cdf(count: int, trials: int, probability: float) -> float:
    """Probability of at most `count` successes.

    Examples
    --------
    >>> round(binomial_cdf(1, 3, 0.1), 6)
    0.972
    """
    if not 0.0 <= probability <= 1.0:
        msg = f"probability is {probability}, must lie in [0, 1]"
        raise ValueError(msg)
    return math.fsum(
        math.comb(trials, k) * probability**k * (1.0 - probability) ** (trials - k)
        for k in range(min(count, trials) + 1)
    )


def rate_bound_without_events(exposure: float, *, level: float = 0.95) -> float:
    """Upper bound of the rate of events of which none was seen.

    Parameters
    ----------
    exposure : float
        Time watched, positive, in independent units of the cause (group-years, region-years).
    level : float, default 0.95
        Confidence level, one-sided.

    Returns
    -------
    float
        Per unit of exposure. At 95 % the "rule of three".

    Raises
    ------
    ValueError
        If the exposure is not positive.

    References
    ----------
    .. [1] J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249(13), 1983,
       pages 1743-1745.

    Examples
    --------
    >>> round(rate_bound_without_events(100.0), 6)
    0.029957
    """
    if not exposure > 0.0:
        msg = f"exposure is {exposure}, must be positive"
        raise ValueError(msg)
    return -math.log1p(-level) / exposure


def sample_size(relative_spread: float, bias: float, *, z: float = 4.89, z_power: float = 3.09) -> int:
    """Return the number of independent draws at which a test of a mean catches a bias.

    Parameters
    ----------
    relative_spread : float
        Standard deviation over mean of one draw (1 for an exponential law).
    bias : float
        Smallest relative error of the mean to be caught, positive.
    z : float, default 4.89
        Threshold of the test; 4.89 errs once in a million times, both sides together.
    z_power : float, default 3.09
        Quantile of the power; 3.09 for 0.999.

    Examples
    --------
    >>> sample_size(1.0, 0.05)
    25473
    """
    return math.ceil(((z + z_power) * relative_spread / bias) ** 2)
