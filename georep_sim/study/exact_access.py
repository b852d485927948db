"""Availability without simulation: designs with one fixed site, and faults that are clocks of their own.

What fits: clients are always sent to the home site, and nobody takes its place in an outage; what can take it away are
outages of its region, storage, front end, metadata, zones and disks, disks that fail and are rebuilt, and cuts of a
client's link, each row with a rate, in equilibrium, its things struck independently of each other. What has no row:
designs that move clients; content of a site destroyed or corrupted; shares and counts; rows with given instants.
Time by the share of months that meet an objective also takes exponential times in service and no zones or disks that
could matter; overlaps of two faults widen its bounds.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from georep_sim.draws.rows import fault_rows, lasts_of, picks_some
from georep_sim.draws.slots import design_slots
from georep_sim.laws import Exponential
from georep_sim.loss.transient import Part, k_of_n
from georep_sim.measures.estimand import Key
from georep_sim.study.resampling import Estimate
from georep_sim.study.tasks import month_edges_ns
from georep_sim.tables import NS_PER_S
from georep_sim.theory import budget_missed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.laws import Law
    from georep_sim.scenario import Case, Design
    from georep_sim.scenario.faults import Fault

NOTE: Final = "exact: faults are independent clocks, nothing takes the home's place"
_LONG: Final = frozenset({"region", "storage", "site", "metadata"})
# Bounds of a share of missed months that are further apart than this part of it say too little to be printed.
_WORTH: Final = 0.05
# Zones and disks that take less than this part of the time that is lost do not matter to a month.
_MINOR: Final = 1e-3
_DAY_S: Final = 86_400.0


class DoesNotFitError(Exception):
    """A scenario is not one of those that the closed form is for."""


@dataclass(frozen=True)
class Clock:
    """Something that is up and down by turns.

    Parameters
    ----------
    name : str
        Fault row.
    every, lasts : Law
        Time up and time down, s.
    """

    name: str
    every: Law
    lasts: Law


@dataclass(frozen=True)
class Fates:
    """What can keep clients from their site.

    Parameters
    ----------
    whole : tuple of Clock
        Each takes all away.
    by_zone : mapping of int to tuple of Clock
        Each takes a zone of the site away.
    disk : tuple of Clock
        Each takes one disk away, on every disk.
    slots : tuple of int
        Zone of each copy or fragment.
    needs : int
        How many of these are needed.
    """

    whole: tuple[Clock, ...]
    by_zone: Mapping[int, tuple[Clock, ...]]
    disk: tuple[Clock, ...]
    slots: tuple[int, ...]
    needs: int

    def unavailability(self) -> float:
        """Share of time in which the site cannot be reached."""
        disks = tuple(self._zone(zone, count) for zone, count in sorted(Counter(self.slots).items()))
        root = Part("all", parts=disks)
        for clock in self.whole:
            root = Part(clock.name, clock.every.mean, clock.lasts.mean, parts=(root,))
        return k_of_n(root, self.needs).unavailability

    def _zone(self, zone: int, count: int) -> Part:
        # Several clocks of one disk are one that is up as long as all of them are.
        up = math.prod(c.every.mean / (c.every.mean + c.lasts.mean) for c in self.disk)
        part = Part("disk", up_y=up, down_y=1.0 - up, copies=count) if self.disk else Part("disk", copies=count)
        for clock in self.by_zone.get(zone, ()):
            part = Part(clock.name, clock.every.mean, clock.lasts.mean, parts=(part,))
        return part

    def without_parts(self) -> Fates:
        """Return what is left if zones and disks never fail."""
        return Fates(self.whole, {}, (), self.slots, self.needs)


def access_rows(case: Case, design: Design) -> Iterator[Estimate]:
    """Yield availability by time, and the share of months that meet an objective, as far as the design fits."""
    assert case.workload is not None  # the caller has looked
    clients = case.workload.clients.values()
    for operation in ("pull", "push"):
        rates = {client.region: 0.0 for client in clients}
        for client in clients:
            rates[client.region] += client.pulls if operation == "pull" else client.pushes
        regions = {region: rate for region, rate in rates.items() if rate > 0.0}
        try:
            fates = {region: fates_of(case, design, region, operation) for region in regions}
        except DoesNotFitError:
            continue
        if not fates:
            continue
        lost = {region: fate.unavailability() for region, fate in fates.items()}
        total = sum(regions.values())
        lost_by_all = sum(rate / total * lost[region] for region, rate in regions.items())
        for region, share in (("", lost_by_all), *lost.items()):
            key = Key("availability", "time_weighted", "1", region=region, operation=operation, method="exact")
            yield Estimate(key, 1.0 - share, math.nan, math.nan, 0, NOTE)
        yield from _months(case, operation, fates)


def fates_of(case: Case, design: Design, client_region: str, operation: str) -> Fates:
    """Return what keeps clients of a region from a design's home site.

    Raises
    ------
    DoesNotFitError
        If the design moves clients, or a fault is not of a kind that fits.
    """
    if design.route.method != "fixed" or design.route.flap > 0.0:
        msg = "clients are not always sent to one site"
        raise DoesNotFitError(msg)
    if design.failover.trigger != "none" and (design.failover.trigger == "auto" or "outage" in design.failover.upon):
        msg = "another site takes over in an outage"
        raise DoesNotFitError(msg)
    home = design.sites[design.home]
    found: dict[object, list[Clock]] = {}
    for row in fault_rows(case):
        if row.fault.designs is not None and design.name not in row.fault.designs:
            continue
        for things in (*(group.things for group in row.groups), *row.history):
            hits = {_hit(row.fault, thing, case, design, client_region, operation) for thing in things} - {None}
            if not hits:
                continue
            _require_plain(row.fault, hits)
            found.setdefault(hits.pop(), []).append(_clock(row.fault, design, case))
    if set(found) - {"whole"} and home.protect.ec is not None and len(home.protect.ec) > 2:
        msg = "which fragments are gone decides whether a local code can be read"
        raise DoesNotFitError(msg)
    slots = tuple(int(address.split("/")[1]) for address in design_slots(case, home))
    zones = {key: tuple(clocks) for key, clocks in found.items() if isinstance(key, int)}
    return Fates(tuple(found.get("whole", ())), zones, tuple(_once(found.get("disk", []))), slots, home.protect.needs)


def _hit(fault: Fault, thing: str, case: Case, design: Design, client_region: str, operation: str) -> str | int | None:
    """What an address means to clients of the home: None = nothing, ``whole``, ``disk``, or the number of a zone."""
    home = design.sites[design.home]
    if fault.what == "link":
        ends = set(thing.replace("<->", "->").split(" -> "))
        is_cut = fault.kind == "cut" and client_region != home.region and ends == {client_region, home.region}
        return "whole" if is_cut else None
    region, _, rest = thing.partition("/")
    if region != home.region or fault.what == "operator" or fault.kind in {"slow", "lossy"}:
        return None
    if fault.what == "disk" and not picks_some(fault):
        return "disk" if thing in design_slots(case, home) else None
    if fault.kind == "read_only":
        return "whole" if operation == "push" else None
    if fault.kind != "outage" or fault.what not in {*_LONG, "zone"}:
        msg = f"{fault.name}: content of the home is destroyed, or racks or some of the disks are hit"
        raise DoesNotFitError(msg)
    return _zone_or_whole(int(rest) if rest else 0, case, design)


def _zone_or_whole(zone: int, case: Case, design: Design) -> str | int | None:
    home = design.sites[design.home]
    zones = case.environment.regions[home.region].zones if home.protect.over == "zones" else 1
    if zone > zones:
        return None
    return zone if zone and zones > 1 else "whole"


def _require_plain(fault: Fault, hits: set[str | int | None]) -> None:
    if fault.every is None or picks_some(fault) or fault.start != "stationary" or len(hits) > 1:
        msg = f"{fault.name}: not a clock of each thing in equilibrium"
        raise DoesNotFitError(msg)
    if fault.what == "disk" and (fault.kind not in {"outage", "destroyed"} or fault.together):
        msg = f"{fault.name}: disks fail together, or unseen"
        raise DoesNotFitError(msg)


def _clock(fault: Fault, design: Design, case: Case) -> Clock:
    assert fault.every is not None  # `_require_plain` has looked
    lasts = lasts_of(fault)
    if fault.what != "disk" or fault.kind == "outage":
        return Clock(fault.name, fault.every, lasts)
    repair = design.repair
    if lasts.mean > 0.0 or not isinstance(fault.every, Exponential):
        msg = f"{fault.name}: a disk's place comes back later, or disks age"
        raise DoesNotFitError(msg)
    if repair.start == "lazy" or math.isfinite(repair.crews) or math.isfinite(repair.shared):
        msg = f"{fault.name}: rebuilds wait for each other"
        raise DoesNotFitError(msg)
    assert case.workload is not None  # the caller has looked
    home = design.sites[design.home]
    size = home.disk_bytes(case.workload.content.stored, zones=case.environment.regions[home.region].zones)
    rebuild_s = repair.time.mean if repair.time is not None else size / repair.bandwidth
    return Clock(fault.name, fault.every, Exponential(repair.detect.mean + rebuild_s))


def _once(clocks: list[Clock]) -> list[Clock]:
    """One clock of each disk row; every disk has its own, all alike."""
    return list({clock.name: clock for clock in clocks}.values())


def _months(case: Case, operation: str, fates: Mapping[str, Fates]) -> Iterator[Estimate]:
    """Share of months that meet the objective, by client region, and over all where it is the same for all."""
    wanted = case.measures.slo.get(f"availability.{operation}") or case.measures.slo.get("availability")
    if wanted is None or not 0.0 < wanted.value < 1.0:
        return
    rows = dict(fates)
    some = next(iter(fates.values()))
    if all(fate.whole == some.whole for fate in fates.values()):
        rows = {"": some, **rows}
    for region, fate in rows.items():
        bounds = missed_months(fate, np.diff(month_edges_ns(case)) / NS_PER_S, 1.0 - wanted.value)
        if bounds is None:
            continue
        low, high = bounds
        key = Key("availability", "slo_met_share", "1", region=region, operation=operation, method="exact")
        ends = (1.0 - high, 1.0 - low) if 1.0 - high < 1.0 - low else (math.nan, math.nan)
        yield Estimate(key, 1.0 - 0.5 * (low + high), *ends, 0, NOTE)


def missed_months(fates: Fates, lengths_s: np.ndarray, allowed: float) -> tuple[float, float] | None:
    """Return bounds of the share of months in which more time than allowed is lost; None if they would say too little.

    Parameters
    ----------
    fates : Fates
        What takes the site away.
    lengths_s : ndarray of float64, shape (n_months,)
        Length of each month.
    allowed : float
        Share of time that may be lost.

    Notes
    -----
    All clocks together are taken as one, which a fault during another one does not touch; how often that would
    matter bounds the error: the expected number of faults that begin while another one lasts.
    """
    clocks = fates.whole
    if not clocks:
        return None
    whole = fates.without_parts().unavailability()
    if fates.unavailability() - whole > _MINOR * whole or not all(isinstance(c.every, Exponential) for c in clocks):
        return None
    rates = [1.0 / clock.every.mean for clock in clocks]
    rate = math.fsum(rates)
    mean = math.fsum(r * c.lasts.mean for r, c in zip(rates, clocks, strict=True)) / rate

    def sf(t: float) -> float:
        return math.fsum(r * c.lasts.sf(t) for r, c in zip(rates, clocks, strict=True)) / rate

    def residual_sf(t: float) -> float:
        left = [r * (c.lasts.mean - c.lasts.integrated_sf(t)) for r, c in zip(rates, clocks, strict=True)]
        return max(0.0, math.fsum(left)) / (rate * mean)

    low = high = 0.0
    lengths, months = np.unique(np.round(lengths_s / _DAY_S, 6) * _DAY_S, return_counts=True)
    for length_s, count in zip(lengths.tolist(), months.tolist(), strict=True):
        found = budget_missed(allowed * length_s, length_s, rate=rate, mean=mean, sf=sf, residual_sf=residual_sf)
        overlap = _overlaps(clocks, length_s)
        low += count / len(lengths_s) * max(0.0, found.low - overlap)
        high += count / len(lengths_s) * min(1.0, found.high + overlap)
    return (low, high) if high - low <= _WORTH * high else None


def _overlaps(clocks: tuple[Clock, ...], length_s: float) -> float:
    """Expected number of faults within a time that begin while another one lasts, or did at its start."""
    down = [c.lasts.mean / (c.every.mean + c.lasts.mean) for c in clocks]
    total = 0.0
    for (a, share_a), (b, share_b) in combinations(zip(clocks, down, strict=True), 2):
        total += share_a * share_b + length_s * (share_b / a.every.mean + share_a / b.every.mean)
    return total
