"""Loss of an object kept in copies that fail independently of each other."""

from __future__ import annotations

import math


def independent_copies_mttdl(copies: int, *, failure_rate: float, repair_rate: float) -> float:
    """Mean time until all copies are lost, from all good, with exponential failures and parallel repairs.

    Parameters
    ----------
    copies : int
        At least one.
    failure_rate : float
        Failures of one copy per unit of time, positive.
    repair_rate : float
        Rate at which each failed copy comes back while one is left (1 / mean repair time, detection included);
        zero = never.

    Returns
    -------
    float
        In the unit of time of the rates.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    A birth-death process on the number of failed copies. The mean time from i to i + 1 failed is
    ``h_i = 1 / b_i + d_i / b_i h_(i-1)`` with ``b_i = (n - i) failure_rate``, ``d_i = i repair_rate``: nothing is
    subtracted, so that the digits hold at any number of nines.

    References
    ----------
    .. [1] K. S. Trivedi, "Probability and Statistics with Reliability, Queuing, and Computer Science Applications",
       2nd edition, Wiley, 2002, section 8.5.

    Examples
    --------
    >>> independent_copies_mttdl(2, failure_rate=1.0, repair_rate=10.0)
    6.5
    """
    if copies < 1 or not failure_rate > 0.0 or repair_rate < 0.0:
        msg = f"{copies} copies, failure rate {failure_rate}, repair rate {repair_rate}: need copies and failures"
        raise ValueError(msg)
    total = step = 0.0
    for failed in range(copies):
        births = (copies - failed) * failure_rate
        step = 1.0 / births + failed * repair_rate / births * step
        total += step
    return total


def loss_within(period: float, mttdl: float) -> float:
    """Probability of a loss within a period, for a given mean time to data loss in the same unit.

    Notes
    -----
    ``-expm1(-period / mttdl)``: the time to loss is taken as exponential, which it is up to terms of the order of
    repair time over period where repairs are quick.

    Examples
    --------
    >>> round(loss_within(1.0, 1e11), 20)
    1e-11
    """
    if period < 0.0 or not mttdl > 0.0:
        msg = f"period {period} and mttdl {mttdl}, must not be negative and positive"
        raise ValueError(msg)
    return -math.expm1(-period / mttdl)


def independent_copies_loss(copies: int, *, failures_per_y: float, repair_y: float, period_y: float = 1.0) -> float:
    """Probability that all copies of an object are lost within a period (default: a year).

    Parameters
    ----------
    copies : int
        At least one.
    failures_per_y : float
        Failures of one copy a year, positive.
    repair_y : float
        Mean time from a copy's failure to its replacement, in years, positive.
    period_y : float, default 1.0
        The period, in years.

    Returns
    -------
    float
        In (0, 1). Copies are taken to fail independently; real ones share causes and do worse.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Examples
    --------
    Three copies, 2 % of disks failing a year, a day to repair: nine nines, if nothing else ever happens.

    >>> f"{independent_copies_loss(3, failures_per_y=0.02, repair_y=1 / 365.25):.2e}"
    '1.80e-10'
    """
    if not repair_y > 0.0:
        msg = f"mean repair time is {repair_y} years, must be positive"
        raise ValueError(msg)
    mttdl_y = independent_copies_mttdl(copies, failure_rate=failures_per_y, repair_rate=1.0 / repair_y)
    return loss_within(period_y, mttdl_y)
