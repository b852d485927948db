"""The same model in SimPy: one process for each disk, each rebuild and each cause, to be read and compared with.

Nothing is shared with the compiled simulation but the description of the fleet and the laws: own order of events, own
draws. Nothing is biased, so that only inflated rates show losses.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import simpy

from georep_sim.loss.model import Crews, Fleet, Shared
from georep_sim.loss.placement import placed

if TYPE_CHECKING:
    from collections.abc import Generator

    from georep_sim.laws import Law
    from georep_sim.loss.model import CommonCause, Latent

    Process = Generator[simpy.Event, object, None]


@dataclass(slots=True)
class _Disk:
    number: int
    gone: bool = False
    noticed: bool = False
    away: int = 0
    work: float = 0.0
    #: Fragments with a latent error, by group.
    latent: set[int] = field(default_factory=set)


class Play:
    """One fleet over one horizon, to its first loss.

    Parameters
    ----------
    fleet : Fleet
        Disks, groups and common causes; those that hit objects are left out. All disks are new and good at the start.
    seed : int
        Of all draws.

    Notes
    -----
    `lost` tells the groups lost at the instant of the first loss, `lost_y` that instant; empty and None if there was
    none.
    """

    def __init__(self, fleet: Fleet, *, seed: int) -> None:
        self.lost: list[int] = []
        self.lost_y: float | None = None
        self._fleet, self._group = fleet, fleet.group
        self._env = simpy.Environment()
        self._random = random.Random(seed)
        self._groups = [list(row) for row in placed(fleet).tolist()]
        self._disks = [_Disk(number) for number in range(fleet.disks)]
        self._groups_of: list[list[int]] = [[] for _ in self._disks]
        for number, disks in enumerate(self._groups):
            for disk in disks:
                self._groups_of[disk].append(number)
        self._rebuilding = [fleet.group.starts_at == 1] * len(self._groups)
        self._gone = [0] * len(self._groups)
        #: Gone disks in the order noticed.
        self._queue: list[_Disk] = []
        self._changed = self._env.event()
        self._over = self._env.event()

    def run(self, horizon_y: float) -> Play:
        """Play to the first loss or the horizon, and return this."""
        for disk in self._disks:
            self._env.process(self._life(disk))
            if self._group.latent:
                for group in self._groups_of[disk.number]:
                    self._env.process(self._errors(disk, group, self._group.latent))
        for cause in self._fleet.common:
            if cause.scope != "objects" and cause.per_y > 0.0:
                self._env.process(self._strikes(cause))
        self._env.process(self._rebuilds())
        self._env.run(until=self._env.any_of([self._over, self._env.timeout(horizon_y)]))
        return self

    def _draw(self, law: Law | None) -> float:
        return 0.0 if law is None else law.ppf(self._random.uniform(2.0**-53, 1.0 - 2.0**-53))

    def _tell(self) -> None:
        """Wake whoever shares out the rebuilds."""
        self._changed.succeed()
        self._changed = self._env.event()

    def _life(self, disk: _Disk) -> Process:
        """Fail at the drawn age, unless something else took the disk before."""
        yield self._env.timeout(self._draw(self._group.life_y))
        if disk is self._disks[disk.number] and not disk.gone:
            self._go([disk])

    def _go(self, disks: list[_Disk]) -> None:
        """Take disks for good, all at one instant."""
        for disk in disks:
            if disk.gone:
                continue
            disk.gone, disk.work = True, self._draw(self._group.repair_y)
            for group in self._groups_of[disk.number]:
                if group not in disk.latent:
                    self._one_more(group)
            disk.latent.clear()
            self._env.process(self._noticed(disk))
        if self.lost and self.lost_y is None:
            self.lost_y = float(self._env.now)
            self._over.succeed()

    def _one_more(self, group: int) -> None:
        self._gone[group] += 1
        if group not in self.lost and self._random.random() < self._group.loss_at(self._gone[group]):
            self.lost.append(group)

    def _noticed(self, disk: _Disk) -> Process:
        yield self._env.timeout(self._draw(self._group.detect_y))
        disk.noticed = True
        self._queue.append(disk)
        for group in self._groups_of[disk.number]:
            noticed = sum(self._disks[other].noticed for other in self._groups[group])
            if noticed >= self._group.starts_at:
                self._rebuilding[group] = True
        self._tell()

    def _rebuilds(self) -> Process:
        """Work on the queue at its speeds, from one change to the next."""
        while True:
            speeds = self._speeds()
            waits = [disk.work / speed for disk, speed in speeds]
            done = self._env.timeout(min(waits)) if waits else self._env.event()
            began = self._env.now
            yield self._env.any_of([done, self._changed])
            for (disk, speed), wait in zip(speeds, waits, strict=True):
                disk.work -= speed * (self._env.now - began)
                if done.processed and wait == min(waits):
                    self._come_back(disk)

    def _speeds(self) -> list[tuple[_Disk, float]]:
        """Rebuilds that go on, each with its share of full speed."""
        able = [disk for disk in self._queue if self._can_rebuild(disk)]
        pools: dict[int, list[_Disk]] = {}
        for disk in able:
            groups = self._groups_of[disk.number]
            pool = groups[0] if groups and self._fleet.layout == "partitioned" else 0
            pools.setdefault(pool, []).append(disk)
        found = []
        for members in pools.values():
            match self._group.repairs:
                case Crews(count):
                    found += [(disk, 1.0) for disk in members[:count]]
                case Shared(at_full_speed):
                    found += [(disk, min(1.0, at_full_speed / len(members))) for disk in members]
                case _:
                    found += [(disk, 1.0) for disk in members]
        return found

    def _can_rebuild(self, disk: _Disk) -> bool:
        groups = self._groups_of[disk.number]
        readable = all(self._missing(group) <= self._group.most_gone for group in groups)
        return not disk.away and readable and (not groups or any(self._rebuilding[group] for group in groups))

    def _missing(self, group: int) -> int:
        disks = (self._disks[number] for number in self._groups[group])
        return sum(disk.gone or bool(disk.away) or group in disk.latent for disk in disks)

    def _come_back(self, disk: _Disk) -> None:
        self._queue.remove(disk)
        # A new disk in the same place: what still runs for the old one finds that it is not it.
        new = _Disk(disk.number, away=disk.away)
        self._disks[disk.number] = new
        for group in self._groups_of[disk.number]:
            self._gone[group] -= 1
            if not any(self._disks[other].gone for other in self._groups[group]):
                self._rebuilding[group] = self._group.starts_at == 1
        self._env.process(self._life(new))

    def _errors(self, disk: _Disk, group: int, latent: Latent) -> Process:
        """Latent errors of one fragment and the scrubs that find them, whichever disk it is on."""
        next_scrub = self._draw(latent.scrub_y)
        if latent.scrub_y.sf(latent.scrub_y.mean) == 0.0:
            next_scrub *= self._random.random()
        if latent.per_y == 0.0:
            return
        next_error = self._random.expovariate(latent.per_y)
        number = disk.number
        while True:
            yield self._env.timeout(min(next_error, next_scrub) - self._env.now)
            now = self._disks[number]
            if next_error < next_scrub:
                next_error += self._random.expovariate(latent.per_y)
                if not now.gone and group not in now.latent:
                    now.latent.add(group)
                    self._one_more(group)
                    self._go([])
            else:
                next_scrub += self._draw(latent.scrub_y)
                if group in now.latent:
                    now.latent.remove(group)
                    self._gone[group] -= 1
            self._tell()

    def _strikes(self, cause: CommonCause) -> Process:
        units = {"rack": self._fleet.racks, "zone": self._fleet.zones}.get(cause.scope, 1)
        size = self._fleet.disks // units
        while True:
            yield self._env.timeout(self._random.expovariate(cause.per_y * units))
            unit = self._random.randrange(units)
            numbers = range(unit * size, (unit + 1) * size)
            if cause.count:
                hit = self._random.sample(numbers, cause.count)
            else:
                hit = [number for number in numbers if self._random.random() < cause.share]
            if cause.away_y is not None:
                self._env.process(self._away(hit, self._draw(cause.away_y)))
            if cause.destroys:
                self._go([self._disks[number] for number in hit])

    def _away(self, numbers: list[int], years: float) -> Process:
        for number in numbers:
            self._disks[number].away += 1
        self._tell()
        yield self._env.timeout(years)
        for number in numbers:
            self._disks[number].away -= 1
        self._tell()


def losses(fleet: Fleet, *, trials: int, horizon_y: float = 1.0, seed: int = 0) -> tuple[int, int]:
    """Return in how many trials something was lost, and how many groups were at those instants.

    Parameters
    ----------
    fleet : Fleet
        See `Play`.
    trials : int
        Horizons played, with seeds that follow each other.
    horizon_y : float, default 1.0
        Years played at most.
    seed : int, default 0
        The first seed is this times the number of trials.
    """
    plays = [Play(fleet, seed=seed * trials + trial).run(horizon_y) for trial in range(trials)]
    return sum(bool(play.lost) for play in plays), sum(len(play.lost) for play in plays)
