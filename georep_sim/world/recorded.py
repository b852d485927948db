"""Rows as they are recorded: labelled with where they were seen, and with what they stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.tables import dtype_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.world.replica import Replica
    from georep_sim.world.strata import Window

# When what a row tells of came about; rows before their window are warm-up.
_SINCE: Final[Mapping[str, str]] = {"requests": "arrival_ns", "copies": "ack_ns", "losses": "time_ns"}


def labelled(name: str, rows: NDArray[Any], replica: Replica, number: int, window: Window) -> NDArray[Any]:
    """Copy of rows of a table with address and weight; the warm-up is left out, of copies kept at no weight.

    Parameters
    ----------
    name : str
        Table.
    rows : ndarray
        As a plane returns them.
    replica : Replica
        Where they were seen.
    number : int
        Number of the window.
    window : Window
        Whose weight they have.
    """
    rows = rows.copy()
    rows["replication"], rows["row"], rows["window"] = replica.replication, replica.row, number
    rows["weight"] = window.weight
    if name not in _SINCE:
        return rows
    early = rows[_SINCE[name]] < window.start_ns
    rows["weight"][early] = 0.0
    return rows if name == "copies" else rows[~early]


def window_row(replica: Replica, number: int, window: Window, *, full: bool) -> NDArray[Any]:
    """Row of the table windows, shape (1,)."""
    row = np.zeros(1, dtype=dtype_of("windows"))
    row["replication"], row["row"], row["window"] = replica.replication, replica.row, number
    row["weight"], row["start_ns"], row["end_ns"] = window.weight, window.start_ns, window.end_ns
    row["mended_ns"], row["full"] = window.mended_ns, full
    return row


def episode_rows(replica: Replica, everything: Window) -> list[NDArray[Any]]:
    """Rows that tell where, in the one window of full traffic, an episode was mended."""
    out = []
    for span in replica.spans:
        if span.episode >= 0 and (mended_ns := replica.episodes[span.episode].mended_ns) < span.end_ns:
            part = replace(everything, start_ns=span.start_ns, end_ns=span.end_ns, mended_ns=mended_ns)
            out.append(window_row(replica, 0, part, full=False))
    return out
