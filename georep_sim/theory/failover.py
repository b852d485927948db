"""How long until a dead site is noticed, until clients have moved, and until a backlog has drained."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SumOfUniforms:
    """A fixed time plus two independent uniform ones.

    Parameters
    ----------
    fixed : float
        The least value.
    first, second : float
        The uniform parts run from 0 to these; zero = there is none.

    Examples
    --------
    >>> triangle = SumOfUniforms(0.0, 1.0, 1.0)
    >>> triangle.mean, triangle.maximum, triangle.cdf(1.0), triangle.ppf(0.5)
    (1.0, 2.0, 0.5, 1.0)
    """

    fixed: float
    first: float
    second: float = 0.0

    @property
    def mean(self) -> float:
        """Mean."""
        return self.fixed + 0.5 * (self.first + self.second)

    @property
    def variance(self) -> float:
        """Variance."""
        return (self.first**2 + self.second**2) / 12.0

    @property
    def maximum(self) -> float:
        """Largest value possible."""
        return self.fixed + self.first + self.second

    def cdf(self, x: float) -> float:
        """Probability of at most x (a trapezium of density)."""
        short, long = sorted((self.first, self.second))
        t = x - self.fixed
        if t <= 0.0 or t >= short + long:
            return 0.0 if t < 0.0 or (t == 0.0 and long > 0.0) else 1.0
        if t < short:
            return t * t / (2.0 * short * long)
        if t <= long:
            return (t - 0.5 * short) / long
        rest = short + long - t
        return 1.0 - rest * rest / (2.0 * short * long)

    def ppf(self, p: float) -> float:
        """Quantile, for p in [0, 1]."""
        short, long = sorted((self.first, self.second))
        if long == 0.0:
            return self.fixed
        corner = 0.5 * short / long  # probability up to the first corner of the trapezium
        if p < corner:
            return self.fixed + math.sqrt(2.0 * p * short * long)
        if p <= 1.0 - corner:
            return self.fixed + p * long + 0.5 * short
        return self.maximum - math.sqrt(2.0 * (1.0 - p) * short * long)


def detected(every_s: float, timeout_s: float, fails: int) -> SumOfUniforms:
    """Time from a hard failure until a prober with random phase declares the site dead.

    Parameters
    ----------
    every_s, timeout_s : float
        Period of the probes; time until one that gets no answer counts as failed.
    fails : int
        Failures in a row that are needed.

    Returns
    -------
    SumOfUniforms
        In seconds: up to a period until the first probe fails, ``fails - 1`` periods more, and the last timeout.

    Examples
    --------
    >>> detection = detected(30.0, 10.0, 4)
    >>> detection.mean, detection.maximum
    (115.0, 130.0)
    """
    return SumOfUniforms((fails - 1) * every_s + timeout_s, every_s)


def client_moved(every_s: float, timeout_s: float, fails: int, *, ttl_s: float, decide_s: float = 0.0) -> SumOfUniforms:
    """Time from a hard failure until a client asks for the address again and gets the new one.

    Parameters
    ----------
    every_s, timeout_s, fails
        As in `detected`.
    ttl_s : float
        Time to live of the address; the client's cache has a random phase.
    decide_s : float, default 0.0
        Time from detection to the change of the address.

    Examples
    --------
    >>> moved = client_moved(30.0, 10.0, 4, ttl_s=30.0)
    >>> moved.mean, round(moved.ppf(0.99)), moved.maximum
    (130.0, 156, 160.0)
    """
    noticed = detected(every_s, timeout_s, fails)
    return SumOfUniforms(noticed.fixed + decide_s, noticed.first, ttl_s)


def drain_capacity_factor(partition_s: float, drain_s: float) -> float:
    """Capacity over arrival rate that drains the backlog of a partition in a given time.

    Examples
    --------
    >>> drain_capacity_factor(6 * 3600, 3600)
    7.0
    """
    if partition_s < 0.0 or not drain_s > 0.0:
        msg = f"partition {partition_s} s and drain {drain_s} s, must not be negative and positive"
        raise ValueError(msg)
    return 1.0 + partition_s / drain_s
