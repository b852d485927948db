"""What every reader does with the rows it has parsed: leave out those without an instant, right what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from georep_sim.draws.sources.log_table import log_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from georep_sim.draws.sources.oddities import Oddities


def checked(raw: pa.Table, oddities: Oddities, place: Callable[[int], str]) -> pa.Table:
    """Return the table `log` of parsed rows.

    Parameters
    ----------
    raw : Table
        As for `log_table`; an instant may be null.
    oddities : Oddities
        Told of rows without an instant, and of negative sizes and durations.
    place : callable
        Place of the k-th row.
    """
    timeless = _where(pc.is_null(raw["time_ns"]))
    if len(timeless):
        oddities.add("malformed", len(timeless), *_first(timeless, place), why="no instant")
        kept = np.setdiff1d(np.arange(raw.num_rows), timeless)
        raw, rows = raw.take(pa.array(kept)), kept
    else:
        rows = np.arange(raw.num_rows)
    table = log_table(raw)
    for name, kind, instead in (("bytes", "negative_bytes", 0), ("duration_s", "negative_durations", float("nan"))):
        negative = pc.less(table[name], 0)
        found = _where(negative)
        if len(found):
            oddities.add(kind, len(found), *_first(rows[found], place))
            column = pc.if_else(negative, pa.scalar(instead, table[name].type), table[name])
            table = table.set_column(table.column_names.index(name), name, column)
    oddities.requests += table.num_rows
    return table


def _where(mask: Any) -> NDArray[np.int64]:
    return np.flatnonzero(mask.to_numpy())


def _first(rows: NDArray[np.int64] | Sequence[int], place: Callable[[int], str]) -> list[str]:
    return [place(int(k)) for k in rows[:5]]
