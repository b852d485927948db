"""``georep explain``: where every value comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from georep_sim.cli.console import say
from georep_sim.cli.options import ScenarioFile, Settings, overrides


def explain(
    scenario: ScenarioFile,
    *,
    case: Annotated[str | None, typer.Option(metavar="NAME", help="Case to explain.", show_default=False)] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Print a scenario without presets instead.")] = False,
    settings: Settings = None,
) -> None:
    """Show every value of SCENARIO with its origin."""
    from georep_sim import api  # noqa: PLC0415 - pydantic and numpy
    from georep_sim.scenario.describe import explain as explained  # noqa: PLC0415
    from georep_sim.scenario.describe import resolved_yaml  # noqa: PLC0415

    asked = api.load(scenario, overrides=overrides(settings))
    text = resolved_yaml(asked, case) if resolved else explained(asked, case)
    say(text.rstrip("\n"))
