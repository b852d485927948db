"""``georep schema``: the JSON Schema of the scenario language, for editors."""

from __future__ import annotations

import json

from georep_sim.cli.console import say


def schema() -> None:
    """Print the JSON Schema of scenario files."""
    from georep_sim.scenario.describe import json_schema  # noqa: PLC0415 - pydantic

    say(json.dumps(json_schema(), indent=2, ensure_ascii=False))
