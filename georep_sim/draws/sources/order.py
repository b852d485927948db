"""Rows put in the order of their instants, within a window: logs are written by many hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from georep_sim.draws.sources.oddities import Oddities


def ordered(chunks: Iterable[pa.Table], *, window_ns: int, oddities: Oddities) -> Iterator[pa.Table]:
    """Yield rows in the order of their instants as far as they stray no further than a window.

    Parameters
    ----------
    chunks : iterable of Table
        Tables `log`.
    window_ns : int
        Rows are held back until one so much later has been seen. A row that comes later still is counted as late and
        handed on at once, out of order, with its own instant.
    oddities : Oddities
        Told of rows whose instant lies before that of a row already read, and of late ones.

    Yields
    ------
    Table
        Rows of the table `log`; rows with equal instants stay in the order of the file.
    """
    held: pa.Table | None = None
    newest = given = np.iinfo(np.int64).min
    for chunk in chunks:
        if not chunk.num_rows:
            continue
        time_ns = chunk["time_ns"].to_numpy()
        before = np.maximum.accumulate(np.concatenate(([newest], time_ns)))[:-1]
        oddities.add("backwards", int(np.count_nonzero(time_ns < before)))
        oddities.add("late", int(np.count_nonzero(time_ns < given)))
        newest = max(newest, int(time_ns.max()))
        table = chunk if held is None else pa.concat_tables([held, chunk])
        table, time_ns = _sorted(table)
        ready = int(np.searchsorted(time_ns, newest - window_ns, side="right"))
        if ready:
            given = max(given, int(time_ns[ready - 1]))
            yield table.slice(0, ready)
        held = table.slice(ready)
    if held is not None and held.num_rows:
        yield held


def _sorted(table: pa.Table) -> tuple[pa.Table, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    time_ns = table["time_ns"].to_numpy()
    if np.all(time_ns[1:] >= time_ns[:-1]):
        return table, time_ns
    order = np.argsort(time_ns, kind="stable")
    return table.take(pa.array(order)), time_ns[order]
