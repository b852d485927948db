"""Alternating renewal: the clock behind every random fault row and every random burst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.noise import Stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.laws import Law

# Below this many numbers the scalar generator is the faster one; both give the same bits.
_FEW = 32
_BLOCK = 65_536
_SMALLEST = 2.0**-54
_LARGEST = 1.0 - 2.0**-53


@dataclass(frozen=True)
class Occurrences:
    """What one clock did in one replication, in order of time.

    Parameters
    ----------
    number : ndarray of int64, shape (n,)
        k of the k-th occurrence: the address of whatever else is drawn for it.
    start_s, end_s : ndarray of float64, shape (n,)
        Seconds since the start of the run. A negative start is an occurrence under way at time 0; an end may lie
        beyond the horizon.
    """

    number: NDArray[np.int64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]


_NONE = Occurrences(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Clock:
    """Time in service and time out of it, in turn.

    Parameters
    ----------
    name : str
        Entity the clock belongs to, e.g. ``faults/region-outage/eastus``; draws are named ``<name>/wait``,
        ``<name>/lasts`` and ``<name>/age``, addressed by the number of the occurrence.
    every : Law
        Time in service, s: from the end of an occurrence to the start of the next.
    lasts : Law
        Length of an occurrence, s.
    stationary : bool, default True
        Whether the clock has been running for ever, or starts new at time 0.
    overlapping : bool, default False
        Whether `every` runs from start to start: candidate instants in absolute time, for places whose time out of
        service is not the clock's to say (a disk is back when its repair is done, which depends on the design).

    Raises
    ------
    ValueError
        If the mean of `every` is not positive.
    """

    name: str
    every: Law
    lasts: Law
    stationary: bool = True
    overlapping: bool = False

    def __post_init__(self) -> None:
        if not self.every.mean > 0.0:
            msg = f"{self.name}: the mean time between occurrences is {self.every.mean} s, must be positive"
            raise ValueError(msg)

    @property
    def cycle_s(self) -> float:
        """Mean time from start to start."""
        return self.every.mean + (0.0 if self.overlapping else self.lasts.mean)

    def play(self, *, seed: int, replication: int, horizon_s: float) -> Occurrences:
        """Return the occurrences under way at time 0 or starting before the horizon.

        Notes
        -----
        In equilibrium the clock is inside an occurrence with probability L / (E + L), and the time left, there or in
        service, has density S(x) / mean [1]_. One number decides both, so that a sweep moves the draws monotonically.

        References
        ----------
        .. [1] D. R. Cox, "Renewal Theory", Methuen, 1962, sections 5.2 and 7.2.
        """
        waits = Stream(seed, replication, f"{self.name}/wait")
        u = waits.u(0)
        down = self.lasts.mean / self.cycle_s if self.stationary and not self.overlapping else 0.0
        if u < down:
            begun = self._under_way(_inside(u / down), Stream(seed, replication, f"{self.name}/age"))
            following = begun.end_s.item() + self.every.ppf(waits.u(1))
            return _joined(
                begun, self._from(following, number=1, seed=seed, replication=replication, horizon_s=horizon_s)
            )
        u = _inside((u - down) / (1.0 - down))
        first = self.every.residual_ppf(u) if self.stationary else self.every.ppf(u)
        return self._from(first, number=0, seed=seed, replication=replication, horizon_s=horizon_s)

    def _under_way(self, u: float, ages: Stream) -> Occurrences:
        """Return the occurrence that holds at time 0: what is left of it, then its age given that."""
        left = self.lasts.residual_ppf(u)
        beyond = _inside(1.0 - ages.u(0) * self.lasts.sf(left))
        age = max(self.lasts.ppf(beyond) - left, 0.0)
        return Occurrences(np.zeros(1, dtype=np.int64), np.array([-age]), np.array([left]))

    def _from(self, start_s: float, *, number: int, seed: int, replication: int, horizon_s: float) -> Occurrences:
        """Return the occurrences from one whose start is known, in blocks."""
        if start_s >= horizon_s:
            return _NONE
        numbers: list[NDArray[np.int64]] = []
        starts: list[NDArray[np.float64]] = []
        ends: list[NDArray[np.float64]] = []
        waits = Stream(seed, replication, f"{self.name}/wait")
        lengths = Stream(seed, replication, f"{self.name}/lasts")
        while start_s < horizon_s:
            count = min(2 + int(1.1 * (horizon_s - start_s) / self.cycle_s), _BLOCK)
            length = _values(self.lasts, lengths, number, count)
            wait = _values(self.every, waits, number + 1, count)
            steps = np.empty(2 * count + 1)
            steps[0], steps[1::2], steps[2::2] = start_s, 0.0 if self.overlapping else length, wait
            # A running sum adds one by one, so the size of the blocks leaves no trace.
            instants = np.cumsum(steps)
            numbers.append(np.arange(number, number + count))
            starts.append(instants[:-1:2])
            ends.append(instants[:-1:2] + length)
            start_s, number = float(instants[-1]), number + count
        found = Occurrences(np.concatenate(numbers), np.concatenate(starts), np.concatenate(ends))
        return _cut(found, horizon_s)


def _values(law: Law, stream: Stream, first: int, count: int) -> NDArray[np.float64]:
    if count < _FEW:
        return np.array([law.ppf(stream.u(index)) for index in range(first, first + count)])
    return law.ppf_many(stream.many(np.arange(first, first + count)))


def _inside(u: float) -> float:
    """Keep a number that rounding took to an end of (0, 1) inside."""
    return min(max(u, _SMALLEST), _LARGEST)


def _joined(first: Occurrences, second: Occurrences) -> Occurrences:
    return Occurrences(
        np.concatenate([first.number, second.number]),
        np.concatenate([first.start_s, second.start_s]),
        np.concatenate([first.end_s, second.end_s]),
    )


def _cut(found: Occurrences, horizon_s: float) -> Occurrences:
    inside = int(np.searchsorted(found.start_s, horizon_s))
    return Occurrences(found.number[:inside], found.start_s[:inside], found.end_s[:inside])
