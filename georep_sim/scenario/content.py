"""The images: a content preset with the file's numbers over it, and the sizes that follow from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim import units
from georep_sim.atlas import load as atlas
from georep_sim.scenario.dists import read_dist
from georep_sim.scenario.merge import settled
from georep_sim.scenario.normal import normal_block
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, Seq, is_assumed, plain
from georep_sim.scenario.workload import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.scenario.presets import Library
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path

DEFAULT_CONTENT: Final = "docker-hub"
_PATH: Final[Path] = ("workload", "content")
_KINDS: Final = {"images": "count", "objects": "count", "stored": "bytes", "sharing": "number"}
#: Stated sizes may differ from each other by rounding, not by more.
_TOLERANCE: Final = 0.02


def expand_content(layer: Map, library: Library) -> tuple[Map, str]:
    """Return the content with every key given, and the name of its preset.

    Parameters
    ----------
    layer : Map
        ``workload.content`` in its normal form.
    library : Library
        Finds preset files and receives what is wrong.
    """
    layer = _of_trace(layer, library.report)
    use = layer.get("use") or Leaf(DEFAULT_CONTENT, Mark("default"))
    own = layer.without("use", "with")
    base = _base(use, layer, library)
    if base is None:  # told; the rest is checked over the default
        base = _facts(DEFAULT_CONTENT)
    return _solved(base, own, library.report), str(use.value) if isinstance(use, Leaf) else ""


def _of_trace(layer: Map, report: Report) -> Map:
    """Return the content without what ``from: trace`` replaces; the preset stands in until the log is read."""
    origin = layer.get("from")
    if not isinstance(origin, Leaf) or origin.value != "trace":
        return layer
    for key in layer.entries:
        if key != "from":
            what, remedy = f"{key} beside from: trace, which fits the content to the log", f"leave {key} out, or from"
            report.add(what, at=layer.at(key), path=(*_PATH, key), remedy=remedy)
    return Map({"from": origin}, layer.mark, layer.keys)


def _base(use: Node, layer: Map, library: Library) -> Map | None:
    name = use.value if isinstance(use, Leaf) else None
    if isinstance(use, Leaf) and name in atlas.content_names():
        return _facts(str(name))
    if name is None and isinstance(use, Leaf):
        return _facts(DEFAULT_CONTENT)
    if not isinstance(use, Leaf) or not isinstance(name, str):
        library.report.add("not a name", at=use, path=(*_PATH, "use"), expected=", ".join(atlas.content_names()))
        return None
    preset = library.find(use, "content", path=(*_PATH, "use"), also=tuple(atlas.content_names()))
    if preset is None:
        return None
    given = layer.get("with")
    body = library.parameters.filled(preset, given if isinstance(given, Map) else None, path=_PATH)
    return normal_block(body, Content, path=_PATH, report=library.report)


def _facts(name: str) -> Map:
    """Return a content preset of the atlas as a tree."""
    facts = atlas.content(name)

    def fact(quantity: str, text: str | int) -> Leaf:
        """Leaf that knows its source; what is assumed is marked by a tilde."""
        method = "assumed" if quantity in facts.assumed else "atlas"
        source = f"{facts.source[quantity]} ({facts.date[quantity]})"
        mark = Mark("atlas", f"atlas content {name}", source=source, method=method)
        return Leaf(f"{text}~" if method == "assumed" else text, mark)

    sizes = {_level(p): fact("layer_size", units.exact_text(size, "bytes")) for p, size in facts.layer_size_bytes}
    curve = atlas.popularity(facts.popularity)
    mark = Mark("atlas", f"atlas popularity {curve.name}", source=f"{curve.source} ({curve.date})", method="atlas")
    end = "~" if "popularity" in facts.assumed else ""
    shares = {
        units.exact_text(top, "share"): Leaf(units.exact_text(access, "share") + end, mark)
        for top, access in curve.points
    }
    entries: dict[str, Node] = {
        "repositories": fact("repositories", facts.repositories),
        "images": fact("images", facts.images),
        "layers_per_image": fact("layers_per_image", facts.layers_per_image),
        "layer_size": Map(sizes, next(iter(sizes.values())).mark),
        "warm_share": fact("warm_share", units.exact_text(facts.warm_share, "share")),
        "popularity": Map(shares, mark),
        "sharing": fact("sharing", units.exact_text(facts.sharing, "number")),
    }
    return Map(entries, Mark("atlas", f"atlas content {name}"))


def _level(probability: float) -> str:
    return "p" + f"{probability:.6f}".partition(".")[2].rstrip("0").ljust(2, "0")


def _solved(base: Map, own: Map, report: Report) -> Map:
    """Return the content with its sizes all given: any two of images, objects, stored, sharing fix the others."""
    tree = settled(base, own, Content)
    explicit = {key for key in _KINDS if isinstance(node := own.get(key), Leaf) and node.value is not None}
    if {"objects", "stored"} <= explicit and own.get("layer_size") is None:
        tree = _scaled(tree)
    layer_bytes, layers = _layer_bytes(tree), _value(tree.get("layers_per_image"), "count")
    needed = explicit | {"sharing"} | (set() if explicit & {"objects", "stored"} else {"images"})
    have = {key: _value(tree.get(key), _KINDS[key]) for key in needed}
    if layer_bytes is None or not layers or any(value is None or value <= 0.0 for value in have.values()):
        # What is wrong with the parts is told when they are read; nothing more should be.
        return tree.with_entries(
            {key: Leaf("1 B" if key == "stored" else 1, tree.mark) for key in _KINDS if tree.get(key) is None}
        )
    sizes = _Sizes(tree, own, explicit, layers, layer_bytes, report)
    return sizes.solved({key: float(value) for key, value in have.items() if value is not None})


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Two equations: objects = images · layers / sharing, and stored = objects · mean size of a layer."""

    tree: Map
    own: Map
    explicit: set[str]
    layers: float
    layer_bytes: float
    report: Report

    def solved(self, have: Mapping[str, float]) -> Map:
        """Return the tree with every size; what is stated twice must agree."""
        given = {key: have[key] for key in self.explicit}
        objects = given.get("objects") or given.get("stored", 0.0) / self.layer_bytes
        if "objects" in given and "stored" in given:
            self._compare(objects * self.layer_bytes, given["stored"], "stored", "objects and layers", "bytes")
        images, sharing = given.get("images", 0.0), have["sharing"]
        if not self.explicit & {"objects", "stored"}:
            images = have["images"]
            objects = images * self.layers / sharing
        elif images and "sharing" in given:
            self._contradict(images * self.layers / sharing, objects)
        elif images:
            sharing = images * self.layers / objects
            if sharing < 1.0:
                self._contradict(images * self.layers, objects)
            sharing = max(sharing, 1.0)
        else:
            images = objects * sharing / self.layers
        found: dict[str, str | int | float] = {
            "images": max(1, round(images)),
            "stored": units.exact_text(float(f"{objects * self.layer_bytes:.4g}"), "bytes"),
            "sharing": float(f"{sharing:.4g}"),
            "objects": max(1, round(objects)),
        }
        kept = self.explicit | ({"sharing"} if sharing == have["sharing"] else set())
        kept |= set() if self.explicit & {"objects", "stored"} else {"images"}
        return self._written({key: value for key, value in found.items() if key not in kept}, kept)

    def _written(self, found: Mapping[str, str | int | float], kept: set[str]) -> Map:
        """Return the tree with what was computed, marked as that."""
        used = [self.tree.get(key) for key in (*sorted(kept), "layers_per_image", "layer_size")]
        end = "~" if any(node is not None and is_assumed(node) for node in used) else ""
        others = " and ".join(key for key in _KINDS if key in kept)
        mark = Mark("default", source=f"computed from {others}, with the layers' number and mean size")
        return self.tree.with_entries(
            {key: Leaf(f"{value}{end}" if end else value, mark) for key, value in found.items()}
        )

    def _contradict(self, computed: float, objects: float) -> None:
        """Report images that make another number of objects than is stated, in the words of what is stated."""
        if "stored" in self.explicit:
            stored = objects * self.layer_bytes
            self._compare(computed * self.layer_bytes, stored, "stored", "images, layers and sharing", "bytes")
        else:
            self._compare(computed, objects, "objects", "images, layers and sharing", "count")

    def _compare(self, computed: float, stated: float, key: str, parts: str, kind: str) -> None:
        if abs(computed - stated) <= _TOLERANCE * stated:
            return
        text = units.format_quantity(computed, kind) if kind == "bytes" else f"{computed:.4g}"
        what = f"{parts} make {text}, not what is {'stored' if key == 'stored' else 'given'}"
        remedy = "give two of images, objects, stored and sharing"
        at = self.own.entries[key]
        self.report.add(what, at=at, path=(*_PATH, key), expected=f"about {text}", remedy=remedy)


