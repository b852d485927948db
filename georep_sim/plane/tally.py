"""Counts, sums and histograms of requests: what is left of a request when nobody asks for it alone.

A *cell* is one bin of latency of one kind of request: client group, operation, site, outcome, late or not, control
state. Everything counted in a cell is a whole number, so that tallies of parts merge exactly, in any order and however
nested. The reference plane's results go through `tally`; a compiled plane counts in cells of its own under `key_of` and
`histogram.bin_of`, and turns them into rows with `rows_of`. Both give the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from georep_sim.histogram import bins_of
from georep_sim.tables import NS_PER_S, ControlState, Operation, Outcome, dtype_of, empty

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: What is counted in a cell, in the order of the columns.
SUMS: Final = (
    "requests",
    "latency_ns",
    "connect_ns",
    "manifest_ns",
    "layers_ns",
    "retry_ns",
    "bytes",
    "attempts",
    "throttles",
)
#: What tells cells apart: where they were played, and what `key_of` packs, in its order.
WHERE: Final = ("replication", "row", "window", "weight")
KIND: Final = ("cohort", "operation", "site", "outcome", "is_late", "state")
_PHASES: Final = ("connect", "manifest", "layers", "retry")
_COPIED: Final = (*WHERE, "cohort", "operation", "site", "outcome", "bytes", "attempts", "throttles")
_OPERATIONS: Final = len(Operation)
_OUTCOMES: Final = len(Outcome)
# One more than there are, for *not known*.
_STATES: Final = len(ControlState) + 1


class ControlStates(NamedTuple):
    """What control is doing, as a step function of time.

    Parameters
    ----------
    start_ns : ndarray of int64, shape (n,)
        Increasing; from each instant on the state holds. Before the first nothing is known.
    state : ndarray of int8, shape (n,)
        `ControlState`.
    """

    start_ns: NDArray[np.int64]
    state: NDArray[np.int8]

    def at(self, time_ns: NDArray[np.int64]) -> NDArray[np.int8]:
        """State at instants, -1 where it is not known."""
        k = np.searchsorted(self.start_ns, time_ns, side="right")
        return np.concatenate((np.array([-1], dtype=np.int8), self.state))[k]


def unknown_states() -> ControlStates:
    """For requests of which only their own log is known."""
    return ControlStates(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int8))


def key_of(cohort: int, operation: int, site: int, outcome: int, is_late: int, state: int, n_sites: int) -> int:
    """Number of a kind of request, from 0 and without gaps.

    Parameters
    ----------
    cohort, operation, outcome : int
        Index, `Operation`, `Outcome`.
    site : int
        Site that answered last, -1 = none.
    is_late : int
        1 if it took longer than its deadline, else 0.
    state : int
        `ControlState` at the arrival, -1 = not known.
    n_sites : int
        Sites of the design.

    Returns
    -------
    int
        Less than ``n_keys(n_cohorts, n_sites)``; in the order of the rows of the table.

    Notes
    -----
    Whole-number arithmetic on scalars and nothing else: a compiled plane compiles this very text.
    """
    key = cohort * _OPERATIONS + operation
    key = key * (n_sites + 1) + site + 1
    key = key * _OUTCOMES + outcome
    key = key * 2 + is_late
    return key * _STATES + state + 1


def n_keys(n_cohorts: int, n_sites: int) -> int:
    """Number of kinds of request that there can be."""
    return n_cohorts * _OPERATIONS * (n_sites + 1) * _OUTCOMES * 2 * _STATES


def kinds_of(keys: NDArray[np.int64], *, n_sites: int) -> dict[str, NDArray[np.int64]]:
    """Columns of the table by name, from what `key_of` packed.

    Parameters
    ----------
    keys : ndarray of int64, shape (n,)
        From `key_of`.
    n_sites : int
        As given there.
    """
    out = {}
    left = keys
    for name, size, first in (
        ("state", _STATES, -1),
        ("is_late", 2, 0),
        ("outcome", _OUTCOMES, 0),
        ("site", n_sites + 1, -1),
        ("operation", _OPERATIONS, 0),
    ):
        left, digit = np.divmod(left, size)
        out[name] = digit + first
    return out | {"cohort": left}


def rows_of(keys: NDArray[np.int64], bins: NDArray[np.int64], sums: NDArray[np.int64], *, n_sites: int) -> NDArray[Any]:
    """Rows of the table `tallies` from the cells of a plane's counters.

    Parameters
    ----------
    keys, bins : ndarray of int64, shape (n,)
        Kind of request and bin of latency of each cell. A cell may come more than once: its counts are added.
    sums : ndarray of int64, shape (n, 9)
        What was counted in each cell, in the order of `SUMS`.
    n_sites : int
        As given to `key_of`.

    Returns
    -------
    ndarray
        Replication, row, weight and window are left 0, as in all that a plane returns. Empty cells are left out.
    """
    rows = empty("tallies", len(keys))
    for name, column in kinds_of(keys, n_sites=n_sites).items():
        rows[name] = column
    rows["bin"] = bins
    for k, name in enumerate(SUMS):
        rows[name] = sums[:, k]
    return merge([rows[rows["requests"] > 0]])


def tally(requests: NDArray[Any], *, cohorts: NDArray[Any], states: ControlStates) -> NDArray[Any]:
    """Count requests: the definition of what every plane counts.

    Parameters
    ----------
    requests : ndarray
        Rows of the table `requests`, of any replications and windows.
    cohorts : ndarray, shape (n_cohorts,)
        `Wire.cohorts`, of which the deadlines are read.
    states : ControlStates
        What control was doing in the replication of the requests.

    Returns
    -------
    ndarray
        Rows of the table `tallies`, sorted by their columns from replication to bin.

    Notes
    -----
    Bytes are rounded for each request: an exchange cut off in the middle may have moved part of a byte. The
    phases' seconds are whole nanoseconds, which rounding brings back (for phases shorter than 26 days).
    """
    latency_ns = requests["end_ns"] - requests["arrival_ns"]
    is_pull = requests["operation"] == Operation.PULL
    mine = cohorts[requests["cohort"]]
    rows = empty("tallies", len(requests))
    for name in _COPIED:
        rows[name] = np.rint(requests[name]) if name == "bytes" else requests[name]
    rows["is_late"] = latency_ns > np.where(is_pull, mine["deadline_pull_ns"], mine["deadline_push_ns"])
    rows["state"] = states.at(requests["arrival_ns"])
    rows["bin"] = bins_of(latency_ns)
    rows["requests"], rows["latency_ns"] = 1, latency_ns
    for phase in _PHASES:
        rows[f"{phase}_ns"] = np.rint(requests[f"{phase}_s"] * NS_PER_S)
    return merge([rows])


def merge(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Tallies of everything that was counted in any of the parts.

    Parameters
    ----------
    parts : iterable of ndarray
        Rows of the table `tallies`. What was played with another weight, or elsewhere, stays apart.

    Returns
    -------
    ndarray
        One row per cell, sorted by its columns; the same for any order and any nesting of the parts.
    """
    rows = np.concatenate([np.zeros(0, dtype=dtype_of("tallies")), *parts])
    if not len(rows):
        return rows
    names = (*WHERE, *KIND, "bin")
    rows = rows[np.lexsort([rows[name] for name in reversed(names)])]
    is_first = np.zeros(len(rows), dtype=np.bool_)
    is_first[0] = True
    for name in names:
        is_first[1:] |= rows[name][1:] != rows[name][:-1]
    starts = np.flatnonzero(is_first)
    out = rows[starts]
    for name in SUMS:
        out[name] = np.add.reduceat(rows[name], starts)
    return out
