"""A log that takes the place of drawn requests: which files, in which format, whose requests they are."""

from __future__ import annotations

import glob
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from georep_sim.scenario.fields import Model, derived, key
from georep_sim.scenario.values import Flag, Number, Text, ValueProblem

#: Formats of logs that can be read.
LogFormat = Literal["ibm-json", "distribution-json", "distribution-text", "nginx-combined", "csv"]
#: The range of every client that no other range holds.
ELSE = "else"


def _read_ranges(value: object) -> dict[str, str]:
    expected = "{10.1.0.0/16: GROUP, else: GROUP}, groups being regions or entries of workload.clients"
    if not isinstance(value, Mapping) or not value:
        msg = "no range of addresses leads to a group"
        raise ValueProblem(msg, expected=expected)
    read: dict[str, str] = {}
    seen: dict[object, str] = {}
    for text, group in value.items():
        if not isinstance(group, str):
            msg = f"{group!r} is not the name of a group"
            raise ValueProblem(msg, expected=expected)
        known = _network(str(text))
        if known in seen:
            msg = f"{text} and {seen[known]} are the same range"
            raise ValueProblem(msg, expected="each range once")
        seen[known] = read_as = str(text)
        read[read_as] = group
    return read


def _network(text: str) -> object:
    if text == ELSE:
        return ELSE
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        msg = f"{text!r} is no range of addresses: {error}"
        raise ValueProblem(msg, expected="a range such as 10.1.0.0/16, or else") from error


_RANGES = WithJsonSchema({"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}})
#: Range of addresses, or `else`, to client group.
Ranges = Annotated[Mapping[str, str], BeforeValidator(_read_ranges), _RANGES]


class Trace(Model):
    """The log of a registry, whose requests are replayed."""

    provenance: ClassVar[frozenset[str]] = frozenset({"file", "folder", "spool"})

    file: Text = Field(description="the log, plain, gzip or zstd; a glob is read in the order of names")
    format: LogFormat | None = key(None, "its format; found out from its first lines unless given")
    clients: Ranges = Field(
        description="range of addresses, or else, to group: a region, or an entry of workload.clients",
        json_schema_extra={"open": True},
    )
    scale: Number = key("1", "requests that each one of the log stands for")
    repeat: Flag = key(default=False, meaning="whether the log begins anew where it ends before the horizon")
    name: str = derived("", "last part of `file`: what makes two traces equal, wherever they lie")
    folder: str = derived("", "folder that `file` is relative to")
    spool: str = derived("", "folder that the log was read into, while a run lasts")

    @property
    def pattern(self) -> str:
        """Where the files lie, from the folder of the file that names them."""
        return str(Path(self.folder, self.file))

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order of their names."""
        if Path(self.pattern).is_file():
            return (Path(self.pattern),)
        return tuple(path for path in map(Path, sorted(glob.glob(self.pattern))) if path.is_file())  # noqa: PTH207 - may be absolute

    @property
    def groups(self) -> tuple[str, ...]:
        """Client groups, in the order of mention."""
        return tuple(dict.fromkeys(self.clients.values()))
