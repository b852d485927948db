"""Shares of requests that ended in one particular way, and failovers a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.measures.estimand import Estimand, Key, Ratio, totals
from georep_sim.measures.groups import groups
from georep_sim.tables import Operation, Outcome, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design

YEAR_S = 365.25 * 86400.0


def share_of(
    recording: Recording, metric: str, outcome: Outcome, operations: tuple[Operation, ...]
) -> Iterator[Estimand]:
    """Share of the requests of a group that ended in `outcome`."""
    clusters = recording.clusters["traffic"]
    for group in groups(recording.topology):
        rows = group.tallies(recording)
        if group.operation not in operations or not len(rows):
            continue
        hit = np.where(rows["outcome"] == outcome, rows["requests"], 0)
        yield Ratio(
            key=Key(metric, "share", "1", region=group.region, operation=group.name),
            numerator=totals(rows, hit, clusters),
            denominator=totals(rows, rows["requests"], clusters),
            events=totals(rows, hit, clusters, weighted=False),
            trials=float(rows["requests"].sum()),
        )


def throttled(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Share of requests given up after 429 answers."""
    del case, design
    return share_of(recording, "throttled", Outcome.THROTTLED, (Operation.PULL, Operation.PUSH))


def split_push(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Share of pushes that failed because their requests reached two sites."""
    del case, design
    return share_of(recording, "split_push", Outcome.SPLIT_PUSH, (Operation.PUSH,))


def not_found_after_push(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Share of pulls answered with 404 although the image had been acknowledged."""
    del case, design
    return share_of(recording, "not_found_after_push", Outcome.NOT_FOUND, (Operation.PULL,))


def failovers(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Failovers a year: times at which clients were aimed away from a site."""
    del case
    if design.failover.trigger == "none":
        return
    rows = recording.tables["failovers"]
    clusters = recording.clusters["timelines"]
    ones = np.ones(len(rows))
    yield Ratio(
        key=Key("failovers", "per_year", "1/y"),
        numerator=totals(rows, ones, clusters),
        scale=YEAR_S / recording.horizon_s,
        events=totals(rows, ones, clusters, weighted=False),
        level="timelines",
    )
