"""Copies and codes, hardware, repair, and the sizes of content: what is read, filled in, and kept in the resolved form."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from georep_sim.errors import ScenarioError
from georep_sim.laws import Constant, Exponential
from georep_sim.scenario import load
from georep_sim.scenario.checks import check
from georep_sim.scenario.describe import resolved_yaml
from georep_sim.scenario.design.placement import Protect

if TYPE_CHECKING:
    from collections.abc import Collection

    from georep_sim.scenario import Scenario

SHIPPED = Path(__file__).parents[3] / "scenarios"
FAULTS = {"disk": {"what": "disk", "kind": "destroyed", "every": {"afr": "1.5 %"}}}


def bare(sites: dict[str, Any], *, content: dict[str, Any] | None = None, zones: int = 3, **blocks: Any) -> Scenario:
    """A scenario without clients, and perhaps without content."""
    workload = {} if content is None else {"workload": {"content": content}}
    environment = {"use": "none", "regions": {"here": {"zones": zones}}}
    designs = {"d": {"sites": {"here": sites}, **blocks}}
    return load({"georep": 1, "environment": environment, "faults": FAULTS, "designs": designs, **workload})


def protect(value: dict[str, Any], **blocks: Any) -> Protect:
    return bare({"protect": value}, **blocks).design("d").sites["here"].protect


@pytest.mark.parametrize(
    ("value", "fragments", "needs", "tolerates", "expansion", "lazy_at"),
    [
        ({"copies": 3}, 3, 1, 2, 3.0, 2),
        ({"copies": 1}, 1, 1, 0, 1.0, 1),
        ({"ec": "12+4"}, 16, 12, 4, 4 / 3, 3),
        ({"ec": "6 + 3"}, 9, 6, 3, 1.5, 2),
        ({"ec": "12+2+2"}, 16, 12, 3, 4 / 3, 2),
    ],
)
def test_copies_and_codes_have_fragments(
    value: dict[str, Any], fragments: int, needs: int, tolerates: int, expansion: float, lazy_at: int
) -> None:
    found = protect(value)
    assert (found.fragments, found.needs, found.tolerates, found.lazy_at) == (fragments, needs, tolerates, lazy_at)
    assert found.expansion == pytest.approx(expansion)


def rank(rows: np.ndarray[Any, Any], prime: int) -> int:
    """Rank of a matrix of whole numbers over the field of a prime."""
    left = [[int(x) % prime for x in row] for row in rows]
    found = 0
    for column in range(len(left[0])):
        pivot = next((r for r in range(found, len(left)) if left[r][column]), None)
        if pivot is None:
            continue
        left[found], left[pivot] = left[pivot], left[found]
        inverse = pow(left[found][column], -1, prime)
        for r in range(found + 1, len(left)):
            factor = left[r][column] * inverse % prime
            left[r] = [(a - factor * b) % prime for a, b in zip(left[r], left[found], strict=True)]
        found += 1
    return found


def test_what_a_local_code_can_read_is_what_linear_algebra_can_solve() -> None:
    # Coefficients at random from a field this large make a code maximally recoverable, but for bad luck of 1e-6.
    code, prime = Protect(ec="6+2+2"), 2_147_483_647
    rng = np.random.default_rng(20_260_817)
    local = np.zeros((2, 6), dtype=np.int64)
    local[0, :3], local[1, 3:] = rng.integers(1, prime, size=(2, 3))
    rows = np.concatenate([np.eye(6, dtype=np.int64), local, rng.integers(1, prime, size=(2, 6))])
    for count in range(6):
        for gone in combinations(range(10), count):
            kept = np.delete(rows, gone, axis=0)
            assert code.can_read(gone) == (rank(kept, prime) == 6), gone


def test_the_share_of_four_gone_that_a_local_code_survives_is_the_published_one() -> None:
    # 86 % for 6+2+2: Huang et al., USENIX ATC 2012, section 2.2.
    code = Protect(ec="6+2+2")
    patterns = list(combinations(range(10), 4))
    assert round(sum(code.can_read(gone) for gone in patterns) / len(patterns), 2) == 0.86


@pytest.mark.parametrize("gone", [(), (0,), (0, 1), (0, 0, 1), range(3)])
def test_copies_can_be_read_while_one_is_left(gone: Collection[int]) -> None:
    assert Protect(copies=3).can_read(gone) == (len(set(gone)) < 3)


def test_placement_is_random_where_there_is_hardware() -> None:
    assert protect({"copies": 3}).placement == "partitioned"
    body = {"protect": {"copies": 3}, "hardware": {"racks": 4}}
    site = bare(body).design("d").sites["here"]
    assert site.protect.placement == "random"
    assert site.hardware is not None
    assert (site.hardware.racks, site.hardware.disks, site.hardware.disk_size) == (4, 24, 16e12)
    told = bare({**body, "protect": {"copies": 3, "placement": "partitioned"}}).design("d").sites["here"]
    assert told.protect.placement == "partitioned"


def test_disks_and_what_they_hold() -> None:
    zones = bare({"protect": {"copies": 3}, "hardware": {"racks": 10, "disks": 24}}).design("d").sites["here"]
    racks = bare({"protect": {"ec": "12+4", "over": "racks"}, "hardware": {"racks": 10}}).design("d").sites["here"]
    plain = bare({"protect": {"ec": "12+4", "over": "racks"}}).design("d").sites["here"]
    assert [site.disks(zones=3) for site in (zones, racks, plain)] == [720, 240, 16]
    assert zones.disk_bytes(720e9, zones=3) == pytest.approx(3e9)
    assert plain.disk_bytes(12e9, zones=3) == pytest.approx(1e9)


def test_what_repair_needs_has_defaults_and_unlimited_is_a_number() -> None:
    repair = bare({}).design("d").repair
    assert (repair.shared, repair.crews, repair.start) == (math.inf, math.inf, "eager")
    assert (repair.scrub, repair.time, repair.bandwidth) == (Constant(14 * 86_400.0), None, 1e8)
    told = bare({}, repair={"crews": 4, "scrub": {"exponential": "30 d"}, "time": "12 h"}).design("d").repair
    assert (told.crews, told.scrub, told.time) == (4.0, Exponential(30 * 86_400.0), Constant(43_200.0))


def test_the_resolved_form_gives_no_default_beside_what_replaces_it() -> None:
    scenario = bare({"protect": {"ec": "12+4", "over": "racks"}}, repair={"time": "12 h"})
    again = load(resolved_yaml(scenario))
    assert again.case().designs == scenario.case().designs
    assert again.digest == scenario.digest
    assert "copies" not in resolved_yaml(scenario)
    assert "bandwidth: 100" not in resolved_yaml(scenario)


def test_a_layer_above_may_put_a_code_in_place_of_copies() -> None:
    # `protect` is replaced whole; of `repair` the other key must be taken away.
    scenario = load(
        {
            "georep": 1, "environment": {"regions": ["eastus"]}, "faults": FAULTS,
            "designs": {
                "lrs": "azure/storage-lrs",
                "coded": {"use": "lrs", "sites": {"eastus": {"protect": {"ec": "6+3"}}}},
                "timed": {"use": "quick", "repair": {"time": "1 h", "bandwidth": None}},
                "quick": {"use": "lrs", "repair": {"bandwidth": "200 MB/s"}},
            },
        }
    )  # fmt: skip
    assert scenario.design("coded").sites["eastus"].protect.ec == (6, 3)
    assert scenario.design("coded").sites["eastus"].protect.over == "zones"
    assert scenario.design("timed").repair.time == Constant(3600.0)
    assert scenario.set({"designs.lrs.sites.eastus.hardware.racks": 40}).design("lrs").sites["eastus"].hardware


@pytest.mark.parametrize("name", ["durability", "redundancy-options"])
def test_a_shipped_scenario_of_durability_resolves_to_itself(name: str) -> None:
    scenario = load(SHIPPED / f"{name}.yaml")
    for case in scenario.cases:
        again = load(resolved_yaml(scenario, case))
        for section in ("run", "environment", "workload", "faults", "designs", "measures"):
            assert getattr(again.case(), section) == getattr(scenario.case(case), section), section
    assert check(scenario) == []


def test_the_example_of_the_language_is_shipped_but_for_its_studies() -> None:
    text = (Path(__file__).parent / "examples" / "e_durability.yaml").read_text(encoding="utf-8")
    example, shipped = load(text.partition("\nstudies:")[0]), load(SHIPPED / "durability.yaml")
    assert example.cases == shipped.cases


# --- content ---------------------------------------------------------------------------------------------------------

#: Mean size of a layer of the default content, bytes, and its layers per image.
MEAN, LAYERS = 40_450_098.5, 8


@pytest.mark.parametrize(
    ("given", "images", "objects", "stored", "sharing"),
    [
        ({}, 4000, 4000 * 8 / 1.48, 8.746e11, 1.48),
        ({"objects": 1_000_000}, 185_000, 1e6, 1e6 * MEAN, 1.48),
        ({"objects": 1_000, "sharing": 2}, 250, 1e3, 1e3 * MEAN, 2.0),
        ({"objects": 1_000, "images": 1_000}, 1_000, 1e3, 1e3 * MEAN, 8.0),
        ({"images": 1_000, "sharing": 4}, 1_000, 2e3, 2e3 * MEAN, 4.0),
        ({"objects": 10_000_000, "stored": "500 TB"}, 1_850_000, 1e7, 5e14, 1.48),
        ({"objects": 10_000, "stored": "1 TB", "images": 2_000}, 2_000, 1e4, 1e12, 1.6),
    ],
)
def test_two_sizes_of_content_fix_the_others(
    given: dict[str, Any], images: int, objects: float, stored: float, sharing: float
) -> None:
    workload = bare({}, content=given or {"use": "docker-hub"}).case().workload
    assert workload is not None
    content = workload.content
    assert content.images == images
    assert content.objects == pytest.approx(objects, rel=1e-3)
    assert content.stored == pytest.approx(stored, rel=1e-3)
    assert content.sharing == pytest.approx(sharing, rel=1e-3)
    assert content.objects * content.layer_size.mean == pytest.approx(content.stored, rel=1e-3)
    assert content.images * LAYERS / content.sharing == pytest.approx(content.objects, rel=1e-3)


def test_objects_and_bytes_make_layers_larger_of_the_same_law() -> None:
    plain = bare({}, content={"objects": 1000}).case().workload
    scaled = bare({}, content={"objects": 1000, "stored": "404.5 GB"}).case().workload
    assert plain is not None
    assert scaled is not None
    for level in (0.5, 0.9, 0.99):
        ratio = scaled.content.layer_size.ppf(level) / plain.content.layer_size.ppf(level)
        assert ratio == pytest.approx(10.0, rel=1e-4)


def test_layers_of_ones_own_are_not_scaled() -> None:
    with pytest.raises(ScenarioError, match="objects and layers make 10 GB, not what is stored"):
        bare({}, content={"objects": 10_000, "stored": "1 TB", "layer_size": "1 MB"})


# --- what is odd -----------------------------------------------------------------------------------------------------


def test_scrubbing_without_latent_errors_and_lazy_repair_of_two_copies_are_odd() -> None:
    found = {
        oddity.check for oddity in check(bare({"protect": {"copies": 2}}, repair={"scrub": "7 d", "start": "lazy"}))
    }
    assert found == {"scrub_finds_something", "lazy_waits"}
    assert check(bare({"protect": {"copies": 3}}, repair={"scrub": "14 d", "start": "lazy"})) == []
