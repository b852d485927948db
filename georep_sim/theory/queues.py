"""Waiting at a front end and sharing of a link."""

from __future__ import annotations

import math


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival has to wait in M/M/c.

    Parameters
    ----------
    servers : int
        At least one.
    load : float
        Arrival rate times mean service time (erlangs), below `servers`.

    Raises
    ------
    ValueError
        If there is no server or the queue would grow for ever.

    Notes
    -----
    By the recurrence of the Erlang B formula, which neither overflows nor cancels.

    References
    ----------
    .. [1] L. Kleinrock, "Queueing Systems, volume 1: Theory", Wiley, 1975, section 3.5.

    Examples
    --------
    >>> erlang_c(1, 0.5), round(erlang_c(2, 1.0), 12)
    (0.5, 0.333333333333)
    """
    if servers < 1 or not 0.0 <= load < servers:
        msg = f"load {load} on {servers} servers: must not be negative and be below the number of servers"
        raise ValueError(msg)
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return servers * blocked / (servers - load * (1.0 - blocked))


def mmc_mean_wait(servers: int, *, arrivals_per_s: float, service_s: float) -> float:
    """Mean time in the queue of M/M/c, in seconds, service not included.

    Parameters
    ----------
    servers : int
        At least one.
    arrivals_per_s, service_s : float
        Poisson arrival rate and mean of the exponential service time.

    Examples
    --------
    >>> mmc_mean_wait(1, arrivals_per_s=0.5, service_s=1.0)
    1.0
    """
    load = arrivals_per_s * service_s
    return erlang_c(servers, load) * service_s / (servers - load)


def mmc_wait_sf(t_s: float, servers: int, *, arrivals_per_s: float, service_s: float) -> float:
    """Probability that an arrival waits longer than t in M/M/c (first come, first served).

    Examples
    --------
    >>> mmc_wait_sf(0.0, 1, arrivals_per_s=0.5, service_s=1.0)
    0.5
    """
    load = arrivals_per_s * service_s
    return erlang_c(servers, load) * math.exp(-(servers - load) * t_s / service_s)


def ps_mean_sojourn(work: float, *, arrivals_per_s: float, mean_work: float, capacity_per_s: float) -> float:
    """Mean time in M/G/1 processor sharing of a job of a given size, in seconds.

    Parameters
    ----------
    work : float
        Size of the job (bytes); the mean size gives the mean over jobs.
    arrivals_per_s : float
        Poisson arrival rate.
    mean_work : float
        Mean size. The law of sizes does not matter.
    capacity_per_s : float
        What the link does in a second (bytes/s), more than arrives.

    Raises
    ------
    ValueError
        If more arrives than the link can carry.

    References
    ----------
    .. [1] L. Kleinrock, "Queueing Systems, volume 2: Computer Applications", Wiley, 1976, section 4.4.

    Examples
    --------
    >>> ps_mean_sojourn(1e6, arrivals_per_s=50.0, mean_work=1e6, capacity_per_s=1e8)
    0.02
    """
    utilisation = arrivals_per_s * mean_work / capacity_per_s
    if utilisation >= 1.0:
        msg = f"utilisation is {utilisation:g}, must be below 1"
        raise ValueError(msg)
    return work / capacity_per_s / (1.0 - utilisation)
