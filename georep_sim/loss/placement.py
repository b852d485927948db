"""Which disks each placement group of a fleet lies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.philox import uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.model import Fleet

    Disks = NDArray[np.int64]


def placed(fleet: Fleet, *, seed: int = 0) -> Disks:
    """Return the disks of each placement group.

    Parameters
    ----------
    fleet : Fleet
        Disks and layout. A group touches the units that `Fleet.spread` says, with so many fragments in each; those in
        one zone are in different racks, as far as there are any.
    seed : int, default 0
        Of the draws of random layouts and copysets.

    Returns
    -------
    ndarray of int64, shape (n_groups, n_fragments)
        The disks of a group differ.

    Raises
    ------
    ValueError
        If the disks of a unit do not suffice.

    Notes
    -----
    Partitioned: greedily, the units with most free disks first. Copysets: as many partitions of shuffled disks as give
    the scatter width, ``scatter / (fragments - 1)`` rounded up [1]_; further groups go round them.

    References
    ----------
    .. [1] A. Cidon et al., "Copysets: Reducing the Frequency of Data Loss in Cloud Storage", USENIX ATC 2013,
       section 3.2.
    """
    if fleet.layout == "random":
        return np.array([_at_random(fleet, seed, group) for group in range(fleet.groups)])
    if fleet.layout == "partitioned":
        groups = _partition(fleet, np.arange(fleet.disks))
        _require(groups, fleet)
        return groups[: fleet.groups] if fleet.groups else groups
    permutations = -(-fleet.scatter // max(fleet.group.fragments - 1, 1))
    shuffled = [np.argsort(uniforms(seed, k, "loss/copysets", np.arange(fleet.disks))) for k in range(permutations)]
    sets = np.concatenate([_partition(fleet, order) for order in shuffled])
    _require(sets, fleet)
    return sets[np.arange(fleet.groups or len(sets)) % len(sets)]


def _units(fleet: Fleet) -> Disks:
    """Unit of the group's level that each disk lies in."""
    return np.arange(fleet.disks) // (fleet.disks // fleet.units(fleet.group.over))


def _partition(fleet: Fleet, order: Disks) -> Disks:
    """Disjoint groups from disks in an order, until a unit runs short."""
    spread = fleet.spread()
    if fleet.group.over == "disk":
        count = len(order) // fleet.group.fragments
        return order[: count * fleet.group.fragments].reshape(count, -1)
    unit_of = _units(fleet)[order]
    free = [_racks_in_turn(fleet, order[unit_of == unit]).tolist()[::-1] for unit in range(int(unit_of.max()) + 1)]
    groups: list[list[int]] = []
    while True:
        fullest = sorted(range(len(free)), key=lambda unit: (-len(free[unit]), unit))[: len(spread)]
        if any(len(free[unit]) < take for unit, take in zip(fullest, spread, strict=True)):
            return np.array(groups, dtype=np.int64).reshape(-1, fleet.group.fragments)
        groups.append([free[unit].pop() for unit, take in zip(fullest, spread, strict=True) for _ in range(take)])


def _at_random(fleet: Fleet, seed: int, group: int) -> Disks:
    spread = fleet.spread()
    size = fleet.disks // fleet.units(fleet.group.over)
    if size < spread[0]:
        _require(np.empty((0, 0), dtype=np.int64), fleet)
    units = np.argsort(uniforms(seed, group, "loss/placement/unit", np.arange(fleet.disks // size)))[: len(spread)]
    picks = [
        unit * size + np.argsort(uniforms(seed, group, "loss/placement/disk", np.arange(size), sub=unit))
        for unit in units.tolist()
    ]
    return np.concatenate([_racks_in_turn(fleet, disks)[:take] for disks, take in zip(picks, spread, strict=True)])


def _racks_in_turn(fleet: Fleet, disks: Disks) -> Disks:
    """Return the disks of a unit so that those next to each other are in different racks, as far as there are any.

    Racks come in the order in which they are first met, again and again.
    """
    racks = disks // (fleet.disks // fleet.racks)
    _, first, rack = np.unique(racks, return_index=True, return_inverse=True)
    if len(first) == 1:
        return disks
    by_rack = np.argsort(rack, kind="stable")
    counts = np.bincount(rack)
    rounds = np.empty(len(disks), dtype=np.int64)
    rounds[by_rack] = np.arange(len(disks)) - np.repeat(np.cumsum(counts) - counts, counts)
    return disks[np.lexsort((first[rack], rounds))]


def _require(groups: Disks, fleet: Fleet) -> None:
    if len(groups):
        return
    msg = f"{fleet.disks} disks in {fleet.units(fleet.group.over)} units cannot hold a group spread as {fleet.spread()}"
    raise ValueError(msg)


def group_count(fleet: Fleet) -> int:
    """Return how many placement groups there are; see `placed`."""
    if fleet.groups:
        return fleet.groups
    return len(placed(fleet))
