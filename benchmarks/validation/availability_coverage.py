"""Does the 95 % interval of availability hold the truth in 95 % of runs? Control plane alone, closed form as judge.

Two regions, one registry in each, clients fixed to the first; 50 timelines of one year; outages every 8 and every
30 years, and a storage failure every 2,000 years. The truth is the stationary unavailability L / (E + L) of an
alternating renewal process, E = mean time in service, L = mean length of an outage.

Usage: python benchmarks/validation/availability_coverage.py [--seeds N] [--ci]
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice

from georep_sim import theory
from georep_sim.api import load
from georep_sim.intervals import clopper_pearson
from georep_sim.measures.availability import availability
from georep_sim.study.estimate import estimate
from georep_sim.study.outcome import record, resampling_of
from georep_sim.study.tasks import perform, tasks_of

_SCENARIO = """
georep: 1
run: {{timelines: 50, horizon: 1 y}}
environment: {{regions: [eastus, westus]}}
workload: {{clients: {{eastus: {{pulls: 1/s}}}}}}
faults:
  outage: {{what: region, where: [eastus, westus], kind: outage, every: {years} y, lasts: {{p50: 4 h, p95: 20 h}}}}
designs:
  one: {{home: eastus, sites: {{eastus: {{}}}}, route: {{method: fixed}}}}
"""


def covered(seed: int, *, years: float) -> tuple[bool, float, str]:
    """Whether one run's interval holds the truth; its width over that of the exact interval; its note."""
    case = load(_SCENARIO.format(years=f"{years:g}")).cases["base"]
    case = case.model_copy(update={"run": case.run.model_copy(update={"seed": seed})})
    done = {task: perform(case, task) for task in tasks_of(case) if task.level == "timelines"}
    recorded = record(case, done)
    wanted = next(
        e
        for e in islice(availability(recorded["one"], case, case.designs["one"]), 8)
        if e.key.statistic == "time_weighted"
    )
    (got,) = estimate(wanted, resampling_of(case, recorded))
    fault = case.faults["outage"]
    assert fault.every is not None
    assert fault.lasts is not None
    truth = theory.alternating_renewal_unavailability(fault.every.mean, fault.lasts.mean)
    return 1.0 - got.high <= truth <= 1.0 - got.low, (got.high - got.low) / truth, got.note


def main() -> int:
    """Print a table; exit 1 where coverage is below 94 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--ci", action="store_true", help="500 seeds")
    options = parser.parse_args()
    seeds = 500 if options.ci else options.seeds
    failed = False
    print("every_y  seeds  coverage  band            relative_width  kind")
    for years in (8.0, 30.0, 2000.0):
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(partial(covered, years=years), range(seeds), chunksize=20))
        hits = sum(hit for hit, _, _ in rows)
        band = clopper_pearson(hits, seeds)
        width = sum(width for _, width, _ in rows) / seeds
        note = rows[0][2] or "resampled"
        print(f"{years:7g}  {seeds:5d}  {hits / seeds:8.4f}  {band.low:.4f}-{band.high:.4f}  {width:14.2f}  {note}")
        # With few seeds only a shortfall beyond chance counts (z = 4.89).
        failed |= hits / seeds < 0.94 - 4.89 * math.sqrt(0.94 * 0.06 / seeds) * (seeds < 10_000)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
