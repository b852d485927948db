"""One replication of one case: its draws, its timelines, and the windows of it that are worth playing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.draws.arrivals import Arrivals, arrivals
from georep_sim.draws.faults import FaultTable, draw_faults
from georep_sim.draws.images import Catalogue, catalogue, popularity
from georep_sim.draws.rows import fault_rows
from georep_sim.tables import NS_PER_S, Operation, Timeline
from georep_sim.world.lower import topology
from georep_sim.world.sample import Burst, Episode, Span, Window, choose, episodes, spans
from georep_sim.world.unfold import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.scenario import Case

# Requests expected in one window: what the reference plane affords. More in quiet time, which has the most
# weight; phases of an episode are short and alike.
_QUIET_REQUESTS = 500.0
_EPISODE_REQUESTS = 90.0
# A burst is played from its start, when buckets are full and queues empty; one beyond this in part.
_BURST_REQUESTS = 5000.0
# What a burst leaves behind in queues and retries is over by then (assumed).
_BURST_TAIL_NS = 60 * NS_PER_S
# Copies are cheap to play: an hour at a time.
_COPIES_NS = 3600 * NS_PER_S
# Pushes played in full after a fault's start; what lies beyond is sampled.
_FULL_PUSHES = 2500.0
SAMPLED_PUSHES = 600.0


@dataclass(frozen=True)
class Replica:
    """One replication of one case, before anything is played.

    Parameters
    ----------
    case : Case
        Resolved case.
    replication : int
        Number of the replication; with the seed it addresses every draw.
    drill : str
        The fault row of which one episode is forced; empty = none.
    drilled : frozenset of int
        Fault rows that drills stand for, so that replications without one leave them out.
    drill_weight : float
        Expected number of episodes of the forced row in one horizon.
    has_traffic : bool
        Whether requests are to be played: only they miss deleted images after control has settled.
    """

    case: Case
    replication: int
    drill: str = ""
    drilled: frozenset[int] = frozenset()
    drill_weight: float = 0.0
    has_traffic: bool = True

    @property
    def address(self) -> tuple[int, int]:
        """Seed and replication."""
        return self.case.run.seed, self.replication

    @property
    def horizon_ns(self) -> int:
        """Length of the horizon."""
        return round(self.case.run.horizon * NS_PER_S)

    @property
    def warm_up_ns(self) -> int:
        """Time at the start that is played and not counted."""
        return round(self.case.run.warmup * NS_PER_S)

    @cached_property
    def faults(self) -> FaultTable:
        """Fault windows, the same for every design."""
        return draw_faults(self.case, seed=self.case.run.seed, replication=self.replication, drill=self.drill)

    @property
    def row(self) -> int:
        """Index of the forced fault row, -1 if none."""
        return self.faults.names.index(self.drill) if self.drill else -1

    @cached_property
    def timelines(self) -> dict[str, Timeline]:
        """Control state of every design."""
        seed, replication = self.address
        return {
            name: timeline(
                self.case, design, topology(self.case, design), self.faults, seed=seed, replication=replication
            )
            for name, design in self.case.designs.items()
        }

    @cached_property
    def episodes(self) -> list[Episode]:
        """Disturbed stretches of all designs together."""
        restored_ns = _restored_ns(self.case) if self.has_traffic else 0
        return episodes(self.timelines.values(), restored_ns=restored_ns, hold_ns=self.hold_ns, clocks=self._clocks)

    @property
    def hold_ns(self) -> int:
        """For how long success must hold to count as recovered."""
        return round(self.case.measures.recovered.over * NS_PER_S)

    @property
    def _clocks(self) -> dict[tuple[int, str], str]:
        """Clock of each address of the rows that drills stand for."""
        rows = enumerate(fault_rows(self.case)) if self.drilled else ()
        return {(i, thing): g.name for i, row in rows if i in self.drilled for g in row.groups for thing in g.things}

    @cached_property
    def spans(self) -> list[Span]:
        """Counted stretches."""
        return spans(
            self.episodes,
            from_ns=self.warm_up_ns,
            horizon_ns=self.horizon_ns,
            drilled=self.drilled,
            drill=self.row,
            drill_weight=self.drill_weight,
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """Arrival processes of all client groups; in a drill to the end of its episode, which counts in full."""
        until_ns = max((span.end_ns for span in self.spans), default=0) if self.drill else 0
        return arrivals(self.case, seed=self.case.run.seed, replication=self.replication, until_s=until_ns / NS_PER_S)

    @cached_property
    def images(self) -> Catalogue:
        """Images and their layers."""
        return catalogue(self.case, seed=self.case.run.seed, replication=self.replication)

    @cached_property
    def pushes_per_s(self) -> float:
        """Mean rate of pushes of all clients."""
        workload = self.case.workload
        return 0.0 if workload is None else float(sum(client.pushes for client in workload.clients.values()))

    def reach_ns(self, start_ns: int, end_ns: int, pushes: float) -> int:
        """End of the longest stretch from a start, no later than `end_ns`, with no more pushes expected."""
        low, high = start_ns, end_ns
        if self._pushes(start_ns, end_ns) <= pushes:
            return end_ns
        while high - low > NS_PER_S:
            middle = (low + high) // 2
            low, high = (middle, high) if self._pushes(start_ns, middle) <= pushes else (low, middle)
        return max(low, start_ns + NS_PER_S)

    def _pushes(self, start_ns: int, end_ns: int) -> float:
        return self._expected(start_ns, end_ns, (Operation.PUSH,))

    def _expected(self, start_ns: int, end_ns: int, operations: Sequence[Operation]) -> float:
        groups = range(len(self.arrivals.cohorts))
        start_s, end_s = start_ns / NS_PER_S, end_ns / NS_PER_S
        return sum(self.arrivals.expected(g, op, start_s, end_s) for g in groups for op in operations)

    def _bursts(self) -> list[Burst]:
        """Bursts with what they leave behind; those that meet as one."""
        merged: list[Burst] = []
        for start_ns, end_ns, name in sorted(
            (round(start_s * NS_PER_S), round((start_s + burst.within_s) * NS_PER_S) + _BURST_TAIL_NS, burst.name)
            for burst in self.arrivals.bursts
            for start_s in burst.start_s.tolist()
        ):
            last = merged[-1] if merged else None
            if last is not None and start_ns <= last.end_ns:
                names = sorted({*last.name.split("+"), name})
                merged[-1] = Burst("+".join(names), last.start_ns, max(last.end_ns, end_ns))
            else:
                merged.append(Burst(name, start_ns, end_ns))
        return merged

    def windows(self) -> list[Window]:
        """Windows to play, the same for every design."""
        if self.case.run.traffic == "full":
            return [Window(self.warm_up_ns, self.horizon_ns, 1.0, "everything")]
        hours = self.arrivals.hour_classes()
        names = self.faults.names

        def request_length(phase: str, start_ns: int, end_ns: int) -> int:
            wanted = _QUIET_REQUESTS if phase == "quiet" else _EPISODE_REQUESTS
            wanted = _BURST_REQUESTS if phase.startswith("burst") else wanted
            expected = self._expected(start_ns, end_ns, (Operation.PULL, Operation.PUSH))
            return round((end_ns - start_ns) * wanted / max(expected, wanted))

        timed = choose(
            self.spans,
            self.episodes,
            hour_class=hours,
            names=names,
            length_ns=request_length,
            draw=self.address,
            bursts=self._bursts(),
        )
        return timed + self._copy_windows(hours) if self.pushes_per_s > 0.0 else timed

    def _copy_windows(self, hours: NDArray[np.int64]) -> list[Window]:
        """Copies in full from each fault's start, sampled by the hour elsewhere."""
        full, rest = [], []

        def copies_length(_phase: str, start_ns: int, _end_ns: int) -> int:
            return self.reach_ns(start_ns, start_ns + _COPIES_NS, SAMPLED_PUSHES) - start_ns

        for span in self.spans:
            if span.episode < 0:
                rest.append(span)
                continue
            settled_ns = min(span.end_ns, self.episodes[span.episode].settled_ns)
            until = self.reach_ns(span.start_ns, settled_ns, _FULL_PUSHES)
            mended = self.episodes[span.episode].mended_ns
            full.append(
                Window(
                    span.start_ns,
                    until,
                    span.weight,
                    "copies in full",
                    copies_only=True,
                    mended_ns=mended if mended < until else -1,
                )
            )
            if until < span.end_ns:
                rest.append(Span(until, span.end_ns, span.weight, span.episode))
        sampled = choose(
            rest,
            self.episodes,
            hour_class=hours,
            names=self.faults.names,
            length_ns=copies_length,
            draw=self.address,
            name="copies",
        )
        return full + [Window(w.start_ns, w.end_ns, w.weight, w.stratum, copies_only=True) for w in sampled]


def _restored_ns(case: Case) -> int:
    """How long deleted images are missed: until pushes have brought back 99 % of what is pulled of them."""
    horizon_ns = round(case.run.horizon * NS_PER_S)
    workload = case.workload
    pushes_per_s = 0.0 if workload is None else sum(client.pushes for client in workload.clients.values())
    if workload is None or pushes_per_s <= 0.0:
        return horizon_ns
    return min(
        horizon_ns, round(_missed_s(workload.content.popularity, workload.content.images, pushes_per_s) * NS_PER_S)
    )


@lru_cache(maxsize=64)
def _missed_s(knots: tuple[tuple[float, float], ...], images: int, pushes_per_s: float) -> float:
    """Time until pushes, which choose images as pulls do, have reached 99 % of what is pulled."""
    chance = popularity(knots, images)
    low, high = 0.0, 1.0 / pushes_per_s
    while float(np.sum(chance * np.exp(-pushes_per_s * chance * high))) > 0.01:
        low, high = high, 2.0 * high
    for _ in range(20):
        middle = 0.5 * (low + high)
        left = float(np.sum(chance * np.exp(-pushes_per_s * chance * middle)))
        low, high = (middle, high) if left > 0.01 else (low, middle)
    return high
