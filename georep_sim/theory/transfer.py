"""Time of one TCP transfer that shares its path with no other."""

from __future__ import annotations


def slow_start_rounds(
    size_bytes: float,
    *,
    rtt_s: float,
    capacity_bytes_per_s: float,
    mss_bytes: float = 1448.0,
    initial_window: int = 10,
    window_max_bytes: float = 3 * 2.0**20,
) -> list[tuple[float, float]]:
    """Bytes and duration of each round of an uncontended transfer on a new connection.

    Parameters
    ----------
    size_bytes : float
        Bytes to send, not negative.
    rtt_s : float
        Round-trip time, positive.
    capacity_bytes_per_s : float
        What the path carries, positive.
    mss_bytes, initial_window, window_max_bytes
        Segment size, first window in segments [1]_, largest window. The window doubles from round to round.

    Returns
    -------
    list of (float, float)
        Bytes and seconds of each round, in order; none for nothing to send. Connecting is not included, nor the half
        round trip until the last byte has arrived.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Notes
    -----
    Round k sends ``W_k = min(initial_window * mss * 2**k, window_max)`` bytes at ``W_k / rtt`` or, if that is less,
    at the capacity of the path; the last round, whose bytes fit into the window, at the capacity alone.

    References
    ----------
    .. [1] J. Chu et al., "Increasing TCP's Initial Window", RFC 6928, 2013.
    .. [2] M. Allman, V. Paxson, E. Blanton, "TCP Congestion Control", RFC 5681, 2009, section 3.1.

    Examples
    --------
    >>> slow_start_rounds(40_000, rtt_s=0.1, capacity_bytes_per_s=1e8)
    [(14480.0, 0.1), (25520.0, 0.0002552)]
    """
    positive = min(rtt_s, capacity_bytes_per_s, mss_bytes, float(initial_window), window_max_bytes)
    if size_bytes < 0.0 or not positive > 0.0:
        msg = (
            f"size {size_bytes}, rtt {rtt_s}, capacity {capacity_bytes_per_s}: sizes, times and rates must be positive"
        )
        raise ValueError(msg)
    rounds = []
    left = float(size_bytes)
    window = min(initial_window * mss_bytes, window_max_bytes)
    while left > window:
        rounds.append((window, max(rtt_s, window / capacity_bytes_per_s)))
        left -= window
        window = min(2.0 * window, window_max_bytes)
    if left > 0.0:
        rounds.append((left, left / capacity_bytes_per_s))
    return rounds


def slow_start_time(
    size_bytes: float,
    *,
    rtt_s: float,
    capacity_bytes_per_s: float,
    mss_bytes: float = 1448.0,
    initial_window: int = 10,
    window_max_bytes: float = 3 * 2.0**20,
) -> float:
    """Seconds an uncontended transfer on a new connection takes; see `slow_start_rounds`.

    Examples
    --------
    >>> round(slow_start_time(40_000, rtt_s=0.1, capacity_bytes_per_s=1e8), 7)
    0.1002552
    """
    rounds = slow_start_rounds(
        size_bytes,
        rtt_s=rtt_s,
        capacity_bytes_per_s=capacity_bytes_per_s,
        mss_bytes=mss_bytes,
        initial_window=initial_window,
        window_max_bytes=window_max_bytes,
    )
    return sum(duration for _, duration in rounds)
