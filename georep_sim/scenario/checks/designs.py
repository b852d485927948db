"""Checks of designs: sites, edges, homes and failover name what exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.scenario.faults import KINDS
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from georep_sim.scenario.checks.inspector import Inspector

#: Kinds of faults that a failover can answer.
_ANSWERED: Final = frozenset({"outage", "destroyed"})
_SELECTORS: Final = frozenset({"home", "any"})


def has_sites(inspector: Inspector) -> None:
    """A design has a site."""
    for name, design in inspector.case.designs.items():
        if not design.sites:
            inspector.refuse("the design has no sites", "designs", name, "sites", expected="at least one site")


def home_is_a_site(inspector: Inspector) -> None:
    """The home is a site that takes reads and writes."""
    for name, design in inspector.case.designs.items():
        if not design.sites:
            continue
        path = ("designs", name, "home")
        if design.home not in design.sites:
            expected = f"a site: {', '.join(design.sites)}"
            inspector.refuse(f"home {design.home!r} is no site", *path, expected=expected)
        elif design.sites[design.home].role != "rw":
            inspector.refuse(f"home {design.home!r} is a standby", *path, expected="a site with role rw")


def edges_name_sites(inspector: Inspector) -> None:
    """Copy edges name sites, and lead from one to another."""
    for name, design in inspector.case.designs.items():
        for key, edge in design.replicate.items():
            path = ("designs", name, "replicate", key)
            named = {"from": (edge.from_, _SELECTORS), "to": (edge.to, _SELECTORS | {"others"})}
            unknown = [
                (end, site)
                for end, (sites, selectors) in named.items()
                for site in sites
                if site not in design.sites and site not in selectors
            ]
            for end, site in unknown:
                expected = f"a site ({', '.join(design.sites)}), {', '.join(sorted(named[end][1]))}"
                remedy = nearest(site, design.sites)
                inspector.refuse(f"no site {site!r}", *path, end, expected=expected, remedy=remedy)
            if not unknown and not edge.pairs and len(design.sites) > 1:
                inspector.refuse("the edge leads nowhere", *path, expected="two different sites")


def failover_can_happen(inspector: Inspector) -> None:
    """Failover answers faults there are, and promotes a site other than the home."""
    for name, design in inspector.case.designs.items():
        failover, path = design.failover, ("designs", name, "failover")
        known = {kind for kinds in KINDS.values() for kind in kinds}
        for kind in sorted(failover.upon - _ANSWERED):
            what = f"failover upon {kind} is not supported yet" if kind in known else f"no kind of fault {kind!r}"
            inspector.refuse(
                what, *path, "upon", expected=", ".join(sorted(_ANSWERED)), remedy=nearest(kind, sorted(_ANSWERED))
            )
        if failover.promotes is not None and failover.promotes not in design.sites:
            remedy = nearest(failover.promotes, design.sites)
            inspector.refuse(f"no site {failover.promotes!r}", *path, "promotes", expected="a site", remedy=remedy)
        elif failover.promotes == design.home:
            inspector.refuse("the home promotes itself", *path, "promotes", expected="another site")
        if failover.trigger == "vendor" and failover.promotes is None:
            what = "a failover by the vendor promotes no site"
            inspector.refuse(what, *path, "promotes", expected="a site", remedy="give failover.promotes")


def failover_by_routing_is_plain(inspector: Inspector) -> None:
    """Failover that the probes call for answers whatever they see, and only a promotion loses what is not copied."""
    for name, design in inspector.case.designs.items():
        failover, path = design.failover, ("designs", name, "failover")
        if failover.trigger == "auto" and failover.upon < _ANSWERED:
            what = "an automatic failover upon some kinds of faults only is not supported yet"
            inspector.refuse(what, *path, "upon", expected="outage and destroyed", remedy="leave it out, or set null")
        if failover.trigger == "auto" and failover.promotes is None and failover.unsynced == "lost":
            what = "unsynced lost without promoting a site is not supported yet"
            inspector.refuse(what, *path, "unsynced", expected="hidden, or a site in failover.promotes")


def probes_have_a_period(inspector: Inspector) -> None:
    """A probe that is sent is sent every so often."""
    for name, design in inspector.case.designs.items():
        if design.health.probe != "none" and design.health.every <= 0.0:
            inspector.refuse("probes without a pause", "designs", name, "health", "every", expected="a time above zero")


def billed_once(inspector: Inspector) -> None:
    """A design has a tier or a price of its own."""
    for name, design in inspector.case.designs.items():
        if design.billing.tier is not None and design.billing.plan is not None:
            inspector.refuse("both a tier and a plan", "designs", name, "billing", "plan", expected="one of them")


def writes_are_routed(inspector: Inspector) -> None:
    """Pushes to the home alone need clients that are all sent there."""
    for name, design in inspector.case.designs.items():
        if design.write.accept == "home" and design.route.method != "fixed":
            what = f"write.accept home with route {design.route.method} is not supported yet"
            inspector.refuse(what, "designs", name, "write", "accept", expected="nearest, or route.method fixed")


CHECKS: Final[tuple[Callable[[Inspector], None], ...]] = (
    has_sites,
    home_is_a_site,
    edges_name_sites,
    failover_can_happen,
    failover_by_routing_is_plain,
    probes_have_a_period,
    billed_once,
    writes_are_routed,
)
