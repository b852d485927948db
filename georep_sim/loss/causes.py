"""Rows of faults as causes of losses: which clocks there are, and what each of them takes at which site."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.laws import Constant, Exponential, Uniform
from georep_sim.loss.model import DISK, JOINT, LATENT, CommonCause
from georep_sim.loss.years import YEAR_S, in_years

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.laws import Law
    from georep_sim.loss.model import Scope
    from georep_sim.scenario import Case, Design
    from georep_sim.scenario.design import Site
    from georep_sim.scenario.faults import Fault

_RESERVED: Final = frozenset({DISK, LATENT, JOINT})
_DESTROYING: Final = frozenset({"destroyed", "corrupt"})
_OF_PLACES: Final = frozenset({"region", "zone", "storage", "metadata"})
_SCOPES: Final[Mapping[str, Scope]] = {"rack": "rack", "zone": "zone", "region": "disks"}


class Clock(NamedTuple):
    """Events that come one by one, and the sites at which they take everything, or the share of objects they take."""

    name: str
    per_y: float
    sites: tuple[str, ...] = ()
    back_y: Law | None = None
    share: float = 1.0

    @property
    def is_shared(self) -> bool:
        """Whether several sites are emptied together."""
        return len(self.sites) > 1


class SiteCauses(NamedTuple):
    """What strikes the disks of one site.

    Parameters
    ----------
    life_y : Law or None
        Life of a disk; None = it never fails.
    errors_per_y : float
        Latent errors of one disk.
    common : tuple of CommonCause
        What hits several disks at once, but not all of them.
    """

    life_y: Law | None
    errors_per_y: float
    common: tuple[CommonCause, ...]


@dataclass(slots=True)
class Causes:
    """The causes under which a design loses bytes; made by `causes_of`.

    Parameters
    ----------
    case, design
        Whose.
    whole : list of Clock
        What empties sites.
    objects : list of Clock
        What takes objects.
    left_out : list of (str, str)
        Rows that are not in it, and why.
    assumed : list of str
        Where a row is simplified.
    """

    case: Case
    design: Design
    whole: list[Clock] = field(default_factory=list)
    objects: list[Clock] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    is_stationary: bool = True
    _lives: dict[str, list[tuple[str, Law, float]]] = field(default_factory=lambda: defaultdict(list))
    _errors: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    _common: dict[str, list[CommonCause]] = field(default_factory=lambda: defaultdict(list))

    def at(self, site: str) -> SiteCauses:
        """Return what strikes the disks of a site."""
        lives = self._lives[site]
        life: Law | None = None
        if len(lives) == 1 and lives[0][2] == 1.0:
            life = lives[0][1]
        elif lives:
            life = Exponential(1.0 / sum(share / law.mean for _, law, share in lives))
        return SiteCauses(life, sum(self._errors[site].values()), tuple(self._common[site]))

    @property
    def rows(self) -> dict[str, dict[str, float]]:
        """Rows of faults behind names that are not rows, with their shares."""
        disks: dict[str, float] = defaultdict(float)
        errors: dict[str, float] = defaultdict(float)
        for lives in self._lives.values():
            for name, law, share in lives:
                disks[name] += share / law.mean
        for rates in self._errors.values():
            for name, rate in rates.items():
                errors[name] += rate
        found = {internal: {name: 1.0} for name, internal in self._renamed() if name != JOINT}
        return found | {DISK: _shares(disks), LATENT: _shares(errors)}

    def _renamed(self) -> Iterator[tuple[str, str]]:
        for name in self.case.faults:
            if name in _RESERVED:
                yield name, inside(name)
            yield name, f"{name} (part)"

    # --- rows -----------------------------------------------------------------------------------------------------

    def add(self, fault: Fault) -> None:
        """Take a row in."""
        if fault.designs is not None and self.design.name not in fault.designs:
            return
        if reason := _harmless(fault):
            self.left_out.append((fault.name, reason))
            return
        before = self._size()
        if fault.what == "operator":
            self._add_operator(fault)
        elif fault.what in _OF_PLACES:
            self._add_places(fault)
        elif fault.what == "rack":
            self._add_racks(fault)
        else:
            self._add_disks(fault)
        if self._size() == before and fault.name not in dict(self.left_out):
            self.left_out.append((fault.name, "strikes no site of this design"))

    def _size(self) -> int:
        parts = (self._lives, self._errors, self._common)
        return len(self.whole) + len(self.objects) + sum(len(rows) for part in parts for rows in part.values())

    def _add_operator(self, fault: Fault) -> None:
        share = 1.0 if fault.share is None else fault.share
        self.objects.append(Clock(inside(fault.name), self._per_y(fault), share=share))

    def _add_places(self, fault: Fault) -> None:
        """Regions, zones, and what stands in them: each clock takes sites whole, or zones of them."""
        per_y, zones_hit = self._per_y(fault), defaultdict[str, float](float)
        for targets, share in _clocks(fault):
            whole = []
            for site in self.design.sites.values():
                hit, used = self._zones_hit(site, targets), self._zones_of(site)
                if hit == used:
                    whole.append(site.id)
                elif hit == 1:
                    zones_hit[site.id] += share * per_y / used
                elif hit:
                    text = f"{fault.name} strikes {hit} of {used} zones at once: taken as one zone at a time"
                    self.assumed.append(text)
                    zones_hit[site.id] += hit * share * per_y / used
            self._add_whole(fault, share * per_y, tuple(whole))
        for site_id, rate in zones_hit.items():
            self._add_common(site_id, fault, rate, "zone")

    def _add_whole(self, fault: Fault, per_y: float, sites: tuple[str, ...]) -> None:
        if not sites:
            return
        if fault.kind in _DESTROYING:
            self._merge(Clock(inside(fault.name), per_y, sites, self._back(fault)))
            return
        for site_id in sites:
            self._add_common(site_id, fault, per_y, "region")

    def _merge(self, clock: Clock) -> None:
        """Add a clock, to one of the same row and sites if there is one."""
        for place, other in enumerate(self.whole):
            if (other.name, other.sites) == (clock.name, clock.sites):
                self.whole[place] = other._replace(per_y=other.per_y + clock.per_y)
                return
        self.whole.append(clock)

    def _add_common(self, site_id: str, fault: Fault, per_y: float, scope: Scope, count: int = 0) -> None:
        """Add what hits a part of a site; of a row that also empties it, under another name."""
        taken = {cause.name for cause in self._common[site_id]}
        name = inside(fault.name)
        if name in taken or any(clock.name == name and site_id in clock.sites for clock in self.whole):
            name = f"{fault.name} (part)"
        by_share = fault.what == "disk" and not count and fault.share is not None
        cause = CommonCause(
            name,
            per_y,
            scope,
            count=count,
            share=float(fault.share) if by_share and fault.share is not None else 1.0,
            lasts_y=None if fault.kind in _DESTROYING else in_years(fault.lasts or Constant(0.0)),
            back_y=self._back(fault),
        )
        self._common[site_id].append(cause)

    def _add_racks(self, fault: Fault) -> None:
        per_y = self._per_y(fault)
        for site in self.design.sites.values():
            hit, used = self._zones_hit(site, fault.where), self._zones_of(site)
            racks = self._racks_of(site)
            if not hit:
                continue
            if fault.together and hit == used:
                self._add_whole(fault, per_y, (site.id,))
            elif fault.share is not None or fault.count is not None:
                self.left_out.append((fault.name, "several racks at once by share or count are not built"))
            elif racks == 1:
                self._add_whole(fault, per_y, (site.id,))
            else:
                self._limited(fault, hit, used)
                self._add_common(site.id, fault, per_y * hit / used, "rack")

    def _add_disks(self, fault: Fault) -> None:
        for site in self.design.sites.values():
            hit, used = self._zones_hit(site, fault.where), self._zones_of(site)
            if not hit:
                continue
            self._limited(fault, hit, used)
            if fault.together and fault.kind in _DESTROYING and hit == used:
                self._add_whole(fault, self._per_y(fault), (site.id,))
            elif fault.share is not None or fault.count is not None:
                self._add_bursts(site, fault, hit / used)
            elif fault.kind == "latent_error":
                self._errors[site.id][fault.name] = self._per_y(fault) * hit / used
            elif fault.kind == "destroyed":
                self._add_life(site, fault, hit / used)
            else:
                # Disks one at a time, anywhere.
                disks = self._disks_of(site) * hit / used
                self._add_common(site.id, fault, self._per_y(fault) * disks, "disks", 1)

    def _add_life(self, site: Site, fault: Fault, share: float) -> None:
        assert fault.every is not None  # else it is harmless
        law = in_years(fault.every)
        rows = self._lives[site.id]
        rows.append((fault.name, law, share))
        self.is_stationary = fault.start == "stationary"
        if fault.lasts is not None and fault.lasts.mean > 0.0:
            self.assumed.append(f"{fault.name}: a rebuild starts once it is noticed, whenever the place is back")
        ages = [name for name, other, part in rows if not isinstance(other, Exponential)]
        if ages and (len(rows) > 1 or share < 1.0):
            self.assumed.append(f"{', '.join(ages)}: ages are left out where several rows, or some zones, fail disks")

    def _add_bursts(self, site: Site, fault: Fault, share: float) -> None:
        if fault.kind == "latent_error":
            self.left_out.append((fault.name, "latent errors of several disks at once are not built"))
            return
        scope = _SCOPES[fault.within]
        units = {"rack": self._racks_of(site), "zone": self._zones_of(site)}.get(scope, 1)
        count = min(int(fault.count or 0), self._disks_of(site) // units)
        # The clock is the region's: it goes on, whatever part of the disks are named.
        rate = self._per_y(fault) * (share if scope in {"rack", "zone"} else 1.0)
        self._add_common(site.id, fault, rate, scope, count)

    def _limited(self, fault: Fault, hit: int, used: int) -> None:
        if hit < used:
            self.assumed.append(f"{fault.name} strikes {hit} of {used} zones: taken as rarer, in all of them")

    # --- what a row says ------------------------------------------------------------------------------------------

    def _per_y(self, fault: Fault) -> float:
        """Events a year of one clock: `every` runs from the end of one to the start of the next."""
        assert fault.every is not None  # else it is harmless
        lasts = fault.lasts.mean if fault.lasts is not None else 0.0
        if not isinstance(fault.every, Exponential):
            self.assumed.append(f"{fault.name}: events are taken to come at random, as often as its law says")
        return float(YEAR_S / (fault.every.mean + lasts))

    def _back(self, fault: Fault) -> Law | None:
        """When a destroyed place can be filled again: what is corrupt is, once a scrub has come by."""
        if fault.kind == "corrupt":
            scrub = in_years(self.design.repair.scrub)
            return scrub if isinstance(scrub, Exponential) else Uniform(0.0, max(scrub.mean, 1.0 / YEAR_S))
        if fault.kind != "destroyed" or fault.lasts is None or not fault.lasts.mean > 0.0:
            return None
        return in_years(fault.lasts)

    # --- what a site is -------------------------------------------------------------------------------------------

    def _zones_of(self, site: Site) -> int:
        return site.protect.zones_used(self.case.environment.regions[site.region].zones)

    def _zones_hit(self, site: Site, targets: tuple[str, ...]) -> int:
        """How many of a site's zones some addresses mean."""
        used, hit = self._zones_of(site), set()
        for address in targets:
            region, _, zone = address.partition("/")
            if region == site.region:
                hit |= set(range(1, used + 1)) if not zone else {int(zone)} & set(range(1, used + 1))
        return len(hit)

    def _disks_of(self, site: Site) -> int:
        return site_geometry(site, self.case.environment.regions[site.region].zones)[0]

    def _racks_of(self, site: Site) -> int:
        return site_geometry(site, self.case.environment.regions[site.region].zones)[1]


