"""The JSON Schema (draft 2020-12) of scenario files, written from the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from georep_sim.scenario.loading import TEXTS
from georep_sim.scenario.model import Case
from georep_sim.scenario.shape import slots
from georep_sim.scenario.values import NAME_PATTERN, RESERVED

if TYPE_CHECKING:
    from georep_sim.scenario.fields import Model
    from georep_sim.scenario.shape import Slot

Schema = dict[str, Any]

_NAMES: Final = rf"^(?!(?:{'|'.join(sorted(RESERVED))})$){NAME_PATTERN}$"
_LINKS: Final = rf"^{NAME_PATTERN} (<->|->) {NAME_PATTERN}$"
_USE: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "description": "a design of this file, ./FILE.yaml, or a preset",
}
_WITH: Final[Schema] = {"type": "object", "description": "parameters of the preset"}
#: Forms that a file may use besides the one the models hold; resolution turns them into that one.
_ALSO: Final[dict[tuple[str, str], tuple[Schema, ...]]] = {
    ("Environment", "regions"): ({"type": "array", "items": {"type": "string", "pattern": _NAMES}},),
    ("Site", "region"): (
        {
            "type": "object",
            "properties": {"pair_of": {"type": "string"}},
            "required": ["pair_of"],
            "additionalProperties": False,
        },
    ),
    ("Protect", "over"): ({"const": "auto"},),
    ("Fault", "history"): ({"type": "string", "minLength": 1},),
    ("Environment", "tls"): ({"enum": [1.2, 1.3]},),
}


def json_schema() -> Schema:
    """Return the JSON Schema of scenario files.

    Returns
    -------
    dict
        Draft 2020-12. Keys that are not supported yet are unknown to it; what depends on several values at once, such
        as names that must exist, is left to `load`.
    """
    definitions: dict[str, Schema] = {}
    values = Case.model_json_schema(by_alias=True)["properties"]
    sections = {key: _described(_slot(slot, values[key], Case, definitions), slot) for key, slot in slots(Case).items()}
    definitions["Case"] = {
        "type": "object",
        "description": "A partial document, merged over the file.",
        "properties": sections,
        "additionalProperties": False,
    }
    case: Schema = {"anyOf": [{"$ref": "#/$defs/Case"}, {"type": "null"}]}
    cases: Schema = {"type": "object", "patternProperties": {_NAMES: case}, "properties": {"all": case}}
    top: dict[str, Schema] = {
        "georep": {"const": 1, "description": "version of the language"},
        **{key: {"type": "string", "description": "free text"} for key in TEXTS},
        **sections,
        "faults": _whole_rows(sections["faults"]),
        "cases": {**cases, "additionalProperties": False, "description": "partial documents, one for each case"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "georep-sim scenario",
        "description": "Regions, a workload, faults and several designs of a container registry, version 1.",
        "type": "object",
        "properties": top,
        "patternProperties": {"^x-": True},
        "required": ["georep", "designs"],
        "anyOf": [{"required": ["workload"]}, {"required": ["faults"]}],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _whole_rows(faults: Schema) -> Schema:
    """Return the schema of the file's own faults: without a preset below them, rows are whole."""
    row = {"anyOf": [{"required": ["what", "kind"]}, {"required": ["history"]}, {"type": "null"}]}
    plain = {"type": "object", "not": {"anyOf": [{"required": ["use"]}, {"required": ["all"]}]}}
    return {**faults, "if": plain, "then": {"additionalProperties": row}}


def _block(model: type[Model], definitions: dict[str, Schema]) -> Schema:
    """Return a reference to the schema of a block, defining it if need be."""
    name = model.__name__
    if name not in definitions:
        definitions[name] = {}  # names the definition before its parts, should they refer to it
        values = model.model_json_schema(by_alias=True)
        definitions |= {key: part for key, part in _untitled(values.get("$defs", {})).items() if key == "HistoryRow"}
        properties = {
            key: _described(_slot(slot, _untitled(values["properties"][key]), model, definitions), slot)
            for key, slot in slots(model).items()
        }
        if model.usable:
            properties |= {"use": _USE, "with": _WITH}
        summary = (model.__doc__ or "").partition("\n")[0]
        definitions[name] = {
            "type": "object",
            "description": summary,
            "properties": properties,
            "additionalProperties": False,
        }
    reference: Schema = {"$ref": f"#/$defs/{name}"}
    return {"anyOf": [reference, _USE]} if model.usable else reference


def _slot(slot: Slot, value: Schema, owner: type[Model], definitions: dict[str, Schema]) -> Schema:
    """Return the schema of one key: its block, its entries or its value, and null."""
    forms = list(_ALSO.get((owner.__name__, slot.key), ()))
    if slot.model is None:
        kept = {key: part for key, part in value.items() if key not in {"default", "description", "source", "unbuilt"}}
        forms = [*_forms(kept), *forms]
    elif slot.category == "block":
        forms = [*_forms(_block(slot.model, definitions)), *forms]
    else:
        entry = {"anyOf": [*_forms(_block(slot.model, definitions)), {"type": "null"}]}
        pattern = _LINKS if slot.category == "links" else _NAMES
        named: Schema = {"type": "object", "patternProperties": {pattern: entry}, "properties": {"all": entry}}
        if slot.key == "faults":
            named["properties"] |= {"use": _USE, "with": _WITH}
            forms.append(_USE)
        forms = [{**named, "additionalProperties": False}, *forms]
    return {"anyOf": [*forms, {"type": "null"}]} if {"type": "null"} not in forms else {"anyOf": forms}


def _forms(schema: Schema) -> list[Schema]:
    return list(schema["anyOf"]) if set(schema) == {"anyOf"} else [schema]


def _described(schema: Schema, slot: Slot) -> Schema:
    described = {**schema, "description": slot.meaning + (f" [{slot.source}]" if slot.source else "")}
    return described if slot.default in (None, "", ()) else {**described, "default": slot.default}


def _untitled(schema: Any) -> Any:
    """Return a schema without the titles and derived fields that pydantic adds."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: part
        for key, part in schema.items()
        if key not in {"title", "derived", "open"} or not isinstance(part, str | bool)
    }
    return {key: _untitled(part) for key, part in kept.items()}
