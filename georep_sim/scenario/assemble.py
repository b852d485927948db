"""From a resolved tree to a `Case`: defaults, derived fields, validation, and errors told at their place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from georep_sim.scenario.defaults import with_defaults
from georep_sim.scenario.model import Case
from georep_sim.scenario.report import entry_of
from georep_sim.scenario.tree import Leaf, Map, Node, as_path, find, plain
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from georep_sim.scenario.presets import Preset
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.resolve import Resolved


def assemble(resolved: Resolved, name: str, report: Report) -> tuple[Case | None, Map]:
    """Return the case of a resolved tree, and the tree with its defaults.

    Parameters
    ----------
    resolved : Resolved
        From `resolve`.
    name : str
        The case's name.
    report : Report
        Receives what is wrong. Then the case is what remains of it, for further checks, or None.
    """
    tree = with_defaults(resolved.tree, Case)
    data = plain(tree)
    assert isinstance(data, dict)  # a Map is a dict
    _derive(data, tree, resolved)
    data["name"] = name
    tree = _without_stand_ins(tree)
    context = {"document": True, "start": resolved.start}
    try:
        return Case.model_validate(data, context=context), tree
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        path = [_step(tree, detail["loc"], i) for i in range(len(detail["loc"]))]
        _tell(detail, path, tree, report)
        _prune(data, path)
    try:
        return Case.model_validate(data, context=context), tree
    except ValidationError:
        return None, tree


def _prune(data: dict[str, Any], path: Sequence[str]) -> None:
    """Remove the named entry, or the key of a block, in which an error lies, so that the rest can be checked."""
    *parents, last = entry_of(path)
    block: Any = data
    for step in parents:
        block = block.get(step) if isinstance(block, dict) else None
    if isinstance(block, dict):
        block.pop(last, None)


# --- derived fields --------------------------------------------------------------------------------------------------


def _derive(data: dict[str, Any], tree: Map, resolved: Resolved) -> None:
    """Put in what no file writes: names of entries, where facts come from, what selectors mean."""
    environment, workload = data["environment"], data.get("workload") or {}
    environment["first"] = resolved.first
    for name, region in environment["regions"].items():
        region["added"] = name in resolved.added
        region.update(_provenance(find(tree, ("environment", "regions", name, "timezone"))))
    for key, link in environment["links"].items():
        link.update(_provenance(find(tree, ("environment", "links", key, "rtt"))))
    if isinstance(workload.get("content"), dict):
        workload["content"]["use"] = resolved.content
    _derive_trace(workload.get("trace"), tree)
    named = (environment["regions"], workload.get("clients"), workload.get("bursts"), data["faults"], data["designs"])
    for section in named:
        for name, entry in (section or {}).items():
            entry["name"] = name
    for fault in data["faults"].values():
        if fault.get("what") == "operator":
            fault["where"] = ["registry"]
    for name, design in data["designs"].items():
        _derive_design(design, resolved.presets.get(name))


def _without_stand_ins(tree: Map) -> Map:
    """Return the tree without what only stands in until the log of a trace is read: rates, profiles, content."""
    workload = tree.get("workload")
    if not isinstance(workload, Map) or workload.get("trace") is None:
        return tree
    clients, content = workload.get("clients"), workload.get("content")
    if isinstance(clients, Map):
        known = {name: _stated(client, "pulls", "pushes", "profile") for name, client in clients.entries.items()}
        workload = workload.put(clients=clients.with_entries(known))
    if isinstance(content, Map) and content.get("from") is not None:
        workload = workload.put(content=content.without(*(key for key in content.entries if key != "from")))
    return tree.put(workload=workload)


def _stated(client: Node, *keys: str) -> Node:
    if not isinstance(client, Map):
        return client
    return client.without(*(key for key in keys if key in client.entries and client.at(key).kind == "default"))


def _derive_trace(trace: object, tree: Map) -> None:
    file = find(tree, ("workload", "trace", "file"))
    if isinstance(trace, dict) and isinstance(file, Leaf):
        trace["name"] = Path(str(file.value)).name
        trace["folder"] = str(Path(file.mark.file).parent) if file.mark.file else "."


def _provenance(node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    method = node.mark.method if node.mark.kind == "atlas" else "file"
    return {"method": method, "source": node.mark.source or node.mark.text}


def _derive_design(design: dict[str, Any], preset: Preset | None) -> None:
    if preset is not None:
        design.update(use=preset.name, meaning=preset.meaning, source=preset.source, omits=preset.omits)
    sites = design.get("sites") or {}
    for name, site in sites.items():
        site["id"] = name
    for name, edge in (design.get("replicate") or {}).items():
        edge["name"] = name
        edge["pairs"] = list(_pairs(edge, list(sites), str(design.get("home"))))


def _pairs(edge: Mapping[str, Any], sites: Sequence[str], home: str) -> Iterator[tuple[str, str]]:
    """Yield the ordered pairs of sites that the selectors of an edge mean."""

    def selected(selector: object) -> list[str]:
        """Sites that a selector means: names, home, or all of them."""
        names = selector if isinstance(selector, list) else [selector]
        named = [sites if name in ("any", "others") else [home] if name == "home" else [str(name)] for name in names]
        return [site for group in named for site in group]

    receivers = selected(edge.get("to"))
    found = {(source, receiver) for source in selected(edge.get("from")) for receiver in receivers}
    yield from sorted((pair for pair in found if pair[0] != pair[1]), key=lambda pair: _order(pair, sites))


def _order(pair: tuple[str, str], sites: Sequence[str]) -> tuple[int, ...]:
    """Return the place of a pair in the order of the sites, those that are none last."""
    return tuple(sites.index(name) if name in sites else len(sites) for name in pair)


# --- errors ----------------------------------------------------------------------------------------------------------


def _tell(detail: ErrorDetails, path: Sequence[str], tree: Map, report: Report) -> None:
    """Report one error of validation at the nearest place that a document wrote."""
    node: Node | None = None
    depth = len(path)
    while node is None and depth:
        node = find(tree, path[:depth])
        depth -= node is None
    error = (detail.get("ctx") or {}).get("error")
    at = node if node is not None else tree
    if detail["type"] == "missing":
        report.add(f"{path[-1]!r} is missing", at=at.mark, path=path, expected="a value", remedy=_missing_remedy(path))
    elif detail["type"] == "literal_error":
        expected = str((detail.get("ctx") or {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
        shown = at.value if isinstance(at, Leaf) else "a block or list"
        shown = str(shown).lower() if isinstance(shown, bool) else shown
        remedy = nearest(str(shown), expected.split(", "))
        remedy = remedy if remedy.startswith("did") else ""
        report.add(
            f"{path[-1]}: {shown!r} is not one of its values", at=at, path=path, expected=expected, remedy=remedy
        )
    elif error is not None:
        expected, remedy = str(getattr(error, "expected", "")), str(getattr(error, "remedy", ""))
        report.add(str(getattr(error, "what", error)), at=at, path=path, expected=expected, remedy=remedy)
    else:
        report.add(detail["msg"], at=at, path=path)


def _step(tree: Map, loc: tuple[int | str, ...], i: int) -> str:
    """Return one step of an error's path as the tree has it: links are validated by their ends."""
    step = str(loc[i])
    if loc[:2] != ("environment", "links") or i != 2:
        return step
    ends = step.strip("()").replace("'", "").split(", ")
    table = find(tree, ("environment", "links"))
    keys = table.entries if isinstance(table, Map) else {}
    a, b = ends if len(ends) == 2 else (step, step)
    return next((key for key in (f"{a} -> {b}", f"{a} <-> {b}", f"{b} <-> {a}") if key in keys), step)


def _missing_remedy(path: Sequence[str]) -> str:
    if path[0] == "faults" and path[-1] in {"what", "kind"}:
        return f"give {path[-1]}, or use a preset that has a row {path[1]!r}"
    return f"give {as_path(path)}"
