"""Compiled hazards of failure laws, and the ages of a fleet in equilibrium."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from georep_sim.jit import part
from georep_sim.laws import normal, scalars, special
from georep_sim.loss.memory import EXPONENTIAL, LOGNORMAL, WEIBULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS: Final = 200
_TINY: Final = 1e-300


@part
def survival(rules: NDArray[Any], age: float) -> float:
    """Probability that a disk gets older than an age."""
    kind, a, b = rules[0]["life"], float(rules[0]["a"]), float(rules[0]["b"])
    if kind == EXPONENTIAL:
        return scalars.exponential_sf(a, age)
    if kind == WEIBULL:
        return scalars.weibull_sf(a, b, age)
    if kind == LOGNORMAL:
        return scalars.lognormal_sf(a, b, age)
    return scalars.gamma_sf(a, b, age)


@part
def cumulative(rules: NDArray[Any], age: float) -> float:
    """Hazard integrated from age 0."""
    kind, a, b = rules[0]["life"], float(rules[0]["a"]), float(rules[0]["b"])
    if kind == EXPONENTIAL:
        return age / a
    if kind == WEIBULL:
        return scalars.weibull_hazard(a, b, age)
    if kind == LOGNORMAL:
        below = normal.normal_cdf(scalars.lognormal_score(a, b, age))
        # Digits of small hazards lie in the probability below, those of large ones in that above.
        if below < 0.5:
            return -math.log1p(-below)
    return -math.log(max(survival(rules, age), _TINY))


@part
def hazard(rules: NDArray[Any], age: float) -> float:
    """Hazard per year at a positive age."""
    kind, a, b = rules[0]["life"], float(rules[0]["a"]), float(rules[0]["b"])
    if kind == EXPONENTIAL:
        return 1.0 / a
    if kind == WEIBULL:
        return b / a * scalars.power(age / a, b - 1.0) if b >= 1.0 else b / a / scalars.power(age / a, 1.0 - b)
    if kind == LOGNORMAL:
        score = scalars.lognormal_score(a, b, age)
        return math.exp(-0.5 * score * score - rules[0]["log_norm"]) / age / max(survival(rules, age), _TINY)
    log_density = (b - 1.0) * math.log(age / a) - age / a - rules[0]["log_norm"]
    return math.exp(log_density) / max(survival(rules, age), _TINY)


@part
def equilibrium_age(rules: NDArray[Any], u: float) -> float:
    """Quantile of the age of a disk in a fleet that has been running for ever, of density ``sf(x) / mean``.

    The density never increases, so that its integral is concave and Newton's method from the left cannot overshoot.
    """
    kind, a, b = rules[0]["life"], float(rules[0]["a"]), float(rules[0]["b"])
    if kind == EXPONENTIAL:
        return scalars.exponential_ppf(a, u)
    if kind == WEIBULL:
        return a * scalars.power(special.gamma_quantile(1.0 / b, u), 1.0 / b)
    mean = a * math.exp(0.5 * b * b) if kind == LOGNORMAL else a * b
    target = u * mean
    x = target
    for _ in range(_STEPS):
        slope = survival(rules, x)
        gap = target - _mean_below(rules, x, mean)
        if gap <= 0.0 or slope <= 0.0 or gap <= 4e-16 * x * slope:
            break
        x += gap / slope
    return x


@part
def _mean_below(rules: NDArray[Any], x: float, mean: float) -> float:
    """E[min(life, x)] of a lognormal or gamma life."""
    a, b = float(rules[0]["a"]), float(rules[0]["b"])
    if rules[0]["life"] == LOGNORMAL:
        score = scalars.lognormal_score(a, b, x)
        return mean * normal.normal_cdf(score - b) + x * normal.normal_cdf(-score)
    return mean * (1.0 - special.gamma_tail(b + 1.0, x / a)) + x * scalars.gamma_sf(a, b, x)
