"""Rates as means over the week, and the weights of its hours, from arrivals counted by quarter hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from georep_sim.draws.fit.observed import QUARTER_S
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections import Counter

    from numpy.typing import NDArray

#: Days that are taken together, and how many of each a week has.
DAY_KINDS: Final = ("mon-fri", "sat", "sun")
_DAYS: Final = np.array([5, 1, 1])
_HOURS: Final = 24
#: With fewer arrivals for each hour seen, weights by hour would be noise: within 36 % with 30 (1.96 / sqrt 30).
LEAST_PER_CELL: Final = 30
# Less of an hour than this tells nothing of it: the log begins, or ends, with a request.
_LEAST_S: Final = 1800.0


@dataclass(frozen=True)
class Week:
    """A group's rates over a nominal week.

    Parameters
    ----------
    rates_per_s : ndarray of float64, shape (2,)
        Mean over the week of pulls and of pushes.
    weights : ndarray of float64, shape (3, 24)
        By `DAY_KINDS` and hour of local time, mean 1 over the week; all 1 where too few arrivals were seen.
    is_flat : bool
        Whether there were too few.
    unseen : int
        Hours of the 72 of which the log covers less than half of one; filled with what the same hour of other days shows, or the mean.
    """

    rates_per_s: NDArray[np.float64]
    weights: NDArray[np.float64]
    is_flat: bool
    unseen: int


def week_of(arrivals: Counter[tuple[int, int]], *, start_ns: int, end_ns: int, timezone: str) -> Week:
    """Return the week that arrivals show.

    Parameters
    ----------
    arrivals : Counter of (int, int)
        Number by quarter hour since 1970 and `Operation`.
    start_ns, end_ns : int
        What the log covers, UTC.
    timezone : str
        IANA name of the local time.

    Notes
    -----
    Each hour of each kind of day has its own rate: arrivals over the time that the log covers of it. The mean over the
    week weighs them as a week has them, so that a log of five working days does not count its week-end as quiet or
    busy as these.
    """
    first, last = start_ns // (QUARTER_S * NS_PER_S), max(end_ns - 1, start_ns) // (QUARTER_S * NS_PER_S)
    quarters = np.arange(first, last + 1)
    cell = _cells(quarters, ZoneInfo(timezone))
    edges_s = np.clip(np.append(quarters, last + 1) * QUARTER_S, start_ns / NS_PER_S, end_ns / NS_PER_S)
    exposure_s = np.bincount(cell, weights=np.diff(edges_s), minlength=3 * _HOURS).astype(np.float64)
    counts = np.zeros((2, len(quarters)))
    for (quarter, operation), n in arrivals.items():
        counts[operation, min(max(quarter - first, 0), len(quarters) - 1)] += n
    by_cell = np.array([np.bincount(cell, weights=row, minlength=3 * _HOURS) for row in counts])
    is_seen = exposure_s >= _LEAST_S
    cells = max(int(np.count_nonzero(is_seen)), 1)
    is_flat = bool(by_cell.sum() < LEAST_PER_CELL * cells)
    total_s = float(exposure_s.sum()) or 1.0
    rates = np.array([_filled(row, exposure_s) for row in by_cell])
    if is_flat:
        rates = np.repeat(by_cell.sum(axis=1, keepdims=True) / total_s, 3 * _HOURS, axis=1)
    share = np.repeat(_DAYS, _HOURS) / (7.0 * _HOURS)
    total = rates.sum(axis=0)
    mean = float((total * share).sum())
    weights = np.ones(3 * _HOURS) if is_flat or mean <= 0.0 else total / mean
    return Week(
        rates_per_s=(rates * share).sum(axis=1),
        weights=weights.reshape(3, _HOURS),
        is_flat=is_flat,
        unseen=int(np.count_nonzero(~is_seen)),
    )


def _cells(quarters: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Kind of day and hour of each quarter hour, as 24 x kind + hour."""
    out = np.empty(len(quarters), dtype=np.int64)
    for k, quarter in enumerate(quarters.tolist()):
        local = datetime.fromtimestamp(quarter * QUARTER_S, tz=UTC).astimezone(zone)
        out[k] = _HOURS * max(local.weekday() - 4, 0) + local.hour
    return out


def _filled(counts: NDArray[np.float64], exposure_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rate of each cell; of one hardly seen, of that hour on other days, else of all."""
    count, time_s = counts.reshape(3, _HOURS), exposure_s.reshape(3, _HOURS)
    everywhere = counts.sum() / max(float(exposure_s.sum()), 1.0)
    hours_s = time_s.sum(axis=0)
    by_hour = np.where(hours_s >= _LEAST_S, count.sum(axis=0) / np.maximum(hours_s, 1.0), everywhere)
    return np.where(time_s >= _LEAST_S, count / np.maximum(time_s, 1.0), by_hour).ravel()


def profile_yaml(week: Week) -> str:
    """Return the week's weights as the language writes a profile, in flow style; neighbours that agree as one.

    Examples
    --------
    >>> flat = Week(np.ones(2), np.ones((3, 24)), True, 0)
    >>> profile_yaml(flat)
    'always'
    """
    weights = np.array([[float(f"{w:.3g}") for w in row] for row in week.weights])
    if np.all(weights == weights[0, 0]):
        return "always"
    days = []
    for day, row in zip(DAY_KINDS, weights, strict=True):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), _HOURS]
        spans = [f"{a:02d}:00-{b:02d}:00: {row[a]:g}" for a, b in pairwise(edges)]
        days.append(f"{day}: {row[0]:g}" if len(spans) == 1 else f"{day}: {{{', '.join(spans)}}}")
    return "{" + ", ".join([*days, "else: 0"]) + "}"
