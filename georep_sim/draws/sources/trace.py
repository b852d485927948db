"""Arrivals of a real log in place of drawn ones: the same rows for a window, addressed in the same way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.curves import HOUR_S
from georep_sim.draws.requests import ARRIVAL_DTYPE, K_BITS, request_index
from georep_sim.errors import InputError, SimulationError
from georep_sim.philox import uniforms
from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from georep_sim.draws.sources.spool import Spool

_HOUR_NS: Final = HOUR_S * NS_PER_S
#: A log is repeated after whole weeks, of a shorter one days, else hours.
_PERIODS: Final = (7 * 24 * _HOUR_NS, 24 * _HOUR_NS, _HOUR_NS)
#: Further copies of a request, under a scale above 1, come within this time after it (assumed).
SPREAD_S: Final = 60.0
_SPREAD_NS: Final = round(SPREAD_S * NS_PER_S)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TraceArrivals:
    """Arrivals of a log, under the methods of `draws.arrivals.Arrivals`.

    Parameters
    ----------
    spool : Spool
        The log.
    start_ns : int
        Start of the run, UTC.
    horizon_ns : int
        Length of the run; there are no arrivals after it.
    period_ns : int
        The log begins anew after so long, whole hours; 0 = it is not repeated.
    scale : float
        Each request stands for so many: copies of it come within a minute after it, the part behind the point with
        that probability, drawn.
    seed, replication : int
        Address of the draws.
    """

    spool: Spool
    start_ns: int
    horizon_ns: int
    period_ns: int
    scale: float
    seed: int
    replication: int

    @property
    def cohorts(self) -> tuple[str, ...]:
        """Client groups; rows refer to them by index."""
        return self.spool.cohorts

    @property
    def lead_ns(self) -> int:
        """Time from the start of hour 0, the UTC hour in which the run starts, to the start of the run."""
        return self.start_ns % _HOUR_NS

    @property
    def rates_per_s(self) -> NDArray[np.float64]:
        """Mean rates over the log of pulls and pushes, shape (n_cohorts, 2)."""
        length_s = max(self.spool.end_ns - self.spool.start_ns, 1) / NS_PER_S
        return np.asarray(self.scale * self.spool.by_hour.sum(axis=0) / length_s, dtype=np.float64)

    def rate_per_s(self, cohort_index: int, operation: int, t_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean rate of the UTC hour that each instant lies in; 0 outside the run.

        Parameters
        ----------
        cohort_index, operation : int
            Client group and `Operation`.
        t_s : float or ndarray of float64
            Seconds since the start of the run.
        """
        times = np.asarray(t_s, dtype=np.float64)
        time_ns = self.start_ns + np.rint(times * NS_PER_S).astype(np.int64)
        hour = self._in_log(time_ns) // _HOUR_NS - self.spool.first_hour
        counts = self.spool.by_hour[:, cohort_index, operation]
        found = counts[np.clip(hour, 0, len(counts) - 1)] * (self.scale / HOUR_S)
        is_in = (hour >= 0) & (hour < len(counts)) & (times >= 0.0) & (times < self.horizon_ns / NS_PER_S)
        return np.where(is_in, found, 0.0)

    def expected(self, cohort: int, operation: int, start_s: float, end_s: float) -> float:
        """Return the expected number of arrivals in an interval: of the log's, times the scale."""
        total = 0
        for low, high, _ in self._stretches(round(start_s * NS_PER_S), round(end_s * NS_PER_S)):
            mine = (self.spool.cohort[low:high] == cohort) & (self.spool.operation[low:high] == operation)
            total += int(np.count_nonzero(mine))
        return self.scale * total

    def draw(
        self, start_ns: int, end_ns: int, operations: Iterable[int] = (Operation.PULL, Operation.PUSH)
    ) -> NDArray[Any]:
        """Return the arrivals in an interval.

        Parameters
        ----------
        start_ns, end_ns : int
            From `start_ns` to before `end_ns`, since the start of the run; cut to the run.
        operations : iterable of int, default both
            `Operation` values wanted.

        Returns
        -------
        ndarray, shape (n_arrivals,)
            As `Arrivals.draw`: `hour` and `k` address a request; `burst` is -1.

        Raises
        ------
        SimulationError
            If an hour of one group has 2**24 requests or more, copies included.
        """
        copies = max(math.ceil(self.scale), 1)
        reach = _SPREAD_NS if copies > 1 else 0
        start_ns, end_ns = max(start_ns, 0), min(end_ns, self.horizon_ns)
        parts = [np.zeros(0, dtype=ARRIVAL_DTYPE)]
        if start_ns < end_ns:
            for low, high, shift_ns in self._stretches(start_ns - reach, end_ns):
                rows = self._rows(low, high, shift_ns, list(operations))
                parts += [self._copy(rows, j, copies) for j in range(copies)]
        rows = np.concatenate(parts)
        rows = rows[(rows["time_ns"] >= start_ns) & (rows["time_ns"] < end_ns)]
        return rows[np.lexsort([rows[name] for name in ("k", "hour", "operation", "cohort", "time_ns")])]

    def hour_classes(self, n: int = 4) -> NDArray[np.int64]:
        """Return a class for each UTC hour of the run, by quantiles of the log's total rate.

        Parameters
        ----------
        n : int, default 4
            Largest number of classes.

        Returns
        -------
        ndarray of int64, shape (n_hours,)
            Classes from 0, in order of rising total rate.
        """
        hours = max(-(-(self.horizon_ns + self.lead_ns) // _HOUR_NS), 1)
        middle_s = (np.arange(hours) + 0.5) * HOUR_S - self.lead_ns / NS_PER_S
        # The middle of the first and the last hour may lie outside the run.
        middle_s = np.clip(middle_s, 0.0, np.nextafter(self.horizon_ns / NS_PER_S, 0.0))
        total = np.zeros(hours)
        for cohort in range(len(self.cohorts)):
            for operation in (Operation.PULL, Operation.PUSH):
                total += self.rate_per_s(cohort, operation, middle_s)
        kinds, which = np.unique(total, return_inverse=True)
        if len(kinds) <= n:
            return np.asarray(which, dtype=np.int64)
        levels = np.quantile(total, np.arange(1, n) / n)
        return np.asarray(
            np.unique(np.searchsorted(levels, total, side="left"), return_inverse=True)[1], dtype=np.int64
        )

    def _in_log(self, time_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Instants of the log that stand for instants, UTC."""
        if not self.period_ns:
            return time_ns
        return self.spool.start_ns + (time_ns - self.spool.start_ns) % self.period_ns

    def _stretches(self, start_ns: int, end_ns: int) -> Iterator[tuple[int, int, int]]:
        """Yield which rows of the log fall into an interval of the run, and by how much they are shifted."""
        start, end = self.start_ns + max(start_ns, 0), self.start_ns + min(end_ns, self.horizon_ns)
        first = self.spool.start_ns
        rounds = range(1)
        if self.period_ns:
            rounds = range((start - first) // self.period_ns, -(-(end - first) // self.period_ns))
        for one in rounds:
            shift = one * self.period_ns
            low, high = start - shift, end - shift
            if self.period_ns:
                low, high = max(low, first), min(high, first + self.period_ns)
            if low < high:
                at = np.searchsorted(self.spool.time_ns, [low, high])
                yield int(at[0]), int(at[1]), shift - self.start_ns

    def _rows(self, low: int, high: int, shift_ns: int, operations: list[int]) -> NDArray[Any]:
        kept = np.flatnonzero(np.isin(self.spool.operation[low:high], operations)) + low
        rows = np.zeros(len(kept), dtype=ARRIVAL_DTYPE)
        for name in ("time_ns", "cohort", "operation", "k"):
            rows[name] = getattr(self.spool, name)[kept]
        rows["time_ns"] += shift_ns
        rows["hour"] = (rows["time_ns"] + self.lead_ns) // _HOUR_NS
        rows["burst"] = -1
        return rows

    def _copy(self, rows: NDArray[Any], j: int, copies: int) -> NDArray[Any]:
        """The j-th copy of requests, those that are drawn to have one; it follows at an instant of its own."""
        rows = rows.copy()
        rows["k"] = _widened(rows["k"], copies) + j
        if j + 1 <= self.scale and j == 0:
            return rows
        index = request_index(rows)
        for cohort, name in enumerate(self.cohorts):
            mine = np.flatnonzero(rows["cohort"] == cohort)
            u = uniforms(self.seed, self.replication, f"trace/{name}/later", index[mine], sub=rows["operation"][mine])
            rows["time_ns"][mine] += np.rint(u * _SPREAD_NS).astype(np.int64) if j else 0
        if j + 1 <= self.scale:
            return rows
        kept = np.zeros(len(rows), dtype=np.bool_)
        for cohort, name in enumerate(self.cohorts):
            mine = np.flatnonzero(rows["cohort"] == cohort)
            u = uniforms(self.seed, self.replication, f"trace/{name}/kept", index[mine], sub=rows["operation"][mine])
            kept[mine] = u < self.scale - j
        return rows[kept]


def _widened(k: NDArray[np.int32], copies: int) -> NDArray[np.int32]:
    """Places in the order with room for copies."""
    if k.size and (int(k.max()) + 1) * copies > 1 << K_BITS:
        msg = f"trace: {(int(k.max()) + 1) * copies} requests of a group in one hour; split the group or lower `scale`"
        raise SimulationError(msg)
    return k * np.int32(copies)


def arrivals_of_trace(
    spool: Spool,
    *,
    start: datetime,
    horizon_s: float,
    scale: float = 1.0,
    repeat: bool = False,
    seed: int,
    replication: int,
) -> TraceArrivals:
    """Return the arrivals of a log, to be drawn window by window.

    Parameters
    ----------
    spool : Spool
        The log, from `spool_trace`.
    start : datetime
        Start of the run, with a time zone.
    horizon_s : float
        Length of the run.
    scale : float, default 1
        Requests that each of the log stands for.
    repeat : bool, default False
        Begin the log anew after the whole weeks that it covers (of a shorter one days, else hours); what is left of it
        is left out.
    seed, replication : int
        Address of what is drawn: with a scale of 1 nothing.

    Raises
    ------
    InputError
        If the log does not cover the run and is not to be repeated, or is shorter than an hour and is.
    """
    start_ns = (start.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1_000
    horizon_ns = round(horizon_s * NS_PER_S)
    if scale <= 0.0:
        msg = f"trace: scale {scale:g} is not above zero"
        raise InputError(msg)
    length_ns = spool.end_ns - spool.start_ns
    period_ns = 0
    if repeat:
        unit = next((unit for unit in _PERIODS if length_ns >= unit), 0)
        if not unit:
            msg = f"trace: the log covers {length_ns / NS_PER_S:.0f} s; only an hour or more can be repeated"
            raise InputError(msg)
        period_ns = length_ns // unit * unit
    # Requests are rare enough that neither end shows to the second.
    elif start_ns < spool.start_ns - _HOUR_NS or start_ns + horizon_ns > spool.end_ns + _HOUR_NS:
        first, last = (datetime.fromtimestamp(t / NS_PER_S, tz=UTC).isoformat() for t in (spool.start_ns, spool.end_ns))
        msg = f"trace: the log covers {first} to {last}, not the whole run from {start.isoformat()} on"
        msg = f"{msg}; set run.start and run.horizon within it, or repeat: true"
        raise InputError(msg)
    return TraceArrivals(spool, start_ns, horizon_ns, period_ns, scale, seed, replication)
