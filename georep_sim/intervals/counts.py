"""Exact intervals for counts."""

from __future__ import annotations

from georep_sim.intervals.interval import Interval, require_level


def clopper_pearson(count: int, trials: int, *, level: float = 0.95) -> Interval:
    """Interval of a probability from a count of independent trials.

    Parameters
    ----------
    count, trials : int
        ``0 <= count <= trials``, at least one trial.
    level : float, default 0.95
        Confidence level; the true coverage is never lower.

    Returns
    -------
    Interval
        With no event, or nothing but events, one end is 0 or 1 and the note says that the other is a bound.

    Raises
    ------
    ValueError
        If the counts make no sense.

    References
    ----------
    .. [1] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
       binomial", Biometrika 26(4), 1934, pages 404-413.

    Examples
    --------
    >>> interval = clopper_pearson(0, 100)
    >>> interval.low, round(interval.high, 5)
    (0.0, 0.03622)
    """
    from scipy.special import betaincinv  # noqa: PLC0415  (costly to import; only results come here)

    require_level(level)
    if not 0 <= count <= trials or trials < 1:
        msg = f"{count} of {trials}: the count must be from 0 to the number of trials, and there must be a trial"
        raise ValueError(msg)
    tail = 0.5 * (1.0 - level)
    low = float(betaincinv(count, trials - count + 1, tail)) if count else 0.0
    high = 1.0 - float(betaincinv(trials - count, count + 1, tail)) if count < trials else 1.0
    if 0 < count < trials:
        return Interval(count / trials, low, high, "clopper_pearson")
    return Interval(count / trials, low, high, "clopper_pearson", f"{'no' if not count else 'only'} events: a bound")


def poisson(count: int, exposure: float, *, level: float = 0.95) -> Interval:
    """Interval of a rate from a count of independent events.

    Parameters
    ----------
    count : int
        Events seen.
    exposure : float
        Time (or group-years, …) watched, positive; the rate is per unit of it.
    level : float, default 0.95
        Confidence level; the true coverage is never lower.

    Returns
    -------
    Interval
        With no event the low end is 0 and the note says that the high end is a bound.

    Raises
    ------
    ValueError
        If the count is negative or the exposure not positive.

    References
    ----------
    .. [1] F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28(3/4), 1936, pages 437-442.

    Examples
    --------
    >>> round(poisson(0, 1.0).high, 4), round(poisson(10, 1.0).low, 4), round(poisson(10, 1.0).high, 4)
    (3.6889, 4.7954, 18.3904)
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  (costly to import; only results come here)

    require_level(level)
    if count < 0 or not exposure > 0.0:
        msg = f"{count} events in {exposure}: the count must not be negative and the exposure positive"
        raise ValueError(msg)
    tail = 0.5 * (1.0 - level)
    low = float(gammaincinv(count, tail)) if count else 0.0
    high = float(gammaincinv(count + 1, 1.0 - tail))
    note = "" if count else "no events: a bound"
    return Interval(count / exposure, low / exposure, high / exposure, "poisson", note)
