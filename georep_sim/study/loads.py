"""What the workload asks of links, token buckets and front ends when nothing fails; closed form, no simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Scenario
    from georep_sim.scenario.design import Design, Site
    from georep_sim.scenario.workload import Client
    from georep_sim.world.budget import Engine

# Above this share of its capacity a queue is long already and grows fast with any surge.
WORRYING = 0.8
# What a patient user waits for: some hours of one core. The reference plane plays about a million requests in a quarter
# of an hour, the compiled one in some seconds.
MAX_REQUESTS = {"reference": 20_000_000, "compiled": 5_000_000_000}


@dataclass(frozen=True)
class Load:
    """Peak load of one thing.

    Parameters
    ----------
    what : str
        Link, bucket or front end, by name.
    share : float
        Load at the busiest hour of the week over capacity.
    """

    what: str
    share: float


def expected_requests(case: Case, *, seconds: float | None = None) -> float:
    """Expected number of requests of one replication in full, over the horizon or some seconds of it."""
    if case.workload is None:
        return 0.0
    rate_per_s = sum(client.pulls + client.pushes for client in case.workload.clients.values())
    return float(rate_per_s * (case.run.horizon if seconds is None else seconds))


def refuse_too_many_requests(scenario: Scenario, *, engine: Engine = "compiled") -> None:
    """Refuse a scenario that would play more requests than `run.max_requests` for a design and case.

    Parameters
    ----------
    scenario : Scenario
        What is to be played.
    engine : str, default "compiled"
        Data plane, for the limit where the scenario gives none.

    Raises
    ------
    ScenarioError
        Names horizon, replications, rates and the way out.
    """
    problems = []
    for case in scenario.cases.values():
        if case.run.traffic != "full":
            continue
        asked = expected_requests(case) * case.run.replications
        most = case.run.max_requests or MAX_REQUESTS[engine]
        if asked > most:
            per_replication = expected_requests(case)
            problems.append(
                Problem(
                    f"{asked:.3g} requests expected for each design in case {case.name!r}",
                    path="run.max_requests",
                    value=f"{most:g}",
                    expected=f"at most that many: {case.run.replications} replications of {per_replication:.3g} requests "
                    f"in {case.run.horizon / 86400.0:g} d",
                    remedy="use `traffic: auto`, or lower horizon, replications or rates, or raise run.max_requests",
                )
            )
    if problems:
        raise ScenarioError(problems)


def overloads(scenario: Scenario) -> list[str]:
    """One sentence for everything loaded above 80 % at its busiest hour, for each case and design."""
    out = []
    for case in scenario.cases.values():
        if case.workload is None:
            continue
        for design in case.designs.values():
            out += [
                f"case {case.name}, design {design.name}: {load.what} is loaded to {_percent(load.share)} at its busiest hour without any fault"
                for load in loads(case, design)
                if load.share > WORRYING
            ]
    return list(dict.fromkeys(out))


def _percent(share: float) -> str:
    return f"{share:.0%}" if math.isfinite(share) else "more than anything"


def loads(case: Case, design: Design) -> Iterator[Load]:
    """Peak loads of one design without faults, from mean sizes and the busiest hour of each group's week."""
    yield from _links(case, design)
    for site in design.sites.values():
        if site.role == "rw":
            yield _front_end(case, design, site)
    yield from _limits(case, design)


def nearest(case: Case, design: Design, client: Client) -> Site:
    """Site that a client uses when nothing fails."""
    serving = [site for site in design.sites.values() if site.role == "rw"]
    if design.route.method == "fixed":
        return design.sites[design.home]
    return min(serving, key=lambda site: case.environment.link(client.region, site.region).rtt.ppf(0.5))


def _peak(client: Client, rate_per_s: float) -> float:
    return rate_per_s * client.profile.peak


def _per_second(case: Case, client: Client) -> tuple[float, float, float, float]:
    """Peak bytes pulled, bytes pushed, reads and writes a second of one group."""
    assert case.workload is not None  # narrowed by the callers
    content = case.workload.content
    warm = content.warm_share if client.warm_share is None else client.warm_share
    pulls, pushes = _peak(client, client.pulls), _peak(client, client.pushes)
    image_bytes = content.layers_per_image * content.layer_size.mean
    new_layers = content.pushed_bytes / content.layer_size.mean
    reads = pulls * (1.0 + (1.0 - warm) * content.layers_per_image) + pushes * content.layers_per_image
    return pulls * (1.0 - warm) * image_bytes, pushes * content.pushed_bytes, reads, pushes * (3.0 * new_layers + 1.0)


def _links(case: Case, design: Design) -> Iterator[Load]:
    carried: dict[tuple[str, str], float] = {}
    copied: dict[tuple[str, str], float] = {}
    clients = case.workload.clients.values() if case.workload is not None else ()
    for client in clients:
        site = nearest(case, design, client)
        down, up, _, _ = _per_second(case, client)
        for pair, amount in (((site.region, client.region), down), ((client.region, site.region), up)):
            carried[pair] = carried.get(pair, 0.0) + amount
        for edge in design.replicate.values():
            for source, destination in edge.pairs:
                if source == site.id:
                    pair = (site.region, design.sites[destination].region)
                    copied[pair] = copied.get(pair, 0.0) + up
    for pair in sorted(set(carried) | set(copied)):
        if pair[0] == pair[1]:
            continue
        link = case.environment.link(*pair)
        name = f"link {pair[0]} -> {pair[1]}"
        yield Load(name, (carried.get(pair, 0.0) + copied.get(pair, 0.0)) / link.bandwidth)
        yield Load(f"replication on {name}", copied.get(pair, 0.0) / link.replication)


def _asked(case: Case, design: Design, site: Site) -> tuple[float, ...]:
    """Peak bytes pulled, bytes pushed, reads and writes a second of all clients of a site."""
    clients = case.workload.clients.values() if case.workload is not None else ()
    mine = [_per_second(case, client) for client in clients if nearest(case, design, client).id == site.id]
    return tuple(sum(column) for column in zip(*mine, strict=True)) if mine else (0.0,) * 4


def _front_end(case: Case, design: Design, site: Site) -> Load:
    down, up, reads, writes = _asked(case, design, site)
    service = site.front_end.service
    busy = reads * service.read.mean + writes * service.write.mean + (down + up) * service.per_byte
    return Load(f"front end of site {site.id}", busy / site.front_end.workers)


def _limits(case: Case, design: Design) -> Iterator[Load]:
    """Load of the token buckets of each site, or of the one pair of the registry."""
    asked = {f"site {s.id}": _asked(case, design, s)[2:] for s in design.sites.values() if s.role == "rw"}
    if design.limits.scope == "registry":
        asked = {"the registry": tuple(sum(column) for column in zip(*asked.values(), strict=True))}
    for place, both in asked.items():
        for kind, rate, per_s in zip(("read", "write"), (design.limits.read, design.limits.write), both, strict=True):
            if rate is not None and per_s > 0.0:
                yield Load(f"{kind} limit of {place}", per_s / rate if rate > 0.0 else math.inf)
