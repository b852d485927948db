"""What a scenario's design can lose and how: the sites as fleets of disks, and what strikes several at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.laws import Constant, Exponential
from georep_sim.loss.causes import Causes, Clock, causes_of, site_geometry
from georep_sim.loss.codes import readable_shares
from georep_sim.loss.model import JOINT, CommonCause, Crews, Fleet, Group, Latent, Parallel, Shared
from georep_sim.loss.placement import group_count
from georep_sim.loss.years import NEVER, YEAR_S, in_years, one_after_another, positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from georep_sim.laws import Law
    from georep_sim.loss.model import Level, Repairs
    from georep_sim.scenario import Case, Design
    from georep_sim.scenario.design import Site
    from georep_sim.scenario.design.recovery import Repair

#: Placement groups on a disk, where groups are placed at random and their number is not given: what Ceph aims at by
#: default (documentation of Ceph, "Placement Groups", `mon_target_pg_per_osd`). Assumed for everything else.
GROUPS_PER_DISK: Final = 100

_LEVELS: Final[Mapping[str, Level]] = {"zones": "zone", "racks": "rack", "disks": "disk"}


class LeftOut(NamedTuple):
    """A row of faults that is not in the answer, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WholeCause:
    """What empties a site all at once.

    Parameters
    ----------
    name : str
        Row of faults.
    per_y : float
        Events a year.
    back_y : Law or None
        When its place is back; None = at once.
    """

    name: str
    per_y: float
    back_y: Law | None = None


@dataclass(frozen=True, slots=True)
class SharedCause:
    """What empties several sites at one instant; see `WholeCause`."""

    name: str
    per_y: float
    sites: tuple[str, ...]
    back_y: Law | None = None


@dataclass(frozen=True, slots=True)
class ObjectCause:
    """What takes single objects for good, on so many of the sites at once.

    Parameters
    ----------
    name : str
        Row of faults.
    per_y : float
        Events a year.
    share : float
        Of the objects, each independently.
    sites : tuple of str
        Where they are gone.
    """

    name: str
    per_y: float
    share: float
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SitePart:
    """A site that holds a full copy of the content, unless it has lost some of it.

    Parameters
    ----------
    id : str
        Of the design.
    region : str
        Where it stands.
    fleet : Fleet
        Its disks, as one object sees them: latent errors are those that hit its own fragments.
    whole : tuple of WholeCause
        What takes all of it, beside what the fleet knows.
    refill_y : Law or None
        Time to fetch one placement group from another site; None where no copy edge leads here.
    reseed_y : Law or None
        The same for all of the content.
    objects_per_group : float
        Objects in one placement group.
    """

    id: str
    region: str
    fleet: Fleet
    whole: tuple[WholeCause, ...] = ()
    refill_y: Law | None = None
    reseed_y: Law | None = None
    objects_per_group: float = 1.0

    @property
    def groups(self) -> int:
        """Placement groups."""
        return group_count(self.fleet)

    @property
    def fleet_of_groups(self) -> Fleet:
        """The disks as placement groups see them: an error in any object of a group counts."""
        latent = self.fleet.group.latent
        if latent is None:
            return self.fleet
        errors = replace(latent, per_y=latent.per_y * self.objects_per_group, meets=1.0 / self.objects_per_group)
        return replace(self.fleet, group=replace(self.fleet.group, latent=errors))


