"""Share of time in which too few fragments can be reached, how often that begins and how long it lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    _Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """A region, zone, rack or disk that is up and down by turns; a part without parts holds one fragment.

    Parameters
    ----------
    name : str
        What it counts as in `Outages.by_name`; several may have the same.
    up_y, down_y : float
        Mean time up and mean time down, any laws; never down by itself if `down_y` is 0.
    parts : tuple of Part, default ()
        Can be reached only while this one is up.
    copies : int, default 1
        So many of them, alike and independent.

    Raises
    ------
    ValueError
        If a time or the number makes no sense.
    """

    name: str
    up_y: float = math.inf
    down_y: float = 0.0
    parts: tuple[Part, ...] = ()
    copies: int = 1

    def __post_init__(self) -> None:
        if not self.up_y > 0.0 or not 0.0 <= self.down_y < math.inf or self.copies < 1:
            msg = f"{self.name}: up {self.up_y} y, down {self.down_y} y, {self.copies} copies: must be positive"
            raise ValueError(msg)

    @property
    def unavailability(self) -> float:
        """Share of time it is down by itself."""
        return self.down_y / (self.up_y + self.down_y) if self.down_y > 0.0 else 0.0

    @property
    def outages_per_y(self) -> float:
        """How often it goes down by itself."""
        return 1.0 / (self.up_y + self.down_y) if self.down_y > 0.0 else 0.0

    @property
    def fragments(self) -> int:
        """Fragments it holds, copies included."""
        return self.copies * (sum(part.fragments for part in self.parts) if self.parts else 1)


class Outages(NamedTuple):
    """Outages of a structure in the long run.

    Parameters
    ----------
    unavailability : float
        Share of time.
    per_y : float
        Outages a year.
    mean_y : float
        Mean length; nan if there are none.
    by_name : dict of str to float
        Outages a year that begin when a part of that name goes down; they add up to `per_y`.
    """

    unavailability: float
    per_y: float
    mean_y: float
    by_name: dict[str, float]


def k_of_n(root: Part, needs: int) -> Outages:
    """Return the outages of a structure that works while so many of its fragments can be reached.

    Parameters
    ----------
    root : Part
        The whole; parts at any depth fail independently of each other.
    needs : int
        Fragments needed: 1 for copies, k for a code.

    Raises
    ------
    ValueError
        If more are needed than there are, or none.

    Notes
    -----
    The frequency is the sum over all parts of how often each goes down while it is critical: up to now enough can be
    reached, without it not [1]_. It depends on the means alone, whatever the laws. All terms are positive.

    References
    ----------
    .. [1] Z. W. Birnbaum, "On the importance of different components in a multicomponent system", in Multivariate
       Analysis II, Academic Press, 1969; for the frequency, M. Rausand, A. Hoyland, "System Reliability Theory",
       2nd edition, Wiley, 2004, chapters 5 and 9.

    Examples
    --------
    A mirrored pair of disks, each up 99 and down 1:

    >>> pair = k_of_n(Part("all", parts=(Part("disk", up_y=99.0, down_y=1.0, copies=2),)), 1)
    >>> f"{pair.unavailability:.1e} {pair.per_y:.1e} {pair.mean_y:.2f}"
    '1.0e-04 2.0e-04 0.50'
    """
    if not 1 <= needs <= root.fragments:
        msg = f"{needs} needed of {root.fragments} fragments: must be from 1 to what there are"
        raise ValueError(msg)
    unavailability = math.fsum(_reached([root])[:needs].tolist())
    by_name: dict[str, float] = {}
    _add_frequencies([root], np.ones(1), 1.0, needs, by_name)
    per_y = math.fsum(by_name.values())
    return Outages(unavailability, per_y, unavailability / per_y if per_y > 0.0 else math.nan, by_name)


def _inside(part: Part) -> _Floats:
    """Probabilities of how many fragments of one copy can be reached while it is up itself."""
    return _reached(part.parts) if part.parts else np.array([0.0, 1.0])


def _one(part: Part) -> _Floats:
    """Probabilities of how many fragments of one copy can be reached."""
    reached = (1.0 - part.unavailability) * _inside(part)
    reached[0] += part.unavailability
    return reached


def _reached(parts: Iterable[Part]) -> _Floats:
    """Probabilities of how many fragments of several parts, with their copies, can be reached."""
    singles = [_one(part) for part in parts for _ in range(part.copies)]
    return reduce(np.convolve, singles, np.ones(1))


def _without(parts: list[Part], left_out: int) -> _Floats:
    """What `_reached` gives without one copy of one of the parts."""
    singles = [
        _one(part) for place, part in enumerate(parts) for _ in range(part.copies - (1 if place == left_out else 0))
    ]
    return reduce(np.convolve, singles, np.ones(1))


def _add_frequencies(
    parts: list[Part], elsewhere: _Floats, all_above_up: float, needs: int, by_name: dict[str, float]
) -> None:
    """Add how often parts go down while critical, and those in them; `elsewhere` counts what is not below these."""
    for place, part in enumerate(parts):
        others = np.convolve(elsewhere, _without(parts, place))
        inside = _inside(part)
        at_least = np.cumsum(inside[::-1])[::-1]
        if part.outages_per_y > 0.0:
            # Fewer than needed elsewhere, and with these enough.
            critical = math.fsum(
                float(others[count] * at_least[needs - count])
                for count in range(min(needs, len(others)))
                if needs - count < len(at_least)
            )
            rate = part.copies * part.outages_per_y * all_above_up * critical
            by_name[part.name] = by_name.get(part.name, 0.0) + rate
        if part.parts:
            above = all_above_up * (1.0 - part.unavailability) * part.copies
            _add_frequencies(list(part.parts), others, above, needs, by_name)
