"""The package's front door in Python: load a scenario, run it, read the results. Delegates only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from georep_sim import scenario as language
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from georep_sim.loss.durability import Durability
    from georep_sim.report.plot import LossPlots, Plots
    from georep_sim.scenario import Scenario
    from georep_sim.study.executors import Progress
    from georep_sim.study.losses import Answers
    from georep_sim.study.real_logs import RecordedLog
    from georep_sim.study.targets import Target
    from georep_sim.tables import Recording
    from georep_sim.world import budget

Engine = Literal["auto", "reference", "compiled"]


def load(source: str | Path | Mapping[str, Any], *, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    source : path, text or mapping
        A file, the text of one (it has a line break), or the same as Python values.
    overrides : mapping, optional
        Path to value, as ``--set``.

    Returns
    -------
    Scenario
        Frozen, resolved, in SI units.

    Raises
    ------
    ScenarioError
        With every problem of the file at once.
    """
    from georep_sim.measures.catalog import known_metrics  # noqa: PLC0415 - `georep explain` needs no numpy otherwise

    return language.load(source, overrides=overrides, known_metrics=known_metrics())


@dataclass(frozen=True)
class Results:
    """What a run found out.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
    metrics, comparisons : DataFrame
        Long form, columns of `tables.TABLES`.
    recordings : mapping of (str, str) to Recording
        What was recorded, by case and design.
    complete : bool
        False after an interrupt.
    provenance : dict
        Where the numbers come from; JSON-ready.
    losses : mapping of (str, str) to Durability
        How durable each design is and why, by case and design.
    """

    scenario: Scenario
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    recordings: Mapping[tuple[str, str], Recording]
    complete: bool
    provenance: dict[str, Any]
    losses: Mapping[tuple[str, str], Durability] = field(default_factory=dict)

    def table(self, *metrics: str, by: str = "") -> pd.DataFrame:
        """Wide table with intervals; see `report.tables.wide`."""
        from georep_sim.report.comparison import wide  # noqa: PLC0415

        return wide(self.metrics, metrics, by=by)

    def compare(self, a: str, b: str) -> pd.DataFrame:
        """Paired differences b - a with verdicts, long form."""
        from georep_sim.report.comparison import pair  # noqa: PLC0415

        return pair(self.comparisons, a, b)

    def recording(self, design: str, *, case: str | None = None) -> Recording:
        """What was recorded of one design."""
        return self.recordings[case or next(iter(self.scenario.cases)), design]

    def _repr_html_(self) -> str:
        from georep_sim.report.html import summary  # noqa: PLC0415

        return summary(self)

    @property
    def targets(self) -> Mapping[tuple[str, str], Target]:
        """Durability that the vendor designs for, of designs that are presets of a redundancy option, by case and design."""
        from georep_sim.study.targets import targets_of  # noqa: PLC0415

        return targets_of(self.scenario)

    @property
    def plot(self) -> Plots:
        """Plots by name: ``results.plot.nines(ax=ax)``."""
        from georep_sim.report.plot import Plots  # noqa: PLC0415

        return Plots(self)


