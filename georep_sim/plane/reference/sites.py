"""Sites as requests meet them: admission, token buckets and a front end with a queue."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from georep_sim.plane import rules
from georep_sim.plane.reference.clock import Clock, Moment
from georep_sim.tables import Admission, Operation

if TYPE_CHECKING:
    from simpy import Event

    from georep_sim.plane.reference.requests import Request


class Job(Moment):
    """Service of one HTTP request; happens when it is done."""

    def __init__(self, clock: Clock, work_s: float, order: int) -> None:
        super().__init__(clock.env)
        self.work_s = work_s
        self.order = order
        self.is_abandoned = False


class FrontEnd:
    """Workers that serve requests in the order they came.

    Parameters
    ----------
    clock : Clock
        Time.
    workers : int
        Requests served at the same time; <= 0 means no limit.
    """

    def __init__(self, clock: Clock, workers: int) -> None:
        self._clock = clock
        self._workers = workers
        self._queue: deque[Job] = deque()
        self._busy: dict[Job, None] = {}
        self.speed = 1.0

    def serve(self, work_s: float, order: int) -> Job:
        """Queue a request that is `work_s` of work at normal speed."""
        job = Job(self._clock, work_s, order)
        self._queue.append(job)
        self._start()
        return job

    def resize(self, workers: int) -> None:
        """Change the number of workers; requests being served are finished."""
        self._workers = workers
        self._start()

    def clear(self) -> None:
        """Forget all requests: the process that served them is gone."""
        self._queue.clear()
        self._busy.clear()

    def _start(self) -> None:
        while self._queue and (self._workers <= 0 or len(self._busy) < self._workers):
            job = self._queue.popleft()
            if job.is_abandoned:
                continue
            self._busy[job] = None
            # Before whoever waits for it goes on, the worker is free.
            job.callbacks.insert(0, self._finish)
            job.fire(job.order, rules.ns_of(job.work_s / self.speed))

    def _finish(self, event: Event) -> None:
        if isinstance(event, Job) and event in self._busy:
            del self._busy[event]
            self._start()


class Bucket:
    """Token bucket; full at the start of a play."""

    def __init__(self, rate_per_s: float, capacity: float, start_ns: int) -> None:
        self._rate_per_s = rate_per_s
        self._capacity = capacity
        self._level = capacity
        self._last_ns = start_ns

    def take(self, now_ns: int) -> bool:
        """Take a token if there is one."""
        taken, self._level, self._last_ns = rules.take_token(
            self._level, self._last_ns, now_ns, rate_per_s=self._rate_per_s, capacity=self._capacity
        )
        return taken


class Site:
    """One site: what it answers, who it serves, and who is connected to it.

    Parameters
    ----------
    number : int
        Index in the topology.
    front_end : FrontEnd
        Its workers.
    read_bucket, write_bucket : Bucket or None
        Tokens; None = no limit.
    """

    def __init__(self, number: int, front_end: FrontEnd, *, read_bucket: Bucket | None, write_bucket: Bucket | None):
        self.number = number
        self.front_end = front_end
        self.admission = [int(Admission.OK)] * len(Operation)
        self.live: dict[int, Request] = {}
        self._buckets = (read_bucket, write_bucket)

    def answer(self, operation: int, now_ns: int, *, is_write: bool, is_missing: bool = False) -> int:
        """`Outcome` of an HTTP request that reaches the site now; takes its token."""
        admission = self.admission[operation]
        bucket = self._buckets[is_write]
        # A host that is down counts nothing.
        has_token = bucket is None or admission == Admission.UNREACHABLE or bucket.take(now_ns)
        return rules.answer(admission, has_token=has_token, is_missing=is_missing)

    def kill(self) -> None:
        """Break what is in flight: every request connected to the site fails."""
        self.front_end.clear()
        live, self.live = self.live, {}
        # By request, not by who connected first.
        for number in sorted(live):
            live[number].break_off(None)