@dataclass(frozen=True, slots=True)
class Structure:
    """What a design can lose and how.

    Parameters
    ----------
    sites : tuple of SitePart
        All that hold content.
    joined : tuple of tuple of str
        Sites that copies go between, directly or by others; content is lost when all sites of one such set lost it.
    shared : tuple of SharedCause
        What empties several sites at once.
    objects : tuple of ObjectCause
        What takes objects.
    objects_in_all : float
        Objects (blobs) stored.
    rows : mapping of str to (mapping of str to float)
        For names of causes and rates in fleets that differ from fault rows: the rows, with their shares.
    left_out : tuple of LeftOut
        Fault rows that are not in the answer.
    assumed : tuple of str
        Where the models know less than the scenario says.
    is_stationary : bool
        Whether disks are of the ages of a fleet that has long been running, else all new.
    """

    sites: tuple[SitePart, ...]
    joined: tuple[tuple[str, ...], ...]
    shared: tuple[SharedCause, ...] = ()
    objects: tuple[ObjectCause, ...] = ()
    objects_in_all: float = 1.0
    rows: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    assumed: tuple[str, ...] = ()
    is_stationary: bool = True

    @property
    def cannot_lose(self) -> str:
        """Why nothing can be lost; empty if something can."""
        destroys = any(part.whole or takes_bytes(part.fleet) for part in self.sites)
        if destroys or self.shared or self.objects:
            return ""
        return "nothing can be lost: no row of faults that strikes this design's sites takes bytes"

    def by_row(self, by_cause: Mapping[str, float]) -> dict[str, float]:
        """Return what belongs to causes as what belongs to fault rows, in their order; `JOINT` comes last.

        Where several rows take disks, what disks lost is theirs in the proportion of their rates.
        """
        found: dict[str, float] = {}
        for cause, value in by_cause.items():
            for row, share in self.rows.get(cause, {cause: 1.0}).items():
                found[row] = found.get(row, 0.0) + share * value
        joint = found.pop(JOINT, None)
        return found if joint is None else {**found, JOINT: joint}


def structure_of(case: Case, design: Design) -> Structure:
    """Return what a design can lose under the faults of a case.

    Parameters
    ----------
    case : Case
        Faults, content and environment.
    design : Design
        Sites, protection, repair and copy edges.

    Returns
    -------
    Structure

    Notes
    -----
    A site over zones stands in all zones of its region, else in the first. Without `hardware` each copy or fragment
    has a disk (in a rack of its own, over racks or zones) to itself, and there is one placement group. A latent error
    spoils one object of a disk. The disks of a site that are hit by `corrupt` are destroyed, and rebuilt once a scrub
    has come by.
    """
    causes = causes_of(case, design)
    objects = _objects(case)
    sites = tuple(_part(case, design, site, causes, objects) for site in design.sites.values())
    return Structure(
        sites=sites,
        joined=_joined(design),
        shared=tuple(
            SharedCause(clock.name, clock.per_y, clock.sites, clock.back_y) for clock in causes.whole if clock.is_shared
        ),
        objects=tuple(_deletes(design, clock) for clock in causes.objects),
        objects_in_all=objects,
        rows=causes.rows,
        left_out=tuple(LeftOut(name, reason) for name, reason in causes.left_out),
        assumed=tuple(dict.fromkeys((*causes.assumed, *_assumptions(design)))),
        is_stationary=causes.is_stationary,
    )


def _part(case: Case, design: Design, site: Site, causes: Causes, objects: float) -> SitePart:
    zones = case.environment.regions[site.region].zones
    disks, racks, used = site_geometry(site, zones)
    protect, stored = site.protect, _stored(case)
    bare = site.hardware is None
    disk_bytes = stored / protect.needs if bare else stored * protect.expansion / disks
    groups = protect.groups or (1 if bare else 0)
    if not groups and protect.placement == "random":
        groups = max(1, round(GROUPS_PER_DISK * disks / protect.fragments))
    on_a_disk = objects if bare else objects * protect.fragments / disks
    own = causes.at(site.id)
    fleet = Fleet(
        _group(site, design.repair, disk_bytes, life_y=own.life_y, errors_per_y=own.errors_per_y / max(on_a_disk, 1.0)),
        disks=disks,
        groups=groups,
        layout=protect.placement,
        scatter=protect.scatter or 0,
        racks=racks,
        zones=used,
        common=own.common,
    )
    count = group_count(fleet)
    fleet = replace(fleet, is_pooled=count > 1)
    reseed = _reseed(case, design, site, stored)
    refill = reseed if design.repair.reseed is not None else _reseed(case, design, site, stored / count)
    whole = tuple(
        WholeCause(clock.name, clock.per_y, clock.back_y)
        for clock in causes.whole
        if not clock.is_shared and site.id in clock.sites
    )
    return SitePart(site.id, site.region, fleet, whole, refill, reseed, max(1.0, objects / count))


