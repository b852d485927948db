"""The data planes of georep-sim: a wire with one site and one client group, and drawn traffic.

Drawing the arrivals is part of what is timed. Layers come from a catalogue of 4,096 images whose sizes are the
quantiles of the exponential law, shuffled: its mean is exact.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers.models import QUIET, REGISTRY, Moments, Queue, Registry
from benchmarks.worlds import World, planes, pulls
from georep_sim.laws import Exponential
from georep_sim.tables import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from benchmarks.peers.models import Model

_IMAGES = 4096


def models(plane: str) -> Mapping[str, Model]:
    """The models on one plane, by name."""
    return {
        "queue": partial(_queue, plane),
        "pull": partial(_pull, plane, REGISTRY),
        "quiet": partial(_pull, plane, QUIET),
    }


@cache
def _catalogue(seed: int = 0) -> NDArray[np.float64]:
    """Sizes of layers, shape (images, most layers): 1 to 8 of them with equal frequency, then zeros."""
    what, rng = REGISTRY, np.random.default_rng(seed)
    layers = np.arange(_IMAGES) % what.most_layers + 1
    there = np.arange(what.most_layers) < layers[:, None]
    n = int(there.sum())
    sizes = -what.layer_bytes * np.log1p(-(np.arange(n) + 0.5) / n)
    out = np.zeros(there.shape)
    out[there] = rng.permutation(sizes * (what.layer_bytes / sizes.mean()))
    return out


def _pull(plane: str, what: Registry, count: int, seed: int, /) -> Moments:
    rng = np.random.default_rng(seed)
    world = World(
        _catalogue(),
        egress_bytes_per_s=what.link_bytes_per_s,
        workers=what.slots,
        service=Exponential(what.service_s),
        blobs_aside=True,
        rtt_s=what.rtt_s,
        tls_round_trips=what.handshakes - 1,
        parallel=what.parallel,
        seed=seed,
    )
    time_s = rng.exponential(1.0 / what.arrivals_per_s, count).cumsum()
    return _moments(world.play(planes()[plane], pulls(time_s, image=rng.integers(_IMAGES, size=count))).requests)


def _queue(plane: str, count: int, seed: int, /) -> Moments:
    what, rng = Queue(), np.random.default_rng(seed)
    world = World(np.ones((1, 1)), workers=1, service=Exponential(what.service_s), seed=seed)
    time_s = rng.exponential(1.0 / what.arrivals_per_s, count).cumsum()
    traffic = pulls(time_s, image=np.zeros(count, dtype=np.int64), warm=True)
    return _moments(world.play(planes()[plane], traffic).requests)


def _moments(requests: NDArray[Any]) -> Moments:
    response_s = (requests["end_ns"] - requests["arrival_ns"]) / NS_PER_S
    return Moments(response_s.size, float(response_s.sum()), float((response_s**2).sum()))
