"""Bringing one layer into its normal form: shorthands spelt out, wrong shapes and unknown keys reported and dropped.

What comes out has maps where the models have blocks and named entries, so that merging need not look again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from georep_sim.scenario.model import Case
from georep_sim.scenario.shape import slots
from georep_sim.scenario.tree import Leaf, Map, Node, Seq
from georep_sim.scenario.values import NAME_PATTERN, RESERVED, nearest, split_link

if TYPE_CHECKING:
    from georep_sim.scenario.fields import Model
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.shape import Slot
    from georep_sim.scenario.tree import Path

#: Maps of named things that may take their entries from a preset.
_USABLE_MAPS = frozenset({"faults"})


def normal_block(node: Node, model: type[Model], *, path: Path, report: Report) -> Map:
    """Return a block with its known keys only.

    Parameters
    ----------
    node : Node
        What stands where the block is wanted; a text counts as ``use:`` where the block takes one.
    model : type of Model
        The block's model.
    path : Path
        Where it stands, for messages.
    report : Report
        Receives what is wrong.
    """
    if isinstance(node, Leaf) and isinstance(node.value, str) and model.usable:
        return Map({"use": node}, node.mark)
    if not isinstance(node, Map):
        if not (isinstance(node, Leaf) and node.value is None):
            report.add("one value or a list stands where a block is wanted", at=node, path=path, expected=_keys(model))
        return Map({}, node.mark)
    known = slots(model)
    entries: dict[str, Node] = {}
    for key, entry in node.entries.items():
        here = (*path, key)
        if model.usable and key in {"use", "with"}:
            entries[key] = entry
        elif key in known:
            entries[key] = _normal_value(entry, known[key], path=here, report=report)
        else:
            _refuse_key(node, key, model, path=here, report=report)
    return node.without(*node.entries).with_entries(entries)


def normal_faults(node: Node, *, path: Path, report: Report) -> Map:
    """Return the rows of faults in their normal form; a text counts as ``use:``."""
    return _normal_entries(node, slots(Case)["faults"], path=path, report=report)


def _normal_value(node: Node, slot: Slot, *, path: Path, report: Report) -> Node:
    if isinstance(node, Leaf) and node.value is None:
        return node
    if slot.category == "block" and slot.model is not None:
        return normal_block(node, slot.model, path=path, report=report)
    if slot.category in {"named", "links"}:
        return _normal_entries(node, slot, path=path, report=report)
    if slot.unbuilt and isinstance(node, Leaf) and node.value in slot.unbuilt and type(node.value) is not float:
        value = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
        expected = ", ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in slot.literals)
        report.add(f"{slot.key}: {value} is not supported yet", at=node, path=path, expected=expected)
        return Leaf(None, node.mark)
    return node


def _normal_entries(node: Node, slot: Slot, *, path: Path, report: Report) -> Map:
    """Return a map of named things with well-named entries only."""
    assert slot.model is not None  # named and linked entries have one
    usable = slot.key in _USABLE_MAPS
    if isinstance(node, Leaf) and isinstance(node.value, str) and usable:
        return Map({"use": node}, node.mark)
    if isinstance(node, Seq) and slot.key == "regions":
        return _listed(node, path=path, report=report)
    if not isinstance(node, Map):
        expected = "a map of entries, each with a name"
        report.add("one value or a list stands where named entries are wanted", at=node, path=path, expected=expected)
        return Map({}, node.mark)
    entries: dict[str, Node] = {}
    for key, entry in node.entries.items():
        here = (*path, key)
        if usable and key in {"use", "with"}:
            entries[key] = entry
        elif _is_named_well(node, key, slot, path=here, report=report):
            is_null = isinstance(entry, Leaf) and entry.value is None
            block = entry if is_null else normal_block(entry, slot.model, path=here, report=report)
            # What is left of an entry whose very kind is not built would only raise further errors.
            entries[key] = Leaf(None, entry.mark) if _is_unbuilt(entry, slot.model) else block
    return node.without(*node.entries).with_entries(entries)


def _is_unbuilt(node: Node, model: type[Model]) -> bool:
    """Whether a key that an entry must give has a value that is not supported yet."""
    return isinstance(node, Map) and any(
        slot.required and isinstance(entry, Leaf) and entry.value in slot.unbuilt
        for slot in slots(model).values()
        if (entry := node.get(slot.key)) is not None
    )


def _listed(node: Seq, *, path: Path, report: Report) -> Map:
    entries: dict[str, Node] = {}
    for item in node.items:
        if isinstance(item, Leaf) and isinstance(item.value, str) and re.fullmatch(NAME_PATTERN, item.value):
            entries[item.value] = Map({}, item.mark)
        else:
            report.add("not the name of a region", at=item, path=path, expected="a name")
    return Map(entries, node.mark)


def _is_named_well(node: Map, key: str, slot: Slot, *, path: Path, report: Report) -> bool:
    if key == "all":
        return True
    if slot.category == "links":
        if split_link(key) is not None:
            return True
        report.add(f"{key!r} is not a link", at=node.at(key), path=path, expected="A <-> B, A -> B, or all")
        return False
    if re.fullmatch(NAME_PATTERN, key) and key not in RESERVED:
        return True
    if key in RESERVED:
        expected = "a name that is not one of " + ", ".join(sorted(RESERVED))
        report.add(f"{key!r} is a reserved word", at=node.at(key), path=path, expected=expected, remedy="rename it")
        return False
    expected = "lower-case letters, digits, - and _, the first a letter or digit"
    report.add(f"{key!r} is not a name", at=node.at(key), path=path, expected=expected, remedy="rename it")
    return False


def _refuse_key(node: Map, key: str, model: type[Model], *, path: Path, report: Report) -> None:
    if key in model.unbuilt:
        report.add(f"{key} is not supported yet", at=node.at(key), path=path, remedy="leave it out")
        return
    known = [*slots(model), *(("use", "with") if model.usable else ())]
    remedy = nearest(key, known)
    report.add(f"unknown key {key!r}", at=node.at(key), path=path, expected=_keys(model), remedy=remedy)


def _keys(model: type[Model]) -> str:
    return "keys " + ", ".join(slots(model))
