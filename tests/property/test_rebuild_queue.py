"""Rebuilds that share crews or bandwidth against a plain reckoning of the same rule, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from georep_sim.draws.slots import Place
from georep_sim.world.clock import Bell, sleep
from georep_sim.world.rebuilding import Job, Queue
from georep_sim.world.sites import SiteState, Slot

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event

    from georep_sim.world.control import Control


@dataclass
class Clock:
    """As much of the control plane as a queue of rebuilds needs; notes when copies are back."""

    env: Environment = field(default_factory=Environment)
    back_ns: list[tuple[int, int]] = field(default_factory=list)

    @property
    def now_ns(self) -> int:
        return int(self.env.now)

    def sleep(self, until_ns: int, *bells: Bell, order: int = 0) -> Event:
        return sleep(self.env, until_ns, order=order, bells=bells)

    def touch(self, _site: SiteState, window: int) -> None:
        self.back_ns.append((window, self.now_ns))

    def flush(self) -> None:
        pass


@dataclass
class Site:
    slots: list[Slot]
    bell: Bell
    index: int = 0


def played(jobs: list[tuple[int, int]], *, crews: float, at_full_speed: float, starts_at: int) -> dict[int, int]:
    """When each job, found at an instant and so much work, is done; missing if it never is."""
    clock = Clock()
    slots = [Slot(f"a/1/disk#{n}", 1, Place(f"a/1/disk#{n}", f"a/1/rack#{n}")) for n in range(len(jobs))]
    site = Site(slots, Bell(clock.env))
    queue = Queue(
        cast("Control", clock),  # what it uses of one is here
        cast("SiteState", site),
        crews=crews,
        at_full_speed=at_full_speed,
        starts_at=starts_at,
    )

    def arrive(number: int, at_ns: int, work_ns: int) -> Generator[Event, object, None]:
        yield clock.sleep(at_ns)
        slots[number].is_dead = True
        queue.add(Job(slots[number], slots[number].life, number, float(work_ns)))

    clock.env.process(queue.run())
    for number, (at_ns, work_ns) in enumerate(jobs):
        clock.env.process(arrive(number, at_ns, work_ns))
    clock.env.run(until=10**15)
    return dict(clock.back_ns)


def reckoned(jobs: list[tuple[int, int]], *, crews: float, at_full_speed: float, starts_at: int) -> dict[int, float]:
    """The same from one event to the next: who is worked on, how fast, and what comes first."""
    coming = sorted(range(len(jobs)), key=lambda n: (jobs[n][0], n))
    waiting: list[int] = []
    left = {n: float(work) for n, (_, work) in enumerate(jobs)}
    done: dict[int, float] = {}
    now, is_going = 0.0, False
    while coming or waiting:
        is_going = bool(waiting) and (is_going or len(waiting) >= starts_at)
        active = waiting[: len(waiting) if math.isinf(crews) else int(crews)] if is_going else []
        speed = min(1.0, at_full_speed / len(active)) if active else 0.0
        first = min((now + left[n] / speed for n in active), default=math.inf)
        arrival = float(jobs[coming[0]][0]) if coming else math.inf
        if math.isinf(min(first, arrival)):
            break  # the rest waits for more to be gone
        step = min(first, arrival) - now
        for n in active:
            left[n] -= speed * step
        now = min(first, arrival)
        if arrival <= first:
            waiting.append(coming.pop(0))
        for n in [n for n in active if left[n] <= 1e-6 * jobs[n][1]]:
            waiting.remove(n)
            done[n] = now
    return done


_SECOND = 10**9
JOBS = st.lists(
    st.tuples(st.integers(0, 50).map(lambda s: 7 * s * _SECOND), st.integers(1, 40).map(lambda s: 13 * s * _SECOND)),
    min_size=1,
    max_size=6,
    unique_by=lambda job: job[0],
)


@given(
    jobs=JOBS,
    crews=st.sampled_from([1.0, 2.0, math.inf]),
    at_full_speed=st.sampled_from([0.5, 1.0, 2.5, math.inf]),
    starts_at=st.integers(1, 3),
)
def test_a_queue_ends_each_rebuild_when_a_plain_reckoning_does(
    jobs: list[tuple[int, int]], crews: float, at_full_speed: float, starts_at: int
) -> None:
    found = played(jobs, crews=crews, at_full_speed=at_full_speed, starts_at=starts_at)
    expected = reckoned(jobs, crews=crews, at_full_speed=at_full_speed, starts_at=starts_at)
    assert set(found) == set(expected)
    for number, end_ns in expected.items():
        # Each instant is rounded up to a nanosecond, and a later one follows from those before.
        assert abs(found[number] - end_ns) <= 1000
