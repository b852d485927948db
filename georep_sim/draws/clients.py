"""What distinguishes one client machine from the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.noise import uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray


def address_phase(cohort_name: str, machines: int, *, seed: int, replication: int) -> NDArray[np.float64]:
    """Return where in the life of its cached DNS answer each machine stands at time 0.

    Parameters
    ----------
    cohort_name : str
        Client group.
    machines : int
        Machines of the group.
    seed, replication : int
        Address of the draws.

    Returns
    -------
    ndarray of float64, shape (machines,)
        Uniform in (0, 1), as a share of the answer's life.
    """
    return uniforms(seed, replication, f"clients/{cohort_name}/resolver/phase", np.arange(machines))


def overstays(cohort_name: str, machines: int, share: float, *, seed: int, replication: int) -> NDArray[np.bool_]:
    """Return which machines keep a DNS answer past its life, each with probability `share`.

    Parameters
    ----------
    cohort_name : str
        Client group.
    machines : int
        Machines of the group.
    share : float
        Probability for each machine.
    seed, replication : int
        Address of the draws; the same machines overstay in every design.

    Returns
    -------
    ndarray of bool, shape (machines,)
    """
    return uniforms(seed, replication, f"clients/{cohort_name}/resolver/overstay", np.arange(machines)) < share
