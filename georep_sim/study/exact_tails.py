"""What is not yet copied, without simulation: designs whose copies are each done after a lag of its own.

What fits: pushes at a constant mean rate all week; copy edges of one law of lag whose transfers are nearly always
shorter than the lag and leave workers free; a route that does not split pushes. Then what waits is an M/G/infinity
queue. Faults that stop copies or move pushes are left out of the recovery point; the share of time that they take, and
what is copied after them, bounds how far a quantile may be off, and quantiles that could be moved by more than a tenth
of what lies beyond them have no row. Losses count the destruction of the region or its storage alone, at random
instants; a design that throws away what was not copied whenever it fails over has no row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim.draws.rows import fault_rows, lasts_of, picks_some
from georep_sim.measures.estimand import Key
from georep_sim.study.resampling import Estimate
from georep_sim.theory import lost_per_year, mean_excess, oldest_age_quantile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.laws import Law
    from georep_sim.scenario import Case, Design
    from georep_sim.scenario.faults import Fault

NOTE: Final = "exact: copies wait for nothing but their own lag"
_YEAR_S: Final = 31_557_600.0
_LEVELS: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
# A transfer this many times as long as the mean one must still be shorter than nearly every lag.
_LARGE: Final = 3.0
_SELDOM: Final = 0.01
# Share of the workers of an edge that may be busy on average.
_BUSY: Final = 0.1
# Part of what lies beyond a quantile that faults may take.
_TOLERATED: Final = 0.1
# Lags after a fault in which what had waited is copied.
_AFTER: Final = 3.0


@dataclass(frozen=True)
class Tail:
    """What waits for its first complete copy elsewhere.

    Parameters
    ----------
    site : str
        Where it was pushed.
    pushes_per_s : float
        How often.
    lag : Law
        Of one copy, s.
    copies : int
        Copies under way, independently of each other; the first one counts.
    """

    site: str
    pushes_per_s: float
    lag: Law
    copies: int

    def excess(self, x: float) -> float:
        """Mean of what the time to the first copy exceeds x by."""
        if self.copies == 1:
            return max(0.0, self.lag.mean - self.lag.integrated_sf(x))
        return mean_excess(x, ppf=self._ppf, sf=lambda t: self.lag.sf(t) ** self.copies)

    def _ppf(self, u: float) -> float:
        """Quantile of the first of the copies."""
        return self.lag.ppf(-math.expm1(math.log1p(-u) / self.copies))


def tail_rows(case: Case, design: Design) -> Iterator[Estimate]:
    """Yield recovery points, and pushes lost before they were copied, as far as the design fits."""
    tails = tails_of(case, design)
    if tails is None:
        return
    for tail in tails:
        yield from _rpo(case, design, tail)
    yield from _losses(case, design, tails)


def tails_of(case: Case, design: Design) -> list[Tail] | None:
    """Return what waits at each site that takes pushes; None if the design or its workload does not fit."""
    rates = _pushes(case, design)
    if not rates:
        return None
    tails = []
    for site, pushes_per_s in rates.items():
        edges = [(edge, b) for edge in design.replicate.values() for a, b in edge.pairs if a == site]
        if not edges or any(edge.lag != edges[0][0].lag for edge, _ in edges):
            return None
        if any(not _is_free(case, design, site, b, pushes_per_s) for _, b in edges):
            return None
        tails.append(Tail(site, pushes_per_s, edges[0][0].lag, len(edges)))
    return tails


def _pushes(case: Case, design: Design) -> dict[str, float]:
    """Pushes a second by site where nothing is broken; none if they vary over the week or are split."""
    assert case.workload is not None  # the caller has looked
    clients = [client for client in case.workload.clients.values() if client.pushes > 0.0]
    if design.route.flap > 0.0 or any(client.profile.spans for client in clients):
        return {}
    rates: dict[str, float] = {}
    active = [name for name, site in design.sites.items() if site.role == "rw"]
    for client in clients:
        site = design.home
        if design.route.method != "fixed" and design.write.accept == "nearest":
            region = client.region
            site = min(active, key=lambda s: case.environment.link(region, design.sites[s].region).rtt.ppf(0.5))
        rates[site] = rates.get(site, 0.0) + client.pushes
    return rates


def _is_free(case: Case, design: Design, source: str, target: str, pushes_per_s: float) -> bool:
    """Whether transfers over an edge are shorter than the lag and leave workers free."""
    assert case.workload is not None  # the caller has looked
    edge = next(e for e in design.replicate.values() if (source, target) in e.pairs)
    site = design.sites[source]
    link = case.environment.link(site.region, design.sites[target].region)
    rate = min(edge.bandwidth, site.egress, link.bandwidth, link.replication)
    transfer_s = case.workload.content.pushed_bytes / rate + 4.0 * link.rtt.mean
    is_short = 1.0 - edge.lag.sf(_LARGE * transfer_s) <= _SELDOM
    return is_short and pushes_per_s * transfer_s <= _BUSY * edge.workers


def _rpo(case: Case, design: Design, tail: Tail) -> Iterator[Estimate]:
    disturbed = _disturbed(case, design, tail)
    region = design.sites[tail.site].region

    def quantile(level: float) -> float:
        return oldest_age_quantile(level, pushes=tail.pushes_per_s, excess=tail.excess)

    for statistic, level in _LEVELS.items():
        if disturbed > _TOLERATED * (1.0 - level):
            continue
        # Of the quiet share of time at least level - disturbed, at most level, lies below the quantile.
        low, high = quantile(level - disturbed), quantile(min(level / (1.0 - disturbed), 1.0 - 1e-12))
        ends = (low, high) if low < high else (math.nan, math.nan)
        key = Key("rpo", statistic, "s", region=region, method="exact")
        note = f"{NOTE}; faults, left out, take {disturbed:.1g} of the time" if disturbed else NOTE
        yield Estimate(key, quantile(level), *ends, 0, note)


def _disturbed(case: Case, design: Design, tail: Tail) -> float:
    """Share of time, at most, in which a fault stops copies, or they are still coming back from one."""
    regions = {site.region for site in design.sites.values()}
    total = 0.0
    for row in fault_rows(case):
        fault = row.fault
        if fault.what in {"operator", "disk", "rack"} or (
            fault.designs is not None and design.name not in fault.designs
        ):
            continue
        for group in row.groups:
            if not any(_is_near(thing, regions) for thing in group.things):
                continue
            if fault.every is None:
                return 1.0
            lasts_s = lasts_of(fault).mean
            cycle_s = fault.every.mean + lasts_s
            total += (2.0 * lasts_s + _AFTER * tail.lag.mean + _AFTER * design.route.ttl) / cycle_s
        if row.history:
            return 1.0
    return total


def _is_near(thing: str, regions: set[str]) -> bool:
    """Whether an address is in one of the regions, or a link between two of them."""
    ends = thing.replace("<->", "->").split(" -> ")
    return all(end.partition("/")[0] in regions for end in ends)


def _losses(case: Case, design: Design, tails: list[Tail]) -> Iterator[Estimate]:
    """Pushes lost a year: by region, and over all."""
    failover = design.failover
    if failover.trigger != "none" and failover.unsynced == "lost" and failover.upon != frozenset({"destroyed"}):
        return
    rates = [_destroyed_per_y(case, design, tail) for tail in tails]
    if None in rates:
        return
    found: dict[str, float] = {"": 0.0}
    for tail, per_y in zip(tails, rates, strict=True):
        assert per_y is not None  # looked at above
        lost = lost_per_year(per_y, pushes_per_s=tail.pushes_per_s, mean_lag_s=tail.excess(0.0))
        region = design.sites[tail.site].region
        found[""] += lost
        found[region] = found.get(region, 0.0) + lost
    for region, lost in found.items():
        if lost > 0.0:
            key = Key("acknowledged_then_lost", "objects_per_year", "1/y", region=region, method="exact")
            yield Estimate(key, lost, math.nan, math.nan, 0, NOTE)


def _destroyed_per_y(case: Case, design: Design, tail: Tail) -> float | None:
    """How often all content of a site is destroyed; None if by something that does not fit."""
    site = design.sites[tail.site]
    total = 0.0
    for row in fault_rows(case):
        fault = row.fault
        if (fault.designs is not None and design.name not in fault.designs) or fault.what in {"operator", "link"}:
            continue
        for things in (*(group.things for group in row.groups), *row.history):
            if not any(thing.partition("/")[0] == site.region for thing in things):
                continue
            kind = _what_it_does(fault, site.protect.tolerates)
            if kind == "other":
                return None
            if kind == "destroys":
                if fault.every is None or picks_some(fault) or fault.together or any("/" in thing for thing in things):
                    return None
                total += _YEAR_S / (fault.every.mean + lasts_of(fault).mean)
    return total


def _what_it_does(fault: Fault, tolerates: int) -> str:
    """Whether a fault ``destroys`` all of a site, does ``nothing`` to its content, or does something ``other``."""
    if fault.kind == "destroyed" and fault.what in {"region", "storage"}:
        return "destroys"
    # Disks one at a time: with two to spare, next to nothing is lost in the time of a lag.
    if fault.kind in {"outage", "slow", "read_only"} or (fault.what == "disk" and tolerates >= 2):
        return "nothing"
    return "other"
