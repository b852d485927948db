"""Warnings: combinations that can be meant, but rarely are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.atlas import load as atlas
from georep_sim.scenario.checks.inspector import Oddity, nearest_node
from georep_sim.scenario.design.recovery import Repair
from georep_sim.scenario.tree import as_path
from georep_sim.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from georep_sim.scenario.design import Design
    from georep_sim.scenario.model import Case
    from georep_sim.scenario.tree import Map

#: What a check finds: the path of it, and the text.
Found = tuple[tuple[str, ...], str]


def warnings(case: Case, tree: Map) -> Iterator[Oddity]:
    """Yield what is odd about a case."""
    for check in CHECKS:
        for path, text in check(case):
            place = nearest_node(tree, path)[1].text
            yield Oddity(check.__name__, text, as_path(path), place if ":" in place else "")


def fault_within_horizon(case: Case) -> Iterator[Found]:
    """A fault at a given time lies within the run."""
    for name, fault in case.faults.items():
        if fault.at is not None and fault.at >= case.run.horizon:
            when, horizon = format_quantity(fault.at, "time"), format_quantity(case.run.horizon, "time")
            yield ("faults", name, "at"), f"at {when} it is after the horizon of {horizon} and never happens"


def probe_in_time(case: Case) -> Iterator[Found]:
    """A probe is answered or given up before the next."""
    for name, design in case.designs.items():
        if design.health.probe != "none" and design.health.timeout > design.health.every:
            yield ("designs", name, "health", "timeout"), "a probe times out later than the next one begins"


def failover_is_noticed(case: Case) -> Iterator[Found]:
    """Failover by routing has a probe to notice by, and clients that can be sent elsewhere."""
    for name, design in case.designs.items():
        if design.failover.trigger != "auto":
            continue
        if design.health.probe == "none":
            yield ("designs", name, "failover", "trigger"), "failover is automatic, but no probe notices a failure"
        if design.route.method == "fixed":
            yield ("designs", name, "route", "method"), "failover is automatic, but clients keep to one site"


def answer_outlives_detection(case: Case) -> Iterator[Found]:
    """Clients learn of a failover not much later than it is decided."""
    for name, design in case.designs.items():
        detection = design.health.every * design.health.fails + design.health.timeout
        if design.failover.trigger == "auto" and design.health.probe != "none" and design.route.ttl > 10 * detection:
            ttl = format_quantity(design.route.ttl, "time")
            yield (
                ("designs", name, "route", "ttl"),
                f"clients keep an address for {ttl}, far longer than detection takes",
            )


def replicas_are_copied(case: Case) -> Iterator[Found]:
    """Sites that are written to are connected by copy edges."""
    for name, design in case.designs.items():
        writable = [site for site, body in design.sites.items() if body.role == "rw"]
        if len(design.sites) > 1 and not design.replicate:
            yield ("designs", name, "replicate"), "the sites hold different content: no edge copies between them"
        elif len(writable) > 1 and not _all_linked(design, writable):
            yield ("designs", name, "replicate"), "not every site receives what is pushed to the others"


def _all_linked(design: Design, sites: list[str]) -> bool:
    pairs = {pair for edge in design.replicate.values() for pair in edge.pairs}
    return all((a, b) in pairs for a in sites for b in sites if a != b)


def tier_replicates(case: Case) -> Iterator[Found]:
    """A tier that sells one region is not used for several."""
    for name, design in case.designs.items():
        writable = [site for site in design.sites.values() if site.role == "rw"]
        if len(writable) > 1 and design.billing.tier in {"basic", "standard"}:
            yield ("designs", name, "billing", "tier"), f"tier {design.billing.tier} has no geo-replication"


def clients_do_something(case: Case) -> Iterator[Found]:
    """A group of clients asks for something."""
    if case.workload is None or case.workload.trace is not None:
        return
    for name, client in case.workload.clients.items():
        if client.pulls == 0.0 and client.pushes == 0.0:
            yield ("workload", "clients", name), "these clients neither pull nor push"


def zone_is_known(case: Case) -> Iterator[Found]:
    """A weekly profile follows a time zone that somebody gave."""
    for name, client in (case.workload.clients if case.workload is not None else {}).items():
        if client.profile.spans and client.timezone == "UTC":
            yield ("workload", "clients", name, "timezone"), "its weekly profile is in UTC"


def repositories_do_nothing(case: Case) -> Iterator[Found]:
    """A number of repositories of one's own is meant to change something."""
    content = case.workload.content if case.workload is not None else None
    if content is None or content.use not in atlas.content_names():
        return
    if content.repositories != atlas.content(content.use).repositories:
        yield ("workload", "content", "repositories"), "nothing depends on the number of repositories yet"


def capacity_has_rate(case: Case) -> Iterator[Found]:
    """A capacity belongs to a rate."""
    for name, design in case.designs.items():
        limits = design.limits
        if limits.capacity is not None and limits.read is None and limits.write is None:
            yield ("designs", name, "limits", "capacity"), "a capacity without a rate limits nothing"


def scrub_finds_something(case: Case) -> Iterator[Found]:
    """Scrubbing of one's own finds errors that some fault makes."""
    if any(fault.kind == "latent_error" for fault in case.faults.values()):
        return
    for name, design in case.designs.items():
        if design.repair.scrub != Repair().scrub:
            yield ("designs", name, "repair", "scrub"), "no fault is a latent_error, which is all that scrubbing finds"


def lazy_waits(case: Case) -> Iterator[Found]:
    """Lazy rebuilds wait for more than the first loss."""
    for name, design in case.designs.items():
        if design.repair.start == "lazy" and all(site.protect.lazy_at == 1 for site in design.sites.values()):
            yield ("designs", name, "repair", "start"), "with so little that may be gone, lazy is the same as eager"


CHECKS: Final[tuple[Callable[[Case], Iterator[Found]], ...]] = (
    fault_within_horizon,
    probe_in_time,
    failover_is_noticed,
    answer_outlives_detection,
    replicas_are_copied,
    tier_replicates,
    clients_do_something,
    zone_is_known,
    repositories_do_nothing,
    capacity_has_rate,
    scrub_finds_something,
    lazy_waits,
)
