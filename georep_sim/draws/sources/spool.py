"""Pulls and pushes of a log on disk, in order of time, so that any window of them can be read alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.curves import HOUR_S
from georep_sim.draws.sources.groups import ClientGroups
from georep_sim.draws.sources.sessions import WINDOW_S, Sessions
from georep_sim.errors import InputError
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.draws.sources.log import Log

_HOUR_NS: Final = HOUR_S * NS_PER_S
_COLUMNS: Final = {"time_ns": "i8", "cohort": "i4", "operation": "i1", "k": "i4"}
_BLOCK: Final = 1 << 20
_FACTS: Final = "facts.json"


@dataclass(frozen=True)
class Spool:
    """Pulls and pushes of a log by time; the columns are memory-mapped, hence not held.

    Parameters
    ----------
    cohorts : tuple of str, length n_cohorts
        Client groups.
    time_ns : ndarray of int64, shape (n,)
        Arrivals, UTC, increasing.
    cohort : ndarray of int32, shape (n,)
        Index of the client group.
    operation : ndarray of int8, shape (n,)
        `Operation`.
    k : ndarray of int32, shape (n,)
        Place in the order within the UTC hour, of one group and operation.
    by_hour : ndarray of int64, shape (n_hours, n_cohorts, 2)
        Number by UTC hour, from `first_hour` on.
    first_hour : int
        Hours since 1970, UTC.
    start_ns, end_ns : int
        What the log covers, UTC.
    sentences : tuple of str
        What was odd, and what was left out.
    """

    cohorts: tuple[str, ...]
    time_ns: NDArray[np.int64]
    cohort: NDArray[np.int32]
    operation: NDArray[np.int8]
    k: NDArray[np.int32]
    by_hour: NDArray[np.int64]
    first_hour: int
    start_ns: int
    end_ns: int
    sentences: tuple[str, ...] = ()

    @cached_property
    def before_hour(self) -> NDArray[np.int64]:
        """Number before each hour, shape (n_hours + 1, n_cohorts, 2); the last row counts all."""
        return np.concatenate((np.zeros_like(self.by_hour[:1]), np.cumsum(self.by_hour, axis=0)))

    def count(self, cohort: int, operation: int, low_ns: int, high_ns: int) -> int:
        """Return how many of one group and operation come from one instant to before another, UTC."""
        return self._before(cohort, operation, high_ns) - self._before(cohort, operation, low_ns)

    def _before(self, cohort: int, operation: int, time_ns: int) -> int:
        """Number before an instant: of the hours before, and of that hour's rows those before it."""
        hour = time_ns // _HOUR_NS - self.first_hour
        if not 0 <= hour < len(self.by_hour):
            return int(self.before_hour[0 if hour < 0 else -1, cohort, operation])
        low, high = np.searchsorted(self.time_ns, [time_ns // _HOUR_NS * _HOUR_NS, time_ns])
        mine = (self.cohort[low:high] == cohort) & (self.operation[low:high] == operation)
        return int(self.before_hour[hour, cohort, operation]) + int(np.count_nonzero(mine))


def spool_trace(log: Log, clients: Mapping[str, str], *, folder: Path, window_s: float = WINDOW_S) -> Spool:
    """Read a log once and put its pulls and pushes into a folder.

    Parameters
    ----------
    log : Log
        From `open_log`.
    clients : mapping of str to str
        Range of addresses, or ``else``, to client group.
    folder : Path
        Where the columns go, 17 bytes for each pull or push; it must stay as long as the spool is used. `open_spool`
        reads it again, from any process.
    window_s : float, default 60
        A pause that ends a pull or push.

    Notes
    -----
    All that were asked for are kept, those that failed too: a client that meets an error has asked all the same.
    Held in memory are sessions under way and counts by hour; where late rows leave the order broken, 16 bytes for each
    pull or push while they are sorted.

    Raises
    ------
    InputError
        If there is no pull and no push of a client group in the log.
    """
    sessions, groups = Sessions(log, window_s=window_s), ClientGroups(clients)
    ungrouped = 0
    with (
        (folder / "time_ns").open("wb") as times,
        (folder / "cohort").open("wb") as cohorts,
        (folder / "operation").open("wb") as operations,
    ):
        for rows in _by_arrival(sessions):
            cohort = groups.numbers(sessions.clients)[rows["client"]]
            mine = cohort >= 0
            ungrouped += int(np.count_nonzero(~mine))
            times.write(rows["arrival_ns"][mine].tobytes())
            cohorts.write(cohort[mine].astype(np.int32).tobytes())
            operations.write(rows["operation"][mine].astype(np.int8).tobytes())
        n = times.tell() // 8
    if not n:
        msg = f"{log.files[0]}: no pull and no push of a client group ({ungrouped:,} of clients without one)"
        raise InputError("; ".join([msg, *sessions.reading.oddities.sentences()]))
    column = {
        name: np.memmap(folder / name, dtype=_COLUMNS[name], mode="r+", shape=(n,)) for name in list(_COLUMNS)[:3]
    }
    _sort(column)
    column["k"] = np.memmap(folder / "k", dtype=np.int32, mode="w+", shape=(n,))
    first_hour = int(column["time_ns"][0]) // _HOUR_NS
    by_hour = np.zeros((int(column["time_ns"][-1]) // _HOUR_NS - first_hour + 1, len(groups.names), 2), dtype=np.int64)
    _number(column, by_hour, first_hour)
    for array in column.values():
        array.flush()
    np.save(folder / "by_hour.npy", by_hour)
    left_out = (f"{ungrouped:,} pulls and pushes left out: their client is in no group",) if ungrouped else ()
    facts = {
        "cohorts": groups.names,
        "first_hour": first_hour,
        "start_ns": sessions.start_ns,
        "end_ns": sessions.end_ns,
        "sentences": (*left_out, *sessions.reading.oddities.sentences()),
    }
    (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return open_spool(str(folder))


@lru_cache(maxsize=16)
def open_spool(folder: str) -> Spool:
    """Return what `spool_trace` put into a folder; the same object each time.

    Parameters
    ----------
    folder : str
        Where it lies; never the folder of another log later.
    """
    place = Path(folder)
    facts = json.loads((place / _FACTS).read_text(encoding="utf-8"))
    facts |= {name: tuple(facts[name]) for name in ("cohorts", "sentences")}
    # Plain arrays over the mapped files: a memmap costs twice as much at every slice.
    columns: dict[str, Any] = {
        name: np.asarray(np.memmap(place / name, dtype=kind, mode="r")) for name, kind in _COLUMNS.items()
    }
    return Spool(**facts, **columns, by_hour=np.load(place / "by_hour.npy"))


def _by_arrival(sessions: Sessions) -> Iterator[NDArray[Any]]:
    """Yield sessions by arrival: each is held back while one that came before it may still be open."""
    held: NDArray[Any] | None = None
    for rows in sessions:
        held = rows if held is None else np.concatenate((held, rows))
        held = held[np.argsort(held["arrival_ns"], kind="stable")]
        ready = int(np.searchsorted(held["arrival_ns"], sessions.open_since_ns))
        yield held[:ready]
        held = held[ready:]
    if held is not None:
        yield held


def _sort(column: dict[str, Any]) -> None:
    time_ns = column["time_ns"]
    starts = range(0, len(time_ns), _BLOCK)
    if all(np.all(np.diff(time_ns[at : at + _BLOCK + 1]) >= 0) for at in starts):
        return
    order = np.argsort(time_ns, kind="stable")
    for array in column.values():
        array[:] = array[order]


def _number(column: dict[str, Any], by_hour: NDArray[np.int64], first_hour: int) -> None:
    """Fill in `k` and the counts by hour, block by block."""
    for at in range(0, len(column["time_ns"]), _BLOCK):
        part = slice(at, at + _BLOCK)
        hour = column["time_ns"][part] // _HOUR_NS - first_hour
        kind = np.ravel_multi_index((hour, column["cohort"][part], column["operation"][part]), by_hour.shape)
        order = np.argsort(kind, kind="stable")
        ranked = kind[order]
        starts = np.searchsorted(ranked, ranked)
        k = np.empty(len(kind), dtype=np.int64)
        k[order] = np.arange(len(kind)) - starts
        # What an earlier block held of the same hour comes first.
        column["k"][part] = k + by_hour.ravel()[kind]
        by_hour += np.bincount(kind, minlength=by_hour.size).reshape(by_hour.shape)
