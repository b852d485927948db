"""Full traffic in stretches is the play in one piece: the same counts, copies, losses and bytes, however it is cut."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.api import load
from georep_sim.measures.copies import replication_lag
from georep_sim.measures.estimand import Pool
from georep_sim.plane.compiled import Plane
from georep_sim.plane.copy_tally import copy_tallies
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, Recording
from georep_sim.world import play as playing
from georep_sim.world.feed import Feed
from georep_sim.world.full import Stage, pieces, play_all, stretches
from georep_sim.world.kept import RequestSample
from georep_sim.world.lower import lower
from georep_sim.world.play import play_replica
from georep_sim.world.recorded import labelled
from georep_sim.world.replica import Replica
from georep_sim.world.states import control_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog
    from georep_sim.scenario import Case

    Tables = Mapping[str, Mapping[str, NDArray[Any]]]

SCENARIO = """
georep: 1
run: {start: 2027-01-04T00:20:00Z, horizon: 9 h, warmup: WARMUP, timelines: 1, replications: 1, traffic: full}
environment: {regions: [eastus, westus], links: {eastus <-> westus: {replication: 40 Mbit/s}}}
workload:
  content: {images: 60, layers_per_image: 3, layer_size: {p50: 2 MB, p90: 8 MB}}
  clients: {eastus: {pulls: 1500/h, pushes: 500/h}, westus: {pulls: 700/h, pushes: 200/h}}
  bursts: {noon: {at: 3 h, pulls: 700, within: 2 min}}
faults:
  line: {what: link, where: eastus <-> westus, kind: cut, at: 100 min, lasts: 50 min}
  fire: {what: storage, where: eastus, kind: destroyed, at: 5 h, lasts: 30 min}
  gone: {what: operator, kind: delete, at: 7 h, share: 20 %}
designs:
  near:
    sites: {eastus: {}, westus: {}}
    replicate: {copies: {from: any, to: others, lag: {p50: 20 s, p99: 10 min}}}
    route: {method: dns_latency}
  slow: {use: near, replicate: {copies: {from: any, to: others, bandwidth: 4 MB/s}}}
