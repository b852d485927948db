"""Rebuilds of one site that wait for each other: for crews, for bandwidth, or until it is worth it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.world.clock import Bell

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.world.control import Control
    from georep_sim.world.sites import SiteState, Slot


@dataclass(eq=False)
class Job:
    """A rebuild that has been found necessary.

    Parameters
    ----------
    slot : Slot
        Whose copy is gone.
    life : int
        Of the slot; once it is another, the rebuild has been overtaken.
    window : int
        What took the copy.
    left_ns : float
        Work left, in ns at full speed.
    """

    slot: Slot
    life: int
    window: int
    left_ns: float


class Queue:
    """The rebuilds of a site, in the order in which they were found necessary.

    Parameters
    ----------
    control : Control
        The clock.
    site : SiteState
        Whose copies are rebuilt.
    crews : float
        Rebuilds at a time; infinity = any number.
    at_full_speed : float
        So many go unhindered; of more than that each goes at its share of it.
    starts_at : int
        Rebuilds start when so many copies are found gone, and go on until none is.
    """

    def __init__(
        self, control: Control, site: SiteState, *, crews: float, at_full_speed: float, starts_at: int
    ) -> None:
        self._control = control
        self._site = site
        self._crews = crews
        self._at_full_speed = at_full_speed
        self._starts_at = starts_at
        self._bell = Bell(control.env)
        self._jobs: list[Job] = []
        self._is_going = False

    def add(self, job: Job) -> None:
        """Put a rebuild at the end."""
        self._jobs.append(job)
        self._bell.ring()

    def run(self) -> Generator[Event, object, None]:
        """Process: work on the jobs."""
        control = self._control
        while True:
            active = self._active()
            if not active:
                yield self._bell.wait()
                continue
            speed = min(1.0, self._at_full_speed / len(active))
            begun_ns = control.now_ns
            done_ns = begun_ns + math.ceil(min(job.left_ns for job in active) / speed)
            yield control.sleep(done_ns, self._bell, self._site.bell, order=self._site.index)
            for job in active:
                job.left_ns -= speed * (control.now_ns - begun_ns)
            self._finish()

    def _active(self) -> list[Job]:
        """Jobs that are worked on now."""
        self._jobs = [job for job in self._jobs if job.slot.life == job.life]
        if not any(slot.is_dead for slot in self._site.slots):
            self._is_going = False
        elif len(self._jobs) >= self._starts_at:
            self._is_going = True
        if not self._is_going:
            return []
        return self._jobs[:] if math.isinf(self._crews) else self._jobs[: int(self._crews)]

    def _finish(self) -> None:
        """Bring back the copies whose rebuild is done."""
        done = [job for job in self._jobs if job.left_ns < 1.0 and job.slot.life == job.life]
        for job in done:
            job.slot.is_dead = False
            self._jobs.remove(job)
            self._control.touch(self._site, job.window)
        if done:
            self._control.flush()
