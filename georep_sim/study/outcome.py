"""From finished tasks to recordings, metrics and comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from georep_sim.measures.catalog import measure
from georep_sim.measures.estimand import Estimand, Ratio
from georep_sim.study.compare import compare
from georep_sim.study.estimate import Estimate, Resampling, estimate
from georep_sim.study.exact import exact_rows
from georep_sim.study.losses import loss_comparisons, loss_estimates
from georep_sim.study.objectives import judged
from georep_sim.study.tasks import (
    Task,
    busy_of,
    clocks_of,
    counted_s,
    drilled_rows,
    expected_of,
    fault_names,
    month_edges_ns,
    tasks_of,
)
from georep_sim.tables import TABLES, Recording, dtype_of
from georep_sim.world.lower import topology

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.loss.durability import Durability
    from georep_sim.scenario import Case, Scenario
    from georep_sim.study.compare import Comparison
    from georep_sim.study.tasks import Level, Piece

_RECORDED = (
    "windows",
    "requests",
    "tallies",
    "copies",
    "lags",
    "ages",
    "extremes",
    "losses",
    "transfers",
    "availability",
    "episodes",
    "failovers",
    "destroyed",
)


@dataclass(frozen=True)
class Outcome:
    """Everything a run found out.

    Parameters
    ----------
    recordings : mapping of (str, str) to Recording
        By case and design.
    metrics, comparisons : DataFrame
        Tables of `tables.TABLES`.
    losses : mapping of (str, str) to Durability
        By case and design.
    """

    recordings: Mapping[tuple[str, str], Recording]
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    losses: Mapping[tuple[str, str], Durability]


def conclude(scenario: Scenario, done: Mapping[Task, Piece]) -> Outcome:
    """Join finished tasks in their fixed order, estimate every metric, compare every pair of designs.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
    done : mapping of Task to Piece
        What was finished; a case or level without a finished replication as it falls yields no rows.

    Returns
    -------
    Outcome
    """
    recordings: dict[tuple[str, str], Recording] = {}
    metrics: list[tuple[Any, ...]] = []
    comparisons: list[tuple[Any, ...]] = []
    losses = _losses(scenario, done)
    for case in scenario.cases.values():
        recorded = record(case, done)
        recordings |= {(case.name, name): recording for name, recording in recorded.items()}
        resampling = resampling_of(case, recorded)
        estimates = {name: _estimates(recording, case, name, resampling) for name, recording in recorded.items()}
        for name, found in estimates.items():
            metrics += [_metric_row(case, name, got) for got, _ in found.values()]
            metrics += [_metric_row(case, name, got) for got in exact_rows(case, case.designs[name])]
        for a, b in combinations(case.designs, 2):
            comparisons += _comparison_rows(case.name, (a, estimates[a]), (b, estimates[b]), resampling)
        more, compared = loss_rows(case, losses)
        metrics += more
        comparisons += compared
    return Outcome(recordings, _frame("metrics", metrics), _frame("comparisons", comparisons), losses)


def conclude_losses(scenario: Scenario, done: Mapping[Task, Piece]) -> Outcome:
    """Tables of durability alone, from tasks at the level of losses alone; parameters as of `conclude`."""
    metrics: list[tuple[Any, ...]] = []
    comparisons: list[tuple[Any, ...]] = []
    losses = _losses(scenario, done)
    for case in scenario.cases.values():
        more, compared = loss_rows(case, losses)
        metrics += more
        comparisons += compared
    return Outcome({}, _frame("metrics", metrics), _frame("comparisons", comparisons), losses)


def _losses(scenario: Scenario, done: Mapping[Task, Piece]) -> dict[tuple[str, str], Durability]:
    """What the tasks at the level of losses found, in the order of the scenario, not that in which they were done."""
    found = {(task.case, name): got for task, piece in done.items() for name, got in piece.losses.items()}
    order = [(case.name, design) for case in scenario.cases.values() for design in case.designs]
    return {at: found[at] for at in order if at in found}


def loss_rows(
    case: Case, losses: Mapping[tuple[str, str], Durability]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of metrics and comparisons about the durability of a case's designs."""
    found = {name: loss_estimates(losses[case.name, name]) for name in case.designs if (case.name, name) in losses}
    metrics = [_metric_row(case, name, got) for name, rows in found.items() for got in rows]
    compared = [
        _comparison_row(case.name, a, b, one)
        for a, b in combinations(found, 2)
        for one in loss_comparisons(found[a], found[b])
    ]
    return metrics, compared


