"""Coverage of `--traffic auto`: how often its 95 % intervals hold what full traffic says, over many seeds.

Three small scenarios (`scenarios/`): nothing fails (steady), pulls that come together after an outage (herd), a cut link
whose backlog drains (partition-drain). The truth is one long full play of other draws; its own standard error, as a
part of half an interval, is printed beside it. Windows are made far smaller than those of either plane, or a horizon of
hours would be played whole and nothing would be tested. The band is the exact binomial one (Clopper and Pearson).

Usage: python -m benchmarks.validation.traffic_coverage [--seeds N] [--truth N] [--only SCENARIO] [--jobs N]

Each scenario writes ``benchmarks/results/coverage-SCENARIO.json``, from which the documentation's table is made.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from scipy.stats import binom

from georep_sim.api import load
from georep_sim.intervals import clopper_pearson
from georep_sim.measures.catalog import catalog
from georep_sim.measures.estimand import Pool
from georep_sim.study.estimate import estimate
from georep_sim.study.outcome import record, resampling_of
from georep_sim.study.pools import FEW_REACH
from georep_sim.study.tasks import Piece, Task
from georep_sim.world.budget import budget_of
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georep_sim.measures.estimand import Estimand, Key
    from georep_sim.scenario import Case
    from georep_sim.study.estimate import Estimate
    from georep_sim.world.budget import Engine

    #: Metric, operation, statistic, part.
    Name = tuple[str, str, str, str]

#: Numbers of one row, by name.
Row = dict[str, Any]

SCENARIOS = ("steady", "herd", "partition-drain")
# Judged are seeds from here on: on those before, methods were tried.
FIRST_SEED = 10_000
# Far from the seeds that are judged. So many replications of the truth share a seed, whatever the number of processes.
TRUTH_SEED = 1_000_000_007
TRUTH_PART = 50
#: Standard error of the truth, as a part of half an interval, above which a row says that it is too large.
TRUTH_ERROR = 0.1
#: What is judged: over all regions, where it exists.
JUDGED: tuple[Name, ...] = (
    ("availability", "pull", "request_weighted", ""),
    ("latency", "pull", "mean", ""),
    ("latency_all", "pull", "p50", ""),
    ("latency_all", "pull", "p95", ""),
    ("latency_all", "pull", "p99", ""),
    ("latency_all", "push", "p95", ""),
    ("throttled", "pull", "share", ""),
    ("not_found_after_push", "pull", "share", ""),
    ("replication_lag", "", "p95", ""),
    ("replication_lag", "", "p99", ""),
    ("rpo", "", "p95", ""),
    ("rpo", "", "p99", ""),
)


class Found(NamedTuple):
    """What a run says of a number."""

    value: float
    low: float
    high: float
    note: str


@cache
def case_of(scenario: str, traffic: Literal["auto", "full"]) -> Case:
    """One of the scenarios, with one design."""
    case = load(Path(__file__).parent / "scenarios" / f"{scenario}.yaml").case()
    return case.model_copy(update={"run": case.run.model_copy(update={"traffic": traffic})})


def played(case: Case, *, engine: Engine) -> dict[Task, Piece]:
    """Traffic of every replication of a case, in small windows under ``auto``."""
    sizes = replace(
        budget_of(engine),
        quiet_requests=600.0,
        episode_requests=200.0,
        burst_requests=1500.0,
        warm_up_requests=150.0,
        copies_s=case.run.horizon / 3.0,
    )
    done = {}
    for number in range(case.run.replications):
        replica = Replica(case, number, engine=engine, sizes=sizes)
        # Single requests and copies would fill the memory; tallies hold what is measured.
        tables = {
            name: {table: rows[:0].copy() if table in {"requests", "copies"} else rows for table, rows in found.items()}
            for name, found in play_replica(replica).items()
        }
        kept = {name: {(-1, number): line} for name, line in replica.timelines.items()}
        done[Task(case.name, "traffic", number, 1)] = Piece(tables, kept)
    return done


def estimates(case: Case, done: Mapping[Task, Piece]) -> dict[Name, Estimate]:
    """Numbers of the one design over all regions, or of the region that they are about."""
    recorded = record(case, done)
    resampling = resampling_of(case, recorded)
    ((name, recording),) = recorded.items()
    wanted = {metric for metric, *_ in JUDGED}
    found: dict[Name, Estimate] = {}
    for metric in catalog():
        if metric.function is None or metric.name not in wanted:
            continue
        for estimand in metric.function(recording, case, case.designs[name]):
            if region_of(estimand) and metric.name != "rpo":
                continue
            for got in estimate(estimand, resampling):
                if name_of(got.key) in JUDGED:
                    found.setdefault(name_of(got.key), got)
    return found


def region_of(estimand: Estimand) -> str:
    """Region that an estimand is about, empty for all."""
    return next(iter(estimand.keys.values())).region if isinstance(estimand, Pool) else estimand.key.region


def name_of(key: Key) -> Name:
    """What a number is, without its region."""
    return key.metric, key.operation, key.statistic, key.part


def truth_part(first: int, *, scenario: str, count: int, engine: Engine) -> dict[Task, Piece]:
    """Full play of some replications."""
    case = case_of(scenario, "full")
    run = case.run.model_copy(update={"seed": TRUTH_SEED + first, "replications": count})
    done = played(case.model_copy(update={"run": run}), engine=engine)
    return {replace(task, first=first + task.first): shifted(piece, first) for task, piece in done.items()}


def shifted(piece: Piece, first: int) -> Piece:
    """The same, as replications that begin with another number."""
    for tables in piece.tables.values():
        for rows in tables.values():
            rows["replication"] += first
    kept = {
        name: {(row, k + first): line for (row, k), line in lines.items()} for name, lines in piece.timelines.items()
    }
    return Piece(piece.tables, kept)


def truth_of(scenario: str, *, replications: int, engine: Engine, jobs: int) -> dict[Name, Estimate]:
    """Estimates from a long full play."""
    case = case_of(scenario, "full")
    run = case.run.model_copy(update={"seed": TRUTH_SEED, "replications": replications})
    firsts = range(0, replications, TRUTH_PART)
    done: dict[Task, Piece] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for part in pool.map(partial(truth_part, scenario=scenario, count=TRUTH_PART, engine=engine), firsts):
            done |= part
    kept = {task: piece for task, piece in done.items() if task.first < replications}
    return estimates(case.model_copy(update={"run": run}), kept)


def interval_of(seed: int, *, scenario: str, engine: Engine) -> dict[Name, Found]:
    """Value, interval and note of every number from one run under ``auto``."""
    case = case_of(scenario, "auto")
    case = case.model_copy(update={"run": case.run.model_copy(update={"seed": seed})})
    found = estimates(case, played(case, engine=engine))
    return {name: Found(got.value, got.low, got.high, got.note) for name, got in found.items()}


def judged(truth: Mapping[Name, Estimate], runs: Sequence[Mapping[Name, Found]]) -> list[Row]:
    """One row for each number that is not zero in truth."""
    out: list[Row] = []
    for name, true in truth.items():
        seen = [run[name] for run in runs if name in run]
        # What never happens has a bound, not an interval.
        if not seen or math.isnan(true.value) or "no event seen" in true.note:
            continue
        band = clopper_pearson(sum(one.low <= true.value <= one.high for one in seen), len(seen))
        widths = sorted(one.high - one.low for one in seen)
        error = truth_error(true, widths[len(widths) // 2])
        out.append(
            {
                "number": ".".join(filter(None, name)),
                "truth": true.value,
                "truth_low": true.low,
                "truth_high": true.high,
                "truth_error": error,
                "is_truth_sure": error < TRUTH_ERROR,
                "median_value": sorted(one.value for one in seen)[len(seen) // 2],
                "median_width": widths[len(widths) // 2],
                "seeds": len(seen),
                "coverage": band.value,
                "band_low": band.low,
                "band_high": band.high,
                "missed_below": sum(one.high < true.value for one in seen) / len(seen),
                "missed_above": sum(one.low > true.value for one in seen) / len(seen),
                "noted": sum(FEW_REACH in one.note for one in seen) / len(seen),
            }
        )
    return out


def truth_error(true: Estimate, width: float) -> float:
    """Standard error of the truth, from its own resamples, as a part of half an interval."""
    spread = float(np.nanstd(true.resampled)) if true.resampled is not None else math.nan
    return spread / (0.5 * width) if width else math.inf


def report(scenario: str, rows: Sequence[Row]) -> None:
    """Print the rows of a scenario."""
    heads = f"{'truth':>10s} {'error':>5s} {'median':>10s} {'width':>8s}"
    print(f"{scenario:36s} {heads}  coverage [band], missed below, above; noted")
    for row in rows:
        print(
            "{number:36s} {truth:10.4g} {truth_error:5.2f} {median_value:10.4g} {median_width:8.2g}  {coverage:.3f} "
            "[{band_low:.3f}, {band_high:.3f}] {missed_below:.3f} {missed_above:.3f}; {noted:.2f}".format(**row),
            flush=True,
        )


def write(folder: Path, scenario: str, *, options: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Write the rows of a scenario beside what they were measured on and with."""
    # A script that is run by its path does not find the other benchmarks; with --ci it is, and writes nothing.
    from benchmarks import record as results  # noqa: PLC0415

    results.write(
        folder / f"coverage-{scenario}.json",
        module="benchmarks.validation.traffic_coverage",
        arguments=["--only", scenario, "--seeds", str(options.seeds), "--truth", str(options.truth)],
        body={
            "scenario": scenario,
            "replications": case_of(scenario, "auto").run.replications,
            "truth_replications": options.truth,
            "first_seed": FIRST_SEED,
            "rows": rows,
        },
    )


