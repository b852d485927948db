"""What a data plane is given: a handful of structured arrays, without a word of the scenario language.

`world.lower` fills a `Wire` from a case and a design; the planes read nothing else besides the Timeline and the
drawn arrays. Rates are bytes per second (``_Bps``), ``inf`` = unlimited; an index of -1 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.tables import Topology

SITES = np.dtype(
    [
        ("workers", "i4"),  # requests a front end serves at the same time; <= 0: no limit
        ("read_law", "i4"),  # index into `laws`: service time of GET and HEAD, in s; -1: no time
        ("write_law", "i4"),  # the same for POST, PATCH and PUT
        ("per_byte_s", "f8"),  # service time added per byte of the body
        ("egress_Bps", "f8"),  # what the site sends, to clients and along copy edges
        ("read_bucket", "i4"),  # index into `buckets`: tokens for GET and HEAD
        ("write_bucket", "i4"),  # the same for POST, PATCH and PUT
        ("region", "i4"),  # index of the region; only equality matters
        ("local_rtt_law", "i4"),  # round trip of a connection from inside the region; -1: always `local_rtt_s`
        ("local_rtt_s", "f8"),  # its median or constant
    ]
)
BUCKETS = np.dtype([("rate_per_s", "f8"), ("capacity", "f8")])
COHORTS = np.dtype(
    [
        ("access_Bps", "f8"),  # of one machine, each direction
        ("machines", "i4"),
        ("ladder", "i4"),  # index into `ladders`
        ("parallel", "i4"),  # layers pulled at a time; connections kept by a pull
        ("parallel_push", "i4"),  # layers pushed at a time; connections kept by a push
        ("keep_alive", "?"),  # False: one connection per request
        ("region", "i4"),  # as for sites
        ("deadline_pull_ns", "i8"),  # for the measures; the plane plays a late request to its end
        ("deadline_push_ns", "i8"),
    ]
)
LADDERS = np.dtype(
    [
        ("retries", "i4"),  # attempts after the first
        ("backoff_s", "f8"),  # first wait
        ("factor", "f8"),  # each wait is this times the one before
        ("cap_s", "f8"),  # longest wait
        ("timeout_ns", "i8"),  # of one attempt; 0: none
    ]
)
LINKS = np.dtype(
    [
        ("rtt_law", "i4"),  # index into `laws`: round trip of one connection, in s; -1: always `rtt_s`
        ("rtt_s", "f8"),  # median or constant round trip
        ("capacity_Bps", "f8"),
        ("replication_Bps", "f8"),  # what all copies on the link may use together
        ("loss", "f8"),  # share of packets lost
    ]
)
EDGES = np.dtype(
    [
        ("source", "i4"),  # site
        ("destination", "i4"),  # site
        ("link", "i4"),  # -1 inside one region
        ("workers", "i4"),  # copies at the same time
        ("lag_law", "i4"),  # index into `laws`: observed time from acknowledgement to durable, in s; -1: none
        ("bandwidth_Bps", "f8"),  # what the edge may use
        ("deletes", "?"),  # deletes travel along it (control plays them)
    ]
)


def lag_stream(cohort: str, destination: str) -> str:
    """Name under which the lags of the copies of a client group's pushes to a site are drawn, by request.

    Who samples windows looks the lags up to know which pushes are still under way when a window begins.
    """
    return f"plane/{cohort}/push/lag/{destination}"


@dataclass(frozen=True)
class Tcp:
    """Transport of every connection.

    Parameters
    ----------
    slow_start : bool
        False: a flow takes its max-min share at once (``tcp: ideal``).
    mss_bytes, initial_window_segments, window_max_bytes, rto_min_s : float
        Segment, first window in segments, largest window, smallest retransmission timeout.

    References
    ----------
    .. [1] RFC 6928 (2013), section 2: the initial window of 10 segments.
    .. [2] RFC 6298 (2011), sections 2 and 5: retransmission timeout and its doubling.
    """

    slow_start: bool = True
    mss_bytes: float = 1448.0
    initial_window_segments: float = 10.0
    window_max_bytes: float = 3 * 2.0**20
    rto_min_s: float = 0.2


@dataclass(frozen=True)
class Wire:
    """One design in one case, as the data plane sees it.

    Parameters
    ----------
    topology : Topology
        Names and paths; the indices of all arrays here are its own.
    sites, cohorts, links, edges : ndarray
        Of dtypes `SITES`, `COHORTS`, `LINKS`, `EDGES`, in the order of the topology.
    buckets, ladders : ndarray
        Of dtypes `BUCKETS`, `LADDERS`; referred to by index.
    laws : tuple of Law
        Distributions referred to by index.
    tcp : Tcp
        Transport.
    tls_round_trips : int
        0, 1 (TLS 1.3) or 2 (TLS 1.2), after the one of TCP.
    flap : float
        Probability that the last request of a push reaches another site.
    layer_bytes : ndarray of float64, shape (n_images, n_layers)
        Compressed sizes; 0 = the image has no such layer.
    manifest_bytes : float
        Size of a manifest.
    address_phase : tuple of ndarray of float64, one per cohort, shape (machines,)
        When each machine renews its DNS answer, as a share in [0, 1) of its period.
    overstay : tuple of ndarray of bool, one per cohort, shape (machines,)
        Whether the machine keeps an answer for longer than its TTL.
    seed, replication : int
        Address of the draws.
    blobs_aside : bool
        Whether layers are pulled from a store beside the front end, to which it redirects: such a request takes no
        worker and no service time.
    """

    topology: Topology
    sites: NDArray[Any]
    buckets: NDArray[Any]
    cohorts: NDArray[Any]
    ladders: NDArray[Any]
    links: NDArray[Any]
    edges: NDArray[Any]
    laws: tuple[Law, ...]
    tcp: Tcp
    tls_round_trips: int
    flap: float
    layer_bytes: NDArray[np.float64]
    manifest_bytes: float
    address_phase: tuple[NDArray[np.float64], ...]
    overstay: tuple[NDArray[np.bool_], ...]
    seed: int
    replication: int
    blobs_aside: bool = False


@dataclass(frozen=True)
class PlayLog:
    """What one play of the data plane saw.

    Parameters
    ----------
    requests, copies, losses, transfers, tallies : ndarray
        Tables of the same names in `tables.TABLES`; replication, row, weight and window are left 0.
        `requests` has a row for each of the traffic, in its order;
        `copies` by (acknowledgement, source, destination, push); `losses` by time; `transfers` by (link, kind).
    """

    requests: NDArray[Any]
    copies: NDArray[Any]
    losses: NDArray[Any]
    transfers: NDArray[Any]
    tallies: NDArray[Any]
