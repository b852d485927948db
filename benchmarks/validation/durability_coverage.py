"""Does the 95 % interval of simulated durability hold the truth in 95 % of runs? Exact chains as judges.

One line per structure: from probabilities of 1e-2 to 1e-16 a year, up to 1,000 components and 50 failures a year,
with crews, shared bandwidth, lazy rebuilds, latent errors and common causes. The judge is the lumped chain.

A run is short: it aims at an interval of 20 % to either side instead of 5 % (10 % for those in `LONGER`), from 30 batches
instead of 100, with 700 to 15,000 copies of busy periods. That is the harder test, since a skewed sum of few copies is farther from normal; and
it is what makes 10,000 seeds of each structure affordable. `FOLLOWERS` runs share a pilot, which has the usual size
and draws of its own; their other draws and seeds differ.

Run ``python -m benchmarks.validation.durability_coverage [--seeds N] [--jobs N] [--only NAME]``; with ``--ci`` less, and
by its path. Seeds are `--first` and on, so that what was used to look is not what the table is made from; with
`--seconds`, slow structures get fewer. Results are written
to ``benchmarks/results/coverage-durability.json``; with `--only`, a structure's row there is replaced.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from georep_sim.intervals import clopper_pearson
from georep_sim.laws import Erlang, Exponential
from georep_sim.loss.biased import simulate_prepared
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent, Shared
from georep_sim.loss.prepared import prepare
from georep_sim.loss.within import loss_within

if TYPE_CHECKING:
    from collections.abc import Mapping

Row: TypeAlias = dict[str, Any]

_DAY_Y: Final = 1 / 365.25
ACCURACY: Final = 0.2
#: Where the weights are most unlike each other.
LONGER: Final[Mapping[str, float]] = {"8+4, one crew": 0.1, "random layout": 0.1}
BATCHES: Final = 30
#: Runs after one pilot.
FOLLOWERS: Final = 100


_LINE: Final = (
    "{structure:32s}  {truth:.4e}  {seeds:5d}  {coverage:8.4f}  {band_low:.4f}-{band_high:.4f}  {missed_below:.3f}  "
    "{missed_above:.3f}  {mean_over_truth:10.4f}  {spread:.3f}  {median_half_width:.3f}  {untrustworthy:.3f}"
)


class Run(NamedTuple):
    """What came of one run: the value over the truth, whether all of its interval is below or above the truth."""

    ratio: float
    is_below: bool
    is_above: bool
    half_width: float
    copies: int
    is_doubted: bool


def structures() -> dict[str, Fleet]:
    """Return what is simulated, by name."""
    day = Exponential(_DAY_Y)
    old, rare = Exponential(20.0), Exponential(50.0)
    burst = CommonCause("burst", 0.5, "disks", count=6)
    fire = CommonCause("fire", 1 / 500, "zone")
    outage = CommonCause("outage", 1 / 3, "zone", lasts_y=Exponential(0.5 * _DAY_Y))
    return {
        "three copies": Fleet(Group(3, 2, Exponential(1.0), Exponential(1 / 173.2)), 3),
        "three copies, eleven nines": Fleet(Group(3, 2, rare, Exponential(1 / 1549)), 3),
        "hundred, fifty failures a year": Fleet(Group(100, 2, Exponential(2.0), Exponential(1 / 2600)), 100),
        "thousand, fifty failures a year": Fleet(Group(1000, 3, old, Exponential(1e-3)), 1000),
        "8+4": Fleet(Group(12, 4, rare, day), 12),
        "8+4, one crew": Fleet(Group(12, 4, rare, day, repairs=Crews(1)), 12),
        "8+4, shared": Fleet(Group(12, 4, rare, day, repairs=Shared(2.0)), 12),
        "8+4, detection": Fleet(Group(12, 4, rare, day, detect_y=Exponential(1e-3)), 12),
        "8+4, lazy": Fleet(Group(12, 4, Exponential(10.0), day, starts_at=2), 12),
        "9+3, latent errors": Fleet(Group(12, 3, rare, day, latent=Latent(0.03, Exponential(14 * _DAY_Y))), 12),
        "4+2, Erlang rebuilds": Fleet(Group(6, 2, Exponential(5.0), Erlang(_DAY_Y, 3)), 6),
        "4+2 in ten groups, bursts": Fleet(Group(6, 2, Exponential(5.0), day), 60, common=(burst,)),
        "6+3 over zones, fires": Fleet(Group(9, 3, rare, day, over="zone"), 9, racks=3, zones=3, common=(outage, fire)),
        "hundred 8+2 groups": Fleet(Group(10, 2, old, Exponential(0.01)), 1000),
        "random layout": Fleet(Group(3, 2, old, Exponential(0.01)), 300, groups=2000, layout="random"),
    }  # fmt: skip


def covered(seeds: range, *, name: str, truth: float) -> list[Run]:
    """Return of runs after one pilot what came of each."""
    prepared = prepare(structures()[name], seed=seeds[0])
    runs = []
    for seed in seeds:
        result = simulate_prepared(prepared, seed=seed, accuracy=LONGER.get(name, ACCURACY), batches=BATCHES)
        ends = result.group_loss
        runs.append(
            Run(
                ends.value / truth,
                ends.high < truth,
                ends.low > truth,
                0.5 * (ends.high - ends.low) / ends.value,
                result.effort.copies,
                bool(result.untrustworthy),
            )
        )
    return runs


def measured(name: str, fleet: Fleet, *, seeds: range, jobs: int, seconds: float) -> Row:
    """Return how often intervals held the truth, over some seeds, from the first on as many as there is time for."""
    chain = lump(fleet)
    truth = loss_within(chain, 1.0).probability
    after_pilots = [seeds[first : first + FOLLOWERS] for first in range(0, len(seeds), FOLLOWERS)]
    began = time.monotonic()
    runs: list[Run] = []
    with ProcessPoolExecutor(jobs) as pool:
        while after_pilots and (not runs or time.monotonic() - began < seconds):
            following, after_pilots = after_pilots[: 2 * jobs], after_pilots[2 * jobs :]
            for some in pool.map(partial(covered, name=name, truth=truth), following):
                runs += some
    below, above = sum(run.is_below for run in runs), sum(run.is_above for run in runs)
    mean = math.fsum(run.ratio for run in runs) / len(runs)
    band = clopper_pearson(len(runs) - below - above, len(runs))
    return {
        "structure": name,
        "components": fleet.disks,
        "states": len(chain.states),
        "truth": truth,
        "seeds": len(runs),
        "coverage": band.value,
        "band_low": band.low,
        "band_high": band.high,
        "missed_below": below / len(runs),
        "missed_above": above / len(runs),
        "mean_over_truth": mean,
        "spread": math.sqrt(math.fsum((run.ratio - mean) ** 2 for run in runs) / (len(runs) - 1)),
        "median_half_width": statistics.median(run.half_width for run in runs),
        "median_copies": statistics.median(run.copies for run in runs),
        "untrustworthy": sum(run.is_doubted for run in runs) / len(runs),
    }


def is_refuted(row: Row) -> bool:
    """Whether coverage is not within 94 to 96 %, but for what chance explains at z = 4.89."""
    slack = 4.89 * math.sqrt(0.05 * 0.95 / row["seeds"]) if row["seeds"] < 10_000 else 0.0
    return not 0.94 - slack <= row["coverage"] <= 0.96 + slack


def write(path: Path, found: list[Row], *, arguments: list[str], is_partial: bool) -> None:
    """Write rows beside what they were measured on; those of other structures stay if not all were measured."""
    # A script that is run by its path does not find the other benchmarks; with --ci it is, and writes nothing.
    from benchmarks import record  # noqa: PLC0415

    rows = {row["structure"]: row for row in found}
    if is_partial and path.exists():
        known = {row["structure"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}
        rows = known | rows
    ordered = [rows[name] for name in structures() if name in rows]
    body = {
        "accuracy": ACCURACY,
        "accuracy_of": dict(LONGER),
        "batches": BATCHES,
        "runs_after_one_pilot": FOLLOWERS,
        "rows": ordered,
    }
    record.write(path, module="benchmarks.validation.durability_coverage", arguments=arguments, body=body)


def main() -> int:
    """Print and write a table; exit 1 where coverage is not what was promised, but for what chance explains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first", type=int, default=0, help="seed")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for each structure, about")
    parser.add_argument("--ci", action="store_true", help="100 seeds; writes nothing")
    parser.add_argument("--only", default="", help="structures whose name contains this")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results" / "coverage-durability.json")
    options = parser.parse_args()
    seeds = range(options.first, options.first + (100 if options.ci else options.seeds))
    found: list[Row] = []
    print(
        f"{'structure':32s}  truth       seeds  coverage  band           below  above  mean/truth  sd     width  doubted"
    )
    for name, fleet in structures().items():
        if options.only not in name:
            continue
        row = measured(name, fleet, seeds=seeds, jobs=options.jobs, seconds=options.seconds)
        found.append(row)
        print(_LINE.format(**row), flush=True)
        if not options.ci:
            told = ["--seeds", str(len(seeds)), "--first", str(options.first), "--seconds", f"{options.seconds:g}"]
            write(options.out, found, arguments=told, is_partial=bool(options.only))
    return int(any(map(is_refuted, found)))


if __name__ == "__main__":
    sys.exit(main())
