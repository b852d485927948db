"""Replication lag and backlog of copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.measures.estimand import BASE, Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.plays import are_copies_whole, by_window, not_estimated
from georep_sim.tables import NS_PER_S, CopyStatus, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_PROMISE_S = 15.0 * 60.0
_DRAIN_LEVEL = 0.95


def replication_lag(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Time from acknowledgement to durable at the destination; copies not done count as late for ever.

    Yields
    ------
    Pool, Ratio
        Quantiles in s, and the share within 15 minutes, by destination and over all.
    """
    del case, design
    table = recording.tables["copies"]
    clusters = recording.clusters["traffic"]
    sites = recording.topology.sites
    for destination in (-1, *sorted({d for _, d in recording.topology.edges})):
        rows = table if destination < 0 else table[table["destination"] == destination]
        if not len(rows):
            continue
        done = rows["status"] == CopyStatus.DONE
        lag_s = np.where(done, (rows["done_ns"] - rows["ack_ns"]) / NS_PER_S, np.inf)
        part = "" if destination < 0 else sites[destination]
        keys = {s: Key("replication_lag", s, "s", part=part) for s in ("p50", "p95", "p99")}
        yield Pool(keys, lag_s, rows["weight"], rows["row"].astype(np.int64), rows["replication"].astype(np.int64))
        late = (lag_s > _PROMISE_S).astype(np.float64)
        unweighted = rows.copy()
        unweighted["weight"] = 1.0
        yield Ratio(
            key=Key("replication_lag", "within_15min", "1", part=part),
            numerator=totals(rows, late, clusters),
            denominator=totals(rows, np.ones(len(rows)), clusters),
            events=totals(unweighted, late, clusters),
            complement=True,
            trials=float(len(rows)),
        )


def backlog(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Bytes acknowledged and not yet copied: the horizon's largest, and the time to drain after a fault.

    `max_bytes` is the mean over replications of the largest in the horizon, and `drain_time_p95` runs from the end of
    the last fault until every copy acknowledged before it is done. Either is a number only if all that it may
    depend on was played.

    Yields
    ------
    Ratio, Pool, Known
    """
    del case, design
    copies = recording.tables["copies"]
    is_whole = are_copies_whole(recording)
    for destination in sorted({d for _, d in recording.topology.edges}):
        rows = copies[copies["destination"] == destination]
        if not len(rows):
            continue
        site = recording.topology.sites[destination]
        key = Key("backlog", "max_bytes", "B", part=site)
        yield Ratio(key, {BASE: _largest(recording, rows)}) if is_whole else not_estimated(key)
        yield from _drains(recording, rows, Key("backlog", "drain_time_p95", "s", part=site))


def _largest(recording: Recording, copies: NDArray[Any]) -> NDArray[np.float64]:
    """Largest backlog of each replication as it falls."""
    windows = recording.tables["windows"]
    windows = windows[windows["full"] & (windows["row"] == BASE)]
    largest = np.zeros(recording.clusters["traffic"].get(BASE, 0))
    for window, mine in zip(windows, by_window(copies, windows), strict=True):
        k = window["replication"]
        largest[k] = max(largest[k], peak_bytes(mine, until_ns=int(window["end_ns"])))
    return largest


def _drains(recording: Recording, copies: NDArray[Any], key: Key) -> Iterator[Estimand]:
    """Time from the end of each episode's last fault until what was acknowledged before is copied.

    An episode that was not played to the end of its backlog drained later than was seen: infinitely late, which leaves
    the quantile a number as long as few are.
    """
    windows = recording.tables["windows"]
    windows = windows[windows["mended_ns"] != -1]
    pairs = list(zip(windows, by_window(copies, windows), strict=True))
    drains = [
        (
            _drain_s(mine, int(window["mended_ns"])) if window["mended_ns"] >= 0 else np.inf,
            window["weight"],
            window["row"],
            window["replication"],
        )
        for window, mine in pairs
        if len(mine)
    ]
    if not drains:
        return
    value, weight, row, cluster = (np.array(column) for column in zip(*drains, strict=True))
    clusters = np.array([recording.clusters["traffic"][int(group)] for group in row])
    is_cut = np.array([window["mended_ns"] < 0 for window, mine in pairs if len(mine)])
    if (weight / clusters)[is_cut].sum() > (1.0 - _DRAIN_LEVEL) * (weight / clusters).sum():
        yield not_estimated(key)
    else:
        yield Pool({"p95": key}, value, weight, row.astype(np.int64), cluster.astype(np.int64))


def peak_bytes(copies: NDArray[Any], *, until_ns: int) -> float:
    """Largest number of bytes that were acknowledged and not yet durable at the destination."""
    if not len(copies):
        return 0.0
    done = np.where(copies["status"] == CopyStatus.DONE, copies["done_ns"], until_ns)
    at = np.concatenate([copies["ack_ns"], done])
    step = np.concatenate([copies["bytes"], -copies["bytes"]])
    order = np.lexsort((step, at))
    return max(0.0, float(np.cumsum(step[order]).max()))


def _drain_s(copies: NDArray[Any], mended_ns: int) -> float:
    """From the end of the fault until every copy acknowledged before it is done; inf if one never is."""
    before = copies[copies["ack_ns"] < mended_ns]
    if not len(before):
        return 0.0
    if (before["status"] == CopyStatus.PENDING).any():
        return np.inf
    done = before[before["status"] == CopyStatus.DONE]["done_ns"]
    return max(0.0, float(done.max() - mended_ns) / NS_PER_S) if len(done) else 0.0