def record(case: Case, done: Mapping[Task, Piece]) -> dict[str, Recording]:
    """Join the finished tasks of a case, by design."""
    finished = [task for task in tasks_of(case) if task in done and task.level != "losses"]
    return {name: _recording(case, name, finished, done) for name in case.designs}


def resampling_of(case: Case, recorded: Mapping[str, Recording]) -> Resampling:
    """What every number of a case is estimated with: designs share clusters, so they share resamples."""
    some = next(iter(recorded.values()))
    names = fault_names(case)
    levels: tuple[Level, Level] = ("timelines", "traffic")
    drilled: dict[str, frozenset[int]] = {
        level: frozenset(names.index(row) for row in drilled_rows(case, level)) for level in levels
    }
    return Resampling(some.clusters, case.run.seed, expected_of(case), busy_of(case), drilled, clocks_of(case))


def _frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = [column.name for column in TABLES[table]]
    frame = pd.DataFrame(rows, columns=pd.Index(columns))
    return frame.astype({c.name: {"f8": "float64", "i8": "int64"}.get(c.dtype, "object") for c in TABLES[table]})


def _recording(case: Case, design: str, finished: list[Task], done: Mapping[Task, Piece]) -> Recording:
    """Join the rows of one design; replications are renumbered 0 … n-1 where an interrupt left gaps."""
    tables = {}
    numbers = _numbers(finished)
    for name in _RECORDED:
        parts = []
        for task in finished:
            rows = done[task].tables[design].get(name)
            if rows is not None and len(rows):
                kept = rows.copy()
                shift = numbers[task.level, task.drill]
                kept["replication"] = [shift[int(k)] for k in rows["replication"]]
                parts.append(kept)
        tables[name] = np.concatenate(parts) if parts else np.zeros(0, dtype_of(name))
    timelines = {k: line for task in finished for k, line in done[task].timelines.get(design, {}).items()}
    names = fault_names(case)
    clusters: dict[str, dict[int, int]] = {"timelines": {}, "traffic": {}}
    for (level, drill), shift in numbers.items():
        clusters[level][names.index(drill) if drill else -1] = len(shift)
    return Recording(
        topology(case, case.designs[design]),
        tables,
        {level: dict(sorted(groups.items())) for level, groups in clusters.items()},
        counted_s(case),
        month_edges_ns(case),
        names,
        timelines,
    )


def _numbers(finished: list[Task]) -> dict[tuple[str, str], dict[int, int]]:
    """New number of every finished replication, by level and drill."""
    out: dict[tuple[str, str], dict[int, int]] = {}
    for task in finished:
        shift = out.setdefault((task.level, task.drill), {})
        for k in range(task.first, task.first + task.count):
            shift[k] = len(shift)
    return out


def _estimates(
    recording: Recording, case: Case, design: str, resampling: Resampling
) -> dict[Any, tuple[Estimate, Estimand]]:
    """Estimates by key, with what they were made from."""
    out = {}
    for estimand in measure(recording, case, case.designs[design]):
        for got in estimate(estimand, resampling):
            out[got.key] = (got, estimand)
    return out


def _metric_row(case: Case, design: str, e: Estimate) -> tuple[Any, ...]:
    k = e.key
    return (
        case.name,
        design,
        k.metric,
        k.part,
        k.region,
        k.operation,
        k.statistic,
        k.method,
        e.value,
        e.low,
        e.high,
        k.unit,
        e.replications,
        "; ".join(filter(None, (e.note, judged(case.measures.slo.values(), e)))),
    )


def _comparison_rows(
    case: str,
    a: tuple[str, dict[Any, tuple[Estimate, Estimand]]],
    b: tuple[str, dict[Any, tuple[Estimate, Estimand]]],
    resampling: Resampling,
) -> list[tuple[Any, ...]]:
    rows = []
    for key, (mine, first) in a[1].items():
        if key not in b[1]:
            continue
        theirs, second = b[1][key]
        ratios = (first, second) if isinstance(first, Ratio) and isinstance(second, Ratio) else None
        c = compare(mine, theirs, resampling, ratios=ratios)
        rows.append(_comparison_row(case, a[0], b[0], c))
    return rows


def _comparison_row(case: str, a: str, b: str, c: Comparison) -> tuple[Any, ...]:
    k = c.key
    return (
        case,
        a,
        b,
        k.metric,
        k.part,
        k.region,
        k.operation,
        k.statistic,
        k.method,
        c.difference,
        c.low,
        c.high,
        k.unit,
        c.replications,
        c.verdict,
        c.variance_ratio,
        c.variance_bound,
    )
