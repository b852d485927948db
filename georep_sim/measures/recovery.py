"""Recovery time and recovery point (METHODS: metrics, rto and rpo)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.measures.estimand import BASE, Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.groups import Group, groups
from georep_sim.measures.plays import are_copies_whole, by_window, not_estimated
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_PARTS = ("detect", "decide", "execute", "propagate", "warm_up")
# The recovery point is read once a minute, and no less or more often than this in a window.
_MINUTE_NS = 60 * NS_PER_S
_FEWEST_INSTANTS, _MOST_INSTANTS = 60, 50_000


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
    copies = recording.tables["copies"]
    for site in sorted({source for source, _ in recording.topology.edges}):
        mine = copies[copies["source"] == site]
        if not len(mine):
            continue
        region = recording.topology.site_regions[site]
        samples, largest = _points(recording, mine)
        keys = {s: Key("rpo", s, "s", region=region) for s in ("p50", "p95", "p99")}
        yield Pool(keys, *samples)
        key = Key("rpo", "max", "s", region=region)
        yield Ratio(key, {BASE: largest}) if is_whole else not_estimated(key)


def _points(
    recording: Recording, copies: NDArray[Any]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
    """Recovery points at evenly spaced instants of every copy window, and the largest of each base replication."""
    windows = recording.tables["windows"]
    windows = windows[windows["full"]]
    largest = np.zeros(recording.clusters["traffic"].get(BASE, 0))
    values, weights, rows, clusters = [], [], [], []
    for window, mine in zip(windows, by_window(copies, windows), strict=True):
        start, end = int(window["start_ns"]), int(window["end_ns"])
        n = min(max(_FEWEST_INSTANTS, (end - start) // _MINUTE_NS), _MOST_INSTANTS)
        at_ns = start + ((end - start) * ((2.0 * np.arange(n) + 1.0) / (2.0 * n))).astype(np.int64)
        age_s, peak_s = uncopied_age_s(mine, at_ns, until_ns=end)
        if window["row"] == BASE:
            largest[window["replication"]] = max(largest[window["replication"]], peak_s)
        if window["weight"] == 0.0:  # played for the largest alone
            continue
        values.append(age_s)
        weights.append(np.full(n, window["weight"] * (end - start) / NS_PER_S / n))
        rows.append(np.full(n, window["row"]))
        clusters.append(np.full(n, window["replication"]))
    joined = (
        np.concatenate([np.zeros(0), *values]),
        np.concatenate([np.zeros(0), *weights]),
        np.concatenate([np.zeros(0), *rows]).astype(np.int64),
        np.concatenate([np.zeros(0), *clusters]).astype(np.int64),
    )
    return joined, largest


def uncopied_age_s(
    copies: NDArray[Any], at_ns: NDArray[np.int64], *, until_ns: int
) -> tuple[NDArray[np.float64], float]:
    """Age of the oldest acknowledged push that has no complete copy elsewhere, at given instants.

    Parameters
    ----------
    copies : ndarray
        Rows of the table copies, of one source; one row per push and destination. A copy that was lost will never be
        done: a push that has no other is counted among the losses and left out here.
    at_ns : ndarray of int64, shape (n,)
        Instants.
    until_ns : int
        Copies never done count as uncopied until here.

    Returns
    -------
    ndarray of float64, shape (n,)
        Age in s; 0 where everything acknowledged has a copy elsewhere.
    float
        Largest age ever reached, in s.
    """
    if not len(copies):
        return np.zeros(len(at_ns)), 0.0
    pushes, first = np.unique(
        np.stack([copies["ack_ns"], copies["image"].astype(np.int64)]), axis=1, return_inverse=True
    )
    done = np.where(copies["status"] == CopyStatus.DONE, copies["done_ns"], until_ns)
    safe_ns = np.full(pushes.shape[1], NEVER_NS, dtype=np.int64)
    is_lost = copies["status"] == CopyStatus.LOST
    np.minimum.at(safe_ns, first.ravel(), np.where(is_lost, NEVER_NS, done))
    ack_ns, safe_ns = pushes[0][safe_ns < NEVER_NS], safe_ns[safe_ns < NEVER_NS]
    if not len(ack_ns):
        return np.zeros(len(at_ns)), 0.0
    # Pushes are in order of acknowledgement: where the largest safe instant so far first exceeds t is the oldest
    # that waits at t, unless it is yet to be acknowledged.
    oldest = np.searchsorted(np.maximum.accumulate(safe_ns), at_ns, side="right")
    oldest_ns = np.append(ack_ns, NEVER_NS)[oldest]
    age_s = np.where(oldest_ns <= at_ns, (at_ns - oldest_ns) / NS_PER_S, 0.0)
    return age_s, float((safe_ns - ack_ns).max()) / NS_PER_S
