"""Laws as sums of exponential stages, so that what follows them becomes a Markov chain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.laws import Constant, Erlang, Exponential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from georep_sim.laws import Law

# Share that has failed at the end of the first stage of age, by the cube of the number of stages: else that stage would
# blur as much however many follow. And share that is left at the start of the last.
_YOUNG: Final = 1e-3
_OLD: Final = 1e-2
# First stage of age at least, in means: a steep start must not make the chain stiff (hours, of disks).
_SHORTEST: Final = 1e-5
# Of the tail beyond the grid: so many times less than an equal share of each stage.
_TAIL: Final = 4.0


@dataclass(frozen=True, slots=True)
class PhaseType:
    """Exponential stages in a row, entered at one of them and left after the last, or from any.

    Every law that is a finite acyclic network of exponential stages can be written so, even without `exits` [1]_.

    Parameters
    ----------
    entry : tuple of float
        Probabilities to enter at each stage; they add up to one.
    rates : tuple of float
        At which each stage is left for the next, the last for the end; positive.
    exits : tuple of float, default ()
        At which each stage is left for the end besides; () = none.
    is_exact : bool, default True
        False if it only comes near the law it stands for.

    References
    ----------
    .. [1] A. Cumani, "On the canonical representation of homogeneous Markov processes modelling failure-time
       distributions", Microelectronics Reliability 22(3), 1982, pages 583-602.

    Examples
    --------
    >>> PhaseType((1.0, 0.0), (2.0, 2.0)).mean
    1.0
    """

    entry: tuple[float, ...]
    rates: tuple[float, ...]
    exits: tuple[float, ...] = ()
    is_exact: bool = True

    @property
    def mean(self) -> float:
        """Mean."""
        left = total = 0.0
        for entry, onward, end in self._stages():
            left += entry
            total += left / (onward + end)
            left *= onward / (onward + end)
        return total

    @property
    def in_equilibrium(self) -> tuple[float, ...]:
        """Shares of the time spent in each stage."""
        left, spent = 0.0, []
        for entry, onward, end in self._stages():
            left += entry
            spent.append(left / (onward + end))
            left *= onward / (onward + end)
        return tuple(time / math.fsum(spent) for time in spent)

    @property
    def scaled(self) -> tuple[tuple[float, float], ...]:
        """Rates onward and to the end at a mean of one: what the reciprocal of the mean is multiplied with."""
        mean = self.mean
        return tuple((onward * mean, end * mean) for _, onward, end in self._stages())

    def _stages(self) -> Iterator[tuple[float, float, float]]:
        return zip(self.entry, self.rates, self.exits or (0.0,) * len(self.rates), strict=True)


def fit(law: Law, stages: int) -> PhaseType:
    """Return a law as stages, exactly if it is made of such, else with so many.

    Parameters
    ----------
    law : Law
        Of positive mean.
    stages : int
        At least one; not used for exponential and Erlang laws.

    Returns
    -------
    PhaseType
        With the law's mean.

    Raises
    ------
    ValueError
        If the mean is zero or there are no stages.

    Notes
    -----
    A constant becomes an Erlang law. Any other is put on the points h, 2 h, ... of a grid, by weights that keep means
    (second differences of the integrated survival function), and each point j h becomes j stages of mean h: as h goes
    to zero this tends to the law [1]_. The error is of the order of h, so `doubled` tells it.

    References
    ----------
    .. [1] H. C. Tijms, "Stochastic Models: An Algorithmic Approach", Wiley, 1994, section 5.5.

    Examples
    --------
    >>> from georep_sim.laws import Uniform
    >>> stages = fit(Uniform(0.0, 2.0), 4)
    >>> [round(share, 3) for share in reversed(stages.entry)], round(stages.mean, 12)
    ([0.352, 0.234, 0.234, 0.18], 1.0)
    """
    if stages < 1 or not law.mean > 0.0:
        msg = f"{stages} stages for a mean of {law.mean}: both must be positive"
        raise ValueError(msg)
    if isinstance(law, Exponential):
        return PhaseType((1.0,), (1.0 / law.mean,))
    if isinstance(law, Erlang | Constant):
        count = law.stages if isinstance(law, Erlang) else stages
        entry = (1.0, *[0.0] * (count - 1))
        return PhaseType(entry, (count / law.mean,) * count, is_exact=isinstance(law, Erlang))
    return _on_grid(law, stages)


def _on_grid(law: Law, stages: int) -> PhaseType:
    step = law.ppf(1.0 - 1.0 / (_TAIL * stages)) / stages
    areas = [law.integrated_sf(point * step) for point in range(stages + 1)]
    slopes = [(areas[point + 1] - areas[point]) / step for point in range(stages)]
    # What lies below the first point goes to it, what lies beyond the last to that; then the mean is put right.
    weights = [1.0 - slopes[1] if stages > 1 else 1.0]
    weights += [slopes[point - 1] - (slopes[point] if point < stages else 0.0) for point in range(2, stages + 1)]
    weights = [max(weight, 0.0) for weight in weights]
    total = sum(weights)
    entry = tuple(weight / total for weight in reversed(weights))
    draft = PhaseType(entry, (1.0 / step,) * stages)
    rate = draft.mean / law.mean / step
    return PhaseType(entry, (rate,) * stages, is_exact=False)


def fit_life(law: Law, stages: int) -> PhaseType:
    """Return the law of a life as stages of age, each with the hazard of that age.

    Parameters
    ----------
    law : Law
        Of positive mean.
    stages : int
        At least one; not used for exponential and Erlang laws.

    Returns
    -------
    PhaseType
        With the law's hazards, about; its mean is only near the law's.

    Raises
    ------
    ValueError
        If the mean is zero or there are no stages.

    Notes
    -----
    Few disks live to the mean within a period: what counts is the hazard at small ages, which `fit` blurs. Here ages
    grow geometrically from where next to none has failed to where 1 in 100 is left; a stage lasts as long as its ages
    in the mean, and its exit is their mean hazard, that of the last by the mean residual life.

    Examples
    --------
    >>> from georep_sim.laws import Weibull
    >>> ageing = fit_life(Weibull.from_mean(50.0, 1.5), 4)
    >>> all(first < then for first, then in zip(ageing.exits, ageing.exits[1:-1]))
    True
    """
    if isinstance(law, Exponential | Erlang | Constant) or stages < 2:
        return fit(law, stages)
    first, last = max(law.ppf(_YOUNG / stages**3), _SHORTEST * law.mean), law.ppf(1.0 - _OLD)
    if not first < last:
        return fit(law, stages)
    growth = (last / first) ** (1.0 / (stages - 1))
    ages = [0.0, *(first * growth**power for power in range(stages))]
    rates, exits = [], []
    for young, old in pairwise(ages[:-1]):
        onward = 1.0 / (old - young)
        end = math.log(law.sf(young) / law.sf(old)) * onward
        rates.append(onward)
        exits.append(end)
    rest = (law.mean - law.integrated_sf(ages[-2])) / law.sf(ages[-2])
    entry = (1.0, *[0.0] * (stages - 1))
    return PhaseType(entry, (*rates, 1.0 / rest), (*exits, 0.0), is_exact=False)


class Doubled(NamedTuple):
    """What a computation with phases gives, and how far it may be off for their number.

    Parameters
    ----------
    value : float
        With twice the stages.
    fit_error : float
        Difference to the value with the stages given, absolute; as the error is of first order, about what is left.
    """

    value: float
    fit_error: float


def doubled(solve: Callable[[int], float], stages: int) -> Doubled:
    """Return a result with twice the stages and its change.

    Parameters
    ----------
    solve : callable
        Takes the number of stages, gives the result.
    stages : int
        The smaller number.

    Examples
    --------
    >>> doubled(lambda stages: 1.0 + 1.0 / stages, 4)
    Doubled(value=1.125, fit_error=0.125)
    """
    coarse, fine = solve(stages), solve(2 * stages)
    return Doubled(fine, abs(fine - coarse))
