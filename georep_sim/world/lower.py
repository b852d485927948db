"""From a case and a design to what the planes read: names and paths (`Topology`) and numbers (`Wire`).

Besides the control processes this is the only reader of design blocks; the planes know none of their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.clients import address_phase, overstays
from georep_sim.laws import Constant
from georep_sim.plane.wire import BUCKETS, COHORTS, EDGES, LADDERS, LINKS, SITES, Tcp, Wire
from georep_sim.tables import NS_PER_S, Topology

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from georep_sim.draws.images import Catalogue
    from georep_sim.laws import Law
    from georep_sim.scenario import Case, Client, Design, Edge

_TLS_ROUND_TRIPS = {"none": 0, "1.2": 2, "1.3": 1}
# Assumed: an OCI image manifest is about 500 B and 160 B for each layer's descriptor.
_MANIFEST_BYTES = (500.0, 160.0)


def topology(case: Case, design: Design) -> Topology:
    """Names, paths and constant facts of a design in a case.

    Parameters
    ----------
    case : Case
        For regions and client groups.
    design : Design
        For sites, copy edges and routing.

    Returns
    -------
    Topology
        Sites, groups and edges in the order of the file; links sorted, only those that clients or copies of this
        design use.
    """
    sites = tuple(design.sites)
    site_regions = tuple(site.region for site in design.sites.values())
    clients = _clients(case)
    cohort_regions = tuple(client.region for client in clients.values())
    edges = tuple((sites.index(a), sites.index(b)) for edge in design.replicate.values() for a, b in edge.pairs)
    pairs = {(s, c) for s in site_regions for c in cohort_regions}
    pairs |= {(c, s) for s, c in pairs} | {(site_regions[a], site_regions[b]) for a, b in edges}
    links = tuple(sorted(pair for pair in pairs if pair[0] != pair[1]))
    number = {pair: i for i, pair in enumerate(links)}
    shape = (len(cohort_regions), len(sites))
    down = [number.get((s, c), -1) for c in cohort_regions for s in site_regions]
    up = [number.get((c, s), -1) for c in cohort_regions for s in site_regions]
    return Topology(
        sites=sites,
        site_regions=site_regions,
        cohorts=tuple(clients),
        cohort_regions=cohort_regions,
        links=links,
        edges=edges,
        down=np.array(down, dtype=np.int32).reshape(shape),
        up=np.array(up, dtype=np.int32).reshape(shape),
        pulls_per_s=np.array([client.pulls for client in clients.values()], dtype=np.float64),
        pushes_per_s=np.array([client.pushes for client in clients.values()], dtype=np.float64),
        ttl_s=design.route.ttl,
        overstay_share=design.route.overstay.share,
        overstay_s=design.route.overstay.for_,
        home=sites.index(design.home),
    )


def lower(case: Case, design: Design, *, seed: int, replication: int, catalogue: Catalogue) -> Wire:
    """Everything the data plane is given about a design, as arrays.

    Parameters
    ----------
    case : Case
        For the environment, the workload and the deadlines.
    design : Design
        What is played.
    seed, replication : int
        Address of the draws made while playing, and of what distinguishes client machines.
    catalogue : Catalogue
        The replication's images.

    Returns
    -------
    Wire
        Indices as in `topology`.

    Raises
    ------
    ScenarioError
        If the scenario asks for what the planes cannot say yet.
    """
    names = topology(case, design)
    laws = _Laws()
    clients = _clients(case)
    regions = {name: i for i, name in enumerate(dict.fromkeys(names.site_regions + names.cohort_regions))}
    tcp = case.environment.tcp
    share = design.route.overstay.share
    draws = {"seed": seed, "replication": replication}
    head_bytes, layer_bytes = _MANIFEST_BYTES
    return Wire(
        topology=names,
        sites=_sites(case, design, regions, laws),
        buckets=_buckets(design),
        cohorts=_cohorts(case, design, regions),
        ladders=_ladders(case, design),
        links=_links(case, names, laws),
        edges=_edges(design, names, laws),
        laws=laws.known,
        tcp=Tcp(
            slow_start=tcp.mode == "slow_start",
            mss_bytes=float(tcp.mss),
            initial_window_segments=float(tcp.initial_window),
            window_max_bytes=float(tcp.window_max),
            rto_min_s=tcp.rto_min,
        ),
        tls_round_trips=_TLS_ROUND_TRIPS[case.environment.tls],
        flap=design.route.flap,
        layer_bytes=catalogue.layer_bytes,
        manifest_bytes=head_bytes + layer_bytes * catalogue.layer_bytes.shape[1],
        address_phase=tuple(address_phase(name, client.machines, **draws) for name, client in clients.items()),
        overstay=tuple(overstays(name, client.machines, share, **draws) for name, client in clients.items()),
        seed=seed,
        replication=replication,
    )


class _Laws:
    """Distributions by index; one that is met again keeps its index."""

    def __init__(self) -> None:
        self._index: dict[Law, int] = {}

    def add(self, law: Law) -> int:
        """Index of a law."""
        return self._index.setdefault(law, len(self._index))

    @property
    def known(self) -> tuple[Law, ...]:
        """All of them, by index."""
        return tuple(self._index)


def _clients(case: Case) -> Mapping[str, Client]:
    return {} if case.workload is None else case.workload.clients


def _median(law: Law) -> float:
    return law.ppf(0.5)


def _table(rows: Iterable[tuple[object, ...]], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.array(list(rows), dtype=dtype)


def _sites(case: Case, design: Design, regions: Mapping[str, int], laws: _Laws) -> NDArray[Any]:
    rows = []
    for i, site in enumerate(design.sites.values()):
        service = site.front_end.service
        served = (site.front_end.workers, laws.add(service.read), laws.add(service.write), service.per_byte)
        local = case.environment.link(site.region, site.region).rtt
        near = (_rtt_law(local, laws), _median(local))
        rows.append((*served, site.egress, *_bucket_numbers(design, i), regions[site.region], *near))
    return _table(rows, SITES)


def _bucket_numbers(design: Design, site: int) -> tuple[int, int]:
    """Read and write bucket of a site; one pair for all sites if the limit is the registry's."""
    first = 0 if design.limits.scope == "registry" else 2 * site
    limits = design.limits
    return (-1 if limits.read is None else first), (-1 if limits.write is None else first + 1)


