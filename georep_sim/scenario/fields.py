"""The base of every scenario model, and how a key states its default, meaning and source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A frozen block of the scenario; unknown keys are errors.

    Attributes
    ----------
    unbuilt : frozenset of str
        Keys of the language that this version refuses by name.
    provenance : frozenset of str
        Fields that say where a value comes from and take no part in equality.
    atom : bool
        Whether a layer above replaces the block whole.
    usable : bool
        Whether the block may say ``use:``.
    instead : mapping of str to str
        Keys whose default is not filled in where another key, which replaces them, is given.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, populate_by_name=True, arbitrary_types_allowed=True
    )

    unbuilt: ClassVar[frozenset[str]] = frozenset()
    provenance: ClassVar[frozenset[str]] = frozenset()
    atom: ClassVar[bool] = False
    usable: ClassVar[bool] = False
    instead: ClassVar[Mapping[str, str]] = {}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        names = set(type(self).model_fields) - self.provenance
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]  # blocks hold mappings


def key(  # as Field
    default: object, meaning: str, *, source: str = "", alias: str | None = None, unbuilt: tuple[object, ...] = ()
) -> Any:
    """Return a field that may be left out.

    Parameters
    ----------
    default : object
        The default as the language writes it, e.g. ``"30 s~"``; a trailing ``~`` marks it assumed.
    meaning : str
        What the key fixes, one line; becomes its documentation.
    source : str, default ""
        Where the default comes from, if it is neither plain nor assumed.
    alias : str, optional
        The key's name in a file, where it is a word of Python.
    unbuilt : tuple, optional
        Values of the language that this version refuses by name.
    """
    extra: dict[str, Any] = {"source": source, "unbuilt": list(unbuilt)}
    return Field(default=default, alias=alias, description=meaning, json_schema_extra=extra)


def required(meaning: str, *, unbuilt: tuple[object, ...] = ()) -> dict[str, Any]:
    """Return the arguments of a `Field` that must be given, with values refused by name."""
    return {"description": meaning, "json_schema_extra": {"unbuilt": list(unbuilt)}}


def block(model: type[Model], meaning: str) -> Any:  # as Field
    """Return a field holding a block whose keys all have defaults."""
    return Field(default_factory=model, description=meaning)


def entries(meaning: str) -> Any:  # as Field
    """Return a field holding a map of named things, empty unless given."""
    return Field(default_factory=dict, description=meaning)


def open_map(meaning: str) -> Any:  # as Field
    """Return a field holding a map whose keys have a grammar of their own, merged key by key."""
    return Field(default_factory=dict, description=meaning, json_schema_extra={"open": True})


def derived(default: object, meaning: str) -> Any:  # as Field
    """Return a field that resolution fills in and no file may write."""
    return Field(default=default, description=meaning, json_schema_extra={"derived": True})