def is_refuted(row: Row) -> bool:
    """Whether chance does not explain how few intervals hold the truth: less than 94 % at a level of 1e-6."""
    hits = round(row["coverage"] * row["seeds"])
    warns = row["noted"] > 0.5
    return not warns and float(binom.cdf(hits, row["seeds"], 0.94)) < 1e-6


def main() -> int:
    """Print and write a table for each scenario; exit 1 where intervals cover less than 94 % and no note warns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--truth", type=int, default=6000, help="replications of the full play")
    parser.add_argument("--engine", choices=("compiled", "reference"), default="compiled")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=SCENARIOS, action="append")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results")
    parser.add_argument("--ci", action="store_true", help="100 seeds, 400 replications; writes nothing")
    options = parser.parse_args()
    if options.ci:
        options.seeds, options.truth = 100, 400
    failed = False
    for scenario in options.only or SCENARIOS:
        truth = truth_of(scenario, replications=options.truth, engine=options.engine, jobs=options.jobs)
        with ProcessPoolExecutor(options.jobs) as pool:
            run = partial(interval_of, scenario=scenario, engine=options.engine)
            seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
            runs = list(pool.map(run, seeds, chunksize=max(1, min(20, options.seeds // options.jobs))))
        rows = judged(truth, runs)
        report(scenario, rows)
        failed |= any(map(is_refuted, rows))
        if not options.ci:
            write(options.out, scenario, options=options, rows=rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
