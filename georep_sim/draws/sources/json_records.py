"""Requests written as JSON: one object a line (CNCF Distribution), or one array a file (IBM's traces)."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from georep_sim.draws.sources.checked import checked
from georep_sim.draws.sources.files import BLOCK_BYTES, Block, mend, pieces, whole_lines
from georep_sim.draws.sources.instants import go_seconds, iso_ns
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from georep_sim.draws.sources.files import Work
    from georep_sim.draws.sources.oddities import Oddities

# Keys are literal, dots and all (Distribution: internal/dcontext/http.go; IBM: Anwar et al., FAST 2018, section 2).
_TEXTS: Final = (
    *("time", "@timestamp", "timestamp", "host"),
    *(f"http.request.{key}" for key in ("method", "remoteaddr", "uri", "useragent")),
    "http.response.duration",
)
_WHOLE: Final = ("http.response.status", "http.response.written")
_SCHEMA: Final = (
    *((name, pa.string()) for name in _TEXTS),
    ("http.request.duration", pa.float64()),
    *((name, pa.int64()) for name in _WHOLE),
)
# Below this many lines a block that Arrow refuses is read one by one.
_FEW: Final = 64
# Between two records of an array. A key and its colon must follow: no string can hold such a text unescaped.
_BETWEEN: Final = re.compile(rb'\}\s*(?:,\s*)?(?=\{\s*"[^"\\]*"\s*:)')
# Begins a line of an access log.
_ACCESS: Final = re.compile(rb'^\S+ \S+ \S+ \[[^\]]+\] "')
_LONGEST_RECORD: Final = 64 << 20
_PORT: Final = r"^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]+)\](?::\d+)?$"


def distribution_json(path: Path, oddities: Oddities) -> Iterator[Work]:
    """Yield the requests of a log of CNCF Distribution in its JSON format (``log.formatter: json`` or ``logstash``)."""
    for block in whole_lines(path, oddities):
        yield partial(_objects, block)


def _objects(block: Block, oddities: Oddities) -> pa.Table:
    if block.data.startswith(b"{") and block.data.count(b"\n{") == len(block) - 1:
        table = _together(block.data)
        if table is not None and table.num_rows == len(block):
            return _asked(table, range(block.first, block.first + len(block)), block.file, oddities)
    own = [k for k, line in enumerate(block.lines) if line.startswith(b"{")]
    if len(own) < len(block.lines):
        strange = sorted(set(range(len(block.lines))) - set(own))
        _count_strange(block, strange, oddities)
    return _requests([block.lines[k] for k in own], [block.first + k for k in own], block.file, oddities)


def ibm_json(path: Path, oddities: Oddities) -> Iterator[Work]:
    """Yield the requests of one file of IBM's registry traces: a JSON array, or its records one a line.

    The places of oddities are numbers of records.
    """
    first = 1
    for records in _records(path, oddities):
        block = Block(b"\n".join(records), str(path), first)
        if not block.data.isascii():
            mend(block, oddities)
        oddities.lines += len(records)
        yield partial(_requests, block.lines, range(first, first + len(records)), str(path))
        first += len(records)


def _records(path: Path, oddities: Oddities) -> Iterator[list[bytes]]:
    """Yield the records of a JSON array some at a time, each on one line."""
    held, is_array = bytearray(), False
    is_first = True
    for piece in pieces(path, oddities):
        held += piece
        if len(held) < BLOCK_BYTES:
            continue
        if is_first:
            held, is_array, is_first = _opened(held)
        *whole, rest = _BETWEEN.split(held)
        if not whole and len(held) > _LONGEST_RECORD:
            msg = f"{path}: a record of more than 64 MiB; is this a log?"
            raise InputError(msg)
        held = bytearray(rest)
        yield [_one_line(record + b"}") for record in whole]
    if is_first:
        held, is_array, is_first = _opened(held)
    tail = bytes(held).rstrip(b"\0 \t\r\n")
    if is_array and not tail.endswith(b"]"):
        oddities.add("truncated", 1, str(path), why="the JSON array has no end")
    *whole, rest = _BETWEEN.split(tail.removesuffix(b"]"))
    records = [*(record + b"}" for record in whole), rest]
    yield [_one_line(record) for record in records if record.strip()]


def _opened(held: bytearray) -> tuple[bytearray, bool, bool]:
    """Take the bracket off, if there is one; a file that was cut at its start has none."""
    text = bytes(held).removeprefix(b"\xef\xbb\xbf").lstrip()
    return bytearray(text.removeprefix(b"[")), text.startswith(b"["), False


def _one_line(record: bytes | bytearray) -> bytes:
    """Line breaks stand between the keys of a record; inside its strings JSON has none."""
    return bytes(record).replace(b"\n", b" ").replace(b"\r", b" ").strip()


def _requests(lines: Sequence[bytes], numbers: Sequence[int], file: str, oddities: Oddities) -> pa.Table:
    table, kept = _parsed(lines, numbers, file, oddities)
    return _asked(table, kept, file, oddities)


def _asked(table: pa.Table, kept: Sequence[int], file: str, oddities: Oddities) -> pa.Table:
    """Requests among parsed records: those with a method, a path and a status."""
    asked = pc.and_(
        pc.and_(pc.is_valid(table["http.request.method"]), pc.is_valid(table["http.request.uri"])),
        pc.is_valid(table["http.response.status"]),
    )
    if not pc.all(asked, min_count=0).as_py():
        rows = pc.indices_nonzero(asked)
        oddities.add("foreign", table.num_rows - len(rows))
        table, kept = table.take(rows), [kept[k] for k in rows.to_pylist()]
    return checked(_renamed(table), oddities, lambda k: f"{file}:{kept[k]}")


def _parsed(
    lines: Sequence[bytes], numbers: Sequence[int], file: str, oddities: Oddities
) -> tuple[pa.Table, Sequence[int]]:
    """Parse lines together; where one of them is wrong, in halves, then one by one."""
    schema = pa.schema(_SCHEMA)
    if not lines:
        return schema.empty_table(), numbers
    if len(lines) > _FEW or len(lines) == 1:
        table = _together(b"\n".join(lines))
        if table is not None and table.num_rows == len(lines):
            return table, numbers
    if len(lines) <= _FEW:
        return _one_by_one(lines, numbers, file, oddities)
    middle = len(lines) // 2
    parts = [
        _parsed(half, which, file, oddities)
        for half, which in ((lines[:middle], numbers[:middle]), (lines[middle:], numbers[middle:]))
    ]
    return pa.concat_tables([part for part, _ in parts]), [n for _, kept in parts for n in kept]


def _together(data: bytes) -> pa.Table | None:
    """Parse lines together; None where one of them is wrong."""
    options = pa_json.ParseOptions(explicit_schema=pa.schema(_SCHEMA), unexpected_field_behavior="ignore")
    # Blocks are read on several threads already.
    size = pa_json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        return pa_json.read_json(pa.BufferReader(data), read_options=size, parse_options=options)
    except pa.ArrowInvalid:
        return None


def _one_by_one(
    lines: Sequence[bytes], numbers: Sequence[int], file: str, oddities: Oddities
) -> tuple[pa.Table, list[int]]:
    rows, kept = [], []
    for line, number in zip(lines, numbers, strict=True):
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            oddities.add("malformed", 1, f"{file}:{number}", why=str(error))
        else:
            kept.append(number)
    return pa.Table.from_pylist(rows, schema=pa.schema(_SCHEMA)), kept


def _row(record: object) -> dict[str, Any]:
    """Values of one record in the types of the schema."""
    if not isinstance(record, dict):
        msg = f"{type(record).__name__} instead of an object"
        raise TypeError(msg)
    row: dict[str, Any] = {name: str(record[name]) for name in _TEXTS if record.get(name) is not None}
    row |= {name: _whole(record[name]) for name in _WHOLE if record.get(name) not in {None, ""}}
    if record.get("http.request.duration") is not None:
        row["http.request.duration"] = float(record["http.request.duration"])
    return row


def _whole(value: Any) -> int:
    number = int(float(value))
    if abs(number) >= 1 << 62:
        msg = f"{value} is out of range"
        raise ValueError(msg)
    return number


def _renamed(table: pa.Table) -> pa.Table:
    """Columns of `LOG`, `uri` in place of what is taken from it."""
    instant = pc.coalesce(table["time"], table["@timestamp"], table["timestamp"])
    duration = table["http.request.duration"]
    if table["http.response.duration"].null_count < table.num_rows:
        duration = pc.coalesce(go_seconds(table["http.response.duration"].combine_chunks()), duration)
    return pa.table(
        {
            "time_ns": iso_ns(instant),
            "client": pc.replace_substring_regex(table["http.request.remoteaddr"], _PORT, r"\1\2"),
            "agent": table["http.request.useragent"],
            "method": pc.utf8_upper(table["http.request.method"]),
            "uri": table["http.request.uri"],
            "status": pc.if_else(
                pc.and_(
                    pc.greater_equal(table["http.response.status"], 0), pc.less(table["http.response.status"], 1000)
                ),
                table["http.response.status"],
                0,
            ),
            "bytes": table["http.response.written"],
            "duration_s": duration,
            "site": table["host"],
        }
    )


def _count_strange(block: Block, strange: Sequence[int], oddities: Oddities) -> None:
    """Lines that are no objects: Distribution writes an access log between them, and containers print what they like.

    What begins like neither is malformed.
    """
    bad = [k for k in strange if block.lines[k].strip() and not _ACCESS.match(block.lines[k])]
    oddities.add("foreign", len(strange) - len(bad))
    oddities.add("malformed", len(bad), *(block.place(k) for k in bad[:5]), why="no JSON object")
