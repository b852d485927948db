"""Shares of time out of service."""

from __future__ import annotations

import math
from typing import Final

YEAR_S: Final = 31_557_600.0  # 365.25 d


def alternating_renewal_unavailability(up: float, down: float) -> float:
    """Long-run share of time down, for alternating times up and down of given means, whatever their laws.

    Parameters
    ----------
    up, down : float
        Mean time in service and mean time out of it, in the same unit; not negative, not both zero.

    Raises
    ------
    ValueError
        If a mean is negative or both are zero.

    References
    ----------
    .. [1] D. R. Cox, "Renewal Theory", Methuen, 1962, chapter 7.

    Examples
    --------
    >>> alternating_renewal_unavailability(99.0, 1.0)
    0.01
    """
    if up < 0.0 or down < 0.0 or up + down == 0.0:
        msg = f"mean times up and down are {up} and {down}, must not be negative and not both zero"
        raise ValueError(msg)
    return down / (up + down)


def outage_unavailability(
    duration_s: float, share: float, *, per_year: float = 1.0, moved_s: float = math.inf, year_s: float = YEAR_S
) -> float:
    """Share of requests of a year that fail because of outages of one region.

    Parameters
    ----------
    duration_s : float
        Length of an outage.
    share : float
        Share of the traffic that goes to the region, in [0, 1]; its clients keep asking.
    per_year : float, default 1.0
        Outages a year.
    moved_s : float, default inf
        Mean time after which a client is served elsewhere; infinite without failover. Every client must have moved
        before the outage ends.
    year_s : float, default 365.25 d
        Length of the year.

    Examples
    --------
    >>> round(1 - outage_unavailability(4 * 3600, 1 / 3), 6)
    0.999848
    >>> round(1 - outage_unavailability(4 * 3600, 1 / 3, moved_s=130), 7)
    0.9999986
    """
    return per_year * min(duration_s, moved_s) * share / year_s


def quorum_unavailability(members: int, needed: int, unavailability: float) -> float:
    """Probability that fewer than `needed` of independent members are up.

    Parameters
    ----------
    members, needed : int
        ``1 <= needed <= members``; a majority is ``members // 2 + 1``.
    unavailability : float
        Of each member, in [0, 1].

    Raises
    ------
    ValueError
        If the numbers make no sense.

    Notes
    -----
    The binomial sum over the states that fail: positive terms only, so that small values keep their digits.

    Examples
    --------
    >>> round(1 - quorum_unavailability(3, 2, 0.001), 6)
    0.999997
    """
    if not 1 <= needed <= members or not 0.0 <= unavailability <= 1.0:
        msg = f"{needed} of {members} at {unavailability}: needed must be from 1 to members, unavailability in [0, 1]"
        raise ValueError(msg)
    down, up = unavailability, 1.0 - unavailability
    return math.fsum(
        math.comb(members, working) * up**working * down ** (members - working) for working in range(needed)
    )
