"""Times in years: what the language gives in seconds, as the models of this package want it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from georep_sim import laws
from georep_sim.laws import Constant, Exponential, Uniform

if TYPE_CHECKING:
    from georep_sim.laws import Law

YEAR_S: Final = 365.25 * 86_400.0
#: A life that never ends, to all intents: it vanishes beside anything that happens.
NEVER: Final = Exponential(1e30)
# A chain has rates, and no rate is infinite.
_SHORTEST_S: Final = 1.0


def in_years(law: Law) -> Law:
    """Return the law of a time in years, from that of the same time in seconds.

    Raises
    ------
    TypeError
        If the law is none of this package's.

    Examples
    --------
    >>> round(in_years(Constant(2.0 * 31_557_600.0)).mean, 12)
    2.0
    """
    return scaled(law, 1.0 / YEAR_S)


def scaled(law: Law, factor: float) -> Law:  # noqa: C901  (one line for each law there is)
    """Return the law of a positive multiple."""
    match law:
        case Constant(value):
            return Constant(value * factor)
        case Exponential(mean):
            return Exponential(mean * factor)
        case Uniform(low, high):
            return Uniform(low * factor, high * factor)
        case laws.Weibull(scale, shape):
            return laws.Weibull(scale * factor, shape)
        case laws.Lognormal(median, sigma):
            return laws.Lognormal(median * factor, sigma)
        case laws.Gamma(mean, cv):
            return laws.Gamma(mean * factor, cv)
        case laws.Erlang(mean, stages):
            return laws.Erlang(mean * factor, stages)
        case laws.Empirical(values):
            return laws.Empirical(tuple(value * factor for value in values))
        case laws.Quantiles(points):
            return laws.Quantiles(tuple((level, value * factor) for level, value in points))
        case laws.Mixture(shares, parts):
            return laws.Mixture(shares, tuple(scaled(part, factor) for part in parts))
        case laws.Truncated(inner, low, high):
            return laws.Truncated(scaled(inner, factor), low * factor, high * factor)
        case _:
            msg = f"{type(law).__name__} is no law that can be scaled"
            raise TypeError(msg)


def positive(law: Law) -> Law:
    """Return a law in years that takes some time: a second where it took none."""
    return law if law.mean > 0.0 else Constant(_SHORTEST_S / YEAR_S)


def one_after_another(parts: tuple[Law | None, ...]) -> tuple[Law, ...]:
    """Return delays that follow each other, those without length left out and constant ones added up.

    Examples
    --------
    >>> one_after_another((Constant(1.0), None, Exponential(0.5), Constant(2.0)))
    (Constant(value=3.0), Exponential(mean=0.5))
    """
    there = [part for part in parts if part is not None and part.mean > 0.0]
    fixed = math.fsum(part.value for part in there if isinstance(part, Constant))
    others = tuple(part for part in there if not isinstance(part, Constant))
    return (Constant(fixed), *others) if fixed > 0.0 else others