def _buckets(design: Design) -> NDArray[Any]:
    limits = design.limits
    pair = [(limits.read or 0.0, limits.tokens("read") or 0.0), (limits.write or 0.0, limits.tokens("write") or 0.0)]
    return _table(pair * (1 if limits.scope == "registry" else len(design.sites)), BUCKETS)


def _cohorts(case: Case, design: Design, regions: Mapping[str, int]) -> NDArray[Any]:
    deadline = case.measures.deadline
    pull_ns, push_ns = round(deadline.pull * NS_PER_S), round(deadline.push * NS_PER_S)
    rows = []
    for i, client in enumerate(_clients(case).values()):
        habits = design.client_of(client)
        rows.append(
            (
                client.access,
                client.machines,
                i,
                habits.parallel,
                habits.parallel_pushes,
                habits.keep_alive,
                regions[client.region],
                pull_ns,
                push_ns,
            )
        )
    return _table(rows, COHORTS)


def _ladders(case: Case, design: Design) -> NDArray[Any]:
    """One retry ladder per cohort; pauses double and have no cap beside the number of retries."""
    habits = [design.client_of(client) for client in _clients(case).values()]
    return _table(((h.retries, h.backoff, 2.0, np.inf, round((h.timeout or 0.0) * NS_PER_S)) for h in habits), LADDERS)


def _links(case: Case, names: Topology, laws: _Laws) -> NDArray[Any]:
    rows = []
    for a, b in names.links:
        link = case.environment.link(a, b)
        rows.append((_rtt_law(link.rtt, laws), _median(link.rtt), link.bandwidth, link.replication, link.loss))
    return _table(rows, LINKS)


def _edges(design: Design, names: Topology, laws: _Laws) -> NDArray[Any]:
    number = {pair: i for i, pair in enumerate(names.links)}
    rows = []
    blocks = (edge for edge in design.replicate.values() for _ in edge.pairs)
    for edge, (a, b) in zip(blocks, names.edges, strict=True):
        link = number.get((names.site_regions[a], names.site_regions[b]), -1)
        rows.append((a, b, link, edge.workers, _lag(edge, laws), edge.bandwidth, edge.deletes))
    return _table(rows, EDGES)


def _rtt_law(rtt: Law, laws: _Laws) -> int:
    return -1 if isinstance(rtt, Constant) else laws.add(rtt)


def _lag(edge: Edge, laws: _Laws) -> int:
    return -1 if edge.lag == Constant(0.0) else laws.add(edge.lag)
