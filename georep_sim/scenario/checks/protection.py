"""Checks of protection, hardware and repair: fragments have places, content has room, and nothing is said twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

from georep_sim.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from georep_sim.scenario.checks.inspector import Inspector
    from georep_sim.scenario.design.placement import Protect, Site
    from georep_sim.scenario.faults import Fault

#: A key, what is wrong there, what is expected, and a remedy.
Wrong: TypeAlias = tuple[str, str, str, str]


def _sites(inspector: Inspector) -> Iterator[tuple[tuple[str, ...], Site, int]]:
    """Yield each site with its path and the zones of its region."""
    for name, design in inspector.case.designs.items():
        for key, site in design.sites.items():
            region = inspector.case.environment.regions.get(site.region)
            yield ("designs", name, "sites", key), site, 1 if region is None else region.zones


def copies_or_a_code(inspector: Inspector) -> None:
    """A site keeps copies or the fragments of a code, not both."""
    for path, site, _ in _sites(inspector):
        here = (*path, "protect", "copies")
        if site.protect.ec is not None and inspector.is_given(*here):
            inspector.refuse(
                "both copies and ec", *here, expected="one of them", remedy="remove copies, or set it null"
            )


def zones_are_several(inspector: Inspector) -> None:
    """What is spread over zones stands in a region that has several."""
    for path, site, zones in _sites(inspector):
        if site.protect.over == "zones" and zones == 1:
            what = f"region {site.region!r} has one zone"
            remedy = f"over: auto takes racks there; or give environment.regions.{site.region}.zones"
            inspector.refuse(what, *path, "protect", "over", expected="racks, disks or auto", remedy=remedy)


def fragments_have_disks(inspector: Inspector) -> None:
    """Hardware has a disk for each fragment of a blob."""
    for path, site, zones in _sites(inspector):
        hardware, protect = site.hardware, site.protect
        if hardware is None:
            continue
        used = protect.zones_used(zones)
        units = {"zones": used, "racks": hardware.racks, "disks": site.disks(zones=zones)}[protect.over]
        per_unit = math.ceil(protect.fragments / units)
        if per_unit > site.disks(zones=zones) // units:
            what = f"{protect.fragments} fragments of a blob, and {site.disks(zones=zones)} disks for them"
            what += "" if protect.over == "disks" else f" in {units} {protect.over}"
            inspector.refuse(
                what, *path, "hardware", expected="a disk for each fragment", remedy="give more racks or disks"
            )


def content_has_room(inspector: Inspector) -> None:
    """What is stored, with its redundancy, fits on the disks."""
    workload = inspector.case.workload
    for path, site, zones in _sites(inspector):
        if site.hardware is None or workload is None:
            continue
        needed = workload.content.stored * site.protect.expansion
        size = site.disks(zones=zones) * site.hardware.disk_size
        if needed > size:
            stored = format_quantity(workload.content.stored, "bytes")
            what = (
                f"{stored} stored {site.protect.expansion:.3g}-fold are {format_quantity(needed, 'bytes')}, and the "
                f"{site.disks(zones=zones)} disks hold {format_quantity(size, 'bytes')}"
            )
            remedy = "give more racks or disks, larger disks, or less content"
            inspector.refuse(what, *path, "hardware", expected="room for all that is stored", remedy=remedy)


def placement_is_whole(inspector: Inspector) -> None:
    """Scatter and groups belong to a placement that knows them, on hardware."""
    for path, site, zones in _sites(inspector):
        for key, what, expected, remedy in _misplaced(site, site.disks(zones=zones)):
            inspector.refuse(what, *path, "protect", key, expected=expected, remedy=remedy)


def _misplaced(site: Site, disks: int) -> Iterator[Wrong]:
    protect = site.protect
    if site.hardware is None:
        given = {"placement": protect.placement == "copysets", "groups": protect.groups is not None}
        for key in (key for key, is_given in given.items() if is_given):
            what = f"{'copysets' if key == 'placement' else key} without hardware"
            expected = "hardware: without it each fragment has a disk of its own, and there is one group"
            yield key, what, expected, "give the site hardware, e.g. {racks: 10, disks: 24}"
    if protect.scatter is not None and protect.placement != "copysets":
        yield (
            "scatter",
            f"scatter with placement {protect.placement}",
            "placement: copysets",
            "remove scatter, or give placement: copysets",
        )
    if protect.placement == "copysets":
        yield from _scatter(protect, disks)
    most = disks // protect.fragments
    if site.hardware is not None and protect.placement == "partitioned" and (protect.groups or 0) > most:
        what = f"{disks} disks in sets of {protect.fragments} make {most} groups, not {protect.groups}"
        yield "groups", what, f"at most {most}", "leave groups out, or place at random"


def _scatter(protect: Protect, disks: int) -> Iterator[Wrong]:
    least, scatter = protect.fragments - 1, protect.scatter
    expected = f"from {least}, the other disks of one blob, to {disks - 1}"
    if scatter is None:
        yield "scatter", "copysets without scatter", f"scatter: a number {expected}", f"give scatter: {2 * least}"
    elif scatter < least:
        yield "scatter", f"scatter {scatter} is less than one group needs", expected, f"give at least {least}"
    elif scatter >= disks:
        yield "scatter", f"scatter {scatter} is more than there are other disks", expected, f"give at most {disks - 1}"


def rebuilds_are_plain(inspector: Inspector) -> None:
    """A rebuild has one length, and one thing that holds it up."""
    for name, design in inspector.case.designs.items():
        repair, path = design.repair, ("designs", name, "repair")
        if repair.time is not None and inspector.is_given(*path, "bandwidth"):
            remedy = "remove one; to take away a preset's, set it null"
            inspector.refuse("time and bandwidth are both given", *path, "bandwidth", expected="one", remedy=remedy)
        if repair.time is not None and math.isfinite(repair.shared):
            what = "shared bandwidth of rebuilds whose length is given by time"
            inspector.refuse(what, *path, "shared", expected="bandwidth instead of time", remedy="remove one of them")
        if math.isinf(repair.bandwidth) and math.isfinite(repair.shared):
            what = "shared bandwidth of rebuilds that need no time alone"
            remedy = "give bandwidth, that of one rebuild"
            inspector.refuse(what, *path, "shared", expected="a bandwidth of one rebuild", remedy=remedy)
        if math.isfinite(repair.crews) and math.isfinite(repair.shared):
            what = "crews and shared bandwidth together are not supported yet"
            inspector.refuse(what, *path, "shared", expected="one of crews, shared", remedy="remove one")
        for key, value in (("bandwidth", repair.bandwidth), ("shared", repair.shared), ("scrub", repair.scrub.mean)):
            if value <= 0.0:
                remedy = "leave it out for the default"
                inspector.refuse(f"{key} is zero", *path, key, expected="more than zero", remedy=remedy)


def racks_exist(inspector: Inspector) -> None:
    """A fault of racks, or of what is within one, hits a region where a design has racks."""
    known = {
        site.region for _, site, _ in _sites(inspector) if site.hardware is not None or site.protect.over != "disks"
    }
    for name, fault in inspector.case.faults.items():
        for key, what, where in _on_racks(fault):
            if where and not known.intersection(address.partition("/")[0] for address in where):
                expected = "a site with hardware, or with protect over racks or zones"
                remedy = f"give such a site hardware, or drop the row: faults.{name}: null"
                inspector.refuse(
                    f"{what}, and no design has racks there", "faults", name, key, expected=expected, remedy=remedy
                )
        if fault.within == "rack" and fault.what not in {"disk", "rack"}:
            inspector.refuse(f"within rack for {fault.what}", "faults", name, "within", expected="zone or region")
        elif fault.within == "rack" and fault.what == "rack":
            inspector.refuse("a rack within itself", "faults", name, "within", expected="zone or region")


def _on_racks(fault: Fault) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the key of a row that needs racks, why, and where."""
    lines = tuple(line.where for line in fault.history if line.what == "rack")
    if lines or (fault.what == "rack" and not fault.history):
        yield ("where" if not lines else "history"), "a fault of racks", lines or fault.where
    elif fault.within == "rack" and fault.what == "disk":
        yield "within", "disks of one rack", fault.where


CHECKS: Final[tuple[Callable[[Inspector], None], ...]] = (
    copies_or_a_code,
    zones_are_several,
    fragments_have_disks,
    content_has_room,
    placement_is_whole,
    rebuilds_are_plain,
    racks_exist,
)