"""


def case(warmup: str = "0 h") -> Case:
    return load(SCENARIO.replace("WARMUP", warmup)).case()


def replica(warmup: str = "0 h") -> Replica:
    return Replica(case(warmup), 0)


def in_stretches(one: Replica, requests: int) -> dict[str, dict[str, NDArray[Any]]]:
    return play_all(one, stages(one), stretch_requests=requests)


def stages(one: Replica) -> dict[str, Stage]:
    out = {}
    for name, design in one.case.designs.items():
        wire = lower(one.case, design, seed=one.case.run.seed, replication=0, catalogue=one.images)
        player = playing._Player(one, one.timelines[name], wire, Feed(one, (wire,)))
        out[name] = Stage(player.line, wire, player.deleted, player.missing(0))
    return out


@cache
def at_once(warmup: str = "0 h") -> dict[str, PlayLog]:
    """The same in one call of the plane."""
    one = replica(warmup)
    (window,) = one.windows()
    fed = Feed(one, ()).of(window)
    return {
        name: playing.plane_of("compiled")(
            stage.wire,
            stage.line,
            fed.traffic,
            start_ns=0,
            end_ns=window.end_ns,
            deleted=stage.deleted,
            missing=stage.missing,
            states=control_states(one.episodes),
        )
        for name, stage in stages(one).items()
    }


def in_order(rows: NDArray[Any]) -> NDArray[Any]:
    return np.sort(rows, order=list(rows.dtype.names or ()))


@pytest.mark.parametrize("requests", [300, 2_000, 9_000, 10**9])
def test_however_it_is_cut_it_is_the_play_in_one_piece(requests: int) -> None:
    one = replica()
    (window,) = one.windows()
    whole = at_once()
    for name, tables in in_stretches(one, requests).items():
        log = whole[name]
        assert len(log.requests) > 25_000
        assert len(log.losses) > 0
        for table in ("tallies", "copies", "losses"):
            expected = labelled(table, getattr(log, table), one, 0, window)
            assert np.array_equal(in_order(tables[table]), in_order(expected)), (name, table)
        for column in ("link", "kind"):
            assert np.array_equal(tables["transfers"][column], log.transfers[column])
        assert tables["transfers"]["bytes"] == pytest.approx(log.transfers["bytes"], rel=1e-9)


@pytest.mark.parametrize("requests", [300, 5_000])
def test_lags_ages_and_extremes_do_not_depend_on_the_cuts(requests: int) -> None:
    one = replica()
    for name, tables in in_stretches(one, requests).items():
        expected = copy_tallies(tables["copies"], tables["windows"], edges=one.timelines[name].topology.edges)
        for table, rows in expected.items():
            assert len(rows)
            assert np.array_equal(tables[table], rows), (name, table)


def test_quantiles_of_the_lag_are_those_of_single_copies_within_a_bin() -> None:
    one = replica()
    tables = in_stretches(one, 3_000)["slow"]
    recording = Recording(
        one.timelines["slow"].topology, tables, {"traffic": {-1: 1}}, one.case.run.horizon, np.array([0]), ()
    )
    pool = next(iter(replication_lag(recording, one.case, one.case.designs["slow"])))
    assert isinstance(pool, Pool)
    copies = tables["copies"]
    is_done = copies["status"] == CopyStatus.DONE
    lag_s = np.sort(np.where(is_done, (copies["done_ns"] - copies["ack_ns"]) / NS_PER_S, np.inf))
    order = np.argsort(pool.value)
    reached = np.cumsum(pool.weight[order])
    assert reached[-1] == len(lag_s)
    for level in (0.5, 0.95, 0.99):
        rank = int(np.ceil(level * len(lag_s)))
        found = pool.value[order][np.searchsorted(reached, rank)]
        assert found == pytest.approx(lag_s[rank - 1], rel=0.0026)


def test_what_arrives_in_the_warm_up_is_played_and_not_counted() -> None:
    one = replica("200 min")
    from_ns = 200 * 60 * NS_PER_S
    for name, tables in in_stretches(one, 1_000).items():
        counted = at_once("200 min")[name]
        asked = counted.requests["arrival_ns"] >= from_ns
        assert int(tables["tallies"]["requests"].sum()) == int(asked.sum()) < len(asked)
        ends = counted.requests[asked]
        assert int(tables["tallies"]["latency_ns"].sum()) == int((ends["end_ns"] - ends["arrival_ns"]).sum())
        early = tables["copies"]["ack_ns"] < from_ns
        assert early.any()
        assert (tables["copies"]["weight"] == ~early).all()
        assert int(tables["lags"]["copies"].sum()) == int((~early).sum())
        # Bytes in flight as the warm-up ends are counted later.
        copied = tables["transfers"][tables["transfers"]["kind"] == 2]["bytes"].sum()
        assert copied == pytest.approx(tables["copies"]["bytes"][~early].sum(), rel=0.05)


def test_the_sample_of_requests_is_the_same_for_every_cut_and_stands_for_all() -> None:
    one = replica()
    (window,) = one.windows()
    found = [in_stretches(one, requests)["near"]["requests"] for requests in (300, 10**9)]
    assert np.array_equal(found[0], found[1])
    n = len(at_once()["near"].requests)
    assert len(found[0]) == pytest.approx(20_000, rel=0.05)
    assert found[0]["weight"].sum() == pytest.approx(n, rel=0.05)
    # Each is as it was played.
    kept = set(found[0]["arrival_ns"].tolist())
    whole = labelled("requests", at_once()["near"].requests, one, 0, window)
    mine = whole[np.isin(whole["arrival_ns"], list(kept))]
    mine["weight"] = found[0]["weight"][0]
    assert set(found[0].tolist()) <= set(mine.tolist())


def test_few_requests_are_all_kept() -> None:
    sample = RequestSample(1_000.0, groups=("eastus",), address=(1, 0), from_ns=0)
    assert sample.share == 1.0
    assert sample.places > 1_100


def test_what_comes_at_one_instant_stays_together() -> None:
    asked = np.zeros(7, dtype=[("time_ns", "i8")])
    asked["time_ns"] = [1, 2, 2, 2, 5, 6, 7]
    assert [part["time_ns"].tolist() for part in pieces(asked, 2)] == [[1, 2, 2, 2], [5, 6], [7]]
    assert [len(part) for part in pieces(asked, 7)] == [7]
    assert [len(part) for part in pieces(asked[:0], 7)] == [0]


def test_stretches_join_without_a_gap() -> None:
    one = replica("30 min")
    (window,) = one.windows()
    for requests in (200, 3_000, 10**9):
        parts = list(stretches(one, window, requests))
        whole = np.concatenate([asked for asked, _ in parts])
        assert np.array_equal(whole["time_ns"], one.arrivals.draw(0, window.end_ns)["time_ns"])
        ends = [until_ns for _, until_ns in parts]
        assert ends == sorted(ends)
        assert ends[-1] == window.end_ns - 1
        assert window.start_ns - 1 in ends
        assert all((asked["time_ns"] <= until_ns).all() for asked, until_ns in parts)
        assert max(len(asked) for asked, _ in parts) <= max(2 * requests, 1)


def test_a_replication_of_full_traffic_is_played_in_stretches() -> None:
    tables = play_replica(replica())
    expected = partial(in_stretches, replica())(200_000)
    for name, mine in tables.items():
        assert mine.keys() == expected[name].keys()
        assert all(np.array_equal(rows, expected[name][table]) for table, rows in mine.items())


def test_cells_that_were_emptied_in_between_are_counted_on() -> None:
    one = replica()
    (window,) = one.windows()
    stage = stages(one)["near"]
    plane = Plane(
        stage.wire,
        stage.line,
        start_ns=0,
        deleted=stage.deleted,
        missing=stage.missing,
        states=control_states(one.episodes),
    )
    for asked, until_ns in stretches(one, window, 3_000):
        plane.feed(asked, has_more=True)
        plane.advance(until_ns)
        plane._empty_cells()
    plane.feed(asked[:0], has_more=False)
    plane.advance(NEVER_NS)
    assert np.array_equal(plane.tallies(), at_once()["near"].tallies)


def test_the_reference_plane_counts_the_same_in_one_piece() -> None:
    shorter = {"run.horizon": "130 min", "faults.fire.at": "110 min"}
    small = load(SCENARIO.replace("WARMUP", "10 min"), overrides=shorter).case()
    found = {engine: play_replica(Replica(small, 0, engine=engine)) for engine in ("compiled", "reference")}
    for name, expected in found["reference"].items():
        mine = found["compiled"][name]
        assert mine.keys() == expected.keys()
        for table in mine.keys() - {"transfers"}:
            assert len(expected[table]) > 0
            assert np.array_equal(in_order(mine[table]), in_order(expected[table])), (name, table)
