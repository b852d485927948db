"""Warnings: each names its check, its place and what is odd."""

from __future__ import annotations

import pytest

from georep_sim.scenario import load
from georep_sim.scenario.checks import check

HEAD = "georep: 1\nworkload: {clients: {eastus: {pulls: 2/s}, westeurope: {pulls: 1/s}}}\n"
TWO = "designs: {two: {use: azure/acr-geo-replicated, %s}}\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fault_within_horizon", HEAD + "run: {horizon: 5 d}\n" + TWO % "note: x"
         + "faults: {f: {what: region, where: eastus, kind: outage, at: 6 d, lasts: 1 h}}\n"),
        ("probe_in_time", HEAD + TWO % "health: {timeout: 40 s}"),
        ("failover_is_noticed", HEAD + TWO % "health: {probe: none}"),
        ("failover_is_noticed", HEAD + TWO % "route: {method: fixed}"),
        ("answer_outlives_detection", HEAD + TWO % "route: {ttl: 2 h}"),
        ("replicas_are_copied", HEAD + TWO % "replicate: {copies: null}"),
        ("replicas_are_copied", HEAD + TWO % "replicate: {copies: {from: home}}"),
        ("tier_replicates", HEAD + TWO % "billing: {tier: basic}"),
        ("clients_do_something", HEAD.replace("pulls: 1/s", "machines: 3") + TWO % "note: x"),
        ("zone_is_known", HEAD.replace("pulls: 1/s", "timezone: UTC, pulls: 1/s, profile: office-hours") + TWO % "note: x"),
        ("repositories_do_nothing", HEAD.replace("workload: {", "workload: {content: {repositories: 7}, ") + TWO % "note: x"),
        ("capacity_has_rate", HEAD + "designs: {one: {sites: {eastus: {}}, limits: {capacity: 5}}}\n"),
    ],
)  # fmt: skip
def test_what_is_odd_is_told(name: str, text: str) -> None:
    warnings = check(load(text))
    assert [warning.check for warning in warnings] == [name]
    assert name in str(warnings[0])
    assert warnings[0].path in str(warnings[0])


def test_a_plain_scenario_has_no_oddities() -> None:
    assert check(load(HEAD + TWO % "note: x")) == []
