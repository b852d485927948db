"""Availability: by time from control states, by request from played traffic (METHODS: metrics)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.measures.estimand import BASE, Estimand, Key, Ratio, totals
from georep_sim.measures.groups import Group, groups
from georep_sim.tables import NS_PER_S, Outcome, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

_ROUNDED_OFF: Final = 1e-9


def availability(recording: Recording, case: Case | None = None, design: Design | None = None) -> Iterator[Estimand]:
    """Time-weighted, request-weighted and worst-month availability, and the share of months that meet the SLO.

    Yields
    ------
    Ratio
        Each reported as one minus an unavailability, so that nines survive.
    """
    del design
    for group in groups(recording.topology):
        yield _time_weighted(recording, group)
        yield from _months(recording, case, group)
        if len(recording.tables["tallies"]):
            yield _request_weighted(recording, group)


def _time_weighted(recording: Recording, group: Group) -> Ratio:
    rows = recording.tables["availability"]
    rows = rows[rows["operation"] == group.operation]
    share = group.share[rows["cohort"]]
    undrilled = rows["lost_s"] - rows["drilled_s"]
    # Where drills stand for all of it, floats leave something on either side of zero: no damage, and none below it.
    undrilled[undrilled < _ROUNDED_OFF * rows["lost_s"]] = 0.0
    counted = np.where(rows["row"] == BASE, undrilled, rows["lost_s"])
    clusters = recording.clusters["timelines"]
    return Ratio(
        key=Key("availability", "time_weighted", "1", region=group.region, operation=group.name),
        numerator=totals(rows, counted * share, clusters),
        scale=1.0 / recording.horizon_s,
        events=_episodes(rows[share > 0.0], clusters),
        complement=True,
        level="timelines",
    )


def _episodes(rows: NDArray[Any], clusters: Mapping[int, int]) -> dict[int, NDArray[np.float64]]:
    """Damaging episodes by group and cluster: one that hits several client groups is one.

    Which rows are the same episode is not recorded; of a month the client group with the most stands for all.
    """
    most = {group: np.zeros((n, 1 + int(rows["month"].max(initial=0)))) for group, n in clusters.items()}
    for group, counts in most.items():
        mine = rows[rows["row"] == group]
        np.maximum.at(counts, (mine["replication"], np.maximum(mine["month"], 0)), mine["episodes"])
    return {group: counts.sum(axis=1) for group, counts in most.items()}


def _months(recording: Recording, case: Case | None, group: Group) -> Iterator[Ratio]:
    """Worst calendar month, and months that meet the SLO; from timelines as they fall, drills left out."""
    rows = recording.tables["availability"]
    rows = rows[(rows["operation"] == group.operation) & (rows["row"] == BASE)]
    length_s = np.diff(recording.month_edges_ns) / NS_PER_S
    n = recording.clusters["timelines"].get(BASE, 0)
    if not n:
        return
    lost = np.zeros((n, len(length_s)))
    np.add.at(lost, (rows["replication"], rows["month"]), rows["lost_s"] * group.share[rows["cohort"]])
    unavailable = lost / length_s
    worst = unavailable.max(axis=1)
    key = Key("availability", "worst_month", "1", region=group.region, operation=group.name)
    yield Ratio(key, {BASE: worst}, complement=True, level="timelines", events={BASE: (worst > 0.0).astype(np.float64)})
    if case is None:
        return
    wanted = case.measures.slo.get(f"availability.{group.name}") or case.measures.slo.get("availability")
    if wanted is not None:
        missed = (unavailable > 1.0 - wanted.value).mean(axis=1)
        key = Key("availability", "slo_met_share", "1", region=group.region, operation=group.name)
        yield Ratio(
            key, {BASE: missed}, complement=True, level="timelines", events={BASE: (missed > 0.0).astype(np.float64)}
        )


def _request_weighted(recording: Recording, group: Group) -> Ratio:
    rows = group.tallies(recording)
    bad = np.where((rows["outcome"] != Outcome.OK) | rows["is_late"], rows["requests"], 0)
    clusters = recording.clusters["traffic"]
    return Ratio(
        key=Key("availability", "request_weighted", "1", region=group.region, operation=group.name),
        numerator=totals(rows, bad, clusters),
        denominator=totals(rows, rows["requests"], clusters),
        events=totals(rows, bad, clusters, weighted=False),
        complement=True,
        trials=float(rows["requests"].sum()),
    )
