"""Slots: the physical places that copies stand on, and that disk faults hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.scenario import Case
    from georep_sim.scenario.design.placement import Site


#: Addresses that hang on a clock: disks, racks, or disks named by the rack they are in.
Kind: TypeAlias = Literal["disk", "rack", "member"]


class Place(NamedTuple):
    """The place of one copy or fragment.

    Parameters
    ----------
    disk : str
        ``region/zone/disk#j``.
    rack : str
        ``region/zone/rack#r``.
    """

    disk: str
    rack: str

    @property
    def member(self) -> str:
        """``region/zone/rack#r/disk#j``: the disk as part of its rack."""
        return f"{self.rack}/{self.disk.rpartition('/')[2]}"

    def address(self, kind: Kind) -> str:
        """Return the address of a kind."""
        return {"disk": self.disk, "rack": self.rack, "member": self.member}[kind]


def design_places(case: Case, design_site: Site) -> tuple[Place, ...]:
    """Return the places of a site's copies or fragments, or of one placement group where it has hardware.

    Parameters
    ----------
    case : Case
        Tells how many zones the site's region has.
    design_site : Site
        A site of any design. Two sites with as many copies in one region stand on the same places: the places belong
        to the environment, and a fault there is one event for every design.

    Returns
    -------
    tuple of Place, length n_fragments
        Fragment j is dealt over the region's zones in turn where `protect` is over zones, else all are in zone 1; within
        a zone over its racks in turn. Without hardware a zone has as many racks and disks as it needs, and disk j holds
        fragment j; where `protect` is over disks, all are taken to be in one rack. With hardware, disk j of a zone is in its rack
        ``j // disks``, and groups over disks fill one rack after another if they are partitioned.
    """
    protect, hardware = design_site.protect, design_site.hardware
    zones = protect.zones_used(case.environment.regions[design_site.region].zones)
    found = []
    for fragment in range(protect.fragments):
        zone, index = f"{design_site.region}/{fragment % zones + 1}", fragment // zones
        if hardware is None:
            rack = index if protect.over != "disks" else 0
            found.append(Place(f"{zone}/disk#{fragment}", f"{zone}/rack#{rack}"))
        else:
            filled = protect.over == "disks" and protect.placement == "partitioned"
            row, column = divmod(index, hardware.disks) if filled else divmod(index, hardware.racks)[::-1]
            found.append(Place(f"{zone}/disk#{row * hardware.disks + column}", f"{zone}/rack#{row}"))
    return tuple(found)


def design_slots(case: Case, design_site: Site) -> tuple[str, ...]:
    """Return the disks that a site's copies or fragments stand on; see `design_places`."""
    return tuple(place.disk for place in design_places(case, design_site))


def slots(case: Case, kind: Kind = "disk") -> Mapping[str, tuple[str, ...]]:
    """Return the places in each region of the universe that any design uses, sorted.

    Examples
    --------
    Three copies over three zones use ``eastus/1/disk#0``, ``eastus/2/disk#1`` and ``eastus/3/disk#2``.
    """
    found: dict[str, set[str]] = {region: set() for region in case.environment.regions}
    for site in _sites(case):
        found[site.region].update(place.address(kind) for place in design_places(case, site))
    return {region: tuple(sorted(places)) for region, places in found.items()}


def all_slots(case: Case, kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Return the places in each region that any design has: those in use, and the rest of its hardware, sorted.

    Of two designs' hardware in one region the n-th disk of the one is the n-th of the other.
    """
    found = {region: set(places) for region, places in slots(case, kind).items()}
    for site in _sites(case):
        hardware = site.hardware
        if hardware is None:
            continue
        for zone in range(1, site.protect.zones_used(case.environment.regions[site.region].zones) + 1):
            for rack in range(hardware.racks):
                name = f"{site.region}/{zone}/rack#{rack}"
                disks = range(rack * hardware.disks, (rack + 1) * hardware.disks)
                found[site.region].update(
                    Place(f"{site.region}/{zone}/disk#{disk}", name).address(kind)
                    for disk in (disks if kind != "rack" else disks[:1])
                )
    return {region: tuple(sorted(places)) for region, places in found.items()}


def _sites(case: Case) -> Iterator[Site]:
    return (site for design in case.designs.values() for site in design.sites.values())


def scope_slots(places: Mapping[str, tuple[str, ...]], scope: str) -> tuple[str, ...]:
    """Return the places inside an address: a region, a zone, or one place itself."""
    inside = places.get(scope.split("/", maxsplit=1)[0], ())
    return tuple(place for place in inside if f"{place}/".startswith(f"{scope}/"))
