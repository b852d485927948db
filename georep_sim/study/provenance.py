"""What a result came from: versions, scenario, seed, command, so that it can be made again."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.scenario import Scenario

_LIBRARIES = ("simpy", "numpy", "pandas", "scipy", "matplotlib", "networkx", "pydantic", "ruamel.yaml", "pyarrow")


def provenance(
    scenario: Scenario,
    *,
    complete: bool,
    engine: str,
    command: str = "",
    logs: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Describe where the tables of a run come from.

    Parameters
    ----------
    scenario : Scenario
        As run: with every override laid over it.
    complete : bool
        False after an interrupt: the tables hold the finished replications only.
    engine : str
        Data plane that played.
    command : str
        Command line, where there was one.
    logs : mapping of str to dict, optional
        What was read of logs, by case with a trace; see `study.traces`.

    Returns
    -------
    dict
        JSON-ready. `tables` are equal for equal `scenario`, `logs`, `georep_sim`, `libraries` and `platform.machine`;
        the number of workers is not here because it changes nothing.
    """
    return {
        "georep_sim": metadata.version("georep-sim"),
        "georep": 1,
        "complete": complete,
        "engine": engine,
        "command": command,
        "scenario": {
            "file": str(scenario.file) if scenario.file is not None else None,
            "digest": scenario.digest,
            "question": scenario.question,
            "overrides": dict(scenario.overrides),
            "resolved": {name: scenario.resolved(name) for name in scenario.cases},
        },
        "runs": {
            name: {
                "seed": case.run.seed,
                "replications": case.run.replications,
                "timelines": case.run.timelines,
                "horizon_s": case.run.horizon,
                "start": case.run.start.isoformat(),
            }
            for name, case in scenario.cases.items()
        },
        "logs": dict(logs or {}),
        "python": sys.version.split()[0],
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }
