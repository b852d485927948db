"""Bursts of pulls: a rollout, a replacement of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.clocks import Clock
from georep_sim.draws.requests import ARRIVAL_DTYPE
from georep_sim.laws import Constant
from georep_sim.noise import key_of
from georep_sim.philox import uniforms
from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case
    from georep_sim.scenario.workload import Burst, Client

# Hours of the run never reach this bit; the rest of the word addresses a burst's occurrence.
_BURST_BIT: Final = 1 << 30


@dataclass(frozen=True)
class BurstDraw:
    """The occurrences of one burst in one replication.

    Parameters
    ----------
    name : str
        The burst's key.
    groups : mapping of int to (str, int)
        Name and number of pulls of each client group it reaches, by the group's index.
    number : ndarray of int64, shape (n,)
        k of the k-th occurrence.
    start_s : ndarray of float64, shape (n,)
        Starts, s; negative for one under way at time 0, whose earlier pulls are left out.
    within_s : float
        Length of a burst; its pulls are uniform in it.
    seed, replication : int
        Address of the draws.

    Notes
    -----
    The pulls of one occurrence are addressed like those of an hour, so that request ids stay unique: `hour` is bit 30
    plus 30 bits made of the burst's name and the number of the occurrence.
    """

    name: str
    groups: dict[int, tuple[str, int]]
    number: NDArray[np.int64]
    start_s: NDArray[np.float64]
    within_s: float
    seed: int
    replication: int

    def rate_per_s(self, cohort: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rate of one group's pulls at instants; 0 for a burst without length."""
        pulls = self.groups.get(cohort, ("", 0))[1]
        if self.within_s <= 0.0 or pulls == 0:
            return np.zeros_like(times_s)
        begun = np.searchsorted(self.start_s, times_s, side="right")
        over = np.searchsorted(self.start_s + self.within_s, times_s, side="right")
        return np.asarray((begun - over) * (pulls / self.within_s))

    def expected(self, cohort: int, start_s: float, end_s: float) -> float:
        """Return the expected number of one group's pulls in an interval."""
        pulls = self.groups.get(cohort, ("", 0))[1]
        if self.within_s <= 0.0:
            return float(pulls * np.count_nonzero((self.start_s >= start_s) & (self.start_s < end_s)))
        overlap = np.minimum(self.start_s + self.within_s, end_s) - np.maximum(self.start_s, start_s)
        return float(pulls / self.within_s * np.maximum(overlap, 0.0).sum())

    def draw(self, burst: int, cohort: int, start_ns: int, end_ns: int) -> Iterator[NDArray[Any]]:
        """Yield one group's pulls of each occurrence that meets an interval, whole and in order of time.

        Parameters
        ----------
        burst : int
            Written into the column of that name.
        cohort : int
            Index of the client group.
        start_ns, end_ns : int
            The interval.
        """
        group, pulls = self.groups.get(cohort, ("", 0))
        within_ns = self.within_s * NS_PER_S
        starts_ns = np.rint(self.start_s * NS_PER_S).astype(np.int64)
        meets = (starts_ns < end_ns) & (starts_ns + within_ns >= start_ns)
        address = key_of(f"bursts/{self.name}")[0]
        for number, first_ns in zip(self.number[meets].tolist(), starts_ns[meets].tolist(), strict=True):
            k = np.arange(pulls)
            u = uniforms(self.seed, self.replication, f"bursts/{self.name}/{group}/instant", number, sub=k)
            rows = np.zeros(pulls, dtype=ARRIVAL_DTYPE)
            rows["time_ns"] = first_ns + np.rint(np.sort(u) * within_ns).astype(np.int64)
            rows["cohort"], rows["operation"], rows["k"], rows["burst"] = cohort, Operation.PULL, k, burst
            rows["hour"] = _BURST_BIT + (address + number) % _BURST_BIT
            yield rows


def bursts_of(case: Case, *, seed: int, replication: int, until_s: float) -> tuple[BurstDraw, ...]:
    """Return the bursts of a case that begin by `until_s` in one replication, in file order."""
    if case.workload is None:
        return ()
    return tuple(
        _draw(burst, _shares(burst, list(case.workload.clients.values())), until_s, seed, replication)
        for burst in case.workload.bursts.values()
    )


def _draw(burst: Burst, groups: dict[int, tuple[str, int]], horizon_s: float, seed: int, replication: int) -> BurstDraw:
    number, start_s = np.zeros(1, dtype=np.int64), np.array([burst.at if burst.at is not None else 0.0])
    if burst.every is not None:
        clock = Clock(f"bursts/{burst.name}", every=burst.every, lasts=Constant(burst.within))
        occurrences = clock.play(seed=seed, replication=replication, horizon_s=horizon_s)
        number, start_s = occurrences.number, occurrences.start_s
    return BurstDraw(burst.name, groups, number, start_s, burst.within, seed, replication)


def _shares(burst: Burst, clients: list[Client]) -> dict[int, tuple[str, int]]:
    """Deal the pulls of a burst to its groups as their mean rates are, by largest remainder; evenly if none pulls."""
    reached = [i for i, client in enumerate(clients) if {"all", client.name, client.region} & set(burst.where)]
    rates = np.array([clients[i].pulls for i in reached])
    rates = rates if rates.sum() > 0.0 else np.ones(len(reached))
    exact = burst.pulls * rates / rates.sum()
    pulls = np.floor(exact).astype(int)
    # Ties go by name, so that the order of groups in the file leaves no trace.
    order = sorted(range(len(reached)), key=lambda j: (pulls[j] - exact[j], clients[reached[j]].name))
    for j in order[: burst.pulls - int(pulls.sum())]:
        pulls[j] += 1
    return {i: (clients[i].name, int(n)) for i, n in zip(reached, pulls, strict=True)}
