"""Where a design keeps copies and front ends, and how it copies between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from georep_sim.scenario.dists import Dist
from georep_sim.scenario.fields import Model, block, derived, key
from georep_sim.scenario.values import Bandwidth, Bytes, Code, Flag, Names, Positive, Text, TimePerByte

Over = Literal["zones", "racks", "disks"]
Placement = Literal["random", "copysets", "partitioned"]
Pairs = tuple[tuple[str, str], ...]

#: One registry on one host is no cloud front end, so the figures are measured there and assumed here.
_LAB = "atlas, service_times: Distribution 2.8.2 on disk"


class Protect(Model):
    """Copies inside one site, or the fragments of a code.

    Notes
    -----
    Fragments are numbered: of a code ``k + m`` the k with data come first, then the m parities; of a local
    reconstruction code ``k + l + g`` [1]_ k with data in l groups one after another, the l parities of these groups,
    and the g global parities.

    References
    ----------
    .. [1] C. Huang et al., "Erasure Coding in Windows Azure Storage", USENIX ATC 2012, section 2.
    """

    atom: ClassVar[bool] = True
    instead: ClassVar[Mapping[str, str]] = {"copies": "ec"}

    copies: Positive = key(3, "copies of each blob")
    ec: Code | None = key(
        None, "instead of copies a code: k+m, or k+l+g with k data fragments, l local and g global parities"
    )
    over: Over = key("racks", "units they are spread over; `auto`: zones where the region has them, else racks")
    placement: Placement = key(
        "partitioned",
        "which disks hold the fragments of one blob: any, few sets, or one set per disk; random where there is hardware",
    )
    scatter: Positive | None = key(None, "disks that share blobs with one disk; needed by copysets")
    groups: Positive | None = key(None, "placement groups of the site; not given: as many as its disks can bear")

    @property
    def fragments(self) -> int:
        """Fragments of one blob, on as many disks."""
        return self.copies if self.ec is None else sum(self.ec)

    @property
    def needs(self) -> int:
        """Fewest fragments from which a blob can be read: 1, or k."""
        return 1 if self.ec is None else self.ec[0]

    @property
    def tolerates(self) -> int:
        """Any so many fragments may be gone without loss: copies - 1, m, or g + 1."""
        if self.ec is None:
            return self.copies - 1
        return self.ec[1] if len(self.ec) == 2 else self.ec[2] + 1

    @property
    def expansion(self) -> float:
        """Bytes stored for each byte of content."""
        return self.fragments / self.needs

    @property
    def lazy_at(self) -> int:
        """Gone fragments at which lazy rebuilds start: more than half of what may be gone (assumed)."""
        return self.tolerates // 2 + 1

    def can_read(self, gone: Collection[int]) -> bool:
        """Whether a blob can be read without some of its fragments.

        Parameters
        ----------
        gone : collection of int
            Numbers of the fragments that are gone; see Notes of the class.

        Notes
        -----
        Copies and ``k + m``: any k will do. Local reconstruction codes are taken to be maximally recoverable: each
        group mends one of its own, and all that is gone beyond that must not be more than g [1]_, section 2.2.
        """
        if self.ec is None or len(self.ec) == 2:
            return len(set(gone)) <= self.tolerates
        data, groups, parities = self.ec
        size = data // groups
        per_group = [0] * groups
        beyond = 0
        for fragment in set(gone):
            if fragment >= data + groups:
                beyond += 1
            else:
                per_group[fragment // size if fragment < data else fragment - data] += 1
        return beyond + sum(max(0, count - 1) for count in per_group) <= parities

    def zones_used(self, zones: int) -> int:
        """Zones of a region with so many that a site spread like this stands in: all, or the first."""
        return zones if self.over == "zones" else 1


class Hardware(Model):
    """Racks and disks of one site; each of its zones has as many."""

    racks: Positive = key("10~", "racks of a zone")
    disks: Positive = key("24~", "disks of a rack")
    disk_size: Bytes = key("16 TB~", "bytes of a disk")


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

    unbuilt: ClassVar[frozenset[str]] = frozenset({"nodes"})

    id: str = derived("", "the site's key")
    region: Text = Field(description="where it stands")
    role: Literal["rw", "standby"] = key(
        "rw", "reads and writes, or a passive copy", unbuilt=("ro", "cache", "witness", "swarm")
    )
    protect: Protect = block(Protect, "copies inside the site")
    front_end: FrontEnd = block(FrontEnd, "front end")
    egress: Bandwidth = key("unlimited", "cap on all bytes leaving the site")
    hardware: Hardware | None = key(None, "racks and disks; not given: one disk for each copy or fragment")

    def disks(self, *, zones: int) -> int:
        """Return the number of disks, in a region of so many zones."""
        if self.hardware is None:
            return self.protect.fragments
        return self.hardware.racks * self.hardware.disks * self.protect.zones_used(zones)

    def disk_bytes(self, stored_bytes: float, *, zones: int) -> float:
        """Return the bytes that one disk holds, in a region of so many zones, of content of so many bytes."""
        held = stored_bytes * self.protect.expansion / self.disks(zones=zones)
        return held if self.hardware is None else min(held, self.hardware.disk_size)


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
