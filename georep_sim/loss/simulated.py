"""The loss of a design by simulation: each site's disks by importance sampling, and what is known besides added."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from georep_sim.intervals import Interval
from georep_sim.loss.biased import simulate
from georep_sim.loss.estimate import probability_of, scaled
from georep_sim.loss.joined import ALL, Gone, SiteProcess, chain_of_sites
from georep_sim.loss.model import JOINT
from georep_sim.loss.placement import group_count
from georep_sim.loss.sites import SiteRates, emptied_by, joined_of, reduced_chain, site_chain
from georep_sim.loss.structure import takes_bytes
from georep_sim.loss.thinned import events_of_all, rate_behind, thinned
from georep_sim.loss.within import loss_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from georep_sim.loss.chain import Chain
    from georep_sim.loss.estimate import Simulated
    from georep_sim.loss.model import Fleet
    from georep_sim.loss.structure import SitePart, Structure

# Half width aimed at, relative. Rates of failures are known to some ten percent at best, so that narrower intervals tell
# no more; a design of few disks gets there in about a second.
_ACCURACY: Final = 0.05
_COPIES: Final = 200_000
# Disks and fragments of a fleet up to which so many copies take seconds; larger ones get fewer, so that a design of some
# hundred disks in thousands of groups takes less than half a minute and ends at 5 to 10 % where its losses are common.
_USUAL_SIZE: Final = 400
_FEWEST: Final = 10_000
_INPUT: Final = "an input"
# Share of what was simulated of the whole at which nobody need doubt the whole.
_NEGLIGIBLE: Final = 1e-3
# Of a rate that may be zero.
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class SimulatedLoss:
    """Probabilities of loss within a period, by simulation.

    Parameters
    ----------
    blob_loss : Interval
        Of one blob, averaged over blobs.
    any_loss : Interval
        Of the system: that any blob is lost.
    by_cause : dict of str to Interval
        Of one blob, by row of faults and `joint`; the values add up to that of `blob_loss`.
    objects_per_event : Interval
        Objects lost together, mean; nan where no loss was seen.
    mttdl_y : Interval
        Mean time until one placement group is lost, in years.
    bounds : dict of str to Interval
        For causes that lost nothing: losses a year of one unit of theirs (group, rack, zone, fleet), at most.
    untrustworthy : tuple of str
        Why the estimate may be worse than its interval says; empty = no reason seen.
    copies : int
        Busy periods played.
    """

    blob_loss: Interval
    any_loss: Interval
    by_cause: dict[str, Interval]
    objects_per_event: Interval
    mttdl_y: Interval
    bounds: dict[str, Interval]
    untrustworthy: tuple[str, ...]
    copies: int


@dataclass(frozen=True, slots=True)
class _Site:
    """What was simulated of one site: rates a year."""

    part: SitePart
    blob: Interval
    event: Interval
    by_cause: Mapping[str, Interval]
    bounds: Mapping[str, Interval]
    doubts: tuple[str, ...] = ()
    copies: int = 0

    @property
    def together(self) -> float:
        """Groups lost at one event."""
        lost = self.blob.value * self.part.groups
        return max(1.0, lost / self.event.value) if self.event.value > 0.0 else 1.0


def simulated_loss(
    structure: Structure, *, horizon_y: float = 1.0, seed: int = 0, effort: float = 1.0, level: float = 0.95
) -> SimulatedLoss:
    """Return how likely losses are, by simulation.

    Parameters
    ----------
    structure : Structure
        What can be lost.
    horizon_y : float, default 1.0
        The period, in years.
    seed : int, default 0
        Of all draws.
    effort : float, default 1.0
        More busy periods by this factor, at most; intervals shrink with its square root.
    level : float, default 0.95
        Of the intervals.

    Raises
    ------
    ValueError
        If a law cannot be simulated.

    Notes
    -----
    Sites are simulated apart. What takes a whole site, or objects, has a known rate and needs no simulation: such
    rates are added, or enter the chain of sites [1]_. Intervals of several sites from the ends of
    each site's rates, distances on logarithms added like standard deviations.

    References
    ----------
    .. [1] Decision record 23 of this project.
    """
    sites = {
        part.id: _site(structure, part, horizon_y=horizon_y, seed=seed + place, effort=effort, level=level)
        for place, part in enumerate(structure.sites)
    }
    found = [
        _alone(structure, sites[members[0]], horizon_y)
        if len(members) == 1
        else _several(structure, [sites[site] for site in members], horizon_y)
        for members in structure.joined
    ]
    blob = _mean([each.blob for each in found])
    event = _sum([each.event for each in found])
    causes = dict.fromkeys(cause for each in found for cause in each.by_cause)
    causes = {name: None for name in causes if name != JOINT} | {name: None for name in causes if name == JOINT}
    by_cause = {
        name: _mean([each.by_cause.get(name, Interval(0.0, 0.0, 0.0, "sum")) for each in found]) for name in causes
    }
    probability = probability_of(scaled(blob, horizon_y))
    share = probability.value / blob.value if blob.value > 0.0 else horizon_y
    inputs = {cause.name for part in structure.sites for cause in emptied_by(structure, part)}
    inputs |= {cause.name for cause in structure.objects}
    known = math.fsum(rate.value for name, rate in by_cause.items() if name in inputs)
    matters = any(site.doubts for site in sites.values()) and blob.high - known > _NEGLIGIBLE * blob.value
    return SimulatedLoss(
        probability,
        probability_of(scaled(event, horizon_y)),
        {name: scaled(rate, share) for name, rate in by_cause.items()},
        _ratio(blob, event, structure.objects_in_all),
        _inverse(blob),
        {name: bound for site in sites.values() for name, bound in site.bounds.items()},
        tuple(dict.fromkeys(doubt for site in sites.values() for doubt in site.doubts)) if matters else (),
        sum(site.copies for site in sites.values()),
    )


def _most_copies(fleet: Fleet, effort: float) -> int:
    played = thinned(fleet)
    size = played.disks + group_count(played) * played.group.fragments
    return max(1_000, round(effort * max(_FEWEST, _COPIES * min(1.0, _USUAL_SIZE / size))))


@dataclass(frozen=True, slots=True)
class _Rates:
    """Of a blob, by cause, and of events, per year."""

    blob: Interval
    event: Interval
    by_cause: dict[str, Interval]


def _site(structure: Structure, part: SitePart, *, horizon_y: float, seed: int, effort: float, level: float) -> _Site:
    nothing = Interval(0.0, 0.0, 0.0, "sum")
    if not takes_bytes(part.fleet):
        return _Site(part, nothing, nothing, {}, {})

    def play(fleet: Fleet) -> Simulated:
        return simulate(
            thinned(fleet),
            horizon_y=horizon_y,
            seed=seed,
            stationary=structure.is_stationary,
            accuracy=_ACCURACY / math.sqrt(effort),
            max_copies=_most_copies(fleet, effort),
            level=level,
        )

    blobs = play(part.fleet)
    groups = blobs
    if part.fleet_of_groups != part.fleet:
        groups = play(part.fleet_of_groups)
    doubt = "; ".join(blobs.untrustworthy)
    seen = {
        name: replace(rate, note="; ".join(filter(None, (rate.note, doubt))))
        for name, rate in blobs.groups_by_cause.items()
        if rate.value > 0.0
    }
    bounds = {name: rate for name, rate in blobs.groups_by_cause.items() if not rate.value > 0.0}
    return _Site(
        part,
        rate_behind(blobs.group_loss, horizon_y),
        events_of_all(part.fleet_of_groups, groups, horizon_y),
        seen,
        {row: bound for name, bound in bounds.items() for row in structure.rows.get(name, (name,))},
        tuple(dict.fromkeys((*blobs.untrustworthy, *groups.untrustworthy))),
        blobs.effort.copies + (groups.effort.copies if groups is not blobs else 0),
    )


def _alone(structure: Structure, site: _Site, horizon_y: float) -> _Rates:
    """A site that has no other: what takes it whole, or objects, is added."""
    del horizon_y
    known: dict[str, float] = {}
    events = 0.0
    for whole in emptied_by(structure, site.part):
        known[whole.name] = known.get(whole.name, 0.0) + whole.per_y
        events += whole.per_y
    for deleted in structure.objects:
        if site.part.id in deleted.sites:
            known[deleted.name] = known.get(deleted.name, 0.0) + deleted.per_y * deleted.share
            events += deleted.per_y * _any_of(structure.objects_in_all, deleted.share)
    by_cause = dict(site.by_cause) | {name: _sure(rate) for name, rate in known.items()}
    return _Rates(_plus(site.blob, math.fsum(known.values())), _plus(site.event, events), _by_row(structure, by_cause))


def _several(structure: Structure, sites: list[_Site], horizon_y: float) -> _Rates:
    """Sites that hold the same: their rates in the chain of sites."""
    rates = [SiteRates(site.part.id, {name: rate.value for name, rate in site.by_cause.items()}) for site in sites]

    def blob_chain(factors: Mapping[str, float]) -> Chain:
        return reduced_chain(structure, [_times(each, factors) for each in rates])

    def event_chain(factors: Mapping[str, float]) -> Chain:
        return _chain_of_events(structure, sites, factors)

    loss = loss_within(blob_chain({}), horizon_y)
    blob = _with_interval(blob_chain, {site.part.id: site.blob for site in sites}, horizon_y)
    event = _with_interval(event_chain, {site.part.id: site.event for site in sites}, horizon_y)
    total = loss.probability
    shares = {cause: value / total for cause, value in loss.by_cause.items() if total > 0.0}
    by_cause = {cause: scaled(blob, share) for cause, share in shares.items() if share > 0.0}
    return _Rates(blob, event, _by_row(structure, by_cause))


def _chain_of_events(structure: Structure, sites: list[_Site], factors: Mapping[str, float]) -> Chain:
    """The chain of sites that lose some of their groups: only where these are the same is something lost for good.

    Groups lie at each site independently of where they lie at another, so that sets of a and b out of n have one in
    common with probability ``1 - (1 - b / n) ** a``, about.
    """
    together = [site.together for site in sites]
    counts = [site.part.groups for site in sites]

    def meets(state: tuple[object, ...]) -> float:
        partial = [k for k, at in enumerate(state) if not (isinstance(at, Gone) and at.kind == ALL)]
        if len(partial) < 2:
            return 1.0
        first, *others = partial
        share = math.prod(min(1.0, together[k] / counts[k]) for k in others)
        return 1.0 if share >= 1.0 else -math.expm1(together[first] * math.log1p(-share))

    processes = [
        SiteProcess(site.part.id, site_chain(_times(SiteRates(site.part.id, {"some": site.event.value}), factors)))
        for site in sites
    ]
    objects = tuple(replace(cause, share=_any_of(structure.objects_in_all, cause.share)) for cause in structure.objects)
    joined = joined_of(replace(structure, objects=objects), tuple(site.part.id for site in sites), stages=1)
    return chain_of_sites(processes, joined, meets=meets)


def _times(rates: SiteRates, factors: Mapping[str, float]) -> SiteRates:
    factor = factors.get(rates.site, 1.0)
    return SiteRates(rates.site, {name: factor * rate for name, rate in rates.by_cause.items()})


def _with_interval(
    chain: Callable[[Mapping[str, float]], Chain], rates: Mapping[str, Interval], horizon_y: float
) -> Interval:
    """Rate of loss, with what the intervals of the sites' rates make of it: distances on logarithms, as of a sum."""

    def rate(factors: Mapping[str, float]) -> float:
        probability = loss_within(chain(factors), horizon_y).probability
        return -math.log1p(-probability) / horizon_y

    value = rate({})
    if not value > 0.0:
        return Interval(0.0, 0.0, 0.0, "sum")
    below = above = 0.0
    for site, own in rates.items():
        if own.value > 0.0:
            above += math.log(rate({site: own.high / own.value}) / value) ** 2
            below += math.log(value / rate({site: max(own.low / own.value, _LEAST)})) ** 2
    low, high = value * math.exp(-math.sqrt(below)), value * math.exp(math.sqrt(above))
    return Interval(value, low, high, "delta", "from the ends of each site's rates, on logarithms")


