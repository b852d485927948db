"""Whatever stands in a document: it loads, or every problem is told; never a traceback."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.errors import GeoRepError
from georep_sim.scenario import load
from georep_sim.scenario.checks import check
from georep_sim.scenario.describe import explain
from georep_sim.scenario.read import read_file, read_text
from georep_sim.scenario.tree import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[1] / "unit" / "scenario" / "examples"
DOCUMENTS = [
    plain(read_file(EXAMPLES / f"{name}.yaml")) for name in ("a_quickstart", "b_storage_or_region", "c_five_regions")
]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**30),
    st.floats(allow_nan=True),
    st.text(max_size=6),
    st.sampled_from(
        ["", "all", "home", "none", "others", "eastus", "eastus/9", "a <-> b", "5 m", "10 s", "12/s", "50 %", "$x", "~",
         "2027-13-40", "azure/outages", "azure/acr-single-region", "./none.yaml", "always", "p50"]
    ),
)  # fmt: skip
KEYS = st.sampled_from(
    ["all", "use", "with", "p50", "p95", "where", "every", "region", "pair_of", "else", "x", "eastus"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in items:
        yield (*here, key)
        yield from paths(entry, (*here, key))


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    document: Any = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(list(paths(document))))
        block = document
        for key in parents:
            block = block[key]
        change = draw(st.sampled_from(["replace", "replace", "add", "remove"]))
        if change == "replace":
            block[last] = draw(VALUES)
        elif isinstance(block, dict):
            if change == "add":
                block[draw(KEYS)] = draw(VALUES)
            elif len(document) > 1 or block is not document:
                del block[last]
    assert isinstance(document, dict)
    return document


@settings(max_examples=150)
@given(mutated())
def test_a_mutated_document_loads_or_tells_its_problems(document: dict[str, Any]) -> None:
    try:
        scenario = load(document)
    except GeoRepError:
        return
    check(scenario)
    for name, case in scenario.cases.items():
        explain(scenario, name)
        again = load(scenario.resolved(name)).case()
        for section in ("run", "environment", "workload", "faults", "designs", "measures"):
            assert getattr(again, section) == getattr(case, section)


@settings(max_examples=100)
@given(st.text(alphabet="ab:-{}[]#&*!|>'\"%@`,?\n \t~.0<=e", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        root = read_text(text)
    except GeoRepError:
        return
    assert isinstance(plain(root), dict)


@settings(max_examples=20)
@given(st.permutations(["eastus", "westeurope", "australiaeast"]))
def test_the_order_of_entries_changes_no_entry(order: list[str]) -> None:
    document = copy.deepcopy(DOCUMENTS[0])
    assert isinstance(document, dict)
    clients = document["workload"]["clients"]
    document["environment"] = {"regions": ["eastus"]}
    document["workload"]["clients"] = {name: clients[name] for name in order}
    case, other = load(document).case(), load({**document, "workload": {"clients": clients}}).case()
    assert case.workload == other.workload
    assert case.designs["geo-redundant"] == other.designs["geo-redundant"]
    assert {name: set(fault.where) for name, fault in case.faults.items()} == {
        name: set(fault.where) for name, fault in other.faults.items()
    }
