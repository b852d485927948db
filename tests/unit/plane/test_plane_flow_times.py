"""Completion times on small networks that never change, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.plane.wire import Tcp
from georep_sim.tables import NS_PER_S, Operation
from support.drafts import Draft
from support.plane_worlds import INF

if TYPE_CHECKING:
    from support.planes import Play

MB = 1e6


def ends_s(draft: Draft, plane: Play) -> list[float]:
    """End of each request, in the order of the draft."""
    scene = draft.scene()
    ends = dict(zip(scene.traffic["k"].tolist(), scene.play(plane).requests["end_ns"].tolist(), strict=True))
    return [ends[k] / NS_PER_S for k in range(len(ends))]


def test_three_on_one_link_share_it_equally_as_they_come_and_go(plane: Play) -> None:
    world = Draft(
        regions=(0,), cohort_regions=(1,), links=({"capacity_Bps": MB},), images=((MB,),),
        requests=tuple({"at_s": at_s} for at_s in (0.0, 0.5, 1.0)),
    )  # fmt: skip
    # At 1 s 0.25, 0.75 and 1 MB are left at 1/3 MB/s: the first ends at 1.75. Then 0.5 and 0.75 at 1/2 MB/s: the
    # second ends at 2.75. The third has 0.25 MB left, alone.
    assert ends_s(world, plane) == pytest.approx([1.75, 2.75, 3.0], abs=1e-6)


def parking_lot(long: float, through_egress: float, through_link: float) -> Draft:
    """A flow over two pipes, and one beside it on each: an egress of 3 MB/s, then a link of 2 MB/s."""
    return Draft(
        regions=(0, 0), cohort_regions=(1, 2, 1), sites=({"egress_Bps": 3 * MB}, {}), orders=((0,), (0,), (1,)),
        links=({"capacity_Bps": 2 * MB}, {}), images=((long,), (through_egress,), (through_link,)),
        requests=tuple({"at_s": 0.0, "cohort": k, "image": k} for k in range(3)),
    )  # fmt: skip


def test_links_of_the_parking_lot_are_as_it_takes() -> None:
    assert parking_lot(1.0, 1.0, 1.0).pairs == ((0, 1), (0, 2), (1, 0), (2, 0))


def test_parking_lot_gives_the_long_flow_the_least_of_its_shares(plane: Play) -> None:
    # Rates 1, 2, 1 MB/s: both neighbours end at 1 s; the 3 MB left go at the 2 MB/s of the link.
    assert ends_s(parking_lot(4 * MB, 2 * MB, MB), plane) == pytest.approx([2.5, 1.0, 1.0], abs=1e-6)


def test_bottleneck_of_the_parking_lot_moves_when_a_neighbour_ends(plane: Play) -> None:
    # At 1 s the link's neighbour ends; the egress is shared by two, 1.5 MB/s each: the long one ends at 3 s, and the
    # 3 MB that are left of the other have the egress for themselves.
    assert ends_s(parking_lot(4 * MB, 8 * MB, MB), plane) == pytest.approx([3.0, 4.0, 1.0], abs=1e-6)


def test_two_bottlenecks_leave_the_rest_to_those_behind_the_wider(plane: Play) -> None:
    world = Draft(
        regions=(0,), cohort_regions=(0, 0), sites=({"egress_Bps": 4 * MB},), images=((2 * MB,), (6 * MB,)),
        cohorts=({"access_Bps": MB}, {}), orders=((0,),),
        requests=({"at_s": 0.0, "image": 0}, {"at_s": 0.0, "cohort": 1, "image": 1}),
    )  # fmt: skip
    assert ends_s(world, plane) == pytest.approx([2.0, 2.0], abs=1e-6)
    # Two of the narrow ones leave 2 MB/s for 2 s, then all 4.
    three = world.with_(requests=(*world.requests, {"at_s": 0.0, "image": 0, "machine": 1}))
    assert ends_s(three, plane) == pytest.approx([2.0, 2.5, 2.0], abs=1e-6)


def test_lanes_of_a_machine_share_its_access_and_the_layers_left_go_on(plane: Play) -> None:
    world = Draft(
        cohorts=({"access_Bps": 2 * MB, "parallel": 2},), images=((MB, 3 * MB, MB),), requests=({"at_s": 0.0},)
    )
    # 1 and 3 MB at 1 MB/s; the third layer takes the first's place at 1 s and ends at 2 s; 1 MB at 2 MB/s is left.
    assert ends_s(world, plane) == pytest.approx([2.5], abs=1e-6)


def test_pushes_and_pulls_of_a_link_go_opposite_ways_and_do_not_meet(plane: Play) -> None:
    world = Draft(
        regions=(0,), cohort_regions=(1,), links=({"capacity_Bps": MB},), images=((2 * MB,),),
        requests=({"at_s": 0.0}, {"at_s": 0.0, "operation": Operation.PUSH, "new_layers": 1, "machine": 1}),
    )  # fmt: skip
    assert ends_s(world, plane) == pytest.approx([2.0, 2.0], abs=1e-6)


def test_two_flows_grow_by_rounds_until_they_fill_the_link_together(plane: Play) -> None:
    world = Draft(
        regions=(0,), cohort_regions=(1,), links=({"capacity_Bps": MB, "rtt_s": 0.1},), images=((320e3,),),
        tcp=Tcp(mss_bytes=1e3, initial_window_segments=10.0, window_max_bytes=3 * 2.0**20),
        requests=({"at_s": 0.0}, {"at_s": 0.0, "machine": 1}),
    )  # fmt: skip
    # TCP, TLS, manifest and the layer's request: 0.35 s. Rounds of 10, 20 and 40 kB of 0.1 s each; the window of 80 kB
    # would take more than half of the link, so from there on each has 0.5 MB/s for its 250 kB.
    assert ends_s(world, plane) == pytest.approx([1.2, 1.2], abs=1e-6)


def test_flow_that_is_paced_by_its_rounds_leaves_the_link_to_the_other(plane: Play) -> None:
    far = {"rtt_s": 0.1, "capacity_Bps": MB}
    world = Draft(
        regions=(0, 1), cohort_regions=(2, 2), sites=({"egress_Bps": INF},), orders=((0,), (1,)),
        cohorts=({"access_Bps": MB, "machines": 1},), links=(far, {"rtt_s": 1.0, "capacity_Bps": MB}, far, far),
        images=((30e3,), (500e3,)), tcp=Tcp(mss_bytes=1e3, initial_window_segments=10.0, window_max_bytes=40e3),
        requests=({"at_s": 0.0, "cohort": 0, "image": 1}, {"at_s": 0.0, "cohort": 1, "image": 0}),
    )  # fmt: skip
    assert world.pairs[:2] == ((0, 2), (1, 2))
    # Near: 0.35 s until its body; 10 and 20 kB in rounds of 0.1 s, eleven of the largest window of 40 kB, and the last
    # 30 kB at 1 MB/s. Far: 3.5 s until its body; 10 kB in a round of 1 s, 20 kB at 1 MB/s. Half a round trip each for
    # the last byte.
    assert ends_s(world, plane) == pytest.approx(
        [0.35 + 0.2 + 11 * 0.1 + 0.03 + 0.05, 3.5 + 1.0 + 0.02 + 0.5], abs=1e-6
    )
