"""The control plane put together: the parts of a design, and a process for each thing that acts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.draws.slots import design_places
from georep_sim.tables import NS_PER_S
from georep_sim.world.failover import Promotion
from georep_sim.world.faults import Injector
from georep_sim.world.health import Probe, watch
from georep_sim.world.links import LinkState
from georep_sim.world.operators import Carrier, Operator
from georep_sim.world.routing import Router
from georep_sim.world.sites import SiteState
from georep_sim.world.upkeep import Rebuilds, Reseeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design, Site
    from georep_sim.tables import Topology
    from georep_sim.world.control import Control


def place_parts(control: Control, case: Case, design: Design) -> None:
    """Give the control plane the sites and links of a design."""
    topology = control.topology
    fed = {destination for _, destination in topology.edges}
    for index, site in enumerate(design.sites.values()):
        is_home = index == topology.home
        control.sites.append(SiteState(
            control,
            index,
            zones=_zones(case, site),
            workers=site.front_end.workers,
            places=design_places(case, site),
            can_read=site.protect.can_read,
            is_active=site.role == "rw",
            is_refilled=index in fed or (is_home and _promotes(design)),
        ))  # fmt: skip
    for index, (a, b) in enumerate(topology.links):
        control.links.append(LinkState(control, index, loss=case.environment.link(a, b).loss))


def _zones(case: Case, site: Site) -> range:
    """Zones a site is spread over: all of its region's, or the first."""
    return range(1, site.protect.zones_used(case.environment.regions[site.region].zones) + 1)


def _promotes(design: Design) -> bool:
    return design.failover.trigger != "none" and design.failover.promotes is not None


def start_processes(control: Control, case: Case, design: Design) -> None:
    """Say how things stand at time 0 and start every process."""
    stored_bytes = 0.0 if case.workload is None else float(case.workload.content.stored)
    router = Router(control, design, preferences=_preferences(case, control.topology))
    reseeds = _reseeds(control, case, design, stored_bytes)
    rebuilds = Rebuilds(
        control,
        design.repair,
        disk_bytes=[
            site.disk_bytes(stored_bytes, zones=case.environment.regions[site.region].zones)
            for site in design.sites.values()
        ],
        lazy_at=[site.protect.lazy_at for site in design.sites.values()],
    )
    operator = Operator(control, list(_carriers(control.topology, design)))
    for site in control.sites:
        control.touch(site, -1)
    control.flush()
    router.aim(-1)
    control.start(Injector(control, rebuilds=rebuilds, operator=operator).run())
    health = design.health
    for site, name in zip(control.sites, control.topology.sites, strict=True):
        if health.probe != "none" and site.is_active:
            every_ns = round(health.every * NS_PER_S)
            probe = Probe(
                control.phase_ns(f"health/{name}", every_ns),
                every_ns,
                round(health.timeout * NS_PER_S),
                health.fails,
                health.recovers,
                health.probe == "deep",
            )
            control.start(watch(control, site, probe, tell=router.heard))
        sources = [a for a, b in control.topology.edges if b == site.index]
        control.start(reseeds.run(site, sources, router))
    if _promotes(design):
        home = control.sites[control.topology.home]
        standby = control.sites[control.topology.sites.index(str(design.failover.promotes))]
        promotion = Promotion(control, design.failover, home=home, standby=standby, router=router, reseeds=reseeds)
        control.start(promotion.run())


def _preferences(case: Case, topology: Topology) -> list[tuple[int, ...]]:
    """All sites by round trip from each client group, nearest first; of two as near the first named."""
    link = case.environment.link
    regions = topology.site_regions
    return [
        tuple(sorted(range(len(regions)), key=lambda s: (link(region, regions[s]).rtt.ppf(0.5), s)))
        for region in topology.cohort_regions
    ]


def _reseeds(control: Control, case: Case, design: Design, stored_bytes: float) -> Reseeds:
    """Refilling, with what each pair of sites may use; a pair without an edge may use its link's replication."""
    topology = control.topology
    number = {pair: i for i, pair in enumerate(topology.links)}
    edge_rates: dict[tuple[int, int], float] = {}
    blocks = (edge for edge in design.replicate.values() for _ in edge.pairs)
    for edge, pair in zip(blocks, topology.edges, strict=True):
        edge_rates[pair] = max(edge.bandwidth, edge_rates.get(pair, 0.0))
    rates, links = {}, {}
    for a, region_a in enumerate(topology.site_regions):
        for b, region_b in enumerate(topology.site_regions):
            link = case.environment.link(region_a, region_b)
            egress = design.sites[topology.sites[a]].egress
            rates[a, b] = min(egress, link.replication, link.bandwidth, edge_rates.get((a, b), float("inf")))
            links[a, b] = number.get((region_a, region_b), -1)
    return Reseeds(control, design.repair, stored_bytes=stored_bytes, rates_Bps=rates, links=links)


def _carriers(topology: Topology, design: Design) -> Iterator[Carrier]:
    """Edges that carry deletes."""
    number = {pair: i for i, pair in enumerate(topology.links)}
    blocks = (edge for edge in design.replicate.values() for _ in edge.pairs)
    for edge, (a, b) in zip(blocks, topology.edges, strict=True):
        if edge.deletes:
            yield Carrier(a, b, number.get((topology.site_regions[a], topology.site_regions[b]), -1), edge.lag)
