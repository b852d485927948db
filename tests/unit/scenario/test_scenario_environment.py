"""The universe of regions, what is known of each, and the links between them."""

from __future__ import annotations

import math

import pytest

from georep_sim.errors import ScenarioError
from georep_sim.laws import Constant
from georep_sim.scenario import load

CLIENTS = "workload: {clients: {eastus: {pulls: 2/s}, uksouth: {pulls: 1/s}}}\n"
DESIGNS = "designs: {one: {sites: {westus: {}}}}\n"


def test_the_universe_holds_every_region_named_anywhere_in_order() -> None:
    environment = (
        load(
            "georep: 1\nenvironment: {regions: [northeurope], links: {eastus <-> japaneast: {loss: 1 %}}}\n"
            + CLIENTS
            + "faults: {row: {what: zone, where: westus2/1, kind: outage, every: 1 y, lasts: 1 h}}\n"
            + DESIGNS
            + "  # end\n"
        )
        .case()
        .environment
    )
    assert list(environment.regions) == ["northeurope", "eastus", "uksouth", "westus", "westus2", "japaneast"]
    assert environment.first == "northeurope"


def test_a_region_of_the_atlas_may_be_corrected_by_the_file() -> None:
    environment = (
        load("georep: 1\nenvironment: {regions: {eastus: {zones: 2, label: Ours}}}\n" + CLIENTS + DESIGNS)
        .case()
        .environment
    )
    region = environment.regions["eastus"]
    assert (region.zones, region.label, region.timezone) == (2, "Ours", "America/New_York")
    assert environment.link("eastus", "uksouth").method == "atlas"


def test_round_trips_come_from_the_file_then_the_atlas_then_the_map() -> None:
    environment = (
        load(
            """
georep: 1
environment:
  regions: {lab: {location: [52.0, 5.0], timezone: Europe/Amsterdam}}
  links: {eastus <-> lab: {rtt: 95 ms}, eastus -> uksouth: {rtt: 80 ms}}
"""
            + CLIENTS
            + DESIGNS
        )
        .case()
        .environment
    )
    assert environment.link("lab", "eastus").rtt == Constant(0.095)
    assert environment.link("eastus", "uksouth").rtt == Constant(0.08)
    assert environment.link("uksouth", "eastus").method == "atlas"
    estimated = environment.link("lab", "uksouth")
    assert estimated.method == "estimated"
    assert 0.004 < estimated.rtt.mean < 0.04
    assert environment.link("eastus", "eastus").rtt == Constant(0.001)
    assert environment.link("eastus", "eastus").bandwidth == math.inf


def test_a_link_takes_what_it_does_not_say_from_all_and_then_the_default() -> None:
    environment = (
        load(
            """
georep: 1
environment:
  links:
    all: {bandwidth: 1 Gbit/s}
    eastus <-> all: {replication: 100 Mbit/s}
    uksouth <-> eastus: {bandwidth: 80 Mbit/s}
"""
            + CLIENTS
            + DESIGNS
        )
        .case()
        .environment
    )
    between = environment.link("eastus", "uksouth")
    assert (between.bandwidth, between.replication, between.loss) == (10e6, 12.5e6, 0.0)
    other = environment.link("uksouth", "westus")
    assert (other.bandwidth, other.replication) == (125e6, 125e6)


def test_without_the_atlas_regions_and_prices_are_the_files_own() -> None:
    environment = (
        load(
            """
georep: 1
environment:
  use: none
  regions: {ams: {timezone: Europe/Amsterdam}, fra: {timezone: Europe/Berlin, pair: ams}}
  links: {ams <-> fra: {rtt: 9 ms}}
  prices: {transfer: 0.01 USD/GB}
workload: {clients: {ams: {pulls: 3/s}}}
designs: {one: {sites: {fra: {}, other: {region: {pair_of: home}, role: standby}}}}
"""
        )
        .case()
        .environment
    )
    assert environment.prices.storage is None  # unknown, not zero
    assert environment.link("ams", "fra").transfer == pytest.approx(0.01e-9)
    assert environment.link("ams", "ams").transfer == 0.0


def test_the_atlas_knows_what_bytes_cost() -> None:
    environment = load("georep: 1\n" + CLIENTS + DESIGNS).case().environment
    assert environment.link("eastus", "westus").transfer == pytest.approx(0.02e-9)
    assert environment.prices.storage == pytest.approx(0.1e-9 / (365.25 * 86_400 / 12))


def test_a_region_of_another_provider_needs_no_atlas_row() -> None:
    with pytest.raises(ScenarioError, match="no region 'lab'"):
        load("georep: 1\nworkload: {clients: {lab: {pulls: 1/s}}}\n" + DESIGNS)


def test_copies_are_spread_over_zones_where_there_are_some_else_racks() -> None:
    sites = load("georep: 1\n" + CLIENTS + "designs: {one: {sites: {eastus: {}, westus: {}}}}\n").design("one").sites
    assert (sites["eastus"].protect.over, sites["westus"].protect.over) == ("zones", "racks")
