"""Coverage of `--traffic auto`: how often its 95 % intervals hold what full traffic says, over many seeds.

Three small scenarios (`scenarios/`): nothing fails (steady), pulls that come together after an outage (herd), a cut link
whose backlog drains (partition-drain). The truth is one long full play of other draws; its own error, from its interval,
is printed beside it. Windows are made far smaller than those of either plane, or a horizon of six hours would be
played whole and nothing would be tested. The band is the exact binomial one (Clopper and Pearson).

Usage: python benchmarks/validation/traffic_coverage.py [--seeds N] [--truth N] [--engine E] [--jobs N] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from georep_sim.api import load
from georep_sim.intervals import clopper_pearson
from georep_sim.measures.catalog import measure
from georep_sim.study.estimate import estimate
from georep_sim.study.outcome import record, resampling_of
from georep_sim.study.tasks import Piece, Task
from georep_sim.world.budget import budget_of
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georep_sim.measures.estimand import Key
    from georep_sim.scenario import Case
    from georep_sim.study.estimate import Estimate
    from georep_sim.world.budget import Engine

    #: Metric, operation, statistic, part.
    Name = tuple[str, str, str, str]

SCENARIOS = ("steady", "herd", "partition-drain")
# Far from the seeds that are judged.
TRUTH_SEED = 1_000_000_007
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
        copies_s=7200.0,
    )
    done = {}
    for number in range(case.run.replications):
        replica = Replica(case, number, engine=engine, sizes=sizes)
        # Single requests would fill the memory; tallies hold what is measured.
        tables = {
            name: {table: rows[:0] if table == "requests" else rows for table, rows in found.items()}
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
    found: dict[Name, Estimate] = {}
    for estimand in measure(recording, case, case.designs[name]):
        for got in estimate(estimand, resampling):
            if name_of(got.key) in JUDGED and (not got.key.region or got.key.metric == "rpo"):
                found.setdefault(name_of(got.key), got)
    return found


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
    count = max(1, replications // (4 * jobs))
    firsts = range(0, replications, count)
    done: dict[Task, Piece] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for part in pool.map(partial(truth_part, scenario=scenario, count=count, engine=engine), firsts):
            done |= part
    kept = {task: piece for task, piece in done.items() if task.first < replications}
    return estimates(case.model_copy(update={"run": run}), kept)


def interval_of(seed: int, *, scenario: str, engine: Engine) -> dict[Name, tuple[float, float, float]]:
    """Value and interval of every number from one run under ``auto``."""
    case = case_of(scenario, "auto")
    case = case.model_copy(update={"run": case.run.model_copy(update={"seed": seed})})
    return {name: (got.value, got.low, got.high) for name, got in estimates(case, played(case, engine=engine)).items()}


def judged(
    scenario: str, truth: Mapping[Name, Estimate], runs: Sequence[Mapping[Name, tuple[float, float, float]]]
) -> list[dict[str, object]]:
    """One row for each number that the runs give."""
    out: list[dict[str, object]] = []
    for name, true in truth.items():
        ends = [run[name] for run in runs if name in run]
        if not ends or math.isnan(true.value):
            continue
        hits = sum(low <= true.value <= high for _, low, high in ends)
        band = clopper_pearson(hits, len(ends))
        finite = sorted(high - low for _, low, high in ends if math.isfinite(high - low))
        out.append(
            {
                "scenario": scenario,
                "number": ".".join(filter(None, name)),
                "truth": true.value,
                "truth_low": true.low,
                "truth_high": true.high,
                "seeds": len(ends),
                "coverage": band.value,
                "band_low": band.low,
                "band_high": band.high,
                "mean_value": sum(value for value, _, _ in ends) / len(ends),
                "median_width": finite[len(finite) // 2] if finite else math.inf,
            }
        )
    return out


def main() -> int:
    """Print a table and write it as JSON; exit 1 where the band lies wholly below 94 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--truth", type=int, default=2000, help="replications of the full play")
    parser.add_argument("--engine", choices=("compiled", "reference"), default="compiled")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=SCENARIOS, action="append")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    print(f"{'scenario':16s} {'number':36s} {'truth':>10s} {'mean':>10s} {'width':>9s} {'seeds':>6s}  coverage")
    for scenario in options.only or SCENARIOS:
        truth = truth_of(scenario, replications=options.truth, engine=options.engine, jobs=options.jobs)
        with ProcessPoolExecutor(options.jobs) as pool:
            run = partial(interval_of, scenario=scenario, engine=options.engine)
            runs = list(pool.map(run, range(options.seeds), chunksize=max(1, min(20, options.seeds // options.jobs))))
        found = judged(scenario, truth, runs)
        rows += found
        for row in found:
            print(
                f"{row['scenario']:16s} {row['number']:36s} {row['truth']:10.4g} {row['mean_value']:10.4g} "
                f"{row['median_width']:9.2g} {row['seeds']:6d}  {row['coverage']:.3f} "
                f"[{row['band_low']:.3f}, {row['band_high']:.3f}]",
                flush=True,
            )
    if options.out is not None:
        text = json.dumps({"command": sys.argv[1:], "engine": options.engine, "rows": rows}, indent=2)
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(any(float(str(row["band_high"])) < 0.94 for row in rows))


if __name__ == "__main__":
    sys.exit(main())
