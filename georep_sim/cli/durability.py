"""``georep durability``: how likely data are lost, by what, and what would have to change."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from georep_sim.cli.console import INTERRUPTED, MISSED, note, say, show_section
from georep_sim.cli.options import Cases, Designs, ScenarioFile, Settings, overrides, selected
from georep_sim.cli.progress import Form, shown
from georep_sim.cli.run import cores
from georep_sim.errors import InputError

if TYPE_CHECKING:
    from georep_sim.api import DurabilityResults
    from georep_sim.scenario import Scenario
    from georep_sim.study.solve import Solution


def durability(
    scenario: ScenarioFile,
    *,
    case: Cases = None,
    design: Designs = None,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed; overrides run.seed.", show_default=False)] = None,
    exact_only: Annotated[bool, typer.Option("--exact-only", help="Simulate nothing.")] = False,
    target: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="Chance of losing a blob in a year to solve for, e.g. 1e-11.", show_default=False
        ),
    ] = None,
    solve_for: Annotated[
        str | None, typer.Option(metavar="PATH", help="Setting that is to give --target.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one per core.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for report, tables and plots.", show_default=False)
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the run that DIR holds.")] = False,
    progress: Annotated[Form, typer.Option(help="How progress is shown, on standard error.")] = Form.AUTO,
) -> None:
    """Say how likely each design of SCENARIO loses data within a year, and by what; needs no clients."""
    if (target is None) != (solve_for is None):
        msg = "--target and --solve-for go together: --target 1e-11 --solve-for designs.NAME.repair.detect"
        raise InputError(msg)
    if solve_for is not None and out is not None:
        msg = "--solve-for prints one value and writes nothing; leave --out out"
        raise InputError(msg)
    from georep_sim import api  # noqa: PLC0415 - numpy and pandas, after the cheap checks
    from georep_sim.study import store  # noqa: PLC0415

    if out is not None:
        store.prepare(out, replace=replace)
    asked = selected(api.load(scenario, overrides=overrides(settings, {"run.seed": seed})), case, design)
    if target is not None and solve_for is not None:
        _solve(asked, solve_for, target, named=bool(design), exact_only=exact_only)
        return
    with shown(progress) as tell:
        results = api.durability(
            asked,
            simulated=not exact_only,
            jobs=jobs or cores(),
            progress=tell,
            command=shlex.join(["georep", *sys.argv[1:]]),
        )
    if out is not None:
        # First of all: should printing or drawing fail or be interrupted, the numbers are safe.
        store.write_tables(out, results.metrics, results.comparisons, results.provenance)
    _print(results)
    if out is not None:
        _draw(results, out)
    if not results.complete:
        note("interrupted: the numbers above are of the designs that were finished")
        raise typer.Exit(INTERRUPTED)


def _print(results: DurabilityResults) -> None:
    from georep_sim.report.lost import sections  # noqa: PLC0415 - pandas

    cases = list(results.scenario.cases)
    for name in cases:
        if len(cases) > 1:
            say(f"\ncase {name}")
        for section in sections(results.metrics, results.losses, name, targets=results.targets):
            show_section(section)


def _draw(results: DurabilityResults, folder: Path) -> None:
    from georep_sim import report  # noqa: PLC0415 - matplotlib, only for --out

    written = report.write_losses(results, folder)
    note(f"report: {written[0]}")


def _solve(asked: Scenario, path: str, target: float, *, named: bool, exact_only: bool) -> None:
    from georep_sim.report.solved import told  # noqa: PLC0415 - pandas
    from georep_sim.study.solve import solve  # noqa: PLC0415 - numpy

    missed = False
    for case in asked.cases.values():
        for design in _designs(path, list(case.designs), named=named):
            answer: Solution = solve(
                asked, path, target, design=design, case=case.name, answers="exact_number" if exact_only else "number"
            )
            say(f"case {case.name}: {told(answer)}" if len(asked.cases) > 1 else told(answer))
            missed = missed or answer.found is None
    if missed:
        raise typer.Exit(MISSED)


def _designs(path: str, known: list[str], *, named: bool) -> list[str]:
    """Designs to solve for: those asked for, else the one that the path is of, else all."""
    from georep_sim.scenario.paths import split_path  # noqa: PLC0415 - as above

    keys = split_path(path)
    own = [name for name in known if keys[0] == "designs" and len(keys) > 1 and keys[1] == name]
    return known if named or not own else own
