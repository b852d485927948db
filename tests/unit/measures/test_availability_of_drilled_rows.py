"""Time lost in episodes that drills stand for is counted by the drills alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from georep_sim.measures.availability import availability
from georep_sim.measures.estimand import BASE, Ratio
from georep_sim.tables import Operation
from support.finished_run import REGIONS, filled, recording


def test_what_rounding_leaves_of_drilled_time_is_no_damage() -> None:
    lost_s = 0.1 + 0.2
    rows = [
        {"row": -1, "replication": k, "weight": 1.0, "operation": Operation.PULL, "lost_s": lost, "drilled_s": drilled}
        for k, (lost, drilled) in enumerate([(lost_s, 0.3), (0.3, lost_s), (60.0, 45.0)])
    ]
    base = recording(REGIONS)
    tables = {"tallies": base.tables["tallies"][:0], "availability": filled("availability", rows)}
    clusters = {"timelines": {BASE: 3}, "traffic": {BASE: 1}}
    case: Any = SimpleNamespace(measures=SimpleNamespace(slo={}))
    design: Any = None
    found = availability(replace(base, tables=tables, clusters=clusters), case, design)
    ratio = next(one for one in found if isinstance(one, Ratio) and one.key.region == "eastus")
    assert np.array_equal(ratio.numerator[BASE], [0.0, 0.0, 15.0])


def test_an_episode_that_hits_two_client_groups_is_one_event() -> None:
    row = {"row": -1, "replication": 0, "weight": 1.0, "operation": Operation.PULL, "lost_s": 1.0, "episodes": 1}
    base = recording(REGIONS)
    rows = [row | {"cohort": cohort, "month": month} for cohort in (0, 1) for month in (0, 3)]
    tables = {"tallies": base.tables["tallies"][:0], "availability": filled("availability", rows)}
    clusters = {"timelines": {BASE: 2}, "traffic": {BASE: 1}}
    case: Any = SimpleNamespace(measures=SimpleNamespace(slo={}))
    design: Any = None
    found = availability(replace(base, tables=tables, clusters=clusters), case, design)
    ratio = next(one for one in found if isinstance(one, Ratio) and one.key.region == "")
    assert ratio.events is not None
    assert ratio.events[BASE].tolist() == [2.0, 0.0]
