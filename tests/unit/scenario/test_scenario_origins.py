"""Where values come from, the resolved form, and changed copies."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from georep_sim.errors import InputError, ScenarioError
from georep_sim.scenario import Scenario, load
from georep_sim.scenario.describe import explain, resolved_yaml, template

EXAMPLES = Path(__file__).parent / "examples"
PLAYABLE = ["a_quickstart", "b_storage_or_region", "c_five_regions"]


@pytest.fixture(scope="module")
def five() -> Scenario:
    return load(EXAMPLES / "c_five_regions.yaml", overrides={"run.seed": 7})


@pytest.mark.parametrize("name", PLAYABLE)
def test_the_examples_of_the_language_load_as_they_stand(name: str) -> None:
    assert load(EXAMPLES / f"{name}.yaml").cases


@pytest.mark.parametrize(
    ("name", "unbuilt"),
    [
        ("d_harbor", {"what: service", "unit: image", "retry", "method: dns_priority", "order", "depends", "reconcile"}),
        ("e_durability", {"studies"}),
        ("g_studies", {"until", "at_most", "studies"}),
    ],
)  # fmt: skip
def test_the_other_examples_are_refused_with_the_names_of_what_is_not_built(name: str, unbuilt: set[str]) -> None:
    with pytest.raises(ScenarioError) as error:
        load(EXAMPLES / f"{name}.yaml")
    said = {problem.what for problem in error.value.problems}
    assert {what.removesuffix(" is not supported yet") for what in said if "supported" in what} == unbuilt
    assert not {what for what in said if "supported" not in what}


def test_the_example_with_a_trace_lacks_nothing_but_its_own_files() -> None:
    with pytest.raises(ScenarioError) as error:
        load(EXAMPLES / "f_trace.yaml")
    log, history = error.value.problems
    assert (log.path, log.what) == ("workload.trace.file", "no file 'logs/2026-08-*.json.gz'")
    assert (history.path, "cannot be read" in history.what) == ("faults.incidents.history", True)


@pytest.mark.parametrize(
    ("path", "kind", "text", "is_assumed"),
    [
        ("run.replications", "file", "c_five_regions.yaml:4:54", False),
        ("run.timelines", "default", "default", False),
        ("run.seed", "set", "--set run.seed", False),
        ("designs.two-replicas.health.every", "file", "c_five_regions.yaml:50:21", False),
        ("designs.two-replicas.health.timeout", "preset", "azure/acr-geo-replicated@2026-08:", True),
        ("designs.two-replicas.repair.detect", "default", "default", True),
        ("environment.regions.eastus.zones", "atlas", "atlas regions", False),
        ('environment.links."eastus <-> eastus".rtt', "atlas", "atlas", True),
        ("faults.region-outage.every", "file", "c_five_regions.yaml:34:26", False),
        ("faults.region-outage.lasts", "preset", "cloud/typical@1:", False),
        ("workload.content.warm_share", "atlas", "atlas content docker-hub", True),
    ],
)
def test_each_value_knows_where_it_comes_from(
    five: Scenario, path: str, kind: str, text: str, is_assumed: bool
) -> None:
    origin = five.why(path)
    assert origin.kind == kind
    assert text in origin.text
    assert origin.assumed is is_assumed


def test_a_value_of_a_case_says_so() -> None:
    scenario = load(EXAMPLES / "b_storage_or_region.yaml")
    assert scenario.why("faults.the-fault.kind", "region-down").kind == "case"


def test_a_path_that_leads_nowhere_names_the_nearest_key(five: Scenario) -> None:
    with pytest.raises(InputError, match="did you mean health"):
        five.why("designs.two-replicas.helth.every")


def test_assumptions_list_every_assumed_value_once(five: Scenario) -> None:
    assumptions = five.assumptions()
    paths = [origin.path for origin in assumptions]
    assert len(paths) == len(set(paths))
    assert "designs.two-replicas.health.timeout" in paths
    assert "designs.two-replicas.health.every" not in paths  # stated by the file without ~
    assert all(origin.value for origin in assumptions)


@pytest.mark.parametrize("name", PLAYABLE)
def test_the_resolved_form_loads_again_to_an_equal_case(name: str) -> None:
    scenario = load(EXAMPLES / f"{name}.yaml")
    for case in scenario.cases:
        again = load(resolved_yaml(scenario, case)).case()
        for section in ("run", "environment", "workload", "faults", "designs", "measures"):
            assert getattr(again, section) == getattr(scenario.case(case), section), section
        assert "azure/" not in resolved_yaml(scenario, case)


def test_the_digest_is_that_of_the_resolved_form(five: Scenario) -> None:
    assert load(five.resolved()).digest == five.digest
    assert five.set({"run.seed": 8}).digest != five.digest


def test_a_changed_copy_leaves_the_original_alone(five: Scenario) -> None:
    fast = five.set({"designs.two-replicas.health.every": "5 s"})
    assert fast.design("two-replicas").health.every == 5.0
    assert five.design("two-replicas").health.every == 10.0
    assert fast.case().run.seed == 7  # earlier overrides hold
    with pytest.raises(AttributeError):
        five.title = "other"  # type: ignore[misc]


def test_selecting_designs_leaves_the_universe_as_it_is(five: Scenario) -> None:
    one = five.select(designs=["two-replicas"])
    assert list(one.case().designs) == ["two-replicas"]
    assert one.case().environment == five.case().environment
    with pytest.raises(InputError, match="no design"):
        five.select(designs=["four-replicas"])
    with pytest.raises(InputError, match="no case"):
        five.select(cases=["worst"])


def test_a_scenario_survives_pickling(five: Scenario) -> None:
    assert pickle.loads(pickle.dumps(five)).digest == five.digest


def test_explain_shows_values_origins_and_what_a_preset_omits(five: Scenario) -> None:
    text = explain(five)
    assert "the real product has besides:" in text
    line = next(line for line in text.splitlines() if "designs.two-replicas.health.timeout" in line)
    assert line.startswith("~ ")
    assert "preset azure/acr-geo-replicated@2026-08:" in line
    assert "regions added by a pair rule: westus" in text


def test_the_template_is_a_scenario() -> None:
    assert list(load(template()).case().designs) == ["geo-redundant", "geo-replicated"]


def test_reading_a_scenario_imports_nothing_heavy() -> None:
    code = (
        f"import sys; from georep_sim.scenario import load; load({str(EXAMPLES / 'a_quickstart.yaml')!r});"
        "print(sorted({'pandas', 'scipy', 'matplotlib', 'simpy', 'networkx', 'numba'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
