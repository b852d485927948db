"""Windows of a replication hold what is rare: bursts, lags of an hour, the end of a drilled episode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.draws.arrivals import arrivals
from georep_sim.tables import NS_PER_S, Operation
from georep_sim.world.play import play_replica
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from georep_sim.scenario import Case
    from georep_sim.world.strata import Window

HOUR_NS = 3600 * NS_PER_S

SCENARIO = """
georep: 1
run: {{horizon: {horizon}, timelines: 1, replications: 1}}
environment: {{regions: [eastus, westus]}}
workload:
  content: {{images: 20, layers_per_image: 2, layer_size: 1 MB}}
  clients: {{eastus: {{pulls: 600/h, pushes: 60/h, profile: {profile}}}}}
  bursts: {{{bursts}}}
faults: {{{faults}}}
designs:
  two:
    sites: {{eastus: {{}}, westus: {{}}}}
    replicate: {{copies: {{from: any, to: others, lag: {lag}}}}}
    route: {{method: dns_latency}}
"""


def case(
    *, horizon: str = "2 d", bursts: str = "", faults: str = "", lag: str = "10 s", profile: str = "always"
) -> Case:
    text = SCENARIO.format(horizon=horizon, bursts=bursts, faults=faults, lag=lag, profile=profile)
    return load(text).case()


def timed(replica: Replica) -> list[Window]:
    return [window for window in replica.windows() if not window.copies_only]


def test_a_burst_is_a_stratum_of_its_own_and_played_whole() -> None:
    replica = Replica(case(bursts="rollout: {at: 30 h, pulls: 2000, within: 1 min}"), 0)
    (burst,) = [window for window in timed(replica) if window.stratum.startswith("burst rollout")]
    assert (burst.start_ns, burst.end_ns) == (30 * HOUR_NS, 30 * HOUR_NS + 120 * NS_PER_S)
    assert burst.weight == 1.0
    held = sum(window.weight * (window.end_ns - window.start_ns) for window in timed(replica))
    assert held == pytest.approx(48 * HOUR_NS)


def test_bursts_that_meet_are_one_stretch_and_a_huge_one_is_played_in_part() -> None:
    replica = Replica(
        case(bursts="a: {at: 1 h, pulls: 400000, within: 5 min}, b: {at: 66 min, pulls: 9, within: 1 min}"), 0
    )
    (burst,) = [window for window in timed(replica) if window.stratum.startswith("burst")]
    assert burst.stratum == "burst a+b/quiet"
    assert burst.weight * (burst.end_ns - burst.start_ns) == pytest.approx(480 * NS_PER_S)
    assert burst.end_ns - burst.start_ns < 70 * NS_PER_S


def test_a_window_is_as_long_as_the_requests_of_its_piece_allow_though_it_begins_in_a_silent_night() -> None:
    replica = Replica(case(horizon="20 d", profile="{mon-fri: {08:00-18:00: 1}, else: 0}", faults=(
        "night: {what: region, where: eastus, kind: outage, at: 1 h, lasts: 14 h}")), 0)  # fmt: skip
    for window in timed(replica):
        in_hours = [
            replica.arrivals.expected(0, op, window.start_ns / NS_PER_S, window.end_ns / NS_PER_S) for op in (0, 1)
        ]
        # Bins are equal in time: those in the day have more than the mean.
        assert sum(in_hours) < 3.0 * replica.budget.quiet_requests


def test_arrivals_of_a_drill_go_on_to_the_end_of_its_episode() -> None:
    made = case(faults="fire: {what: region, where: eastus, kind: outage, every: 100 y, lasts: 30 d}")
    replica = Replica(made, 0, "fire", frozenset({0}), 0.01)
    (span,) = replica.spans
    assert span.end_ns > made.run.horizon * NS_PER_S
    asked = replica.arrivals.draw(round(made.run.horizon * NS_PER_S), span.end_ns, (Operation.PULL,))
    rate = len(asked) / (span.end_ns / NS_PER_S - made.run.horizon)
    assert rate == pytest.approx(600 / 3600, rel=0.05)
    before = arrivals(made, seed=1, replication=0).draw(0, HOUR_NS)
    assert np.array_equal(replica.arrivals.draw(0, HOUR_NS), before)


def test_copies_that_take_far_longer_than_nearly_all_are_under_way_when_a_window_begins() -> None:
    made = case(horizon="40 d", lag="{mixture: [{share: 99.5 %, dist: 10 s}, {share: 0.5 %, dist: 12 h}]}")
    under_way = played = 0
    for number in range(6):
        replica = Replica(made, number)
        (window,) = [w for w in replica.windows() if w.copies_only]
        copies = play_replica(replica)["two"]["copies"]
        early = copies[copies["ack_ns"] < window.start_ns - 600 * NS_PER_S]
        assert (early["weight"] == 0.0).all()
        under_way += int((early["done_ns"] > window.start_ns).sum())
        played += len(early)
    # Of 60 pushes an hour one in 200 takes 12 h: 3.4 older than 10 min are under way in the mean, 20.5 in six windows.
    assert 5 <= under_way <= 45
    # Besides these only pushes are played whose copy would take as long in the other direction.
    assert played < 100


def test_bytes_on_links_are_those_of_the_windows_once() -> None:
    replica = Replica(case(horizon="30 d", lag="10 s"), 0)
    tables = play_replica(replica)["two"]
    transfers, copies = tables["transfers"], tables["copies"]
    copied = transfers[transfers["kind"] == 2]
    assert float((copied["bytes"] * copied["weight"]).sum()) == pytest.approx(
        float((copies["bytes"] * copies["weight"]).sum()), rel=0.3
    )
