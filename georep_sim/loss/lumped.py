"""The chain of one placement group, lumped: only how many fragments are in which condition counts, not which ones."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.laws import Exponential
from georep_sim.loss import common
from georep_sim.loss.chain import Lost, Move, explore
from georep_sim.loss.conditions import Conditions
from georep_sim.loss.model import DISK, JOINT, LATENT, Crews, Fleet, Parallel
from georep_sim.loss.years import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from georep_sim.loss.chain import Chain
    from georep_sim.loss.model import CommonCause, Group
    from georep_sim.loss.phase_type import PhaseType

_Power = tuple[tuple[str, int], ...]
#: No cause: all is good.
NONE: Final = ""


class Unit(NamedTuple):
    """Fragments of the group that share a rack or zone: how many are in each condition, and which causes have it away.

    Parameters
    ----------
    counts : tuple of int
        Fragments by condition.
    away : tuple of (str, int)
        Causes, each with the stage that its end has got to.
    """

    counts: tuple[int, ...]
    away: tuple[tuple[str, int], ...] = ()

    def with_moved(self, before: int, after: int) -> Unit:
        """Return the unit with one fragment in another condition."""
        counts = list(self.counts)
        counts[before] -= 1
        counts[after] += 1
        return Unit(tuple(counts), self.away)

    def stage(self, name: str) -> int | None:
        """Stage of the end of a cause; None if it has not struck."""
        return next((stage for cause, stage in self.away if cause == name), None)

    def with_away(self, name: str, stage: int | None) -> Unit:
        """Return the unit with a cause at another stage, or over."""
        rest = tuple(entry for entry in self.away if entry[0] != name)
        return Unit(self.counts, rest if stage is None else tuple(sorted((*rest, (name, stage)))))


class State(NamedTuple):
    """A lumped state.

    Parameters
    ----------
    units : tuple of Unit
        Sorted: which unit is which does not matter.
    is_rebuilding : bool
        Whether rebuilds go on (always, where they are eager).
    cause : str
        What has happened since all was good: a cause, `JOINT` for several, `NONE` for nothing.
    """

    units: tuple[Unit, ...]
    is_rebuilding: bool
    cause: str


def lump(fleet: Fleet, *, stages: int | None = None, most_states: int = 16_384, is_stationary: bool = False) -> Chain:
    """Return the chain of one group of a fleet until its loss.

    Parameters
    ----------
    fleet : Fleet
        The group, and the common causes that act on it. Where fragments of a group share units of the level at which
        a cause strikes, the chain counts by unit; else by group.
    stages : int or None, default None
        Stages for laws that are neither exponential nor Erlang; None = there are none.
    most_states : int, default 16384
        Limit.
    is_stationary : bool, default False
        Whether disks are of the ages of a fleet that has long been running, else all new.

    Returns
    -------
    Chain
        Rates are named ``disk`` (1 / mean life), ``rebuild``, ``detect``, ``latent``, ``scrub``, and by the common
        causes; ``NAME ends`` for what is only away.

    Raises
    ------
    NotMarkovError
        If a law would need stages, or what a cause hits cannot be counted by unit.
    ChainTooLargeError
        If there are more states.

    Notes
    -----
    A loss is put down to the only cause that did something since all was last good, or else to `JOINT`: so the causes
    and the joint row add up to the whole, and none is a difference. Exact, except that with crews the fragment that
    is taken up next is any of the waiting ones, not the first (the same unless they differ by unit), that patterns of a
    code with a table of shares are taken as unrelated from one count to the next, and that a scrub meets a latent
    error after its own residual time (the same for scrubs at random). With stages, a unit is away for one cause at a
    time: an outage of what is away already adds nothing, and what is destroyed is away as long as that says.

    References
    ----------
    .. [1] J. G. Kemeny, J. L. Snell, "Finite Markov Chains", Springer, 1976, section 6.3 (lumpability).

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> from georep_sim.loss.model import Group
    >>> three = Group(3, 2, life_y=Exponential(50.0), repair_y=Exponential(1 / 365.25))
    >>> chain = lump(Fleet(three, disks=3))
    >>> len(chain.states), chain.causes, chain.names
    (3, ('disk',), ('disk', 'rebuild'))
    """
    structure = Structure.of(fleet, stages)
    return explore(
        structure.start(is_stationary=is_stationary), structure.moves, rates=structure.rates(), most_states=most_states
    )


def _as_seen(fleet: Fleet) -> Group:
    """Return the group of a fleet; where none of its fragments is ever rebuilt, laws of rebuilds are unseen: exponential."""
    group = fleet.group
    takes = (group.life_y != NEVER, group.latent is not None and group.latent.per_y > 0.0)
    strikes = any(cause.destroys and cause.per_y > 0.0 for cause in fleet.common)
    if (group.tolerates > 0 or group.survives) and (any(takes) or strikes):
        return group
    return replace(
        group,
        repair_y=Exponential(group.repair_y.mean),
        detect_y=None if group.detect_y is None else Exponential(group.detect_y.mean),
        latent=None if group.latent is None else replace(group.latent, scrub_y=Exponential(group.latent.scrub_y.mean)),
    )


@dataclass(frozen=True, slots=True)
class Structure:
    """What the moves of a lumped chain are made from."""

    fleet: Fleet
    conditions: Conditions
    reaches: tuple[tuple[CommonCause, common.Reach], ...]
    away: Mapping[str, PhaseType]
    is_rough: bool = False

    @classmethod
    def of(cls, fleet: Fleet, stages: int | None) -> Structure:
        """Return the structure of a fleet's groups."""
        active = [cause for cause in fleet.common if cause.per_y > 0.0]
        reaches = tuple((cause, common.reach(fleet, cause)) for cause in active)
        away = {cause.name: law for cause in active if (law := common.stages_away(cause, stages)) is not None}
        return cls(fleet, Conditions.of(_as_seen(fleet), stages), reaches, away, is_rough=stages is not None)

    def start(self, *, is_stationary: bool = False) -> dict[State, float]:
        """All disks good, with probabilities of what stages their lives are in."""
        counts_by_unit = self.fleet.spread()
        if all(reach != "unit" for _, reach in self.reaches):
            counts_by_unit = (self.fleet.group.fragments,)
        outcomes: dict[State, float] = defaultdict(float)
        new = self.conditions.new
        for drawn in product(*(new(count, is_stationary=is_stationary).items() for count in counts_by_unit)):
            units = tuple(sorted(Unit(counts) for counts, _ in drawn))
            state = State(units, self.fleet.group.starts_at == 1, NONE)
            outcomes[state] += math.prod(share for _, share in drawn)
        return outcomes

    def rates(self) -> dict[str, float]:
        """Values of the named rates, per year."""
        rates = self.conditions.rates()
        for cause, _ in self.reaches:
            rates[cause.name] = cause.per_y
            if cause.name in self.away:
                rates[f"{cause.name} ends"] = 1.0 / self.away[cause.name].mean
        return rates

    def moves(self, state: State) -> Iterator[Move]:
        """Ways out of a state."""
        yield from self._fragments(state)
        for cause, reach in self.reaches:
            if reach == "objects":
                yield Move(Lost(cause.name), cause.share, ((cause.name, 1),))
                continue
            if cause.destroys:
                yield from self._destroyed(state, cause, reach)
            else:
                yield from self._away(state, cause, reach)
            if cause.name in self.away:
                yield from self._back(state, cause, reach)

    def _fragments(self, state: State) -> Iterator[Move]:
        """Each fragment by itself: age, fail, err, be scrubbed, be noticed, be rebuilt."""
        speed = self._speed(state)
        for place, unit in enumerate(state.units):
            for condition, count in enumerate(unit.counts):
                if not count:
                    continue
                rebuilding = condition in self.conditions.rebuilding
                if rebuilding and (unit.away or not speed):
                    continue
                for step in self.conditions.steps[condition]:
                    changed = _with_unit(state, place, unit.with_moved(condition, step.target))
                    factor = count * step.coefficient * (speed if rebuilding else 1.0)
                    yield from self._becomes(state, changed, factor, ((step.rate, 1),), step.cause)

    def _speed(self, state: State) -> float:
        """Speed of each fragment whose rebuild goes on, as a share of the full one."""
        ready = [unit for unit in state.units if not unit.away]
        rebuilt = sum(unit.counts[c] for unit in ready for c in self.conditions.rebuilding)
        readable = sum(unit.counts[c] for unit in ready for c in self.conditions.good)
        if not rebuilt or not state.is_rebuilding or readable < self.fleet.group.needs:
            return 0.0
        repairs = self.fleet.group.repairs
        if isinstance(repairs, Parallel):
            return 1.0
        most = repairs.count if isinstance(repairs, Crews) else repairs.at_full_speed
        return min(1.0, most / rebuilt)

    def _destroyed(self, state: State, cause: CommonCause, reach: common.Reach) -> Iterator[Move]:
        power = ((cause.name, 1),)
        for places in common.places_hit(len(state.units), reach):
            slots = [(place, c) for place in places for c in self.conditions.live if state.units[place].counts[c]]
            counts = [state.units[place].counts[c] for place, c in slots]
            for hits, chance in common.hits(self.fleet, cause, counts, is_single=reach == "fragment"):
                outcomes = {state: chance}
                for (place, condition), number in zip(slots, hits, strict=True):
                    for _ in range(number):
                        outcomes = self._one_gone(outcomes, place, condition)
                for after, probability in self._taken_away(outcomes, cause, places).items():
                    yield from self._becomes(state, after, probability, power, cause.name)

    def _one_gone(self, outcomes: dict[State, float], place: int, condition: int) -> dict[State, float]:
        following: dict[State, float] = defaultdict(float)
        for state, probability in outcomes.items():
            for gone, share in self.conditions.entered_when_gone:
                unit = state.units[place].with_moved(condition, gone)
                following[_with_unit(state, place, unit)] += probability * share
        return following

    def _taken_away(
        self, outcomes: dict[State, float], cause: CommonCause, places: tuple[int, ...]
    ) -> dict[State, float]:
        """Have places be away from now on, in states with their probabilities."""
        law = self.away.get(cause.name)
        if law is None:
            return outcomes
        following: dict[State, float] = defaultdict(float)
        for state, probability in outcomes.items():
            for stage, share in enumerate(law.entry):
                if share > 0.0:
                    if self.is_rough:
                        state = _with_nothing_away(state, places)  # noqa: PLW2901  (the same but for that)
                    following[_with_away(state, places, cause.name, stage)] += probability * share
        return following

    def _away(self, state: State, cause: CommonCause, reach: common.Reach) -> Iterator[Move]:
        """Places are away, if they are not so already."""
        for places in common.places_hit(len(state.units), reach):
            if state.units[places[0]].stage(cause.name) is not None:
                continue
            if self.is_rough and any(state.units[place].away for place in places):
                continue
            for changed, share in self._taken_away({state: 1.0}, cause, places).items():
                # What is only away is lost to nothing but what comes on top of it.
                yield from self._becomes(state, changed, share, ((cause.name, 1),), JOINT)

    def _back(self, state: State, cause: CommonCause, reach: common.Reach) -> Iterator[Move]:
        """Places that are away get nearer to being back."""
        scaled, power = self.away[cause.name].scaled, ((f"{cause.name} ends", 1),)
        for places in common.places_hit(len(state.units), reach):
            stage = state.units[places[0]].stage(cause.name)
            if stage is None:
                continue
            onward, end = scaled[stage]
            is_last = stage + 1 == len(scaled)
            for following, factor in ((stage + 1, 0.0 if is_last else onward), (None, end + onward * is_last)):
                if factor > 0.0:
                    changed = _with_away(state, places, cause.name, following)
                    yield from self._becomes(state, changed, factor, power, NONE)

    def _becomes(self, before: State, after: State, factor: float, power: _Power, cause: str) -> Iterator[Move]:
        """Moves to a changed state, or to the loss that the change is."""
        group = self.fleet.group
        bad, worse = self._bad(before), self._bad(after)
        blamed = _blamed(before.cause, cause) if cause else before.cause
        lost = 0.0
        if worse > bad:
            readable = group.survival(bad)
            lost = (readable - group.survival(worse)) / readable
            yield Move(Lost(blamed), factor * lost, power)
        if lost < 1.0:
            is_good = not worse and not any(unit.away for unit in after.units)
            for state, share in self._settled(after._replace(cause=NONE if is_good else blamed)).items():
                yield Move(state, factor * (1.0 - lost) * share, power)

    def _bad(self, state: State) -> int:
        return sum(unit.counts[c] for unit in state.units for c in self.conditions.bad)

    def _settled(self, state: State) -> dict[State, float]:
        """Start what can start at once, as probabilities of the states that may result."""
        state = state._replace(is_rebuilding=self._is_rebuilding(state), units=tuple(sorted(state.units)))
        queued = self.conditions.queued
        if queued is None or not state.is_rebuilding:
            return {state: 1.0}
        waiting = [(place, unit.counts[queued]) for place, unit in enumerate(state.units) if not unit.away]
        total = sum(count for _, count in waiting)
        at_work = sum(unit.counts[c] for unit in state.units for c in self.conditions.rebuilding)
        repairs = self.fleet.group.repairs
        if not total or (isinstance(repairs, Crews) and at_work >= repairs.count):
            return {state: 1.0}
        outcomes: dict[State, float] = defaultdict(float)
        for place, count in waiting:
            for phase, share in self.conditions.entered_when_rebuilt if count else ():
                unit = state.units[place].with_moved(queued, phase)
                for final, probability in self._settled(_with_unit(state, place, unit)).items():
                    outcomes[final] += probability * share * count / total
        return outcomes

    def _is_rebuilding(self, state: State) -> bool:
        """Lazy rebuilds start at the threshold and go on until nothing is gone."""
        threshold = self.fleet.group.starts_at
        if threshold == 1:
            return True
        gone = sum(unit.counts[c] for unit in state.units for c in self.conditions.gone)
        noticed = sum(unit.counts[c] for unit in state.units for c in self.conditions.noticed)
        return noticed >= threshold or (state.is_rebuilding and gone > 0)


def _with_unit(state: State, place: int, unit: Unit) -> State:
    """Return the state with another unit in a place; not sorted yet, so that places stay what they were."""
    return state._replace(units=(*state.units[:place], unit, *state.units[place + 1 :]))


def _with_away(state: State, places: tuple[int, ...], name: str, stage: int | None) -> State:
    for place in places:
        state = _with_unit(state, place, state.units[place].with_away(name, stage))
    return state


def _with_nothing_away(state: State, places: tuple[int, ...]) -> State:
    for place in places:
        state = _with_unit(state, place, Unit(state.units[place].counts))
    return state


def _blamed(before: str, cause: str) -> str:
    return cause if before in {NONE, cause} else JOINT


def causes_of(fleet: Fleet) -> Iterable[str]:
    """Rows of a budget, in order: the causes a loss can be put down to.

    Examples
    --------
    >>> from georep_sim.laws import Exponential
    >>> from georep_sim.loss.model import Group
    >>> list(causes_of(Fleet(Group(2, 1, Exponential(50.0), Exponential(0.01)), disks=2)))
    ['disk', 'joint']
    """
    yield DISK
    if fleet.group.latent is not None:
        yield LATENT
    yield from (cause.name for cause in fleet.common)
    yield JOINT