@dataclass(frozen=True)
class DurabilityResults:
    """How likely data are lost, by what, and what it depends on.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
    metrics, comparisons : DataFrame
        Long form, columns of `tables.TABLES`: the metrics ``durability`` and ``loss_budget``.
    losses : mapping of (str, str) to Durability
        Everything that was found, by case and design: chains, sensitivities, what was left out.
    complete : bool
        False after an interrupt.
    provenance : dict
        Where the numbers come from; JSON-ready.
    """

    scenario: Scenario
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    losses: Mapping[tuple[str, str], Durability]
    complete: bool
    provenance: dict[str, Any]

    def table(self) -> pd.DataFrame:
        """Durability, one row per case, design and method, one column per statistic."""
        from georep_sim.report.lost import durability_frame  # noqa: PLC0415

        return durability_frame(self.metrics)

    def budget(self, *, method: str = "") -> pd.DataFrame:
        """Annual loss probability of a blob by cause: one row per case and cause, one column per design.

        Parameters
        ----------
        method : {"", "exact", "phase_type", "simulated"}
            Which answer; default the most exact of each design.
        """
        from georep_sim.report.lost import budget_frame  # noqa: PLC0415

        return budget_frame(self.metrics, method=method)

    @property
    def targets(self) -> Mapping[tuple[str, str], Target]:
        """Durability that the vendor designs for, of designs that are presets of a redundancy option, by case and design."""
        from georep_sim.study.targets import targets_of  # noqa: PLC0415

        return targets_of(self.scenario)

    @property
    def plot(self) -> LossPlots:
        """Plots by name: ``results.plot.budget(ax=ax)``, ``results.plot.tornado("three-copies")``."""
        from georep_sim.report.plot import LossPlots  # noqa: PLC0415

        return LossPlots(self)

    def _repr_html_(self) -> str:
        from georep_sim.report.html import loss_summary  # noqa: PLC0415

        return loss_summary(self)


def run(
    scenario: Scenario | str | Path | Mapping[str, Any],
    *,
    replications: int | None = None,
    jobs: int | None = None,
    engine: Engine = "auto",
    progress: Callable[[Progress], None] | None = None,
    command: str = "",
) -> Results:
    """Run a scenario: every design in every case, on the same draws.

    Parameters
    ----------
    scenario : Scenario, path, text or mapping
        What to run.
    replications : int, optional
        Instead of the scenario's.
    jobs : int, optional
        Worker processes; default: the number of cores. The tables do not depend on it.
    engine : {"auto", "compiled", "reference"}
        Data plane; "auto" is the compiled one. The reference plane is slower by two orders of magnitude and plays less
        of the traffic for it.
    progress : callable, optional
        Told after each finished task.
    command : str
        For the provenance.

    Returns
    -------
    Results
        After an interrupt, of the finished replications.

    Raises
    ------
    ScenarioError
        If the scenario is wrong.
    InputError
        If it asks for more requests than `run.max_requests`, or for an engine that does not exist.
    SimulationError
        If a replication fails.
    """
    from georep_sim.study import provenance  # noqa: PLC0415
    from georep_sim.study.executors import execute, undisturbed  # noqa: PLC0415
    from georep_sim.study.loads import refuse_too_many_requests  # noqa: PLC0415
    from georep_sim.study.outcome import conclude  # noqa: PLC0415
    from georep_sim.study.tasks import tasks_of  # noqa: PLC0415
    from georep_sim.study.traces import traces_read  # noqa: PLC0415

    if engine not in {"auto", "compiled", "reference"}:
        msg = f"engine {engine!r}: expected auto, compiled or reference"
        raise InputError(msg)
    plane: budget.Engine = "reference" if engine == "reference" else "compiled"
    asked = scenario if isinstance(scenario, language.Scenario) else load(scenario)
    if replications is not None:
        asked = asked.set({"run.replications": replications})
    with traces_read(asked) as traced:
        asked = traced.scenario
        refuse_too_many_requests(asked, engine=plane)
        tasks = [task for case in asked.cases.values() for task in tasks_of(case)]
        workers = min(jobs or os.cpu_count() or 1, len(tasks))
        done, complete = execute(asked, tasks, jobs=workers, engine=plane, progress=progress)
        with undisturbed():
            found = conclude(asked, done)
    origin = provenance.provenance(asked, complete=complete, engine=plane, command=command, logs=traced.logs)
    return Results(asked, found.metrics, found.comparisons, found.recordings, complete, origin, found.losses)


