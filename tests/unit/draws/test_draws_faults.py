from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from georep_sim.draws.faults import FORCED, FaultPlan, FaultTable, draw_faults, episodes_per_horizon, is_random
from georep_sim.laws import Constant, Exponential
from support.draw_cases import DAY_S, YEAR_S, make_case

OUTAGE: dict[str, Any] = {"what": "region", "kind": "outage", "lasts": Exponential(2 * DAY_S)}
BOTH = ("eastus", "westeurope")


def windows_of(table: FaultTable, fault: str | None = None) -> list[tuple[str, str, int, float, float]]:
    """Rows with names for indices, so that tables with other indices compare."""
    rows = [
        (
            table.names[w["fault"]],
            table.targets[w["target"]],
            int(w["occurrence"]),
            float(w["start_s"]),
            float(w["end_s"]),
        )
        for w in table.windows
    ]
    return [row for row in rows if fault in (None, row[0])]


def test_a_fault_at_a_moment_happens_once_to_each_target() -> None:
    case = make_case(faults={"it": {**OUTAGE, "where": BOTH, "at": 10 * DAY_S, "lasts": Constant(6 * 3600.0)}})

    rows = windows_of(draw_faults(case, seed=1, replication=0))

    assert rows == [
        ("it", "eastus", 0, 864_000.0, 885_600.0),
        ("it", "westeurope", 0, 864_000.0, 885_600.0),
    ]
    assert episodes_per_horizon(case, "it") == 2.0
    assert not is_random(case.faults["it"])


def test_a_history_is_replayed_line_by_line() -> None:
    lines = [
        {"what": "region", "where": "eastus", "kind": "outage", "start": 50.0, "lasts": 10.0},
        {"what": "link", "where": "westeurope <-> eastus", "kind": "cut", "start": 20.0, "lasts": 5.0},
        {"what": "region", "where": "eastus", "kind": "outage", "start": -30.0, "lasts": 40.0},
        {"what": "region", "where": "eastus", "kind": "outage", "start": -30.0, "lasts": 20.0},
        {"what": "region", "where": "eastus", "kind": "outage", "start": 1_000.0, "lasts": 20.0},
    ]
    case = make_case(faults={"past": {"what": "region", "kind": "outage", "history": lines}}, horizon=100.0)

    assert windows_of(draw_faults(case, seed=1, replication=0)) == [
        ("past", "eastus", 2, -30.0, 10.0),
        ("past", "eastus <-> westeurope", 1, 20.0, 25.0),
        ("past", "eastus", 0, 50.0, 60.0),
    ]
    assert episodes_per_horizon(case, "past") == 3.0


def test_one_clock_hits_all_targets_in_turn() -> None:
    row = {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S), "together": True, "stagger": 600.0}
    case = make_case(faults={"it": row})

    rows = windows_of(draw_faults(case, seed=1, replication=0))
    east, west = ([r for r in rows if r[1] == region] for region in BOTH)

    assert len(east) >= 3
    for a, b in zip(east, west, strict=False):
        assert b[2] == a[2]
        assert b[3:] == pytest.approx((a[3] + 600.0, a[4] + 600.0))
    assert episodes_per_horizon(case, "it") == pytest.approx(365.25 / 32)


def test_targets_have_clocks_of_their_own_otherwise() -> None:
    case = make_case(faults={"it": {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S)}})

    rows = windows_of(draw_faults(case, seed=1, replication=0))

    assert {r[3] for r in rows if r[1] == "eastus"}.isdisjoint(r[3] for r in rows if r[1] == "westeurope")
    assert episodes_per_horizon(case, "it") == pytest.approx(2 * 365.25 / 32)


