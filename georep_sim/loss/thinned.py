"""Very many placement groups at random: how often any of all is lost, from the fate of some of them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from georep_sim.intervals import Interval

if TYPE_CHECKING:
    from georep_sim.loss.estimate import Simulated
    from georep_sim.loss.model import Fleet

# Of one fleet that is simulated: memory to be copied for each busy period.
_MOST_FRAGMENTS: Final = 3_000


def thinned(fleet: Fleet) -> Fleet:
    """Return a fleet with fewer groups, if it has very many placed at random.

    Disks fail and are rebuilt as they would with all groups, so that what happens to one group is the same.
    """
    most = max(_MOST_FRAGMENTS // fleet.group.fragments, fleet.disks // fleet.group.fragments)
    return replace(fleet, groups=most) if fleet.layout == "random" and fleet.groups > most else fleet


def events_of_all(fleet: Fleet, found: Simulated, horizon_y: float) -> Interval:
    """Rate of events in which any group is lost, where not all groups were simulated.

    The events of one cause are taken to reach the same share f of groups each: of g groups simulated, an event that
    lost any lost ``g f / (1 - (1 - f) ** g)`` of them in the mean, which gives f.
    """
    rate = rate_behind(found.any_loss, horizon_y)
    played, groups = thinned(fleet).groups, fleet.groups
    if played == groups:
        return rate
    total = more = 0.0
    for cause, events in found.by_cause.items():
        if events.value > 0.0:
            total += events.value
            lost = found.groups_by_cause[cause].value * played / events.value
            more += events.value * _more_events(max(1.0, lost), played, groups)
    factor = more / total if total > 0.0 else groups / played
    note = f"{played} of {groups} groups were simulated; for all, events of one cause are taken to reach the same share"
    return Interval(rate.value * factor, rate.low * factor, rate.high * factor, rate.kind, note)


def _more_events(lost: float, played: int, groups: int) -> float:
    """By how much more often some of all groups are lost than some of those played, given how many are then lost.

    Examples
    --------
    >>> _more_events(1.0, 100, 400), round(_more_events(100.0, 100, 400), 6)
    (4.0, 1.0)
    """
    if lost <= 1.0 + 1e-9:
        return groups / played
    if lost >= played * (1.0 - 1e-9):
        return 1.0
    low, high = 1e-18, 1.0
    for _ in range(200):
        f = math.sqrt(low * high)
        if played * f / -math.expm1(played * math.log1p(-f)) < lost:
            low = f
        else:
            high = f
    return math.expm1(groups * math.log1p(-low)) / math.expm1(played * math.log1p(-low))


def rate_behind(probability: Interval, horizon_y: float) -> Interval:
    """Rate of events, from the interval of the probability that there is one within a period."""
    ends = (
        -math.log1p(-min(end, 1.0 - 1e-16)) / horizon_y
        for end in (probability.value, probability.low, probability.high)
    )
    value, low, high = ends
    return Interval(value, low, high, probability.kind, probability.note)
