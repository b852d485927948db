"""How TCP paces what it sends: slow start, loss and retransmission, as plain scalar functions.

Like `rules`, floats and integers in and out, so that a compiled plane can use the very same text.
"""

from __future__ import annotations

import math

MAX_BACKOFF_S = 120.0
"""Longest retransmission timeout: TCP_RTO_MAX of Linux (include/net/tcp.h)."""


def window_bytes(round_: int, initial_bytes: float, max_bytes: float) -> float:
    """Window of slow-start round 0, 1, …: doubling from the initial one up to the largest.

    Examples
    --------
    >>> window_bytes(2, initial_bytes=14480.0, max_bytes=3145728.0)
    57920.0
    """
    window = initial_bytes
    for _ in range(round_):
        if window >= max_bytes:
            break
        window *= 2.0
    return min(window, max_bytes)


def open_round(initial_bytes: float, max_bytes: float) -> int:
    """First round in which the window is the largest: that of a connection in steady use.

    Examples
    --------
    >>> open_round(initial_bytes=14480.0, max_bytes=3145728.0)
    8
    """
    return max(0, math.ceil(math.log2(max_bytes / initial_bytes)))


def next_segment(
    remaining_bytes: float,
    round_: int,
    rtt_s: float,
    ceiling_bytes_per_s: float,
    initial_bytes: float,
    max_bytes: float,
) -> tuple[float, float, int]:
    """What a connection sends next at one speed limit.

    A connection in round k may send W_k bytes per round trip and moves to round k + 1 after W_k bytes; what fits
    into its window goes out without a limit of its own. Rounds that ask for the same limit are one segment:
    all those with the largest window, and all those the path cannot fill (`ceiling_bytes_per_s`), since windows only grow.

    Parameters
    ----------
    remaining_bytes : float
        Bytes not yet sent.
    round_ : int
        Round the connection is in.
    rtt_s, ceiling_bytes_per_s : float
        Round trip; the most the path can carry.
    initial_bytes, max_bytes : float
        First and largest window.

    Returns
    -------
    tuple of (float, float, int)
        Bytes of the segment, its limit in B/s (``inf`` = none), and the round after it.

    Examples
    --------
    >>> next_segment(50e3, 0, rtt_s=0.1, ceiling_bytes_per_s=1e9, initial_bytes=10e3, max_bytes=40e3)
    (10000.0, 100000.0, 1)
    >>> next_segment(40e3, 1, rtt_s=0.1, ceiling_bytes_per_s=1e9, initial_bytes=10e3, max_bytes=40e3)
    (20000.0, 200000.0, 2)
    >>> next_segment(20e3, 2, rtt_s=0.1, ceiling_bytes_per_s=1e9, initial_bytes=10e3, max_bytes=40e3)
    (20000.0, inf, 2)
    """
    window = window_bytes(round_, initial_bytes=initial_bytes, max_bytes=max_bytes)
    if remaining_bytes <= window:
        return remaining_bytes, math.inf, round_
    if rtt_s <= 0.0 or window / rtt_s >= ceiling_bytes_per_s:
        left = remaining_bytes
        while left > window and window < max_bytes:
            left -= window
            round_ += 1
            window = window_bytes(round_, initial_bytes=initial_bytes, max_bytes=max_bytes)
        return remaining_bytes, math.inf, round_
    if window >= max_bytes:
        return (math.ceil(remaining_bytes / window) - 1) * window, window / rtt_s, round_
    return window, window / rtt_s, round_ + 1


def uncontended_flow_s(
    size_bytes: float, rtt_s: float, rate_bytes_per_s: float, initial_bytes: float, max_bytes: float
) -> float:
    """Time from the first to the last byte sent by a new connection that is alone on its path, in s.

    Parameters
    ----------
    size_bytes, rtt_s : float
        Bytes to send; round trip.
    rate_bytes_per_s : float
        What the path carries.
    initial_bytes, max_bytes : float
        First and largest window; ``inf`` twice = no slow start.

    Examples
    --------
    >>> uncontended_flow_s(30e3, rtt_s=0.125, rate_bytes_per_s=160e3, initial_bytes=10e3, max_bytes=40e3)
    0.25
    """
    total_s, round_, left = 0.0, 0, size_bytes
    while left > 0.0:
        part, limit, round_ = next_segment(
            left,
            round_,
            rtt_s=rtt_s,
            ceiling_bytes_per_s=rate_bytes_per_s,
            initial_bytes=initial_bytes,
            max_bytes=max_bytes,
        )
        total_s += part / min(limit, rate_bytes_per_s)
        left -= part
    return total_s


def loss_limit_bytes_per_s(loss: float, rtt_s: float, mss_bytes: float) -> float:
    """Throughput that random loss allows a connection: the square-root law.

    References
    ----------
    .. [1] M. Mathis, J. Semke, J. Mahdavi, T. Ott, "The macroscopic behavior of the TCP congestion avoidance
       algorithm", Computer Communication Review 27(3), 1997, equation 3: MSS / RTT * sqrt(3/2) / sqrt(p).

    Examples
    --------
    >>> round(loss_limit_bytes_per_s(0.0001, 0.1, 1448.0))
    1773431
    """
    if loss <= 0.0 or rtt_s <= 0.0:
        return math.inf
    return mss_bytes / rtt_s * math.sqrt(1.5) / math.sqrt(loss)


def rto_s(rtt_s: float, rto_min_s: float) -> float:
    """Retransmission timeout of a connection: three round trips, the value after the first sample.

    References
    ----------
    .. [1] RFC 6298 (2011), section 2.2: RTO = R + 4 R/2.
    """
    return max(rto_min_s, 3.0 * rtt_s)


def resume_s(cut_s: float, rto: float) -> float:
    """First retransmission not before the end of a cut, in s from its start.

    Retransmissions leave at RTO (2^j - 1), j = 1, 2, …, and every `MAX_BACKOFF_S` once the wait has grown to that.

    Parameters
    ----------
    cut_s, rto : float
        Length of the cut and the retransmission timeout at its start, in s.

    Examples
    --------
    >>> resume_s(0.6, 0.25), resume_s(0.75, 0.25), resume_s(0.8, 0.25)
    (0.75, 0.75, 1.75)
    """
    at_s, wait_s, doubled = 0.0, rto, 1.0
    while wait_s < MAX_BACKOFF_S:
        doubled *= 2.0
        at_s = rto * (doubled - 1.0)
        if at_s >= cut_s:
            return at_s
        wait_s *= 2.0
    return at_s + max(1.0, math.ceil((cut_s - at_s) / MAX_BACKOFF_S)) * MAX_BACKOFF_S