def test_a_count_hits_exactly_so_many_disks_of_the_unit_at_once() -> None:
    row = {"what": "disk", "kind": "destroyed", "where": BOTH, "every": Exponential(20 * DAY_S), "count": 2}
    case = make_case(faults={"batch": row})

    rows = windows_of(draw_faults(case, seed=1, replication=0))

    for region in BOTH:
        mine = [r for r in rows if r[1].startswith(region)]
        events = {r[2] for r in mine}
        assert len(mine) == 2 * len(events) >= 20
        assert all(len({r[3] for r in mine if r[2] == event}) == 1 for event in events)
    assert len({r[1] for r in rows}) == 6
    assert episodes_per_horizon(case, "batch") == pytest.approx(2 * 365.25 / 20)


def test_a_share_of_one_hits_everything_and_of_zero_nothing() -> None:
    row = {"what": "zone", "kind": "outage", "where": ("eastus/1", "eastus/2"), "at": 5.0, "lasts": Constant(1.0)}
    hit = make_case(faults={"z": {**row, "share": 1.0}})
    spared = make_case(faults={"z": {**row, "share": 0.0}})

    assert len(draw_faults(hit, seed=1, replication=0).windows) == 2
    assert len(draw_faults(spared, seed=1, replication=0).windows) == 0


def test_within_zone_each_zone_has_its_own_clock() -> None:
    row = {"what": "disk", "kind": "destroyed", "where": ("eastus",), "every": Exponential(1.0), "share": 0.5}
    case = make_case(regions={"eastus": 3}, copies=6, faults={"z": {**row, "within": "zone"}}, horizon=20.0)

    assert episodes_per_horizon(case, "z") == pytest.approx(60.0)
    by_start: dict[float, set[str]] = {}
    for r in windows_of(draw_faults(case, seed=1, replication=0)):
        by_start.setdefault(r[3], set()).add(r[1].split("/")[1])
    assert all(len(zones) == 1 for zones in by_start.values())


def test_the_operators_share_is_of_content_and_his_address_the_registry() -> None:
    row = {"what": "operator", "kind": "delete", "every": Exponential(10 * DAY_S), "share": 0.01}
    case = make_case(faults={"mistake": row})

    table = draw_faults(case, seed=1, replication=0)

    assert table.targets == ("registry",)
    assert len(table.windows) > 15


def test_failures_of_a_disk_are_candidates_in_absolute_time() -> None:
    row = {"what": "disk", "kind": "destroyed", "where": ("eastus",), "every": Exponential(10 * DAY_S)}
    quick = make_case(faults={"disk": {**row, "lasts": Constant(0.0)}})
    slow = make_case(faults={"disk": {**row, "lasts": Constant(30 * DAY_S)}})

    first, second = (draw_faults(case, seed=1, replication=0).windows for case in (quick, slow))

    assert np.array_equal(first["start_s"], second["start_s"])
    assert np.allclose(second["end_s"] - second["start_s"], 30 * DAY_S)


def test_the_order_of_a_links_ends_leaves_no_trace() -> None:
    def table(where: str) -> FaultTable:
        row = {"what": "link", "kind": "cut", "where": (where,), "every": Exponential(DAY_S), "lasts": Constant(60.0)}
        return draw_faults(make_case(faults={"line": row}), seed=1, replication=0)

    assert windows_of(table("westeurope <-> eastus")) == windows_of(table("eastus <-> westeurope"))
    assert windows_of(table("westeurope -> eastus")) != windows_of(table("eastus -> westeurope"))


def test_windows_are_sorted_and_start_within_the_horizon() -> None:
    row = {**OUTAGE, "where": BOTH, "every": Exponential(3 * DAY_S)}
    windows = draw_faults(make_case(faults={"a": row, "b": row}), seed=1, replication=0).windows

    keys = list(zip(*(windows[c].tolist() for c in ("start_s", "fault", "target", "occurrence")), strict=True))
    assert keys == sorted(keys)
    assert windows["start_s"].max() < YEAR_S
    assert (windows["end_s"] >= windows["start_s"]).all()


