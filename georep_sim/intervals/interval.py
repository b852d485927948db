"""An estimate with its interval, sums of such, and the bound where data show no spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its interval.

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float
        The ends; may be infinite.
    kind : str
        How it was made: ``clopper_pearson``, ``poisson``, ``student_t``, ``bootstrap``, ``few_events``,
        ``rate_times_damage``, ``sum`` or ``bound``.
    note : str, default ""
        What a reader must know about it.
    """

    value: float
    low: float
    high: float
    kind: str
    note: str = ""

    def scaled(self, factor: float) -> Interval:
        """Return the interval of a positive multiple.

        Examples
        --------
        >>> Interval(2.0, 1.0, 4.0, "poisson").scaled(0.5)
        Interval(value=1.0, low=0.5, high=2.0, kind='poisson', note='')
        """
        if not factor > 0.0:
            msg = f"factor is {factor}, must be positive"
            raise ValueError(msg)
        return Interval(self.value * factor, self.low * factor, self.high * factor, self.kind, self.note)


def sum_of(parts: Iterable[Interval]) -> Interval:
    """Return the interval of a sum of independent estimates.

    Notes
    -----
    The method of variance estimates recovery: distances from the estimates to the ends add like standard
    deviations, each side for itself, so that skewed intervals stay skewed.

    References
    ----------
    .. [1] G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures: a general approach",
       Statistics in Medicine 27(10), 2008, pages 1693-1702.

    Examples
    --------
    >>> sum_of([Interval(1.0, 0.7, 1.3, "bootstrap"), Interval(2.0, 1.6, 2.4, "bootstrap")])
    Interval(value=3.0, low=2.5, high=3.5, kind='sum', note='')
    """
    terms = list(parts)
    if len(terms) == 1:
        return terms[0]
    value = math.fsum(term.value for term in terms)
    low = value - math.hypot(*(term.value - term.low for term in terms))
    high = value + math.hypot(*(term.high - term.value for term in terms))
    notes = dict.fromkeys(term.note for term in terms if term.note)
    return Interval(value, low, high, "sum", "; ".join(notes))


def require_level(level: float) -> None:
    """Raise ValueError if a confidence level is not in (0, 1)."""
    if not 0.0 < level < 1.0:
        msg = f"level is {level}, must lie strictly between 0 and 1"
        raise ValueError(msg)


def bound_without_spread(
    value: float, count: int, *, level: float, bounds: tuple[float, float] | None, scale: float = 0.0
) -> Interval:
    """Return what equal observations tell about a mean: few others can be hiding.

    Parameters
    ----------
    value : float
        The value they share.
    count : int
        Independent observations.
    level : float
        Confidence level.
    bounds : (float, float) or None
        The ends of what an unseen observation may be. None: it may differ from the value by `scale`, or by as much
        as the value itself.
    scale : float, default 0.0
        See `bounds`.

    Notes
    -----
    By Clopper and Pearson at most a share ``1 - ((1 - level) / 2) ** (1 / count)`` of all observations is another.
    """
    other = -math.expm1(math.log(0.5 * (1.0 - level)) / count)
    distance = max(abs(value), scale) or math.inf
    lowest, highest = bounds or (value - distance, value + distance)
    note = f"all {count} observations are equal: up to {100 * other:.2g} % may be others"
    low = value - other * (value - lowest) if lowest < value else value
    high = value + other * (highest - value) if highest > value else value
    return Interval(value, low, high, "bound", note)
