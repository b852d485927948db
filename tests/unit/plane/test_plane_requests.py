"""Requests of the data planes, with instants worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.errors import SimulationError
from georep_sim.laws import Constant, Uniform
from georep_sim.plane.wire import Tcp
from georep_sim.tables import NS_PER_S, Admission, Operation, Outcome, Verb
from support.plane_worlds import HERE, INF, THERE, TO_HERE, TO_THERE, PlaneWorld, admit, pull, push, traffic
from support.planes import REFERENCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog
    from support.planes import Play

LOCAL = PlaneWorld(local_rtt_s=0.01)
# Attempts at 0, then 1 s x (0.5 + u) later, twice that, …
NO_WAIT = {"backoff_s": 0.0}


def seconds(log: PlayLog, column: str = "end_ns") -> list[float]:
    return [float(value) / NS_PER_S for value in log.requests[column]]


def outcomes(log: PlayLog) -> list[int]:
    return [int(value) for value in log.requests["outcome"]]


def test_warm_pull_takes_three_round_trips_and_its_service(plane: Play) -> None:
    world = LOCAL.with_(laws=(Constant(0.25),), site={"workers": 1, "read_law": 0})
    log = world.play(plane, [pull(1.0, warm=True)])
    # TCP, TLS 1.3, GET.
    assert seconds(log) == [pytest.approx(1.0 + 0.03 + 0.25, abs=2e-9)]
    assert log.requests["connect_s"][0] == pytest.approx(0.02)
    assert log.requests["manifest_s"][0] == pytest.approx(0.26)
    assert log.requests["layers_s"][0] == 0.0
    assert outcomes(log) == [Outcome.OK]


def test_cold_pull_fetches_three_layers_at_a_time_and_two_lanes_connect_first(plane: Play) -> None:
    world = LOCAL.with_(layers=(1e6,) * 4, cohort={"access_Bps": 1e6})
    log = world.play(plane, [pull(0.0)])
    # Manifest at 0.03. Lane 0 asks at once, the others connect for 0.02 first: its layer is alone on the access from
    # 0.035 until theirs join at 0.055. 4 MB at 1 MB/s go without a pause from 0.035 to 4.035, unless lane 0 asks for
    # the fourth while the others send on. The last byte arrives half a round trip later.
    assert seconds(log) == [pytest.approx(4.04, abs=1e-6)]
    assert log.requests["bytes"][0] == pytest.approx(4e6)


def test_skopeo_connects_for_every_request_and_pulls_one_layer_at_a_time(plane: Play) -> None:
    world = LOCAL.with_(layers=(1e6,) * 4, cohort={"keep_alive": False, "parallel": 1, "access_Bps": 1e6})
    log = world.play(plane, [pull(0.0)])
    # Five requests of three round trips each, and four bodies one after another.
    assert seconds(log) == [pytest.approx(5 * 0.03 + 4.0, abs=1e-6)]


def test_push_asks_uploads_and_finishes_each_new_layer_before_the_manifest(plane: Play) -> None:
    world = LOCAL.with_(layers=(1e6, 2e6), cohort={"access_Bps": 1e6, "parallel_push": 1})
    log = world.play(plane, [push(0.0, new_layers=0b01)])
    # Connect 2 round trips; HEAD, POST, PATCH with 1 s of body, PUT; HEAD of the layer that is known; PUT manifest.
    assert seconds(log) == [pytest.approx(0.02 + 0.04 + 1.0 + 0.01 + 0.01, abs=1e-6)]
    assert log.requests["bytes"][0] == pytest.approx(1e6)
    assert log.transfers.size == 0


def test_phases_add_up_to_the_time_a_request_took(plane: Play) -> None:
    world = LOCAL.with_(layers=(1e6,) * 3, cohort={"access_Bps": 1e6}, ladder={"retries": 2})
    log = world.play(plane, [pull(0.0), push(0.5)], [(1.0, Verb.KILL, HERE, 1.0)])
    parts = np.sum([log.requests[name] for name in ("connect_s", "manifest_s", "layers_s", "retry_s")], axis=0)
    took = (log.requests["end_ns"] - log.requests["arrival_ns"]) / NS_PER_S
    assert parts.tolist() == pytest.approx(took.tolist(), abs=1e-8)


@pytest.mark.parametrize("size_bytes", [5e3, 1448e1, 5e4, 3e6, 2e7])
@pytest.mark.parametrize("rate", [1e6, 1e9])
def test_uncontended_flow_follows_the_formula_of_rounds(plane: Play, size_bytes: float, rate: float) -> None:
    world = PlaneWorld(layers=(size_bytes,), tcp=Tcp(), link={"capacity_Bps": rate, "rtt_s": 0.1})
    log = world.play(plane, [pull(0.0)], aim=(THERE,))
    left, k, expected = size_bytes, 0, 0.0
    while (window := min(14480.0 * 2**k, 3 * 2**20)) < left:
        expected += max(0.1, window / rate)
        left -= window
        k += 1
    expected += left / rate
    # Round trips of TCP, TLS, manifest and layer besides; every round is rounded to 1 ns.
    assert seconds(log) == [pytest.approx(0.4 + expected, abs=1e-7)]


def test_idle_connection_keeps_its_window(plane: Play) -> None:
    window = 14480.0
    world = PlaneWorld(layers=(3 * window, 2 * window), tcp=Tcp(), cohort={"parallel": 1}, link={"capacity_Bps": 1e12})
    log = world.play(plane, [pull(0.0)], aim=(THERE,))
    # The first layer takes two rounds, the second goes out in the window that has doubled: no further wait.
    assert seconds(log) == [pytest.approx(0.4 + 0.1 + 0.1, abs=1e-6)]


def test_flow_on_a_lossy_link_is_bound_by_the_square_root_law(plane: Play) -> None:
    world = PlaneWorld(layers=(1e6,), link={"capacity_Bps": 1e9, "loss": 0.01})
    log = world.play(plane, [pull(0.0)], aim=(THERE,))
    assert seconds(log) == [pytest.approx(0.4 + 1e6 / (1448 / 0.1 * 1.5**0.5 / 0.1), abs=1e-6)]


def test_loss_that_begins_limits_a_flow_under_way(plane: Play) -> None:
    world = PlaneWorld(layers=(2e6,), link={"capacity_Bps": 1e6})
    change = (1.35, Verb.SLOW, 2 + 2 + TO_HERE, 0.01)
    log = world.play(plane, [pull(0.0)], [change], aim=(THERE,))
    slow = 1448 / 0.1 * 1.5**0.5 / 0.1
    # The body starts at 0.35; half of it is out when loss begins.
    assert seconds(log) == [pytest.approx(1.35 + 1e6 / slow + 0.05, abs=1e-6)]


@pytest.mark.parametrize(
    ("verb", "value", "rate_after"), [(Verb.SLOW, 0.25, 0.25e6), (Verb.RESIZE, 2e6, 2e6), (Verb.RESIZE, 1e6, 1e6)]
)
def test_changed_capacity_counts_from_the_change(plane: Play, verb: Verb, value: float, rate_after: float) -> None:
    world = PlaneWorld(layers=(2e6,), link={"capacity_Bps": 1e6})
    log = world.play(plane, [pull(0.0)], [(1.35, verb, 2 + TO_HERE, value)], aim=(THERE,))
    assert seconds(log) == [pytest.approx(1.35 + 1e6 / rate_after + 0.05, abs=1e-6)]


@pytest.mark.parametrize(("mended_s", "resumes_s"), [(0.5, 0.75), (1.0, 1.35), (100.0, 153.75)])
def test_flow_resumes_at_the_first_retransmission_after_a_cut(plane: Play, mended_s: float, resumes_s: float) -> None:
    world = PlaneWorld(layers=(2e6,), link={"capacity_Bps": 1e6})
    # 0.1 MB of the body are out when the link is cut at 0.45; RTO = 3 round trips = 0.3 s doubles from there:
    # retransmissions 0.3, 0.9, 2.1, … 153.3 s after the cut.
    log = world.play(
        plane, [pull(0.0)], [(0.45, Verb.CUT, TO_HERE, 1.0), (mended_s, Verb.CUT, TO_HERE, 0.0)], aim=(THERE,)
    )
    assert seconds(log) == [pytest.approx(resumes_s + 1.9 + 0.05, abs=1e-6)]
    assert log.requests["attempts"].tolist() == [1]


def test_cut_of_the_way_back_stalls_a_flow_too(plane: Play) -> None:
    world = PlaneWorld(layers=(2e6,), link={"capacity_Bps": 1e6})
    log = world.play(
        plane, [pull(0.0)], [(0.45, Verb.CUT, TO_THERE, 1.0), (0.5, Verb.CUT, TO_THERE, 0.0)], aim=(THERE,)
    )
    assert seconds(log) == [pytest.approx(0.75 + 1.9 + 0.05, abs=1e-6)]


def test_flow_starts_slowly_again_after_a_cut(plane: Play) -> None:
    window = 14480.0
    world = PlaneWorld(layers=(15 * window,), tcp=Tcp(), link={"capacity_Bps": 1e12})
    log = world.play(plane, [pull(0.0)], [(0.5, Verb.CUT, TO_HERE, 1.0), (0.6, Verb.CUT, TO_HERE, 0.0)], aim=(THERE,))
    # Rounds of 1 and half of the 2 windows until 0.5; 13 windows are left at 0.8: 1, 2, 4 and the last 6 at once.
    assert seconds(log) == [pytest.approx(0.8 + 0.3 + 0.05, abs=1e-6)]


def test_new_connection_over_a_cut_link_is_given_up_after_the_connect_timeout(plane: Play) -> None:
    world = PlaneWorld(ladder={"retries": 1, **NO_WAIT})
    log = world.play(plane, [pull(0.0)], [(0.0, Verb.CUT, TO_HERE, 1.0)], aim=(THERE,))
    assert outcomes(log) == [Outcome.UNREACHABLE]
    assert seconds(log) == [pytest.approx(60.0)]
    assert log.requests["site"].tolist() == [-1]
    assert log.requests["attempts"].tolist() == [2]


def test_timeout_of_an_attempt_bounds_waiting_for_a_dead_site(plane: Play) -> None:
    world = PlaneWorld(ladder={"retries": 2, "timeout_ns": 5 * NS_PER_S, **NO_WAIT})
    log = world.play(plane, [pull(0.0)], admit(0.0, HERE, Admission.UNREACHABLE))
    assert outcomes(log) == [Outcome.UNREACHABLE]
    assert seconds(log) == [pytest.approx(15.0)]


def test_timeout_ends_an_attempt_and_the_next_keeps_the_layers_it_has(plane: Play) -> None:
    world = PlaneWorld(
        layers=(1e6, 3e6), cohort={"access_Bps": 1e6, "parallel": 1}, ladder={"retries": 1, "timeout_ns": 2 * NS_PER_S, **NO_WAIT}
    )  # fmt: skip
    log = world.play(plane, [pull(0.0)])
    # 1 MB in the first second; the second layer is cut short at 2 s and, anew, at 4 s.
    assert outcomes(log) == [Outcome.TIMEOUT]
    assert seconds(log) == [pytest.approx(4.0)]
    assert log.requests["bytes"][0] == pytest.approx(1e6 + 1e6 + 2e6)


def test_client_moves_when_its_dns_answer_does(plane: Play) -> None:
    world = PlaneWorld(ttl_s=60.0, ladder={"retries": 9, **NO_WAIT}, link={"rtt_s": 0.0})
    changes = [*admit(100.0, HERE, Admission.UNREACHABLE), (100.0, Verb.AIM, 0, 1.0)]
    requests = [pull(100.0, warm=True, machine=machine) for machine in range(10)]
    log = world.play(plane, requests, changes)
    # Machine j renews at 6 j + 60 n; after 30 s of silence it asks whoever its answer names then.
    renewed = [102, 108, 114, 120, 126, 132, 138, 144, 150, 156]
    expected = sorted(100.0 + 30.0 * -(-(at - 100) // 30) for at in renewed)
    assert sorted(seconds(log)) == pytest.approx(expected, abs=1e-6)
    assert set(log.requests["site"].tolist()) == {THERE}


def test_client_that_overstays_keeps_its_answer_for_longer(plane: Play) -> None:
    world = PlaneWorld(ttl_s=60.0, overstay_s=540.0)
    asked = [pull(at_s, warm=True, machine=1) for at_s in (659.0, 661.0)]
    # Machine 1 of 10 renews at 60 + 600 n; the aim changes at 100.
    log = world.play(plane, asked, [(100.0, Verb.AIM, 0, 1.0)])
    assert log.requests["site"].tolist() == [HERE, THERE]


def test_first_failure_of_a_lane_stops_the_others(plane: Play) -> None:
    world = PlaneWorld(
        layers=(5e6, 5e6), link={"capacity_Bps": 1e6}, buckets=({"rate_per_s": 0.0, "capacity": 2.0},),
        site={"read_bucket": 0},
    )  # fmt: skip
    log = world.play(plane, [pull(0.0)], aim=(THERE,))
    # Tokens for the manifest and one layer, sent from 0.35; the other lane connects until 0.5 and is refused at 0.55,
    # of which the client hears 0.05 s later.
    assert outcomes(log) == [Outcome.THROTTLED]
    assert seconds(log) == [pytest.approx(0.6)]
    assert log.requests["bytes"].tolist() == pytest.approx([0.25e6])
    assert log.transfers["bytes"].tolist() == pytest.approx([0.25e6])


def test_front_end_does_not_serve_who_has_gone(plane: Play) -> None:
    world = PlaneWorld(laws=(Constant(4.0),), site={"workers": 1, "read_law": 0}, ladder={"timeout_ns": 6 * NS_PER_S})
    log = world.play(plane, [pull(0.0, warm=True), pull(0.1, warm=True), pull(0.2, warm=True), pull(8.5, warm=True)])
    # The second is given up in service and served to the end, at 8; the third is given up in the queue.
    assert outcomes(log) == [Outcome.OK, Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.OK]
    assert seconds(log) == pytest.approx([4.0, 6.1, 6.2, 12.5])


def test_kill_fails_what_is_connected_and_leaves_others_alone(plane: Play) -> None:
    world = PlaneWorld(layers=(1e7,), cohort={"access_Bps": 1e6}, ladder={"retries": 1, **NO_WAIT})
    changes = [*admit(2.0, HERE, Admission.STORAGE_ERROR), (2.0, Verb.KILL, HERE, 1.0)]
    log = world.play(plane, [pull(0.0, machine=1), pull(1.0, warm=True, machine=2), pull(1.5, machine=3)], changes)
    assert outcomes(log) == [Outcome.STORAGE_ERROR, Outcome.OK, Outcome.STORAGE_ERROR]
    assert seconds(log) == pytest.approx([2.0, 1.0, 2.0])
    assert log.requests["bytes"].tolist() == pytest.approx([2e6, 0.0, 0.5e6])


def test_kill_empties_the_queue_of_the_front_end(plane: Play) -> None:
    world = PlaneWorld(laws=(Constant(10.0),), site={"workers": 1, "read_law": 0}, ladder={"retries": 1, **NO_WAIT})
    log = world.play(plane, [pull(0.0, warm=True), pull(1.0, warm=True)], [(5.0, Verb.KILL, HERE, 1.0)])
    # Both try again at 5; the workers are free.
    assert sorted(seconds(log)) == pytest.approx([15.0, 25.0])
    assert log.requests["attempts"].tolist() == [2, 2]


def test_front_end_serves_in_order_and_slows_and_grows(plane: Play) -> None:
    world = PlaneWorld(laws=(Constant(1.0),), site={"workers": 1, "read_law": 0})
    requests = [pull(0.0, warm=True), pull(0.1, warm=True), pull(0.2, warm=True)]
    assert seconds(world.play(plane, requests)) == pytest.approx([1.0, 2.0, 3.0])
    slow = [(0.5, Verb.SLOW, HERE, 0.5)]
    assert seconds(world.play(plane, requests, slow)) == pytest.approx([1.0, 3.0, 5.0])
    grown = [(0.5, Verb.RESIZE, HERE, 2.0)]
    assert seconds(world.play(plane, requests, grown)) == pytest.approx([1.0, 1.5, 2.0])


def test_bytes_cost_service_time(plane: Play) -> None:
    world = PlaneWorld(layers=(1e6,), site={"workers": 1, "per_byte_s": 1e-6})
    assert seconds(world.play(plane, [pull(0.0)])) == pytest.approx([1.0])


def test_empty_bucket_throttles_and_the_client_comes_back(plane: Play) -> None:
    bucket = {"rate_per_s": 1.0, "capacity": 1.0}
    world = PlaneWorld(buckets=(bucket,), site={"read_bucket": 0}, ladder={"retries": 3, "backoff_s": 4.0})
    log = world.play(plane, [pull(0.0, warm=True), pull(0.1, warm=True)])
    assert outcomes(log) == [Outcome.OK, Outcome.OK]
    assert log.requests["throttles"].tolist() == [0, 1]
    assert 2.1 < seconds(log)[1] < 6.1
    assert log.requests["site"].tolist() == [HERE, HERE]


def test_throttled_request_does_not_fail_over(plane: Play) -> None:
    bucket = {"rate_per_s": 0.0, "capacity": 1.0}
    world = PlaneWorld(buckets=(bucket,), site={"read_bucket": 0}, ladder={"retries": 2})
    log = world.play(plane, [pull(0.0, warm=True), pull(0.1, warm=True)])
    assert outcomes(log) == [Outcome.OK, Outcome.THROTTLED]
    assert log.requests["throttles"].tolist() == [0, 3]


@pytest.mark.parametrize(
    ("admission", "outcome", "attempts"),
    [
        (Admission.NOT_FOUND, Outcome.NOT_FOUND, 1),
        (Admission.DENIED, Outcome.DENIED, 1),
        (Admission.STORAGE_ERROR, Outcome.STORAGE_ERROR, 3),
    ],
)
def test_404_and_403_are_final_and_errors_are_tried_again(
    plane: Play, admission: Admission, outcome: Outcome, attempts: int
) -> None:
    world = PlaneWorld(ladder={"retries": 2})
    log = world.play(plane, [pull(5.0)], admit(1.0, HERE, admission), aim=(HERE,))
    assert outcomes(log) == [outcome]
    assert log.requests["attempts"].tolist() == [attempts]
    assert log.requests["site"].tolist() == [HERE]


def test_push_goes_to_the_first_site_that_takes_pushes_at_all(plane: Play) -> None:
    world = PlaneWorld()
    refuse = [(0.0, Verb.ADMIT, 3 * HERE + Operation.PUSH, float(Admission.DENIED))]
    log = world.play(plane, [pull(1.0), push(1.0)], refuse)
    assert log.requests["site"].tolist() == [HERE, THERE]


def test_deleted_image_is_missing_until_it_is_pushed_again(plane: Play) -> None:
    deleted: dict[int, NDArray[np.bool_]] = {0: np.array([True, False, False, False])}
    requests = [pull(0.5), pull(2.0), pull(2.0, image=1), push(3.0), pull(5.0)]
    log = PlaneWorld().play(plane, requests, [(1.0, Verb.LOSE, HERE, -0.25)], deleted=deleted)
    ok, gone = Outcome.OK, Outcome.NOT_FOUND
    assert outcomes(log) == [ok, gone, ok, ok, ok]


def test_manifest_of_a_push_that_flaps_reaches_the_second_site_and_is_refused(plane: Play) -> None:
    world = PlaneWorld(flap=1.0, ladder={"retries": 1}, edges=({"source": HERE, "destination": THERE},))
    log = world.play(plane, [push(0.0)])
    assert outcomes(log) == [Outcome.SPLIT_PUSH]
    assert log.requests["site"].tolist() == [THERE]
    assert log.copies.size == 0
    # With no second site there is nowhere to flap to.
    assert outcomes(world.play(plane, [push(0.0)], aim=(HERE,))) == [Outcome.OK]


def test_share_of_split_pushes_is_the_flap_probability(plane: Play) -> None:
    n = 1000
    log = PlaneWorld(flap=0.2).play(plane, [push(0.01 * k) for k in range(n)])
    split = int(np.sum(log.requests["outcome"] == Outcome.SPLIT_PUSH))
    # Binomial, sd 12.6: 62 is z = 4.89.
    assert abs(split - 200) < 62


def test_retried_push_uploads_only_what_is_missing(plane: Play) -> None:
    world = PlaneWorld(
        layers=(1e6, 3e6), cohort={"access_Bps": 1e6, "parallel_push": 1}, ladder={"retries": 1, **NO_WAIT}
    )
    log = world.play(plane, [push(0.0, new_layers=0b11)], [(2.0, Verb.KILL, HERE, 1.0)])
    assert outcomes(log) == [Outcome.OK]
    assert log.requests["bytes"][0] == pytest.approx(1e6 + 1e6 + 3e6)


def test_push_that_moves_to_another_site_uploads_everything_again(plane: Play) -> None:
    world = PlaneWorld(
        layers=(1e6, 3e6), cohort={"access_Bps": 1e6, "parallel_push": 1}, ladder={"retries": 1, **NO_WAIT}
    )
    log = world.play(plane, [push(0.0, new_layers=0b11)], [(2.0, Verb.AIM, 0, 1.0), (2.0, Verb.KILL, HERE, 1.0)])
    assert outcomes(log) == [Outcome.OK]
    assert log.requests["site"].tolist() == [THERE]
    assert log.requests["bytes"][0] == pytest.approx(1e6 + 1e6 + 4e6)


def test_acknowledgement_that_is_not_heard_is_given_once(plane: Play) -> None:
    world = PlaneWorld(
        local_rtt_s=1.0, ladder={"retries": 1, **NO_WAIT}, edges=({"source": HERE, "destination": THERE},)
    )
    # Connected at 2, HEAD to PUT of the layer until 6, manifest there at 6.5, heard at 7.
    log = world.play(plane, [push(0.0)], [(6.7, Verb.KILL, HERE, 1.0)])
    assert log.requests["attempts"].tolist() == [2]
    assert outcomes(log) == [Outcome.OK]
    assert log.copies["ack_ns"].tolist() == [6.5 * NS_PER_S]


def test_play_from_the_middle_finds_the_state_that_changes_left(plane: Play) -> None:
    world = PlaneWorld(laws=(Constant(1.0),), site={"workers": 1, "read_law": 0})
    changes = [(10.0, Verb.SLOW, HERE, 0.5), *admit(10.0, THERE, Admission.STORAGE_ERROR), (20.0, Verb.AIM, 0, 1.0)]
    log = world.play(plane, [pull(5.0), pull(15.0, warm=True), pull(25.0, warm=True)], changes, start_s=12.0)
    # The first request is before the start; the second is served at half speed.
    assert outcomes(log) == [Outcome.OK, Outcome.STORAGE_ERROR]
    assert seconds(log)[0] == pytest.approx(17.0)


def test_what_cannot_end_is_a_timeout_at_the_bound(plane: Play) -> None:
    world = PlaneWorld(layers=(1e6,), link={"capacity_Bps": 1e5})
    log = world.play(plane, [pull(0.0)], [(1.0, Verb.CUT, TO_HERE, 1.0)], aim=(THERE,), end_s=50.0)
    assert outcomes(log) == [Outcome.TIMEOUT]
    assert seconds(log) == [50.0]
    assert log.transfers["bytes"].tolist() == pytest.approx(log.requests["bytes"].tolist())


def test_until_bounds_a_play_that_could_go_on(plane: Play) -> None:
    world = PlaneWorld(layers=(1e9,), cohort={"access_Bps": 1e6})
    log = world.play(plane, [pull(0.0)], end_s=10.0, until_s=20.0)
    assert outcomes(log) == [Outcome.TIMEOUT]
    assert seconds(log) == [20.0]
    assert log.requests["bytes"][0] == pytest.approx(2e7)


def test_drawn_round_trips_are_those_of_the_connection(plane: Play) -> None:
    world = PlaneWorld(laws=(Uniform(0.1, 0.3),), link={"rtt_law": 0, "rtt_s": 0.2})
    log = world.play(plane, [pull(float(k), warm=True) for k in range(50)], aim=(THERE,))
    took = np.array(seconds(log)) - np.arange(50.0)
    assert took.min() > 0.3
    assert took.max() < 0.9
    assert len(set(took.tolist())) == 50


def test_order_of_rows_never_decides(plane: Play) -> None:
    world = PlaneWorld(
        layers=(1e6, 2e6), laws=(Uniform(0.0, 0.2),), site={"workers": 2, "read_law": 0, "write_law": 0},
        cohort={"access_Bps": 1e6}, buckets=({"rate_per_s": 5.0, "capacity": 5.0},), ladder={"retries": 2},
    )  # fmt: skip
    rows = traffic([pull(1.0, machine=k % 3) for k in range(12)] + [push(1.0, machine=k % 3) for k in range(4)])
    changes = [(2.0, Verb.KILL, HERE, 1.0)]
    straight = world.play(plane, rows, changes).requests
    shuffled = np.random.default_rng(5).permutation(len(rows))
    mixed = world.play(plane, rows[shuffled], changes).requests
    assert mixed.tolist() == straight[shuffled].tolist()


def test_draws_of_a_request_do_not_depend_on_what_else_is_played(plane: Play) -> None:
    world = PlaneWorld(laws=(Uniform(0.0, 1.0),), site={"read_law": 0, "workers": 0})
    rows = traffic([pull(float(k), warm=True) for k in range(5)])
    whole = world.play(plane, rows).requests
    alone = world.play(plane, rows[3:4]).requests
    assert alone.tolist() == whole[3:4].tolist()


def test_failure_inside_says_when_and_who() -> None:
    world = PlaneWorld()
    with pytest.raises(SimulationError, match=r"pull by here that arrived at 1\.5.* s .*IndexError"):
        world.play(REFERENCE, np.concatenate([traffic([pull(0.5)]), traffic([pull(1.5, warm=True, image=99)])]))


def test_nothing_to_play_gives_empty_tables(plane: Play) -> None:
    log = PlaneWorld(edges=({"source": HERE, "destination": THERE},), cohort={"access_Bps": INF}).play(plane, [])
    assert [len(log.requests), len(log.copies), len(log.losses), len(log.transfers)] == [0, 0, 0, 0]
