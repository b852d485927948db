from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.draws.images import catalogue
from georep_sim.laws import Constant, Exponential
from georep_sim.world.lower import lower, topology
from support.worlds import redundant, replicated, world

if TYPE_CHECKING:
    from georep_sim.plane.wire import Wire
    from georep_sim.scenario import Case


def wire_of(case: Case) -> Wire:
    design = next(iter(case.designs.values()))
    return lower(case, design, seed=1, replication=2, catalogue=catalogue(case, seed=1, replication=2))


def test_topology_names_only_the_links_that_clients_and_copies_use() -> None:
    case = world({"d": replicated()})
    names = topology(case, case.designs["d"])
    assert names.sites == names.site_regions == ("a", "b")
    assert names.cohorts == names.cohort_regions == ("a", "b", "c")
    assert names.links == (("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b"))
    assert names.edges == ((0, 1), (1, 0))
    # Rows are cohorts a, b, c; columns sites a, b. Down is from site to client.
    assert names.down.tolist() == [[-1, 2], [0, -1], [1, 3]]
    assert names.up.tolist() == [[-1, 0], [2, -1], [4, 5]]
    assert (names.home, names.ttl_s) == (0, 30.0)
    assert names.pulls_per_s.tolist() == [1.0, 1.0, 1.0]


def test_a_standby_in_a_region_without_clients_is_reached_by_copies_alone() -> None:
    case = world({"d": redundant()}, clients=("a",))
    names = topology(case, case.designs["d"])
    assert names.links == (("a", "b"), ("b", "a"))
    assert names.sites == ("a", "passive")
    assert names.edges == ((0, 1),)


def test_the_wire_holds_the_numbers_of_the_scenario() -> None:
    wire = wire_of(world({"d": replicated() | {"limits": {"read": "20000/min", "write": "60/min"}}}))
    assert wire.sites["workers"].tolist() == [64, 64]
    assert wire.sites["read_bucket"].tolist() == [0, 2]
    assert wire.sites["write_bucket"].tolist() == [1, 3]
    assert wire.buckets["rate_per_s"].tolist() == pytest.approx([20000 / 60, 1.0] * 2)
    assert wire.buckets["capacity"].tolist() == pytest.approx([20000.0, 60.0] * 2)
    assert np.isinf(wire.sites["egress_Bps"]).all()
    assert wire.links["rtt_s"][wire.topology.links.index(("c", "b"))] == 0.18
    assert wire.links["rtt_law"].tolist() == [-1] * 6
    assert wire.links["capacity_Bps"].tolist() == [1.25e9] * 6
    assert wire.edges["link"].tolist() == [0, 2]
    assert [wire.laws[i] for i in wire.edges["lag_law"]] == [Constant(60.0)] * 2
    assert (wire.seed, wire.replication, wire.tls_round_trips) == (1, 2, 1)
    assert (wire.sites["local_rtt_s"].tolist(), wire.sites["local_rtt_law"].tolist()) == ([0.001] * 2, [-1] * 2)


def test_equal_laws_share_an_index() -> None:
    wire = wire_of(world({"d": replicated()}))
    assert wire.sites["read_law"][0] == wire.sites["read_law"][1]
    assert len(wire.laws) == 3  # read, write, lag


def test_a_limit_of_the_registry_is_one_bucket_for_all_sites() -> None:
    wire = wire_of(world({"d": replicated() | {"limits": {"scope": "registry", "read": "100/s"}}}))
    assert wire.sites["read_bucket"].tolist() == [0, 0]
    assert wire.sites["write_bucket"].tolist() == [-1, -1]
    assert wire.buckets["rate_per_s"].tolist() == [100.0, 0.0]


def test_client_habits_follow_the_program_and_the_design() -> None:
    wire = wire_of(world({"d": replicated() | {"client": {"kind": "skopeo", "retries": 5, "timeout": "30 s"}}}))
    assert wire.cohorts["parallel"].tolist() == [1, 1, 1]
    assert not wire.cohorts["keep_alive"].any()
    assert wire.ladders["retries"].tolist() == [5, 5, 5]
    assert wire.ladders["timeout_ns"].tolist() == [30_000_000_000] * 3
    assert wire.ladders["factor"].tolist() == [2.0] * 3
    assert wire.cohorts["deadline_pull_ns"].tolist() == [60_000_000_000] * 3


def test_machines_differ_in_phase_and_in_patience() -> None:
    design = replicated(route={"overstay": {"share": 1.0, "for": "10 min"}})
    wire = wire_of(world({"d": design}))
    assert [len(phase) for phase in wire.address_phase] == [10, 10, 10]
    assert all(stay.all() for stay in wire.overstay)
    assert len(set(np.concatenate(wire.address_phase).tolist())) == 30


def test_a_distribution_of_round_trips_becomes_a_law() -> None:
    case = world({"d": replicated()})
    links = dict(case.environment.links)
    a_b = links["a", "b"]
    links["a", "b"] = a_b.model_copy(update={"rtt": Constant(0.5)})
    assert (
        wire_of(case.model_copy(update={"environment": case.environment.model_copy(update={"links": links})})).links[
            "rtt_s"
        ][0]
        == 0.5
    )


def test_round_trips_inside_regions_are_those_of_each_region() -> None:
    case = world({"d": replicated()})
    links = dict(case.environment.links)
    links["b", "b"] = links["b", "b"].model_copy(update={"rtt": Exponential(0.01)})
    wire = wire_of(case.model_copy(update={"environment": case.environment.model_copy(update={"links": links})}))
    assert wire.sites["local_rtt_s"].tolist() == pytest.approx([0.001, 0.01 * math.log(2.0)])
    assert wire.sites["local_rtt_law"][0] == -1
    assert wire.laws[wire.sites["local_rtt_law"][1]] == Exponential(0.01)
