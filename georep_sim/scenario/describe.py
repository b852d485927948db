"""Scenarios described: every value with its origin, the resolved file, the JSON Schema, a file to begin with."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.schema import json_schema
from georep_sim.scenario.tree import Leaf, Map, Seq, as_path, is_assumed, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario.scenario import Scenario
    from georep_sim.scenario.tree import Node, Path

#: Atoms shown on one line, because their parts mean nothing alone.
_WIDEST: Final = 72


def as_html(scenario: Scenario) -> str:
    """Return what a scenario asks, and of what, for a notebook: a heading and a table of its cases' designs."""
    rows = [
        (
            name,
            design,
            asked.use or "written out",
            ", ".join(dict.fromkeys(site.region for site in asked.sites.values())),
        )
        for name, case in scenario.cases.items()
        for design, asked in case.designs.items()
    ]
    heads = ("case", "design", "uses", "regions")
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    assumed = len(scenario.assumptions())
    return (
        f"<strong>{escape(scenario.title or scenario.file or 'scenario')}</strong><p>{escape(scenario.question)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{assumed} inputs are assumed or estimated.</p>"
    )


def explain(scenario: Scenario, case: str | None = None) -> str:
    """Return every value of a case with where it comes from.

    Parameters
    ----------
    scenario : Scenario
        Loaded.
    case : str, optional
        The first case by default.

    Returns
    -------
    str
        One line per value: path, value, origin. Assumed and estimated ones are marked ``~`` in front.
    """
    resolved = scenario.case(case)
    lines = [f"# case {resolved.name}"]
    for name, design in resolved.designs.items():
        if design.use:
            lines.append(f"# design {name}: {design.use}: {design.meaning or 'no meaning given'} [{design.source}]")
            lines += [f"#   the real product has besides: {omitted}" for omitted in design.omits]
    added = [region.name for region in resolved.environment.regions.values() if region.added]
    if added:
        lines.append(f"# regions added by a pair rule: {', '.join(added)}")
    rows = [_row(path, node) for path, node in _values(scenario.tree(case))]
    paths, values = (min(_WIDEST, max((len(row[i]) for row in rows), default=0)) for i in (1, 2))
    lines += [f"{mark} {path:<{paths}}  {value:<{values}}  {origin}".rstrip() for mark, path, value, origin in rows]
    guessed = sum(row[0] == "~" for row in rows)
    lines.append(f"# {len(rows)} values, {guessed} of them assumed or estimated (~)")
    return "\n".join(lines) + "\n"


def _values(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield scalars, lists and those maps whose parts come from one place, such as distributions."""
    if isinstance(node, Map) and not _is_flat(node):
        for key, entry in node.entries.items():
            yield from _values(entry, (*path, key))
    else:
        yield path, node


def _is_flat(node: Map) -> bool:
    marks = {(leaf.mark.kind, leaf.mark.file) for _, leaf in leaves(node)}
    return bool(node.entries) and len(marks) == 1 and all(key[0] in "p0123456789" for key in node.entries)


def _row(path: Path, node: Node) -> tuple[str, str, str, str]:
    mark = node.mark
    origin = f"{mark.kind} {mark.text}" if mark.kind not in {"default", "atlas", "set"} else mark.text
    source = f" [{mark.source}]" if mark.source and mark.source != mark.text else ""
    return "~" if is_assumed(node) else " ", as_path(path), _shown(node), origin + source


def _shown(node: Node) -> str:
    if isinstance(node, Leaf):
        return (
            "null"
            if node.value is None
            else str(node.value).lower()
            if isinstance(node.value, bool)
            else str(node.value)
        )
    if isinstance(node, Seq):
        return "[" + ", ".join(_shown(item) for item in node.items) + "]"
    return "{" + ", ".join(f"{key}: {_shown(entry)}" for key, entry in node.entries.items()) + "}"


def resolved_yaml(scenario: Scenario, case: str | None = None) -> str:
    """Return a case as a file without ``use``, which loads anywhere and gives the same results.

    Parameters
    ----------
    scenario : Scenario
        Loaded.
    case : str, optional
        The first case by default.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415  # costs start-up time

    yaml = YAML(typ="safe", pure=True)
    yaml.width = 120
    yaml.allow_unicode = True
    # Not declared by the library: innermost collections on one line, keys in the order of the file.
    for option, value in (("default_flow_style", None), ("sort_base_mapping_type_on_output", False)):
        setattr(yaml, option, value)
    stream = io.StringIO()
    yaml.dump(scenario.resolved(case), stream)
    return stream.getvalue()


def template() -> str:
    """Return a scenario to begin with: small, complete, with a comment on each line.

    Examples
    --------
    >>> from georep_sim.scenario import load
    >>> list(load(template()).case().designs)
    ['geo-redundant', 'geo-replicated']
    """
    return _TEMPLATE


_TEMPLATE: Final = """\
georep: 1                                   # version of the language
question: What do I want to know?

run: {horizon: 1 y, replications: 20}       # simulated time, and how often it is played

workload:
  clients:                                  # groups of clients; the key is their region unless region: says so
    eastus:     {pulls: 12/s, pushes: 5/min}
    westeurope: {pulls: 8/s, pushes: 1/min, profile: office-hours}

faults: cloud/typical                       # a preset of faults, every rate of it assumed

designs:                                    # what is compared; `georep explain` shows every value
  geo-redundant:  azure/acr-geo-redundant
  geo-replicated: azure/acr-geo-replicated
"""


__all__ = ["explain", "json_schema", "resolved_yaml", "template"]
