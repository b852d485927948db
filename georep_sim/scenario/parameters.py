"""Parameters of presets: given values checked, defaults chosen, ``$name`` replaced in the body."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from georep_sim import units
from georep_sim.scenario.tree import Leaf, Map, Node, Seq, plain, text_of
from georep_sim.scenario.values import NAME_PATTERN, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from georep_sim.scenario.presets import Preset
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path as TreePath

_KINDS: Final = {"duration": "time", "rate": "rate", "share": "share", "bytes": "bytes", "integer": "count"}
#: Types a parameter may have.
TYPES: Final = ("region", "regions", "text", *_KINDS)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Fills presets in.

    Parameters
    ----------
    report : Report
        Receives what is wrong.
    first : str
        What ``first`` means, "" if there is no region.
    regions : tuple of str
        What ``all`` means.
    """

    report: Report
    first: str
    regions: tuple[str, ...]

    def filled(self, preset: Preset, given: Map | None, *, path: TreePath) -> Node:
        """Return the body of a preset with its parameters put in.

        Parameters
        ----------
        preset : Preset
            From `find`.
        given : Map or None
            The merged ``with:``.
        path : tuple of str
            Path of the block that uses it, for messages.
        """
        entries = given.entries if given is not None else {}
        for name, node in entries.items():
            if name not in preset.parameters:
                what = f"{preset.name} has no parameter {name!r}"
                known = ", ".join(preset.parameters) or "it takes none"
                remedy = nearest(name, preset.parameters) if preset.parameters else ""
                self.report.add(what, at=node, path=(*path, "with", name), expected=known, remedy=remedy)
        values = {
            name: self._value(name, entry, entries.get(name), path=(*path, "with", name))
            for name, entry in preset.parameters.items()
        }
        return self._put(preset.body, values)

    def _value(self, name: str, declared: Map, given: Node | None, *, path: TreePath) -> Node:
        kind = text_of(declared.get("type"))
        if given is None or (isinstance(given, Leaf) and given.value is None):
            default = declared.get("default")
            if default is None:
                self.report.add(
                    f"parameter {name!r} has no default", at=declared, path=path, expected=f"with: {{{name}: …}}"
                )
                return Leaf(None, declared.mark)
            return self._default(kind, default, path=path)
        return given if self._fits(kind, given, path=path) else Leaf(None, given.mark)

    def _default(self, kind: str, default: Node, *, path: TreePath) -> Node:
        word = default.value if isinstance(default, Leaf) else None
        if kind == "region" and word == "first":
            if not self.first and not self.lacks_regions:
                self.report.add(
                    "there is no first region", at=default, path=path, expected="a region in environment.regions"
                )
            return Leaf(self.first or None, default.mark)
        if kind == "regions" and word == "all":
            if not self.regions and not self.lacks_regions:
                self.report.add(
                    "there are no regions", at=default, path=path, expected="regions in environment.regions"
                )
            return Seq(tuple(Leaf(region, default.mark) for region in self.regions), default.mark)
        return default

    @property
    def lacks_regions(self) -> bool:
        """Whether there are no regions because what names them is wrong, and told so."""
        return not self.first and self._is_told()

    def _is_told(self) -> bool:
        return self.report.is_told(("workload", "clients")) or self.report.is_told(("environment", "regions"))

    def _fits(self, kind: str, node: Node, *, path: TreePath) -> bool:
        checks: dict[str, tuple[Callable[[Node], bool], str]] = {
            "region": (_is_name, "the name of a region"),
            "text": (lambda n: isinstance(n, Leaf) and isinstance(n.value, str), "a text"),
            "regions": (
                lambda n: isinstance(n, Seq) and bool(n.items) and all(map(_is_name, n.items)),
                "a list of regions: [eastus, westeurope]",
            ),
        }
        if kind in checks:
            test, expected = checks[kind]
            if not test(node):
                self.report.add(f"not {expected.partition(':')[0]}", at=node, path=path, expected=expected)
                return False
            if isinstance(node, Seq) and len(set(map(text_of, node.items))) < len(node.items):
                self.report.add("a region stands twice", at=node, path=path, expected="each region once")
                return False
            return True
        try:
            units.parse(plain(node) if isinstance(node, Leaf) else "", _KINDS[kind])  # type: ignore[arg-type]  # checked there
        except units.UnitError as error:
            self.report.add(error.what, at=node, path=path, expected=error.expected, remedy=error.remedy)
            return False
        return True

    def _put(self, node: Node, values: Mapping[str, Node]) -> Node:
        """Return a tree with ``$name`` replaced, as value and as key."""
        if isinstance(node, Leaf):
            return self._named(node, values)
        if isinstance(node, Seq):
            return Seq(tuple(self._put(item, values) for item in node.items), node.mark)
        entries: dict[str, Node] = {}
        for key, entry in node.entries.items():
            filled = self._put(entry, values)
            if not key.startswith("$"):
                entries[key] = filled
                continue
            value = self._named(Leaf(key, node.at(key)), values)
            for item in value.items if isinstance(value, Seq) else (value,):
                name = text_of(item)
                if name and isinstance(filled, Map):
                    entries[name] = filled if filled.get("region") else filled.put(region=Leaf(name, item.mark))
        return replace(node, entries=entries, keys={})

    def _named(self, leaf: Leaf, values: Mapping[str, Node]) -> Node:
        text = leaf.value
        if not isinstance(text, str) or not text.startswith("$"):
            return leaf
        if text[1:] in values:
            return values[text[1:]]
        self.report.add(f"no parameter {text}", at=leaf, expected=", ".join(f"${name}" for name in values))
        return Leaf(None, leaf.mark)


def _is_name(node: Node) -> bool:
    return re.fullmatch(NAME_PATTERN, text_of(node)) is not None