def _by_row(structure: Structure, by_cause: Mapping[str, Interval]) -> dict[str, Interval]:
    found: dict[str, list[Interval]] = {}
    for name, rate in by_cause.items():
        for row, share in structure.rows.get(name, {name: 1.0}).items():
            if share > 0.0:
                found.setdefault(row, []).append(scaled(rate, share))
    return {row: _sum(parts) for row, parts in found.items()}


def _any_of(objects: float, share: float) -> float:
    """Probability that any of so many objects is hit."""
    return 1.0 if share >= 1.0 else -math.expm1(objects * math.log1p(-share))


def _sure(rate: float) -> Interval:
    return Interval(rate, rate, rate, "sum", _INPUT)


def _plus(rate: Interval, known: float) -> Interval:
    return Interval(rate.value + known, rate.low + known, rate.high + known, rate.kind, rate.note)


def _sum(parts: Iterable[Interval]) -> Interval:
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    value = math.fsum(part.value for part in parts)
    low = value - math.hypot(*(part.value - part.low for part in parts))
    high = value + math.hypot(*(part.high - part.value for part in parts))
    return Interval(value, max(0.0, low), high, "sum")


def _mean(parts: list[Interval]) -> Interval:
    return scaled(_sum(parts), 1.0 / len(parts))


def _inverse(rate: Interval) -> Interval:
    value, low, high = (1.0 / end if end > 0.0 else math.inf for end in (rate.value, rate.high, rate.low))
    return Interval(value, low, high, rate.kind, rate.note)


def _ratio(blob: Interval, event: Interval, objects: float) -> Interval:
    """Objects lost a year over events a year; both intervals at once, as if they were independent."""
    if not (blob.value > 0.0 and event.value > 0.0):
        return Interval(math.nan, math.nan, math.nan, "bound", "no loss was seen")
    value = objects * blob.value / event.value
    up = math.hypot(_log(blob.high, blob.value), _log(event.value, event.low))
    down = math.hypot(_log(blob.value, blob.low), _log(event.high, event.value))
    return Interval(value, value * math.exp(-down), value * math.exp(up), "delta")


def _log(a: float, b: float) -> float:
    return math.log(a / b) if b > 0.0 else math.inf
