"""Laws around the gamma function: Weibull, gamma, Erlang."""

from __future__ import annotations

import math
from dataclasses import dataclass

from georep_sim.laws.base import Law, require_positive
from georep_sim.laws.scalars import (
    erlang_sf,
    gamma_ppf,
    gamma_sf,
    poisson_below,
    power,
    weibull_hazard,
    weibull_ppf,
    weibull_sf,
)
from georep_sim.laws.special import gamma_quantile


@dataclass(frozen=True, slots=True)
class Weibull(Law):
    """Weibull law: survival ``exp(-(x / scale) ** shape)``.

    Examples
    --------
    >>> round(Weibull.from_mean(8.0, 3.0).mean, 12)
    8.0
    """

    scale: float
    shape: float

    def __post_init__(self) -> None:
        require_positive(scale=self.scale, shape=self.shape)

    @classmethod
    def from_mean(cls, mean: float, shape: float) -> Weibull:
        """Return the law of a given mean and shape."""
        require_positive(mean=mean, shape=shape)
        return cls(mean / math.gamma(1.0 + 1.0 / shape), shape)

    @property
    def mean(self) -> float:
        """``scale * gamma(1 + 1 / shape)``."""
        return self.scale * math.gamma(1.0 + 1.0 / self.shape)

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return weibull_ppf(self.scale, self.shape, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return weibull_sf(self.scale, self.shape, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        from scipy.special import gammainc  # noqa: PLC0415  (costly to import; only simulations come here)

        return self.mean * float(gammainc(1.0 / self.shape, weibull_hazard(self.scale, self.shape, x)))

    def residual_ppf(self, u: float) -> float:
        """Return the quantile of the equilibrium residual life: its hazard is gamma distributed."""
        return self.scale * power(gamma_quantile(1.0 / self.shape, u), 1.0 / self.shape)


@dataclass(frozen=True, slots=True)
class Gamma(Law):
    """Gamma law of a given mean and coefficient of variation.

    Examples
    --------
    >>> Gamma(6.0, 0.5).shape, Gamma(6.0, 0.5).scale
    (4.0, 1.5)
    """

    mean: float
    cv: float

    def __post_init__(self) -> None:
        require_positive(mean=self.mean, cv=self.cv)

    @property
    def shape(self) -> float:
        """``1 / cv ** 2``."""
        return 1.0 / (self.cv * self.cv)

    @property
    def scale(self) -> float:
        """``mean * cv ** 2``."""
        return self.mean * self.cv * self.cv

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return gamma_ppf(self.scale, self.shape, u)

    def sf(self, x: float) -> float:
        """Return P(X > x)."""
        return gamma_sf(self.scale, self.shape, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]: the partial mean, gamma of one shape more, plus x times the tail."""
        from scipy.special import gammainc  # noqa: PLC0415  (costly to import; only simulations come here)

        tail = x * self.sf(x) if x < math.inf else 0.0
        return self.mean * float(gammainc(self.shape + 1.0, x / self.scale)) + tail


@dataclass(frozen=True, slots=True)
class Erlang(Law):
    """Sum of equal exponential stages, of a given total mean: a gamma law of whole shape.

    Examples
    --------
    >>> round(Erlang(2.0, 2).sf(1.0), 6)
    0.735759
    """

    mean: float
    stages: int

    def __post_init__(self) -> None:
        require_positive(mean=self.mean)
        if self.stages < 1 or self.stages != int(self.stages):
            msg = f"stages is {self.stages}, must be a whole number of at least 1"
            raise ValueError(msg)

    def ppf(self, u: float) -> float:
        """Return the quantile."""
        return gamma_ppf(self.mean / self.stages, self.stages, u)

    def sf(self, x: float) -> float:
        """Return P(X > x): that a Poisson process has not finished its stages by x."""
        return erlang_sf(self.mean, self.stages, x)

    def integrated_sf(self, x: float) -> float:
        """Return E[min(X, x)]."""
        if x == math.inf:
            return self.mean
        started = max(x, 0.0) * self.stages / self.mean
        return self.mean * (1.0 - poisson_below(self.stages + 1, started)) + x * self.sf(x)
