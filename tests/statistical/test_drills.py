"""A fault every 2,000 years: does the interval from drills hold what a closed form says, without being cowardly?

Control plane alone. The damage of one episode is its length: one region, no failover, no traffic; so the truth is
rate x E[length], and the exact interval that of a mean of as many lengths as there are drills.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from scipy.stats import binom

from georep_sim import api, theory
from georep_sim.measures.availability import availability
from georep_sim.measures.estimand import Ratio
from georep_sim.study.estimate import estimate
from georep_sim.study.outcome import record, resampling_of
from georep_sim.study.tasks import drills_of, perform, tasks_of
from support.small_runs import fewer_drills

if TYPE_CHECKING:
    from georep_sim.scenario import Case
    from georep_sim.study.estimate import Estimate

SCENARIO = """
georep: 1
run: {timelines: 2, horizon: 1 y}
environment: {regions: [eastus, westus]}
workload: {clients: {eastus: {pulls: 1/s}}}
faults:
  outage: {what: region, where: eastus, kind: outage, every: 2000 y, lasts: {p50: 4 h, p95: 20 h}}
designs:
  one: {home: eastus, sites: {eastus: {}}, route: {method: fixed}}
"""


@cache
def base() -> Case:
    return api.load(SCENARIO).cases["base"]


def unavailability(seed: int) -> Estimate:
    """The time-weighted availability as a run with this seed tells it."""
    case = base().model_copy(update={"run": base().run.model_copy(update={"seed": seed})})
    done = {task: perform(case, task) for task in tasks_of(case) if task.level == "timelines"}
    recorded = record(case, done)
    measured = islice(availability(recorded["one"], case, case.designs["one"]), 8)
    wanted = next(e for e in measured if isinstance(e, Ratio) and e.key.statistic == "time_weighted")
    (got,) = estimate(wanted, resampling_of(case, recorded))
    return got


def truth() -> float:
    fault = base().faults["outage"]
    assert fault.every is not None
    assert fault.lasts is not None
    return theory.alternating_renewal_unavailability(fault.every.mean, fault.lasts.mean)


def exact_width() -> float:
    """Width of the 95 % interval of rate x mean length, the rate known, from as many lengths as drills."""
    sigma = math.log(20.0 / 4.0) / 1.6448536269514722  # p95 over p50 of a lognormal law
    spread = math.sqrt(math.expm1(sigma * sigma))
    return 2.0 * 1.959963984540054 * spread * truth() / math.sqrt(drills_of(base(), "timelines"))


def judged(seeds: int) -> tuple[int, float]:
    """How many seeds' intervals hold the truth, and how wide they are in the mean next to the exact one."""
    told = [unavailability(seed) for seed in range(seeds)]
    assert all(got.low < got.value < got.high for got in told)
    hits = sum(1.0 - got.high <= truth() <= 1.0 - got.low for got in told)
    return hits, sum(got.high - got.low for got in told) / seeds / exact_width()


def test_drills_hold_the_closed_form_of_a_rare_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_drills(monkeypatch, 100)
    hits, relative_width = judged(100)
    # Fewer hits than this have probability 1e-6 at the promised 94 %.
    assert hits >= binom.ppf(1e-6, 100, 0.94)
    assert 0.5 <= relative_width <= 3.0


@pytest.mark.long
def test_drills_hold_the_closed_form_in_94_of_100_runs() -> None:
    hits, relative_width = judged(1000)
    assert hits >= 940
    assert 0.5 <= relative_width <= 3.0
