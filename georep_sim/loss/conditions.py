"""Conditions one fragment of a group can be in, and how it gets from one to the next by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.errors import SimulationError
from georep_sim.laws import Constant, Exponential, Uniform
from georep_sim.loss.model import DISK, LATENT
from georep_sim.loss.phase_type import PhaseType, fit, fit_life

if TYPE_CHECKING:
    from georep_sim.laws import Law
    from georep_sim.loss.model import Group, Latent

REBUILD: Final = "rebuild"
DETECT: Final = "detect"
SCRUB: Final = "scrub"

_Shares = tuple[tuple[int, float], ...]


class NotMarkovError(SimulationError):
    """A structure is no Markov chain as it stands; the text says what to do."""


class Step(NamedTuple):
    """One way for a fragment out of a condition.

    Parameters
    ----------
    target : int
        The condition it gets into.
    coefficient : float
        By which the named rate is multiplied.
    rate : str
        Name of the rate.
    cause : str
        What is to blame if this is a loss; empty for what does no harm.
    """

    target: int
    coefficient: float
    rate: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """All conditions of a fragment, numbered: live (by age, then by latent error), unnoticed, waiting, being rebuilt.

    Parameters
    ----------
    ages, latents, unnoticed_phases, repairs : int
        Stages of each; of latent errors one more, 0 being none.
    has_queue : bool
        Whether one waits in a condition of its own until its rebuild starts; rebuilds of one stage need none.
    steps : tuple of tuple of Step
        Ways out of each condition.
    values : tuple of (str, float)
        The named rates.
    entry_age, entry_unnoticed, entry_repair : tuple of float
        Where a life, a detection and a rebuild enter their stages.
    aged : tuple of float
        Shares of a long life spent in its stages.
    """

    ages: int
    latents: int
    unnoticed_phases: int
    repairs: int
    has_queue: bool
    steps: tuple[tuple[Step, ...], ...]
    values: tuple[tuple[str, float], ...]
    entry_age: tuple[float, ...]
    entry_unnoticed: tuple[float, ...]
    entry_repair: tuple[float, ...]
    aged: tuple[float, ...]

    @classmethod
    def of(cls, group: Group, stages: int | None) -> Conditions:
        """Return the conditions of a group's fragments; see `lumped.lump`."""
        life = _staged("life", group.life_y, stages, is_life=True)
        repair = _staged("repair", group.repair_y, stages)
        detect = None
        if group.detect_y is not None and group.detect_y.mean > 0.0:
            detect = _staged("detect", group.detect_y, stages)
        latent = group.latent if group.latent is not None and group.latent.per_y > 0.0 else None
        scrub = None if latent is None else _staged("scrub", _residual(latent), stages)
        values = [(DISK, 1.0 / life.mean), (REBUILD, 1.0 / repair.mean)]
        if detect is not None:
            values.append((DETECT, 1.0 / detect.mean))
        if latent is not None and scrub is not None:
            values += [(LATENT, latent.per_y), (SCRUB, 1.0 / scrub.mean)]
        draft = cls(
            ages=len(life.rates),
            latents=0 if scrub is None else len(scrub.rates),
            unnoticed_phases=0 if detect is None else len(detect.rates),
            repairs=len(repair.rates),
            has_queue=len(repair.rates) > 1,
            steps=(),
            values=tuple(values),
            entry_age=life.entry,
            entry_unnoticed=() if detect is None else detect.entry,
            entry_repair=repair.entry,
            aged=life.in_equilibrium,
        )
        return draft._with_steps(life, repair, detect, scrub)

    def rates(self) -> dict[str, float]:
        """Named rates and their values, per year."""
        return dict(self.values)

    def new(self, fragments: int, *, is_stationary: bool = False) -> dict[tuple[int, ...], float]:
        """Counts of a unit whose disks are new, or of the ages of a fleet that has long been running."""
        entered = self.entered_when_aged if is_stationary else self.entered_when_new
        outcomes = {(0,) * self.size: 1.0}
        for _ in range(fragments):
            following: dict[tuple[int, ...], float] = defaultdict(float)
            for counts, probability in outcomes.items():
                for place, share in entered:
                    more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                    following[more] += probability * share
            outcomes = following
        return outcomes

    @property
    def size(self) -> int:
        """Number of conditions."""
        return self._first_repair + self.repairs

    @property
    def live(self) -> range:
        """Those of a fragment that is not gone, latent errors or not."""
        return range(self.ages * (self.latents + 1))

    @property
    def good(self) -> tuple[int, ...]:
        """Those in which a fragment can be read."""
        return tuple(self._live(age, 0) for age in range(self.ages))

    @property
    def bad(self) -> tuple[int, ...]:
        """Those in which it cannot."""
        good = set(self.good)
        return tuple(c for c in range(self.size) if c not in good)

    @property
    def gone(self) -> range:
        """Those of a fragment whose disk has failed."""
        return range(self.live.stop, self.size)

    @property
    def noticed(self) -> range:
        """Those of a gone fragment of which one knows."""
        return range(self.live.stop + self.unnoticed_phases, self.size)

    @property
    def queued(self) -> int | None:
        """That of a fragment waiting for its rebuild to start, where there is one."""
        return self.noticed.start if self.has_queue else None

    @property
    def rebuilding(self) -> range:
        """Those of a fragment that is being rebuilt."""
        return range(self._first_repair, self.size)

    @property
    def entered_when_noticed(self) -> _Shares:
        """Where a fragment goes that is noticed, with probabilities."""
        return ((self.noticed.start, 1.0),)

    @property
    def entered_when_gone(self) -> _Shares:
        """Where a fragment goes whose disk fails."""
        if not self.unnoticed_phases:
            return self.entered_when_noticed
        return _shares(self.live.stop, self.entry_unnoticed)

    @property
    def entered_when_rebuilt(self) -> _Shares:
        """Where a fragment goes whose rebuild starts."""
        return _shares(self._first_repair, self.entry_repair)

    @property
    def entered_when_new(self) -> _Shares:
        """Where a fragment on a new disk is."""
        return tuple((self._live(age, 0), share) for age, share in enumerate(self.entry_age) if share > 0.0)

    @property
    def entered_when_aged(self) -> _Shares:
        """Where a fragment is, if disks have been replaced for ever."""
        return tuple((self._live(age, 0), share) for age, share in enumerate(self.aged) if share > 0.0)

    @property
    def _first_repair(self) -> int:
        return self.live.stop + self.unnoticed_phases + self.has_queue

    def _live(self, age: int, latent: int) -> int:
        return age * (self.latents + 1) + latent

    def _with_steps(
        self, life: PhaseType, repair: PhaseType, detect: PhaseType | None, scrub: PhaseType | None
    ) -> Conditions:
        steps: list[list[Step]] = [[] for _ in range(self.size)]
        for latent in range(self.latents + 1):
            places = [self._live(age, latent) for age in range(self.ages)]
            _add_stages(steps, life, places, self.entered_when_gone, DISK, DISK)
        if scrub is not None:
            for good in self.good:
                steps[good] += [Step(place, share, LATENT, LATENT) for place, share in _shares(good + 1, scrub.entry)]
                _add_stages(steps, scrub, list(range(good + 1, good + 1 + self.latents)), ((good, 1.0),), SCRUB)
        if detect is not None:
            places = list(range(self.live.stop, self.noticed.start))
            _add_stages(steps, detect, places, self.entered_when_noticed, DETECT)
        _add_stages(steps, repair, list(self.rebuilding), self.entered_when_new, REBUILD)
        return Conditions(
            **{name: getattr(self, name) for name in self.__slots__ if name != "steps"},
            steps=tuple(tuple(ways) for ways in steps),
        )


