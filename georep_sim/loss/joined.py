"""Sites that hold the same content as one chain: each with a chain of its own, and refilled from the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.loss.chain import Chain, Lost, Move, explore
from georep_sim.loss.conditions import NotMarkovError
from georep_sim.loss.lumped import NONE
from georep_sim.loss.model import JOINT
from georep_sim.loss.phase_type import fit
from georep_sim.loss.years import one_after_another

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from georep_sim.laws import Law
    from georep_sim.loss.phase_type import PhaseType
    from georep_sim.loss.structure import ObjectCause, SharedCause, WholeCause

#: What a site has lost: one placement group, all of it, or an object for good.
GROUP: Final = "group"
ALL: Final = "all"
OBJECT: Final = "object"
_RATES: Final = {GROUP: "refill", ALL: "reseed"}


class Gone(NamedTuple):
    """A site that lacks the blob.

    Parameters
    ----------
    kind : str
        `GROUP`, `ALL` or `OBJECT`.
    cause : str
        That took it.
    step, stage : int
        Delay that is running, of those that follow each other until it is back, and its stage.
    """

    kind: str
    cause: str
    step: int = 0
    stage: int = 0


class SiteProcess(NamedTuple):
    """A site by itself."""

    site: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Joined:
    """What is between sites, and what strikes them whole.

    Parameters
    ----------
    sites : tuple of str
        Those that copy to each other.
    refills : mapping of str to tuple of Law
        Delays, one after the other, until a placement group is back; () = never.
    reseeds, detects : mapping of str to Law or None
        Time to copy all; time to notice.
    whole : mapping of str to tuple of WholeCause
        What empties one site.
    shared : tuple of SharedCause
        What empties several.
    objects : tuple of ObjectCause
        What takes objects.
    stages : int or None
        For delays that are not exponential; None = there are none.
    """

    sites: tuple[str, ...]
    refills: Mapping[str, tuple[Law, ...]]
    reseeds: Mapping[str, Law | None]
    detects: Mapping[str, Law | None]
    whole: Mapping[str, tuple[WholeCause, ...]]
    shared: tuple[SharedCause, ...]
    objects: tuple[ObjectCause, ...]
    stages: int | None


def chain_of_sites(
    processes: Sequence[SiteProcess],
    joined: Joined,
    *,
    most_states: int = 16_384,
    meets: Callable[[tuple[object, ...]], float] | None = None,
) -> Chain:
    """Return the chain of several sites until none has the content.

    Parameters
    ----------
    processes : sequence of SiteProcess
        The sites; the ends of their chains are losses at that site alone.
    joined : Joined
        What is between them.
    most_states : int, default 16384
        Limit.
    meets : callable or None, default None
        Given the states of all sites, none of which is good, the probability that they lack the same; None = 1.

    Returns
    -------
    Chain
        Rates have the names they have at the sites, ``NAME@SITE`` where these differ; ``refill`` and ``reseed`` are
        those of what comes back.

    Raises
    ------
    NotMarkovError
        If a delay would need stages.
    ChainTooLargeError
        If there are more states.

    Notes
    -----
    What takes a site whole, or objects, is the cause of that loss whatever happened before. Sites lost to one cause
    are a loss by it, else the loss is `JOINT`. A site that is being refilled can lose nothing more.
    """
    structure = _Structure(processes, joined, meets)
    return explore(structure.start(), structure.moves, rates=structure.rates, most_states=most_states)


class _Structure:
    """Makes the moves of a product."""

    def __init__(
        self, processes: Sequence[SiteProcess], joined: Joined, meets: Callable[[tuple[object, ...]], float] | None
    ) -> None:
        self._chains = [process.chain for process in processes]
        self._sites = [process.site for process in processes]
        self._joined = joined
        self._meets = meets
        self.rates: dict[str, float] = {}
        self._delays: list[dict[tuple[str, str], tuple[_Delay, ...]]] = [{} for _ in self._sites]
        self._of_site = [
            {cause: self._named(place, cause.name, cause.per_y) for cause in joined.whole[site]}
            for place, site in enumerate(self._sites)
        ]
        self._edges = [self._edges_of(place) for place in range(len(self._sites))]
        for place in range(len(self._sites)):
            self._add_delays(place)
        several: tuple[SharedCause | ObjectCause, ...] = (*joined.shared, *joined.objects)
        self._of_several = {cause: self._unique(cause.name, "+".join(cause.sites), cause.per_y) for cause in several}

    def start(self) -> dict[tuple[object, ...], float]:
        """All sites as their chains start."""
        starts = [self._good(place) for place in range(len(self._sites))]
        return {tuple(index for index, _ in drawn): prod(share for _, share in drawn) for drawn in product(*starts)}

    def moves(self, state: tuple[object, ...]) -> Iterator[Move]:
        """Ways out of a state."""
        for place, at in enumerate(state):
            if isinstance(at, Gone):
                yield from self._refilled(state, place, at)
            elif isinstance(at, int):
                yield from self._inside(state, place, at)
                for cause in self._joined.whole[self._sites[place]]:
                    powers = ((self._of_site[place][cause], 1),)
                    yield from self._lost(state, (place,), ALL, cause.name, 1.0, powers)
        for shared in self._joined.shared:
            yield from self._strike(state, shared, ALL, 1.0)
        for deleted in self._joined.objects:
            yield from self._strike(state, deleted, OBJECT, deleted.share)

    def _strike(
        self, state: tuple[object, ...], cause: SharedCause | ObjectCause, kind: str, share: float
    ) -> Iterator[Move]:
        places = tuple(place for place, site in enumerate(self._sites) if site in cause.sites)
        powers = ((self._of_several[cause], 1),)
        if len(places) == len(self._sites):
            yield Move(Lost(cause.name), share, powers)
        elif places:
            yield from self._lost(state, places, kind, cause.name, share, powers)

    def _inside(self, state: tuple[object, ...], place: int, at: int) -> Iterator[Move]:
        for target, coefficient, powers in self._edges[place][at]:
            if isinstance(target, Lost):
                yield from self._lost(state, (place,), GROUP, target.cause, coefficient, powers)
            else:
                yield Move((*state[:place], target, *state[place + 1 :]), coefficient, powers)

    def _lost(
        self,
        state: tuple[object, ...],
        places: tuple[int, ...],
        kind: str,
        cause: str,
        factor: float,
        powers: tuple[tuple[str, int], ...],
    ) -> Iterator[Move]:
        """Some sites lose the blob: all others may lack it already."""
        after = list(state)
        for place in places:
            now = after[place]
            if not isinstance(now, Gone) or (kind == OBJECT and now.kind != OBJECT):
                after[place] = Gone(kind, cause)
        target = tuple(after)
        if not all(isinstance(at, Gone) for at in target):
            for settled, share in self._begun(target, places):
                yield Move(settled, factor * share, powers)
            return
        chance = 1.0 if self._meets is None else self._meets(target)
        causes = {at.cause for at in target if isinstance(at, Gone)}
        yield Move(Lost(causes.pop() if len(causes) == 1 else JOINT), factor * chance, powers)
        if chance < 1.0:
            for settled, share in self._begun(target, places):
                yield Move(settled, factor * (1.0 - chance) * share, powers)

    def _begun(self, state: tuple[object, ...], places: tuple[int, ...]) -> Iterator[tuple[tuple[object, ...], float]]:
        """Have what was just lost enter the stages of its first delay."""
        options = []
        for place, at in enumerate(state):
            delays = self._delays_of(place, at) if isinstance(at, Gone) and place in places else ()
            is_new = isinstance(at, Gone) and not at.step and not at.stage
            if delays and is_new and isinstance(at, Gone):
                options.append([(at._replace(stage=k), share) for k, share in delays[0].entered])
            else:
                options.append([(at, 1.0)])  # type: ignore[list-item]  # states of sites are numbers or `Gone`
        for drawn in product(*options):
            yield tuple(at for at, _ in drawn), prod(share for _, share in drawn)

    def _refilled(self, state: tuple[object, ...], place: int, at: Gone) -> Iterator[Move]:
        delays = self._delays_of(place, at)
        if not delays:
            return
        delay = delays[at.step]
        onward, end = delay.stages.scaled[at.stage]
        is_last = at.stage + 1 == len(delay.stages.rates)
        following: list[tuple[object, float]] = []
        if not is_last:
            following.append((at._replace(stage=at.stage + 1), onward))
        ends = end + onward * is_last
        if ends > 0.0 and at.step + 1 < len(delays):
            entered = delays[at.step + 1].entered
            following += [(Gone(at.kind, at.cause, at.step + 1, k), ends * share) for k, share in entered]
        elif ends > 0.0:
            following += [(index, ends * share) for index, share in self._good(place)]
        for after, factor in following:
            yield Move((*state[:place], after, *state[place + 1 :]), factor, ((delay.name, 1),))

    def _good(self, place: int) -> list[tuple[int, float]]:
        start = self._chains[place].start
        return [(index, float(share)) for index, share in enumerate(start.tolist()) if share > 0.0]

    def _delays_of(self, place: int, at: Gone) -> tuple[_Delay, ...]:
        if at.kind == OBJECT:
            return ()
        known = self._delays[place]
        return known[at.kind, at.cause] if (at.kind, at.cause) in known else known[at.kind, NONE]

    # --- made once ------------------------------------------------------------------------------------------------

    def _edges_of(self, place: int) -> list[list[tuple[object, float, tuple[tuple[str, int], ...]]]]:
        """Ways out of each state of a site by itself, with names of rates that are unique."""
        chain = self._chains[place]
        names = [self._named(place, name, value) for name, value in zip(chain.names, chain.rates.tolist(), strict=True)]
        edges: list[list[tuple[object, float, tuple[tuple[str, int], ...]]]] = [[] for _ in chain.states]
        n = len(chain.states)
        for source, target, factor, exponents in zip(
            chain.source.tolist(),
            chain.target.tolist(),
            chain.coefficient.tolist(),
            chain.exponents.tolist(),
            strict=True,
        ):
            powers = tuple((name, power) for name, power in zip(names, exponents, strict=True) if power)
            end: object = target if target < n else Lost(chain.causes[target - n])
            edges[source].append((end, factor, powers))
        return edges

    def _add_delays(self, place: int) -> None:
        site, joined = self._sites[place], self._joined
        known = self._delays[place]
        known[GROUP, NONE] = self._staged(place, GROUP, joined.refills[site])
        empties: tuple[WholeCause | SharedCause, ...] = (*joined.whole[site], *joined.shared)
        for cause in empties:
            if joined.reseeds[site] is None:
                known[ALL, cause.name] = ()
                continue
            parts = one_after_another((cause.back_y, joined.detects[site], joined.reseeds[site]))
            known[ALL, cause.name] = self._staged(place, ALL, parts)

    def _staged(self, place: int, kind: str, parts: tuple[Law, ...]) -> tuple[_Delay, ...]:
        delays = []
        for law in parts:
            stages = fit(law, self._joined.stages or 1)
            if self._joined.stages is None and not stages.is_exact:
                msg = f"{_RATES[kind]}: {type(law).__name__} is not made of exponential stages"
                raise NotMarkovError(msg)
            delays.append(_Delay(stages, self._named(place, _RATES[kind], 1.0 / stages.mean)))
        return tuple(delays)

    def _named(self, place: int, name: str, value: float) -> str:
        return self._unique(name, self._sites[place], value)

    def _unique(self, name: str, at: str, value: float) -> str:
        """Name of a rate: the plain one, unless that has another value already."""
        for number in count():
            candidate = name if not number else f"{name}@{at}" if number == 1 else f"{name} {number}@{at}"
            if self.rates.setdefault(candidate, value) == value:
                break
        return candidate


class _Delay(NamedTuple):
    """Stages of a delay and the name of their rate."""

    stages: PhaseType
    name: str

    @property
    def entered(self) -> list[tuple[int, float]]:
        """Stages it starts in, with probabilities."""
        return [(stage, share) for stage, share in enumerate(self.stages.entry) if share > 0.0]
