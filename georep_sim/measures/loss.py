"""What is lost although it was acknowledged: tails that no other site had a copy of yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.histogram import middles_s
from georep_sim.measures.estimand import BASE, Estimand, Key, Ratio, totals
from georep_sim.measures.outcomes import YEAR_S
from georep_sim.tables import CopyStatus, LossKind, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design

# What is counted, and in which column of the table lags.
_UNCOPIED = {"objects": "copies", "bytes": "bytes"}


def acknowledged_then_lost(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Images and bytes that were acknowledged and lost before a copy elsewhere was complete, a year.

    Yields
    ------
    Ratio
        By failed region, and over all.
    """
    del design
    table = recording.tables["losses"]
    possible = rows_that_destroy(recording, case)
    waiting = mean_uncopied(recording)
    table = table[table["kind"] == LossKind.UNCOPIED]
    clusters = recording.clusters["traffic"]
    regions = recording.topology.site_regions
    site_region = np.array(regions, dtype=object)
    for region in ("", *dict.fromkeys(regions)):
        rows = table if not region else table[site_region[table["site"]] == region]
        if region and not len(rows):
            continue
        unweighted = rows.copy()
        unweighted["weight"] = 1.0
        events = totals(unweighted, np.ones(len(rows)), clusters)
        for statistic, column, unit in (("objects_per_year", "objects", "1/y"), ("bytes_per_year", "bytes", "B/y")):
            yield Ratio(
                key=Key("acknowledged_then_lost", statistic, unit, region=region),
                numerator=totals(rows, rows[column], clusters),
                scale=YEAR_S / recording.horizon_s,
                events=events,
                possible=possible,
                per_event=waiting[column],
            )


def mean_uncopied(recording: Recording) -> dict[str, float]:
    """Time average of what is acknowledged and has no complete copy elsewhere: what one event would cost.

    By Little's law rate times mean time to the first complete copy; 0 objects read as 1, since a bound must not
    vanish for want of a push.

    Returns
    -------
    dict of str to float
        ``objects`` and ``bytes``.
    """
    lags = recording.tables["lags"]
    lags = lags[(lags["row"] == BASE) & (lags["status"] == CopyStatus.DONE)]
    n = recording.clusters["traffic"].get(BASE, 0)
    if not len(lags) or not n:
        return {"objects": 1.0, "bytes": 1.0}
    copies_each = np.bincount(
        [source for source, _ in recording.topology.edges], minlength=len(recording.topology.sites)
    )
    share = lags["weight"] * middles_s(lags["bin"]) / recording.horizon_s / n / copies_each[lags["source"]]
    return {name: max(1.0, float((share * lags[column]).sum())) for name, column in _UNCOPIED.items()}


def rows_that_destroy(recording: Recording, case: Case) -> frozenset[int]:
    """Fault rows that can take bytes: everything else only takes access."""
    kinds = {"destroyed", "corrupt", "delete", "purge", "latent_error"}
    return frozenset(
        row
        for row, name in enumerate(recording.fault_names)
        if case.faults[name].kind in kinds or any(line.kind in kinds for line in case.faults[name].history)
    )
