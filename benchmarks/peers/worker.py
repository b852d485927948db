"""A process that plays models of one peer whenever it is asked to: ``python -m benchmarks.peers.worker PEER``.

Reads lines of JSON ``{"model": ..., "count": ..., "seed": ...}`` and answers each with CPU seconds and moments.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks.peers.models import QUIET
from benchmarks.worlds import planes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.peers.models import Model

# Module and label of each peer that is not ours.
OTHERS = {
    "simpy": ("simpy_idiomatic", "SimPy, idiomatic"),
    "simpy-callbacks": ("simpy_callbacks", "SimPy, callbacks only"),
    "ciw": ("ciw_networks", "Ciw"),
    "salabim": ("salabim_components", "salabim"),
    "cimba": ("cimba_models", "Cimba (Python binding)"),
}


def labels() -> dict[str, str]:
    """Return peers and how they are called in tables, ours first."""
    ours = {f"georep-{plane}": f"georep-sim, {plane} plane" for plane in planes()}
    return ours | {name: label for name, (_, label) in OTHERS.items()}


def models(peer: str) -> Mapping[str, Model]:
    """Return the models of a peer, by name."""
    if peer in OTHERS:
        module = import_module(f"benchmarks.peers.{OTHERS[peer][0]}")
        return {"queue": module.queue, "pull": module.pull, "quiet": partial(module.pull, what=QUIET)}
    from benchmarks.peers.georep import models as ours  # noqa: PLC0415 - other peers do without

    return ours(peer.removeprefix("georep-"))


def main(peer: str) -> None:
    """Answer until the input ends."""
    known = models(peer)
    for line in sys.stdin:
        task = json.loads(line)
        gc.collect()
        began_s = time.process_time()
        moments = known[task["model"]](task["count"], task["seed"])
        took_s = time.process_time() - began_s
        print(json.dumps({"cpu_s": took_s, "moments": moments}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
