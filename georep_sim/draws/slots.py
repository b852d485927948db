"""Slots: the physical places that copies stand on, and that disk faults hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.scenario import Case
    from georep_sim.scenario.design.placement import Site


def design_slots(case: Case, design_site: Site) -> tuple[str, ...]:
    """Return the places that a site's copies stand on.

    Parameters
    ----------
    case : Case
        Tells how many zones the site's region has.
    design_site : Site
        A site of any design. Two sites with as many copies in one region stand on the same places: the places belong
        to the environment, and a fault there is one event for every design.

    Returns
    -------
    tuple of str, length n_copies
        ``region/zone/disk#j`` for copy j; dealt over the region's zones in turn where `protect` is over zones, else
        all in zone 1.
    """
    zones = case.environment.regions[design_site.region].zones if design_site.protect.over == "zones" else 1
    return tuple(f"{design_site.region}/{j % zones + 1}/disk#{j}" for j in range(design_site.protect.copies))


def slots(case: Case) -> Mapping[str, tuple[str, ...]]:
    """Return the places in each region of the universe that any design uses, sorted.

    Examples
    --------
    Three copies over three zones use ``eastus/1/disk#0``, ``eastus/2/disk#1`` and ``eastus/3/disk#2``.
    """
    found: dict[str, set[str]] = {region: set() for region in case.environment.regions}
    for design in case.designs.values():
        for site in design.sites.values():
            found[site.region].update(design_slots(case, site))
    return {region: tuple(sorted(places)) for region, places in found.items()}


def scope_slots(places: Mapping[str, tuple[str, ...]], scope: str) -> tuple[str, ...]:
    """Return the places inside an address: a region, a zone, or one place itself."""
    inside = places.get(scope.split("/", maxsplit=1)[0], ())
    return tuple(place for place in inside if f"{place}/".startswith(f"{scope}/"))
