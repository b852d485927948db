"""Arrivals of pulls and pushes, hour by hour, each addressed so that any window can be drawn alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.bursts import BurstDraw, bursts_of
from georep_sim.draws.curves import HOUR_S, Curve, curve
from georep_sim.draws.poisson import poisson_ppf
from georep_sim.draws.requests import ARRIVAL_DTYPE, K_BITS
from georep_sim.errors import SimulationError
from georep_sim.philox import uniforms
from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case

BOTH: Final = (Operation.PULL, Operation.PUSH)
_HOUR_NS: Final = HOUR_S * NS_PER_S
_WEEK_H: Final = 168


@dataclass(frozen=True)
class Arrivals:
    """The arrivals of one replication, before any is drawn.

    Parameters
    ----------
    cohorts : tuple of str, length n_cohorts
        Client groups, in file order; rows refer to them by index.
    rates_per_s : ndarray of float64, shape (n_cohorts, 2)
        Mean rates over the week of pulls and pushes.
    curves : tuple of Curve, length n_cohorts
        How each group's rates move.
    bursts : tuple of BurstDraw
        Bursts of pulls on top, as drawn for this replication.
    lead_ns : int
        Time from the start of hour 0 (the UTC hour in which the run starts) to the start of the run.
    horizon_ns : int
        Length of the run; there are no arrivals after it.
    seed, replication : int
        Address of the draws.
    """

    cohorts: tuple[str, ...]
    rates_per_s: NDArray[np.float64]
    curves: tuple[Curve, ...]
    bursts: tuple[BurstDraw, ...]
    lead_ns: int
    horizon_ns: int
    seed: int
    replication: int

    def rate_per_s(self, cohort_index: int, operation: int, t_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the arrival rate at instants, profile and bursts of this replication included.

        Parameters
        ----------
        cohort_index, operation : int
            Client group and `Operation`.
        t_s : float or ndarray of float64
            Seconds since the start of the run.
        """
        times = np.asarray(t_s, dtype=np.float64)
        lead_s = self.lead_ns / NS_PER_S
        rate = self.rates_per_s[cohort_index, operation] * self.curves[cohort_index].weight_at(times + lead_s)
        if operation == Operation.PULL:
            for burst in self.bursts:
                rate = rate + burst.rate_per_s(cohort_index, times)
        return np.where((times >= 0.0) & (times < self.horizon_ns / NS_PER_S), rate, 0.0)

    def expected(self, cohort: int, operation: int, start_s: float, end_s: float) -> float:
        """Return the expected number of arrivals in an interval, cut to the run.

        The integral of the profile is exact, changes of the local clock included; the bursts are those of this
        replication, whose counts are fixed.
        """
        start, end = max(start_s, 0.0), min(end_s, self.horizon_ns / NS_PER_S)
        if end <= start:
            return 0.0
        lead_s = self.lead_ns / NS_PER_S
        mean = self.rates_per_s[cohort, operation] * self.curves[cohort].integral(start + lead_s, end + lead_s)
        if operation == Operation.PULL:
            mean += sum(burst.expected(cohort, start, end) for burst in self.bursts)
        return float(mean)

    def draw(self, start_ns: int, end_ns: int, operations: Iterable[int] = BOTH) -> NDArray[Any]:
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
            Columns time_ns i8, cohort i4, operation i1, hour i4 (UTC hour, 0 = the one in which the run starts; of a
            burst its address, see `BurstDraw`), k i4 (place in the order within that hour), burst i4 (index of the
            burst, -1 = none); sorted by (time_ns, cohort, operation, hour, k).

        Raises
        ------
        SimulationError
            If an hour of one group has 2**24 requests or more.
        """
        start, end = max(start_ns, 0), min(end_ns, self.horizon_ns)
        parts = [np.empty(0, dtype=ARRIVAL_DTYPE)]
        if start < end:
            for cohort in range(len(self.cohorts)):
                for operation in sorted(set(operations)):
                    parts += [part[_within(part, start, end)] for part in self._parts(cohort, operation, start, end)]
        rows = np.concatenate(parts)
        # The parts come in order of (cohort, operation, hour, k), so that a stable sort by time does the rest.
        return rows[np.argsort(rows["time_ns"], kind="stable")]

    def hour_classes(self, n: int = 4) -> NDArray[np.int64]:
        """Return a class for each UTC hour of the run, from its expected rates, bursts apart.

        Parameters
        ----------
        n : int, default 4
            Largest number of classes.

        Returns
        -------
        ndarray of int64, shape (n_hours,)
            Classes from 0, in order of rising total rate. Hours with equal rates of every group share a class; where
            that makes more than `n`, hours are classed by quantiles of the total rate.
        """
        hours = self.curves[0].first.size - 1 if self.curves else self._hours(self.horizon_ns)
        rates = np.zeros((hours, len(self.cohorts)))
        for cohort, shape in enumerate(self.curves):
            rates[:, cohort] = self.rates_per_s[cohort].sum() * shape.hour_mass_s / HOUR_S
        # Nine digits: rates that differ by rounding alone are equal.
        scale = rates.max(initial=0.0)
        rates = np.round(rates / scale, 9) if scale > 0.0 else rates
        total = rates.sum(axis=1).round(9)
        kinds, which = np.unique(np.column_stack([total, rates]), axis=0, return_inverse=True)
        if len(kinds) <= n:
            return np.asarray(which.reshape(-1), dtype=np.int64)
        levels = np.quantile(total, np.arange(1, n) / n)
        classes = np.unique(np.searchsorted(levels, total, side="left"), return_inverse=True)[1]
        return np.asarray(classes, dtype=np.int64)

    def _hours(self, time_ns: int) -> int:
        return -(-(time_ns + self.lead_ns) // _HOUR_NS)

    def _parts(self, cohort: int, operation: int, start_ns: int, end_ns: int) -> Iterator[NDArray[Any]]:
        """Yield the arrivals of whole hours, then those of bursts; each in order of (hour, k)."""
        if self.rates_per_s[cohort, operation] > 0.0:
            hours = np.arange((start_ns + self.lead_ns) // _HOUR_NS, self._hours(end_ns))
            yield self._ordinary(cohort, operation, hours)
        if operation == Operation.PULL:
            drawn = [part for i, burst in enumerate(self.bursts) for part in burst.draw(i, cohort, start_ns, end_ns)]
            yield from sorted(drawn, key=lambda part: part["hour"][:1].tolist())

    def _ordinary(self, cohort: int, operation: int, hours: NDArray[np.int64]) -> NDArray[Any]:
        name = f"clients/{self.cohorts[cohort]}/{Operation(operation).name.lower()}"
        shape = self.curves[cohort]
        mean = self.rates_per_s[cohort, operation] * shape.hour_mass_s[hours]
        count = poisson_ppf(uniforms(self.seed, self.replication, f"{name}/count", hours), mean)
        if count.size and count.max() >= 1 << K_BITS:
            msg = f"{name}: {count.max()} requests in one hour; lower the rate below 2**24 an hour or split the group"
            raise SimulationError(msg)
        hour = np.repeat(hours, count)
        ends = np.cumsum(count)
        k = np.arange(hour.size) - np.repeat(ends - count, count)
        u = uniforms(self.seed, self.replication, f"{name}/instant", hour, sub=k)
        rows = np.zeros(hour.size, dtype=ARRIVAL_DTYPE)
        # Hours do not overlap: sorted by time they stay together, and k counts in each as before.
        rows["time_ns"] = np.sort(shape.instants_ns(hour, u)) - self.lead_ns
        rows["cohort"], rows["operation"], rows["hour"], rows["k"], rows["burst"] = cohort, operation, hour, k, -1
        return rows


def arrivals(case: Case, *, seed: int, replication: int, until_s: float = 0.0) -> Arrivals:
    """Return the arrivals of a case, to be drawn window by window.

    Parameters
    ----------
    case : Case
        Its client groups, bursts, and run.
    seed, replication : int
        Address of the draws.
    until_s : float, default 0
        Arrivals go on until then if that is after the horizon.
    """
    groups = case.workload.clients if case.workload is not None else {}
    end_s = max(case.run.horizon, until_s)
    start = case.run.start.astimezone(UTC)
    first_hour = start.replace(minute=0, second=0, microsecond=0)
    horizon_ns = round(end_s * NS_PER_S)
    lead_ns = (start - first_hour) // timedelta(microseconds=1) * 1_000
    hours = max(-(-(horizon_ns + lead_ns) // _HOUR_NS), 1)
    if until_s > case.run.horizon:
        # Whole weeks: then a few curves serve all that end somewhere beyond the horizon.
        hours = -(-hours // _WEEK_H) * _WEEK_H
    return Arrivals(
        cohorts=tuple(groups),
        rates_per_s=np.array([(c.pulls, c.pushes) for c in groups.values()]).reshape(-1, 2),
        curves=tuple(curve(c.profile, c.timezone, first_hour, hours) for c in groups.values()),
        bursts=bursts_of(case, seed=seed, replication=replication, until_s=end_s),
        lead_ns=lead_ns,
        horizon_ns=horizon_ns,
        seed=seed,
        replication=replication,
    )


def _within(rows: NDArray[Any], start_ns: int, end_ns: int) -> slice:
    low, high = np.searchsorted(rows["time_ns"], [start_ns, end_ns])
    return slice(int(low), int(high))
