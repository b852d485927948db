"""Filling in the defaults of the models, each marked as one, so that every value has an origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.scenario.merge import reached
from georep_sim.scenario.shape import slots
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, located

if TYPE_CHECKING:
    from georep_sim.scenario.fields import Model
    from georep_sim.scenario.shape import Slot


def with_defaults(tree: Map, model: type[Model]) -> Map:
    """Return a block with the default of every key it does not give.

    Parameters
    ----------
    tree : Map
        A resolved block.
    model : type of Model
        Its model. Keys whose default is "not given" stay absent.
    """
    entries: dict[str, Node] = {}
    for key, slot in slots(model).items():
        given = tree.get(key)
        other = tree.get(model.instead.get(key, ""))
        if (given is None or _is_null(given)) and other is not None and not _is_null(other):
            continue
        node = _filled(given, slot)
        if node is not None:
            entries[key] = node
    unknown = {key: node for key, node in tree.entries.items() if key not in entries and not _is_null(node)}
    return Map({**entries, **unknown}, tree.mark, tree.keys)


def _filled(node: Node | None, slot: Slot) -> Node | None:
    mark = Mark("default", source=slot.source)
    if node is None or _is_null(node):
        if slot.category == "block" and slot.model is not None and not slot.required and not slot.optional:
            return with_defaults(Map({}, mark), slot.model)
        return None if slot.default in (None, "", ()) else located(slot.default, mark)
    if not isinstance(node, Map):
        return node
    if slot.category == "block" and slot.model is not None:
        return with_defaults(node, slot.model)
    if slot.category in {"named", "links"} and slot.model is not None:
        named = {k: with_defaults(e, slot.model) if isinstance(e, Map) else e for k, e in node.entries.items()}
        return Map(named, node.mark, node.keys)
    if node.mode == "reach" and slot.default is not None:
        below = located(slot.default, mark)
        return reached(below, node) if isinstance(below, Map) else node
    return node


def _is_null(node: Node) -> bool:
    return isinstance(node, Leaf) and node.value is None
