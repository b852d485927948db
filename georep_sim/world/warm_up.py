"""How long the data plane remembers, and thus how much has to be played before a window begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.plane.tcp import uncontended_flow_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.plane.wire import Wire

# A copy that takes longer than all but one in a thousand is held up; were it one in a hundred, a busy registry would
# have such a copy under way at nearly every instant.
_CALM_LAGS: Final = 0.999
_SIZES: Final = 64


def timed_s(wire: Wire) -> float:
    """Longest memory of buckets and clients, s: a bucket's refill, or a retry ladder with its timeouts.

    The address a client uses is a pure function of time, so that TTL and overstay need no warm-up.
    """
    buckets = wire.buckets[wire.buckets["rate_per_s"] > 0.0]
    refill_s = float((buckets["capacity"] / buckets["rate_per_s"]).max(initial=0.0))
    return max(refill_s, max((_ladder_s(row) for row in wire.ladders), default=0.0))


def pull_s(wire: Wire) -> NDArray[np.float64]:
    """Longest time that a layer of each image takes alone on the slowest path, s; shape (n_images,).

    A path that is shared takes longer; twice as long is allowed for (assumed).
    """
    access = float(wire.cohorts["access_Bps"].min(initial=np.inf))
    largest = wire.layer_bytes.max(axis=1, initial=1.0)
    # Rounded up to one of a few sizes, each played through slow start once.
    sizes = np.geomspace(max(1.0, float(largest.min())), float(largest.max()), _SIZES)
    alone_s = np.array([_alone_s(wire, size, wire.links, access) for size in sizes.tolist()])
    return np.asarray(2.0 * alone_s[np.minimum(np.searchsorted(sizes, largest * (1.0 - 1e-9)), _SIZES - 1)])


def calm_s(wire: Wire) -> float:
    """Longest that a copy takes when nothing holds it up, s: 99.9 % of the lags, or the largest image alone."""
    lags_s = [wire.laws[int(law)].ppf(_CALM_LAGS) for law in wire.edges["lag_law"] if law >= 0]
    largest = float(wire.layer_bytes.sum(axis=1).max(initial=0.0))
    alone_s = [_copy_alone_s(wire, edge, largest) for edge in wire.edges]
    return max([*lags_s, *alone_s], default=0.0)


def _copy_alone_s(wire: Wire, edge: Any, size_bytes: float) -> float:
    links = wire.links[[edge["link"]]] if edge["link"] >= 0 else wire.links[:0]
    rate = min(float(edge["bandwidth_Bps"]), float(links["replication_Bps"].min(initial=np.inf)))
    return _alone_s(wire, size_bytes, links, rate)


def _ladder_s(ladder: Any) -> float:
    """All attempts of a ladder run out, with the longest pauses."""
    retries = int(ladder["retries"])
    pauses = float(ladder["backoff_s"]) * float(ladder["factor"]) ** np.arange(retries)
    return float(np.minimum(pauses, ladder["cap_s"]).sum()) + (retries + 1) * float(ladder["timeout_ns"]) * 1e-9


def _alone_s(wire: Wire, size_bytes: float, links: NDArray[Any], most: float) -> float:
    """Time of one flow that has the slowest of the links to itself, and no more than a rate, in bytes per second."""
    rate = min(most, float(links["capacity_Bps"].min(initial=np.inf)))
    rtt_s = float(links["rtt_s"].max(initial=0.0))
    tcp = wire.tcp
    first = tcp.initial_window_segments * tcp.mss_bytes if tcp.slow_start else np.inf
    largest = tcp.window_max_bytes if tcp.slow_start else np.inf
    if not tcp.slow_start or rtt_s == 0.0:
        return rtt_s + size_bytes / rate
    return float(
        uncontended_flow_s(size_bytes, rtt_s=rtt_s, rate_bytes_per_s=rate, initial_bytes=first, max_bytes=largest)
    )
