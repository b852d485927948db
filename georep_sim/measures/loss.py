"""What is lost: uncopied tails, destroyed and deleted content, and the closed form for independent copies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georep_sim import theory
from georep_sim.histogram import middles_s
from georep_sim.measures.estimand import BASE, Estimand, Key, Known, Ratio, totals
from georep_sim.measures.outcomes import YEAR_S
from georep_sim.tables import CopyStatus, LossKind, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design

CLOSED_FORM_NOTE = "closed form: copies that fail independently; region loss, deletes and common causes left out"
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
    kinds = {"destroyed", "corrupt", "delete", "latent_error"}
    return frozenset(
        row
        for row, name in enumerate(recording.fault_names)
        if case.faults[name].kind in kinds or any(line.kind in kinds for line in case.faults[name].history)
    )


def durability(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Annual loss probability of a blob: from losses seen, and by the closed form for independent copies.

    Yields
    ------
    Ratio
        `simulated`: expected share of objects that no site holds any more, a year; with zero losses a bound.
    Known
        `exact`: independent disk failures and rebuilds only.
    """
    rows = recording.tables["destroyed"]
    clusters = recording.clusters["timelines"]
    unweighted = rows.copy()
    unweighted["weight"] = 1.0
    yield Ratio(
        key=Key("durability", "annual_loss_probability", "1"),
        numerator=totals(rows, rows["share"], clusters),
        scale=YEAR_S / recording.horizon_s,
        events=totals(unweighted, np.ones(len(rows)), clusters),
        level="timelines",
        possible=rows_that_destroy(recording, case),
        as_probability=True,
    )
    yield from _independent(case, design)


def _independent(case: Case, design: Design) -> Iterator[Known]:
    """Closed form over the disks of every site that holds a full copy; n copies, parallel repair."""
    every = [
        f.every for f in case.faults.values() if f.what == "disk" and f.kind == "destroyed" and f.every is not None
    ]
    if not every:
        return
    rate_per_y = sum(YEAR_S / law.mean for law in every)
    copies = sum(site.protect.copies for site in design.sites.values())
    repair_y = _repair_s(case, design) / YEAR_S
    loss = theory.independent_copies_loss(copies, failures_per_y=rate_per_y, repair_y=repair_y)
    for statistic, value in (("annual_loss_probability", loss), ("nines", -math.log10(loss))):
        key = Key("durability", statistic, "1", method="exact")
        yield Known(key, value, math.nan, math.nan, note=CLOSED_FORM_NOTE)


def _repair_s(case: Case, design: Design) -> float:
    """Mean time from a copy's failure to its replacement: detection and rebuild of one copy's bytes."""
    repair = design.repair
    detect_s = repair.detect.mean
    if repair.time is not None:
        return float(detect_s + repair.time.mean)
    stored = case.workload.content.stored if case.workload is not None else 0.0
    return float(detect_s + stored / repair.bandwidth)
