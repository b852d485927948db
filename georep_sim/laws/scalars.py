"""The arithmetic of the laws: quantiles (`…_ppf`) and survival functions (`…_sf`) of plain numbers.

The classes call these, and so does compiled code: no objects, nothing that only Python could run. Where a power or an
exponential is beyond a float, the result is infinity, in both.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from georep_sim.laws.normal import normal_cdf, normal_quantile
from georep_sim.laws.special import gamma_quantile, gamma_tail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = Sequence[float] | NDArray[np.float64]

_LARGEST_UNIFORM: Final = 1.0 - 2.0**-53
_SMALLEST: Final = 5e-324
_UNIT: Final = 1e250
#: Largest whole number whose exponential is a float.
_LARGEST_LOG: Final = 709.0


def exponential_ppf(mean: float, u: float) -> float:
    """Return the quantile of an exponential law."""
    return -mean * math.log1p(-u)


def exponential_sf(mean: float, x: float) -> float:
    """Return P(X > x) of an exponential law."""
    return math.exp(-max(x, 0.0) / mean)


def uniform_ppf(low: float, high: float, u: float) -> float:
    """Return the quantile of a uniform law."""
    return low + u * (high - low)


def uniform_sf(low: float, high: float, x: float) -> float:
    """Return P(X > x) of a uniform law."""
    return min(1.0, max(0.0, (high - x) / (high - low)))


def lognormal_ppf(median: float, sigma: float, u: float) -> float:
    """Return the quantile of a lognormal law."""
    return median * math.exp(min(sigma * normal_quantile(u), _LARGEST_LOG))


def lognormal_sf(median: float, sigma: float, x: float) -> float:
    """Return P(X > x) of a lognormal law."""
    return normal_cdf(-lognormal_score(median, sigma, x))


def lognormal_score(median: float, sigma: float, x: float) -> float:
    """Return the normal score of a value of a lognormal law."""
    if x <= 0.0:
        return -math.inf
    return (math.log(x) - math.log(median)) / sigma


def weibull_ppf(scale: float, shape: float, u: float) -> float:
    """Return the quantile of a Weibull law."""
    return scale * power(-math.log1p(-u), 1.0 / shape)


def weibull_hazard(scale: float, shape: float, x: float) -> float:
    """Return the cumulative hazard of a Weibull law, ``-log(sf)``."""
    return power(max(x, 0.0) / scale, shape)


def weibull_sf(scale: float, shape: float, x: float) -> float:
    """Return P(X > x) of a Weibull law."""
    return math.exp(-weibull_hazard(scale, shape, x))


def gamma_ppf(scale: float, shape: float, u: float) -> float:
    """Return the quantile of a gamma law."""
    return scale * gamma_quantile(shape, u)


def gamma_sf(scale: float, shape: float, x: float) -> float:
    """Return P(X > x) of a gamma law."""
    return gamma_tail(shape, max(x, 0.0) / scale)


def erlang_sf(mean: float, stages: int, x: float) -> float:
    """Return P(X > x) of an Erlang law: that a Poisson process has not finished its stages by x."""
    return poisson_below(stages, max(x, 0.0) * stages / mean)


def poisson_below(count: int, mean: float) -> float:
    """Probability that a Poisson variable is below `count`, which is at least one.

    Examples
    --------
    >>> poisson_below(1, 1.0) == math.exp(-1.0)
    True
    """
    # The terms without exp(-mean), which alone may be no float; so may they, and are then counted in larger units.
    term = total = 1.0
    log_unit = 0.0
    for k in range(1, count):
        term *= mean / k
        total += term
        if total > _UNIT:
            term /= _UNIT
            total /= _UNIT
            log_unit += math.log(_UNIT)
    return min(1.0, math.exp(math.log(total) + log_unit - mean))


def empirical_rank(count: int, u: float) -> int:
    """Return the index in a sorted sample of its u-quantile."""
    return min(count, max(1, math.ceil(u * count))) - 1


def empirical_sf(values: Numbers, x: float) -> float:
    """Return P(X > x) of a value picked from a sorted sample."""
    return 1.0 - count_at_most(values, x) / len(values)


def quantiles_ppf(probabilities: Numbers, values: Numbers, scores: Numbers, u: float) -> float:
    """Return the quantile of a law through quantiles; `scores` are the normal scores of the probabilities."""
    place = count_at_most(probabilities, u)
    if place == 0:
        return values[0]
    if place == len(probabilities):
        return values[place - 1]
    value, following = values[place - 1], values[place]
    slope = segment_slope(values, scores, place - 1)
    # Rounding must not carry the end of a segment past the start of the next.
    return min(following, value * math.exp(min(slope * (normal_quantile(u) - scores[place - 1]), _LARGEST_LOG)))


def quantiles_sf(values: Numbers, scores: Numbers, x: float) -> float:
    """Return P(X > x) of a law through quantiles."""
    place = count_at_most(values, x)
    if place == 0:
        return 1.0
    if place == len(values):
        return 0.0
    return normal_cdf(-segment_score(values, scores, place - 1, x))


def segment_slope(values: Numbers, scores: Numbers, place: int) -> float:
    """Return the rise of the log value over the normal score between two quantiles."""
    return (math.log(values[place + 1]) - math.log(values[place])) / (scores[place + 1] - scores[place])


def segment_score(values: Numbers, scores: Numbers, place: int, x: float) -> float:
    """Return the normal score of a value between two quantiles that differ."""
    return scores[place] + (math.log(x) - math.log(values[place])) / segment_slope(values, scores, place)


def truncated_u(start: float, beyond: float, u: float) -> float:
    """Return the uniform number that stands for u before truncation.

    Parameters
    ----------
    start, beyond : float
        Probabilities of a value not below the minimum, and above the maximum.
    u : float
        In (0, 1).
    """
    inner = (1.0 - start) + u * (start - beyond)
    return min(max(inner, _SMALLEST), _LARGEST_UNIFORM)


def truncated_sf(tail: float, x: float, minimum: float, maximum: float, start: float, beyond: float) -> float:
    """Return P(X > x) of a truncated law.

    Parameters
    ----------
    tail : float
        P(X > x) before truncation.
    x, minimum, maximum : float
        Value and ends.
    start, beyond : float
        As for `truncated_u`.
    """
    if x < minimum:
        return 1.0
    if x >= maximum:
        return 0.0
    return (tail - beyond) / (start - beyond)


def count_at_most(values: Numbers, x: float) -> int:
    """Return how many of the sorted values are not above x."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if x < values[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def power(base: float, exponent: float) -> float:
    """Return a positive power of a number that is not negative, or infinity.

    Examples
    --------
    >>> power(3.0, 2.0), power(3.0, 1000.0)
    (9.0, inf)
    """
    if base > 1.0 and exponent * math.log(base) > _LARGEST_LOG:
        return math.inf
    return math.pow(base, exponent)


def middle_float(low: float, high: float) -> float:
    """Return the float halfway, by the number of floats, from one float to another, neither of them negative.

    It is `low` if there is none in between. Halving so, at most 64 steps separate any two.

    Examples
    --------
    >>> middle_float(1.0, 4.0), middle_float(0.0, 5e-324)
    (2.0, 0.0)
    """
    # Such floats are ordered like their bit patterns.
    first, last = struct.unpack("<2q", struct.pack("<2d", low, high))
    return float(struct.unpack("<d", struct.pack("<q", (first + last) // 2))[0])
