"""Options that several commands share, and what they mean as settings of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from georep_sim.scenario import Scenario

ScenarioFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="Scenario file (YAML).", show_default=False)
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Set one value of the scenario; may be repeated.", show_default=False
    ),
]
Cases: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--case", metavar="NAME", help="Only this case; may be repeated.", show_default=False),
]
Designs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--design", metavar="NAME", help="Only this design; may be repeated.", show_default=False),
]


def overrides(settings: Iterable[str] | None, shorthand: Mapping[str, object] | None = None) -> dict[str, object]:
    """Settings by path, in order; the shorthand options (``--seed`` …) come last.

    Parameters
    ----------
    settings : iterable of str or None
        As written: ``PATH=VALUE``. The value is read as YAML, so ``null`` removes and ``[a, b]`` is a list.
    shorthand : mapping of str to object, optional
        Path to value; None = not given.

    Raises
    ------
    InputError
        If a setting has no ``=`` or no path.

    Examples
    --------
    >>> overrides(["designs.all.route.ttl=10 s"], {"run.seed": 3, "run.horizon": None})
    {'designs.all.route.ttl': '10 s', 'run.seed': '3'}
    """
    found: dict[str, object] = {}
    for setting in settings or ():
        path, equals, value = setting.partition("=")
        if not equals or not path.strip():
            msg = f"--set {setting!r}: expected PATH=VALUE, for example designs.all.route.ttl='10 s'"
            raise InputError(msg)
        found[path.strip()] = value.strip()
    return found | {path: str(value) for path, value in (shorthand or {}).items() if value is not None}


def selected(scenario: Scenario, cases: list[str] | None, designs: list[str] | None) -> Scenario:
    """Only the cases and designs named; everything where none is."""
    if not cases and not designs:
        return scenario
    return scenario.select(cases=cases or None, designs=designs or None)
