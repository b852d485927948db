"""Where tasks are done: in this process, or in several on this machine. Results come back in task order."""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from georep_sim.errors import SimulationError
from georep_sim.study import losses
from georep_sim.study.tasks import Piece, Task, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from typing import Self

    from georep_sim.scenario import Scenario
    from georep_sim.world.budget import Engine


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    done, total : int
        Replications finished and to do, timelines counted as what they cost next to traffic.
    what : str
        What has just been finished.
    """

    done: float
    total: float
    what: str


# What one replication costs next to one with traffic; only the progress bar and the order of tasks read it.
_COST = {"timelines": 0.01, "traffic": 1.0, "losses": 1.0}


def cost_of(task: Task) -> float:
    """Rough cost of a task, in replications with traffic."""
    return task.count * _COST[task.level]


def execute(
    scenario: Scenario,
    tasks: Sequence[Task],
    *,
    jobs: int,
    engine: Engine = "compiled",
    progress: Callable[[Progress], None] | None = None,
) -> tuple[dict[Task, Piece], bool]:
    """Do all tasks.

    Parameters
    ----------
    scenario : Scenario
        Handed to each worker once.
    tasks : sequence of Task
        What to do.
    jobs : int
        Worker processes; 1 = in this process.
    engine : str, default "compiled"
        Data plane.
    progress : callable or None
        Told after each task.

    Returns
    -------
    dict of Task to Piece
        What was finished.
    bool
        Whether that is everything; False after an interrupt (SIGINT).
    """
    done: dict[Task, Piece] = {}
    total = sum(map(cost_of, tasks))
    clock = 0.0

    def tell(task: Task) -> None:
        """Report a finished task, unless the user has asked to stop."""
        nonlocal clock
        interrupts.raise_if_any()
        clock += cost_of(task)
        if progress is not None:
            progress(Progress(clock, total, task.what))

    with Interrupts() as interrupts:
        try:
            if engine == "compiled" and any(task.level == "traffic" for task in tasks):
                _compile(scenario, total, progress)
                interrupts.raise_if_any()
            if any(task.answers == "both" for task in tasks):
                losses.make_ready(lambda: progress and progress(Progress(0.0, total, losses.COMPILING)))
                interrupts.raise_if_any()
            if jobs == 1:
                for task in tasks:
                    done[task] = perform(scenario.cases[task.case], task, engine=engine)
                    tell(task)
            else:
                _in_processes(_Work(scenario, engine), tasks, jobs, done, tell)
        except KeyboardInterrupt:
            return done, False
    return done, True


def _compile(scenario: Scenario, total: float, progress: Callable[[Progress], None] | None) -> None:
    """Compile the data plane, or load what was compiled before: once, before workers start, which then have it too."""
    from georep_sim.world.ready import is_ready, make_ready  # noqa: PLC0415  (numba is costly to import)

    if progress is not None and not is_ready():
        progress(Progress(0.0, total, "compiling the data plane, once on this machine (half a minute)"))
    make_ready(next(case for case in scenario.cases.values() if case.workload is not None))


class Interrupts:
    """Remember SIGINT as well as raising it: an extension module may swallow what is raised inside a callback."""

    def __init__(self) -> None:
        self._seen = False
        self._before: Any = None

    def __enter__(self) -> Self:
        with contextlib.suppress(ValueError):  # not the main thread, which alone is interrupted
            self._before = signal.signal(signal.SIGINT, self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _notice(self, _number: int, _frame: object) -> None:
        self._seen = True
        raise KeyboardInterrupt

    def raise_if_any(self) -> None:
        """Raise KeyboardInterrupt if there was one that nobody heard of."""
        if self._seen:
            raise KeyboardInterrupt


@dataclass(frozen=True)
class _Work:
    """What a worker process holds, handed over once."""

    scenario: Scenario
    engine: Engine


def _in_processes(
    work: _Work, tasks: Sequence[Task], jobs: int, done: dict[Task, Piece], tell: Callable[[Task], None]
) -> None:
    # Longest first: traffic before timelines, so that no worker is left with a long task at the end.
    order = sorted(tasks, key=cost_of, reverse=True)
    pool = ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(work,))
    try:
        waiting: dict[Future[Piece], Task] = {pool.submit(_in_worker, task): task for task in order}
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                task = waiting.pop(future)
                done[task] = future.result()
                tell(task)
    except BrokenProcessPool as error:
        msg = "a worker process died (killed, or out of memory); run with fewer --jobs, or fewer --replications"
        raise SimulationError(msg) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let an interrupt wait: what is finished is worth the few seconds that estimating it takes."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, which alone is interrupted
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Worker:
    """The process itself."""

    work: _Work | None = None


def _start_worker(work: _Work) -> None:
    # The parent decides what an interrupt means; a worker finishes or is ended by it.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.work = work


def _in_worker(task: Task) -> Piece:
    work = _Worker.work
    if work is None:
        msg = "worker started without a scenario"
        raise SimulationError(msg)
    return perform(work.scenario.cases[task.case], task, engine=work.engine)
