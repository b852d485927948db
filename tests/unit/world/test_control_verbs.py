from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.errors import SimulationError
from georep_sim.tables import NS_PER_S, Verb
from georep_sim.world.lower import topology
from georep_sim.world.unfold import timeline
from support.worlds import DAY_S, play, replicated, said, windows, world

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.world.control import Control


def test_saying_what_already_holds_is_no_change() -> None:
    case = world({"d": replicated()})

    def repeat(control: Control) -> Generator[Event, object, None]:
        for at_ns in (10, 20, 30):
            yield control.sleep(at_ns)
            control.resize(0, 64.0)
            control.resize(0, 32.0)
            control.slow(1, 1.0)
            control.cut(0, down=False)

    design = case.designs["d"]
    played = timeline(case, design, topology(case, design), windows(case), seed=1, replication=0, processes=[repeat])
    rows = played.changes[played.changes["time_ns"] > 0]
    # Only the workers change: 64 hold at the start, and from then on they are set back and forth.
    assert [(int(r["time_ns"]), int(r["verb"]), float(r["value"])) for r in rows] == [
        (10, Verb.RESIZE, 32.0), (20, Verb.RESIZE, 64.0), (20, Verb.RESIZE, 32.0), (30, Verb.RESIZE, 64.0),
        (30, Verb.RESIZE, 32.0),
    ]  # fmt: skip


def test_a_failing_process_surfaces_with_time_and_address() -> None:
    case = world({"d": replicated()})

    def fail(control: Control) -> Generator[Event, object, None]:
        yield control.sleep(90 * NS_PER_S)
        msg = "no such site"
        raise RuntimeError(msg)

    design = case.designs["d"]
    with pytest.raises(SimulationError, match=r"'d' failed at 90\.0 s: .*no such site.* seed 7, replication 3"):
        timeline(case, design, topology(case, design), windows(case), seed=7, replication=3, processes=[fail])


def test_an_undisturbed_timeline_says_only_where_clients_go() -> None:
    played = play(world({"d": replicated()}))
    assert [int(v) for v in played.changes["verb"]] == [Verb.AIM] * 3
    assert played.end_ns == played.horizon_ns == 30 * 86_400 * NS_PER_S


def test_play_goes_on_until_what_is_open_at_the_horizon_has_ended() -> None:
    faults = {"region": {"what": "region", "kind": "outage", "where": ("a",)}}
    case = world({"d": replicated()}, faults=faults)
    played = play(case, ("region", "a", 29.9 * DAY_S, 40 * DAY_S))
    last_ns = int(played.changes["time_ns"][-1])
    assert 40 * 86_400 * NS_PER_S <= last_ns <= (40 * 86_400 + 30) * NS_PER_S
    # Old answers live for the TTL of 30 s, and success must hold for 60 s.
    assert played.end_ns == last_ns + 91 * NS_PER_S
    assert played.horizon_ns == 30 * 86_400 * NS_PER_S


def test_what_lasts_for_centuries_is_censored_a_year_after_the_horizon() -> None:
    faults = {"region": {"what": "region", "kind": "outage", "where": ("a",)}}
    case = world({"d": replicated()}, faults=faults)
    played = play(case, ("region", "a", 10 * DAY_S, 1e12))
    assert int(played.faults["end_ns"][0]) == (30 + 366) * 86_400 * NS_PER_S
    assert played.end_ns <= (30 + 367) * 86_400 * NS_PER_S


def test_what_is_under_way_at_the_start_begins_there() -> None:
    faults = {"line": {"what": "link", "kind": "cut", "where": ("a <-> b",)}}
    played = play(world({"d": replicated()}, faults=faults), ("line", "a <-> b", -500.0, 700.0))
    assert int(played.faults["start_ns"][0]) == -500 * NS_PER_S
    a_to_b = played.topology.links.index(("a", "b"))
    assert said(played, Verb.CUT, a_to_b) == [(0.0, 1.0), (700.0, 0.0)]
