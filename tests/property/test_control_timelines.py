"""Whatever overlaps, a timeline says the union of its faults, in order, and ends as it began."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.tables import NS_PER_S, Admission, Operation, Timeline, Verb
from support.worlds import Window, play, redundant, replicated, world

ROWS: dict[str, dict[str, Any]] = {
    "region": {"what": "region", "kind": "outage", "where": ("a", "b")},
    "site": {"what": "site", "kind": "outage", "where": ("a", "b")},
    "storage": {"what": "storage", "kind": "outage", "where": ("a", "b")},
    "zone": {"what": "zone", "kind": "outage", "where": ("a/1", "a/2", "a/3", "b/1")},
    "slow": {"what": "site", "kind": "slow", "where": ("a", "b"), "factor": 0.5},
    "cut": {"what": "link", "kind": "cut", "where": ("a <-> b", "a -> b")},
    "destroyed": {"what": "storage", "kind": "destroyed", "where": ("a", "b")},
    "disk": {"what": "disk", "kind": "destroyed", "where": ("a", "b")},
}
DISKS = ("a/1/disk#0", "a/2/disk#1", "a/3/disk#2", "b/1/disk#0", "b/1/disk#1")
CASE = world({"replicated": replicated(), "redundant": redundant()}, faults=ROWS)


@st.composite
def fault_windows(draw: st.DrawFn, rows: tuple[str, ...]) -> list[Window]:
    """Some windows in the first days, on whole thousands of seconds so that ends and starts coincide."""
    found = []
    for row in draw(st.lists(st.sampled_from(rows), max_size=12)):
        target = draw(st.sampled_from(DISKS if row == "disk" else CASE.faults[row].where))
        start = draw(st.integers(0, 40)) * 1000.0
        found.append((row, target, start, start if row == "disk" else start + draw(st.integers(1, 30)) * 1000.0))
    return found


TEMPORARY = fault_windows(("region", "site", "storage", "zone", "slow", "cut"))
ALL = fault_windows(tuple(ROWS))
DESIGNS = st.sampled_from(sorted(CASE.designs))


def answer_at(timeline: Timeline, site: int, operation: Operation, at_s: float) -> Admission:
    """Return what the rows up to an instant, included, make a site answer."""
    rows = timeline.changes
    mine = (rows["verb"] == Verb.ADMIT) & (rows["target"] == 3 * site + operation)
    values = rows["value"][mine & (rows["time_ns"] <= round(at_s * NS_PER_S))]
    return Admission(int(values[-1])) if len(values) else Admission.OK


def expected_pull(drawn: list[Window], region: str, *, zones: tuple[str, ...], at_s: float) -> Admission:
    """Return what a site answers to a pull by the language's table, straight from the open windows."""
    hit = {(row, target) for row, target, start, end in drawn if start <= at_s < end}
    down = {("region", region), ("site", region)} & hit or all(("zone", zone) in hit for zone in zones)
    if down:
        return Admission.UNREACHABLE
    return Admission.STORAGE_ERROR if ("storage", region) in hit else Admission.OK


@given(TEMPORARY)
def test_admission_is_the_union_of_open_windows(drawn: list[Window]) -> None:
    timeline = play(CASE, *drawn, design="replicated")
    for at_s in np.arange(0.0, 72_000.0, 1000.0):
        for site, (region, zones) in enumerate((("a", ("a/1", "a/2", "a/3")), ("b", ("b/1",)))):
            expected = expected_pull(drawn, region, zones=zones, at_s=at_s)
            assert answer_at(timeline, site, Operation.PULL, at_s) == expected


@given(TEMPORARY, DESIGNS)
def test_after_faults_that_pass_everything_is_as_before(drawn: list[Window], design: str) -> None:
    timeline = play(CASE, *drawn, design=design)
    first, last = {}, {}
    for row in timeline.changes:
        if row["verb"] in {Verb.KILL, Verb.LOSE}:
            continue
        key = (int(row["verb"]), int(row["target"]))
        if row["time_ns"] == 0 and row["cause"] == -1:
            first[key] = float(row["value"])
        last[key] = float(row["value"])
    neutral = {Verb.ADMIT: 0.0, Verb.SLOW: 1.0, Verb.CUT: 0.0}
    workers = 64.0
    for (verb, target), value in last.items():
        usual = neutral[Verb(verb)] if verb in neutral else workers
        assert value == first.get((verb, target), usual)


@given(ALL, DESIGNS)
@settings(max_examples=200)
def test_rows_are_in_order_and_never_repeat_themselves(drawn: list[Window], design: str) -> None:
    timeline = play(CASE, *drawn, design=design)
    assert all(a <= b for a, b in pairwise(timeline.changes["time_ns"].tolist()))
    assert all(a <= b for a, b in pairwise(timeline.marks["time_ns"].tolist()))
    assert timeline.end_ns >= max(timeline.horizon_ns, int(timeline.changes["time_ns"][-1]))
    held: dict[tuple[int, int], float] = {}
    for row in timeline.changes:
        key = (int(row["verb"]), int(row["target"]))
        if row["verb"] not in {Verb.KILL, Verb.LOSE}:
            assert held.get(key) != float(row["value"])
            held[key] = float(row["value"])


@given(ALL, DESIGNS)
def test_the_same_draws_give_the_same_timeline(drawn: list[Window], design: str) -> None:
    one, two = play(CASE, *drawn, design=design), play(CASE, *drawn, design=design)
    assert one.changes.tobytes() == two.changes.tobytes()
    assert one.marks.tobytes() == two.marks.tobytes()
    assert (one.orders, one.end_ns) == (two.orders, two.end_ns)
