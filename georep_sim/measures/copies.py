"""Replication lag and backlog of copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.measures.estimand import BASE, Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.plays import by_window
from georep_sim.tables import NS_PER_S, CopyStatus, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_PROMISE_S = 15.0 * 60.0


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

    Only stretches in which copies were played in full count: `max_bytes` is the mean over replications of
    the largest in the horizon, and `drain_time_p95` runs from the end of the last fault until every copy
    acknowledged before it is done.

    Yields
    ------
    Ratio, Pool
    """
    del case, design
    copies = recording.tables["copies"]
    windows = recording.tables["windows"][recording.tables["windows"]["full"]]
    for destination in sorted({d for _, d in recording.topology.edges}):
        rows = copies[copies["destination"] == destination]
        if not len(rows):
            continue
        site = recording.topology.sites[destination]
        largest = np.zeros(recording.clusters["traffic"].get(BASE, 0))
        drains: list[tuple[float, float, int, int]] = []
        for window, mine in zip(windows, by_window(rows, windows), strict=True):
            if window["row"] == BASE:
                k = window["replication"]
                largest[k] = max(largest[k], peak_bytes(mine, until_ns=int(window["end_ns"])))
            if window["mended_ns"] >= 0 and len(mine):
                drain_s = _drain_s(mine, int(window["mended_ns"]))
                drains.append((drain_s, float(window["weight"]), int(window["row"]), int(window["replication"])))
        yield Ratio(Key("backlog", "max_bytes", "B", part=site), {BASE: largest})
        if drains:
            value, weight, row, cluster = (np.array(column) for column in zip(*drains, strict=True))
            yield Pool({"p95": Key("backlog", "drain_time_p95", "s", part=site)}, value, weight, row, cluster)


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
