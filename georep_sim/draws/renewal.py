"""Expected number of occurrences of a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.draws.clocks import Clock
    from georep_sim.laws import Law

_CELLS = 2048


def mean_occurrences(clock: Clock, horizon_s: float) -> float:
    """Return the expected number of occurrences of a clock that start within the horizon.

    Parameters
    ----------
    clock : Clock
        In equilibrium, or new at time 0.
    horizon_s : float
        Length of the period, s.

    Notes
    -----
    In equilibrium the rate is constant, one occurrence per mean cycle. From new it follows the renewal equation
    ``m = F + m * G``, F the law of the time in service and G of a whole cycle [1]_, solved on a lattice of 2,048 cells;
    laws much shorter than a cell make so many occurrences that the long-run rate serves.

    References
    ----------
    .. [1] D. R. Cox, "Renewal Theory", Methuen, 1962, section 4.2.
    """
    if clock.stationary or horizon_s > 50.0 * clock.cycle_s:
        return horizon_s / clock.cycle_s
    first = _lattice(clock.every, horizon_s)
    cycle = first if clock.overlapping else np.convolve(first, _lattice(clock.lasts, horizon_s))[: _CELLS + 1]
    starts = np.empty(_CELLS + 1)
    for cell in range(_CELLS + 1):
        earlier = float(np.dot(cycle[1 : cell + 1], starts[cell - 1 :: -1])) if cell else 0.0
        starts[cell] = (first[cell] + earlier) / (1.0 - cycle[0])
    return float(starts[:-1].sum() + starts[-1] / 2.0)


def _lattice(law: Law, horizon_s: float) -> NDArray[np.float64]:
    """Probabilities of the cells around 0, h, 2 h, … up to the horizon."""
    step = horizon_s / _CELLS
    beyond = np.array([1.0, *(law.sf((cell + 0.5) * step) for cell in range(_CELLS + 1))])
    return np.asarray(beyond[:-1] - beyond[1:])
