"""What can be lost and how: placement groups, the disks they lie on, and what takes several disks at once.

Plain descriptions without a scenario behind them; the solvers of this package take nothing else. Times are in years
of 365.25 days, also inside laws, and rates per year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from georep_sim.laws import Law

#: A level at which disks share a fate.
Level: TypeAlias = Literal["disk", "rack", "zone"]
Scope: TypeAlias = Literal["disks", "rack", "zone", "region", "objects"]
Layout: TypeAlias = Literal["partitioned", "random", "copysets"]

#: Cause of losses by failures of single disks.
DISK: Final = "disk"
#: Cause of losses by latent errors alone.
LATENT: Final = "latent"
#: Losses that needed more than one cause since all was good.
JOINT: Final = "joint"


@dataclass(frozen=True, slots=True)
class Parallel:
    """Every fragment that is being rebuilt goes at full speed."""


@dataclass(frozen=True, slots=True)
class Crews:
    """At most `count` fragments of a group are rebuilt at once, the others wait in the order they were noticed."""

    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            msg = f"{self.count} crews: must be at least 1"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Shared:
    """As many rebuilds as `at_full_speed` go unhindered; of b rebuilds, more than that, each goes at its share of it.

    With ``1.0`` all rebuilds together are as fast as one: a shared link that one rebuild fills.
    """

    at_full_speed: float

    def __post_init__(self) -> None:
        if not 0.0 < self.at_full_speed < math.inf:
            msg = f"{self.at_full_speed} rebuilds at full speed: must be positive and finite"
            raise ValueError(msg)


Repairs: TypeAlias = Parallel | Crews | Shared


@dataclass(frozen=True, slots=True)
class Latent:
    """Errors that nobody sees until the fragment is read.

    Parameters
    ----------
    per_y : float
        Errors a year in one fragment, a Poisson process; not negative.
    scrub_y : Law
        Time between two scrubs of a fragment: constant = periodic with a random phase of each fragment, exponential =
        at random. A scrub finds and mends what is wrong.
    meets : float, default 1.0
        Probability that an error counts where another fragment of the group has one: below 1 where fragments hold many
        objects, which have to be the same. Simulated only.
    """

    per_y: float
    scrub_y: Law
    meets: float = 1.0

    def __post_init__(self) -> None:
        _require_rate("latent errors", self.per_y)
        if not 0.0 < self.meets <= 1.0:
            msg = f"an error meets another with probability {self.meets}: must be positive, at most 1"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Group:
    """A placement group: `fragments` on as many disks, lost when too many are gone at once.

    Parameters
    ----------
    fragments : int
        Copies, or k + m fragments of a code.
    tolerates : int
        Any so many may be gone without loss: copies - 1, or m.
    life_y : Law
        Age at which a disk fails and takes its fragment along. A rebuilt fragment lies on a new disk, of age 0.
    repair_y : Law
        Time of one rebuild at full speed.
    detect_y : Law or None, default None
        Time from a failure until it is noticed, before which no rebuild starts; None = at once.
    repairs : Parallel, Crews or Shared, default Parallel()
        How many rebuilds of the group go on at once.
    starts_at : int, default 1
        Rebuilds start when so many fragments are gone (and noticed), and go on until none is: 1 = eager, more = lazy.
    latent : Latent or None, default None
        A fragment with a latent error is as good as gone; it may be gone besides, which counts once.
    survives : tuple of float, default ()
        Shares of the patterns of ``tolerates + 1``, ``tolerates + 2``, ... gone fragments that can still be read, for
        codes where the pattern matters [1]_; never increasing, 0 beyond the end.
    over : {"disk", "rack", "zone"}, default "disk"
        Fragments are spread evenly over units of this level.

    Raises
    ------
    ValueError
        If the numbers make no sense.

    References
    ----------
    .. [1] C. Huang et al., "Erasure Coding in Windows Azure Storage", USENIX ATC 2012, section 3.1.

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> three = Group(3, 2, life_y=Exponential(50.0), repair_y=Exponential(1 / 365.25))
    >>> three.needs, three.survival(2), three.survival(3)
    (1, 1.0, 0.0)
    """

    fragments: int
    tolerates: int
    life_y: Law
    repair_y: Law
    detect_y: Law | None = None
    repairs: Repairs = Parallel()
    starts_at: int = 1
    latent: Latent | None = None
    survives: tuple[float, ...] = ()
    over: Level = "disk"

    def __post_init__(self) -> None:
        if not 0 <= self.tolerates < self.fragments:
            msg = f"{self.fragments} fragments that tolerate {self.tolerates} gone: must be 0 <= tolerates < fragments"
            raise ValueError(msg)
        if not 1 <= self.starts_at <= self.most_gone:
            msg = f"rebuilds start at {self.starts_at} gone: must be from 1 to {self.most_gone}, or nothing is rebuilt"
            raise ValueError(msg)
        if self.tolerates + len(self.survives) >= self.fragments:
            msg = f"survives has {len(self.survives)} shares for the {self.fragments - self.tolerates - 1} counts there are"
            raise ValueError(msg)
        shares = (1.0, *self.survives)
        if any(not 0.0 < after <= before for before, after in pairwise(shares)):
            msg = f"survives is {self.survives}: shares must be positive, at most 1 and never increase"
            raise ValueError(msg)

    @property
    def needs(self) -> int:
        """Fragments that a rebuild reads: k, which of a code where the pattern matters is less than n - tolerates."""
        return self.fragments - self.tolerates - len(self.survives)

    @property
    def most_gone(self) -> int:
        """Largest number of gone fragments that may not be a loss; where it is 0 nothing is ever rebuilt."""
        return max(1, self.tolerates + len(self.survives))

    def survival(self, gone: int) -> float:
        """Share of the patterns of `gone` fragments that can be read."""
        if gone <= self.tolerates:
            return 1.0
        beyond = gone - self.tolerates - 1
        return self.survives[beyond] if beyond < len(self.survives) else 0.0

    def loss_at(self, gone: int) -> float:
        """Probability that the step from ``gone - 1``, which was readable, to `gone` fragments gone is a loss."""
        before = self.survival(gone - 1)
        return 1.0 if before == 0.0 else (before - self.survival(gone)) / before


@dataclass(frozen=True, slots=True)
class CommonCause:
    """Something that hits several disks at one instant, at times of a Poisson process.

    Parameters
    ----------
    name : str
        Row of the budget.
    per_y : float
        Events a year: of each rack or zone where `scope` is one of these, else of the whole fleet.
    scope : {"disks", "rack", "zone", "region", "objects"}
        What an event hits: disks anywhere, one rack, one zone, all disks, or single objects (deletes, software, keys).
    count : int, default 0
        Of the disks in scope exactly so many, drawn anew without replacement; 0 = by `share`.
    share : float, default 1.0
        Each disk (or object) in scope is hit with this probability, independently of the others.
    lasts_y : Law or None, default None
        None: what is hit is destroyed. Else it is only away for so long: such a fragment is not gone, but can neither
        be read by a rebuild nor be rebuilt meanwhile. Objects are never away.
    back_y : Law or None, default None
        Of what is destroyed: the place is back, empty, after so long, and nothing is rebuilt there before; None = at
        once.
    """

    name: str
    per_y: float
    scope: Scope
    count: int = 0
    share: float = 1.0
    lasts_y: Law | None = None
    back_y: Law | None = None

    def __post_init__(self) -> None:
        _require_rate(f"common cause {self.name}", self.per_y)
        if self.count < 0 or not 0.0 < self.share <= 1.0:
            msg = (
                f"common cause {self.name}: count is {self.count}, share {self.share}: need count >= 0, 0 < share <= 1"
            )
            raise ValueError(msg)
        if self.scope == "objects" and (self.count or self.lasts_y is not None):
            msg = f"common cause {self.name}: objects are hit by share, and for good"
            raise ValueError(msg)
        if self.back_y is not None and (self.lasts_y is not None or self.scope == "objects"):
            msg = f"common cause {self.name}: only the places of what is destroyed can be back later"
            raise ValueError(msg)

    @property
    def destroys(self) -> bool:
        """Whether what is hit is gone, not only away."""
        return self.lasts_y is None

    @property
    def away_y(self) -> Law | None:
        """How long the places that are hit are away, destroyed or not; None = not at all."""
        return self.lasts_y if self.lasts_y is not None else self.back_y


@dataclass(frozen=True, slots=True)
class Fleet:
    """Disks, and the groups that lie on them.

    Parameters
    ----------
    group : Group
        What each group is like.
    disks : int
        Disks in all; disk d is in rack ``d // (disks / racks)``, which is in zone ``rack // (racks / zones)``.
    groups : int, default 0
        Placement groups; 0 = as many as the layout makes: partitioned ``disks // fragments``; required for random.
    layout : {"partitioned", "random", "copysets"}, default "partitioned"
        Each disk in one group; every group drawn at random; groups drawn from few sets, so that a disk shares them
        with `scatter` others [1]_.
    scatter : int, default 0
        Scatter width of copysets.
    racks, zones : int, default 1
        Number of each, in all; disks divide evenly.
    common : tuple of CommonCause, default ()
        Names must differ.
    is_pooled : bool, default False
        Whether crews and shared bandwidth are those of the whole fleet even where groups are apart; where a disk is in
        several groups they always are.

    References
    ----------
    .. [1] A. Cidon et al., "Copysets: Reducing the Frequency of Data Loss in Cloud Storage", USENIX ATC 2013,
       section 3.
    """

    group: Group
    disks: int
    groups: int = 0
    layout: Layout = "partitioned"
    scatter: int = 0
    racks: int = 1
    zones: int = 1
    common: tuple[CommonCause, ...] = ()
    is_pooled: bool = False

    def __post_init__(self) -> None:
        if self.disks < self.group.fragments:
            msg = f"{self.disks} disks cannot hold a group of {self.group.fragments} fragments"
            raise ValueError(msg)
        if self.disks % self.racks or self.racks % self.zones:
            msg = f"{self.disks} disks, {self.racks} racks, {self.zones} zones: each must divide evenly into the next"
            raise ValueError(msg)
        if self.layout == "random" and self.groups < 1:
            msg = "groups placed at random: give their number"
            raise ValueError(msg)
        if self.layout == "copysets" and self.scatter < self.group.fragments - 1:
            msg = f"scatter width {self.scatter} is less than the {self.group.fragments - 1} other disks of one group"
            raise ValueError(msg)
        names = [cause.name for cause in self.common]
        if len({DISK, LATENT, JOINT, *names}) < len(names) + 3:
            msg = f"common causes are named {names}: names must differ, and not be {DISK}, {LATENT} or {JOINT}"
            raise ValueError(msg)

    def units(self, level: Level) -> int:
        """Units of a level: disks, racks or zones."""
        return {"disk": self.disks, "rack": self.racks, "zone": self.zones}[level]

    def spread(self) -> tuple[int, ...]:
        """Fragments of one group in each unit of the group's level that it touches, largest first.

        Examples
        --------
        >>> from georep_sim.laws import Exponential
        >>> code = Group(8, 3, Exponential(20.0), Exponential(0.01), over="zone")
        >>> Fleet(code, disks=30, zones=3, racks=6).spread()
        (3, 3, 2)
        """
        fragments = self.group.fragments
        used = min(self.units(self.group.over), fragments)
        return tuple(fragments // used + (index < fragments % used) for index in range(used))


def _require_rate(what: str, per_y: float) -> None:
    if not 0.0 <= per_y < math.inf:
        msg = f"{what}: {per_y} a year, must be finite and not negative"
        raise ValueError(msg)
