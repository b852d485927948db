"""The loss of a design without simulation: one site's chain, the product of several, or a chain of sites."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from georep_sim.errors import SimulationError
from georep_sim.loss.chain import Chain, ChainTooLargeError, Lost, Move, explore
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.exact import GroupLoss, group_loss, group_sensitivities, merged, refined, require_own_crews, solved
from georep_sim.loss.joined import Joined, SiteProcess, chain_of_sites
from georep_sim.loss.lumped import lump
from georep_sim.loss.model import JOINT, CommonCause
from georep_sim.loss.structure import refill_delays
from georep_sim.loss.within import sensitivities

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from georep_sim.loss.model import Fleet
    from georep_sim.loss.structure import ObjectCause, SharedCause, SitePart, Structure, WholeCause

_MOST_STATES: Final = 16_384
# Where laws are stages anyway, the chain of sites does nearly as well.
_MOST_STAGED: Final = 2_000
# Of several sites in one chain; a product grows faster than what it is made of.
_STAGES: Final = 4


@dataclass(frozen=True, slots=True)
class StructureLoss:
    """Probability that a blob is lost within a period, without simulation.

    Parameters
    ----------
    probability : float
        Of a loss by any cause, a mean over blobs where sites hold different ones.
    by_cause : dict of str to float
        By row of faults, and `joint`; they add up to it.
    method : {"exact", "phase_type"}
        Whether laws were taken as they are, or as stages.
    error : float
        How far the probability may be off for that, absolute.
    states : int
        Of the largest chain.
    mttdl_y : float
        Mean time until one placement group is lost, in years.
    """

    probability: float
    by_cause: dict[str, float]
    method: Literal["exact", "phase_type"]
    error: float
    states: int
    mttdl_y: float


def structure_loss(structure: Structure, horizon_y: float = 1.0) -> StructureLoss:
    """Return the probability that a blob is lost within a period.

    Parameters
    ----------
    structure : Structure
        What can be lost.
    horizon_y : float, default 1.0
        The period, in years.

    Raises
    ------
    NotMarkovError
        If no chain is what the structure is; the text says why.
    ChainTooLargeError
        If the chain is too large; the text says how large.

    Notes
    -----
    One site: its lumped chain, see `exact.group_loss`. Several that copy to each other: the product of their chains,
    up to 16,384 states; beyond, each site counts as good or not, with its own rates of loss. What was lost at a site
    comes back from another after detection and copying. Sites that do not copy to each other hold different blobs.
    """
    parts = [_joined_loss(structure, members, horizon_y) for members in structure.joined]
    share = 1.0 / len(parts)
    by_cause: dict[str, float] = {}
    for part in parts:
        for cause, value in structure.by_row(part.by_cause).items():
            by_cause[cause] = by_cause.get(cause, 0.0) + share * value
    joint = by_cause.pop(JOINT, None)
    return StructureLoss(
        math.fsum(share * part.probability for part in parts),
        by_cause if joint is None else {**by_cause, JOINT: joint},
        "exact" if all(part.method == "exact" for part in parts) else "phase_type",
        math.fsum(share * part.error for part in parts),
        max(part.states for part in parts),
        _harmonic(part.mttdl_y for part in parts),
    )


def structure_sensitivities(structure: Structure, horizon_y: float = 1.0) -> dict[str, float]:
    """Return by how many per cent the probability of loss changes for one per cent of each rate.

    Parameters
    ----------
    structure, horizon_y
        As for `structure_loss`.

    Returns
    -------
    dict of str to float
        ``d log P / d log rate``: of fault rows, and of ``rebuild``, ``detect``, ``scrub``, ``NAME ends``, and of
        ``refill`` and ``reseed`` between sites; ``NAME@SITE`` where sites differ.

    Raises
    ------
    NotMarkovError, ChainTooLargeError
        As for `structure_loss`.
    """
    found: dict[str, float] = {}
    weights = [1.0]
    if len(structure.joined) > 1:
        weights = [_joined_loss(structure, members, horizon_y).probability for members in structure.joined]
    total = math.fsum(weights)
    for members, weight in zip(structure.joined, weights, strict=True):
        if weight == 0.0:
            continue
        for name, value in _of_rows(structure, _joined_sensitivities(structure, members, horizon_y)).items():
            found[name] = found.get(name, 0.0) + value * weight / total
    return found


def alone(structure: Structure, part: SitePart) -> Fleet:
    """Return the fleet of a site that has no other, with what takes it whole, or objects, among its causes.

    Whatever takes a whole site takes any blob in it with certainty, as a delete of everything does.
    """
    rates: dict[str, float] = {}
    for whole in emptied_by(structure, part):
        rates[whole.name] = rates.get(whole.name, 0.0) + whole.per_y
    common = [CommonCause(name, per_y, "objects") for name, per_y in rates.items()]
    common += [
        CommonCause(cause.name, cause.per_y, "objects", share=cause.share)
        for cause in structure.objects
        if part.id in cause.sites
    ]
    return replace(part.fleet, common=(*part.fleet.common, *common))


def emptied_by(structure: Structure, part: SitePart) -> tuple[WholeCause | SharedCause, ...]:
    """Return what takes all of a site, alone or with others."""
    return (*part.whole, *(cause for cause in structure.shared if part.id in cause.sites))


def joined_of(structure: Structure, members: tuple[str, ...], *, stages: int | None) -> Joined:
    """Return what strikes sites that copy to each other, beside what each does by itself."""
    parts = {part.id: part for part in structure.sites}
    return Joined(
        sites=members,
        refills={site: refill_delays(parts[site], parts[site].refill_y) for site in members},
        reseeds={site: parts[site].reseed_y for site in members},
        detects={site: parts[site].fleet.group.detect_y for site in members},
        whole={site: parts[site].whole for site in members},
        shared=structure.shared,
        objects=structure.objects,
        stages=stages,
    )


def _joined_loss(structure: Structure, members: tuple[str, ...], horizon_y: float) -> GroupLoss:
    parts = [part for part in structure.sites if part.id in members]
    if len(parts) == 1:
        return group_loss(alone(structure, parts[0]), horizon_y, is_stationary=structure.is_stationary)
    for part in parts:
        require_own_crews(part.fleet)
    try:
        return _product_loss(structure, members, horizon_y)
    except (ChainTooLargeError, SimulationError):
        return _reduced_loss(structure, members, horizon_y)


def _product_loss(structure: Structure, members: tuple[str, ...], horizon_y: float) -> GroupLoss:
    try:
        return solved(product_chain(structure, members, stages=None), horizon_y)
    except NotMarkovError:
        pass

    def solve(stages: int) -> GroupLoss:
        return solved(product_chain(structure, members, stages=stages), horizon_y, is_exact=False)

    return refined(solve, _STAGES // 2, _MOST_STATES)


def product_chain(structure: Structure, members: tuple[str, ...], *, stages: int | None) -> Chain:
    """Return the chain of all sites that copy to each other, fragment by fragment.

    Raises
    ------
    NotMarkovError
        If a law would need stages and there are none.
    ChainTooLargeError
        If it is too large.
    """
    processes = []
    for part in structure.sites:
        if part.id in members:
            fleet = part.fleet if stages is None else merged(part.fleet)
            chain = lump(fleet, stages=stages, most_states=_MOST_STATES, is_stationary=structure.is_stationary)
            processes.append(SiteProcess(part.id, chain))
    joined = joined_of(structure, members, stages=stages)
    states = math.prod(len(process.chain.states) for process in processes)
    most = _MOST_STATES if stages is None else _MOST_STAGED
    if states > most:
        msg = f"{len(members)} sites make a chain of more than {states} states; the limit is {most}"
        raise ChainTooLargeError(msg)
    return chain_of_sites(processes, joined, most_states=_MOST_STATES)


class SiteRates(NamedTuple):
    """Rates at which a site loses a given blob to what strikes its disks, per year."""

    site: str
    by_cause: Mapping[str, float]


def site_chain(rates: SiteRates) -> Chain:
    """Return a site as one state with its rates of loss, named ``CAUSE@SITE``."""
    causes = {cause: rate for cause, rate in rates.by_cause.items() if rate > 0.0}
    names = {cause: f"{cause}@{rates.site}" for cause in causes}
    return explore(
        0,
        lambda _: [Move(Lost(cause), 1.0, ((names[cause], 1),)) for cause in causes],
        rates={names[cause]: rate for cause, rate in causes.items()},
    )


def reduced_chain(structure: Structure, rates: Iterable[SiteRates], *, stages: int = 8) -> Chain:
    """Return the chain of sites each of which is good or not, given their own rates of loss.

    With as many stages for what a refill takes as are asked for, or the half, and so on, if that is too large.
    """
    rates = list(rates)
    while stages > 1:
        try:
            joined = joined_of(structure, tuple(each.site for each in rates), stages=stages)
            sites = [SiteProcess(each.site, site_chain(each)) for each in rates]
            return chain_of_sites(sites, joined, most_states=_MOST_STAGED)
        except ChainTooLargeError:
            stages //= 2
    joined = joined_of(structure, tuple(each.site for each in rates), stages=stages)
    return chain_of_sites([SiteProcess(each.site, site_chain(each)) for each in rates], joined)


def _reduced_loss(structure: Structure, members: tuple[str, ...], horizon_y: float) -> GroupLoss:
    """Two approximations, each with its error: a site forgets how it is, and refilling is made of stages."""
    rates, off, states = [], 0.0, 0
    for part in structure.sites:
        if part.id in members:
            own = _own_loss(part.fleet, horizon_y, structure.is_stationary)
            factor = -math.log1p(-own.probability) / horizon_y / own.probability if own.probability > 0.0 else 0.0
            rates.append(SiteRates(part.id, {cause: value * factor for cause, value in own.by_cause.items()}))
            off += own.error / own.probability if own.probability > 0.0 else 0.0
            off += _mend_y(part) / horizon_y
            states = max(states, own.states)
    once, twice = (
        solved(reduced_chain(structure, rates, stages=stages), horizon_y, is_exact=False) for stages in (4, 8)
    )
    several: tuple[SharedCause | ObjectCause, ...] = (*structure.shared, *structure.objects)
    everywhere = {cause.name for cause in several if set(members) <= set(cause.sites)}
    met = math.fsum(value for cause, value in twice.by_cause.items() if cause not in everywhere)
    error = abs(twice.probability - once.probability) + off * met
    return replace(twice, error=error, states=max(states, twice.states))


@lru_cache(maxsize=16)
def _own_loss(fleet: Fleet, horizon_y: float, is_stationary: bool) -> GroupLoss:
    """Loss at one site; sites are often alike."""
    return group_loss(fleet, horizon_y, is_stationary=is_stationary)


@lru_cache(maxsize=16)
def _own_sensitivities(fleet: Fleet, horizon_y: float, is_stationary: bool) -> dict[str, float]:
    return group_sensitivities(fleet, horizon_y, is_stationary=is_stationary)


def _mend_y(part: SitePart) -> float:
    """About how long a site remembers what happened to it."""
    group = part.fleet.group
    detect_y = group.detect_y.mean if group.detect_y is not None else 0.0
    away_y = (cause.per_y * cause.away_y.mean**2 for cause in part.fleet.common if cause.away_y is not None)
    return detect_y + group.repair_y.mean + math.fsum(away_y)


def _joined_sensitivities(structure: Structure, members: tuple[str, ...], horizon_y: float) -> dict[str, float]:
    parts = [part for part in structure.sites if part.id in members]
    if len(parts) == 1:
        return group_sensitivities(alone(structure, parts[0]), horizon_y, is_stationary=structure.is_stationary)
    for stages in (None, 1):
        try:
            return sensitivities(product_chain(structure, members, stages=stages), horizon_y)
        except (NotMarkovError, SimulationError):
            continue
    return _reduced_sensitivities(structure, parts, horizon_y)


def _reduced_sensitivities(structure: Structure, parts: list[SitePart], horizon_y: float) -> dict[str, float]:
    """By the chain rule: what the sites' rates of loss do, times what each rate does to these."""
    rates, own = [], {}
    for part in parts:
        loss = _own_loss(part.fleet, horizon_y, structure.is_stationary)
        factor = -math.log1p(-loss.probability) / horizon_y / loss.probability if loss.probability > 0.0 else 0.0
        rates.append(SiteRates(part.id, {cause: value * factor for cause, value in loss.by_cause.items()}))
        own[part.id] = _own_sensitivities(part.fleet, horizon_y, structure.is_stationary)
    found: dict[str, float] = {}
    for name, value in sensitivities(reduced_chain(structure, rates, stages=1), horizon_y).items():
        _, at, site = name.rpartition("@")
        inner = own[site] if at and site in own else {name: 1.0}
        for rate, share in inner.items():
            found[rate] = found.get(rate, 0.0) + value * share
    return found


