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

    from georep_sim.draws.bursts import BurstDraw
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
    cut_ns : int
        Instant, UTC, until which it is played as it is and after which its last `period_ns` are repeated: what a drill
        plays beyond the run's end. 0 = the first `period_ns` of it are repeated, before and after.
    scale : float
        Each request stands for so many: copies of it come within a minute after it, the part behind the point with
        that probability, drawn.
    seed, replication : int
        Address of the draws.
    bursts : tuple of BurstDraw
        Bursts of pulls on top, not scaled.
    """

    spool: Spool
    start_ns: int
    horizon_ns: int
    period_ns: int
    cut_ns: int
    scale: float
    seed: int
    replication: int
    bursts: tuple[BurstDraw, ...] = ()

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
        """Mean rates over the run of pulls and pushes, bursts apart, shape (n_cohorts, 2)."""
        length_s = self.horizon_ns / NS_PER_S
        groups, operations = range(len(self.cohorts)), (Operation.PULL, Operation.PUSH)
        counts = [[self._logged(cohort, op, 0, self.horizon_ns) for op in operations] for cohort in groups]
        return np.array(counts, dtype=np.float64).reshape(-1, 2) * self.scale / length_s

    def rate_per_s(self, cohort_index: int, operation: int, t_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean rate of the UTC hour that each instant lies in, bursts included; 0 outside the run.

        Parameters
        ----------
        cohort_index, operation : int
            Client group and `Operation`.
        t_s : float or ndarray of float64
            Seconds since the start of the run.
        """
        times = np.asarray(t_s, dtype=np.float64)
        rate = self._of_hour(self.spool.by_hour[:, cohort_index, operation], times) * (self.scale / HOUR_S)
        if operation == Operation.PULL:
            for burst in self.bursts:
                rate = rate + burst.rate_per_s(cohort_index, times)
        return np.where((times >= 0.0) & (times < self.horizon_ns / NS_PER_S), rate, 0.0)

    def _of_hour(self, by_hour: NDArray[np.int64], times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Values of the hours of the log that instants of the run lie in."""
        time_ns = self.start_ns + np.rint(times_s * NS_PER_S).astype(np.int64)
        hour = self._in_log(time_ns) // _HOUR_NS - self.spool.first_hour
        return np.where((hour >= 0) & (hour < len(by_hour)), by_hour[np.clip(hour, 0, len(by_hour) - 1)], 0)

    def expected(self, cohort: int, operation: int, start_s: float, end_s: float) -> float:
        """Return the expected number of arrivals in an interval: of the log's, times the scale, and of bursts."""
        mean = self.scale * self._logged(cohort, operation, round(start_s * NS_PER_S), round(end_s * NS_PER_S))
        if operation == Operation.PULL:
            start, end = max(start_s, 0.0), min(end_s, self.horizon_ns / NS_PER_S)
            mean += sum(burst.expected(cohort, start, end) for burst in self.bursts if start < end)
        return mean

    def _logged(self, cohort: int, operation: int, start_ns: int, end_ns: int) -> int:
        stretches = self._stretches(start_ns, end_ns)
        return sum(self.spool.count(cohort, operation, low, high) for low, high, _ in stretches)

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
            As `Arrivals.draw`: `hour` and `k` address a request.

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
            wanted = sorted(set(operations))
            for low_ns, high_ns, shift_ns in self._stretches(start_ns - reach, end_ns):
                rows = self._rows(low_ns, high_ns, shift_ns, wanted)
                parts += [self._copy(rows, j, copies) for j in range(copies)]
            parts += self._bursts(start_ns, end_ns) if Operation.PULL in wanted else []
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
        total = self._of_hour(self.spool.by_hour.sum(axis=(1, 2)), middle_s)
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
        if not self.cut_ns:
            return self.spool.start_ns + (time_ns - self.spool.start_ns) % self.period_ns
        rounds = np.maximum((time_ns - self.cut_ns) // self.period_ns + 1, 0)
        return np.asarray(time_ns - rounds * self.period_ns)

    def _stretches(self, start_ns: int, end_ns: int) -> Iterator[tuple[int, int, int]]:
        """Yield which stretches of the log, UTC, fall into an interval of the run, and by how much they are shifted."""
        start, end = self.start_ns + max(start_ns, 0), self.start_ns + min(end_ns, self.horizon_ns)
        period, first = self.period_ns, self.spool.start_ns
        if not period or self.cut_ns:
            until = min(end, self.cut_ns) if self.cut_ns else end
            if start < until:
                yield start, until, -self.start_ns
        if not period or start >= end:
            return
        if self.cut_ns:
            # Round m is [cut + (m - 1) period, cut + m period), and plays the last period before the cut.
            first = self.cut_ns - period
            rounds = range(max((start - first) // period, 1), max(-(-(end - first) // period), 1))
        else:
            rounds = range((start - first) // period, -(-(end - first) // period))
        for one in rounds:
            shift = one * period
            low, high = max(start - shift, first), min(end - shift, first + period)
            if low < high:
                yield low, high, shift - self.start_ns

    def _bursts(self, start_ns: int, end_ns: int) -> list[NDArray[Any]]:
        cohorts = range(len(self.cohorts))
        drawn = (burst.draw(i, cohort, start_ns, end_ns) for i, burst in enumerate(self.bursts) for cohort in cohorts)
        return [part for parts in drawn for part in parts]

    def _rows(self, low_ns: int, high_ns: int, shift_ns: int, operations: list[int]) -> NDArray[Any]:
        low, high = np.searchsorted(self.spool.time_ns, [low_ns, high_ns])
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
    until_s: float = 0.0,
    bursts: tuple[BurstDraw, ...] = (),
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
    until_s : float, default 0
        Arrivals go on until then if that is after the horizon: with what else the log holds, then with its last whole
        weeks (days, hours) again.
    bursts : tuple of BurstDraw
        Bursts of pulls on top.
    seed, replication : int
        Address of what is drawn: with a scale of 1 nothing.

    Raises
    ------
    InputError
        If the log does not cover the run and is not to be repeated, or is shorter than an hour and is.
    """
    start_ns = (start.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1_000
    horizon_ns = round(horizon_s * NS_PER_S)
    if not 0.0 < scale < math.inf:
        msg = f"trace: scale {scale:g} is not above zero"
        raise InputError(msg)
    length_ns, cut_ns = spool.end_ns - spool.start_ns, 0
    if repeat:
        period_ns = _whole(length_ns)
        if not period_ns:
            msg = f"trace: the log covers {length_ns / NS_PER_S:.0f} s; only an hour or more can be repeated"
            raise InputError(msg)
    else:
        _refuse_uncovered(spool, start, start_ns, horizon_ns)
        # Whole hours, so that requests keep their places in the order within them.
        cut_ns = max(spool.end_ns // _HOUR_NS, -(-(start_ns + horizon_ns) // _HOUR_NS)) * _HOUR_NS
        period_ns = _whole(cut_ns - spool.start_ns) if until_s > horizon_s else 0
    end_ns = max(horizon_ns, round(until_s * NS_PER_S))
    return TraceArrivals(spool, start_ns, end_ns, period_ns, cut_ns, scale, seed, replication, bursts)


def _whole(length_ns: int) -> int:
    """The longest stretch no longer than this of whole weeks, else whole days, else whole hours; 0 if it is shorter."""
    unit = next((unit for unit in _PERIODS if length_ns >= unit), 0)
    return length_ns // unit * unit if unit else 0


def _refuse_uncovered(spool: Spool, start: datetime, start_ns: int, horizon_ns: int) -> None:
    # Requests are rare enough that neither end shows to the second.
    if start_ns >= spool.start_ns - _HOUR_NS and start_ns + horizon_ns <= spool.end_ns + _HOUR_NS:
        return
    first, last = (datetime.fromtimestamp(t // NS_PER_S, tz=UTC).isoformat() for t in (spool.start_ns, spool.end_ns))
    msg = f"trace: the log covers {first} to {last}, not the whole run from {start.isoformat()} on"
    msg = f"{msg}; set run.start and run.horizon within it, or repeat: true"
    raise InputError(msg)
