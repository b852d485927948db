"""The work of a run, cut into tasks that any worker can do alone and in any order.

Two levels of replications (METHODS): *timelines*, thousands of control states over the whole horizon; *traffic*,
requests and copies in windows of a few replications. At each of them every fault row with too few expected episodes
gets drills of its own. At a third, *losses*, there is one task per design, which no replication answers.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from georep_sim.draws.faults import episodes_per_horizon, is_random
from georep_sim.draws.rows import fault_rows
from georep_sim.errors import GeoRepError, SimulationError
from georep_sim.measures.states import Stretch, Where, state_tables
from georep_sim.study.losses import Answers, losses_of
from georep_sim.tables import NS_PER_S
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica
from georep_sim.world.sample import episodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.loss.durability import Durability
    from georep_sim.scenario import Case
    from georep_sim.tables import Timeline
    from georep_sim.world.budget import Engine

    Tables = dict[str, NDArray[Any]]

Level = Literal["timelines", "traffic", "losses"]

# A fault row with fewer episodes than this in all replications of a level is drilled (METHODS: two levels).
ENOUGH_EPISODES = 30.0
# Forced episodes of a drilled row at the level of timelines, where one costs a few milliseconds. The mean of
# 400 lognormal damages with a coefficient of variation of 1.3 has a standard error of 6.5 %; with 200 the intervals
# were measured to cover 94.3 %.
_TIMELINE_DRILLS = 400
# Timelines in one task: long enough to hide what handing over costs, short enough for an even load.
_BATCH = 50


@dataclass(frozen=True)
class Task:
    """A batch of replications of one case at one level, or the durability of one design.

    Parameters
    ----------
    case : str
        Name of the case.
    level : str
        ``timelines``, ``traffic`` or ``losses``.
    first, count : int
        Replications of the batch.
    drill : str
        Fault row of which each has one forced episode; empty = as they fall.
    design : str
        At the level of losses: whose.
    answers : str
        At the level of losses: see `losses.Answers`.
    """

    case: str
    level: Level
    first: int
    count: int
    drill: str = ""
    design: str = ""
    answers: Answers = "as_needed"

    @property
    def what(self) -> str:
        """What it does, for a progress bar."""
        of = f", drill of {self.drill}" if self.drill else f" of {self.design}" if self.design else ""
        return f"{self.case}: {self.level}{of}"


@dataclass(frozen=True)
class Piece:
    """What a task returns by design: rows, the timelines of replications with traffic by (row, replication), losses."""

    tables: Mapping[str, Tables]
    timelines: Mapping[str, Mapping[tuple[int, int], Timeline]]
    losses: Mapping[str, Durability] = field(default_factory=dict)


def replications_of(case: Case, level: Level) -> int:
    """Replications as they fall at a level."""
    return case.run.timelines if level == "timelines" else case.run.replications


def drilled_rows(case: Case, level: Level) -> tuple[str, ...]:
    """Fault rows that are drilled at a level: random ones with too few expected episodes."""
    if case.run.traffic == "full" and level == "traffic":
        return ()
    n = replications_of(case, level)
    expected = {name: n * episodes_per_horizon(case, name) for name, fault in case.faults.items() if is_random(fault)}
    return tuple(sorted(name for name, episodes in expected.items() if 0.0 < episodes < ENOUGH_EPISODES))


def drills_of(case: Case, level: Level) -> int:
    """Number of drills of each drilled row."""
    return _TIMELINE_DRILLS if level == "timelines" else case.run.replications


def tasks_of(case: Case) -> list[Task]:
    """All tasks of a case, in the order in which their rows are joined."""
    levels: list[Level] = ["timelines"]
    if case.workload is not None and case.workload.clients:
        levels.append("traffic")
    out = []
    for level in levels:
        batch = _BATCH if level == "timelines" else 1
        kinds = [
            ("", replications_of(case, level)),
            *((row, drills_of(case, level)) for row in drilled_rows(case, level)),
        ]
        for drill, n in kinds:
            out += [Task(case.name, level, k, min(batch, n - k), drill) for k in range(0, n, batch)]
    return out + loss_tasks_of(case)


def loss_tasks_of(case: Case, *, answers: Answers = "as_needed") -> list[Task]:
    """One task for the durability of each design of a case."""
    return [Task(case.name, "losses", 0, 1, design=name, answers=answers) for name in case.designs]


def counted_s(case: Case) -> float:
    """Length of what counts of one replication: the horizon after its warm-up."""
    return case.run.horizon - case.run.warmup


def expected_of(case: Case) -> dict[int, float]:
    """Expected number of episodes of every random fault row in what counts of one replication, by index."""
    names = fault_names(case)
    share = counted_s(case) / case.run.horizon
    return {
        names.index(name): share * episodes_per_horizon(case, name)
        for name, fault in case.faults.items()
        if is_random(fault)
    }


def busy_of(case: Case) -> dict[int, float]:
    """Share of the time that the episodes of every random fault row take, by index."""
    names = fault_names(case)
    lasts_s = {name: fault.lasts.mean if fault.lasts is not None else 0.0 for name, fault in case.faults.items()}
    return {row: n * lasts_s[names[row]] / counted_s(case) for row, n in expected_of(case).items()}


def clocks_of(case: Case) -> dict[int, int]:
    """Number of clocks of every random fault row, by index."""
    return {i: len(row.groups) for i, row in enumerate(fault_rows(case)) if is_random(row.fault)}


def fault_names(case: Case) -> tuple[str, ...]:
    """Fault rows in the order that tables number them: the file's."""
    return tuple(case.faults)


