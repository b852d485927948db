"""The clock of the control plane: SimPy on integer nanoseconds, with an order among events of one instant.

At one instant the ends and starts of faults come first, then those who were rung awake by them, then timers by
their order number, so that neither insertion order nor a lucky draw ever decides (METHODS, time and order).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simpy import Environment, Event
from simpy.events import EventPriority

if TYPE_CHECKING:
    from collections.abc import Iterable

# SimPy itself starts processes at priority 0 and fires events at 1.
FAULTS = EventPriority(-1)
_TIMERS = 2


class Timer(Event):
    """Event that fires at an instant.

    Parameters
    ----------
    env : Environment
        The clock.
    time_ns : int
        When; not in the past.
    priority : int
        Smaller comes first among the events of one instant.
    """

    def __init__(self, env: Environment, time_ns: int, priority: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, EventPriority(priority), time_ns - env.now)


class Bell:
    """Wakes all who wait for the next change of something."""

    __slots__ = ("_env", "_waiting")

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._waiting: list[Event] = []

    def wait(self) -> Event:
        """Event of the next ring."""
        event = Event(self._env)
        self._waiting.append(event)
        return event

    def add(self, event: Event) -> None:
        """Have an event fired by the next ring, unless something else fires it before."""
        self._waiting.append(event)

    def ring(self) -> None:
        """Wake them, at this instant."""
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            fire(event)


def fire(event: Event) -> None:
    """Fire an event unless it has been."""
    if not event.triggered:
        event.succeed()


def sleep(env: Environment, until_ns: int, *, order: int, bells: Iterable[Bell] = ()) -> Event:
    """Event that fires at an instant, or at the first ring of a bell.

    Parameters
    ----------
    env : Environment
        The clock.
    until_ns : int
        The instant; not in the past.
    order : int
        Place among the timers of one instant, from 0.
    bells : iterable of Bell, optional
        Who may wake the sleeper before.
    """
    timer = Timer(env, until_ns, _TIMERS + order)
    awake: Event | None = None
    for bell in bells:
        if awake is None:
            awake = Event(env)
        bell.add(awake)
    if awake is None:
        return timer
    woken = awake
    timer.callbacks.append(lambda _: fire(woken))
    return woken