def _group(site: Site, repair: Repair, disk_bytes: float, *, life_y: Law | None, errors_per_y: float) -> Group:
    protect = site.protect
    work = repair.time if repair.time is not None else Constant(disk_bytes / repair.bandwidth)
    detect = in_years(repair.detect)
    return Group(
        fragments=protect.fragments,
        tolerates=protect.tolerates,
        life_y=NEVER if life_y is None else life_y,
        repair_y=positive(in_years(work)),
        detect_y=detect if detect.mean > 0.0 else None,
        repairs=_repairs(repair),
        starts_at=protect.lazy_at if repair.start == "lazy" and protect.tolerates > 0 else 1,
        latent=Latent(errors_per_y, scrub_law(repair)) if errors_per_y > 0.0 else None,
        survives=readable_shares(protect.ec) if protect.ec is not None else (),
        over=_LEVELS[protect.over],
    )


def scrub_law(repair: Repair) -> Law:
    """Time between scrubs in years, periodic or at random: nothing else is known to the solvers."""
    law = positive(in_years(repair.scrub))
    return law if isinstance(law, Constant | Exponential) else Constant(law.mean)


def _repairs(repair: Repair) -> Repairs:
    at_full_speed = repair.shared / repair.bandwidth if math.isfinite(repair.shared) else math.inf
    if math.isfinite(repair.crews) and repair.crews <= at_full_speed:
        return Crews(int(repair.crews))
    return Shared(at_full_speed) if math.isfinite(at_full_speed) and at_full_speed > 0.0 else Parallel()


def _assumptions(design: Design) -> Iterable[str]:
    repair = design.repair
    if not isinstance(repair.scrub, Constant | Exponential):
        yield f"scrubs of law {type(repair.scrub).__name__} are taken as periodic, at their mean"
    if math.isfinite(repair.crews) and math.isfinite(repair.shared) and repair.crews > repair.shared / repair.bandwidth:
        yield "shared bandwidth is full before all crews are at work: crews are left out"
    for site in design.sites.values():
        random = site.protect.placement == "random" and site.hardware is not None
        if random and site.protect.groups is None:
            yield f"{GROUPS_PER_DISK} placement groups on a disk, as Ceph aims at"
        if site.protect.over == "disks" and site.hardware is None:
            yield "copies over disks, without hardware, are taken to lie in one rack"


def _objects(case: Case) -> float:
    return 1.0 if case.workload is None else max(1.0, float(case.workload.content.objects))


def _stored(case: Case) -> float:
    return 0.0 if case.workload is None else float(case.workload.content.stored)


def _reseed(case: Case, design: Design, site: Site, size: float) -> Law | None:
    """Time to fetch so many bytes from the best of the sites that copy to this one, or between them and it."""
    rates = []
    for edge in design.replicate.values():
        for pair in edge.pairs:
            if site.id not in pair:
                continue
            source = design.sites[pair[0] if pair[1] == site.id else pair[1]]
            link = case.environment.link(source.region, site.region)
            rates.append(min(source.egress, link.replication, link.bandwidth, edge.bandwidth))
    if not rates:
        return None
    if design.repair.reseed is not None:
        return positive(in_years(design.repair.reseed))
    return positive(Constant(size / max(rates) / YEAR_S))


def refill_delays(part: SitePart, law: Law | None, back_y: Law | None = None) -> tuple[Law, ...]:
    """Return what passes one after the other until a site has content again; () = it never has."""
    return () if law is None else one_after_another((back_y, part.fleet.group.detect_y, law))


def _joined(design: Design) -> tuple[tuple[str, ...], ...]:
    """Sites in sets that copy edges join, in the order of the design."""
    joined = {site: {site} for site in design.sites}
    for edge in design.replicate.values():
        for a, b in edge.pairs:
            together = joined[a] | joined[b]
            for site in together:
                joined[site] = together
    sets = dict.fromkeys(tuple(site for site in design.sites if site in joined[first]) for first in design.sites)
    return tuple(sets)


def _deletes(design: Design, clock: Clock) -> ObjectCause:
    """Deletes travel with every copy edge, or stay where they are done."""
    travels = all(edge.deletes for edge in design.replicate.values())
    home = design.home or next(iter(design.sites))
    return ObjectCause(clock.name, clock.per_y, clock.share, tuple(design.sites) if travels else (home,))


def takes_bytes(fleet: Fleet) -> bool:
    """Whether something that strikes disks of a fleet takes what is on them."""
    group = fleet.group
    hidden = group.latent is not None and group.latent.per_y > 0.0
    return group.life_y != NEVER or hidden or any(_destroys(cause) for cause in fleet.common)


def _destroys(cause: CommonCause) -> bool:
    return cause.destroys and cause.per_y > 0.0
