"""Functional warm-up: what deletes and pushes before a window have done to content, in order and without timing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.tables import Timeline


def missing_content(
    losses: NDArray[Any],
    deleted: Mapping[int, NDArray[np.bool_]],
    *,
    pushed_ns: NDArray[np.int64],
    at_ns: int,
) -> NDArray[np.bool_]:
    """Functional warm-up: the images that each site lacks at an instant, after all deletes and pushes before it.

    Parameters
    ----------
    losses : ndarray
        Rows of the table changes that delete images at a site, in any order.
    deleted : mapping of int to ndarray of bool, shape (n_images,)
        Images that each cause deletes.
    pushed_ns : ndarray of int64, shape (n_sites, n_images)
        When each image was last pushed to, or copied to, a site before `at_ns`; negative where it never was.
    at_ns : int
        The instant; what happens at it is not done yet but for deletes, which come first in the order of events.

    Returns
    -------
    ndarray of bool, shape (n_sites, n_images)

    Notes
    -----
    The same as doing the events one by one: an image is missing where a delete of it has no push of it after it.
    """
    missing = np.zeros(pushed_ns.shape, dtype=np.bool_)
    for row in losses[losses["time_ns"] <= at_ns]:
        site = row["target"]
        missing[site] |= deleted[int(row["cause"])] & (pushed_ns[site] < row["time_ns"])
    return missing


def last_pushed_ns(
    pushes: NDArray[Any], sites: NDArray[np.int64], *, reaches: Sequence[Sequence[int]], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """When each image was last pushed to a site, or to one that it is copied from; untimed: at the push's arrival.

    Parameters
    ----------
    pushes : ndarray
        Fields time_ns and image.
    sites : ndarray of int64, shape (len(pushes),)
        Site that took each; -1 = none did.
    reaches : sequence of sequence of int
        For each site the sites that have the image afterwards, itself included.
    shape : (int, int)
        Sites and images.

    Returns
    -------
    ndarray of int64, shape (n_sites, n_images)
        -1 where there was no push.
    """
    last = np.full(shape, -1, dtype=np.int64)
    for source, reached in enumerate(reaches):
        mine = pushes[sites == source]
        for site in reached:
            np.maximum.at(last[site], mine["image"], mine["time_ns"])
    return last


def deletions(timeline: Timeline) -> NDArray[Any]:
    """Rows of the table changes by which an operator's mistake takes images from a site."""
    changes = timeline.changes
    rows: NDArray[Any] = changes[(changes["verb"] == Verb.LOSE) & (changes["value"] < 0.0)]
    return rows


def aimed_sites(timeline: Timeline, pushes: NDArray[Any]) -> NDArray[np.int64]:
    """Site that each push reaches if it is answered at once: the first one in force for its group; -1 = none.

    Parameters
    ----------
    timeline : Timeline
        Aims of all client groups.
    pushes : ndarray
        Fields time_ns and cohort.

    Returns
    -------
    ndarray of int64, shape (len(pushes),)
    """
    first = np.array([order[0] if order else -1 for order in timeline.orders] or [-1], dtype=np.int64)
    aims = timeline.changes[timeline.changes["verb"] == Verb.AIM]
    sites = np.full(len(pushes), -1, dtype=np.int64)
    for cohort in range(len(timeline.topology.cohorts)):
        rows = aims[aims["target"] == cohort]
        mine = pushes["cohort"] == cohort
        if len(rows):
            held = np.searchsorted(rows["time_ns"], pushes["time_ns"][mine], side="right") - 1
            sites[mine] = first[rows["value"].astype(np.int64)[np.maximum(held, 0)]]
    return sites
