"""How requests of clients reach a design: writes, reads, routing, limits and client habits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from georep_sim.scenario.fields import Model, block, key
from georep_sim.scenario.values import Count, Duration, Flag, Number, Positive, Rate, Share
from georep_sim.scenario.workload import ClientKind


class Write(Model):
    """Which site takes a push and when it is acknowledged."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"of", "if_short", "skew", "tombstones"})

    accept: Literal["nearest", "home"] = key("nearest", "site that takes a push")
    ack: Literal[1] = key(1, "sites that hold it before the reply", unbuilt=tuple(range(2, 10)))
    conflict: Literal["lww"] = key(
        "lww", "two sites changed one tag: the last writer wins", unbuilt=("leader", "reject", "diverge")
    )


class Read(Model):
    """How a pull finds bytes."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"quorum", "unsynced", "revalidate", "upstream_error", "coalesce"})

    from_: Literal["local"] = key(
        "local", "where bytes are looked for", alias="from", unbuilt=("holder", "leader", "quorum")
    )
    miss: Literal["fail"] = key(
        "fail", "what happens if they are not there", unbuilt=("wait", "redirect", "proxy", "proxy_store")
    )


class Overstay(Model):
    """Clients that keep an address past its time to live."""

    share: Share = key(0, "share of clients")
    for_: Duration = key("0 s", "for how much longer", alias="for")


class Route(Model):
    """How a client finds a site."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"order", "sticky"})

    method: Literal["fixed", "dns_latency"] = key(
        "fixed",
        "always the home, or the nearest by DNS",
        unbuilt=("dns_priority", "anycast", "balancer", "client_list"),
    )
    ttl: Duration = key("60 s~", "time to live of an answer")
    overstay: Overstay = block(Overstay, "clients that keep an answer longer")
    flap: Share = key(0, "probability that two requests of one push go to two sites")

    @property
    def overstay_share(self) -> float:
        """Share of clients that keep an answer past its time to live."""
        return self.overstay.share

    @property
    def overstay_for(self) -> float:
        """For how much longer they keep it, s."""
        return self.overstay.for_


class Health(Model):
    """How a bad site is noticed."""

    probe: Literal["none", "shallow", "deep"] = key("none", "front end only, or storage too", unbuilt=("client",))
    every: Duration = key("30 s~", "period")
    timeout: Duration = key("10 s~", "time after which a probe has failed")
    fails: Positive = key("3~", "failures in a row that make a site bad")
    recovers: Positive = key("1~", "successes in a row that make it good")
    fail_open: Flag = key(default=True, meaning="whether all are used if all are bad")


class Limits(Model):
    """Token buckets of a site; beyond them requests are throttled."""

    unbuilt: ClassVar[frozenset[str]] = frozenset(
        {"delete", "list", "oauth", "per_identity", "concurrency", "bandwidth", "storage", "upstream_pulls"}
    )

    scope: Literal["site", "registry"] = key("site", "whether each site has its own buckets")
    read: Rate | None = key(None, "reads; not given: no limit")
    write: Rate | None = key(None, "writes; not given: no limit")
    capacity: Number | None = key(None, "tokens a bucket holds; not given: one minute of the rate (assumed)")

    def tokens(self, operation: Literal["read", "write"]) -> float | None:
        """Return the capacity of an operation's bucket, in tokens; None if it is not limited."""
        rate = self.read if operation == "read" else self.write
        if rate is None:
            return None
        return 60.0 * rate if self.capacity is None else self.capacity


@dataclass(frozen=True, slots=True)
class ClientHabits:
    """What a client program does, with a design's settings laid over it.

    Parameters
    ----------
    kind : str
        containerd, docker or skopeo.
    retries : int
        Attempts after the first.
    backoff : float
        Pause before the first retry, s; doubles with each.
    timeout : float or None
        Time after which an attempt is given up, s; None = never. What comes after the deadline counts as failed.
    parallel, parallel_pushes : int
        Layers pulled and pushed at a time.
    keep_alive : bool
        Whether connections are kept between requests.
    """

    kind: ClientKind
    retries: int
    backoff: float
    timeout: float | None
    parallel: int
    parallel_pushes: int
    keep_alive: bool


#: Layers pulled and pushed at a time and whether connections are kept, by client program (DESIGN, requests).
_TRANSPORT: Final[dict[str, tuple[int, int, bool]]] = {
    "containerd": (3, 5, True),
    "docker": (3, 5, True),
    "skopeo": (1, 1, False),
}


class ClientSettings(Model):
    """What the clients of this design do, laid over the workload's."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"fallback", "refers"})

    kind: ClientKind | None = key(None, "client program; not given: the group's")
    retries: Count = key("3~", "attempts after the first")
    backoff: Duration = key("1 s~", "pause before the first retry; doubles with each")
    timeout: Duration | None = key(
        None, "time after which an attempt is given up; not given: never, but late is not good"
    )

    def of(self, kind: ClientKind) -> ClientHabits:
        """Return the habits of a client program under this design."""
        name = self.kind or kind
        pulls, pushes, keep_alive = _TRANSPORT[name]
        return ClientHabits(name, self.retries, self.backoff, self.timeout, pulls, pushes, keep_alive)
