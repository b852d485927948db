"""Rows that need no simulation lie where the simulated ones do.

Null: the simulated number is the exact one. Simulated intervals are widened from 95 % to z = 4.89. Outages are frequent,
so that some hundred of them are seen: an availability or a share of months that is 10 % off is noticed.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import pytest

from georep_sim import api
from georep_sim.scenario import load
from georep_sim.study.exact import exact_rows

if TYPE_CHECKING:
    from georep_sim.api import Results
    from georep_sim.study.resampling import Estimate

Z = 4.89
WIDER = Z / 1.96

ACCESS = """
georep: 1
run: {horizon: 1 y, timelines: 250, replications: 2}
workload:
  content: {objects: 1e5, stored: 100 GB}
  clients:
    eastus:     {pulls: 3/d, pushes: 1/d}
    westeurope: {pulls: 1/d}
faults:
  region-outage:  {what: region,  where: eastus, kind: outage, every: 90 d, lasts: {p50: 2 h, p95: 9 h}}
  storage-outage: {what: storage, where: eastus, kind: outage, every: 120 d, lasts: {exponential: 1 h}}
  read-only:      {what: storage, where: eastus, kind: read_only, every: 60 d, lasts: 3 h}
  partition:      {what: link, where: eastus <-> westeurope, kind: cut, every: 30 d, lasts: {p50: 10 min, p95: 2 h}}
  elsewhere:      {what: region,  where: westeurope, kind: outage, every: 30 d, lasts: 3 h}
designs:
  one:
    sites: {eastus: {protect: {copies: 3, over: racks}}}
    route: {method: fixed}
measures: {slo: {availability.pull: 99.8 %}}
"""

TAILS = """
georep: 1
run: {horizon: 2 d, warmup: 2 h, timelines: 2, replications: 24, traffic: full}
workload:
  content: {use: ibm-dal, images: 2000, layer_size: {p50: 1 MB, p95: 4 MB}}
  clients:
    eastus:     {pushes: 2/min}
    westeurope: {pushes: 30/h}
designs:
  one-copy:
    home: eastus
    sites: {eastus: {}, westeurope: {role: standby}}
    replicate: {copy: {from: home, to: westeurope, lag: {p50: 2 min, p99: 15 min}}}
    route: {method: fixed}
  two-copies:
    home: eastus
    sites: {eastus: {}, westeurope: {role: standby}, northeurope: {role: standby}}
    replicate: {copy: {from: home, to: [westeurope, northeurope], lag: {p50: 2 min, p99: 15 min}, workers: 16}}
    route: {method: fixed}
"""


@cache
def run(text: str) -> Results:
    return api.run(api.load(text), jobs=1)


def exact(text: str, design: str) -> list[Estimate]:
    case = load(text).case()
    return exact_rows(case, case.designs[design])


def simulated(results: Results, design: str, row: Estimate) -> tuple[float, float, float]:
    """Value and interval of the simulated row beside an exact one, at z = 4.89."""
    table = results.metrics
    at = {"design": design, "method": "simulated"} | {
        name: getattr(row.key, name) for name in ("metric", "statistic", "region", "operation", "part")
    }
    for column, wanted in at.items():
        table = table[table[column] == wanted]
    assert len(table) == 1, at
    value, low, high = (float(table[name].iloc[0]) for name in ("value", "low", "high"))
    return value, value - WIDER * (value - low), value + WIDER * (high - value)


@pytest.mark.parametrize("statistic", ["time_weighted", "slo_met_share"])
def test_access_of_a_fixed_site_is_where_it_was_simulated(statistic: str) -> None:
    rows = [row for row in exact(ACCESS, "one") if row.key.statistic == statistic]
    places = {(row.key.region, row.key.operation) for row in rows}
    pulls = {("", "pull"), ("eastus", "pull"), ("westeurope", "pull")}
    if statistic == "time_weighted":
        assert places == pulls | {("", "push"), ("eastus", "push")}
    else:
        # Over all clients a month is not lost at one go: part of them is cut off.
        assert places == pulls - {("", "pull")}
    for row in rows:
        value, low, high = simulated(run(ACCESS), "one", row)
        assert low <= row.value <= high
        # Three hundred outages: a tenth of what is lost would be seen.
        assert high - low < 1.0 * (1.0 - value)


def test_what_is_lost_is_what_a_hand_would_add_up() -> None:
    row = next(r for r in exact(ACCESS, "one") if (r.key.region, r.key.operation) == ("eastus", "push"))
    assert row.key.statistic == "time_weighted"
    sigma = math.log(9 / 2) / 1.6448536269514722
    region_h = 2.0 * math.exp(sigma**2 / 2)
    up = (90 * 24) / (90 * 24 + region_h) * (120 * 24) / (120 * 24 + 1) * (60 * 24) / (60 * 24 + 3)
    assert row.value == pytest.approx(up, abs=1e-9)


@pytest.mark.parametrize("design", ["one-copy", "two-copies"])
def test_recovery_points_are_where_they_were_simulated(design: str) -> None:
    rows = [row for row in exact(TAILS, design) if row.key.metric == "rpo"]
    assert [row.key.statistic for row in rows] == ["p50", "p95", "p99"]
    for row in rows:
        _, low, high = simulated(run(TAILS), design, row)
        assert low <= row.value <= high


def test_losses_before_a_copy_are_rate_times_what_waits() -> None:
    text = TAILS + "faults: {fire: {what: storage, where: eastus, kind: destroyed, every: 1000 y, lasts: 7 d}}\n"
    rows = {row.key.region: row for row in exact(text, "one-copy") if row.key.metric == "acknowledged_then_lost"}
    assert set(rows) == {"", "eastus"}
    sigma = math.log(7.5) / 2.3263478740408408
    waiting = 2.5 / 60 * 120 * math.exp(sigma**2 / 2)
    assert rows[""].value == pytest.approx(waiting / (1000.0 + 7.0 / 365.25), rel=1e-6)


FIRES = """
georep: 1
run: {horizon: 30 d, timelines: 20, replications: 24}
workload:
  content: {use: ibm-dal, images: 2000, layer_size: {p50: 1 MB, p95: 4 MB}}
  clients: {eastus: {pushes: 2/min}, westus: {pulls: 1/h}, northeurope: {pulls: 1/h}}
