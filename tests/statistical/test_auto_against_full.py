"""Sampled windows against every request of the same replications: no bias, and intervals that hold the truth.

`benchmarks/validation/traffic_coverage.py` measures the coverage with many more seeds; this is its small version.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.measures.availability import availability
from georep_sim.measures.estimand import BASE, Pool, Ratio
from georep_sim.measures.latency import latency
from georep_sim.measures.outcomes import throttled
from georep_sim.measures.recovery import rpo
from georep_sim.study.estimate import estimate
from georep_sim.study.outcome import record, resampling_of
from georep_sim.study.tasks import Piece, Task
from georep_sim.world.budget import budget_of
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica
from support.coverage import assert_covered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.measures.estimand import Estimand
    from georep_sim.scenario import Case
    from georep_sim.study.resampling import Resampling

# A minute's outage, 150 pulls at once after it, a limit that turns some of them away, and pushes that are copied late.
SCENARIO = """
georep: 1
run: {horizon: 2 h, replications: 20}
environment: {regions: [eastus, westus]}
workload:
  content: {images: 200, popularity: {50 %: 55 %}, layers_per_image: 2, layer_size: {p50: 2 MB, p90: 12 MB}, warm_share: 50 %}
  clients:
    eastus: {pulls: 900/h, pushes: 120/h}
  bursts: {herd: {at: 42 min, where: eastus, pulls: 150, within: 15 s}}
faults: {outage: {what: region, where: eastus, kind: outage, at: 40 min, lasts: 1 min}}
designs:
  two:
    home: eastus
    sites: {eastus: {}, westus: {}}
    replicate: {copies: {from: any, to: others, lag: {p50: 20 s, p95: 1 min}}}
    limits: {read: 600/min, capacity: 200}
    route: {method: fixed}
"""
# What is compared: of an estimand of these, pulls of all regions or what has no operation.
MEASURES = (availability, latency, throttled, rpo)


@cache
def base() -> Case:
    return load(SCENARIO).case()


def played(traffic: Literal["auto", "full"], *, seed: int, replications: int) -> tuple[list[Estimand], Resampling]:
    """Estimands of one run, in windows that leave most of the horizon out."""
    run = base().run.model_copy(update={"traffic": traffic, "seed": seed, "replications": replications})
    case = base().model_copy(update={"run": run})
    sizes = replace(
        budget_of("compiled"), quiet_requests=300.0, episode_requests=100.0, warm_up_requests=300.0, copies_s=2400.0
    )
    done = {}
    for number in range(replications):
        replica = Replica(case, number, engine="compiled", sizes=sizes)
        kept = {name: {(BASE, number): line} for name, line in replica.timelines.items()}
        done[Task(case.name, "traffic", number, 1)] = Piece(play_replica(replica), kept)
    recorded = record(case, done)
    return chosen(recorded["two"], case), resampling_of(case, recorded)


def chosen(recording: Any, case: Case) -> list[Estimand]:
    found: list[Estimand] = []
    for measure in MEASURES:
        for estimand in measure(recording, case, case.designs["two"]):
            key = next(iter(estimand.keys.values())) if isinstance(estimand, Pool) else estimand.key
            if key.operation in {"pull", ""} and (not key.region or key.metric == "rpo") and not key.part:
                found.append(estimand)
    return found


def totals(found: list[Estimand], replications: int) -> dict[str, NDArray[np.float64]]:
    """Weighted amounts by replication: of every ratio its two parts, of every pool what lies beyond some values."""
    out: dict[str, NDArray[np.float64]] = {}
    for estimand in found:
        if isinstance(estimand, Ratio) and estimand.denominator is not None and estimand.level == "traffic":
            name = f"{estimand.key.metric}.{estimand.key.statistic}"
            out[name], out[f"{name}, whole"] = estimand.numerator[BASE], estimand.denominator[BASE]
        elif isinstance(estimand, Pool):
            metric = next(iter(estimand.keys.values())).metric
            for beyond in (0.1, 1.0, 10.0, 60.0, 120.0):
                mass = np.where(estimand.value > beyond, estimand.weight, 0.0)
                held = np.bincount(estimand.cluster, weights=mass, minlength=replications)
                out[f"{metric} > {beyond} s"] = held.astype(np.float64)
    return out


def test_what_windows_stand_for_is_what_full_traffic_plays() -> None:
    # Null: expected difference 0 between the weighted total of windows and the total of everything, in the same
    # replications. n = 250, z = 4.89: catches 7 standard errors with power 0.98, which is 2 % of all requests.
    replications = 250
    sampled, everything = (
        totals(played(traffic, seed=5, replications=replications)[0], replications) for traffic in ("auto", "full")
    )
    assert set(sampled) == set(everything)
    is_seen = 0
    for name, whole in everything.items():
        difference = sampled[name] - whole
        error = float(difference.std(ddof=1)) / math.sqrt(replications)
        assert abs(float(difference.mean())) <= 4.89 * error + 1e-9 * float(whole.mean()), name
        is_seen += bool(whole.mean() > 0.0 and error < 0.1 * whole.mean())
    assert is_seen >= 8


@pytest.mark.long
def test_intervals_of_sampled_windows_hold_what_full_traffic_says() -> None:
    # Null: coverage 93 % with 20 replications; n = 150 seeds; catches 80 % at a level of 1e-6 with power 0.9.
    truth = {
        e.key: e.value
        for found, resampling in [played("full", seed=1_000_003, replications=600)]
        for one in found
        for e in estimate(one, resampling)
    }
    hits: dict[Any, list[bool]] = {}
    for seed in range(150):
        found, resampling = played("auto", seed=seed, replications=20)
        for one in found:
            for e in estimate(one, resampling):
                # Of extremes and of what failures decide there is no interval to be judged.
                if e.key.statistic in {"p50", "p95", "mean", "share", "request_weighted"} and e.key in truth:
                    hits.setdefault(e.key, []).append(e.low <= truth[e.key] <= e.high)
    assert len(hits) >= 6
    for key, held in hits.items():
        assert_covered(sum(held), len(held), least=0.93, what=key)
