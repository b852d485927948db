"""Where a design keeps copies and front ends, and how it copies between them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from georep_sim.scenario.dists import Dist
from georep_sim.scenario.fields import Model, block, derived, key
from georep_sim.scenario.values import Bandwidth, Flag, Names, Positive, Text, TimePerByte

Over = Literal["zones", "racks", "disks"]
Pairs = tuple[tuple[str, str], ...]

#: One registry on one host is no cloud front end, so the figures are measured there and assumed here.
_LAB = "atlas, service_times: Distribution 2.8.2 on disk"


class Protect(Model):
    """Copies inside one site."""

    atom: ClassVar[bool] = True
    unbuilt: ClassVar[frozenset[str]] = frozenset({"ec", "placement", "scatter", "groups"})

    copies: Positive = key(3, "copies of each blob")
    over: Over = key("racks", "units they are spread over; `auto`: zones where the region has them, else racks")


class Service(Model):
    """Time a worker of the front end spends on one request."""

    read: Dist = key({"p50": "0.81 ms~", "p95": "2.31 ms~"}, "of a read", source=_LAB)
    write: Dist = key({"p50": "2.68 ms~", "p95": "8.35 ms~"}, "of a write", source=_LAB)
    per_byte: TimePerByte = key("1.08 ms/MB~", "added for each byte moved", source=_LAB)


class FrontEnd(Model):
    """The workers that answer requests of one site."""

    workers: Positive = key("64~", "requests served at a time")
    service: Service = block(Service, "service times")


class Site(Model):
    """One place of a design, in a region."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"hardware", "nodes"})

    id: str = derived("", "the site's key")
    region: Text = Field(description="where it stands")
    role: Literal["rw", "standby"] = key(
        "rw", "reads and writes, or a passive copy", unbuilt=("ro", "cache", "witness", "swarm")
    )
    protect: Protect = block(Protect, "copies inside the site")
    front_end: FrontEnd = block(FrontEnd, "front end")
    egress: Bandwidth = key("unlimited", "cap on all bytes leaving the site")


class Edge(Model):
    """Copying from some sites to others."""

    unbuilt: ClassVar[frozenset[str]] = frozenset(
        {"every", "only_new", "poll", "shards", "queue", "retry", "reconcile"}
    )

    name: str = derived("", "the edge's key")
    from_: Names = Field(alias="from", description="site, list of sites, `home` or `any`")
    to: Names = Field(description="site, list of sites, `home`, `any` or `others`")
    initiator: Literal["push"] = key("push", "who starts a copy", unbuilt=("pull", "on_demand", "stripe", "swarm"))
    trigger: Literal["event", "log"] = key(
        "event", "after each push, or by reading the change log; without loss of events the same", unbuilt=("schedule",)
    )
    unit: Literal["layer", "object"] = key(
        "layer",
        "what one copy moves: the new layers of a push, or its new objects; the same bytes",
        unbuilt=("image", "stripe"),
    )
    deletes: Flag = key(default=True, meaning="whether deletes are carried")
    chain: Literal[False] = key(default=False, meaning="whether received content is passed on", unbuilt=(True,))
    lag: Dist = key("0 s", "observed time from acknowledgement to durable at the target")
    workers: Positive = key("4~", "copies at a time, per target")
    bandwidth: Bandwidth = key("unlimited", "cap of this edge")
    pairs: Pairs = derived((), "the ordered pairs of site ids that the selectors mean")
