"""Copies of the data planes, with instants worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.laws import Constant
from georep_sim.plane.wire import Tcp
from georep_sim.tables import NS_PER_S, Admission, CopyStatus, LossKind, Operation, Verb
from georep_sim.theory import drain_capacity_factor
from support.plane_worlds import HERE, THERE, TO_HERE, TO_THERE, Change, PlaneWorld, admit, push

if TYPE_CHECKING:
    from georep_sim.plane.wire import PlayLog
    from support.planes import Play

EDGE = {"source": HERE, "destination": THERE}
# A push is acknowledged at once; its 1 MB takes a second to copy, the last byte 50 ms to arrive.
WORLD = PlaneWorld(edges=({**EDGE, "bandwidth_Bps": 1e6},))
LAGGED = PlaneWorld(edges=({**EDGE, "bandwidth_Bps": 1e6, "lag_law": 0},), laws=(Constant(10.0),))


def done(log: PlayLog) -> list[float]:
    return [float(value) / NS_PER_S if value >= 0 else -1.0 for value in log.copies["done_ns"]]


def test_copy_is_done_when_its_last_byte_has_arrived(plane: Play) -> None:
    log = WORLD.play(plane, [push(1.0)])
    assert log.copies["ack_ns"].tolist() == [NS_PER_S]
    assert log.copies["start_ns"].tolist() == [NS_PER_S]
    assert done(log) == [pytest.approx(2.05)]
    assert log.copies["bytes"].tolist() == [1e6]
    assert (log.copies["source"][0], log.copies["destination"][0]) == (HERE, THERE)
    assert log.copies["status"].tolist() == [CopyStatus.DONE]
    assert log.transfers[["link", "kind", "bytes"]].tolist() == [(TO_THERE, 2, 1e6)]


def test_one_worker_copies_one_after_another_and_two_share_the_edge(plane: Play) -> None:
    assert done(WORLD.play(plane, [push(1.0), push(1.5)])) == pytest.approx([2.05, 3.05])
    two = PlaneWorld(edges=({**EDGE, "bandwidth_Bps": 1e6, "workers": 2},))
    assert done(two.play(plane, [push(1.0), push(1.5)])) == pytest.approx([2.55, 3.05])


def test_copies_share_the_replication_cap_of_their_link(plane: Play) -> None:
    edges = ({**EDGE, "workers": 4},)
    world = PlaneWorld(edges=edges, link={"replication_Bps": 5e5, "capacity_Bps": 1e9})
    assert done(world.play(plane, [push(0.0), push(0.0)])) == pytest.approx([4.05, 4.05])


def test_copy_and_push_share_a_link(plane: Play) -> None:
    world = PlaneWorld(edges=(EDGE,), link={"capacity_Bps": 1e6, "rtt_s": 0.0})
    # Copies of what is pushed here cross the link that pushes to there cross.
    log = world.play(plane, [push(0.0), push(0.1)], [(0.05, Verb.AIM, 0, 1.0)])
    assert log.transfers[["kind", "bytes"]].tolist() == [(1, 1e6), (2, 1e6)]
    # Alone for 0.1 s, then half the link for the other 0.9 MB.
    assert done(log) == [pytest.approx(1.9)]


def test_copy_connection_is_in_steady_use(plane: Play) -> None:
    world = PlaneWorld(edges=(EDGE,), tcp=Tcp(), layers=(3 * 2.0**20,), link={"capacity_Bps": 1e12})
    log = world.play(plane, [push(0.0)])
    # The largest window goes out without waiting for anything.
    took_s = float(log.copies["done_ns"][0] - log.copies["ack_ns"][0]) / NS_PER_S
    assert took_s == pytest.approx(0.05, abs=1e-5)


def test_lag_counts_from_the_acknowledgement_and_the_transfer_may_last_longer(plane: Play) -> None:
    assert done(LAGGED.play(plane, [push(1.0)])) == [pytest.approx(11.0)]
    slow = PlaneWorld(edges=({**EDGE, "bandwidth_Bps": 1e4, "lag_law": 0},), laws=(Constant(10.0),))
    assert done(slow.play(plane, [push(1.0)])) == [pytest.approx(101.05)]


def test_lag_does_not_keep_a_worker(plane: Play) -> None:
    assert done(LAGGED.play(plane, [push(1.0), push(2.0)])) == pytest.approx([11.0, 12.0])


@pytest.mark.parametrize(
    "changes",
    [
        [(5.0, Verb.CUT, TO_THERE, 1.0), (20.0, Verb.CUT, TO_THERE, 0.0)],
        [(5.0, Verb.CUT, TO_HERE, 1.0), (20.0, Verb.CUT, TO_HERE, 0.0)],
        [*admit(5.0, THERE, Admission.UNREACHABLE), *admit(20.0, THERE, Admission.OK)],
        [*admit(5.0, HERE, Admission.STORAGE_ERROR), *admit(20.0, HERE, Admission.OK)],
    ],
)
def test_clock_of_the_lag_starts_anew_after_a_cut_or_an_outage_of_an_end(plane: Play, changes: list[Change]) -> None:
    # Both are sent when the edge stops; acknowledged at 1 and 2 they would be done at 11 and 12.
    assert done(LAGGED.play(plane, [push(1.0), push(2.0)], changes)) == pytest.approx([30.0, 30.0])


def test_transfer_goes_on_where_it_was_after_an_outage_of_an_end(plane: Play) -> None:
    changes = [*admit(1.5, THERE, Admission.STORAGE_ERROR), *admit(20.0, THERE, Admission.OK)]
    assert done(WORLD.play(plane, [push(1.0)], changes)) == [pytest.approx(20.55)]


def test_transfer_resumes_with_a_retransmission_after_a_cut(plane: Play) -> None:
    changes = [(1.5, Verb.CUT, TO_THERE, 1.0), (2.0, Verb.CUT, TO_THERE, 0.0)]
    # RTO 0.3 s: retransmissions 0.3, 0.9 s after the cut.
    assert done(WORLD.play(plane, [push(1.0)], changes)) == [pytest.approx(1.5 + 0.9 + 0.5 + 0.05)]


def test_second_cut_before_the_retransmission_keeps_the_transfer_waiting(plane: Play) -> None:
    changes = [
        (1.5, Verb.CUT, TO_THERE, 1.0), (2.0, Verb.CUT, TO_THERE, 0.0),
        (2.1, Verb.CUT, TO_THERE, 1.0), (3.0, Verb.CUT, TO_THERE, 0.0),
    ]  # fmt: skip
    log = WORLD.play(plane, [push(1.0)], changes)
    # The one at 2.4 meets the second cut; the next is 2.1 s after the first cut began.
    assert done(log) == [pytest.approx(3.6 + 0.5 + 0.05)]


def test_refusal_of_a_standby_and_reading_only_at_the_source_do_not_stop_copies(plane: Play) -> None:
    changes = [
        (0.0, Verb.ADMIT, 3 * THERE + Operation.PUSH, float(Admission.DENIED)),
        (1.5, Verb.ADMIT, 3 * HERE + Operation.PUSH, float(Admission.STORAGE_ERROR)),
    ]
    assert done(WORLD.play(plane, [push(1.0)], changes)) == [pytest.approx(2.05)]


def test_destroyed_site_loses_the_tail_that_is_complete_nowhere_else(plane: Play) -> None:
    log = WORLD.play(plane, [push(1.0), push(2.0), push(2.1), push(9.0)], [(3.0, Verb.LOSE, HERE, 1.0)])
    # The first is done at 2.05; the second is half sent, the third queued; the fourth comes later.
    lost, kept = CopyStatus.LOST, CopyStatus.DONE
    assert log.copies["status"].tolist() == [kept, lost, lost, kept]
    assert done(log) == pytest.approx([2.05, -1.0, -1.0, 10.05])
    row = log.losses[["time_ns", "site", "kind", "fault", "objects", "bytes"]].tolist()
    assert row == [(3 * NS_PER_S, HERE, LossKind.UNCOPIED, 7, 2.0, 2e6)]


def test_sent_but_not_yet_durable_is_lost_with_its_source(plane: Play) -> None:
    log = LAGGED.play(plane, [push(1.0)], [(5.0, Verb.LOSE, HERE, 1.0)])
    assert log.copies["status"].tolist() == [CopyStatus.LOST]
    assert log.losses["objects"].tolist() == [1.0]


def test_copy_on_one_other_site_saves_a_push_from_loss(plane: Play) -> None:
    quick, slow = {**EDGE, "bandwidth_Bps": 1e9}, {**EDGE, "bandwidth_Bps": 1e5}
    # Two edges to the same site stand in for two sites: one copy is complete when the source is destroyed.
    world = PlaneWorld(edges=(quick, slow))
    log = world.play(plane, [push(1.0)], [(3.0, Verb.LOSE, HERE, 1.0)])
    assert sorted(log.copies["status"].tolist()) == [CopyStatus.DONE, CopyStatus.LOST]
    assert log.losses.size == 0


def test_destroyed_destination_gets_everything_again_and_the_push_is_not_lost(plane: Play) -> None:
    log = WORLD.play(plane, [push(1.0), push(1.2)], [(1.8, Verb.LOSE, THERE, 1.0)])
    assert log.losses.size == 0
    assert done(log) == pytest.approx([2.85, 3.85])


def test_lag_still_counts_from_the_acknowledgement_when_a_copy_is_sent_again(plane: Play) -> None:
    assert done(LAGGED.play(plane, [push(1.0)], [(5.0, Verb.LOSE, THERE, 1.0)])) == [pytest.approx(11.0)]
    # Sent again from 10.5 on: the old lag ends at 11, before the bytes are there.
    assert done(LAGGED.play(plane, [push(1.0)], [(10.5, Verb.LOSE, THERE, 1.0)])) == [pytest.approx(11.55)]


def test_stalled_copy_is_pending_when_the_play_ends(plane: Play) -> None:
    log = WORLD.play(plane, [push(1.0)], [(1.5, Verb.CUT, TO_THERE, 1.0)], end_s=100.0)
    assert log.copies["status"].tolist() == [CopyStatus.PENDING]
    assert done(log) == [-1.0]
    assert log.copies["start_ns"].tolist() == [NS_PER_S]
    assert log.transfers["bytes"].tolist() == pytest.approx([0.5e6])


@pytest.mark.parametrize("headroom", [1.25, 2.0, 4.0])
def test_backlog_of_a_partition_drains_in_the_time_theory_says(plane: Play, headroom: float) -> None:
    # A push of 1 MB per second; the edge copies `headroom` MB per second; an outage lasts 60 s.
    world = PlaneWorld(edges=({**EDGE, "bandwidth_Bps": headroom * 1e6},), link={"rtt_s": 0.0})
    changes = [*admit(100.0, THERE, Admission.UNREACHABLE), *admit(160.0, THERE, Admission.OK)]
    log = world.play(plane, [push(0.5 + k) for k in range(600)], changes, copies_only=True)
    lag = np.array(done(log)) - log.copies["ack_ns"] / NS_PER_S
    behind = log.copies["ack_ns"][lag > 1.0 / headroom + 1e-6] / NS_PER_S
    drained_s = behind.max() - 160.0
    # The capacity that drains a partition P in D is 1 + P/D of what arrives; D is known to the spacing of pushes.
    assert drain_capacity_factor(60.0, drained_s + 2.0) < headroom < drain_capacity_factor(60.0, drained_s - 2.0)


def test_push_without_its_requests_is_acknowledged_when_an_unloaded_one_would_be(plane: Play) -> None:
    world = PlaneWorld(
        edges=(EDGE,), tcp=Tcp(), layers=(3e6,), laws=(Constant(0.02), Constant(0.03)), manifest_bytes=1e3,
        site={"workers": 1, "read_law": 0, "write_law": 1, "per_byte_s": 1e-8}, link={"capacity_Bps": 1e7},
    )  # fmt: skip
    for new in (0b0, 0b1):
        played = world.play(plane, [push(0.0, new)], aim=(THERE,), changes=[])
        short = world.with_(edges=({"source": THERE, "destination": HERE, "link": TO_HERE},))
        timed = short.play(plane, [push(0.0, new)], aim=(THERE,), copies_only=True)
        heard = int(played.requests["end_ns"][0]) - int(timed.copies["ack_ns"][0])
        assert heard == pytest.approx(0.05 * NS_PER_S, abs=20)
        assert timed.requests.size == 0


def test_push_to_a_site_that_does_not_take_it_is_not_acknowledged(plane: Play) -> None:
    down = admit(2.0, HERE, Admission.STORAGE_ERROR)
    log = WORLD.play(plane, [push(1.0), push(2.5)], down, copies_only=True)
    assert len(log.copies) == 1
    world = WORLD.with_(local_rtt_s=0.2)
    # Under way when the site fails: not acknowledged either.
    assert world.play(plane, [push(1.5)], down, copies_only=True).copies.size == 0


def test_copies_alone_are_those_of_the_whole_play_where_nothing_is_queued(plane: Play) -> None:
    world = LAGGED.with_(layers=(1e6, 0.0))
    requests = [push(0.5 * k, 1) for k in range(40)]
    whole, alone = world.play(plane, requests).copies, world.play(plane, requests, copies_only=True).copies
    assert alone.tolist() == whole.tolist()


def test_copies_share_the_egress_of_their_source(plane: Play) -> None:
    world = PlaneWorld(edges=({**EDGE, "workers": 4},), site={"egress_Bps": 5e5})
    assert done(world.play(plane, [push(0.0), push(0.0)])) == pytest.approx([4.05, 4.05])
