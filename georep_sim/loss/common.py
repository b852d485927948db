"""What a common cause hits of one placement group."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias

from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.phase_type import fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from georep_sim.loss.model import CommonCause, Fleet
    from georep_sim.loss.phase_type import PhaseType

#: All fragments of a group at once, those of one of its units, one fragment at a time, or objects.
Reach: TypeAlias = Literal["group", "unit", "fragment", "objects"]


def reach(fleet: Fleet, cause: CommonCause) -> Reach:
    """Return which fragments of a group an event of a cause strikes together.

    Raises
    ------
    NotMarkovError
        If that differs from group to group, or what is away could not be counted.
    """
    if cause.scope == "objects":
        return "objects"
    found = _reach_of_disks(fleet, cause)
    if cause.away_y is not None and (found == "fragment" or cause.count or cause.share < 1.0):
        msg = f"{cause.name}: which single fragments are away is not counted in a chain; simulate it"
        raise NotMarkovError(msg)
    return found


def _reach_of_disks(fleet: Fleet, cause: CommonCause) -> Reach:
    over = fleet.group.over
    if cause.scope in {"disks", "region"}:
        return "group"
    if cause.scope == over:
        return "unit" if len(fleet.spread()) > 1 or fleet.units(over) > 1 else "group"
    if fleet.units("rack" if cause.scope == "rack" else "zone") == 1:
        return "group"
    if cause.scope == "rack" and over == "zone" and max(fleet.spread()) == 1:
        # The only rack of a unit that matters is the one with its fragment.
        return "unit"
    if cause.scope == "rack" and over == "zone" and fleet.racks // fleet.zones >= max(fleet.spread()):
        return "fragment"
    msg = f"{cause.name}: fragments are spread over {over}s, so groups differ in what one {cause.scope} holds; simulate"
    raise NotMarkovError(msg)


def places_hit(units: int, reached: Reach) -> Iterator[tuple[int, ...]]:
    """Yield the units that are struck together, once for each way an event can strike."""
    if reached == "unit":
        yield from ((place,) for place in range(units))
    else:
        yield tuple(range(units))


def hits(
    fleet: Fleet, cause: CommonCause, counts: Sequence[int], *, is_single: bool
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield how many fragments of each kind an event takes, with the probability, where it takes any.

    Parameters
    ----------
    fleet, cause
        As elsewhere.
    counts : sequence of int
        Live fragments in reach, by kind.
    is_single : bool
        Fragments are struck one at a time, each at the rate of the cause: probabilities then are numbers of fragments.

    Notes
    -----
    By share, fragments are independent. By count, the disks hit are drawn without replacement of those in scope, so
    that a given set of j out of the l live fragments is hit, and the others not, with probability
    ``C(N - l, count - j) / C(N, count)``.
    """
    if is_single:
        disks = fleet.disks // fleet.racks
        chance = min(1.0, cause.count / disks) if cause.count else cause.share
        for kind, count in enumerate(counts):
            yield tuple(int(other == kind) for other in range(len(counts))), count * chance
        return
    live = sum(counts)
    of_set = [_chance_of_set(fleet, cause, live, number) for number in range(live + 1)]
    for taken in product(*(range(count + 1) for count in counts)):
        ways = math.prod(math.comb(count, number) for count, number in zip(counts, taken, strict=True))
        if any(taken):
            yield taken, ways * of_set[sum(taken)]


def _chance_of_set(fleet: Fleet, cause: CommonCause, live: int, number: int) -> float:
    if not cause.count:
        return float(cause.share**number * (1.0 - cause.share) ** (live - number))
    disks = fleet.disks // {"rack": fleet.racks, "zone": fleet.zones}.get(cause.scope, 1)
    count = min(cause.count, disks)
    if number > count or live - number > disks - count:
        return 0.0
    return math.comb(disks - live, count - number) / math.comb(disks, count)


def stages_away(cause: CommonCause, stages: int | None) -> PhaseType | None:
    """Return the stages of the time for which places are away; None where they are not.

    Raises
    ------
    NotMarkovError
        If the law would need stages, and `stages` is None.
    """
    law = cause.away_y
    if law is None or (cause.destroys and not law.mean > 0.0):
        return None
    if not law.mean > 0.0:
        msg = f"{cause.name} does not last"
        raise ValueError(msg)
    staged = fit(law, stages or 1)
    if stages is None and not staged.is_exact:
        msg = f"{cause.name}: lasts {type(law).__name__}, not made of exponential stages; say how many may stand for it"
        raise NotMarkovError(msg)
    return staged