faults: {fire: {what: storage, kind: destroyed, every: 2000 y, lasts: 7 d}}
designs:
  one-copy:
    home: eastus
    sites: {eastus: {}, westeurope: {role: standby}}
    replicate: {copy: {from: home, to: westeurope, lag: {p50: 5 min, p99: 40 min}}}
    route: {method: fixed}
"""


def test_losses_before_a_copy_are_where_few_drills_of_many_places_see_them() -> None:
    (row,) = (r for r in exact(FIRES, "one-copy") if r.key.metric == "acknowledged_then_lost" and not r.key.region)
    results = run(FIRES)
    value, low, high = simulated(results, "one-copy", row)
    assert low <= row.value <= high
    # Six of the 24 drills strike the home, each of which about 14 pushes wait at: the mean is known to a sixth.
    assert value == pytest.approx(row.value, rel=4.89 / 6)
    # No interval of 95 % that rests on six of them may leave the truth out here, widened or not.
    table = results.metrics.query("metric == 'acknowledged_then_lost' and method == 'simulated' and region == ''")
    objects = table[table["statistic"] == "objects_per_year"].iloc[0]
    assert objects["low"] <= row.value <= objects["high"]
    assert "few events: 6" in objects["note"]


@pytest.mark.parametrize("pushes", ["1/h", "2/min"])
def test_a_number_without_an_interval_has_no_ends(pushes: str) -> None:
    text = f"{TAILS}faults: {{fire: {{what: region, kind: outage, every: 9 y, lasts: 1 h}}}}\n".replace("2/min", pushes)
    rows = [row for row in exact(text.replace("30/h", pushes), "one-copy") if row.key.metric == "rpo"]
    assert [row.key.statistic for row in rows] == ["p50", "p95", "p99"]
    for row in rows:
        assert math.isnan(row.low) == math.isnan(row.high)
        # Where nothing waits at half of all times, that is zero for certain, and an interval of no width says nothing.
        assert math.isnan(row.low) or row.low < row.high
    assert math.isnan(rows[0].low) == (rows[0].value == 0.0) == (pushes == "1/h")


@pytest.mark.parametrize(
    "change",
    [
        {"designs.one.route.method": "dns_latency"},
        {"faults.region-outage.kind": "destroyed"},
        {"faults.region-outage.start": "new"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_does_not_fit_has_no_row(change: dict[str, str]) -> None:
    case = load(ACCESS, overrides=change).case()
    assert exact_rows(case, case.designs["one"]) == []


def test_zones_and_disks_count_as_a_structure() -> None:
    text = """
georep: 1
workload:
  content: {objects: 1e5, stored: 100 GB}
  clients: {eastus: {pulls: 1/h}}
faults:
  zone: {what: zone, where: [eastus/1, eastus/2, eastus/3], kind: outage, every: 9 d, lasts: 1 d}
designs:
  zoned:  {sites: {eastus: {protect: {copies: 2, over: zones}}}, route: {method: fixed}}
  narrow: {sites: {eastus: {protect: {copies: 2, over: racks}}}, route: {method: fixed}}
"""
    # Copies are in zones 1 and 2; a site over racks stands in zone 1.
    for design, lost in (("zoned", 0.01), ("narrow", 0.1)):
        rows = exact(text, design)
        assert [row.key.region for row in rows] == ["", "eastus"]
        assert rows[0].value == pytest.approx(1.0 - lost, rel=1e-12)


DISKS = """
georep: 1
workload:
  content: {objects: 1e5, stored: 100 GB}
  clients: {eastus: {pulls: 1/h}}
faults:
  disk: {what: disk, where: eastus, kind: destroyed, every: 9 d}
  zone: {what: zone, where: [eastus/1, eastus/2, eastus/3], kind: outage, every: 99 d, lasts: 1 d}
designs:
  mirrored:
    sites: {eastus: {protect: {copies: 2, over: racks}}}
    route: {method: fixed}
    repair: {detect: 0 s, time: {exponential: 1 d}}
"""


def test_disks_that_are_rebuilt_are_down_meanwhile() -> None:
    case = load(DISKS).case()
    rows = exact_rows(case, case.designs["mirrored"])
    # A tenth of the time each, both at once a hundredth; besides, the only zone of the site is out a hundredth.
    assert rows[0].value == pytest.approx(0.99 * 0.99, rel=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"designs.mirrored.repair.crews": "1"},
        {"designs.mirrored.repair.start": "lazy"},
        {"designs.mirrored.sites.eastus.protect": "{ec: 6+2+2, over: racks}"},
        {"faults.disk.share": "10 %"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_disks_that_depend_on_each_other_have_no_row(change: dict[str, str]) -> None:
    case = load(DISKS, overrides=change).case()
    assert exact_rows(case, case.designs["mirrored"]) == []
