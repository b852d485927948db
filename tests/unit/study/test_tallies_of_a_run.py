"""Every recording has tallies: those that its tasks brought, else counted from their requests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.plane.tally import merge
from georep_sim.study.outcome import record
from georep_sim.study.tasks import Piece, Task, perform, tasks_of
from georep_sim.tables import ControlState, empty

SCENARIO = """
georep: 1
run: {horizon: 4 d, timelines: 1, replications: 2, seed: 7}
workload: {clients: {eastus: {pulls: 60/h}, westus: {pulls: 30/h, pushes: 2/h}}}
faults: {outage: {what: region, where: eastus, kind: outage, every: 3 h, lasts: 2 h}}
designs:
  one: {sites: {eastus: {}}}
  two: {sites: {eastus: {}, westus: {}}, replicate: {c: {from: any, to: others}}, route: {method: dns_latency}}
"""
CASE = load(SCENARIO).cases["base"]


@pytest.fixture(scope="module")
def done() -> dict[Task, Piece]:
    return {task: perform(CASE, task) for task in tasks_of(CASE) if task.level == "traffic"}


def test_tallies_count_every_request_in_the_same_states_for_all_designs(done: dict[Task, Piece]) -> None:
    by_state = []
    for recording in record(CASE, done).values():
        requests, tallies = recording.tables["requests"], recording.tables["tallies"]
        assert tallies["requests"].sum() == len(requests) > 0
        assert np.isclose((tallies["weight"] * tallies["requests"]).sum(), requests["weight"].sum())
        by_state.append([tallies["requests"][tallies["state"] == state].sum() for state in (-1, *ControlState)])
    assert by_state[0] == by_state[1]
    assert by_state[0][0] == 0
    assert min(by_state[0][1:3]) > 0


def test_tallies_that_a_task_brought_are_kept_as_they_are(done: dict[Task, Piece]) -> None:
    task = next(iter(done))
    brought = empty("tallies", 2)
    brought["requests"] = [3, 4]
    brought["bin"] = [1, 2]
    tables = {name: {**tables, "tallies": brought} for name, tables in done[task].tables.items()}
    got = record(CASE, {task: replace(done[task], tables=tables)})["one"].tables["tallies"]
    assert merge([got]).tobytes() == brought.tobytes()
