"""Clients: pulls and pushes as SimPy processes, one generator per request.

An attempt opens connections, asks for one thing after another and ends at the first thing that fails; after a wait
the next attempt starts from the address that DNS gives by then, and leaves out the layers it has.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from simpy import Interrupt

from georep_sim.errors import SimulationError
from georep_sim.plane import chains, rules
from georep_sim.plane.reference.clock import COMPLETION, TIMEOUT, TIMER, Moment
from georep_sim.plane.reference.edges import Push
from georep_sim.plane.reference.exchange import Failed, Http
from georep_sim.plane.reference.requests import Phase
from georep_sim.tables import NS_PER_S, Operation, Outcome

if TYPE_CHECKING:
    from simpy import Event, Process

    from georep_sim.plane.reference.clock import Steps
    from georep_sim.plane.reference.copies import Copies
    from georep_sim.plane.reference.exchange import Line
    from georep_sim.plane.reference.requests import Request, RequestLog
    from georep_sim.plane.reference.sites import Site
    from georep_sim.plane.reference.state import State


class Lanes:
    """Connections that work through the layers of one attempt side by side; the first failure ends them all."""

    def __init__(self, done: Moment, order: int) -> None:
        self.done = done
        self.outcome = int(Outcome.OK)
        self._order = order
        self._processes: list[Process] = []
        self._left = 0

    def open(self, process: Process) -> None:
        """Add one."""
        self._processes.append(process)
        self._left += 1

    def close(self, outcome: int) -> None:
        """Note that one is through, or has failed."""
        self._left -= 1
        if not self.done.triggered and (outcome != Outcome.OK or not self._left):
            self.outcome = outcome
            self.done.fire(self._order)

    def stop(self) -> None:
        """Stop those still at work."""
        for process in self._processes:
            if process.is_alive:
                process.interrupt()


class Habit:
    """How a client group uses connections and tries again, for one operation."""

    def __init__(self, state: State, cohort: int, operation: Operation) -> None:
        row = state.wire.cohorts[cohort]
        ladder = state.wire.ladders[int(row["ladder"])]
        name, what = state.wire.topology.cohorts[cohort], operation.name.lower()
        self.keep_alive = bool(row["keep_alive"])
        self.parallel = max(1, int(row["parallel_push" if operation == Operation.PUSH else "parallel"]))
        self.attempts = 1 + int(ladder["retries"])
        self.first_s, self.factor, self.cap_s = (float(ladder[key]) for key in ("backoff_s", "factor", "cap_s"))
        self.timeout_ns = int(ladder["timeout_ns"])
        self.backoff = state.stream(name, what, "backoff")
        self.flap = state.stream(name, what, "flap")


class Clients:
    """All requests of a play.

    Parameters
    ----------
    state : State
        Clock, network, sites and content.
    copies : Copies
        Takes over what is acknowledged.
    log : RequestLog
        Where requests end.
    """

    def __init__(self, state: State, copies: Copies, log: RequestLog) -> None:
        self._state = state
        self._clock = state.clock
        self._copies = copies
        self._log = log
        self._http = Http(state)
        self._open: dict[Request, None] = {}
        self._is_closing = False
        self._habits = [
            (Habit(state, cohort, Operation.PULL), Habit(state, cohort, Operation.PUSH))
            for cohort in range(len(state.wire.cohorts))
        ]

    def start(self, request: Request) -> None:
        """Let a client begin."""
        self._open[request] = None
        self._state.open += 1
        request.process = self._clock.env.process(self._request(request))

    def close(self) -> None:
        """End every request at this instant, as a timeout."""
        self._is_closing = True
        for request in sorted(self._open, key=lambda r: r.number):
            if request.process is not None and request.process.is_alive:
                request.process.interrupt(Outcome.TIMEOUT)

    def _request(self, request: Request) -> Steps[None]:
        """Play one request: attempts, and waits between them."""
        habit = self._habits[request.cohort][request.operation]
        outcome = int(Outcome.UNREACHABLE)
        try:
            while request.attempts < habit.attempts:
                if request.attempts:
                    yield from self._wait(request, habit)
                request.attempts += 1
                outcome = yield from self._attempt(request, habit)
                if rules.is_final(outcome) or self._is_closing:
                    break
        except Interrupt:
            # Only the end of the play interrupts a wait.
            outcome = Outcome.TIMEOUT
        except Exception as error:
            raise self._trouble(request, error) from error
        self._log.write(request, outcome, self._clock.now_ns)
        del self._open[request]
        self._state.open -= 1

    def _wait(self, request: Request, habit: Habit) -> Steps[None]:
        request.enter(Phase.RETRY, self._clock.now_ns)
        u = habit.backoff.u(request.index, request.address(chains.BACKOFF))
        wait_s = rules.backoff_s(request.attempts, u, first_s=habit.first_s, factor=habit.factor, cap_s=habit.cap_s)
        yield self._clock.after(rules.ns_of(wait_s), TIMER + request.rank(chains.BACKOFF))

    def _attempt(self, request: Request, habit: Habit) -> Steps[int]:
        """Play one attempt and return its outcome."""
        request.enter(Phase.CONNECT, self._clock.now_ns)
        number = self._state.choose(request.cohort, request.machine, request.operation)
        if number < 0:
            return Outcome.UNREACHABLE
        site = self._state.sites[number]
        self._begin(request, habit, site)
        try:
            if request.operation == Operation.PULL:
                yield from self._pull(request, habit, site)
            else:
                yield from self._push(request, habit, site)
        except Failed as failure:
            return failure.outcome
        except Interrupt as interrupt:
            if interrupt.cause is None:
                return rules.broken(site.admission[request.operation])
            return Outcome.UNREACHABLE if request.is_silent else Outcome.TIMEOUT
        finally:
            request.is_attempting = False
            site.live.pop(request.number, None)
        return Outcome.OK

    def _begin(self, request: Request, habit: Habit, site: Site) -> None:
        request.is_attempting = True
        request.is_silent = False
        self._connected(request, site)
        if habit.timeout_ns > 0:
            limit = self._clock.after(habit.timeout_ns, TIMEOUT + request.rank(chains.ATTEMPT_TIMEOUT))
            limit.callbacks.append(partial(self._expire, request, request.attempts))

    def _connected(self, request: Request, site: Site) -> None:
        site.live[request.number] = request

    def _expire(self, request: Request, attempt: int, _: Event) -> None:
        if request.is_attempting and request.attempts == attempt:
            request.break_off(Outcome.TIMEOUT)

    def _pull(self, request: Request, habit: Habit, site: Site) -> Steps[None]:
        line = yield from self._http.connect(request, site, 0)
        request.enter(Phase.MANIFEST, self._clock.now_ns)
        yield from self._http.ask(request, line, chains.PULL_MANIFEST)
        yield from self._http.hear(request, line, chains.PULL_MANIFEST)
        wanted = [layer for layer in request.layers if layer not in request.have]
        if wanted:
            request.enter(Phase.LAYERS, self._clock.now_ns)
            yield from self._layers(request, habit, line, wanted)

    def _push(self, request: Request, habit: Habit, site: Site) -> Steps[None]:
        if request.uploaded_to != site.number:
            request.uploaded_to = site.number
            request.have.clear()
        line = yield from self._http.connect(request, site, 0)
        if request.layers:
            request.enter(Phase.LAYERS, self._clock.now_ns)
            yield from self._layers(request, habit, line, request.layers)
        request.enter(Phase.MANIFEST, self._clock.now_ns)
        yield from self._flap(request, habit, site)
        stage = chains.PUSH_MANIFEST
        if not habit.keep_alive:
            line = yield from self._http.connect(request, site, stage.number)
        yield from self._http.ask(request, line, stage)
        self._acknowledge(request, site)
        yield from self._http.hear(request, line, stage)

    def _flap(self, request: Request, habit: Habit, site: Site) -> Steps[None]:
        """Send the manifest to another site now and then; that site does not know the layers."""
        stage = chains.PUSH_MANIFEST
        if self._state.wire.flap <= 0.0:
            return
        if habit.flap.u(request.index, request.address(stage.number)) >= self._state.wire.flap:
            return
        number = self._state.second(request.cohort, request.machine, site.number)
        if number < 0:
            return
        other = self._state.sites[number]
        self._connected(request, other)
        try:
            line = yield from self._http.connect(request, other, chains.OTHER_SITE)
            yield from self._http.ask(request, line, stage)
            yield from self._http.hear(request, line, stage)
        finally:
            other.live.pop(request.number, None)
        raise Failed(Outcome.SPLIT_PUSH)

    def _acknowledge(self, request: Request, site: Site) -> None:
        if site.number in request.acknowledged_at:
            return
        request.acknowledged_at.add(site.number)
        now_ns = self._clock.now_ns
        self._copies.acknowledge(Push.of(request, site=site.number, wire=self._state.wire, now_ns=now_ns))

    def _layers(self, request: Request, habit: Habit, line: Line, layers: list[int] | tuple[int, ...]) -> Steps[None]:
        """Handle layers, as many at a time as the client does; the first lane goes on with the open connection."""
        todo = deque(layers)
        width = min(habit.parallel, len(todo))
        if width == 1:
            yield from self._lane(request, habit, line.site, line, 0, todo)
            return
        lanes = Lanes(Moment(self._clock.env), COMPLETION + request.rank(chains.JOIN))
        for number in range(width):
            first = line if number == 0 else None
            steps = self._side_lane(lanes, self._lane(request, habit, line.site, first, number, todo), request)
            lanes.open(self._clock.env.process(steps))
        try:
            yield lanes.done
        except Interrupt:
            yield self._stopped(request, lanes)
            raise
        if lanes.outcome != Outcome.OK:
            yield self._stopped(request, lanes)
            raise Failed(lanes.outcome)

    def _stopped(self, request: Request, lanes: Lanes) -> Event:
        """Stop the lanes; the event comes after they have, so that what they had moved is counted."""
        lanes.stop()
        return self._clock.after(0, COMPLETION + request.rank(chains.JOIN))

    def _side_lane(self, lanes: Lanes, lane: Steps[None], request: Request) -> Steps[None]:
        try:
            yield from lane
        except Failed as failure:
            lanes.close(failure.outcome)
        except Interrupt:
            return
        except Exception as error:
            raise self._trouble(request, error) from error
        else:
            lanes.close(Outcome.OK)

    def _lane(
        self, request: Request, habit: Habit, site: Site, line: Line | None, number: int, todo: deque[int]
    ) -> Steps[None]:
        """Handle one layer after another, on one connection or on one for each HTTP request."""
        while todo:
            layer = todo.popleft()
            for stage in self._chain(request, layer):
                if line is None or not habit.keep_alive:
                    address = number if habit.keep_alive else (1 + layer) << 4 | stage.number
                    line = yield from self._http.connect(request, site, address)
                yield from self._http.ask(request, line, stage, layer)
                yield from self._http.hear(request, line, stage, layer)
            request.have.add(layer)

    def _chain(self, request: Request, layer: int) -> tuple[chains.Stage, ...]:
        if request.operation == Operation.PULL:
            return chains.PULL_LAYER
        return chains.NEW_LAYER if layer in request.new and layer not in request.have else chains.KNOWN_LAYER

    def _trouble(self, request: Request, error: Exception) -> SimulationError:
        if isinstance(error, SimulationError):
            return error
        cohort = self._state.wire.topology.cohorts[request.cohort]
        what = Operation(request.operation).name.lower()
        msg = (
            f"{what} by {cohort} that arrived at {request.arrival_ns / NS_PER_S:.9f} s (address {request.index}), "
            f"at {self._clock.now_ns / NS_PER_S:.9f} s: {error!r}"
        )
        return SimulationError(msg)
