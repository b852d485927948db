"""The JSON Schema takes what is right and refuses what can be seen to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from georep_sim.scenario import load
from georep_sim.scenario.describe import json_schema, template
from georep_sim.scenario.read import read_file, read_text
from georep_sim.scenario.tree import plain

EXAMPLES = Path(__file__).parent / "examples"
CLIENTS = {"clients": {"eastus": {"pulls": "2/s"}}}
DESIGNS = {"one": "azure/acr-single-region"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def scenario(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"georep": 1, "workload": CLIENTS, "designs": DESIGNS, **changes}
    return {key: value for key, value in whole.items() if value is not None}


@pytest.mark.parametrize("name", ["a_quickstart", "b_storage_or_region", "c_five_regions"])
def test_examples_are_valid_as_written_and_resolved(validator: jsonschema.Draft202012Validator, name: str) -> None:
    file = EXAMPLES / f"{name}.yaml"
    assert validator.is_valid(plain(read_file(file)))
    loaded = load(file)
    assert all(validator.is_valid(loaded.resolved(case)) for case in loaded.cases)


def test_the_template_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    assert validator.is_valid(plain(read_text(template())))


@pytest.mark.parametrize(
    "wrong",
    [
        scenario(desgins={}),
        scenario(run={"horizn": "1 y"}),
        scenario(designs={"one": {"sites": {"eastus": {"protct": {}}}}}),
        scenario(run={"horizon": "1 GB"}),
        scenario(run={"horizon": "30 m"}),
        scenario(run={"horizon": 8}),
        scenario(environment={"links": {"all": {"bandwidth": "10 Gb/s"}}}),
        scenario(workload={"clients": {"eastus": {"pulls": "2"}}}),
        scenario(run={"seed": "many"}),
        scenario(run=["seed"]),
        scenario(designs={"one": {"health": {"probe": "shalow"}}}),
        scenario(designs={"one": {"health": {"fail_open": "yes"}}}),
        scenario(designs={"One": "azure/acr-single-region"}),
        scenario(designs={"home": "azure/acr-single-region"}),
        scenario(environment={"links": {"a-b": {"rtt": "9 ms"}}}),
        scenario(designs=None),
        scenario(georep=None),
        scenario(georep=2),
        scenario(workload=None),
        scenario(faults={"row": {"every": "1 y"}}),
        scenario(
            faults={"row": {"what": "region", "kind": "outage", "every": {"weibul": {"mean": "1 y", "shape": 3}}}}
        ),
        scenario(faults={"row": {"what": "region", "kind": "outage", "every": {"p50": "1 y"}}}),
        scenario(workload={"clients": {"eastus": {"profile": {"mon-fri": {"8-18": 4}, "else": 1}}}}),
        scenario(workload={"clients": {"eastus": {"profile": {"mon-fri": 4}}}}),
        scenario(measures={"slo": {"availability pull": "99 %"}}),
        scenario(studies={}),
        scenario(cases={"k": {"georep": 1}}),
    ],
)
def test_wrong_scenarios_are_refused(validator: jsonschema.Draft202012Validator, wrong: dict[str, Any]) -> None:
    assert validator.is_valid(scenario())
    assert not validator.is_valid(wrong)


@pytest.mark.parametrize(
    "right",
    [
        scenario(faults={"use": "cloud/typical", "region-outage": {"every": "5 y"}, "disk": None}),
        scenario(faults="cloud/typical", workload=None),
        scenario(cases={"k": {"faults": {"row": {"every": "5 y"}}}}),
        scenario(environment={"regions": ["eastus"]}),
        scenario(environment={"tls": 1.2}),
        scenario(designs={"one": {"sites": {"a": {"region": {"pair_of": "home"}, "protect": {"over": "auto"}}}}}),
        scenario(faults={"past": {"history": "azure/outages", "where": "eastus"}}),
        {**scenario(), "x-anything": [1, {"a": None}]},
    ],
)
def test_shorthands_are_taken(validator: jsonschema.Draft202012Validator, right: dict[str, Any]) -> None:
    assert [error.message for error in validator.iter_errors(right)] == []
