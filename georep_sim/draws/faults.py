"""Fault windows: what is hit, from when to when, before any design has a say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.clocks import Occurrences
from georep_sim.draws.renewal import mean_occurrences
from georep_sim.draws.rows import clock_of, fault_rows, is_random, lasts_of, picks_some
from georep_sim.draws.slots import design_slots, slots
from georep_sim.noise import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.draws.rows import Group, Row
    from georep_sim.scenario import Case

__all__ = [
    "FORCED",
    "FaultPlan",
    "FaultTable",
    "design_slots",
    "draw_faults",
    "episodes_per_horizon",
    "is_random",
    "slots",
]

#: Number of the forced occurrence of a drill, which no other reaches.
FORCED: Final = 1 << 30
WINDOW_DTYPE: Final = np.dtype(
    [("fault", "i4"), ("target", "i4"), ("occurrence", "i4"), ("start_s", "f8"), ("end_s", "f8")]
)


@dataclass(frozen=True)
class FaultTable:
    """The fault windows of one replication.

    Parameters
    ----------
    names : tuple of str
        Fault rows, in file order.
    targets : tuple of str
        Addresses: ``eastus``, ``eastus/1``, ``eastus/1/disk#0``, ``eastus/1/rack#0``, ``eastus/1/rack#0/disk#0`` (hit by
        a clock of the rack), ``a <-> b`` (ends in alphabetical order; one window for both directions), ``a -> b``,
        ``registry``.
    windows : ndarray, shape (n_windows,)
        Columns fault i4, target i4 (indices into `names`, `targets`), occurrence i4 (k of the row's clock; for a
        history its line, of a drill `FORCED`), start_s f8, end_s f8; sorted by (start_s, fault, target, occurrence). A negative start is a
        window under way at time 0; an end may lie beyond the horizon. Windows of one disk may overlap: what a place
        already out of service meets is masked by whoever plays the table.
    """

    names: tuple[str, ...]
    targets: tuple[str, ...]
    windows: NDArray[Any]


@dataclass(frozen=True)
class FaultPlan:
    """The fault rows of a case, taken apart once for any number of replications.

    Parameters
    ----------
    rows : tuple of Row
        In file order.
    targets : tuple of str
        Every address a row can hit.
    horizon_s : float
        Length of a replication.
    """

    rows: tuple[Row, ...]
    targets: tuple[str, ...]
    horizon_s: float

    @classmethod
    def of(cls, case: Case) -> FaultPlan:
        """Return the plan of a case."""
        rows = fault_rows(case)
        return cls(rows, tuple(dict.fromkeys(thing for row in rows for thing in row.things)), case.run.horizon)

    def draw(self, *, seed: int, replication: int, drill: str = "") -> FaultTable:
        """Return the windows of one replication; see `draw_faults`."""
        names = tuple(row.fault.name for row in self.rows)
        if drill and drill not in names:
            msg = f"no fault {drill!r} to drill; faults are {', '.join(names) or 'none'}"
            raise ValueError(msg)
        place = {address: i for i, address in enumerate(self.targets)}
        found: list[tuple[int, int, int, float, float]] = []
        for i, row in enumerate(self.rows):
            forced = drill == row.fault.name
            for hit in _hits(row, self.horizon_s, forced=forced, seed=seed, replication=replication):
                target = place[hit.thing]
                times = zip(hit.number.tolist(), hit.start_s.tolist(), hit.end_s.tolist(), strict=True)
                found += [(i, target, number, start, end) for number, start, end in times]
        windows = np.array(found, dtype=WINDOW_DTYPE)
        ahead = (windows["start_s"] >= 0.0) | (windows["end_s"] > 0.0)
        windows = windows[ahead & (windows["start_s"] < self.horizon_s)]
        order = np.lexsort([windows[key] for key in ("occurrence", "target", "fault", "start_s")])
        return FaultTable(names, self.targets, windows[order])


def draw_faults(case: Case, *, seed: int, replication: int, drill: str = "") -> FaultTable:
    """Return the fault windows that start within the horizon or are under way at time 0.

    Parameters
    ----------
    case : Case
        Its faults, and the slots that its designs' copies stand on.
    seed, replication : int
        Address of the draws. Neither designs nor other rows, regions or client groups change a row's windows.
    drill : str, optional
        A row of which one episode is forced, uniform in time and over its clocks, under names of its own; the other
        occurrences of that clock are left out, its other clocks and the other rows stay random.

    Raises
    ------
    ValueError
        If the drilled row does not exist, is not random, or hits nothing.
    """
    return FaultPlan.of(case).draw(seed=seed, replication=replication, drill=drill)


def episodes_per_horizon(case: Case, fault: str) -> float:
    """Return the expected number of episodes of a row within the horizon, over all its clocks.

    An episode is one occurrence of a clock, however many things it hits: ``together`` counts once, and so does a
    ``share`` or ``count`` of a unit. For `at` and `history` it is the number of occurrences.

    Raises
    ------
    KeyError
        If there is no such row.
    """
    row = {row.fault.name: row for row in fault_rows(case)}[fault]
    horizon_s = case.run.horizon
    if row.fault.history:
        return float(sum(line.start < horizon_s and line.start + line.lasts > 0.0 for line in row.fault.history))
    if row.fault.at is not None:
        return float(len(row.groups)) if row.fault.at < horizon_s else 0.0
    # Only the laws matter, which the clocks of a row share.
    return len(row.groups) * mean_occurrences(clock_of(row, row.groups[0]), horizon_s) if row.groups else 0.0


@dataclass(frozen=True)
class _Hit:
    """Windows of one thing."""

    thing: str
    number: NDArray[np.int64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]


def _hits(row: Row, horizon_s: float, *, forced: bool, seed: int, replication: int) -> Iterator[_Hit]:
    groups = row.groups
    if forced:
        group, occurrences = _forced(row, horizon_s, seed=seed, replication=replication)
        yield from _spread(row, group, occurrences, "drills", seed=seed, replication=replication)
        groups = tuple(other for other in groups if other is not group)
    for line, (entry, things) in enumerate(zip(row.fault.history, row.history, strict=True)):
        once = _one(line, entry.start, entry.lasts)
        yield from (_Hit(thing, once.number, once.start_s, once.end_s) for thing in things)
    for group in groups:
        if row.fault.at is not None:
            length = lasts_of(row.fault).ppf(Stream(seed, replication, f"{group.name}/lasts").u(0))
            occurrences = _one(0, row.fault.at, length)
        else:
            occurrences = clock_of(row, group).play(seed=seed, replication=replication, horizon_s=horizon_s)
        if occurrences.number.size:
            yield from _spread(row, group, occurrences, "faults", seed=seed, replication=replication)


def _one(number: int, start_s: float, lasts_s: float) -> Occurrences:
    return Occurrences(np.array([number]), np.array([start_s]), np.array([start_s + lasts_s]))


def _spread(
    row: Row, group: Group, occurrences: Occurrences, section: str, *, seed: int, replication: int
) -> Iterator[_Hit]:
    """Pass the occurrences of a clock on to the things that hang on it."""
    fault = row.fault
    number = occurrences.number
    chosen = np.ones((len(group.things), number.size), dtype=bool)
    if picks_some(fault):
        names = (f"{section}/{fault.name}/{thing}/hit" for thing in (*group.things, *group.bystanders))
        u = np.stack([Stream(seed, replication, name).many(number) for name in names])
        # A count hits the things with the smallest numbers.
        ranks = u.argsort(axis=0).argsort(axis=0)
        chosen = u < fault.share if fault.share is not None else ranks < (fault.count or 0)
    for position, thing in enumerate(group.things):
        hit, shift_s = chosen[position], position * fault.stagger
        yield _Hit(thing, number[hit], occurrences.start_s[hit] + shift_s, occurrences.end_s[hit] + shift_s)


def _forced(row: Row, horizon_s: float, *, seed: int, replication: int) -> tuple[Group, Occurrences]:
    """Draw the one occurrence of a drill and the clock it belongs to.

    Drills take turns: each run of as many drills as there are clocks meets each of them once, in an order drawn anew. By
    chance alone one of 20 drills hit the home, of four places, and what is lost there hung on that one.
    """
    if not is_random(row.fault) or not row.groups:
        msg = (
            f"fault {row.fault.name} can't be drilled: it {'hits nothing' if is_random(row.fault) else 'is not random'}"
        )
        raise ValueError(msg)

    def u(purpose: str) -> float:
        """Number of this drill for a purpose; a replication has one drill of a row."""
        return Stream(seed, replication, f"drills/{row.fault.name}/{purpose}").u(0)

    turn, place = divmod(replication, len(row.groups))
    order = Stream(seed, turn, f"drills/{row.fault.name}/target").many(np.arange(len(row.groups))).argsort()
    group = row.groups[order[place]]
    return group, _one(FORCED, u("time") * horizon_s, lasts_of(row.fault).ppf(u("lasts")))
