"""Laws given by numbers: a sample, or three and more quantiles."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from georep_sim.laws.base import Law, require_increasing, require_positive
from georep_sim.laws.lognormal import Lognormal, lognormal_from_quantiles
from georep_sim.laws.normal import mills_ratio, normal_pdf, normal_ppf
from georep_sim.laws.scalars import (
    count_at_most,
    empirical_rank,
    empirical_sf,
    quantiles_ppf,
    quantiles_sf,
    segment_score,
    segment_slope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Empirical(Law):
    """Each value of a sample with the same probability; nothing in between.

    Parameters
    ----------
    values : tuple of float
        The sample, in any order; kept sorted.

    Examples
    --------
    >>> law = Empirical((3.0, 1.0, 2.0, 6.0))
    >>> law.ppf(0.25), law.ppf(0.26), law.mean, law.integrated_sf(2.0)
    (1.0, 2.0, 3.0, 1.75)
    """

    values: tuple[float, ...]
    _sums: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.values))
        if not ordered or not all(0.0 <= value < math.inf for value in ordered):
            msg = "a sample needs at least one value, none of them negative, infinite or missing"
            raise ValueError(msg)
        object.__setattr__(self, "values", ordered)
        object.__setattr__(self, "_sums", tuple(accumulate(ordered, initial=0.0)))

    @property
    def mean(self) -> float:
        """Mean of the sample."""
        return self._sums[-1] / len(self.values)

    def ppf(self, u: float) -> float:
        """Return the quantile, a value of the sample."""
        return self.values[empirical_rank(len(self.values), u)]

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return empirical_sf(self.values, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        below = count_at_most(self.values, x)
        above = len(self.values) - below
        return (self._sums[below] + (above * x if above else 0.0)) / len(self.values)

    def residual_ppf(self, u: float) -> float:
        """Return the quantile of the equilibrium residual life (piecewise linear)."""
        count = len(self.values)
        target = u * self._sums[-1]
        # The integral, times the size of the sample, up to each value.
        below = bisect_left(range(count), target, key=lambda k: self._sums[k] + (count - k) * self.values[k])
        return (target - self._sums[below]) / (count - below) if below < count else self.values[-1]


@dataclass(frozen=True, slots=True)
class Quantiles(Law):
    """Law through quantiles: between them the log value is linear in the normal score, beyond the ends nothing.

    With nothing beyond, the first and the last value carry the probability that lies outside.

    Parameters
    ----------
    points : tuple of (float, float)
        (probability, value): probabilities in (0, 1) increasing, values positive and not decreasing; at least two.

    Attributes
    ----------
    probabilities, values, scores : tuple of float
        The points apart, and the normal scores of their probabilities.

    Examples
    --------
    >>> law = Quantiles(((0.5, 60.0), (0.9, 300.0), (0.99, 900.0)))
    >>> law.ppf(0.2), law.ppf(0.9), law.ppf(0.999)
    (60.0, 300.0, 900.0)
    """

    points: tuple[tuple[float, float], ...]
    probabilities: tuple[float, ...] = field(init=False, repr=False, compare=False)
    values: tuple[float, ...] = field(init=False, repr=False, compare=False)
    scores: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            msg = f"{len(self.points)} quantile given, at least two are needed; for one value use a constant"
            raise ValueError(msg)
        probabilities, values = zip(*self.points, strict=True)
        require_increasing("probabilities of quantiles", probabilities)
        require_increasing("values of quantiles", values, strictly=False)
        require_positive(first=values[0], last=values[-1])
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "scores", tuple(normal_ppf(p) for p in probabilities))

    @property
    def mean(self) -> float:
        """Mean, in closed form segment by segment."""
        return self.integrated_sf(self.points[-1][1])

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return quantiles_ppf(self.probabilities, self.values, self.scores, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return quantiles_sf(self.values, self.scores, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        if x <= self.points[0][1]:
            return x
        end = min(x, self.points[-1][1])
        first_probability, first_value = self.points[0]
        beyond = 1.0 - self.points[-1][0] if x >= self.points[-1][1] else self.sf(x)
        return math.fsum([first_probability * first_value, *self._partial_means(end), beyond * end])

    def _partial_means(self, x: float) -> Iterator[float]:
        """Contributions to the mean of each segment, up to the value x.

        A segment is part of a lognormal law, ``exp(a + b z)``, so its part of the mean is
        ``exp(a + b**2 / 2) (Phi(z1 - b) - Phi(z0 - b))``. That overflows where quantiles nearly coincide; with Mills'
        ratio R each of the two terms is ``exp(a + b z) phi(z) R(b - z)``, which does not.
        """
        for place, (start, stop) in enumerate(pairwise(self.scores)):
            value, following = self.values[place], self.values[place + 1]
            if value > x:
                return
            last, reached = (
                (segment_score(self.values, self.scores, place, x), x) if following > x else (stop, following)
            )
            slope = segment_slope(self.values, self.scores, place)
            yield reached * normal_pdf(last) * mills_ratio(slope - last)
            yield -value * normal_pdf(start) * mills_ratio(slope - start)


def quantiles(points: Mapping[float, float]) -> Lognormal | Quantiles:
    """Return the law through quantiles: lognormal through two, interpolated through three or more.

    Parameters
    ----------
    points : mapping of float to float
        Probability in (0, 1) to value.

    Raises
    ------
    ValueError
        If there are fewer than two, or values do not increase with probabilities.

    Examples
    --------
    >>> quantiles({0.95: 20.0, 0.5: 4.0}).ppf(0.5)
    4.0
    """
    ordered = tuple(sorted(points.items()))
    if len(ordered) == 2:
        (p, x), (q, y) = ordered
        return lognormal_from_quantiles(p, x, q, y)
    return Quantiles(ordered)
