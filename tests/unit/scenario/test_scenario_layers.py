"""Layers: schema default < preset < file < case < override, and the rules by which they merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from georep_sim.errors import InputError, ScenarioError
from georep_sim.laws import Constant, Lognormal
from georep_sim.scenario import Scenario, load

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
georep: 1
workload: {clients: {eastus: {pulls: 2/s, pushes: 1/min}, westeurope: {pulls: 1/s}}}
designs:
  two: {use: azure/acr-geo-replicated, with: {home: eastus}}
"""


def loaded(text: str, **overrides: object) -> Scenario:
    return load(BASE + text, overrides={path.replace("__", "."): value for path, value in overrides.items()})


def test_each_layer_wins_over_those_below_it() -> None:
    # health.every: preset 30 s, health.timeout: preset 10 s, route.ttl: preset 30 s, repair.detect: default 15 min.
    scenario = load(
        BASE.rstrip().removesuffix("}}")
        + "}, health: {timeout: 9 s}, route: {ttl: 20 s}}\n"
        + "cases: {slow: {designs: {two: {route: {ttl: 40 s}, health: {fails: 7}}}}}\n",
        overrides={"designs.two.health.fails": 8},
    )
    design = scenario.design("two")
    assert design.repair.detect == Constant(900.0)
    assert design.health.every == 30.0
    assert design.health.timeout == 9.0
    assert design.route.ttl == 40.0
    assert design.health.fails == 8


def test_null_goes_back_to_the_schema_default_and_drops_entries() -> None:
    scenario = loaded("faults: {use: cloud/typical, disk: null}\n", designs__two__route__ttl="null")
    assert "disk" not in scenario.case().faults
    assert scenario.design("two").route.ttl == 60.0


def test_an_entry_removed_and_made_anew_has_nothing_of_the_old_one() -> None:
    scenario = loaded(
        "faults: {use: cloud/typical, partition: null}\n"
        "cases: {k: {faults: {partition: {what: region, where: eastus, kind: outage, at: 3 d, lasts: 1 h}}}}\n"
    )
    fault = scenario.case().faults["partition"]
    assert (fault.what, fault.every, fault.where) == ("region", None, ("eastus",))


def test_lists_and_atoms_are_replaced_whole() -> None:
    scenario = loaded(
        "  three: {use: two, with: {regions: [eastus, westeurope, uksouth]}, replicate: {copies: {lag: 5 s}}}\n"
    )
    assert list(scenario.design("three").sites) == ["eastus", "westeurope", "uksouth"]
    assert scenario.design("three").replicate["copies"].lag == Constant(5.0)
    assert isinstance(scenario.design("two").replicate["copies"].lag, Lognormal)


def test_protect_is_an_atom() -> None:
    scenario = loaded("  flat: {use: two, sites: {eastus: {protect: {over: disks}}}}\n")
    protect = scenario.design("flat").sites["eastus"].protect
    assert (protect.copies, protect.over) == (3, "disks")  # copies: the schema's default, not the preset's


def test_all_holds_for_each_entry_and_an_own_key_wins() -> None:
    scenario = load(
        """
georep: 1
workload:
  clients:
    all: {profile: office-hours, machines: 7}
    eastus: {pulls: 2/s}
    westeurope: {pulls: 1/s, machines: 9}
designs:
  all: {health: {fails: 6}}
  a: {use: azure/acr-geo-replicated, sites: {all: {front_end: {workers: 5}}, eastus: {front_end: {workers: 6}}}}
  b: {use: a, health: {fails: 2}}
"""
    )
    clients = scenario.case().workload
    assert clients is not None
    assert {name: client.machines for name, client in clients.clients.items()} == {"eastus": 7, "westeurope": 9}
    assert all(client.profile.weight_at(0, 600) == 4.0 for client in clients.clients.values())
    assert scenario.design("a").health.fails == 6  # the preset says 4
    assert scenario.design("b").health.fails == 2
    workers = {name: site.front_end.workers for name, site in scenario.design("b").sites.items()}
    assert workers == {"eastus": 6, "westeurope": 5}


def test_with_of_a_design_is_laid_over_that_of_the_design_it_uses() -> None:
    scenario = loaded("  more: {use: two, with: {regions: [westeurope, eastus]}}\n")
    assert scenario.design("more").home == "eastus"
    assert list(scenario.design("more").sites) == ["westeurope", "eastus"]


def test_a_case_may_change_with_for_presets_are_expanded_after_merging() -> None:
    scenario = loaded("cases: {one: {designs: {two: {with: {regions: [eastus]}}}}}\n")
    assert list(scenario.design("two", "one").sites) == ["eastus"]


def test_a_site_may_be_added_to_a_preset_by_giving_its_region() -> None:
    scenario = loaded("  more: {use: two, sites: {second: {region: eastus}}}\n")
    assert list(scenario.design("more").sites) == ["eastus", "westeurope", "second"]
    assert ("second", "westeurope") in scenario.design("more").replicate["copies"].pairs


