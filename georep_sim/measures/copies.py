"""Replication lag and backlog of copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.histogram import middles_s
from georep_sim.measures.estimand import BASE, Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.plays import are_copies_whole, largest, not_estimated
from georep_sim.tables import Extreme, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_DRAIN_LEVEL = 0.95


def replication_lag(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Time from acknowledgement to durable at the destination; copies not done count as late for ever.

    Yields
    ------
    Pool, Ratio
        Quantiles in s, and the share within 15 minutes, by destination and over all.
    """
    del case, design
    table = recording.tables["lags"]
    clusters = recording.clusters["traffic"]
    sites = recording.topology.sites
    for destination in (-1, *sorted({d for _, d in recording.topology.edges})):
        rows = table if destination < 0 else table[table["destination"] == destination]
        if not len(rows):
            continue
        lag_s = np.where(rows["bin"] >= 0, middles_s(np.maximum(rows["bin"], 0)), np.inf)
        part = "" if destination < 0 else sites[destination]
        keys = {s: Key("replication_lag", s, "s", part=part) for s in ("p50", "p95", "p99")}
        weight = rows["weight"] * rows["copies"]
        yield Pool(keys, lag_s, weight, rows["row"].astype(np.int64), rows["replication"].astype(np.int64))
        late = np.where(rows["is_late"], rows["copies"], 0).astype(np.float64)
        yield Ratio(
            key=Key("replication_lag", "within_15min", "1", part=part),
            numerator=totals(rows, late, clusters),
            denominator=totals(rows, rows["copies"], clusters),
            events=totals(rows, late, clusters, weighted=False),
            complement=True,
            trials=float(rows["copies"].sum()),
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
    table = recording.tables["extremes"]
    is_whole = are_copies_whole(recording)
    for destination in sorted({d for _, d in recording.topology.edges}):
        rows = table[table["site"] == destination]
        peaks = rows[rows["kind"] == Extreme.BACKLOG]
        if not len(peaks):
            continue
        site = recording.topology.sites[destination]
        key = Key("backlog", "max_bytes", "B", part=site)
        yield Ratio(key, {BASE: largest(recording, peaks)}) if is_whole else not_estimated(key)
        yield from _drains(
            recording, rows[rows["kind"] == Extreme.DRAIN], Key("backlog", "drain_time_p95", "s", part=site)
        )


def _drains(recording: Recording, drains: NDArray[Any], key: Key) -> Iterator[Estimand]:
    """Time from the end of each episode's last fault until what was acknowledged before is copied.

    An episode that was not played to the end of its backlog drained later than was seen: infinitely late, which leaves
    the quantile a number as long as few are.
    """
    if not len(drains):
        return
    clusters = np.array([recording.clusters["traffic"][int(group)] for group in drains["row"]])
    share = drains["weight"] / clusters
    is_cut = np.isnan(drains["value"])
    if share[is_cut].sum() > (1.0 - _DRAIN_LEVEL) * share.sum():
        yield not_estimated(key)
        return
    drain_s = np.where(is_cut, np.inf, drains["value"])
    group, cluster = drains["row"].astype(np.int64), drains["replication"].astype(np.int64)
    yield Pool({"p95": key}, drain_s, drains["weight"], group, cluster)
