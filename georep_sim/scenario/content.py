"""The images: a content preset with the file's numbers over it, and the sizes that follow from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim import units
from georep_sim.atlas import load as atlas
from georep_sim.scenario.dists import read_dist
from georep_sim.scenario.merge import settled
from georep_sim.scenario.normal import normal_block
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, is_assumed, plain
from georep_sim.scenario.workload import Content

if TYPE_CHECKING:
    from georep_sim.scenario.presets import Library
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path

DEFAULT_CONTENT: Final = "docker-hub"
_PATH: Final[Path] = ("workload", "content")
_KINDS: Final = {"images": "count", "stored": "bytes", "sharing": "number"}
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
    use = layer.get("use") or Leaf(DEFAULT_CONTENT, Mark("default"))
    own = layer.without("use", "with")
    base = _base(use, layer, library)
    if base is None:  # told; the rest is checked over the default
        base = _facts(DEFAULT_CONTENT)
    return _solved(base, own, library.report), str(use.value) if isinstance(use, Leaf) else ""


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
    """Return the content with images, stored and sharing all given: any two fix the third."""
    tree = settled(base, own, Content)
    explicit = [key for key in _KINDS if isinstance(node := own.get(key), Leaf) and node.value is not None]
    layer_bytes = _layer_bytes(tree)
    if layer_bytes is None:
        return tree  # what is wrong with the parts is told when they are read
    missing = "sharing" if {"images", "stored"} <= set(explicit) else "images" if "stored" in explicit else "stored"
    if len(explicit) == 3:
        missing = ""
    have = {key: _value(tree.get(key), kind) for key, kind in _KINDS.items() if key != missing}
    if any(value is None or value <= 0.0 for value in have.values()):
        return tree
    images, stored, sharing = (have.get(key) or 0.0 for key in _KINDS)
    if not missing:
        _check(images * layer_bytes / sharing, stored, own, report)
        return tree
    if missing == "sharing" and images * layer_bytes < stored:
        _check(images * layer_bytes, stored, own, report)
        return tree
    result: str | int | float
    if missing == "images":
        result = max(1, round(stored * sharing / layer_bytes))
    elif missing == "stored":
        result = units.exact_text(float(f"{images * layer_bytes / sharing:.4g}"), "bytes")
    else:
        result = max(1.0, float(f"{images * layer_bytes / stored:.4g}"))
    used = [tree.get(key) for key in (*_KINDS, "layers_per_image", "layer_size") if key != missing]
    end = "~" if any(node is not None and is_assumed(node) for node in used) else ""
    others = " and ".join(key for key in _KINDS if key != missing)
    mark = Mark("default", source=f"computed from {others}, with the layers' number and mean size")
    return tree.with_entries({missing: Leaf(f"{result}{end}" if end else result, mark)})


def _layer_bytes(tree: Map) -> float | None:
    """Return the mean size of all layers of one image, shared ones included; None if a part of it is wrong."""
    size = tree.get("layer_size")
    try:
        mean = read_dist(plain(size), "bytes").mean if size is not None else 0.0
        layers = _value(tree.get("layers_per_image"), "count") or 0.0
    except ValueError:
        return None
    return mean * layers if mean * layers > 0.0 else None


def _value(node: Node | None, kind: str) -> float | None:
    if not isinstance(node, Leaf) or node.value is None or isinstance(node.value, bool):
        return None
    try:
        return units.parse(node.value, kind).value
    except units.UnitError:
        return None


def _check(computed: float, stored: float, own: Map, report: Report) -> None:
    if abs(computed - stored) <= _TOLERANCE * stored:
        return
    text = units.format_quantity(computed, "bytes")
    what = f"images, layers and sharing make {text}, not what is stored"
    remedy = "give two of images, stored and sharing"
    report.add(what, at=own.entries["stored"], path=(*_PATH, "stored"), expected=f"about {text}", remedy=remedy)
