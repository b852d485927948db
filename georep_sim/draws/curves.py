"""Arrival rates over the horizon: a weekly profile in local time, laid over UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.scenario import Profile

HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
# The Unix epoch fell on a Thursday.
_EPOCH_IN_WEEK_S: Final = 3 * _DAY_S


@dataclass(frozen=True)
class Curve:
    """Relative arrival rate, constant between edges, with mean 1 over a nominal week.

    Time counts from the UTC hour in which the run starts, so that hour h is from 3600 h to 3600 (h + 1). Every edge
    is a whole second: an hour's edge, a boundary of the profile, or a change of the local clock.

    Parameters
    ----------
    edges_s : ndarray of int64, shape (n + 1,)
        From 0 to the end of the hour in which the run ends.
    weight : ndarray of float64, shape (n,)
        Relative rate from each edge to the next.
    mass_s : ndarray of float64, shape (n + 1,)
        Integral of the weight from 0 to each edge.
    first : ndarray of int64, shape (n_hours + 1,)
        Index of the edge at which each hour starts.
    hour_mass_s : ndarray of float64, shape (n_hours,)
        Integral of the weight over each hour; hours that look alike have equal bits.
    """

    edges_s: NDArray[np.int64]
    weight: NDArray[np.float64]
    mass_s: NDArray[np.float64]
    first: NDArray[np.int64]
    hour_mass_s: NDArray[np.float64]

    def weight_at(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the relative rate at instants; right-continuous, the nearest edge's outside the range."""
        segment = np.searchsorted(self.edges_s, time_s, side="right") - 1
        return self.weight[np.clip(segment, 0, self.weight.size - 1)]

    def integral(self, start_s: float, end_s: float) -> float:
        """Return the integral of the weight over an interval, cut to the range."""
        low, high = np.interp([start_s, end_s], self.edges_s, self.mass_s)
        return max(float(high - low), 0.0)

    def instants_ns(self, hour: NDArray[np.int64], u: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return instants in given hours at given shares of the hour's integral.

        Parameters
        ----------
        hour : ndarray of int64, shape (n,)
            Hours.
        u : ndarray of float64, shape (n,)
            Shares in (0, 1).

        Returns
        -------
        ndarray of int64, shape (n,)
            Nanoseconds since the start of hour 0, each inside its hour.
        """
        low, high = self.first[hour], self.first[hour + 1]
        wanted = u * self.hour_mass_s[hour]
        segment = np.searchsorted(self.mass_s, self.mass_s[low] + wanted, side="right") - 1
        segment = np.clip(segment, low, high - 1)
        missing = wanted - (self.mass_s[segment] - self.mass_s[low])
        weight = self.weight[segment]
        into_s = np.divide(missing, weight, out=np.zeros_like(missing), where=weight > 0.0)
        start_ns = (self.edges_s[segment] - HOUR_S * hour) * 10**9
        within_ns = start_ns + np.rint(into_s * 1e9).astype(np.int64)
        return np.asarray(HOUR_S * 10**9 * hour + np.clip(within_ns, 0, HOUR_S * 10**9 - 1), dtype=np.int64)


# Pure and costly enough to keep: the same few curves serve every replication.
@lru_cache(maxsize=128)
def curve(profile: Profile, timezone: str, first_hour: datetime, hours: int) -> Curve:
    """Return the relative rate of a profile over some UTC hours.

    Parameters
    ----------
    profile : Profile
        Weights over a week of local time.
    timezone : str
        IANA name of the local time; daylight saving follows it.
    first_hour : datetime
        A whole hour in UTC.
    hours : int
        Number of hours.

    Notes
    -----
    The mean over a nominal week is 1. In a week in which the clock changes an hour of the profile is met twice or not
    at all, so that such a week's mean differs.
    """
    base = int(first_hour.timestamp())
    since, ahead = _clock_changes(ZoneInfo(timezone), base, base + HOUR_S * hours)
    week_edges, week_weights = _week(profile)
    hour_edges = base + HOUR_S * np.arange(hours + 1)
    parts = [hour_edges, since]
    for start, end, shift in zip(since, np.append(since[1:], hour_edges[-1]), ahead, strict=True):
        # Local seconds since a Monday midnight in 1970.
        low, high = start + shift + _EPOCH_IN_WEEK_S, end + shift + _EPOCH_IN_WEEK_S
        weeks = np.arange(low // _WEEK_S, high // _WEEK_S + 1)
        local = (weeks[:, None] * _WEEK_S + week_edges).ravel()
        parts.append(local[(local > low) & (local < high)] - shift - _EPOCH_IN_WEEK_S)
    edges = np.unique(np.concatenate(parts))
    period = np.searchsorted(since, edges[:-1], side="right") - 1
    local = (edges[:-1] + ahead[period] + _EPOCH_IN_WEEK_S) % _WEEK_S
    weight = week_weights[np.searchsorted(week_edges, local, side="right") - 1]
    masses = weight * np.diff(edges)
    first = np.searchsorted(edges, hour_edges)
    # Summed hour by hour, not as differences of one long sum: equal hours keep equal bits wherever they lie.
    hour_masses = np.add.reduceat(masses, first[:-1])
    return Curve(edges - base, weight, np.concatenate([[0.0], np.cumsum(masses)]), first, hour_masses)


def _week(profile: Profile) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Start of each stretch of the week (s since Monday 00:00) and its weight, with mean 1."""
    minutes = {0, *(minute % 1440 for span in profile.spans for minute in (span.start_minute, span.end_minute))}
    starts = [(day, minute) for day in range(7) for minute in sorted(minutes)]
    weights = [profile.weight_at(day, minute) for day, minute in starts]
    kept = [0, *(i for i, (before, after) in enumerate(pairwise(weights), start=1) if before != after)]
    edges = np.array([starts[i][0] * _DAY_S + starts[i][1] * 60 for i in kept])
    weight = np.array([weights[i] for i in kept])
    mean = np.dot(weight, np.diff(edges, append=_WEEK_S)) / _WEEK_S
    return edges, weight / mean


def _clock_changes(zone: ZoneInfo, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Unix times from which a local clock is so many seconds ahead of UTC, the first of them `start`."""

    def ahead(second: int) -> int:
        """Seconds by which the local clock is ahead of UTC at a Unix time."""
        offset = datetime.fromtimestamp(second, tz=UTC).astimezone(zone).utcoffset()
        return int((offset or timedelta()).total_seconds())

    since, values = [start], [ahead(start)]
    # No zone changes its clock twice within a day.
    for low, high in pairwise([*range(start, end, _DAY_S), end]):
        if ahead(high) != ahead(low):
            before, after = low, high
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if ahead(middle) == ahead(low) else (before, middle)
            if after < end:
                since.append(after)
                values.append(ahead(after))
    return np.array(since), np.array(values)