def month_edges_ns(case: Case) -> NDArray[np.int64]:
    """Edges of the calendar months (UTC) of what counts, in ns from the horizon's start."""
    start = case.run.start
    first, end = (start + timedelta(seconds=seconds) for seconds in (case.run.warmup, case.run.horizon))
    edges = [first]
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        edge = datetime(year, month, 1, tzinfo=UTC)
        if edge >= end:
            break
        edges.append(edge)
    return np.array([round((e - start).total_seconds() * NS_PER_S) for e in [*edges, end]], dtype=np.int64)


def perform(case: Case, task: Task, *, engine: Engine = "compiled") -> Piece:
    """Do one task.

    Parameters
    ----------
    case : Case
        The case that the task names.
    task : Task
        What to do.
    engine : str, default "compiled"
        Data plane.

    Raises
    ------
    SimulationError
        If a replication fails; the text says how to rerun it alone.
    """
    if task.level == "losses":
        return Piece({}, {}, {task.design: losses_of(case, case.designs[task.design], answers=task.answers)})
    pieces: dict[str, list[Tables]] = {name: [] for name in case.designs}
    kept: dict[str, dict[tuple[int, int], Timeline]] = {name: {} for name in case.designs}
    for number in range(task.first, task.first + task.count):
        replica = _replica(case, task, number, engine=engine)
        try:
            tables = _states(replica) if task.level == "timelines" else play_replica(replica)
        except GeoRepError:
            raise
        except Exception as error:
            drill = f" with one forced {task.drill!r}" if task.drill else ""
            msg = f"case {task.case!r}, {task.level}, replication {number}{drill}, seed {case.run.seed}: {type(error).__name__}: {error}"
            raise SimulationError(msg) from error
        for name, rows in tables.items():
            pieces[name].append(rows)
            if task.level == "traffic":
                kept[name][replica.row, number] = replica.timelines[name]
    return Piece({name: _concatenated(rows) for name, rows in pieces.items()}, kept)


def _replica(case: Case, task: Task, number: int, *, engine: Engine) -> Replica:
    names = fault_names(case)
    drilled = frozenset(names.index(row) for row in drilled_rows(case, task.level))
    if not task.drill:
        return Replica(case, number, drilled=drilled, has_traffic=task.level == "traffic", engine=engine)
    weight = expected_of(case)[names.index(task.drill)]
    has_traffic = task.level == "traffic"
    return Replica(case, number, task.drill, drilled, weight, has_traffic=has_traffic, engine=engine)


def _states(replica: Replica) -> dict[str, Tables]:
    """Rows that are kept of a timeline, for every design."""
    recovered = replica.case.measures.recovered
    edges = month_edges_ns(replica.case)
    where = Where(replica.replication, replica.row)
    return {
        name: state_tables(
            line,
            _stretches(replica, line),
            where=where,
            month_edges_ns=edges,
            hold_s=recovered.over,
            hold_share=recovered.share,
        )
        for name, line in replica.timelines.items()
    }


def _stretches(replica: Replica, line: Timeline) -> list[Stretch]:
    """Episodes of one design, weighted as the joint episode of all designs that each is part of.

    When a design recovers is its own affair; what counts, and for how much, is the same for all.
    """
    joint = replica.episodes
    counted = {span.episode: span.weight for span in replica.spans if span.episode >= 0}
    starts = [episode.start_ns for episode in joint]
    return [
        Stretch(own.start_ns, own.end_ns, own.faults, counted.get(bisect_right(starts, own.start_ns) - 1, 0.0))
        for own in episodes([line], hold_ns=replica.hold_ns)
    ]


def _concatenated(parts: list[Tables]) -> Tables:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
