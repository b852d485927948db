"""The lognormal law, also through two quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from georep_sim.laws.base import Law, require_positive
from georep_sim.laws.normal import normal_cdf, normal_ppf
from georep_sim.laws.scalars import lognormal_ppf, lognormal_score, lognormal_sf


@dataclass(frozen=True, slots=True)
class Lognormal(Law):
    """Lognormal law: the logarithm is normal with mean ``log(median)`` and standard deviation `sigma`.

    Examples
    --------
    >>> law = Lognormal.from_mean_cv(10.0, 2.0)
    >>> round(law.mean, 12), Lognormal(4.0, 1.0).ppf(0.5)
    (10.0, 4.0)
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        require_positive(median=self.median, sigma=self.sigma)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Lognormal:
        """Return the law of a given mean and coefficient of variation."""
        require_positive(mean=mean, cv=cv)
        return cls(mean / math.sqrt(1.0 + cv * cv), math.sqrt(math.log1p(cv * cv)))

    @property
    def mean(self) -> float:
        """``median * exp(sigma ** 2 / 2)``."""
        return self.median * math.exp(0.5 * self.sigma * self.sigma)

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return lognormal_ppf(self.median, self.sigma, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return lognormal_sf(self.median, self.sigma, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]: the partial mean plus x times the tail."""
        score = lognormal_score(self.median, self.sigma, x)
        tail = x * normal_cdf(-score) if x < math.inf else 0.0
        return self.mean * normal_cdf(score - self.sigma) + tail


def lognormal_from_quantiles(p: float, x: float, q: float, y: float) -> Lognormal:
    """Return the lognormal law through two quantiles.

    Parameters
    ----------
    p, q : float
        Two different probabilities in (0, 1).
    x, y : float
        The values not exceeded with those probabilities; they must differ in the same direction.

    Raises
    ------
    ValueError
        If the probabilities or the values are equal or in opposite order.

    Examples
    --------
    >>> lognormal_from_quantiles(0.5, 4.0, 0.95, 20.0).median
    4.0
    """
    require_positive(x=x, y=y)
    if not (0.0 < p < 1.0 and 0.0 < q < 1.0) or (q - p) * (y - x) <= 0.0:
        msg = f"quantiles {p:g}: {x:g} and {q:g}: {y:g} must lie in (0, 1) and increase together; for one value use a constant"
        raise ValueError(msg)
    first, second = normal_ppf(p), normal_ppf(q)
    sigma = (math.log(y) - math.log(x)) / (second - first)
    return Lognormal(x * math.exp(-sigma * first), sigma)