def _add_stages(
    steps: list[list[Step]], stages: PhaseType, places: list[int], after: _Shares, rate: str, cause: str = ""
) -> None:
    """Add the ways from each stage to the next and to the end; only the end does harm."""
    for index, (place, (onward, end)) in enumerate(zip(places, stages.scaled, strict=True)):
        if index + 1 < len(places):
            steps[place].append(Step(places[index + 1], onward, rate))
        ends = end if index + 1 < len(places) else end + onward
        steps[place] += [Step(target, ends * share, rate, cause) for target, share in after if ends > 0.0]


def _shares(first: int, entry: tuple[float, ...]) -> _Shares:
    return tuple((first + phase, share) for phase, share in enumerate(entry) if share > 0.0)


def _staged(what: str, law: Law, stages: int | None, *, is_life: bool = False) -> PhaseType:
    staged = (fit_life if is_life else fit)(law, stages or 1)
    if stages is None and not staged.is_exact:
        msg = f"{what}: {type(law).__name__} is not made of exponential stages; say how many may stand for it"
        raise NotMarkovError(msg)
    return staged


def _residual(latent: Latent) -> Law:
    """Time from an error, which comes at any time, to the next scrub."""
    law = latent.scrub_y
    if isinstance(law, Exponential):
        return law
    if isinstance(law, Constant) and law.value > 0.0:
        return Uniform(0.0, law.value)
    msg = f"scrubs at {type(law).__name__} times: only periodic ones and ones at random are known here; simulate"
    raise NotMarkovError(msg)
