"""Laws made of other laws: mixtures and truncation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from georep_sim.laws.base import Law
from georep_sim.laws.scalars import middle_float, truncated_sf, truncated_u


@dataclass(frozen=True, slots=True)
class Mixture(Law):
    """One of several laws, chosen with given shares; drawn by inverting the mixed distribution function.

    Parameters
    ----------
    shares : tuple of float
        Positive; must add up to one.
    laws : tuple of Law
        As many.

    Notes
    -----
    One uniform number gives the draw, and a larger one never a smaller draw. That needs a search of some 50
    evaluations of each part; choosing a part first would be quicker, but not monotone.

    Examples
    --------
    >>> from georep_sim.laws import Constant
    >>> half = Mixture((0.5, 0.5), (Constant(1.0), Constant(3.0)))
    >>> half.ppf(0.5), half.ppf(0.6), half.mean
    (1.0, 3.0, 2.0)
    """

    shares: tuple[float, ...]
    laws: tuple[Law, ...]

    def __post_init__(self) -> None:
        if not self.laws or len(self.shares) != len(self.laws):
            msg = f"{len(self.shares)} shares for {len(self.laws)} laws, must be as many and at least one"
            raise ValueError(msg)
        total = math.fsum(self.shares)
        if min(self.shares) <= 0.0 or not math.isclose(total, 1.0, abs_tol=1e-9):
            msg = f"shares {self.shares} add up to {total:g}, must be positive and add up to 1"
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """Mean of the means."""
        return math.fsum(share * law.mean for share, law in zip(self.shares, self.laws, strict=True))

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        parts = [law.ppf(u) for law in self.laws]
        low, high = min(parts), max(parts)
        if 1.0 - self.sf(low) >= u:
            return low
        while (middle := middle_float(low, high)) > low:
            if 1.0 - self.sf(middle) >= u:
                high = middle
            else:
                low = middle
        return high

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        total = 0.0
        # Plainly in order: `sum` and `fsum` round in ways of their own, which compiled code cannot follow.
        for share, law in zip(self.shares, self.laws, strict=True):
            total += share * law.sf(x)
        return total

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        return math.fsum(share * law.integrated_sf(x) for share, law in zip(self.shares, self.laws, strict=True))


@dataclass(frozen=True, slots=True)
class Truncated(Law):
    """A law given that its value lies between two ends, both included.

    Parameters
    ----------
    law : Law
        The law to truncate.
    minimum, maximum : float
        The ends; 0 and infinity leave a side as it is.

    Raises
    ------
    ValueError
        If less than 1e-9 of the law lies between the ends: inversion would have too few digits left.

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> law = Truncated(Exponential(1.0), minimum=2.0)
    >>> round(law.mean, 12)
    3.0
    """

    law: Law
    minimum: float = 0.0
    maximum: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 <= self.minimum < self.maximum:
            msg = f"minimum and maximum are {self.minimum:g} and {self.maximum:g}, must be 0 <= minimum < maximum"
            raise ValueError(msg)
        if not self._mass > 1e-9:
            msg = f"{self.law} has nothing between {self.minimum:g} and {self.maximum:g}: move min or max"
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """Mean, from the integral of the survival function."""
        if self.maximum < math.inf:
            return self.integrated_sf(self.maximum)
        return self.minimum + (self.law.mean - self.law.integrated_sf(self.minimum)) / self._mass

    @property
    def from_minimum(self) -> float:
        """P(X >= minimum) of the law that is truncated; the float just below keeps an atom at the minimum."""
        return self.law.sf(math.nextafter(self.minimum, -math.inf))

    @property
    def beyond(self) -> float:
        """P(X > maximum) of the law that is truncated."""
        return self.law.sf(self.maximum) if self.maximum < math.inf else 0.0

    @property
    def _mass(self) -> float:
        return self.from_minimum - self.beyond

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        x = self.law.ppf(truncated_u(self.from_minimum, self.beyond, u))
        return min(max(x, self.minimum), self.maximum)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return truncated_sf(self.law.sf(x), x, self.minimum, self.maximum, self.from_minimum, self.beyond)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        if x <= self.minimum:
            return x
        end = min(x, self.maximum)
        inside = self.law.integrated_sf(end) - self.law.integrated_sf(self.minimum)
        beyond = (end - self.minimum) * self.beyond if self.beyond else 0.0
        return self.minimum + (inside - beyond) / self._mass
