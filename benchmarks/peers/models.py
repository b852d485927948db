"""The two micro-models: what every peer plays, in numbers and words, and what it returns.

**M/M/1.** Customers come as a Poisson process and are served one by one, in their order, for exponential times.

**Registry pull.** Pulls come as a Poisson process. A pull connects and authenticates (two round trips) and asks for
the manifest, which takes a round trip and is served at one of two slots, first come first served, for an exponential
time. Then it asks for its layers, 1 to 8 with equal probability, at most 3 at a time: one on the connection that is
open, the others on connections of their own, which connect and authenticate first; whoever is through takes the next
layer. Layers come from a store beside the slots: a round trip, and the time of the body, exponential in size, on a link
that all bodies share equally (processor sharing). The pull ends with its last layer.

Where in its round trip a request is served or its body sent makes no difference: it is the same for all of them, so
that all of them meet as they would, a little earlier or later. Peers wait for the round trip first, in one go with what
comes before it.

No round trip or service time is taken from anywhere: round figures that load the slots to 50 % and the link to 72 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Queue:
    """M/M/1.

    Parameters
    ----------
    arrivals_per_s : float
        Customers.
    service_s : float
        Mean time of service.
    """

    arrivals_per_s: float = 0.8
    service_s: float = 1.0

    @property
    def response_s(self) -> float:
        """Mean time in the system, 1 / (mu - lambda)."""
        return 1.0 / (1.0 / self.service_s - self.arrivals_per_s)


@dataclass(frozen=True)
class Registry:
    """Registry pull.

    Parameters
    ----------
    arrivals_per_s : float
        Pulls.
    rtt_s : float
        Round trip.
    handshakes : int
        Round trips of connecting and authenticating.
    slots : int
        Manifests served at the same time.
    service_s : float
        Mean time of service of a manifest.
    most_layers, parallel : int
        Layers of the largest image; layers pulled at a time.
    layer_bytes, link_bytes_per_s : float
        Mean size of a layer; what the link carries.
    """

    arrivals_per_s: float = 20.0
    rtt_s: float = 0.02
    handshakes: int = 2
    slots: int = 2
    service_s: float = 0.05
    most_layers: int = 8
    parallel: int = 3
    layer_bytes: float = 5e6
    link_bytes_per_s: float = 625e6

    @property
    def connect_s(self) -> float:
        """Time to connect and authenticate."""
        return self.handshakes * self.rtt_s


REGISTRY = Registry()
QUIET = Registry(arrivals_per_s=0.5)
"""The same pulls so seldom that they hardly meet: their times vary little, and a wrong step shows at once."""


class Moments(NamedTuple):
    """What a peer returns about the response times of its customers.

    Parameters
    ----------
    customers : int
        Those that are through.
    total_s, squares_s2 : float
        Sums of their response times and of the squares.
    """

    customers: int
    total_s: float
    squares_s2: float

    @property
    def mean_s(self) -> float:
        """Mean response time."""
        return self.total_s / self.customers

    @property
    def rms_s(self) -> float:
        """Root of the mean square."""
        return float((self.squares_s2 / self.customers) ** 0.5)


class Tally:
    """Response times as they come."""

    __slots__ = ("customers", "squares_s2", "total_s")

    def __init__(self) -> None:
        self.customers = 0
        self.total_s = 0.0
        self.squares_s2 = 0.0

    def add(self, response_s: float) -> None:
        """Note one."""
        self.customers += 1
        self.total_s += response_s
        self.squares_s2 += response_s * response_s

    @property
    def moments(self) -> Moments:
        """What came so far."""
        return Moments(self.customers, self.total_s, self.squares_s2)


class Model(Protocol):
    """A function of a peer that plays a model."""

    def __call__(self, count: int, seed: int, /) -> Moments:
        """Play `count` customers from an empty start to the end of the last."""
        ...
