"""Interval of a mean of independent values, and the gain of pairing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.intervals.interval import Interval, bound_without_spread, require_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def student_t(sample: ArrayLike, *, level: float = 0.95, bounds: tuple[float, float] | None = None) -> Interval:
    """Interval of a mean, right for values near normal.

    Parameters
    ----------
    sample : array_like, shape (n,)
        Independent values, at least two.
    level : float, default 0.95
        Confidence level.
    bounds : (float, float), optional
        Ends of the values possible; used to clip, and for the bound where all values are equal.

    Raises
    ------
    ValueError
        If there are fewer than two values.

    Examples
    --------
    >>> interval = student_t([1.0, 2.0, 3.0])
    >>> interval.value, round(interval.high, 4)
    (2.0, 4.4841)
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)
    from scipy.special import stdtrit  # noqa: PLC0415  (costly to import; only results come here)

    require_level(level)
    values = np.asarray(sample, dtype=np.float64)
    if values.size < 2:
        msg = f"{values.size} values, at least 2 are needed for an interval"
        raise ValueError(msg)
    mean = float(values.mean())
    if np.ptp(values) == 0.0:
        return bound_without_spread(float(values[0]), values.size, level=level, bounds=bounds)
    half = float(stdtrit(values.size - 1, 0.5 + 0.5 * level)) * float(values.std(ddof=1)) / math.sqrt(values.size)
    lowest, highest = bounds or (-math.inf, math.inf)
    return Interval(mean, max(lowest, mean - half), min(highest, mean + half), "student_t")


@dataclass(frozen=True, slots=True)
class PairingGain:
    """What shared draws did for a comparison.

    Parameters
    ----------
    achieved : float
        Variance of the difference with independent draws over that with shared draws.
    bound : float
        The most it could have been, with fully correlated designs; infinite where their spreads are equal.
    """

    achieved: float
    bound: float


def variance_ratio(a: ArrayLike, b: ArrayLike) -> PairingGain:
    """Return the gain of pairing and its bound ``(1 + r**2) / (1 - r)**2``, r = the ratio of standard deviations.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        A metric of the two designs in the same replications, at least two.

    Returns
    -------
    PairingGain
        NaN where neither design varies.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold fewer than two values.

    Examples
    --------
    >>> variance_ratio([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    PairingGain(achieved=5.0, bound=5.0)
    """
    import numpy as np  # noqa: PLC0415  (the command line must start without numpy)

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.size < 2:
        msg = f"{first.size} and {second.size} values, must be as many and at least 2"
        raise ValueError(msg)
    variances = float(first.var(ddof=1)), float(second.var(ddof=1))
    together = float((second - first).var(ddof=1))
    gap = math.sqrt(variances[1]) - math.sqrt(variances[0])
    return PairingGain(_ratio(sum(variances), together), _ratio(sum(variances), gap * gap))


def _ratio(numerator: float, denominator: float) -> float:
    if denominator > 0.0:
        return numerator / denominator
    return math.inf if numerator > 0.0 else math.nan