def test_all_of_the_cases_lies_under_each_case() -> None:
    scenario = loaded("cases: {all: {run: {seed: 5}}, a: {}, b: {run: {seed: 6}}}\n")
    assert {name: case.run.seed for name, case in scenario.cases.items()} == {"a": 5, "b": 6}


def test_an_override_of_all_changes_every_entry_presets_and_own_keys_included() -> None:
    scenario = loaded("  own: {use: two, health: {every: 3 s}}\n", designs__all__health__every="7 s")
    assert {name: design.health.every for name, design in scenario.case().designs.items()} == {"two": 7.0, "own": 7.0}


def test_an_override_reaches_into_an_atom() -> None:
    scenario = loaded("", designs__two__replicate__copies__lag__p50="30 s")
    law = scenario.design("two").replicate["copies"].lag
    assert law.ppf(0.5) == pytest.approx(30.0)
    assert law.ppf(0.99) == pytest.approx(900.0)  # the preset's p99


def test_an_override_reaches_into_a_default_that_is_an_atom() -> None:
    scenario = loaded("", designs__two__sites__eastus__front_end__service__read__p95="5 ms")
    read = scenario.design("two").sites["eastus"].front_end.service.read
    assert read.ppf(0.5) == pytest.approx(0.81e-3)
    assert read.ppf(0.95) == pytest.approx(5e-3)


def test_an_override_may_name_a_link_in_quotes_or_all_links() -> None:
    scenario = load(BASE, overrides={'environment.links."eastus <-> westeurope".rtt': "9 ms"})
    assert scenario.case().environment.link("westeurope", "eastus").rtt == Constant(0.009)
    scenario = load(BASE, overrides={"environment.links.all.bandwidth": "1 Gbit/s"})
    assert scenario.case().environment.link("westeurope", "eastus").bandwidth == 125e6


def test_an_override_of_a_design_there_is_not_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"no design 'tow'(.|\n)*did you mean two"):
        load(BASE, overrides={"designs.tow.route.ttl": "5 s"})


def test_an_override_says_that_it_was_one() -> None:
    with pytest.raises(ScenarioError, match=r"--set run\.horizon: run\.horizon: unknown unit 'm'"):
        load(BASE, overrides={"run.horizon": "5 m"})


@pytest.mark.parametrize("path", ["", ".", "a..b", 'a."b', "a b", "run.horizon."])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="is not a path"):
        load(BASE, overrides={path: 1})


def test_keys_beginning_with_x_are_a_place_for_anchors() -> None:
    scenario = load("x-lag: &lag {p50: 3 s, p95: 9 s}\n" + BASE + "  b: {use: two, replicate: {copies: {lag: *lag}}}\n")
    assert scenario.design("b").replicate["copies"].lag.ppf(0.5) == pytest.approx(3.0)


def test_faults_of_a_preset_take_an_own_rate_and_keep_the_rest() -> None:
    scenario = loaded("faults: {use: cloud/typical, region-outage: {every: 5 y}}\n")
    fault = scenario.case().faults["region-outage"]
    assert fault.every is not None
    assert fault.every.mean == 5 * 365.25 * 86_400
    assert (fault.what, fault.kind) == ("region", "outage")


def test_a_preset_file_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        """
georep-preset: 1
name: own/pair@1
of: design
meaning: two sites
source: test
parameters: {regions: {type: regions, default: all}, every: {type: duration, default: 5 s}}
design:
  sites: {$regions: {role: rw}}
  health: {probe: shallow, every: $every}
"""
    )
    (tmp_path / "main.yaml").write_text(BASE + "  own: {use: ./own.yaml, with: {every: 4 s}}\n")
    design = load(tmp_path / "main.yaml").design("own")
    assert list(design.sites) == ["eastus", "westeurope"]
    assert design.health.every == 4.0
    assert design.use == "own/pair@1"


def test_a_preset_may_use_another_preset(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "georep-preset: 1\nname: own/fast@1\nof: design\n"
        "parameters: {where: {type: regions, default: all}}\n"
        "design: {use: azure/acr-geo-replicated, with: {regions: $where}, health: {every: 1 s}}\n"
    )
    (tmp_path / "main.yaml").write_text(BASE + "  own: {use: ./own.yaml, with: {where: [eastus]}}\n")
    design = load(tmp_path / "main.yaml").design("own")
    assert (list(design.sites), design.health.every, design.health.fails) == (["eastus"], 1.0, 4)


def test_without_a_version_the_newest_preset_counts() -> None:
    assert loaded("").design("two").use == "azure/acr-geo-replicated@2026-08"


def test_the_standby_of_a_geo_redundant_registry_stands_in_the_paired_region() -> None:
    scenario = loaded("  one: azure/acr-geo-redundant\n")
    design = scenario.design("one")
    assert {name: (site.region, site.role) for name, site in design.sites.items()} == {
        "eastus": ("eastus", "rw"),
        "passive": ("westus", "standby"),
    }
    assert design.replicate["storage-copy"].pairs == (("eastus", "passive"),)
    region = scenario.case().environment.regions["westus"]
    assert region.added
    assert list(scenario.design("two").sites) == ["eastus", "westeurope"]  # `all` never means the added pairs
