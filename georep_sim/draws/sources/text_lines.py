"""Requests written as text: nginx's combined log format, and CNCF Distribution's text format (logfmt)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from georep_sim.draws.sources.checked import checked
from georep_sim.draws.sources.files import whole_lines
from georep_sim.draws.sources.instants import common_log_ns, go_seconds, iso_ns, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from georep_sim.draws.sources.files import Block, Work
    from georep_sim.draws.sources.oddities import Oddities

#: nginx's "combined" (ngx_http_log_module, log_format), and what a site may have put behind it.
COMBINED: Final = (
    r'^(?P<client>\S+) \S+ .*?\[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<uri>\S+)[^"]*" '
    r'(?P<status>\d{3}) (?P<bytes>-?\d+|-) "[^"]*" "(?P<agent>[^"]*)"(?P<rest>.*)$'
)
# $request_time, seconds with milliseconds, bare or named or quoted; then $upstream_addr, if any.
_REST: Final = r'^\s+"?(?:[a-z_]+[=:])?"?(?P<took>-?\d+\.\d+)"?(?:\s+"?(?:[a-z_]+[=:])?"?(?P<site>[^"\s]+))?'
_VALUE: Final = r'=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^"\s]\S*))'
_PORT: Final = r"^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]+)\](?::\d+)?$"
# Columns of `LOG` or what they are made from, by Distribution's key.
_FIELDS: Final = {
    "time_ns": "time",
    "client": "http.request.remoteaddr",
    "agent": "http.request.useragent",
    "method": "http.request.method",
    "uri": "http.request.uri",
    "status": "http.response.status",
    "bytes": "http.response.written",
    "duration_s": "http.response.duration",
}


def nginx_combined(path: Path, oddities: Oddities) -> Iterator[Work]:
    """Yield the requests of an access log in nginx's combined format.

    A decimal number behind the user agent is the request's time in seconds, the word after it the upstream.
    """
    for block in whole_lines(path, oddities):
        yield partial(_combined, block)


def _combined(block: Block, oddities: Oddities) -> pa.Table:
    parts = pc.extract_regex(pa.array(block.lines, type=pa.string()), COMBINED)
    rows = _matched(parts, block, oddities)
    if len(rows) < len(parts):
        parts = parts.take(pa.array(rows))
    field = {name: pc.struct_field(parts, name) for name in ("client", "time", "method", "uri", "agent", "rest")}
    columns: dict[str, Any] = {name: field[name] for name in ("client", "method", "uri", "agent")}
    columns["time_ns"] = common_log_ns(field["time"])
    columns["status"] = numbers(pc.struct_field(parts, "status"), pa.int64())
    columns["bytes"] = numbers(pc.struct_field(parts, "bytes"), pa.int64())
    if pc.any(pc.not_equal(field["rest"], "")).as_py():
        rest = pc.extract_regex(field["rest"], _REST)
        columns["duration_s"] = numbers(pc.fill_null(pc.struct_field(rest, "took"), ""), pa.float64())
        columns["site"] = pc.struct_field(rest, "site")
    return checked(pa.table(columns), oddities, lambda k: block.place(int(rows[k])))


def _matched(parts: pa.StructArray, block: Block, oddities: Oddities) -> NDArray[np.int64]:
    """Rows that matched; the others are counted as malformed, empty ones not at all."""
    valid = np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False), dtype=np.bool_)
    bad = [k for k in np.flatnonzero(~valid).tolist() if block.lines[k].strip()]
    oddities.add("malformed", len(bad), *(block.place(k) for k in bad[:5]), why="not in the combined log format")
    return np.flatnonzero(valid)


def distribution_text(path: Path, oddities: Oddities) -> Iterator[Work]:
    """Yield the requests of a log of CNCF Distribution in its text format.

    Only lines with a status are requests.
    """
    for block in whole_lines(path, oddities):
        yield partial(_logfmt, block)


def _logfmt(block: Block, oddities: Oddities) -> pa.Table:
    bad = [
        k for k, line in enumerate(block.lines) if not line.startswith(b"time=") and line.strip() and b'] "' not in line
    ]
    oddities.add("malformed", len(bad), *(block.place(k) for k in bad[:5]), why="no instant")
    status = b" http.response.status="
    rows = [k for k, line in enumerate(block.lines) if status in line and line.startswith(b"time=")]
    oddities.add("foreign", len(block.lines) - len(rows) - len(bad))
    lines = pa.array([block.lines[k] for k in rows], type=pa.string())
    found = {name: _value(lines, key) for name, key in _FIELDS.items()}
    columns: dict[str, Any] = {name: found[name] for name in ("agent", "uri")}
    columns["client"] = pc.replace_substring_regex(found["client"], _PORT, r"\1\2")
    columns["method"] = pc.utf8_upper(found["method"])
    columns["time_ns"] = iso_ns(found["time_ns"])
    columns["status"] = numbers(found["status"], pa.int64())
    columns["bytes"] = numbers(found["bytes"], pa.int64())
    columns["duration_s"] = go_seconds(found["duration_s"])
    return checked(pa.table(columns), oddities, lambda k: block.place(rows[k]))


def _value(lines: pa.Array, key: str) -> pa.Array:
    """Value of a key in each line; empty where it is not there. A backslash in quotes hides nothing we read."""
    parts = pc.extract_regex(lines, r"(?:^|\s)" + key.replace(".", r"\.") + _VALUE)
    quoted, bare = (pc.fill_null(pc.struct_field(parts, name), "") for name in ("quoted", "bare"))
    return pc.if_else(pc.equal(quoted, ""), bare, quoted)
