"""Laying layers over each other, by the rules of the language (section 2).

Maps merge key by key; scalars, lists and atoms are replaced whole; ``null`` removes; ``all`` holds for each entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from georep_sim.scenario.shape import is_atom, slots
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, Seq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georep_sim.scenario.fields import Model
    from georep_sim.scenario.shape import Slot
    from georep_sim.scenario.tree import Mode

#: Keys of a map of named things that are no entries.
NO_ENTRIES = frozenset({"use", "with", "all"})


def merged(lower: Map, upper: Map, model: type[Model]) -> Map:
    """Return a block laid over the same block of a lower layer of the *document*.

    ``null`` and ``all`` are kept, for they also act on the preset, which is expanded later.

    Parameters
    ----------
    lower, upper : Map
        Normal forms of the block.
    model : type of Model
        The block's model.
    """
    return _over(lower, upper, slots(model), settle=False)


def settled(lower: Map, upper: Map, model: type[Model]) -> Map:
    """Return a block laid over an expanded one, `null` carried out and `all` spread over the entries."""
    return _over(lower, upper, slots(model), settle=True)


def settled_entries(lower: Map, upper: Map, model: type[Model]) -> Map:
    """Return named entries laid over expanded ones: for each, the lower one < ``all`` < its own."""
    return _entries(lower, upper, model, settle=True)


def _over(lower: Map, upper: Map, known: Mapping[str, Slot], *, settle: bool) -> Map:
    mode = "merge" if settle else _mode(lower, upper)
    if upper.mode == "fresh":
        lower = Map({}, upper.mark)
    entries = dict(lower.entries)
    keys = dict(lower.keys) | dict(upper.keys)
    for key, entry in upper.entries.items():
        result = _laid(entries.get(key), entry, known.get(key), settle=settle)
        if result is None:
            entries.pop(key, None)
        else:
            entries[key] = result
    return Map(entries, upper.mark if upper.entries else lower.mark, keys, mode)


def _mode(lower: Map, upper: Map) -> Mode:
    return "fresh" if "fresh" in {lower.mode, upper.mode} else lower.mode


def _laid(lower: Node | None, upper: Node, slot: Slot | None, *, settle: bool) -> Node | None:
    """Return one value laid over the one below it; None removes the key."""
    if isinstance(upper, Leaf) and upper.value is None:
        return None if settle else upper
    if not isinstance(upper, Map):
        return upper
    if not settle and isinstance(lower, Leaf) and lower.value is None and upper.mode == "merge":
        return replace(upper, mode="fresh")
    below = lower if isinstance(lower, Map) else None
    if slot is None or slot.category == "open" or is_atom(slot):
        merges = upper.mode == "reach" or slot is None or slot.category == "open"
        return reached(below, upper) if merges and below is not None else upper
    assert slot.model is not None  # every block and every map of entries has one
    base = below if below is not None else Map({}, upper.mark)
    if slot.category == "block":
        return _over(base, upper, slots(slot.model), settle=settle)
    # Links that no entry names exist too: `all` is spread over them once the universe is known.
    return _entries(base, upper, slot.model, settle=settle and slot.category != "links")


def _entries(lower: Map, upper: Map, model: type[Model], *, settle: bool) -> Map:
    mode: Mode = "merge" if settle else _mode(lower, upper)
    if upper.mode == "fresh":
        lower = Map({}, upper.mark)
    shared = upper.get("all")
    names = [key for key in dict.fromkeys((*lower.entries, *upper.entries)) if not settle or key not in NO_ENTRIES]
    entries: dict[str, Node] = {}
    for name in names:
        if name in {"use", "with"}:
            entry = _laid(lower.get(name), upper.get(name) or lower.entries[name], None, settle=settle)
            entries |= {} if entry is None else {name: entry}
            continue
        layers = [lower.get(name), shared if settle else None, upper.get(name)]
        entry = _stacked([layer for layer in layers if layer is not None], model, settle=settle)
        if entry is not None:
            entries[name] = entry
    return Map(entries, upper.mark if upper.entries else lower.mark, dict(lower.keys) | dict(upper.keys), mode)


def _stacked(layers: Sequence[Node], model: type[Model], *, settle: bool) -> Node | None:
    """Return one entry laid together from its layers, lowest first; None if the topmost removes it."""
    top = layers[-1]
    if isinstance(top, Leaf) and top.value is None:
        return None if settle else top
    result: Node = Map({}, top.mark)
    for layer in layers:
        if isinstance(layer, Map) and isinstance(result, Map):
            result = _over(result, layer, slots(model), settle=settle)
        elif isinstance(layer, Map):
            result = replace(layer, mode="fresh")
        else:
            result = layer if not settle else Map({}, top.mark)
    return result


def reached(lower: Map | None, upper: Map) -> Map:
    """Return a map laid into another one, key by key at any depth, whatever it means."""
    if lower is None:
        return upper
    entries = dict(lower.entries)
    for key, entry in upper.entries.items():
        below = entries.get(key)
        if isinstance(entry, Leaf) and entry.value is None:
            entries.pop(key, None)
        else:
            entries[key] = reached(below, entry) if isinstance(below, Map) and isinstance(entry, Map) else entry
    return Map(entries, lower.mark, dict(lower.keys) | dict(upper.keys))


def with_path(node: Node | None, path: Sequence[str], value: Node, mark: Mark) -> Node:
    """Return a tree with the value at a path replaced; the segment ``all`` stands for every entry.

    Maps that the path makes reach into what is below them, atoms included.
    """
    if not path:
        return value
    step, *rest = path
    if isinstance(node, Seq):
        if step.isdigit() and int(step) < len(node.items):
            items = list(node.items)
            items[int(step)] = with_path(items[int(step)], rest, value, mark)
            return Seq(tuple(items), node.mark)
        return with_path(None, path, value, mark)
    if isinstance(node, Leaf) and node.value is None:
        node = Map({}, mark, mode="fresh")
    base = node if isinstance(node, Map) else Map({}, mark, mode="reach")
    names = [step]
    if step == "all":
        names += [key for key in base.entries if key not in NO_ENTRIES]
    changed = {name: with_path(base.get(name), rest, value, mark) for name in names}
    return base.with_entries(changed)
