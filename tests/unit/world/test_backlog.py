"""When the backlog is zero, and that what was played in full holds what a full play holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.plane.wire import PlayLog
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, Extreme, empty
from georep_sim.world.backlog import follow, held_up, zero_from_ns
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.scenario import Case

SCENARIO = """
georep: 1
run: {{horizon: {horizon}, timelines: 1, replications: 3, traffic: {traffic}}}
environment: {{regions: [eastus, westus], links: {{eastus <-> westus: {{replication: 20 Mbit/s}}}}}}
workload:
  content: {{images: 30, layers_per_image: 2, layer_size: {{p50: 2 MB, p90: 8 MB}}}}
  clients: {{eastus: {{pulls: 100/h, pushes: 900/h}}}}
faults: {{{faults}}}
designs:
  fast:
    sites: {{eastus: {{}}, westus: {{}}}}
    replicate: {{copies: {{from: any, to: others}}}}
    route: {{method: dns_latency}}
  slow: {{use: fast, replicate: {{copies: {{from: any, to: others, bandwidth: 2.2 MB/s}}}}}}
"""
CUT = "line: {what: link, where: eastus <-> westus, kind: cut, at: 20 min, lasts: 15 min}"
TWO_CUTS = CUT + ", again: {what: link, where: eastus <-> westus, kind: cut, at: 41 min, lasts: 5 min}"


def case(faults: str = CUT, *, traffic: str = "auto", horizon: str = "2 h") -> Case:
    return load(SCENARIO.format(faults=faults, traffic=traffic, horizon=horizon)).case()


def copies(*rows: tuple[float, float | None]) -> NDArray[Any]:
    """Acknowledged and done, s; None = pending."""
    table = empty("copies", len(rows))
    for row, (ack_s, done_s) in zip(table, rows, strict=True):
        row["ack_ns"] = round(ack_s * NS_PER_S)
        row["done_ns"] = -1 if done_s is None else round(done_s * NS_PER_S)
        row["status"] = CopyStatus.PENDING if done_s is None else CopyStatus.DONE
    return table


def test_the_backlog_is_zero_when_all_that_waited_is_done_and_those_behind_it_too() -> None:
    # Control settles at 10 s. The queue then drains: 8 -> 20, 15 -> 26, 24 -> 29, and from there nobody waits.
    queue = copies((1, 2), (8, 20), (15, 26), (24, 29), (30, 31), (40, 41))
    assert zero_from_ns(queue, 10 * NS_PER_S, 2 * NS_PER_S) == 29 * NS_PER_S
    # With a calm of 5 s the push of 24 s, done at 29 s, is no longer late at 26 s.
    assert zero_from_ns(queue, 10 * NS_PER_S, 5 * NS_PER_S) == 26 * NS_PER_S
    assert zero_from_ns(queue[:1], 10 * NS_PER_S, 0) == 10 * NS_PER_S
    assert zero_from_ns(queue[:0], 10 * NS_PER_S, 0) == 10 * NS_PER_S


def test_a_copy_that_never_ends_leaves_a_backlog_for_ever() -> None:
    assert zero_from_ns(copies((1, None)), 10 * NS_PER_S, 99 * NS_PER_S) == NEVER_NS


def test_copies_are_held_up_beyond_the_calm() -> None:
    queue = copies((0, 3), (4, 20), (9, 22), (21, 22))
    assert held_up(queue, 2 * NS_PER_S, 5 * NS_PER_S) == (4 * NS_PER_S, 22 * NS_PER_S)
    # A copy that was late already when the fault began counts from then on.
    assert held_up(queue, 12 * NS_PER_S, 5 * NS_PER_S) == (12 * NS_PER_S, 22 * NS_PER_S)
    assert held_up(queue, 2 * NS_PER_S, 60 * NS_PER_S) is None


def test_an_episode_is_played_until_the_slowest_design_has_drained() -> None:
    tables = play_replica(Replica(case(), 0))
    windows = tables["slow"]["windows"]
    (full,) = windows[windows["mended_ns"] >= 0]
    assert full["start_ns"] == 20 * 60 * NS_PER_S
    drained = {}
    for name, table in tables.items():
        waiting = table["copies"][table["copies"]["window"] == full["window"]]
        waiting = waiting[waiting["ack_ns"] < 35 * 60 * NS_PER_S]
        drained[name] = int(waiting["done_ns"].max())
    assert drained["fast"] < drained["slow"] <= full["end_ns"]
    assert np.array_equal(windows[["start_ns", "end_ns"]], tables["fast"]["windows"][["start_ns", "end_ns"]])


def test_windows_of_requests_tell_a_backlog_from_none() -> None:
    replica = Replica(case(horizon="6 h"), 0)
    settled_ns = replica.episodes[0].settled_ns
    tables = play_replica(replica)["slow"]
    full = tables["windows"][tables["windows"]["mended_ns"] >= 0][0]
    assert full["end_ns"] > settled_ns
    # Every instant that counts has a weight, whatever its stratum.
    queued = tables["copies"][tables["copies"]["window"] == full["window"]]
    nothing = (tables["losses"][:0], tables["transfers"][:0])
    timed = tables["windows"][~tables["windows"]["full"]]
    held = float((timed["weight"] * (timed["end_ns"] - timed["start_ns"])).sum())
    assert held == pytest.approx(6 * 3600 * NS_PER_S, rel=1e-6)
    found, _ = follow(
        replica, lambda _: {"slow": PlayLog(tables["requests"], queued, *nothing, tables["tallies"])}, calm_ns=NS_PER_S
    )
    strata = {window.stratum: window for window in replica.windows(found) if not window.copies_only}
    assert {"failed over/backlog/line", "after/backlog/line", "quiet"} <= set(strata)
    assert strata["after/backlog/line"].queue_ns == 20 * 60 * NS_PER_S
    assert strata["quiet"].queue_ns == -1


def test_two_faults_whose_backlogs_meet_are_one_episode() -> None:
    tables = play_replica(Replica(case(TWO_CUTS), 0))["slow"]
    (full,) = tables["windows"][tables["windows"]["mended_ns"] >= 0]
    assert full["start_ns"] == 20 * 60 * NS_PER_S
    assert full["mended_ns"] == 46 * 60 * NS_PER_S


@pytest.mark.parametrize("design", ["fast", "slow"])
def test_the_largest_is_that_of_a_full_play(design: str) -> None:
    sampled, whole = (play_replica(Replica(case(traffic=traffic), 1))[design] for traffic in ("auto", "full"))
    (maxima,) = sampled["windows"][sampled["windows"]["weight"] == 0.0]
    assert (maxima["start_ns"], maxima["end_ns"]) == (0, 2 * 3600 * NS_PER_S)
    alone = sampled["extremes"][sampled["extremes"]["window"] == maxima["window"]]
    full = whole["extremes"]
    for kind, tolerance in ((Extreme.BACKLOG, 0.01), (Extreme.OLDEST, 0.001)):
        found, expected = (rows[rows["kind"] == kind]["value"].tolist() for rows in (alone, full))
        # Copies played alone take a push as acknowledged at the mean of its service times.
        assert expected
        assert found == pytest.approx(expected, rel=tolerance)


def test_a_horizon_of_too_many_pushes_is_not_searched_for_maxima() -> None:
    tables = play_replica(Replica(case("", horizon="60 h"), 0))["fast"]
    assert (tables["windows"]["weight"] > 0.0).all()


def test_full_traffic_knows_where_its_episodes_were_mended() -> None:
    windows = play_replica(Replica(case(traffic="full"), 0))["fast"]["windows"]
    assert windows["mended_ns"].tolist() == [-1, 35 * 60 * NS_PER_S]
    assert windows["window"].tolist() == [0, 0]
    assert windows["full"].tolist() == [True, False]
