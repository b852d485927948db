"""The examples of the language: what is built runs as it stands, what is not is refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from georep_sim import api
from support.small_runs import EXAMPLES, SHIPPED, fewer_drills, georep, rates, wrong_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

FIVE = {"eastus": "20/h", "westeurope": "10/h", "australiaeast": "10/h", "southeastasia": "5/h", "brazilsouth": "5/h"}
FEW = {"run.timelines": "10", "run.replications": "2"}
SHORT: Mapping[str, Mapping[str, str]] = {
    "a_quickstart": FEW
    | rates({"eastus": "60/h", "westeurope": "30/h", "australiaeast": "30/h"}, {"eastus": "6/h", "westeurope": "2/h"})
    | {"run.horizon": "14 d"},
    "b_storage_or_region": FEW
    | rates({"eastus": "60/h", "westeurope": "30/h", "australiaeast": "30/h"}, {"eastus": "6/h"}),
    "c_five_regions": FEW
    | rates(FIVE, {"eastus": "6/h", "westeurope": "2/h", "nightly-build": "6/h"})
    | {"run.horizon": "14 d"},
}
UNBUILT = {
    "d_harbor": {"what: service", "unit: image", "retry", "method: dns_priority", "order", "depends", "reconcile"},
    "e_durability": {"studies"},
    "g_studies": {"until", "at_most", "studies"},
}


@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_built_example_runs_as_it_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer_drills(monkeypatch, 4)
    results = api.run(api.load(EXAMPLES / f"{name}.yaml", overrides=SHORT[name]), jobs=1)
    assert results.complete
    assert set(results.metrics["design"]) == set(next(iter(results.scenario.cases.values())).designs)
    assert wrong_rows(results.metrics, results.comparisons) == []


@pytest.mark.parametrize(
    ("example", "shipped"),
    [("a_quickstart", "quickstart"), ("b_storage_or_region", "storage-failure-or-region-outage")],
)
def test_the_shipped_scenario_is_the_example_with_a_header(example: str, shipped: str) -> None:
    mine, theirs = api.load(EXAMPLES / f"{example}.yaml"), api.load(SHIPPED / f"{shipped}.yaml")
    assert list(mine.cases) == list(theirs.cases)
    assert mine.cases == theirs.cases


@pytest.mark.parametrize("name", sorted(UNBUILT))
@pytest.mark.parametrize("command", ["check", "run"])
def test_an_unbuilt_example_is_refused_with_the_names_of_all_that_is_missing(name: str, command: str) -> None:
    result = georep(command, EXAMPLES / f"{name}.yaml")
    assert result.exit_code == 2
    # Each with its place in the file and its path.
    told = rf"{name}\.yaml:\d+:\d+: \S+: (.+) is not supported yet$"
    assert set(re.findall(told, result.stderr, flags=re.MULTILINE)) == UNBUILT[name]
    assert "Traceback" not in result.output
