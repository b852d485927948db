"""One replication of one case: its draws, its timelines, and the windows of it that are worth playing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.draws.arrivals import Arrivals, arrivals
from georep_sim.draws.faults import FaultTable, draw_faults
from georep_sim.draws.images import Catalogue, catalogue, popularity
from georep_sim.draws.rows import fault_rows
from georep_sim.tables import NS_PER_S, Operation, Timeline
from georep_sim.world.budget import Budget, Engine, budget_of
from georep_sim.world.lower import topology
from georep_sim.world.sample import Episode, Span, episodes, spans
from georep_sim.world.strata import Burst, Window, choose
from georep_sim.world.unfold import timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from georep_sim.draws.sources.trace import TraceArrivals
    from georep_sim.scenario import Case

# What a burst leaves behind in queues and retries is over by then (assumed).
_BURST_TAIL_NS = 60 * NS_PER_S
_DAY_NS = 86_400 * NS_PER_S
_BOTH = (Operation.PULL, Operation.PUSH)


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
    engine : str, default "compiled"
        Data plane, ``compiled`` or ``reference``: how much it can afford decides what is played.
    sizes : Budget or None
        Sizes of windows other than those of the plane, for validation.
    """

    case: Case
    replication: int
    drill: str = ""
    drilled: frozenset[int] = frozenset()
    drill_weight: float = 0.0
    has_traffic: bool = True
    engine: Engine = "compiled"
    sizes: Budget | None = None

    @property
    def budget(self) -> Budget:
        """Sizes of windows."""
        return self.sizes or budget_of(self.engine)

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
        return self.spans_of(self.episodes)

    def spans_of(self, found: Sequence[Episode]) -> list[Span]:
        """Counted stretches where the episodes are these."""
        return spans(
            found,
            from_ns=self.warm_up_ns,
            horizon_ns=self.horizon_ns,
            drilled=self.drilled,
            drill=self.row,
            drill_weight=self.drill_weight,
        )

    @cached_property
    def arrivals(self) -> Arrivals | TraceArrivals:
        """Arrivals of all client groups, drawn or of a log; in a drill beyond the end of its episode, which counts in full."""
        # A backlog takes longer to drain than control to settle: as long again as the episode, and a day.
        ends_ns = [span.end_ns + max(_DAY_NS, span.end_ns - span.start_ns) for span in self.spans] if self.drill else []
        until_s = max(ends_ns, default=0) / NS_PER_S
        if self.case.workload is not None and self.case.workload.trace is not None:
            from georep_sim.draws.traced import traced_arrivals  # noqa: PLC0415 - pyarrow, for logs alone

            return traced_arrivals(self.case, seed=self.case.run.seed, replication=self.replication, until_s=until_s)
        return arrivals(self.case, seed=self.case.run.seed, replication=self.replication, until_s=until_s)

    @cached_property
    def images(self) -> Catalogue:
        """Images and their layers."""
        return catalogue(self.case, seed=self.case.run.seed, replication=self.replication)

    @cached_property
    def pushes_per_s(self) -> float:
        """Mean rate of pushes of all clients."""
        workload = self.case.workload
        return 0.0 if workload is None else float(sum(client.pushes for client in workload.clients.values()))

    @property
    def has_copies(self) -> bool:
        """Whether any design copies what is pushed."""
        return self.pushes_per_s > 0.0 and any(design.replicate for design in self.case.designs.values())

    def expected(self, start_ns: int, end_ns: int, operations: Sequence[Operation] = _BOTH) -> float:
        """Expected number of requests of all clients."""
        groups = range(len(self.arrivals.cohorts))
        start_s, end_s = start_ns / NS_PER_S, end_ns / NS_PER_S
        return sum(self.arrivals.expected(g, op, start_s, end_s) for g in groups for op in operations)

    def reach_ns(self, start_ns: int, end_ns: int, pushes: float) -> int:
        """End of the longest stretch from a start, no later than `end_ns`, with no more pushes expected."""

        def fits(reach_ns: int) -> bool:
            return self.expected(start_ns, start_ns + reach_ns, (Operation.PUSH,)) <= pushes

        return min(end_ns, start_ns + max(_longest(end_ns - start_ns, fits), NS_PER_S))

    def back_ns(self, end_ns: int, length_ns: int, most: float, *, operations: Sequence[Operation] = _BOTH) -> int:
        """Start of the longest stretch up to an end, no longer than this, with no more requests expected."""

        def fits(reach_ns: int) -> bool:
            return self.expected(end_ns - reach_ns, end_ns, operations) <= most

        return end_ns - _longest(max(0, min(length_ns, end_ns)), fits)

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

    def windows(self, found: Sequence[Episode] | None = None) -> list[Window]:
        """Windows to be played that are sampled, the same for every design.

        Parameters
        ----------
        found : sequence of Episode, optional
            Episodes with their backlogs (`world.backlog.follow`); what copies were played of them in full is left out.
            Default: those that control alone knows.
        """
        if self.case.run.traffic == "full":
            return [Window(self.warm_up_ns, self.horizon_ns, 1.0, "everything")]
        known = self.episodes if found is None else found
        counted = self.spans_of(known)
        timed = self._choose(
            counted, known, "requests", length_ns=self._requests_ns, bursts=self._bursts(), count=self.budget.windows
        )
        if not self.pushes_per_s:
            return timed
        rest = [cut for span in counted if (cut := _after_copied(span, known)) is not None]
        sampled = self._choose(rest, known, "copies", length_ns=self._copies_ns)
        return timed + [replace(window, copies_only=True, queue_ns=-1) for window in sampled]

    def _choose(
        self,
        counted: Sequence[Span],
        found: Sequence[Episode],
        name: str,
        *,
        length_ns: Callable[[str, int, int], int],
        bursts: Sequence[Burst] = (),
        count: int = 1,
    ) -> list[Window]:
        return choose(
            counted,
            found,
            hour_class=self.arrivals.hour_classes(),
            names=self.faults.names,
            length_ns=length_ns,
            draw=self.address,
            name=name,
            bursts=bursts,
            count=count,
        )

    def _requests_ns(self, phase: str, start_ns: int, end_ns: int) -> int:
        """Length of one window of requests in a piece."""
        budget = self.budget
        wanted = budget.quiet_requests if phase == "quiet" else budget.episode_requests
        wanted = budget.burst_requests if phase.startswith("burst") else wanted
        return round((end_ns - start_ns) * wanted / max(self.expected(start_ns, end_ns), wanted))

    def _copies_ns(self, _phase: str, start_ns: int, _end_ns: int) -> int:
        length_ns = round(self.budget.copies_s * NS_PER_S)
        return self.reach_ns(start_ns, start_ns + length_ns, self.budget.sampled_pushes) - start_ns


def _longest(most_ns: int, fits: Callable[[int], bool]) -> int:
    """Longest stretch that fits, to a second."""
    if most_ns <= 0 or fits(most_ns):
        return max(0, most_ns)
    low, high = 0, most_ns
    while high - low > NS_PER_S:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _after_copied(span: Span, found: Sequence[Episode]) -> Span | None:
    """What is left of a span after copies were played in full; None if nothing is."""
    start_ns = max(span.start_ns, found[span.episode].copied_ns) if span.episode >= 0 else span.start_ns
    return replace(span, start_ns=start_ns) if start_ns < span.end_ns else None


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
