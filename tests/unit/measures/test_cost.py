"""The bill, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.measures.cost import cost, mean_stored_bytes
from georep_sim.measures.estimand import Known, Ratio
from georep_sim.plane.tally import tally, unknown_states
from georep_sim.tables import CopyStatus, Operation, Outcome, Recording, empty
from georep_sim.world.lower import topology
from support.finished_run import deadlines

GB = 1e9
SCENARIO = """
georep: 1
run: {horizon: 1 mo}
environment:
  regions: [eastus, westus]
  prices: {storage: 0.10 USD/GB/mo, transfer: 0.02 USD/GB}
workload:
  content: {layer_size: 10 MB, layers_per_image: 8, images: 1000, stored: 60 GB}
  clients: {eastus: {pulls: 1/s, pushes: 1/h}, westus: {pulls: 1/s}}
designs:
  two:
    sites: {eastus: {}, westus: {}}
    replicate: {copies: {from: any, to: others}}
    route: {method: dns_latency}
    billing: {tier: premium}
  kept: {use: two, lifecycle: {untagged: 1 d}, billing: {tier: basic}}
  own: {use: two, billing: {tier: null, plan: {monthly: 5 USD}}}
"""


def bill(name: str) -> dict[str, float]:
    case = load(SCENARIO).cases["base"]
    design = case.designs[name]
    requests, lags = empty("requests", 2), empty("lags", 1)
    # One cold pull of 1 GB across the country, which stands for 500; one beside its site.
    requests["operation"], requests["outcome"], requests["weight"], requests["row"] = (
        Operation.PULL,
        Outcome.OK,
        500.0,
        -1,
    )
    requests["cohort"], requests["site"], requests["bytes"] = [1, 1], [0, 1], GB
    lags["status"], lags["source"], lags["destination"] = CopyStatus.DONE, 0, 1
    lags["bytes"], lags["weight"], lags["row"] = GB, 10.0, -1
    recording = Recording(
        topology(case, design),
        {"tallies": tally(requests, cohorts=deadlines(2), states=unknown_states()), "lags": lags},
        {"timelines": {-1: 1}, "traffic": {-1: 1}},
        case.run.horizon,
        np.array([0]),
        (),
    )
    out = {}
    for found in cost(recording, case, design):
        if isinstance(found, Known):
            out[found.key.part] = found.value
        elif isinstance(found, Ratio):
            out[found.key.part] = float(found.numerator[-1].mean()) * found.scale
    return out


def test_each_serving_site_pays_the_plan() -> None:
    assert bill("two")["plan"] == pytest.approx(2 * 1.667 * 365.25 / 12)
    assert bill("own")["plan"] == pytest.approx(10.0)


def test_stored_bytes_grow_with_pushes_and_retention_stops_them() -> None:
    case = load(SCENARIO).cases["base"]
    grown = (1.0 + 0.875**8) * 10e6 / 3600.0
    month = case.run.horizon
    assert mean_stored_bytes(case, case.designs["two"]) == pytest.approx(60 * GB + grown * month / 2)
    day = 86400.0
    # It grows for a day, then stays.
    assert mean_stored_bytes(case, case.designs["kept"]) == pytest.approx(
        60 * GB + grown * (day - day * day / (2 * month))
    )


def test_storage_beyond_the_allowance_is_billed_at_every_site() -> None:
    case = load(SCENARIO).cases["base"]
    stored = mean_stored_bytes(case, case.designs["kept"])
    assert bill("kept")["storage"] == pytest.approx(2 * (stored - 10 * 2**30) / GB * 0.10)
    assert bill("two")["storage"] == 0.0  # below the 500 GiB of the premium tier


def test_bytes_between_regions_are_billed_and_those_beside_are_not() -> None:
    assert bill("two")["transfer"] == pytest.approx((500.0 + 10.0) * 0.02)


def test_the_total_is_the_sum_of_its_parts() -> None:
    parts = bill("kept")
    assert parts[""] == pytest.approx(math.fsum(value for part, value in parts.items() if part))
