"""The plainest case, as fast as it goes: groups apart, exponential failures, parallel rebuilds, nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.jit import kernel
from georep_sim.laws import Constant, Exponential
from georep_sim.laws.compiled import encode, law_ppf
from georep_sim.loss.memory import struck
from georep_sim.loss.model import Parallel
from georep_sim.philox import keys_of, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.loss.model import Fleet


def is_plain(fleet: Fleet) -> bool:
    """Whether a fleet is of the kind that `losses` plays."""
    group = fleet.group
    return (
        isinstance(group.life_y, Exponential)
        and isinstance(group.repairs, Parallel)
        and group.starts_at == 1
        and group.latent is None
        and not group.survives
        and fleet.layout == "partitioned"
        and group.over == "disk"
        and not struck(fleet)
    )


def losses(fleet: Fleet, *, trials: int, horizon_y: float = 1.0, seed: int = 0) -> int:
    """Return in how many trials some group was lost.

    Parameters
    ----------
    fleet : Fleet
        One that `is_plain`.
    trials : int
        Horizons played, each to its first loss.
    horizon_y : float, default 1.0
        Length of a trial.
    seed : int, default 0
        Of the draws, addressed (trial, number of the candidate).

    Raises
    ------
    ValueError
        If the fleet is not plain.

    Notes
    -----
    Failures are candidate instants in absolute time; one that meets a disk that is gone is ignored, which changes
    nothing since life has no memory.
    """
    if not is_plain(fleet):
        msg = "only exponential failures, parallel eager rebuilds and disjoint groups have plain trials"
        raise ValueError(msg)
    group = fleet.group
    table, pool = encode([group.repair_y, group.detect_y or Constant(0.0)])
    count = fleet.groups or fleet.disks // group.fragments
    disks = count * group.fragments
    gone_until, keys = np.zeros(disks), keys_of(["loss/trials"])
    down = np.zeros(disks, np.int64)
    rate = disks / group.life_y.mean
    numbers = (group.fragments, group.tolerates, trials, seed)
    return _losses(table, pool, keys, gone_until, down, rate, horizon_y, *numbers)


@kernel
def _losses(
    table: NDArray[Any],
    pool: NDArray[np.float64],
    keys: NDArray[np.uint64],
    gone_until: NDArray[np.float64],
    down: NDArray[np.int64],
    rate: float,
    horizon: float,
    fragments: int,
    tolerates: int,
    trials: int,
    seed: int,
) -> int:
    key0, key1 = keys[0, 0], keys[0, 1]
    disks = len(gone_until)
    lost = 0
    for trial in range(trials):
        # `down` lists the disks that may be gone; those that are back leave it when it is next looked at.
        now, downs, drawn = 0.0, 0, 0
        is_lost = False
        while not is_lost:
            now -= math.log(uniform(key0, key1, drawn, 0, trial, seed)) / rate
            if now >= horizon:
                break
            slot = min(int(uniform(key0, key1, drawn, 1, trial, seed) * disks), disks - 1)
            group = slot // fragments
            missing, k = 0, 0
            while k < downs:
                if gone_until[down[k]] <= now:
                    downs -= 1
                    down[k] = down[downs]
                    continue
                missing += down[k] // fragments == group
                # Its own place among those gone: masked.
                missing -= disks * (down[k] == slot)
                k += 1
            if missing >= 0:
                work = law_ppf(table, pool, 0, uniform(key0, key1, drawn, 2, trial, seed))
                wait = law_ppf(table, pool, 1, uniform(key0, key1, drawn, 3, trial, seed))
                gone_until[slot] = now + wait + work
                down[downs] = slot
                downs += 1
                is_lost = missing + 1 > tolerates
            drawn += 1
        lost += is_lost
    return lost
