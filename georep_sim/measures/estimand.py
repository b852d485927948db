"""What a measure hands to the estimator: weighted contributions by cluster, never a finished number.

A cluster is one replication. Clusters come in groups: replications as they fall (group -1), and for each
drilled fault row the replications with one forced episode of it (METHODS: drills). Within a group clusters
are exchangeable, so an expectation is the sum over groups of the mean over the group's clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BASE = -1


@dataclass(frozen=True)
class Key:
    """Which number it is: the descriptive columns of the metrics table."""

    metric: str
    statistic: str
    unit: str
    part: str = ""
    region: str = ""
    operation: str = ""
    method: str = "simulated"


@dataclass(frozen=True)
class Ratio:
    """A ratio of two expectations, from per-cluster totals.

    Parameters
    ----------
    key : Key
        What is estimated.
    numerator, denominator : mapping of int to ndarray, shape (n_clusters of the group,)
        Weighted totals by group and cluster. A denominator of None is the constant `scale`.
    scale : float
        Multiplies the ratio (unit conversion), or divides by a constant denominator.
    events : mapping of int to ndarray or None
        Number of damaging episodes or events behind each cluster's numerator, for *few events*; None = many.
    complement : bool
        Report one minus the ratio (availability from unavailability).
    level : str
        ``timelines`` or ``traffic``: which replications the clusters are.
    trials : float
        Requests behind a ratio, for the bound when none failed.
    possible : frozenset of int or None
        Fault rows that can do this damage at all; None = any.
    as_probability : bool
        Report 1 - exp(-ratio): the probability of at least one in a year, from a rate a year.
    per_event : float or None
        What one event would cost, in the numerator's unit, for the bound when none was seen; None = everything
        for a share, 1 for a count.
    """

    key: Key
    numerator: Mapping[int, NDArray[np.float64]]
    denominator: Mapping[int, NDArray[np.float64]] | None = None
    scale: float = 1.0
    events: Mapping[int, NDArray[np.float64]] | None = None
    complement: bool = False
    level: Literal["timelines", "traffic"] = "traffic"
    trials: float = 0.0
    possible: frozenset[int] | None = None
    per_event: float | None = None
    as_probability: bool = False


@dataclass(frozen=True)
class Pool:
    """Quantiles or extremes of a weighted pool of values.

    Parameters
    ----------
    keys : mapping of str to Key
        Statistic (``mean``, ``p50`` … ``p999``, ``max``) to what it is called in the table.
    value, weight : ndarray, shape (n,)
        Values (may be +inf: a failure) and their weights.
    group, cluster : ndarray of int, shape (n,)
        Which replications they come from.
    level : str
        As in `Ratio`.
    """

    keys: Mapping[str, Key]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    group: NDArray[np.int64]
    cluster: NDArray[np.int64]
    level: Literal["timelines", "traffic"] = "traffic"


@dataclass(frozen=True)
class Known:
    """A number from a closed form or a price list, with the interval that its inputs leave."""

    key: Key
    value: float
    low: float
    high: float
    note: str = ""


Estimand = Ratio | Pool | Known


def totals(
    rows: NDArray[Any], amount: NDArray[Any], clusters: Mapping[int, int], *, weighted: bool = True
) -> dict[int, NDArray[np.float64]]:
    """Sums of `amount` by group and cluster.

    Parameters
    ----------
    rows : ndarray
        Rows with the fields ``row`` (group), ``replication`` and ``weight``.
    amount : ndarray, shape (len(rows),)
        What each row contributes.
    clusters : mapping of int to int
        Number of clusters in each group; a cluster without rows contributes zero.
    weighted : bool, default True
        Whether each row counts with its weight, or once: what was seen, not what it stands for.

    Returns
    -------
    dict of int to ndarray, shape (n_clusters,)
    """
    added = amount * rows["weight"] if weighted else amount
    out: dict[int, NDArray[np.float64]] = {}
    for group, n in clusters.items():
        mine = rows["row"] == group
        out[group] = np.bincount(rows["replication"][mine], weights=added[mine], minlength=n).astype(np.float64)
    return out