def test_another_region_leaves_the_windows_of_the_first_ones_alone() -> None:
    def table(regions: tuple[str, ...]) -> FaultTable:
        faults: dict[str, Any] = {
            "outage": {**OUTAGE, "where": regions, "every": Exponential(30 * DAY_S)},
            "disk": {"what": "disk", "kind": "destroyed", "where": regions, "every": Exponential(20 * DAY_S)},
            "batch": {
                "what": "disk",
                "kind": "destroyed",
                "where": regions,
                "every": Exponential(9 * DAY_S),
                "share": 0.5,
            },
        }
        return draw_faults(make_case(regions=dict.fromkeys(regions, 3), faults=faults), seed=1, replication=5)

    before = windows_of(table(BOTH))
    after = windows_of(table(("australiaeast", *BOTH)))

    assert [row for row in after if not row[1].startswith("australiaeast")] == before
    assert len(after) > len(before)


def test_neither_designs_nor_other_rows_change_a_rows_windows() -> None:
    row = {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S)}
    alone = draw_faults(make_case(faults={"it": row}), seed=1, replication=0)
    second = draw_faults(make_case(faults={"other": row, "it": row}, copies=5, over="racks"), seed=1, replication=0)

    assert windows_of(second, "it") == windows_of(alone, "it")
    assert windows_of(second, "other") != windows_of(alone, "it")


def test_replications_and_seeds_differ() -> None:
    case = make_case(faults={"it": {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S)}})

    starts = [draw_faults(case, seed=s, replication=r).windows["start_s"][0] for s, r in ((1, 0), (1, 1), (2, 0))]

    assert len(set(starts)) == 3


def test_a_plan_gives_what_the_case_gives() -> None:
    case = make_case(faults={"it": {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S)}})

    assert windows_of(FaultPlan.of(case).draw(seed=1, replication=3)) == windows_of(
        draw_faults(case, seed=1, replication=3)
    )


def test_a_drill_forces_one_episode_and_leaves_other_rows_as_they_are() -> None:
    row = {**OUTAGE, "where": BOTH, "every": Exponential(30 * DAY_S)}
    case = make_case(faults={"it": row, "other": row})
    free = draw_faults(case, seed=1, replication=2)

    forced = draw_faults(case, seed=1, replication=2, drill="it")

    (drilled,) = [window for window in windows_of(forced, "it") if window[2] == FORCED]
    assert 0.0 <= drilled[3] < YEAR_S
    others = [window for window in windows_of(free, "it") if window[1] != drilled[1]]
    assert [window for window in windows_of(forced, "it") if window[2] != FORCED] == others
    assert windows_of(forced, "other") == windows_of(free, "other")


def test_drills_take_turns_among_clocks() -> None:
    places = ["eastus", "westus", "westeurope", "northeurope"]
    case = make_case(faults={"it": {**OUTAGE, "where": places, "every": Exponential(2000 * YEAR_S)}})

    tables = [draw_faults(case, seed=1, replication=n, drill="it") for n in range(40)]
    hit = [table.targets[table.windows["target"][0]] for table in tables]

    turns = [tuple(hit[k : k + 4]) for k in range(0, 40, 4)]
    assert all(set(turn) == set(places) for turn in turns)
    assert len(set(turns)) > 4


def test_what_cannot_be_drilled_is_said() -> None:
    rows: dict[str, Any] = {
        "once": {**OUTAGE, "where": BOTH, "at": 5.0},
        "nowhere": {"what": "disk", "kind": "destroyed", "where": ("mars",), "every": Exponential(1.0)},
    }
    case = make_case(faults=rows)

    with pytest.raises(ValueError, match="once can't be drilled: it is not random"):
        draw_faults(case, seed=1, replication=0, drill="once")
    with pytest.raises(ValueError, match="nowhere can't be drilled: it hits nothing"):
        draw_faults(case, seed=1, replication=0, drill="nowhere")
    with pytest.raises(ValueError, match="no fault 'nothing' to drill; faults are once, nowhere"):
        draw_faults(case, seed=1, replication=0, drill="nothing")
    assert episodes_per_horizon(case, "nowhere") == 0.0


def test_a_case_without_faults_has_an_empty_table() -> None:
    table = draw_faults(make_case(), seed=1, replication=0)

    assert (table.names, table.targets, table.windows.size) == ((), (), 0)
