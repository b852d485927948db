"""``georep run``: simulate a scenario, print the comparison, write the report."""

from __future__ import annotations

import os
import shlex
import sys
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from georep_sim.cli.console import INTERRUPTED, note, show_case
from georep_sim.cli.options import Cases, Designs, ScenarioFile, Settings, overrides, selected
from georep_sim.cli.progress import Form, shown
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from georep_sim.api import Results


class Traffic(StrEnum):
    """How much of the traffic is played."""

    AUTO = "auto"
    FULL = "full"


class Engine(StrEnum):
    """Data planes; `auto` is the compiled one."""

    AUTO = "auto"
    REFERENCE = "reference"
    COMPILED = "compiled"


def run(
    scenario: ScenarioFile,
    *,
    case: Cases = None,
    design: Designs = None,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed; overrides run.seed.", show_default=False)] = None,
    horizon: Annotated[
        str | None, typer.Option(metavar="TIME", help="Length of a replication, such as '30 d'.", show_default=False)
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, help="Replications with traffic.", show_default=False)
    ] = None,
    traffic: Annotated[
        Traffic | None, typer.Option(help="Play windows of it, or all of it.", show_default=False)
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Data plane.")] = Engine.AUTO,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one per core.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for report, tables and plots.", show_default=False)
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the run that DIR holds.")] = False,
    progress: Annotated[Form, typer.Option(help="How progress is shown, on standard error.")] = Form.AUTO,
    resume: Annotated[bool, typer.Option("--resume", hidden=True)] = False,
    executor: Annotated[str, typer.Option(hidden=True)] = "local",
    address: Annotated[str | None, typer.Option(hidden=True)] = None,
    require: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Simulate SCENARIO and compare its designs."""
    _refuse_unbuilt(resume=resume, executor=executor, address=address, require=require)
    from georep_sim import api  # noqa: PLC0415 - numpy and pandas, after the cheap checks
    from georep_sim.study import store  # noqa: PLC0415

    if out is not None:
        store.prepare(out, replace=replace)
    shorthand = {"run.seed": seed, "run.horizon": horizon, "run.replications": replications, "run.traffic": traffic}
    asked = selected(api.load(scenario, overrides=overrides(settings, shorthand)), case, design)
    with shown(progress) as tell:
        results = api.run(
            asked,
            jobs=jobs or cores(),
            progress=tell,
            engine=engine.value,
            command=shlex.join(["georep", *sys.argv[1:]]),
        )
    if out is not None:
        # First of all: should printing or drawing fail or be interrupted, the numbers are safe.
        store.write_tables(out, results.metrics, results.comparisons, results.provenance)
    for remark in dict.fromkeys(text for log in results.provenance.get("logs", {}).values() for text in log["remarks"]):
        note(f"log: {remark}")
    _print(results)
    if out is not None:
        _draw(results, out)
    if not results.complete:
        note("interrupted: the numbers above come from the replications that were finished")
        raise typer.Exit(INTERRUPTED)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _refuse_unbuilt(*, resume: bool, executor: str, address: str | None, require: str | None) -> None:
    asked = {
        "--resume": resume,
        f"--executor {executor}": executor != "local",
        "--address": address is not None,
        "--require": require is not None,
    }
    unbuilt = [option for option, given in asked.items() if given]
    if unbuilt:
        msg = f"{', '.join(unbuilt)}: not supported yet; leave it out"
        raise InputError(msg)


def _print(results: Results) -> None:
    from georep_sim.report.period import periods_of  # noqa: PLC0415 - as above
    from georep_sim.report.table import headline_table  # noqa: PLC0415
    from georep_sim.report.verdict import verdicts  # noqa: PLC0415

    cases = list(results.scenario.cases)
    for name in cases:
        periods = periods_of(results, name)
        answers = verdicts(results.metrics, results.comparisons, name, periods=periods)
        table = headline_table(results.metrics, results.comparisons, name, periods=periods)
        show_case(answers, table, heading=f"case {name}" if len(cases) > 1 else "")


def _draw(results: Results, folder: Path) -> None:
    from georep_sim import report  # noqa: PLC0415 - matplotlib, only for --out

    written = report.write(results, folder)
    note(f"report: {written[0]}")
