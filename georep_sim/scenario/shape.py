"""The shape of the language, read off the models: which key holds a block, named entries, or one value."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from georep_sim.scenario.fields import Model

#: block = keys of a model; named = entries by name, links = by ends; open = any keys; value = replaced whole.
Category = Literal["block", "named", "links", "open", "value"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One key of a block.

    Parameters
    ----------
    key : str
        As a file writes it.
    attribute : str
        As Python writes it.
    category : Category
        What stands there.
    model : type of Model or None
        Model of the block or of each entry.
    literals, unbuilt : tuple
        Values of a closed set, and those of the language that this version refuses; empty if it is none.
    default : object
        As the language writes it; None = not given.
    required : bool
        Whether a file, its presets or resolution must give it.
    optional : bool
        Whether the value may be none at all.
    meaning, source : str
        Documentation and source of the default.
    """

    key: str
    attribute: str
    category: Category
    model: type[Model] | None = None
    literals: tuple[object, ...] = ()
    unbuilt: tuple[object, ...] = ()
    default: object = None
    required: bool = False
    optional: bool = False
    meaning: str = ""
    source: str = ""


@cache
def slots(model: type[Model]) -> Mapping[str, Slot]:
    """Return the keys of a model that a file may write, by key."""
    found: dict[str, Slot] = {}
    for attribute, info in model.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        if extra.get("derived"):
            continue
        annotation = _without_none(info.annotation)
        category, inner = _category(annotation)
        key = info.alias or attribute
        unbuilt = extra.get("unbuilt", ())
        found[key] = Slot(
            key=key,
            attribute=attribute,
            category="open" if extra.get("open") else category,
            model=inner,
            literals=get_args(annotation) if get_origin(annotation) is Literal else (),
            unbuilt=tuple(unbuilt) if isinstance(unbuilt, list | tuple) else (),
            default=None if info.default is PydanticUndefined else info.default,
            required=info.is_required(),
            optional=annotation is not info.annotation,
            meaning=info.description or "",
            source=str(extra.get("source", "")),
        )
    return found


def is_atom(slot: Slot) -> bool:
    """Whether a layer replaces what stands there whole, although it may be written as a map."""
    return slot.category == "value" or (slot.category == "block" and slot.model is not None and slot.model.atom)


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in {Union, types.UnionType}:
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return members[0]
    return annotation


def _category(annotation: object) -> tuple[Category, type[Model] | None]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return "block", annotation
    if get_origin(annotation) is Mapping:
        key, entry = get_args(annotation)
        if isinstance(entry, type) and issubclass(entry, Model):
            return ("named" if key is str else "links"), entry
    return "value", None
