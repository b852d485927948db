"""Logs of real registries: find the format, read the files, in chunks and in constant memory."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from georep_sim.draws.sources.files import log_files, pieces
from georep_sim.draws.sources.json_records import distribution_json, ibm_json
from georep_sim.draws.sources.log_table import FORMATS, Format, Stamp
from georep_sim.draws.sources.named_columns import COLUMNS, named_columns
from georep_sim.draws.sources.oddities import Oddities
from georep_sim.draws.sources.order import ordered
from georep_sim.draws.sources.text_lines import COMBINED, distribution_text, nginx_combined
from georep_sim.errors import InputError
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from georep_sim.draws.sources.files import Work

#: Rows are put in order within this time; records of IBM's files come in no order (traces' README).
WINDOW_S: Final[Mapping[Format, float]] = dict.fromkeys(FORMATS, 10.0) | {"ibm-json": 600.0}
_SAMPLE_LINES: Final = 50
_THREADS: Final = 4


@dataclass(frozen=True)
class Log:
    """A log to be read, as often as wanted; nothing of it is held.

    Parameters
    ----------
    files : tuple of Path
        Read one after the other.
    format : Format
        Of every file.
    strict : bool
        Whether the first fault is an error.
    window_s : float
        Rows are put in order within this time.
    stamped : {"start", "end"}
        Which end of a request its instant stands for.
    columns : mapping of str to str
        Of a CSV file: names of its columns, by ours.
    """

    files: tuple[Path, ...]
    format: Format
    strict: bool = False
    window_s: float = 10.0
    stamped: Stamp = "end"
    columns: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> Reading:
        """Begin to read; iterate over the result for chunks of the table `log`."""
        return Reading(self, Oddities(strict=self.strict))


@dataclass
class Reading:
    """One pass over a log.

    Parameters
    ----------
    log : Log
        What is read.
    oddities : Oddities
        What was odd up to the chunk handed out last.
    """

    log: Log
    oddities: Oddities

    def __iter__(self) -> Iterator[pa.Table]:
        readers: dict[Format, Callable[[Path, Oddities], Iterator[Work]]] = {
            "ibm-json": ibm_json,
            "distribution-json": distribution_json,
            "distribution-text": distribution_text,
            "nginx-combined": nginx_combined,
            "csv": partial(named_columns, columns=self.log.columns),
        }
        read = readers[self.log.format]
        work = chain.from_iterable(read(path, self.oddities) for path in self.log.files)
        chunks = in_order(work, self.oddities)
        yield from ordered(chunks, window_ns=round(self.log.window_s * NS_PER_S), oddities=self.oddities)


def in_order(work: Iterable[Work], oddities: Oddities) -> Iterator[pa.Table]:
    """Parse blocks on a few threads, and hand the tables out in the order of the blocks.

    Arrow parses without Python's lock. No more blocks are read ahead than there are threads.
    """
    threads = min(_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[Future[pa.Table], Oddities]] = deque()
        try:
            for one in work:
                own = Oddities(strict=oddities.strict)
                ahead.append((pool.submit(one, own), own))
                if len(ahead) > threads:
                    yield _next(ahead, oddities)
            while ahead:
                yield _next(ahead, oddities)
        finally:
            for future, _ in ahead:
                future.cancel()


def _next(ahead: deque[tuple[Future[pa.Table], Oddities]], oddities: Oddities) -> pa.Table:
    future, own = ahead.popleft()
    table = future.result()
    oddities.take(own)
    return table


def open_log(
    files: str | Path | Iterable[str | Path],
    *,
    format: str | None = None,
    strict: bool = False,
    window_s: float | None = None,
    stamped: Stamp | None = None,
    columns: Mapping[str, str] | None = None,
) -> Log:
    """Find a log's files and its format.

    Parameters
    ----------
    files : path, glob, or iterable of them
        Plain, gzip or zstd; a glob is read in the order of names.
    format : str, optional
        One of `FORMATS`. Found out from the first file's first lines by default.
    strict : bool, default False
        Make the first fault an error.
    window_s : float, optional
        Rows are put in order within this time: 10 s, of IBM's traces 600 s.
    stamped : {"start", "end"}, optional
        Which end of a request its instant stands for. By default the end, for nginx and Distribution write a line when
        they have answered; the start for IBM's traces, whose player sends requests at these instants.
    columns : mapping of str to str, optional
        Of a CSV file: names of its columns, by ours.

    Raises
    ------
    InputError
        If there is no such file, or no format that it is in.
    """
    found = log_files(files)
    unknown = sorted(set(columns or {}) - set(COLUMNS))
    if unknown:
        msg = f"no column {', '.join(unknown)}; there are {', '.join(COLUMNS)}"
        raise InputError(msg)
    kind = next((known for known in FORMATS if known == format), None)
    if format is not None and kind is None:
        msg = f"no log format {format!r}; there are {', '.join(FORMATS)}"
        raise InputError(msg)
    kind = kind or detected(found[0], columns=columns or {})
    return Log(
        files=found,
        format=kind,
        strict=strict,
        window_s=WINDOW_S[kind] if window_s is None else window_s,
        stamped=stamped or ("start" if kind == "ibm-json" else "end"),
        columns=dict(columns or {}),
    )


def detected(path: Path, *, columns: Mapping[str, str]) -> Format:
    """Return the format of a file, from its first 50 lines.

    Raises
    ------
    InputError
        If it is none of `FORMATS`; shows the first line.
    """
    head = b"".join(_head(path)).removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    lines = [line for line in head.splitlines()[:_SAMPLE_LINES] if line.strip()]
    if not lines:
        msg = f"{path}: nothing in it"
        raise InputError(msg)
    tests: Mapping[Format, str] = {
        "ibm-json": r'^\s*\[\s*(\{|$)|^\{.*"http\.request\.duration"',
        "distribution-json": r"^\{",
        "distribution-text": r'^time="?\d{4}-\S+ (level|msg)=',
        "nginx-combined": COMBINED,
    }
    for name, pattern in tests.items():
        # Either may open with lines of another kind: greetings, an access log in between.
        if any(re.search(pattern, line) for line in (lines[:1] if name == "ibm-json" else lines)):
            return name
    words = {word.strip().strip('"') for word in lines[0].split(",")}
    if {columns.get("time", "time"), columns.get("client", "client")} <= words:
        return "csv"
    msg = (
        f"{path}: no log format that is known; the first line is {lines[0][:120]!r}. Known are {', '.join(FORMATS)} "
        "(csv: the first line names the columns time, client, method, uri, …)"
    )
    raise InputError(msg)


def _head(path: Path) -> Iterator[bytes]:
    length = 0
    for piece in pieces(path, Oddities()):
        yield piece
        length += len(piece)
        if length >= 1 << 16:
            return
