"""Requests in a CSV file whose first line names the columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from georep_sim.draws.sources.checked import checked
from georep_sim.draws.sources.files import Block, whole_lines
from georep_sim.draws.sources.instants import iso_ns, numbers
from georep_sim.draws.sources.log_table import Kind, log_schema
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from georep_sim.draws.sources.files import Work
    from georep_sim.draws.sources.oddities import Oddities

#: Columns that are read, in the words of `LOG`; `uri` stands for kind, repository and reference.
COLUMNS: Final = (
    *("time", "client", "agent", "method", "uri", "kind", "repository", "reference"),
    *("status", "bytes", "duration_s", "site"),
)
_REQUIRED: Final = ("time", "client", "method")
_KINDS: Final = {kind.name.lower(): kind for kind in Kind}


def named_columns(path: Path, oddities: Oddities, *, columns: Mapping[str, str]) -> Iterator[Work]:
    """Yield the requests of a CSV file.

    Parameters
    ----------
    path : Path
        The file; its first line names the columns.
    oddities : Oddities
        Told of what is odd.
    columns : mapping of str to str
        Name in the file of each of `COLUMNS`, where it is another one. ``time`` is ISO 8601, UTC where it has no
        offset, or seconds or milliseconds since 1970; ``kind`` a name of `Kind`, in lower case.

    Raises
    ------
    InputError
        If a column that is needed is missing.
    """
    names: list[str] = []
    for block in whole_lines(path, oddities):
        if names:
            yield partial(_block, block, 0, names)
        else:
            names = _header(block.lines[0], path, columns)
            yield partial(_block, block, 1, names)


def _block(block: Block, first: int, names: Sequence[str], oddities: Oddities) -> pa.Table:
    lines = block.lines
    # A quote without its partner would swallow the lines that follow.
    odd = [k for k in range(first, len(lines)) if lines[k].count(b'"') & 1]
    oddities.add("malformed", len(odd), *(block.place(k) for k in odd[:5]), why="a quote is not closed")
    without = set(odd)
    rows = [k for k in range(first, len(lines)) if lines[k].strip() and k not in without]
    return _rows(block, rows, names, oddities) if rows else log_schema().empty_table()


def _header(line: bytes, path: Path, columns: Mapping[str, str]) -> list[str]:
    """Names of the columns, in our words; empty for one that is not read."""
    ours = {columns.get(name, name): name for name in COLUMNS}
    written = [word.strip().strip('"') for word in line.decode().split(",")]
    names = [ours.get(word, "") for word in written]
    missing = [name for name in _REQUIRED if name not in names]
    if "uri" not in names and not {"kind", "repository"} <= set(names):
        missing.append("uri (or kind and repository)")
    if missing:
        msg = (
            f"{path}:1: no column {', '.join(missing)}; there are {', '.join(written)}. Name the columns as "
            f"{', '.join(COLUMNS)}, or say which is which, for example columns={{'time': 'ts'}}"
        )
        raise InputError(msg)
    return names


def _rows(block: Block, rows: Sequence[int], names: Sequence[str], oddities: Oddities) -> pa.Table:
    bad: list[int] = []

    def skip(row: Any) -> str:
        bad.append(row.number - 1)
        return "skip"

    texts = [name or f"unread{k}" for k, name in enumerate(names)]
    data = b"\n".join(block.lines[k] for k in rows)
    table = pa_csv.read_csv(
        pa.BufferReader(data),
        # One thread: then the handler is told the number of a row.
        read_options=pa_csv.ReadOptions(column_names=texts, use_threads=False, block_size=len(data) + 1),
        parse_options=pa_csv.ParseOptions(invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(texts, pa.string()),
            strings_can_be_null=False,
            include_columns=[name for name in names if name],
        ),
    )
    oddities.add("malformed", len(bad), *(block.place(rows[k]) for k in bad[:5]), why=f"not {len(names)} columns")
    kept = np.delete(np.array(rows), bad)
    return checked(_typed(table), oddities, lambda k: block.place(int(kept[k])))


def _typed(table: pa.Table) -> pa.Table:
    text = {name: table[name].combine_chunks() for name in table.column_names}
    empty = pa.array([""] * table.num_rows, type=pa.string())
    columns: dict[str, Any] = {name: text.get(name, empty) for name in ("client", "agent", "site")}
    columns["time_ns"] = iso_ns(text["time"])
    columns["method"] = pc.utf8_upper(text["method"])
    columns["status"] = numbers(text.get("status", empty), pa.int64())
    columns["bytes"] = numbers(text.get("bytes", empty), pa.int64())
    columns["duration_s"] = numbers(text.get("duration_s", empty), pa.float64())
    if "uri" in text:
        return pa.table(columns | {"uri": text["uri"]})
    coded = pc.dictionary_encode(text["kind"])
    kinds = pa.array([_KINDS.get((word or "").lower(), Kind.OTHER) for word in coded.dictionary.to_pylist()], pa.int8())
    columns |= {"kind": pc.take(kinds, coded.indices), "repository": text["repository"]}
    return pa.table(columns | {"reference": text.get("reference", empty)})
