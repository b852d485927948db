"""Peak loads without faults, by hand."""

from __future__ import annotations

import pytest

from georep_sim.api import load
from georep_sim.errors import ScenarioError
from georep_sim.scenario.profile import read_profile
from georep_sim.study.loads import expected_requests, loads, overloads, refuse_too_many_requests

SCENARIO = """
georep: 1
environment:
  regions: [eastus, westus]
  links: {eastus <-> westus: {bandwidth: 1 Gbit/s, replication: 100 Mbit/s}}
workload:
  content: {layer_size: 10 MB, layers_per_image: 8, warm_share: 50 %}
  clients:
    eastus: {pushes: 1/s}
    westus: {pulls: 4/s}
designs:
  one:
    home: eastus
    sites:
      eastus: {front_end: {workers: 2, service: {read: 10 ms, write: 50 ms, per_byte: 0 ms/MB}}}
      westus: {role: standby}
    replicate: {copy: {from: eastus, to: westus}}
    route: {method: fixed}
    limits: {read: 40/s, write: 400/min}
"""


def shares() -> dict[str, float]:
    case = load(SCENARIO).cases["base"]
    return {found.what: found.share for found in loads(case, case.designs["one"])}


def test_links_carry_cold_pulls_and_copies() -> None:
    # Half of 4 pulls/s fetch 80 MB: 160 MB/s; a push brings 1 + (7/8)^8 layers of 10 MB, copied westwards as well.
    pushed = (1.0 + 0.875**8) * 10e6
    assert shares()["link eastus -> westus"] == pytest.approx((160e6 + pushed) / 125e6)
    assert shares()["replication on link eastus -> westus"] == pytest.approx(pushed / 12.5e6)


def test_front_ends_and_buckets_serve_every_request_of_the_chains() -> None:
    # Reads: 4 x (1 + 0.5 x 8) by pulls, 8 HEADs by the push; writes: 3 for each new layer and the manifest.
    reads, writes = 20.0 + 8.0, 3.0 * (1.0 + 0.875**8) + 1.0
    assert shares()["read limit of site eastus"] == pytest.approx(reads / 40.0)
    assert shares()["write limit of site eastus"] == pytest.approx(writes * 60.0 / 400.0)
    assert shares()["front end of site eastus"] == pytest.approx((reads * 0.01 + writes * 0.05) / 2.0)


def test_what_is_loaded_above_80_percent_is_said() -> None:
    said = overloads(load(SCENARIO))
    assert any("replication on link eastus -> westus is loaded to 107%" in line for line in said)
    assert not any("front end" in line for line in said)


def test_the_busiest_hour_counts() -> None:
    assert read_profile("always").peak == 1.0
    # Office hours: 50 h of weight 4, 24 h of weight 1, 94 h of weight 0.5, over 168 h.
    assert read_profile("office-hours").peak == pytest.approx(4.0 * 168.0 / (200.0 + 24.0 + 47.0))


def test_full_traffic_beyond_the_limit_is_refused_with_a_way_out() -> None:
    asked = load(SCENARIO, overrides={"run.traffic": "full"})
    assert expected_requests(asked.cases["base"]) == pytest.approx(5.0 * 31557600.0)
    with pytest.raises(ScenarioError, match="traffic: auto"):
        refuse_too_many_requests(asked, engine="reference")
    refuse_too_many_requests(asked, engine="compiled")
    refuse_too_many_requests(load(SCENARIO, overrides={"run.traffic": "full", "run.horizon": "1 d"}))
    refuse_too_many_requests(load(SCENARIO))


def test_a_limit_of_the_registry_is_loaded_by_all_sites() -> None:
    text = SCENARIO.replace("limits: {", "limits: {scope: registry, ").replace("{role: standby}", "{}")
    case = load(text.replace("method: fixed", "method: dns_latency")).cases["base"]
    found = {load_.what: load_.share for load_ in loads(case, case.designs["one"])}
    assert found["read limit of the registry"] == pytest.approx(28.0 / 40.0)
    assert not any("limit of site" in what for what in found)


def test_a_limit_of_nothing_is_told_without_a_division_by_it() -> None:
    said = overloads(load(SCENARIO.replace("read: 40/s", "read: 0/s")))
    assert any("read limit of site eastus is loaded to more than anything" in line for line in said)
