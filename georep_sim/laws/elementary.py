"""Laws that need nothing but arithmetic: constant, exponential, uniform."""

from __future__ import annotations

import math
from dataclasses import dataclass

from georep_sim.laws.base import Law, require_positive
from georep_sim.laws.scalars import exponential_ppf, exponential_sf, uniform_ppf, uniform_sf


@dataclass(frozen=True, slots=True)
class Constant(Law):
    """Always the same value, which may be zero.

    Examples
    --------
    >>> Constant(3.0).ppf(0.9), Constant(3.0).residual_ppf(0.5)
    (3.0, 1.5)
    """

    value: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.value < math.inf:
            msg = f"value is {self.value}, must be zero or positive, and finite"
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    def ppf(self, u: float) -> float:  # noqa: ARG002  (part of the interface)
        """Return the value."""
        return self.value

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return 1.0 if x < self.value else 0.0

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        return min(x, self.value)

    def residual_ppf(self, u: float) -> float:
        """Return the quantile of the equilibrium residual life, uniform up to the value."""
        return u * self.value


@dataclass(frozen=True, slots=True)
class Exponential(Law):
    """Exponential law of a given mean.

    Examples
    --------
    >>> Exponential(10.0).sf(10.0) == math.exp(-1)
    True
    """

    mean: float

    def __post_init__(self) -> None:
        require_positive(mean=self.mean)

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return exponential_ppf(self.mean, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return exponential_sf(self.mean, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        return -self.mean * math.expm1(-x / self.mean)

    def residual_ppf(self, u: float) -> float:
        """Return the quantile of the residual life, which has the same law (no memory)."""
        return self.ppf(u)


@dataclass(frozen=True, slots=True)
class Uniform(Law):
    """Uniform law between two values.

    Examples
    --------
    >>> Uniform(2.0, 4.0).ppf(0.25), Uniform(2.0, 4.0).mean
    (2.5, 3.0)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low < self.high < math.inf:
            msg = f"low and high are {self.low} and {self.high}, must be 0 <= low < high"
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """Midpoint."""
        return self.low + 0.5 * (self.high - self.low)

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return uniform_ppf(self.low, self.high, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return uniform_sf(self.low, self.high, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        if x <= self.low:
            return x
        inside = min(x, self.high) - self.low
        return self.low + inside - inside * inside / (2.0 * (self.high - self.low))

    def residual_ppf(self, u: float) -> float:
        """Return the quantile of the equilibrium residual life (a quadratic beyond `low`)."""
        area = u * self.mean - self.low
        if area <= 0.0:
            return u * self.mean
        width = self.high - self.low
        # The root of inside - inside^2 / (2 width) = area, in the form that does not cancel for small areas.
        return self.low + 2.0 * area / (1.0 + math.sqrt(max(0.0, 1.0 - 2.0 * area / width)))
