"""What a design is billed a month, in parts: plan, storage, transfer, total."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.atlas import load as atlas
from georep_sim.measures.estimand import Estimand, Key, Known, Ratio, totals
from georep_sim.tables import CopyStatus, Operation, Outcome, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.scenario import Case, Design

MONTH_S = 365.25 * 86400.0 / 12.0
_UNIT = "USD/month"


def cost(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Monthly bill: each serving site's plan, bytes stored beyond the plan's allowance, bytes sent between regions.

    Storage follows the mean of stored content with its growth by pushes, less what retention of untagged
    manifests removes; a standby's bytes are within its provider's price. Transfer is what clients of other
    regions download and what is copied. A price that is not known is left out and named in the note.

    Yields
    ------
    Known
        `plan` and `storage`: price list times quantity, without sampling error.
    Ratio
        `transfer` and the total, with the sampling error of the traffic.
    """
    plan, storage, missing = _fixed(case, design)
    note = f"price unknown: {', '.join(missing)}" if missing else "price list"
    for part, value in (("plan", plan), ("storage", storage)):
        yield Known(Key("cost", "total", _UNIT, part=part), value, math.nan, math.nan, note=note)
    transfer = _transfer(recording, case)
    per_month = MONTH_S / recording.horizon_s
    yield Ratio(Key("cost", "total", _UNIT, part="transfer"), transfer, scale=per_month)
    fixed = {
        group: np.full(len(x), (plan + storage) / per_month if group < 0 else 0.0) + x for group, x in transfer.items()
    }
    yield Ratio(Key("cost", "total", _UNIT), fixed, scale=per_month)


def _fixed(case: Case, design: Design) -> tuple[float, float, list[str]]:
    """Plan and storage in USD a month, and what has no price."""
    serving = [site for site in design.sites.values() if site.role == "rw"]
    tier = atlas.tier(design.billing.tier) if design.billing.tier else None
    missing = []
    monthly = design.billing.monthly if design.billing.monthly is not None else (tier.usd_per_month if tier else None)
    if monthly is None:
        missing.append("plan")
    price = case.environment.prices.storage
    if price is None:
        missing.append("storage")
    included = tier.included_bytes if tier else 0
    billed = max(0.0, mean_stored_bytes(case, design) - included)
    return len(serving) * (monthly or 0.0), len(serving) * billed * (price or 0.0) * MONTH_S, missing


def mean_stored_bytes(case: Case, design: Design) -> float:
    """Mean over the horizon of the bytes one site stores.

    Every push adds its new layers; the image it replaces is untagged, and goes when the retention of
    untagged manifests says so, else never (deletes are final, garbage is not collected on its own).
    """
    if case.workload is None:
        return 0.0
    content = case.workload.content
    growth_per_s = sum(client.pushes for client in case.workload.clients.values()) * content.pushed_bytes
    horizon_s, kept_s = case.run.horizon, design.lifecycle.untagged
    if kept_s is None or kept_s >= horizon_s:
        return float(content.stored + growth_per_s * horizon_s / 2.0)
    return float(content.stored + growth_per_s * kept_s * (1.0 - kept_s / (2.0 * horizon_s)))


def _transfer(recording: Recording, case: Case) -> dict[int, NDArray[np.float64]]:
    """USD for bytes between regions over one horizon, by group and cluster."""
    topology = recording.topology
    clusters = recording.clusters["traffic"]
    price = np.array([[_price(case, s, c) for s in topology.site_regions] for c in topology.cohort_regions])
    price = price.reshape(len(topology.cohort_regions), len(topology.site_regions))
    tallies = recording.tables["tallies"]
    pulls = tallies[(tallies["operation"] == Operation.PULL) & (tallies["outcome"] == Outcome.OK)]
    usd = totals(pulls, pulls["bytes"] * price[pulls["cohort"], pulls["site"]], clusters)
    between = np.array([[_price(case, a, b) for b in topology.site_regions] for a in topology.site_regions])
    lags = recording.tables["lags"]
    lags = lags[lags["status"] == CopyStatus.DONE]
    copied = totals(lags, lags["bytes"] * between[lags["source"], lags["destination"]], clusters)
    return {group: usd[group] + copied[group] for group in clusters}


def _price(case: Case, source: str, destination: str) -> float:
    """USD per byte from one region to another; 0 inside a region and where none is known (the note says so)."""
    if source == destination:
        return 0.0
    price = case.environment.link(source, destination).transfer
    return 0.0 if price is None else float(price)
