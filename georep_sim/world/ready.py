"""Compiled code made ready before it is needed: once, and before worker processes start, which then have it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.draws.images import catalogue, traffic
from georep_sim.draws.requests import ARRIVAL_DTYPE
from georep_sim.jit import kept_mark
from georep_sim.laws import Constant
from georep_sim.laws.base import WORTH_COMPILED
from georep_sim.tables import Timeline, dtype_of
from georep_sim.world.lower import lower, topology
from georep_sim.world.play import plane_of

if TYPE_CHECKING:
    from georep_sim.scenario import Case


def is_ready() -> bool:
    """Whether `make_ready` has only to load what it compiled in an earlier process, which takes about a second."""
    mark = kept_mark()
    return mark is not None and mark.exists()


def make_ready(case: Case) -> None:
    """Compile the data plane and the draws of traffic, or load them, by playing a nanosecond without requests.

    Parameters
    ----------
    case : Case
        Any case with a workload; what is compiled is the same for all.

    Notes
    -----
    Takes some tens of seconds the first time on a machine or after an update, see `is_ready`.
    """
    seed, replication = case.run.seed, 0
    design = next(iter(case.designs.values()))
    # Of a small catalogue the sizes are drawn by Python.
    Constant(1.0).ppf_many(np.full(WORTH_COMPILED, 0.5))
    images = catalogue(case, seed=seed, replication=replication)
    nothing = np.zeros(0, dtype=ARRIVAL_DTYPE)
    known = topology(case, design)
    tables = {name: np.zeros(0, dtype=dtype_of(name)) for name in ("changes", "faults", "marks")}
    quiet = Timeline(known, **tables, orders=(), fault_names=(), targets=(), horizon_ns=1, end_ns=1)
    plane_of("compiled")(
        lower(case, design, seed=seed, replication=replication, catalogue=images),
        quiet,
        traffic(case, nothing, images, seed=seed, replication=replication),
        start_ns=0,
        end_ns=1,
        deleted={},
        missing=np.zeros((len(known.sites), len(images.layer_bytes)), dtype=np.bool_),
    )
    mark = kept_mark()
    if mark is not None:
        mark.touch()