def _of_rows(structure: Structure, by_rate: Mapping[str, float]) -> dict[str, float]:
    """Sensitivities to rows of faults, from those to the rates of chains."""
    found: dict[str, float] = {}
    for name, value in by_rate.items():
        plain, at, site = name.partition("@")
        ends = plain.removesuffix(" ends") if plain.endswith(" ends") else ""
        rows = structure.rows.get(ends or plain, {ends or plain: 1.0})
        for row, share in rows.items():
            key = f"{row}{' ends' if ends else ''}{at}{site}"
            found[key] = found.get(key, 0.0) + value * (1.0 if ends else share)
    return found


def _harmonic(means: Iterable[float]) -> float:
    rates = [1.0 / mean for mean in means]
    rate = math.fsum(rates) / len(rates)
    return 1.0 / rate if rate > 0.0 else math.inf


def any_loss_exact(structure: Structure, loss: StructureLoss) -> float:
    """Return the probability that any group is lost, where groups share nothing; nan where they do.

    One group, or groups on disks of their own with no cause in common: independent, and only then.
    """
    if any(part.fleet_of_groups != part.fleet for part in structure.sites):
        return math.nan
    if len(structure.sites) > 1:
        only_one = all(part.groups == 1 for part in structure.sites) and len(structure.joined) == 1
        return loss.probability if only_one and not structure.objects else math.nan
    part = structure.sites[0]
    if structure.objects or (part.groups > 1 and (part.whole or structure.shared or part.fleet.common)):
        return math.nan
    if part.groups > 1 and part.fleet.layout != "partitioned":
        return math.nan
    return -math.expm1(part.groups * math.log1p(-loss.probability))
