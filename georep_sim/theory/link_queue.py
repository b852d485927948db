"""A link that carries one copy after the other: M/M/1 and M/D/1, first come, first served."""

from __future__ import annotations

import math
from typing import Final

# Probabilities of so many or more waiting are followed down to here.
_NEGLIGIBLE: Final = 1e-30


def mm1_sojourn_sf(t: float, *, arrivals: float, service: float) -> float:
    """Probability that a copy takes longer than t, waiting included, where transfer times are exponential.

    Parameters
    ----------
    t : float
        Time since the push, not negative.
    arrivals : float
        Rate of the Poisson process of pushes.
    service : float
        Mean time of one transfer.

    Raises
    ------
    ValueError
        If more arrives than the link can carry.

    References
    ----------
    .. [1] L. Kleinrock, "Queueing Systems, volume 1: Theory", Wiley, 1975, section 5.12.

    Examples
    --------
    >>> round(mm1_sojourn_sf(2.0, arrivals=0.5, service=1.0), 6)
    0.367879
    """
    load = _load(arrivals, service)
    return math.exp(-(1.0 - load) / service * t)


def mm1_oldest_age_sf(x: float, *, arrivals: float, service: float) -> float:
    """Probability that at a random instant a push older than x is uncopied, where transfer times are exponential.

    Parameters
    ----------
    x, arrivals, service
        As for `mm1_sojourn_sf`.

    Notes
    -----
    All pushes older than x are copied if and only if the work that was left x ago took no longer than x. So the age of
    the oldest uncopied push has the law of the work in the system, which is the law of the waiting time [1]_.

    References
    ----------
    .. [1] R. W. Wolff, "Poisson arrivals see time averages", Operations Research 30(2), 1982, pages 223-231.

    Examples
    --------
    >>> mm1_oldest_age_sf(0.0, arrivals=0.5, service=1.0)
    0.5
    """
    return _load(arrivals, service) * mm1_sojourn_sf(x, arrivals=arrivals, service=service)


def md1_oldest_age_sf(x: float, *, arrivals: float, service: float) -> float:
    """Probability that at a random instant a push older than x is uncopied, where all transfers take as long.

    Parameters
    ----------
    x, arrivals, service
        As for `mm1_sojourn_sf`; the age has the law of the waiting time, see `mm1_oldest_age_sf`.

    Notes
    -----
    With ``k = floor(x / service) + 1`` and ``y = k service - x``, which is what is left of the k-th transfer from now
    on: of those who come in y, j have been served after it if at most ``k - 1 - j`` were waiting [1]_. Its complement
    is summed, positive terms only; Erlang's alternating series [2]_ loses all digits at some ten transfers.

    References
    ----------
    .. [1] G. J. Franx, "A simple solution for the M/D/c waiting time distribution", Operations Research Letters 29(5),
       2001, pages 221-229.
    .. [2] A. K. Erlang, "The theory of probabilities and telephone conversations", Nyt Tidsskrift for Matematik B 20,
       1909, pages 33-39.

    Examples
    --------
    >>> md1_oldest_age_sf(0.0, arrivals=0.5, service=1.0)
    0.5
    """
    load = _load(arrivals, service)
    if x < 0.0 or load == 0.0:
        return 1.0 if x < 0.0 else 0.0
    whole = math.floor(x / service) + 1
    mean = arrivals * (whole * service - x)
    tail = _waiting_tail(load, whole)
    term, terms, reached = math.exp(-mean), [], 0.0
    for count in range(whole):
        terms.append(term * tail[whole - 1 - count])
        reached += term
        term *= mean / (count + 1)
    # More than that came: served after it in any case.
    while term > _NEGLIGIBLE:
        terms.append(term)
        whole += 1
        term *= mean / whole
    return math.fsum(terms)


def md1_sojourn_sf(t: float, *, arrivals: float, service: float) -> float:
    """Probability that a copy takes longer than t, waiting included, where all transfers take as long.

    Parameters
    ----------
    t, arrivals, service
        As for `mm1_sojourn_sf`.

    Examples
    --------
    >>> md1_sojourn_sf(0.9, arrivals=0.5, service=1.0), md1_sojourn_sf(1.0, arrivals=0.5, service=1.0)
    (1.0, 0.5)
    """
    return md1_oldest_age_sf(t - service, arrivals=arrivals, service=service)


def mg1_mean_sojourn(*, arrivals: float, service: float, variation: float) -> float:
    """Mean time of a copy, waiting included, by Pollaczek and Khinchine.

    Parameters
    ----------
    arrivals, service
        As for `mm1_sojourn_sf`.
    variation : float
        Standard deviation over mean of a transfer: 1 for M/M/1, 0 for M/D/1.

    Examples
    --------
    >>> mg1_mean_sojourn(arrivals=0.5, service=1.0, variation=1.0), mg1_mean_sojourn(arrivals=0.5, service=1.0, variation=0.0)
    (2.0, 1.5)
    """
    load = _load(arrivals, service)
    return service * (1.0 + 0.5 * load * (1.0 + variation**2) / (1.0 - load))


def _load(arrivals: float, service: float) -> float:
    load = arrivals * service
    if not 0.0 <= load < 1.0:
        msg = f"the link is asked for {load:g} of what it can carry, must be below 1"
        raise ValueError(msg)
    return load


def _waiting_tail(load: float, count: int) -> list[float]:
    """Probabilities that more than 0, 1, ... (in all at least `count` of them) wait in M/D/1, the one served left out.

    By cuts: what goes up past n from j comes down past it, ``P(n) a_0 = P(0) A(n) + sum P(j) A(n - j + 1)`` with A(k)
    the probability that at least k come in one transfer; no term is negative.
    """
    arrived = [math.exp(-load)]
    while arrived[-1] > _NEGLIGIBLE or len(arrived) < 3:
        arrived.append(arrived[-1] * load / len(arrived))
    at_least = [math.fsum(arrived[k:]) for k in range(len(arrived))]
    inside = [1.0 - load]
    # In the system n: n - 1 wait.
    while len(inside) < count + 2 or inside[-1] > _NEGLIGIBLE:
        n = len(inside)
        first = max(1, n + 2 - len(at_least))
        up = math.fsum(inside[j] * at_least[n - j + 1] for j in range(first, n))
        up += inside[0] * (at_least[n] if n < len(at_least) else 0.0)
        inside.append(up / arrived[0])
    tail, beyond = [], 0.0
    for value in reversed(inside):
        tail.append(beyond)
        beyond += value
    tail.reverse()
    # tail[n] = P(more than n in the system); more than w wait if more than w + 1 are in it.
    return tail[1:]