def durability(
    scenario: Scenario | str | Path | Mapping[str, Any],
    *,
    designs: Collection[str] | None = None,
    case: str | None = None,
    simulated: bool = True,
    jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    command: str = "",
) -> DurabilityResults:
    """How likely each design loses data within a year, by exact solution and by simulation, and by what.

    Parameters
    ----------
    scenario : Scenario, path, text or mapping
        Needs designs and faults; clients are not asked for.
    designs : collection of str, optional
        Only these.
    case : str, optional
        Only this; default all.
    simulated : bool, default True
        Whether to simulate beside the exact solution.
    jobs : int, optional
        Worker processes; default: the number of cores. The tables do not depend on it.
    progress : callable, optional
        Told after each finished design.
    command : str
        For the provenance.

    Returns
    -------
    DurabilityResults
        After an interrupt, of the finished designs.

    Raises
    ------
    ScenarioError
        If the scenario is wrong.
    InputError
        If there is no such design or case.
    """
    from georep_sim.study import provenance  # noqa: PLC0415
    from georep_sim.study.executors import execute, undisturbed  # noqa: PLC0415
    from georep_sim.study.outcome import conclude_losses  # noqa: PLC0415
    from georep_sim.study.tasks import loss_tasks_of  # noqa: PLC0415
    from georep_sim.study.traces import traces_read  # noqa: PLC0415

    asked = scenario if isinstance(scenario, language.Scenario) else load(scenario)
    if designs is not None or case is not None:
        asked = asked.select(cases=None if case is None else [case], designs=designs)
    answers: Answers = "both" if simulated else "exact"
    with traces_read(asked, for_content=True) as traced:
        asked = traced.scenario
        tasks = [task for one in asked.cases.values() for task in loss_tasks_of(one, answers=answers)]
        workers = min(jobs or os.cpu_count() or 1, len(tasks))
        done, complete = execute(asked, tasks, jobs=workers, progress=progress)
        with undisturbed():
            found = conclude_losses(asked, done)
    origin = provenance.provenance(asked, complete=complete, engine="losses", command=command, logs=traced.logs)
    return DurabilityResults(asked, found.metrics, found.comparisons, found.losses, complete, origin)


def read_log(
    files: str | Path | Iterable[str | Path],
    clients: Mapping[str, str] | None = None,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    strict: bool = False,
    deadline_s: float | None = None,
    by: str = "hour",
) -> RecordedLog:
    """Read the log of a real registry, to be measured as a run is: ``gs.measures.availability(gs.read_log(...))``.

    Parameters
    ----------
    files : path, glob, or iterable of them
        Plain, gzip or zstd; read in the order of names, in memory that does not grow with their length.
    clients : mapping of str to str, optional
        Range of addresses (``10.1.0.0/16``, or ``else``) to region; all clients together by default.
    format : str, optional
        Found out from the first lines by default; ibm-json, distribution-json, distribution-text, nginx-combined or csv.
    columns : mapping of str to str, optional
        Of a CSV file: names of its columns, by ours.
    strict : bool, default False
        Make the first wrong line an error; else they are counted in `RecordedLog.sentences`.
    deadline_s : float, optional
        Of pulls and pushes; the scenario language's defaults.
    by : {"hour", "day"}
        Stretches of time that intervals resample.

    Returns
    -------
    RecordedLog
        A `Recording`; its `metrics` are availability and latency with intervals.

    Raises
    ------
    InputError
        If there is no such file, no known format, or nothing to judge.
    """
    from georep_sim.draws.sources.log import open_log  # noqa: PLC0415
    from georep_sim.study.real_logs import record_log  # noqa: PLC0415

    log = open_log(files, format=format, strict=strict, columns=columns)
    return record_log(log, clients, deadline_s=deadline_s, by=by)


def warnings_of(scenario: Scenario) -> list[str]:
    """What is odd in a scenario, and links, token buckets and front ends loaded above 80 % without any fault."""
    from georep_sim.scenario.checks import check  # noqa: PLC0415
    from georep_sim.study.loads import overloads  # noqa: PLC0415

    return [*map(str, check(scenario)), *overloads(scenario)]
