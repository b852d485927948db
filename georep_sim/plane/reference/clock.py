"""The clock of a play: SimPy on integer nanoseconds, with a total order among the events of one instant.

Every event carries its rank as SimPy's priority, so that neither insertion order nor chance ever decides
(METHODS, time and order). Ranks are far above the 0 and 1 that SimPy gives its own events, which therefore come
first: they only start and interrupt processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simpy import Environment, Event
from simpy.events import EventPriority

from georep_sim.tables import NEVER_NS

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeAlias, TypeVar

    from georep_sim.plane.flows import Flow, Network

    T = TypeVar("T")
    Steps: TypeAlias = Generator[Event, object, T]

# A rank, from the highest bits down: class, entity, request, attempt, stage, layer.
_CLASS_BIT, ENTITY_BIT, REQUEST_BIT, ATTEMPT_BIT, STAGE_BIT = 176, 152, 48, 32, 16
CONTROL: Final = 2 << _CLASS_BIT
COMPLETION: Final = 3 << _CLASS_BIT
TIMEOUT: Final = 4 << _CLASS_BIT
TIMER: Final = 5 << _CLASS_BIT
ARRIVAL: Final = 6 << _CLASS_BIT
_SETTLE: Final = 7 << _CLASS_BIT
_ATTEMPTS: Final = 1 << (REQUEST_BIT - ATTEMPT_BIT)


def rank(request: int, attempt: int = 0, *, stage: int = 0, layer: int = 0, entity: int = 0) -> int:
    """Rank of an event inside its class; added to `TIMER` and the like."""
    attempt %= _ATTEMPTS
    return entity << ENTITY_BIT | request << REQUEST_BIT | attempt << ATTEMPT_BIT | stage << STAGE_BIT | layer


class Moment(Event):
    """Event that fires once, at an instant and with a rank chosen by whoever fires it."""

    def fire(self, order: int, delay_ns: int = 0) -> None:
        """Let it happen `delay_ns` from now."""
        self._ok = True
        self._value = None
        self.env.schedule(self, EventPriority(order), delay_ns)


class _Wake(Moment):
    """Has the network advanced; in vain, if the flow that was to end has been stopped meanwhile."""


class Clock:
    """Simulated time, and the network's events in it.

    Parameters
    ----------
    network : Network
        Flows; shared out once at the end of each instant at which something changed.
    start_ns : int
        Start of the play.
    """

    def __init__(self, network: Network, start_ns: int) -> None:
        self.env = Environment(start_ns)
        self.network = network
        self._ends: dict[Flow, Moment] = {}
        self._wakes_ns = NEVER_NS
        self._is_unsettled = False
        self._due_ns = NEVER_NS

    @property
    def now_ns(self) -> int:
        """Now."""
        return int(self.env.now)

    def after(self, delay_ns: int, order: int) -> Moment:
        """Event `delay_ns` from now."""
        moment = Moment(self.env)
        moment.fire(order, delay_ns)
        return moment

    def at(self, time_ns: int, order: int) -> Moment:
        """Event at an instant; not in the past."""
        return self.after(time_ns - self.now_ns, order)

    def send(self, flow: Flow) -> Moment:
        """Start a flow; the event is its last byte's departure."""
        moment = self._ends[flow] = Moment(self.env)
        self.network.start(flow, self.now_ns)
        self.unsettle()
        return moment

    def give_up(self, flow: Flow) -> None:
        """Cancel a flow; if it has just ended nothing happens."""
        if self._ends.pop(flow, None) is not None:
            self.network.cancel(flow, self.now_ns)
            self.unsettle()

    def stop(self) -> None:
        """Cancel what is under way: the play is over."""
        for flow in list(self._ends):
            self.give_up(flow)

    def cut(self, link: int) -> None:
        """Take a link down."""
        self.network.cut(link, self.now_ns)
        self.unsettle()

    def mend(self, link: int) -> None:
        """Bring a link back; its flows resume with their next retransmission."""
        for flow, resumes_ns in self.network.mend(link, self.now_ns):
            self.resume_at(flow, resumes_ns)

    def resume_at(self, flow: Flow, time_ns: int) -> None:
        """Let a stalled flow go on at an instant."""

        def resume(_: Event) -> None:
            self.network.resume(flow, self.now_ns)
            self.unsettle()

        # The rank of the flow's own end, among the timers.
        self.at(time_ns, flow.order - COMPLETION + TIMER).callbacks.append(resume)

    def is_idle(self) -> bool:
        """Whether nothing will happen any more: what is left are wakes for flows that were stopped."""
        # SimPy cannot take an event back, and has no other way to look at those to come.
        queue = self.env._queue
        if self._due_ns < NEVER_NS or (queue and not isinstance(queue[0][3], _Wake)):
            return False
        return all(isinstance(event, _Wake) for *_, event in queue)

    def unsettle(self) -> None:
        """Have the pipes shared out anew after the events of this instant."""
        if not self._is_unsettled:
            self._is_unsettled = True
            self.after(0, _SETTLE).callbacks.append(self._settle)

    def _settle(self, _: Event) -> None:
        self._is_unsettled = False
        self._wake_at(self.network.settle(self.now_ns))

    def _wake_at(self, time_ns: int) -> None:
        self._due_ns = time_ns
        if time_ns < self._wakes_ns:
            self._wakes_ns = time_ns
            wake = _Wake(self.env)
            wake.callbacks.append(self._wake)
            wake.fire(COMPLETION, time_ns - self.now_ns)

    def _wake(self, _: Event) -> None:
        now_ns = self.now_ns
        if now_ns != self._wakes_ns:
            # An earlier wake took its place.
            return
        self._wakes_ns = NEVER_NS
        for flow in self.network.advance(now_ns):
            self._ends.pop(flow).fire(flow.order)
        if self.env.peek() > now_ns and not self._is_unsettled:
            self._wake_at(self.network.settle(now_ns))
        else:
            self.unsettle()
