"""Whoever joins a scenario leaves the others' draws alone: a fourth region changes no window and no arrival of three."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim import api
from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.faults import draw_faults
from georep_sim.draws.images import catalogue, traffic
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from georep_sim.scenario import Case

THREE = ("eastus", "westeurope", "australiaeast")
FOURTH = ("southeastasia", "northeurope", "westus2")

# Every way in which a row can address the regions, at rates that give some windows in every draw.
SCENARIO = """
georep: 1
run: {{horizon: 60 d, start: 2027-03-01}}
environment: {{regions: [{regions}]}}
workload:
  clients: {{{clients}}}
  bursts:
    release: {{every: 10 d, where: eastus, pulls: 200, within: 5 min}}
faults:
  outage:    {{what: region, where: all, kind: outage, every: 9 d, lasts: {{p50: 2 h, p95: 9 h}}}}
  zone:      {{what: zone, where: all, kind: outage, every: 9 d, lasts: 1 h}}
  storage:   {{what: storage, where: all, kind: destroyed, every: {{weibull: {{mean: 20 d, shape: 2}}}}, lasts: 4 h}}
  disk:      {{what: disk, kind: destroyed, every: 30 d}}
  partition: {{what: link, where: all, kind: cut, every: 9 d, lasts: 30 min}}
designs:
  replicated: {{use: azure/acr-geo-replicated@2026-08, with: {{home: eastus, regions: [{sites}]}}}}
"""


@cache
def case(fourth: str = "", *, first: bool = False) -> Case:
    """Three regions, or four; the fourth stands first or last in the file."""
    named = [*((fourth,) if first and fourth else ()), *THREE, *((fourth,) if fourth and not first else ())]
    clients = ", ".join(f"{region}: {{pulls: 40/h, pushes: 10/h, profile: office-hours}}" for region in named)
    text = SCENARIO.format(regions=", ".join(named), clients=clients, sites=", ".join(named))
    return api.load(text).cases["base"]


Window = tuple[str, str, int, float, float]


def windows(of: Case, *, seed: int, replication: int) -> set[Window]:
    table = draw_faults(of, seed=seed, replication=replication)
    return {
        (
            table.names[w["fault"]],
            table.targets[w["target"]],
            int(w["occurrence"]),
            float(w["start_s"]),
            float(w["end_s"]),
        )
        for w in table.windows
    }


joined = st.tuples(st.sampled_from(FOURTH), st.booleans(), st.integers(0, 2**32 - 1), st.integers(0, 1000))


@settings(max_examples=15)
@given(joined)
def test_a_fourth_region_changes_no_fault_window_of_the_three(drawn: tuple[str, bool, int, int]) -> None:
    fourth, first, seed, replication = drawn
    before = windows(case(), seed=seed, replication=replication)
    after = windows(case(fourth, first=first), seed=seed, replication=replication)
    assert {name for name, *_ in before} == {"outage", "zone", "storage", "disk", "partition"}
    assert {window for window in after if fourth not in window[1]} == before
    assert len(after) > len(before)


@settings(max_examples=15)
@given(joined)
def test_a_fourth_region_changes_no_arrival_of_the_three(drawn: tuple[str, bool, int, int]) -> None:
    fourth, first, seed, replication = drawn
    asked = {}
    for of in (case(), case(fourth, first=first)):
        source = arrivals(of, seed=seed, replication=replication)
        start_s = 27 * 86_400.0  # over the change to summer time in Europe
        rows = source.draw(round(start_s * NS_PER_S), round((start_s + 86_400.0) * NS_PER_S))
        images = catalogue(of, seed=seed, replication=replication)
        asked[len(source.cohorts)] = source.cohorts, traffic(of, rows, images, seed=seed, replication=replication)
    (three, before), (four, after) = asked[3], asked[4]
    assert len(before) > 0
    for group in THREE:
        mine, theirs = before[before["cohort"] == three.index(group)], after[after["cohort"] == four.index(group)]
        for column in before.dtype.names or ():
            if column != "cohort":
                np.testing.assert_array_equal(mine[column], theirs[column], err_msg=f"{group}: {column}")
