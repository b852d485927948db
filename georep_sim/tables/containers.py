"""What carries the tables: the facts that rows refer to, the control state of a design, and a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Topology:
    """Names and constant facts that the rows of one design's tables refer to.

    Parameters
    ----------
    sites, site_regions : tuple of str, length n_sites
        Site ids of the design and the region each stands in.
    cohorts, cohort_regions : tuple of str, length n_cohorts
        Client groups and their regions.
    links : tuple of (str, str), length n_links
        Directed pairs of regions.
    edges : tuple of (int, int), length n_edges
        Copy edges as (source site, destination site).
    down, up : ndarray of int32, shape (n_cohorts, n_sites)
        Link from site to client and from client to site; -1 inside one region.
    pulls_per_s, pushes_per_s : ndarray of float64, shape (n_cohorts,)
        Mean rates over the week.
    ttl_s, overstay_share, overstay_s : float
        Life of a DNS answer, share of clients that keep it longer, and for how much longer.
    home : int
        Index of the home site.
    """

    sites: tuple[str, ...]
    site_regions: tuple[str, ...]
    cohorts: tuple[str, ...]
    cohort_regions: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    edges: tuple[tuple[int, int], ...]
    down: NDArray[np.int32]
    up: NDArray[np.int32]
    pulls_per_s: NDArray[np.float64]
    pushes_per_s: NDArray[np.float64]
    ttl_s: float
    overstay_share: float
    overstay_s: float
    home: int


@dataclass(frozen=True)
class Timeline:
    """Control state of one design over one horizon, as a table of changes.

    Before the first change every site admits everything (`Admission.OK`), every factor is 1, every link is
    up and no cohort is aimed; control writes the first aims, and what a standby refuses, at time 0.

    Parameters
    ----------
    topology : Topology
        What the indices mean.
    changes, faults, marks : ndarray
        Tables of `TABLES`, each sorted by time.
    orders : tuple of tuple of int
        Values of `AIM`: sites in order of preference.
    fault_names, targets : tuple of str
        Fault rows and addresses that `faults` refers to.
    horizon_ns, end_ns : int
        End of arrivals, and end of play (recoveries under way at the horizon are played on).
    """

    topology: Topology
    changes: NDArray[Any]
    faults: NDArray[Any]
    marks: NDArray[Any]
    orders: tuple[tuple[int, ...], ...]
    fault_names: tuple[str, ...]
    targets: tuple[str, ...]
    horizon_ns: int
    end_ns: int


@dataclass(frozen=True)
class Recording:
    """What one design met in one case, over all its replications; each row is weighted.

    Parameters
    ----------
    topology : Topology
        What the indices mean.
    tables : mapping of str to ndarray
        Structured arrays named as in `TABLES`: windows, requests, tallies, copies, lags, ages, extremes, losses,
        transfers, availability, episodes, failovers, destroyed. A measure reads these and nothing else, so that logs
        of a real registry in the same columns can be measured too (`plane.tally.tally` counts requests,
        `plane.copy_tally.copy_tallies` copies). Tallies, lags, ages and extremes count everything; requests and
        copies may be a sample, to be looked at one by one.
    clusters : mapping of str to mapping of int to int
        Number of replications by level (``timelines``, ``traffic``) and group: -1 = replications as they
        fall, else the index of the fault row that a drill forces.
    horizon_s : float
        Length of what counts of one replication: the horizon after its warm-up.
    month_edges_ns : ndarray of int64, shape (n_months + 1,)
        Edges of the calendar months (UTC) of what counts; the first is the end of the warm-up, the last the horizon.
    fault_names : tuple of str
        Fault rows, as `row`, `fault` and `faults` refer to them.
    timelines : mapping of (int, int) to Timeline
        Timelines of the replications with traffic, by forced fault row (-1 = none) and replication, for plots.
    """

    topology: Topology
    tables: Mapping[str, NDArray[Any]]
    clusters: Mapping[str, Mapping[int, int]]
    horizon_s: float
    month_edges_ns: NDArray[np.int64]
    fault_names: tuple[str, ...]
    timelines: Mapping[tuple[int, int], Timeline] = field(default_factory=dict)
