"""How a run is cut into tasks."""

from __future__ import annotations

import pytest

from georep_sim.api import load
from georep_sim.study.tasks import (
    Level,
    drilled_rows,
    drills_of,
    expected_of,
    month_edges_ns,
    replications_of,
    tasks_of,
)
from georep_sim.tables import NS_PER_S

DAY_NS = 86_400 * NS_PER_S
SCENARIO = """
georep: 1
run: {start: 2027-01-20, horizon: 60 d, replications: 10, timelines: 120}
environment: {regions: [eastus, westus]}
workload: {clients: {eastus: {pulls: 1/s}}}
faults:
  often: {what: region, where: eastus, kind: outage, every: 4 d, lasts: 1 h}
  rare:  {what: region, kind: outage, every: 20 y, lasts: 1 h}
  once:  {what: storage, where: eastus, kind: outage, at: 10 d, lasts: 1 h}
designs: {one: {sites: {eastus: {}}}}
"""


def test_rows_with_fewer_than_30_expected_episodes_are_drilled_scheduled_ones_never() -> None:
    case = load(SCENARIO).cases["base"]
    # 60 d: 15 episodes of `often` a replication; `rare` hits two regions every 20 years each.
    assert expected_of(case)[1] == pytest.approx(2 * 60 / (20 * 365.25), rel=1e-3)
    assert drilled_rows(case, "timelines") == ("rare",)
    assert drilled_rows(case, "traffic") == ("rare",)
    assert drilled_rows(load(SCENARIO, overrides={"run.replications": 1}).cases["base"], "traffic") == ("often", "rare")


def test_tasks_cover_every_replication_of_every_group_once() -> None:
    case = load(SCENARIO).cases["base"]
    tasks = tasks_of(case)
    levels: tuple[Level, Level] = ("timelines", "traffic")
    for level in levels:
        for drill in ("", *drilled_rows(case, level)):
            mine = [t for t in tasks if (t.level, t.drill) == (level, drill)]
            done = [k for t in mine for k in range(t.first, t.first + t.count)]
            assert done == list(range(drills_of(case, level) if drill else replications_of(case, level)))
    assert {task.drill for task in tasks} == {"", "rare"}


def test_without_clients_there_is_no_traffic() -> None:
    case = load(SCENARIO, overrides={"workload.clients": "null"}).cases["base"]
    assert {task.level for task in tasks_of(case)} == {"timelines", "losses"}


def test_months_are_the_calendars_and_begin_after_the_warm_up() -> None:
    # 20 January + 60 d = 21 March; edges at 1 February (12 d) and 1 March (40 d).
    case = load(SCENARIO).cases["base"]
    assert (month_edges_ns(case) // DAY_NS).tolist() == [0, 12, 40, 60]
    warm = load(SCENARIO, overrides={"run.warmup": "20 d"}).cases["base"]
    assert (month_edges_ns(warm) // DAY_NS).tolist() == [20, 40, 60]
    assert expected_of(warm)[0] == pytest.approx(expected_of(case)[0] * 40 / 60)