def causes_of(case: Case, design: Design) -> Causes:
    """Return the causes under which a design loses bytes.

    Parameters
    ----------
    case : Case
        Faults and environment.
    design : Design
        Sites, and what they repair with.
    """
    causes = Causes(case, design)
    for fault in case.faults.values():
        causes.add(fault)
    return causes


def site_geometry(site: Site, zones: int) -> tuple[int, int, int]:
    """Disks, racks and zones of a site in a region with so many zones."""
    protect = site.protect
    used = protect.zones_used(zones)
    if site.hardware is not None:
        racks = used * site.hardware.racks
        return racks * site.hardware.disks, racks, used
    if protect.over == "disks":
        return protect.fragments, 1, 1
    each = -(-protect.fragments // used)
    return used * each, used * each, used


def inside(name: str) -> str:
    """Return the name under which a row is a cause: another where the solvers use that name themselves."""
    return f"{name} (row)" if name in _RESERVED else name


def _shares(rates: Mapping[str, float]) -> dict[str, float]:
    total = sum(rates.values())
    return {name: rate / total for name, rate in rates.items()} if total > 0.0 else {}


def _harmless(fault: Fault) -> str:
    """Why a row takes no bytes in the long run; empty if it does, or holds up what mends it."""
    if fault.what in {"site", "link"} or fault.kind in {"slow", "cut", "lossy", "read_only"}:
        return "takes no bytes"
    if fault.what == "metadata" and fault.kind == "outage":
        return "takes no bytes"
    if fault.every is None:
        return "happens once, at a given time: it has no yearly rate"
    return ""


def _clocks(fault: Fault) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield what strikes together, with the share of a clock's events that strike just these."""
    if fault.together:
        yield fault.where, 1.0 if fault.share is None else float(fault.share)
        return
    if fault.share is None and fault.count is None:
        yield from (((target,), 1.0) for target in fault.where)
        return
    units: dict[str, list[str]] = defaultdict(list)
    for target in fault.where:
        units[target.partition("/")[0] if fault.within == "region" else target].append(target)
    for members in units.values():
        for number in range(1, len(members) + 1):
            if fault.count is not None:
                share = 1.0 / comb(len(members), number) if number == min(fault.count, len(members)) else 0.0
            else:
                part = float(fault.share or 0.0)
                share = part**number * (1.0 - part) ** (len(members) - number)
            if share > 0.0:
                yield from ((struck, share) for struck in combinations(members, number))
