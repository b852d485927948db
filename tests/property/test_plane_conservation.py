"""Nothing is lost or made up, whatever control does meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.laws import Exponential
from georep_sim.plane.wire import Tcp
from georep_sim.tables import NS_PER_S, Admission, CopyStatus, Operation, Outcome, Verb
from support.plane_worlds import HERE, THERE, TO_HERE, TO_THERE, PlaneWorld, pull, push, traffic

if TYPE_CHECKING:
    from georep_sim.plane.wire import PlayLog
    from support.plane_worlds import Change, Row
    from support.planes import Play

HORIZON_S = 40.0
WORLD = PlaneWorld(
    layers=(2e5, 1e6, 3e6),
    tcp=Tcp(),
    laws=(Exponential(0.2), Exponential(3.0)),
    site={"workers": 2, "read_law": 0, "write_law": 0, "read_bucket": 0, "write_bucket": 1, "egress_Bps": 4e6},
    buckets=({"rate_per_s": 4.0, "capacity": 8.0}, {"rate_per_s": 6.0, "capacity": 12.0}),
    cohort={"access_Bps": 2e6, "machines": 3},
    ladder={"retries": 3, "timeout_ns": 8 * NS_PER_S},
    link={"capacity_Bps": 3e6, "replication_Bps": 1e6},
    edges=({"source": HERE, "destination": THERE, "workers": 2, "lag_law": 1},
           {"source": THERE, "destination": HERE, "link": TO_HERE, "lag_law": -1}),
    manifest_bytes=1e3, ttl_s=5.0, flap=0.1, local_rtt_s=0.01,
)  # fmt: skip

TIMES = st.integers(0, int(HORIZON_S) * 4).map(lambda quarter: quarter / 4.0)
SITES = st.sampled_from([HERE, THERE])
LINKS = st.sampled_from([TO_THERE, TO_HERE])
REQUESTS = st.one_of(
    st.builds(pull, TIMES, machine=st.integers(0, 2), image=st.integers(0, 3), warm=st.booleans()),
    st.builds(push, TIMES, st.integers(1, 7), machine=st.integers(0, 2), image=st.integers(0, 3)),
)
CHANGES = st.one_of(
    st.tuples(TIMES, st.just(Verb.ADMIT), st.integers(0, 5), st.sampled_from(Admission).map(float)),
    st.tuples(TIMES, st.just(Verb.KILL), SITES, st.just(1.0)),
    st.tuples(TIMES, st.just(Verb.LOSE), SITES, st.just(1.0)),
    st.tuples(TIMES, st.just(Verb.CUT), LINKS, st.sampled_from([0.0, 1.0])),
    st.tuples(TIMES, st.just(Verb.SLOW), st.integers(0, 3), st.sampled_from([0.1, 0.5, 1.0])),
    st.tuples(TIMES, st.just(Verb.SLOW), st.integers(4, 5), st.sampled_from([0.0, 0.01, 0.1])),
    st.tuples(TIMES, st.just(Verb.RESIZE), SITES, st.sampled_from([1.0, 2.0, 5.0])),
    st.tuples(TIMES, st.just(Verb.AIM), st.just(0), st.sampled_from([0.0, 1.0])),
)


def played(
    plane: Play,
    requests: list[Row],
    changes: list[Change],
    *,
    world: PlaneWorld = WORLD,
    aim: tuple[int, ...] = (HERE, THERE),
    copies_only: bool = False,
) -> PlayLog:
    ordered = sorted(changes, key=lambda change: change[0])
    return world.play(plane, requests, ordered, aim=aim, end_s=HORIZON_S + 1.0, until_s=400.0, copies_only=copies_only)


@settings(max_examples=150)
@given(st.lists(REQUESTS, max_size=14), st.lists(CHANGES, max_size=10))
def test_requests_and_bytes_are_conserved(plane: Play, requests: list[Row], changes: list[Change]) -> None:
    log = played(plane, requests, changes)
    rows = log.requests
    # Every arrival has one row, which says when it began and that it ended.
    assert rows["arrival_ns"].tolist() == sorted(r["time_ns"] for r in requests)
    assert np.all(rows["end_ns"] >= rows["arrival_ns"])
    assert np.all((rows["attempts"] >= 1) & (rows["attempts"] <= 4))
    spent_s = np.sum([rows[name] for name in ("connect_s", "manifest_s", "layers_s", "retry_s")], axis=0)
    np.testing.assert_allclose(spent_s, (rows["end_ns"] - rows["arrival_ns"]) / NS_PER_S, atol=1e-6)
    # What crossed a link towards or from clients was moved for them; what stays in the region crosses none.
    carried = {kind: float(log.transfers["bytes"][log.transfers["kind"] == kind].sum()) for kind in (0, 1, 2)}
    for operation in (Operation.PULL, Operation.PUSH):
        assert carried[operation] <= rows["bytes"][rows["operation"] == operation].sum() * (1 + 1e-9) + 1e-3
    # A pull that is well has all its bytes: the manifest, and the layers unless they were there.
    asked = traffic(requests)
    well = (asked["operation"] == Operation.PULL) & (rows["outcome"] == Outcome.OK)
    wanted = WORLD.manifest_bytes + np.where(asked["warm"], 0.0, sum(WORLD.layers))
    assert np.all(rows["bytes"][well] >= wanted[well] - 1e-3)
    check_copies(log, carried[2])


@settings(max_examples=200)
@given(st.lists(REQUESTS, max_size=14), st.lists(CHANGES.filter(lambda c: c[1] != Verb.AIM), max_size=10))
def test_what_clients_moved_has_crossed_the_link_they_are_behind(
    plane: Play, requests: list[Row], changes: list[Change]
) -> None:
    # Without a second attempt, what a broken one had moved is all there is.
    log = played(plane, requests, changes, world=WORLD.with_(ladder={}), aim=(THERE,))
    for operation, link in ((Operation.PULL, TO_HERE), (Operation.PUSH, TO_THERE)):
        crossed = log.transfers[(log.transfers["kind"] == operation) & (log.transfers["link"] == link)]["bytes"].sum()
        moved = log.requests["bytes"][log.requests["operation"] == operation].sum()
        np.testing.assert_allclose(crossed, moved, rtol=1e-9, atol=1e-3)


@settings(max_examples=60)
@given(st.lists(REQUESTS, max_size=14), st.lists(CHANGES, max_size=10))
def test_copies_alone_are_conserved(plane: Play, requests: list[Row], changes: list[Change]) -> None:
    log = played(plane, requests, changes, copies_only=True)
    assert log.requests.size == 0
    assert len(log.copies) <= sum(r["operation"] == Operation.PUSH for r in requests)
    check_copies(log, float(log.transfers["bytes"].sum()))


def check_copies(log: PlayLog, carried: float) -> None:
    rows = log.copies
    done = rows["status"] == CopyStatus.DONE
    assert np.all((rows["done_ns"] >= 0) == done)
    assert np.all(rows["done_ns"][done] > rows["ack_ns"][done])
    assert np.all(rows["start_ns"][done] >= rows["ack_ns"][done])
    # What is durable elsewhere has crossed the link, at least once.
    assert carried >= rows["bytes"][done].sum() * (1 - 1e-9) - 1e-3
    # With one copy each, the objects lost are the copies that will never be.
    assert log.losses["objects"].sum() == np.sum(rows["status"] == CopyStatus.LOST)
    assert log.losses["bytes"].sum() == np.sum(rows["bytes"][rows["status"] == CopyStatus.LOST])
