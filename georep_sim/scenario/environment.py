"""The environment: regions, links, transport and prices. Facts shared by all designs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from georep_sim.scenario.dists import Dist
from georep_sim.scenario.fields import Model, block, derived, entries, key
from georep_sim.scenario.values import (
    Bandwidth,
    Bytes,
    Duration,
    Flag,
    LinkMap,
    Location,
    Positive,
    PriceStorage,
    PriceTransfer,
    Share,
    Text,
    Zone,
)

#: How a fact of the environment came to be known.
Method = Literal["file", "atlas", "estimated", "assumed"]


class Region(Model):
    """One region of the universe."""

    provenance: ClassVar[frozenset[str]] = frozenset({"method", "source", "added"})

    name: str = derived("", "the region's key")
    label: Text = key("", "name for people; the key if empty")
    location: Location | None = key(None, "latitude and longitude, degrees")
    timezone: Zone = key("UTC", "IANA time zone of its clients")
    zones: Positive = key(1, "availability zones")
    pair: Text | None = key(None, "the provider's paired region")
    geography: Text = key("", "geography, for people: prices go by the atlas's own, or by prices and links")
    method: Method = derived("file", "where the row comes from")
    source: str = derived("", "source of the row")
    added: bool = derived(default=False, meaning="whether only a pair rule put it into the universe")

    @property
    def latitude(self) -> float | None:
        """Latitude in degrees, if known."""
        return None if self.location is None else self.location[0]

    @property
    def longitude(self) -> float | None:
        """Longitude in degrees, if known."""
        return None if self.location is None else self.location[1]


class Link(Model):
    """One direction between two regions, or inside one."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"jitter"})
    provenance: ClassVar[frozenset[str]] = frozenset({"method", "source"})

    rtt: Dist = Field(description="round-trip time")
    bandwidth: Bandwidth = key("unlimited", "capacity of the path for everything on it")
    replication: Bandwidth = key("unlimited", "cap on copying, inside the bandwidth")
    loss: Share = key(0, "share of packets lost")
    transfer: PriceTransfer | None = key(None, "price of bytes sent over it; not given: unknown")
    method: Method = derived("file", "where the round-trip time comes from")
    source: str = derived("", "source of the round-trip time")


class Tcp(Model):
    """Transport of every connection."""

    mode: Literal["slow_start", "ideal"] = key("slow_start", "slow start in rounds, or the fair share at once")
    mss: Bytes = key("1448 B", "segment size")
    initial_window: Positive = key(10, "first window, segments", source="RFC 6928")
    window_max: Bytes = key("3 MiB", "largest window")
    rto_min: Duration = key("200 ms", "least retransmission timeout")


class Prices(Model):
    """What bytes cost, beside the plan."""

    storage: PriceStorage | None = key(None, "price of a stored byte; not given: the atlas's, else unknown")
    transfer: PriceTransfer | None = key(None, "one price for bytes over every link; not given: the atlas's")


class Environment(Model):
    """Regions and what lies between them."""

    usable: ClassVar[bool] = True
    unbuilt: ClassVar[frozenset[str]] = frozenset({"services"})

    closed: Flag = key(default=False, meaning="whether only the regions listed here may be named")
    regions: Mapping[str, Region] = entries("the universe, in order of first mention")
    links: LinkMap[Link] = entries("every ordered pair of regions")
    tcp: Tcp = block(Tcp, "transport")
    tls: Literal["none", "1.2", "1.3"] = key("1.3", "version of TLS, which fixes its round trips")
    prices: Prices = block(Prices, "prices")
    first: str = derived("", "the first region named in the environment, else the first client's")

    def link(self, a: str, b: str) -> Link:
        """Return the link from `a` to `b`.

        Raises
        ------
        KeyError
            If one of them is not in the universe.
        """
        return self.links[a, b]
