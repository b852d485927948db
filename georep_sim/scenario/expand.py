"""Expanding ``use:``: each section of a document laid over the preset, or the design, that it names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from georep_sim.scenario.design import Design
from georep_sim.scenario.environment import Environment
from georep_sim.scenario.faults import Fault
from georep_sim.scenario.merge import NO_ENTRIES, merged, reached, settled, settled_entries
from georep_sim.scenario.normal import normal_block, normal_faults
from georep_sim.scenario.tree import Leaf, Map, Node
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georep_sim.scenario.presets import Library, Preset
    from georep_sim.scenario.tree import Path

_ENVIRONMENTS = ("azure", "none")


@dataclass(frozen=True, slots=True)
class Expanded:
    """A design with its presets put in.

    Parameters
    ----------
    tree : Map
        Without ``use`` and ``with``.
    preset : Preset or None
        The preset at the bottom.
    """

    tree: Map
    preset: Preset | None


def expand_environment(layer: Map, library: Library) -> tuple[Map, bool]:
    """Return the environment without ``use``, and whether the atlas stands behind it."""
    path: Path = ("environment",)
    use, base, has_atlas = layer.get("use"), Map({}, layer.mark), True
    for _ in range(8):
        if not isinstance(use, Leaf) or use.value in {"azure", None}:
            break
        if use.value == "none":
            has_atlas = False
            break
        preset = library.find(use, "environment", path=(*path, "use"), also=_ENVIRONMENTS)
        if preset is None:
            break
        filled = normal_block(_filled(library, preset, layer, path), Environment, path=path, report=library.report)
        base = settled(filled.without("use", "with"), base, Environment)
        use = filled.get("use")
    return settled(base, layer.without("use", "with"), Environment), has_atlas


def expand_faults(layer: Map, library: Library) -> Map:
    """Return the rows of faults, those of a preset included."""
    path: Path = ("faults",)
    use = layer.get("use")
    base = Map({}, layer.mark)
    if isinstance(use, Leaf) and use.value is not None:
        preset = library.find(use, "faults", path=(*path, "use"))
        if preset is not None:
            filled = _filled(library, preset, layer, path)
            base = expand_faults(normal_faults(filled, path=path, report=library.report), library)
    return settled_entries(base, layer.without("use", "with"), Fault)


def expand_designs(layer: Map, library: Library) -> dict[str, Expanded]:
    """Return every design that could be expanded; what could not is reported."""
    shared = layer.get("all")
    designs: dict[str, Map] = {}
    for name, node in layer.entries.items():
        if name in NO_ENTRIES or not isinstance(node, Map):
            continue
        designs[name] = merged(shared, node, Design) if isinstance(shared, Map) else node
    expander = _Designs(designs, library)
    found = {name: expander.expand(name) for name in designs}
    return {name: expanded for name, expanded in found.items() if expanded is not None}


@dataclass(frozen=True, slots=True)
class _Designs:
    """Expands the designs of one document."""

    designs: dict[str, Map]
    library: Library

    def expand(self, name: str) -> Expanded | None:
        path: Path = ("designs", name)
        before = len(self.library.report)
        chain = self._chain(name, path)
        if chain is None:
            return None
        layers, use = chain
        base, preset = Map({}, layers[0].mark), None
        if use is not None:
            preset = self.library.find(use, "design", path=(*path, "use"), also=tuple(set(self.designs) - {name}))
            if preset is not None:
                base = self._preset(preset, _withs(layers), path)
        if len(self.library.report) > before or (preset is not None and self.library.parameters.lacks_regions):
            return None
        for layer in reversed(layers):
            known = self._with_known_sites(base, layer, path) if layer.get("use") is not None else layer
            base = settled(base, known.without("use", "with"), Design)
        return Expanded(base, preset)

    def _chain(self, name: str, path: Path) -> tuple[list[Map], Leaf | None] | None:
        """Return the designs that lie over each other, topmost first, and the preset below them; None if told."""
        layers, seen = [self.designs[name]], [name]
        while True:
            use = layers[-1].get("use")
            if use is None or (isinstance(use, Leaf) and use.value is None):
                return layers, None
            if not isinstance(use, Leaf) or not isinstance(use.value, str):
                self.library.report.add("not a name", at=use, path=(*path, "use"), expected="a design or a preset")
                return None
            if use.value in seen:
                circle = seen[seen.index(use.value) :]
                if name == min(circle):  # the others of the circle would only repeat it
                    what = "designs use each other: " + " → ".join([*circle, use.value])
                    self.library.report.add(what, at=use, path=(*path, "use"), expected="a chain that ends in a preset")
                return None
            if use.value not in self.designs:
                return layers, use
            layers.append(self.designs[use.value])
            seen.append(use.value)

    def _preset(self, preset: Preset, given: Map | None, path: Path, depth: int = 0) -> Map:
        filled = self.library.parameters.filled(preset, given, path=path)
        body = normal_block(filled, Design, path=path, report=self.library.report)
        use = body.get("use")
        base = Map({}, body.mark)
        if isinstance(use, Leaf) and use.value is not None and depth < 8:
            below = self.library.find(use, "design", path=(*path, "use"))
            with_ = body.get("with")
            if below is not None:
                base = self._preset(below, with_ if isinstance(with_, Map) else None, path, depth + 1)
        return settled(base, body.without("use", "with"), Design)

    def _with_known_sites(self, base: Map, layer: Map, path: Path) -> Map:
        """Return a layer without the sites that the used design didn't make and that give no region; report these."""
        below, own = base.get("sites"), layer.get("sites")
        unknown = []
        made = list(below.entries) if isinstance(below, Map) else []
        for key, site in own.entries.items() if isinstance(own, Map) else ():
            if key in made or key in NO_ENTRIES or not isinstance(site, Map) or site.get("region") is not None:
                continue
            what = f"no site {key!r}; sites are {', '.join(made) or 'none'}"
            remedy = "; ".join(part for part in (nearest(key, made), "to add a site give its region") if part)
            mark = own.at(key) if isinstance(own, Map) else site.mark
            self.library.report.add(what, at=mark, path=(*path, "sites", key), value=key, remedy=remedy)
            unknown.append(key)
        return layer.put(sites=own.without(*unknown)) if isinstance(own, Map) else layer


def _withs(layers: Sequence[Map]) -> Map | None:
    """Return the ``with:`` of a chain of designs, each laid over the next lower one's."""
    given = [node for layer in reversed(layers) if isinstance(node := layer.get("with"), Map)]
    return reduce(reached, given) if given else None


def _filled(library: Library, preset: Preset, layer: Map, path: Path) -> Node:
    given = layer.get("with")
    return library.parameters.filled(preset, given if isinstance(given, Map) else None, path=path)
