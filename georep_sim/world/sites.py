"""State of one site: front end by zone, copies or fragments by slot, role; and what it answers in that state."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from georep_sim.tables import Admission, Operation, Verb
from georep_sim.world.clock import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from georep_sim.draws.slots import Place
    from georep_sim.world.control import Control

# How bad a pull's answer is; only what gets worse ends requests in flight. A demoted site lets them finish.
_SEVERITY = {
    Admission.OK: 0,
    Admission.DENIED: 0,
    Admission.NOT_FOUND: 1,
    Admission.STORAGE_ERROR: 2,
    Admission.UNREACHABLE: 3,
}


class Part(Enum):
    """What of a whole site a fault window can hold."""

    FRONT = auto()  # front end: nothing answers
    BLOBS = auto()  # storage: neither read nor written
    NAMES = auto()  # tags and manifests: nothing is found, nor written
    WRITES = auto()  # storage: not written
    DAMAGE = auto()  # storage: what is read is wrong


@dataclass(eq=False)
class Slot:
    """A physical place that holds one copy of the site's content, or one fragment of each blob of a placement group.

    Parameters
    ----------
    address : str
        ``region/zone/disk#j``.
    zone : int
        Number of the zone, from 1.
    place : Place
        The disk and its rack.
    away_by, gone_by : set of int
        Windows during which it is unavailable, or destroyed and not back.
    is_dead : bool
        Its copy is gone and not rebuilt.
    life : int
        Counts deaths and refills, so that an overtaken rebuild can tell.
    """

    address: str
    zone: int
    place: Place
    away_by: set[int] = field(default_factory=set)
    gone_by: set[int] = field(default_factory=set)
    is_dead: bool = False
    life: int = 0

    @property
    def serves(self) -> bool:
        """Whether its copy can be read."""
        return not (self.is_dead or self.away_by)


class SiteState:
    """A site and the fault windows at work on it.

    Parameters
    ----------
    control : Control
        Where changes are said.
    index : int
        In the topology.
    zones : sequence of int
        Zones of the region it is spread over.
    workers : int
        Of its front end.
    places : iterable of Place
        Of its copies, or of the fragments of one placement group, which stands for all.
    can_read : callable (collection of int) -> bool
        Whether content can be read without the copies or fragments of these numbers.
    is_active : bool
        Serves clients; a standby does not.
    is_refilled : bool
        Whether something can bring back the content of an emptied site: a copy edge, or a failover. If
        nothing can, pushes are welcome as soon as the place is back, for the registry starts afresh.

    Attributes
    ----------
    is_empty : bool
        Whether its content is gone.
    emptied_by : int
        Window that took it, or -1.
    is_healthy : bool
        What the probes last said.
    culprit : int
        Window that last made it worse.
    life : int
        Counts losses of all content.
    """

    def __init__(
        self,
        control: Control,
        index: int,
        *,
        zones: Sequence[int],
        workers: int,
        places: Iterable[Place],
        can_read: Callable[[Collection[int]], bool],
        is_active: bool,
        is_refilled: bool,
    ) -> None:
        self._control = control
        self.index = index
        self.zones = tuple(zones)
        self._workers = workers
        self.slots = tuple(Slot(place.disk, zone=int(place.disk.split("/")[1]), place=place) for place in places)
        self._can_read = can_read
        self.is_active = is_active
        self._is_refilled = is_refilled
        self.bell = Bell(control.env)
        self.held: defaultdict[Part, set[int]] = defaultdict(set)
        self.zones_out: defaultdict[int, set[int]] = defaultdict(set)
        self.factors: dict[int, float] = {}
        self.is_empty = False
        self.emptied_by = -1
        self.is_healthy = True
        self.culprit = -1
        self.life = 0
        self._lost: list[int] = []
        self._severity = 0
        for operation in Operation:
            control.presume(Verb.ADMIT, len(Operation) * index + operation, Admission.OK)
        control.presume(Verb.RESIZE, index, float(workers))
        control.presume(Verb.SLOW, index, 1.0)

    @property
    def live_share(self) -> float:
        """Share of its zones whose front ends work."""
        return sum(not self.zones_out.get(zone) for zone in self.zones) / len(self.zones)

    @property
    def front_is_up(self) -> bool:
        """Whether the front end answers; what a shallow probe sees."""
        return not self.held[Part.FRONT] and self.live_share > 0.0

    @property
    def storage_is_up(self) -> bool:
        """Whether blobs can be read, as far as there are any."""
        if self.held[Part.BLOBS] or self.held[Part.NAMES]:
            return False
        if self.is_empty:  # whether there is a place to fill
            return self._can_read([i for i, s in enumerate(self.slots) if s.gone_by])
        return self._can_read([i for i, s in enumerate(self.slots) if not s.serves])

    @property
    def is_up(self) -> bool:
        """Whether the place works, be it empty."""
        return self.front_is_up and self.storage_is_up

    @property
    def has_content(self) -> bool:
        """Whether it works and its content is there; what a deep probe sees.

        A deep probe reads: it sees neither a storage that only refuses writes nor wrong bytes.
        """
        return self.is_up and not self.is_empty

    def answers(self) -> tuple[Admission, Admission, Admission]:
        """Answers to pull, push and control in the present state; the worst state holds."""
        if not self.front_is_up:
            return (Admission.UNREACHABLE,) * 3
        serving = Admission.OK if self.is_active else Admission.DENIED
        pull = push = serving
        if not self.storage_is_up:
            pull = push = Admission.STORAGE_ERROR
        elif self.is_empty:
            pull = Admission.NOT_FOUND
            push = Admission.NOT_FOUND if self._is_refilled else serving
        elif self.held[Part.DAMAGE]:
            pull = Admission.STORAGE_ERROR
        if self.held[Part.WRITES] and push != Admission.NOT_FOUND:
            push = Admission.STORAGE_ERROR
        return pull, push, serving

    def strip(self, cause: int) -> None:
        """Lose all content."""
        self.life += 1
        if self.is_empty:
            return
        self.is_empty = True
        self.emptied_by = cause
        self._lost.append(cause)
        self._control.touch(self, cause)

    def kill_slot(self, slot: Slot, cause: int) -> None:
        """Lose one copy, and with the last one, or when too few fragments are left, all content."""
        slot.is_dead = True
        slot.life += 1
        dead = [i for i, s in enumerate(self.slots) if s.is_dead]
        # What is empty already has nothing to lose, until nothing of what was refilled is left.
        if len(dead) == len(self.slots) if self.is_empty else not self._can_read(dead):
            self.strip(cause)
        self._control.touch(self, cause)

    def fill(self, cause: int) -> None:
        """Have the content back, on every slot whose place is there."""
        self.is_empty = False
        self.emptied_by = -1
        for slot in self.slots:
            slot.life += 1
            slot.is_dead = bool(slot.gone_by)
        self._control.touch(self, cause)

    def refresh(self, cause: int) -> None:
        """Say what has changed, and ring."""
        control = self._control
        answers = self.answers()
        for operation, admission in zip(Operation, answers, strict=True):
            control.admit(self.index, operation, admission, cause=cause)
        severity = _SEVERITY[answers[Operation.PULL]]
        if severity > self._severity:
            self.culprit = cause
            control.kill(self.index, cause=cause)
        self._severity = severity
        if self.zones_out and self.live_share > 0.0:
            control.resize(self.index, max(1.0, float(round(self._workers * self.live_share))), cause=cause)
        control.slow(self.index, math.prod(self.factors.values()), cause=cause)
        for taken_by in self._lost:
            control.lose(self.index, 1.0, cause=taken_by)
        self._lost.clear()
        self.bell.ring()
