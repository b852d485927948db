"""A case whose requests come from a log: the log read once, its numbers filled in, its arrivals for a replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from georep_sim.draws.bursts import bursts_of
from georep_sim.draws.fit.content import content_of
from georep_sim.draws.fit.observed import observe
from georep_sim.draws.sources.groups import ClientGroups
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.spool import open_spool, spool_trace
from georep_sim.draws.sources.trace import arrivals_of_trace
from georep_sim.errors import Problem, ScenarioError, SimulationError

if TYPE_CHECKING:
    from pathlib import Path

    from georep_sim.draws.sources.log import Log
    from georep_sim.draws.sources.spool import Spool
    from georep_sim.draws.sources.trace import TraceArrivals
    from georep_sim.scenario import Case
    from georep_sim.scenario.trace import Trace
    from georep_sim.scenario.workload import Workload


@dataclass(frozen=True)
class Replay:
    """A case with the numbers that its log tells.

    Parameters
    ----------
    case : Case
        Rates are means over the run; content is the log's where it was asked for.
    log : Log
        What was read.
    spool : Spool
        The log's pulls and pushes.
    """

    case: Case
    log: Log
    spool: Spool


def replayed(case: Case, folder: Path) -> Replay:
    """Read the log of a case.

    Parameters
    ----------
    case : Case
        Its workload has a trace.
    folder : Path
        Where the log's pulls and pushes go; must stay as long as the case is played. A folder that holds those of the
        same trace already is used as it is.

    Raises
    ------
    ScenarioError
        If a group has no pull and no push in the log, or the run none at all.
    InputError
        If the log cannot be read, has neither pull nor push, or does not cover the run.
    """
    workload, trace = _traced(case)
    log = open_log(trace.files or trace.pattern, format=trace.format)
    # In the order of the case's groups: rows refer to them by index.
    order = list(workload.clients)
    ranges = dict(sorted(trace.clients.items(), key=lambda item: order.index(item[1])))
    if not any(folder.iterdir()):
        spool_trace(log, ranges, folder=folder)
    spool = open_spool(str(folder))
    _refuse_silent_groups(trace, spool)
    known = trace.model_copy(update={"spool": str(folder)})
    case = case.model_copy(update={"workload": workload.model_copy(update={"trace": known})})
    return Replay(_filled(case, log, ranges), log, spool)


def _filled(case: Case, log: Log, ranges: dict[str, str]) -> Case:
    workload, trace = _traced(case)
    rates = traced_arrivals(case, seed=case.run.seed, replication=0, with_bursts=False).rates_per_s
    if not rates.any():
        what = "no pull and no push of the log lies within the run"
        expected = "run.start and run.horizon within the log"
        raise ScenarioError([Problem(what, "workload.trace.file", value=trace.file, expected=expected)])
    changes: dict[str, dict[str, Any]] = {
        name: {"pulls": pulls, "pushes": pushes}
        for name, (pulls, pushes) in zip(workload.clients, rates.tolist(), strict=True)
    }
    content = workload.content
    if content.source is not None:
        seen = observe(log, ClientGroups(ranges))
        content = content_of(seen)
        for group in seen.groups:
            if workload.clients[group.name].warm_share is None and group.pulls:
                changes[group.name]["warm_share"] = group.warm / group.pulls
    clients = {name: client.model_copy(update=changes[name]) for name, client in workload.clients.items()}
    return case.model_copy(update={"workload": workload.model_copy(update={"clients": clients, "content": content})})


def traced_arrivals(
    case: Case, *, seed: int, replication: int, until_s: float = 0.0, with_bursts: bool = True
) -> TraceArrivals:
    """Return the arrivals of a case whose log was read, to be drawn window by window.

    Parameters
    ----------
    case : Case
        Of a `Replay`.
    seed, replication : int
        Address of the draws: of bursts, and of copies where the scale is not 1.
    until_s : float, default 0
        As for `arrivals_of_trace`.
    with_bursts : bool, default True
        Whether the workload's bursts come on top.

    Raises
    ------
    SimulationError
        If its log was not read.
    """
    _, trace = _traced(case)
    if not trace.spool:
        msg = f"case {case.name}: the log {trace.file!r} was not read; play it by `georep_sim.run`"
        raise SimulationError(msg)
    horizon_s = max(case.run.horizon, until_s)
    return arrivals_of_trace(
        open_spool(trace.spool),
        start=case.run.start,
        horizon_s=case.run.horizon,
        scale=trace.scale,
        repeat=trace.repeat,
        until_s=until_s,
        bursts=bursts_of(case, seed=seed, replication=replication, until_s=horizon_s) if with_bursts else (),
        seed=seed,
        replication=replication,
    )


def _traced(case: Case) -> tuple[Workload, Trace]:
    workload = case.workload
    if workload is None or workload.trace is None:
        msg = f"case {case.name} has no trace"
        raise ValueError(msg)
    return workload, workload.trace


def _refuse_silent_groups(trace: Trace, spool: Spool) -> None:
    problems = []
    for cohort, name in enumerate(spool.cohorts):
        if spool.by_hour[:, cohort].any():
            continue
        ranges = [text for text, group in trace.clients.items() if group == name]
        problems.append(
            Problem(
                f"no pull and no push of {name!r} in {trace.name or trace.file}",
                path="workload.trace.clients",
                value=", ".join(ranges),
                expected="a range that clients of the log are in",
                remedy="; ".join(["leave the range out", *spool.sentences]),
            )
        )
    if problems:
        raise ScenarioError(problems)
