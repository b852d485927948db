"""Timelines written by hand: one client group in `here`, sites `here` and `there`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.tables import NS_PER_S, Mark, Timeline, Topology, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE, THERE = 0, 1
ORDERS = ((HERE, THERE), (THERE, HERE))


def two_sites(
    *, ttl_s: float = 0.0, overstay_share: float = 0.0, overstay_s: float = 0.0, edges: bool = True
) -> Topology:
    return Topology(
        sites=("here", "there"),
        site_regions=("here", "there"),
        cohorts=("here",),
        cohort_regions=("here",),
        links=(("here", "there"), ("there", "here")),
        edges=((HERE, THERE), (THERE, HERE)) if edges else (),
        down=np.array([[-1, 1]], dtype=np.int32),
        up=np.array([[-1, 0]], dtype=np.int32),
        pulls_per_s=np.array([1.0]),
        pushes_per_s=np.array([0.1]),
        ttl_s=ttl_s,
        overstay_share=overstay_share,
        overstay_s=overstay_s,
        home=HERE,
    )


Change = tuple[float, Verb, int, float]
Fault = tuple[int, float, float]


def timeline(
    topology: Topology,
    changes: Sequence[Change],
    *,
    faults: Sequence[Fault] = (),
    marks: Sequence[tuple[float, Mark, int]] = (),
    horizon_s: float = 1000.0,
) -> Timeline:
    """Changes (seconds, verb, target, value) and marks of the first fault; faults (row, start, end) in seconds."""
    cause = 0 if faults else -1
    rows = [
        (0, Verb.AIM, 0, 0.0, -1),
        *((round(t * NS_PER_S), verb, target, value, cause) for t, verb, target, value in changes),
    ]
    windows = [(row, 0, k, round(a * NS_PER_S), round(b * NS_PER_S), False) for k, (row, a, b) in enumerate(faults)]
    end_ns = round(horizon_s * NS_PER_S)
    return Timeline(
        topology,
        np.array(rows, dtype=dtype_of("changes")),
        np.array(windows, dtype=dtype_of("faults")),
        np.array([(round(t * NS_PER_S), mark, site, cause) for t, mark, site in marks], dtype=dtype_of("marks")),
        ORDERS,
        ("outage", "cut"),
        ("here",),
        end_ns,
        end_ns,
    )
