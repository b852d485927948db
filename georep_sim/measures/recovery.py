"""Recovery time and recovery point (METHODS: metrics, rto and rpo)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.histogram import middles_s
from georep_sim.measures.estimand import BASE, Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.groups import Group, groups
from georep_sim.measures.plays import are_copies_whole, largest, not_estimated
from georep_sim.tables import Extreme, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_PARTS = ("detect", "decide", "execute", "propagate", "warm_up")


def rto(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Recovery time by client region: from the fault's start until success holds; in parts.

    Yields
    ------
    Pool, Ratio
        Over episodes in which the region's clients were hit; `affected_share` and `censored_share` over the
        same episodes.
    """
    del case, design
    table = recording.tables["episodes"]
    for group in groups(recording.topology):
        rows = table[(table["operation"] == group.operation) & (group.share[table["cohort"]] > 0.0)]
        rows = rows[~np.isnan(rows["rto_s"])]
        if len(rows):
            yield from _recovery_rows(recording, group, rows)


def _recovery_rows(recording: Recording, group: Group, rows: NDArray[Any]) -> Iterator[Estimand]:
    where = {"region": group.region, "operation": group.name}
    origin = (rows["weight"], rows["row"].astype(np.int64), rows["replication"].astype(np.int64))
    clusters = recording.clusters["timelines"]
    count = totals(rows, np.ones(len(rows)), clusters)
    keys = {s: Key("rto", s, "s", **where) for s in ("mean", "p95", "max")}
    yield Pool(keys, rows["rto_s"], *origin, level="timelines")
    for level in (50, 90):
        value = np.nan_to_num(rows[f"rto_{level}_s"], nan=0.0)
        yield Pool({"p95": Key("rto", f"p95_at_{level}", "s", **where)}, value, *origin, level="timelines")
    yield Ratio(
        Key("rto", "affected_share", "1", **where), totals(rows, rows["affected"], clusters), count, level="timelines"
    )
    censored = totals(rows, rows["censored"].astype(np.float64), clusters)
    yield Ratio(
        Key("rto", "censored_share", "1", **where),
        censored,
        count,
        level="timelines",
        events=censored,
        trials=float(len(rows)),
    )
    for part in _PARTS:
        known = ~np.isnan(rows[f"{part}_s"])
        if rows[f"{part}_s"][known].any():
            mine = rows[known]
            origin_part = (mine["weight"], mine["row"].astype(np.int64), mine["replication"].astype(np.int64))
            part_keys = {s: Key("rto", s, "s", part=part, **where) for s in ("mean", "p95")}
            yield Pool(part_keys, mine[f"{part}_s"], *origin_part, level="timelines")


def rpo(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Recovery point by failed region: age of the oldest acknowledged push without a complete copy elsewhere.

    Yields
    ------
    Pool, Ratio
        Quantiles over uniform instants; `max` is the mean over replications of the horizon's largest, a number only
        if all copies of the horizon were played.
    """
    del case, design
    if not recording.topology.edges:
        return
    is_whole = are_copies_whole(recording)
    ages, extremes = recording.tables["ages"], recording.tables["extremes"]
    for site in sorted({source for source, _ in recording.topology.edges}):
        oldest = extremes[(extremes["kind"] == Extreme.OLDEST) & (extremes["site"] == site)]
        if not len(oldest):
            continue
        region = recording.topology.site_regions[site]
        mine = ages[ages["source"] == site]
        keys = {s: Key("rpo", s, "s", region=region) for s in ("p50", "p95", "p99")}
        group, cluster = mine["row"].astype(np.int64), mine["replication"].astype(np.int64)
        yield Pool(keys, middles_s(mine["bin"]), mine["weight"] * mine["seconds"], group, cluster)
        key = Key("rpo", "max", "s", region=region)
        yield Ratio(key, {BASE: largest(recording, oldest)}) if is_whole else not_estimated(key)
