"""Runs of which a part has nothing to measure still end in tables."""

from __future__ import annotations

import georep_sim as gs

DESIGNS = "designs: {one: {sites: {eastus: {}, westus: {}}, replicate: {c: {from: any, to: others}}}}\n"
FAULTS = "faults: {fire: {what: region, where: eastus, kind: destroyed, every: 1 d, lasts: 1 h}}\n"
RUN = "georep: 1\nrun: {horizon: 2 d, timelines: 3, replications: 1}\n"


def test_without_clients_loss_and_cost_are_measured() -> None:
    metrics = gs.run(gs.load(RUN + FAULTS + DESIGNS), jobs=1).metrics
    assert set(metrics["metric"]) == {"durability", "loss_budget", "cost"}


def test_where_no_request_succeeds_there_is_no_mean_latency() -> None:
    clients = "workload: {clients: {eastus: {pulls: 60/h}}}\n"
    nothing = DESIGNS.replace("{one: {", "{one: {limits: {read: 0/s}, ")
    metrics = gs.run(gs.load(RUN + clients + nothing), jobs=1).metrics
    assert "latency" not in set(metrics["metric"])
    assert not metrics["value"].isna().any()
