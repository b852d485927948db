"""A fixed set of worlds on which the planes agree, and on which a change of one rule in one plane is noticed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.jit import IS_PLAIN
from georep_sim.laws import Constant, Exponential, Lognormal, Uniform
from georep_sim.plane.wire import Tcp
from georep_sim.tables import Admission, Operation, Verb
from support.drafts import Draft
from support.mutants import Mutant, planted
from support.planes import COMPILED, REFERENCE
from support.twins import assert_planes_agree, differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.plane.wire import PlayLog
    from support.drafts import Change
    from support.plane_worlds import Row

S = 1_000_000_000
PULL, PUSH = int(Operation.PULL), int(Operation.PUSH)
UNREACHABLE, STORAGE_ERROR, DENIED = (
    float(a) for a in (Admission.UNREACHABLE, Admission.STORAGE_ERROR, Admission.DENIED)
)


def pulls(*at_s: float, **values: object) -> tuple[Row, ...]:
    return tuple({"at_s": at, "operation": PULL, "machine": k % 3, **values} for k, at in enumerate(at_s))


def pushes(*at_s: float, **values: object) -> tuple[Row, ...]:
    return tuple(
        {"at_s": at, "operation": PUSH, "machine": k % 3, "new_layers": 7, **values} for k, at in enumerate(at_s)
    )


def admits(at_s: float, site: int, admission: float) -> tuple[Change, ...]:
    return tuple((at_s, Verb.ADMIT, 3 * site + operation, admission, -1) for operation in (PULL, PUSH))


TWO_SITES = Draft(regions=(0, 1), orders=((1, 0),), links=({"rtt_s": 0.1, "capacity_Bps": 1e6},), images=((1e6, 5e5),))

WORLDS: Mapping[str, Draft] = {
    # One worker, a bucket that has just refilled when the next client comes, clients that come back.
    "queue": Draft(
        sites=({"workers": 1, "read_law": 0, "read_bucket": 0},), laws=(Constant(0.25),),
        buckets=({"rate_per_s": 2.0, "capacity": 3.0},), ladders=({"retries": 2, "backoff_s": 0.5},),
        requests=pulls(0.0, 0.0, 0.0, 0.0, 1.5, 2.0, 2.0, 2.5, 20.0, 20.0, 20.0, 20.0, warm=True),
    ),
    # Services drawn, the client's patience ends with a service.
    "patience": Draft(
        sites=({"workers": 2, "read_law": 0, "write_law": 1},), laws=(Constant(0.5), Exponential(0.3)),
        ladders=({"retries": 1, "backoff_s": 0.0, "timeout_ns": S // 2},),
        requests=pulls(0.0, 0.0, 0.5, 0.5, 0.7, warm=True) + pushes(0.1, 0.1),
    ),
    # Answers change in the instants at which machines renew theirs, and clients ask.
    "answers": Draft(
        regions=(0, 0), orders=((0, 1), (1, 0)), ttl_s=1.0, overstay_s=1.0, cohorts=({"machines": 4},),
        requests=pulls(1.5, 2.0, 2.0, 2.5, 2.5, 2.5, 3.0, warm=True),
        changes=((2.0, Verb.AIM, 0, 1.0, -1), (2.5, Verb.AIM, 0, 0.0, -1)),
    ),
    # A standby that refuses pushes, and what clients hear who ask it all the same, with a bucket that is empty.
    "refusal": Draft(
        regions=(0, 0), orders=((1, 0), (1,)), cohort_regions=(0, 0), ladders=({"retries": 1, "backoff_s": 0.1},),
        sites=({}, {"write_bucket": 0, "read_bucket": 0}), buckets=({"rate_per_s": 0.0, "capacity": 2.0},),
        requests=(
            *pushes(1.0, 1.0), *pushes(1.0, cohort=1), *pulls(1.0, 1.1, 1.2, cohort=1, warm=True),
            *pushes(2.0, cohort=1),
        ),
        changes=((0.5, Verb.ADMIT, 3 * 1 + PUSH, DENIED, -1), (1.15, Verb.ADMIT, 3 * 1 + PULL, STORAGE_ERROR, -1)),
    ),
    # Three layers at a time on an access, an egress and a link that are each the narrowest for someone.
    "shares": Draft(
        regions=(0, 0, 1), cohort_regions=(0, 1), orders=((0,), (2, 1)),
        images=((1e6, 4e5, 7e5, 1e5), (3e5, 0.0, 0.0, 1e6)),
        sites=({"egress_Bps": 9e5},), cohorts=({"access_Bps": 4e5}, {}), links=({"rtt_s": 0.05, "capacity_Bps": 6e5},),
        requests=pulls(0.0, 0.0, 0.3, 0.3, image=1) + pulls(0.0, 0.1, 0.3, cohort=1) + pushes(0.2, 0.3, cohort=1),
        changes=((0.3, Verb.AIM, 1, 0.0, -1), (0.8, Verb.SLOW, 3, 0.5, -1), (1.3, Verb.RESIZE, 4, 2e5, -1)),
    ),
    # Slow start in rounds, with bodies of exactly one window and of one byte more.
    "rounds": TWO_SITES.with_(
        tcp=Tcp(mss_bytes=1000.0, window_max_bytes=40e3), images=((10e3, 10001.0, 70e3), (300e3, 0.0, 40e3)),
        links=({"rtt_s": 0.1, "capacity_Bps": 1e9, "loss": 0.0},), cohorts=({"parallel": 1},),
        requests=pulls(0.0, 0.0, 0.5) + pulls(0.2, 0.7, image=1) + pushes(0.3),
        changes=((1.0, Verb.SLOW, 4, 0.02, -1), (1.5, Verb.SLOW, 4, 0.0, -1), (1.8, Verb.SLOW, 5, 0.01, -1)),
    ),
    # A link that is back exactly when a retransmission leaves, and once more before the next one does.
    "cuts": TWO_SITES.with_(
        links=({"rtt_s": 0.125, "capacity_Bps": 1e6},), requests=pulls(0.0, 0.2, 1.0, 8.0) + pushes(0.0, 0.6),
        changes=(
            # Retransmissions leave 0.375, 1.125 and 2.625 s after a cut.
            (0.625, Verb.CUT, 1, 1.0, -1), (1.0, Verb.CUT, 1, 0.0, -1),
            (1.25, Verb.CUT, 0, 1.0, -1), (1.5, Verb.CUT, 1, 1.0, -1),
            (2.0, Verb.CUT, 1, 0.0, -1), (2.375, Verb.CUT, 0, 0.0, -1),
            (2.375, Verb.CUT, 1, 1.0, -1), (3.0, Verb.CUT, 1, 0.0, -1), (3.125, Verb.CUT, 1, 1.0, -1),
            (5.0, Verb.CUT, 1, 0.0, -1),
        ),
    ),
    # A site that dies under its clients, with the queue it had, and comes back as another kind of trouble.
    "outage": TWO_SITES.with_(
        sites=({"workers": 1, "read_law": 0},), laws=(Constant(0.2),), orders=((1, 0), (0, 1)), ttl_s=0.5,
        ladders=({"retries": 3, "backoff_s": 0.25, "cap_s": 0.5, "factor": 3.0, "timeout_ns": 2 * S},),
        requests=pulls(0.0, 0.0, 0.4, 0.7, 1.0, 1.0, 40.0) + pushes(0.0, 0.9, 1.0),
        changes=(
            *admits(1.0, 1, UNREACHABLE), (1.0, Verb.KILL, 1, 0.0, 0), (1.5, Verb.AIM, 0, 1.0, 0),
            *admits(2.0, 1, STORAGE_ERROR), (2.5, Verb.SLOW, 0, 0.5, 0), (2.5, Verb.RESIZE, 0, 2.0, 0),
            *admits(6.0, 0, STORAGE_ERROR), (6.0, Verb.KILL, 0, 0.0, 0), *admits(9.0, 0, 0.0),
        ),
        deleted=((False,),),
    ),
    # Copies with lags and little room, stopped at both ends and by the link, lost at both ends.
    "copies": Draft(
        regions=(0, 1, 1), orders=((0,),), links=({"rtt_s": 0.1, "replication_Bps": 8e5},),
        laws=(Constant(0.7), Lognormal(0.3, 1.0)),
        edges=(
            {"source": 0, "destination": 1, "workers": 2, "lag_law": 0},
            {"source": 0, "destination": 2, "bandwidth_Bps": 4e5, "lag_law": 1},
        ),
        images=((1e6, 2e5),), deleted=((True,),),
        requests=pushes(0.0, 0.0, 0.5, 0.5, 1.0, 6.0) + pushes(2.0, new_layers=0) + pulls(4.0, 4.0),
        changes=(
            *admits(1.5, 1, STORAGE_ERROR), *admits(2.0, 1, 0.0),
            (2.5, Verb.CUT, 0, 1.0, 0), (2.8, Verb.CUT, 0, 0.0, 0),
            (3.0, Verb.LOSE, 1, 1.0, 0), (3.5, Verb.LOSE, 0, -0.5, 0), (6.4, Verb.LOSE, 0, 1.0, 0),
        ),
    ),
    "copies alone": Draft(
        regions=(0, 1), orders=((0,),), links=({"rtt_s": 0.1},),
        edges=({"source": 0, "destination": 1, "bandwidth_Bps": 4e5},), laws=(Constant(0.1), Constant(0.2)),
        sites=({"read_law": 0, "write_law": 1, "local_rtt_s": 0.1, "per_byte_s": 1e-7},),
        images=((1e6, 2e5, 0.0),), copies_only=True, tcp=Tcp(), cohorts=({"access_Bps": 1e6, "parallel_push": 2},),
        requests=pushes(0.0, 0.5, 0.5, 4.0) + pushes(1.0, new_layers=2),
        changes=(*admits(4.2, 0, STORAGE_ERROR), *admits(7.0, 0, 0.0)),
    ),
    # Manifests that go astray, connections for each request, drawn round trips, a bound in the middle, half a year in.
    "odds": TWO_SITES.with_(
        orders=((1, 0), (0, 1)), flap=0.5, tls_round_trips=2, manifest_bytes=1e4,
        laws=(Uniform(0.05, 0.15), Lognormal(0.1, 0.5)),
        links=({"rtt_law": 0, "capacity_Bps": 2e6},),
        cohorts=({"keep_alive": False, "parallel": 2, "parallel_push": 1},),
        sites=({"read_law": 1, "write_law": 1, "workers": 2, "local_rtt_s": 0.02},), ladders=({"retries": 1},),
        edges=({"source": 1, "destination": 0},), missing=((1, 0),),
        until_s=6.0, end_s=5.0, start_s=0.1, epoch_s=17_280_000.0,
        requests=pulls(0.0, 0.1, 0.2, 1.0, 4.9) + pushes(0.1, 0.1, 0.2, 0.3, 0.3, 2.0, 4.9),
        changes=((0.05, Verb.SLOW, 1, 0.5, -1), (1.0, Verb.KILL, 1, 0.0, -1)),
    ),
    # A bucket for reads and one for writes, of a host that is down as requests reach it.
    "two buckets": Draft(
        sites=({"read_bucket": 0, "write_bucket": 1, "local_rtt_s": 0.2},),
        buckets=({"rate_per_s": 0.0, "capacity": 4.0}, {"rate_per_s": 1.0, "capacity": 3.0}),
        requests=pulls(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, warm=True) + pushes(2.0, 9.0, new_layers=1),
        changes=(*admits(0.45, 0, UNREACHABLE), *admits(0.6, 0, 0.0)),
    ),
    # A push that has half its layers at a site that dies, and a client whose time is up before silence is an answer.
    "moving": Draft(
        regions=(0, 0), orders=((0,), (1,)), images=((1e6, 1e6, 1e6),), sites=({"local_rtt_s": 0.1},),
        cohorts=({"access_Bps": 1e6, "parallel_push": 1},), ladders=({"retries": 3, "backoff_s": 0.2},),
        requests=pushes(0.0),
        changes=(*admits(1.8, 0, UNREACHABLE), (1.8, Verb.KILL, 0, 0.0, -1), (1.8, Verb.AIM, 0, 1.0, -1)),
    ),
    "silence": Draft(
        ladders=({"retries": 1, "backoff_s": 0.5, "timeout_ns": 2 * S},), requests=pulls(1.0, 2.5, warm=True),
        changes=(*admits(0.5, 0, UNREACHABLE), *admits(4.0, 0, 0.0)),
    ),
    # A lag that is not over as the link is cut, and a push between the end of the cut and the retransmission after it.
    "back again": Draft(
        regions=(0, 1), orders=((0,),), links=({"rtt_s": 0.02},), laws=(Constant(2.0),), images=((1e4,),),
        edges=({"source": 0, "destination": 1, "lag_law": 0},), requests=pushes(0.0, 0.2, 1.2, 1.55, 1.7),
        changes=((1.0, Verb.CUT, 0, 1.0, -1), (1.5, Verb.CUT, 0, 0.0, -1)),
    ),
    # Manifests that go astray, and are sent again until one does not.
    "astray": TWO_SITES.with_(
        orders=((1, 0),), flap=0.5, ladders=({"retries": 4, "backoff_s": 0.1},), links=({"rtt_s": 0.1},),
        sites=({"local_rtt_s": 0.01},), requests=pushes(0.0, 0.1, 0.2, 0.3, 0.5, 1.0),
        changes=((1.2, Verb.ADMIT, 3 * 0 + PUSH, DENIED, -1),),
    ),
}  # fmt: skip

MUTANTS: Mapping[str, Mutant] = {
    "bucket needs more than a token": Mutant("rules.take_token", "level >= 1.0", "level > 1.0"),
    "bucket forgets when it was full": Mutant("rules.take_token", "min(capacity, level + ", "max(0.0, level + "),
    "wait spreads the other way": Mutant("rules.backoff_s", "(0.5 + u)", "(1.5 - u)"),
    "wait grows once more": Mutant("rules.backoff_s", "range(attempt - 1)", "range(attempt)"),
    "answer is renewed a nanosecond late": Mutant(
        "rules.last_refresh_ns", "(now_ns - round(", "(now_ns - 1 - round("
    ),
    "tokens are counted after rights": Mutant("rules.answer", "not has_token", "not has_token and admission == 0"),
    "refusal is tried again": Mutant("rules.is_final", " or outcome == DENIED", ""),
    "broken connection says nothing": Mutant("rules.broken", "if outcome == OK", "if outcome >= OK"),
    "storage error lets copies pass": Mutant("rules.stalls_copies", " or admission == _IS_STORAGE_ERROR", ""),
    "durations are cut off": Mutant("rules.ns_of", "round(", "int("),
    "unloaded push saves a request": Mutant("rules.uncontended_push_s", "3.0 * (", "2.0 * ("),
    "retransmission comes after the end of a cut": Mutant("tcp.resume_s", "at_s >= cut_s", "at_s > cut_s"),
    "timeout is two round trips": Mutant("tcp.rto_s", "3.0 * rtt_s", "2.0 * rtt_s"),
    "window skips a round": Mutant("tcp.next_segment", "round_ + 1", "round_ + 2"),
    "half a window more goes out at once": Mutant(
        "tcp.next_segment", "remaining_bytes <= window", "remaining_bytes <= 1.5 * window"
    ),
    "loss counts a little more": Mutant("tcp.loss_limit_bytes_per_s", "math.sqrt(1.5)", "math.sqrt(1.499999)"),
    "share counts a class as one flow": Mutant("links.fill_one", "left -= limits[c] * counts[c]", "left -= limits[c]"),
    "end of a body is rounded up": Mutant("links.reached_ns", "round(wait_ns)", "int(wait_ns) + 1"),
    "earlier requests come last": Mutant("reference.requests.Request.rank", "self.number", "((1 << 90) - self.number)"),
    "timeout beats completion": Mutant("reference.clients.Clients._begin", "TIMEOUT +", "COMPLETION - (1 << 170) +"),
    "queue is a stack": Mutant("reference.sites.FrontEnd._start", "popleft()", "pop()"),
    "lag does not wait for the last byte": Mutant(
        "reference.edges.Edge._await_lag", "max(clock.now_ns + self._half_ns, lag_ends_ns)", "lag_ends_ns"
    ),
    "client asks whoever is well": Mutant(
        "reference.state.State.choose", "!= Admission.DENIED", "== Admission.OK"
    ),
}  # fmt: skip

# The compiled plane can be changed only where it runs as plain Python.
KERNEL_MUTANTS: Mapping[str, Mutant] = {
    "one retry more": Mutant("kernel.asking._end_attempt", "r.attempts >= w.cohorts", "r.attempts > w.cohorts"),
    "pause is that of the next attempt": Mutant("kernel.asking._end_attempt", "(r.attempts, u", "(r.attempts + 1, u"),
    "final answer is tried again": Mutant("kernel.asking._end_attempt", "rules.is_final(outcome) or ", ""),
    "writes take the tokens of reads": Mutant(
        "kernel.asking._meet_site", "buckets[1 if is_write else 0]", "buckets[0]"
    ),
    "host that is down counts": Mutant("kernel.asking._meet_site", " and admission != _IS_DOWN", ""),
    "every refusal is a throttle": Mutant("kernel.asking.refused", "ln.outcome == _THROTTLED", "ln.outcome > _OK"),
    "front end has a worker more": Mutant("kernel.asking.work_on", "s.busy < s.workers", "s.busy <= s.workers"),
    "slow site works as fast as ever": Mutant("kernel.asking.work_on", "j.work_s / s.speed", "j.work_s"),
    "pushes are as wide as pulls": Mutant("kernel.asking._open_lanes", "parallel[r.operation]", "parallel[_PULL]"),
    "layers sent elsewhere are here too": Mutant("kernel.asking.attempt", "r.have = 0", "r.have += 0"),
    "split push is a good one": Mutant("kernel.asking.heard", "request, _SPLIT_PUSH", "request, _OK"),
    "silence is a long answer": Mutant("kernel.asking._outcome_of", "if r.is_silent", "if not r.is_attempting"),
    "edge has a worker more": Mutant("kernel.copying._dispatch", "e.sending < e.workers", "e.sending <= e.workers"),
    "copies leave before the retransmission": Mutant(
        "kernel.copying._dispatch", "w.now_ns >= e.sends_from_ns", "w.now_ns >= 0"
    ),
    "copy is durable as it leaves": Mutant("kernel.copying._await_lag", "w.now_ns + e.half_ns", "w.now_ns"),
    "lag goes on while an edge stands still": Mutant(
        "kernel.copying._await_lag", "max(c.ack_ns, e.restarted_ns)", "c.ack_ns"
    ),
    "outage of an end is a cut": Mutant("kernel.copying._go_on", "if e.was_cut:", "if e.silent_ns >= 0:"),
    "copy to the lost site is there": Mutant("kernel.copying.lose", "p.holders &= ~(1 << site)", "p.holders &= ~0"),
    "copies queue as a stack": Mutant(
        "kernel.copying._queue",
        "w.copies[e.queue_last].queued =",
        "w.copies[copy].queued, e.queue_first = e.queue_first,",
    ),
    "window stays open through a stall": Mutant("kernel.streams.hold_flow", "round_now = 0", "round_now += 0"),
    "retransmission waits for no minimum": Mutant("kernel.streams.retransmission_ns", "w.rto_min_s", "0.0"),
    "stalled body starts anew": Mutant("kernel.streams._pause", "f.left -= sent", "f.left -= 0.0"),
    "second cut starts the stall anew": Mutant(
        "kernel.streams.cut_link", "w.flows[flow].stalled_ns < 0", "w.flows[flow].is_active"
    ),
    "loss limits nobody": Mutant("kernel.streams._send", "w.links[f.link].loss > 0.0", "w.links[f.link].loss > 1.0"),
    "narrowed link carries what it did": Mutant("kernel.streams.set_link_capacity", " * w.links[link].factor", ""),
    "flow goes on over a cut link": Mutant("kernel.streams.resume_flow", " and not flow_is_cut(w, flow)", ""),
    "longest body of a class ends first": Mutant(
        "kernel.streams._meld", "w.flows[b].end_bytes < w.flows[a].", "w.flows[b].end_bytes > w.flows[a]."
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_planes_agree_on_the_fixed_worlds(name: str) -> None:
    assert_planes_agree(WORLDS[name].scene(), REFERENCE, COMPILED)


def test_planes_agree_when_what_can_never_end_is_given_up() -> None:
    # The upload would have ended at 3 s; it stalls for ever at 2.0625 s, the last change and the end of the timeline.
    world = Draft(
        regions=(0,), cohort_regions=(1,), links=({"rtt_s": 0.125, "capacity_Bps": 1e6},), images=((2e6,),), end_s=2.0,
        requests=pushes(0.0, new_layers=1), changes=((2.0625, Verb.CUT, 0, 1.0, -1),),
    )  # fmt: skip
    log = assert_planes_agree(world.scene(), REFERENCE, COMPILED)
    assert log.requests["end_ns"].tolist() == [2_062_500_000]


@cache
def told_by_the_reference() -> dict[str, PlayLog]:
    return {name: world.scene().play(REFERENCE) for name, world in WORLDS.items()}


@pytest.mark.skipif(not IS_PLAIN, reason="compiled code is what it is")
@pytest.mark.parametrize("name", KERNEL_MUTANTS)
def test_change_of_a_rule_in_the_compiled_plane_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = told_by_the_reference()
    with planted(KERNEL_MUTANTS[name], monkeypatch):
        assert any(differences(log, WORLDS[world].scene().play(COMPILED)) for world, log in logs.items())


@pytest.mark.parametrize("name", MUTANTS)
def test_change_of_a_rule_in_one_plane_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes = [world.scene() for world in WORLDS.values()]
    logs = [scene.play(COMPILED) for scene in scenes]
    with planted(MUTANTS[name], monkeypatch):
        changed = [scene.play(REFERENCE) for scene in scenes]
    assert any(differences(a, b) for a, b in zip(logs, changed, strict=True))


def test_first_difference_is_told_by_request_and_column() -> None:
    scene = WORLDS["queue"].scene()
    log = scene.play(REFERENCE)
    rows = log.requests.copy()
    rows["end_ns"][4] += 1
    found = differences(log, replace(log, requests=rows), asked=scene.traffic)
    end_ns = int(log.requests["end_ns"][4])
    where = "row 4 (pull of cohort 0, hour and k one of [(0, 4)], arrived at 1.500000000 s)"
    assert found == [f"requests: 1 of 12 rows differ, first {where}: end_ns {end_ns} != {end_ns + 1}"]


def test_floats_must_be_the_same_numbers_and_bytes_on_links_nearly_so() -> None:
    log = WORLDS["copies"].scene().play(REFERENCE)
    for table, column in (("requests", "connect_s"), ("copies", "bytes"), ("losses", "bytes")):
        rows = getattr(log, table).copy()
        rows[column][0] = np.nextafter(rows[column][0], np.inf)
        assert differences(log, replace(log, **{table: rows}))
    rows = log.transfers.copy()
    rows["bytes"][0] *= 1.0 + 1e-12
    assert not differences(log, replace(log, transfers=rows))
    rows["bytes"][0] *= 1.0 + 1e-8
    assert differences(log, replace(log, transfers=rows))


def test_row_that_is_missing_and_number_that_is_none_are_differences() -> None:
    log = WORLDS["queue"].scene().play(REFERENCE)
    assert differences(log, replace(log, requests=log.requests[:-1])) == ["requests: 12 and 11 rows"]
    rows = log.requests.copy()
    rows["retry_s"][0] = np.nan
    none = replace(log, requests=rows)
    assert differences(none, none)