def _scaled(tree: Map) -> Map:
    """Return the content with layers as large as objects and bytes stored make them, their law of the same form."""
    stored, objects = _value(tree.get("stored"), "bytes"), _value(tree.get("objects"), "count")
    size, mean = tree.get("layer_size"), _layer_bytes(tree)
    if not stored or not objects or not mean or size is None:
        return tree
    factor = stored / objects / mean
    mark = Mark("default", source="the preset's, scaled to the mean size that objects and stored make")
    return tree.with_entries({"layer_size": _times(size, factor, mark)})


def _times(node: Node, factor: float, mark: Mark) -> Node:
    """Return a distribution of sizes with every size multiplied; its shares and shapes stay."""
    if isinstance(node, Map):
        return Map({key: _times(entry, factor, mark) for key, entry in node.entries.items()}, mark)
    if isinstance(node, Seq):
        return Seq(tuple(_times(item, factor, mark) for item in node.items), mark)
    size = _value(node, "bytes") if isinstance(node.value, str) else None
    if size is None:
        return node
    return Leaf(units.exact_text(float(f"{size * factor:.6g}"), "bytes") + ("~" if is_assumed(node) else ""), mark)


def _layer_bytes(tree: Map) -> float | None:
    """Return the mean size of a layer; None if its law is wrong."""
    size = tree.get("layer_size")
    try:
        mean = read_dist(plain(size), "bytes").mean if size is not None else 0.0
    except ValueError:
        return None
    return mean if mean > 0.0 else None


def _value(node: Node | None, kind: str) -> float | None:
    if not isinstance(node, Leaf) or node.value is None or isinstance(node.value, bool):
        return None
    try:
        return units.parse(node.value, kind).value
    except units.UnitError:
        return None
