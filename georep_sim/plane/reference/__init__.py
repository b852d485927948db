"""The reference data plane: SimPy, one readable generator per request; the specification of all planes.

Examples
--------
`play` takes a `Wire`, a `Timeline` and drawn traffic and returns a `PlayLog`; see the tests for small worlds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.errors import SimulationError
from georep_sim.plane.reference.clients import Clients
from georep_sim.plane.reference.clock import ARRIVAL, TIMER
from georep_sim.plane.reference.control import Control
from georep_sim.plane.reference.copies import Copies
from georep_sim.plane.reference.pushes import Pushes
from georep_sim.plane.reference.requests import RequestLog, requests_of
from georep_sim.plane.reference.state import State
from georep_sim.plane.tally import tally, unknown_states
from georep_sim.plane.wire import PlayLog
from georep_sim.tables import NEVER_NS, NS_PER_S, Operation, dtype_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from georep_sim.plane.reference.clock import Steps
    from georep_sim.plane.reference.requests import Request
    from georep_sim.plane.tally import ControlStates
    from georep_sim.plane.wire import Wire
    from georep_sim.tables import Timeline

__all__ = ["play"]


def play(
    wire: Wire,
    timeline: Timeline,
    traffic: NDArray[Any],
    *,
    start_ns: int,
    end_ns: int,
    deleted: Mapping[int, NDArray[np.bool_]],
    missing: NDArray[np.bool_],
    copies_only: bool = False,
    until_ns: int = NEVER_NS,
    states: ControlStates | None = None,
    counted_from_ns: int = 0,
) -> PlayLog:
    """Play requests and copies of one stretch of time.

    Parameters
    ----------
    wire : Wire
        The design as the plane sees it.
    timeline : Timeline
        Its control state; what changed before the start is in force at the start.
    traffic : ndarray, shape (n,)
        Structured array with fields time_ns, cohort, operation, hour, k, image, machine, warm, new_layers.
    start_ns, end_ns : int
        Arrivals outside [start_ns, end_ns) are left out; replicas are in sync and queues empty at the start.
    deleted : mapping of int to ndarray of bool, shape (n_images,)
        Images that each cause deletes.
    missing : ndarray of bool, shape (n_sites, n_images)
        Images that a site does not have at the start.
    copies_only : bool, default False
        Do not play requests: a push is acknowledged after the time it takes where nothing is queued, if its site
        takes pushes at both ends of that time, and is not tried again otherwise.
    until_ns : int, default NEVER_NS
        The play goes on until every request and copy has ended, but not beyond this (or `end_ns`, if that is later):
        requests end as timeouts then, and copies stay pending. What can never end (the last change has passed) is
        treated so at the end of the timeline.
    states : ControlStates or None
        What control is doing, for the tallies; None = not known.
    counted_from_ns : int, default 0
        Requests that arrive before are played and logged, but not tallied.

    Returns
    -------
    PlayLog
        With one row for each request, in the order of the traffic; none in `copies_only`.

    Raises
    ------
    SimulationError
        If something fails inside, with the simulated time and the entity.
    """
    inside = (traffic["time_ns"] >= start_ns) & (traffic["time_ns"] < end_ns)
    if copies_only:
        inside &= traffic["operation"] == Operation.PUSH
    requests = requests_of(traffic[inside], wire.layer_bytes)
    state = State(wire, timeline, start_ns=start_ns, missing=missing)
    copies = Copies(state, timeline.faults["fault"])
    log = RequestLog(0 if copies_only else len(requests))
    clients = Clients(state, copies, log)
    control = Control(state, copies, timeline.changes, deleted)
    env = state.clock.env
    env.process(control.run())
    env.process(Pushes(state, copies).run(requests) if copies_only else _arrivals(state, clients, requests))
    state.open += 1
    _run(state, clients, until_ns=max(until_ns, end_ns), last_ns=timeline.end_ns)
    counted = log.table[log.table["arrival_ns"] >= counted_from_ns]
    tallies = tally(counted, cohorts=wire.cohorts, states=unknown_states() if states is None else states)
    return PlayLog(log.table, copies.table(), copies.losses(), _transfers(state), tallies)


def _arrivals(state: State, clients: Clients, requests: list[Request]) -> Steps[None]:
    """Clients begin, whatever became of those before them."""
    for request in sorted(requests, key=lambda r: (r.arrival_ns, r.number)):
        yield state.clock.at(request.arrival_ns, ARRIVAL + request.rank(0))
        clients.start(request)
    state.open -= 1


def _run(state: State, clients: Clients, *, until_ns: int, last_ns: int) -> None:
    """Step through events until nothing is open, or what is open can wait no longer or for ever."""
    clock = state.clock
    env = clock.env
    try:
        while state.open and env.peek() <= until_ns and not clock.is_idle():
            env.step()
        if state.open:
            close_ns = until_ns if until_ns < NEVER_NS else max(clock.now_ns, last_ns)
            clock.at(close_ns, TIMER).callbacks.append(lambda _: clients.close())
            while env.peek() <= close_ns:
                env.step()
    except SimulationError:
        raise
    except Exception as error:
        wire = state.wire
        msg = (
            f"the data plane failed at {state.clock.now_ns / NS_PER_S:.9f} s of replication {wire.replication}, "
            f"seed {wire.seed}: {error!r}"
        )
        raise SimulationError(msg) from error


def _transfers(state: State) -> NDArray[Any]:
    """Table `transfers`, sorted by (link, kind)."""
    state.clock.stop()
    carried = sorted(state.network.carried.items())
    rows = np.zeros(len(carried), dtype=dtype_of("transfers"))
    rows["link"] = [link for (link, _), _ in carried]
    rows["kind"] = [kind for (_, kind), _ in carried]
    rows["bytes"] = [size for _, size in carried]
    return rows
