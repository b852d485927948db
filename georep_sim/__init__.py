"""Simulate geo-redundant and geo-replicated container registries and compare them, with intervals.

The public names are loaded when first used (PEP 562), so that ``import georep_sim`` and ``georep --help`` cost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from georep_sim import measures
    from georep_sim.api import DurabilityResults, Results, durability, load, read_log, run
    from georep_sim.errors import GeoRepError, InputError, Problem, ScenarioError, SimulationError
    from georep_sim.scenario import Scenario

    __version__: str

__all__ = [
    "DurabilityResults",
    "GeoRepError",
    "InputError",
    "Problem",
    "Results",
    "Scenario",
    "ScenarioError",
    "SimulationError",
    "__version__",
    "durability",
    "load",
    "measures",
    "read_log",
    "run",
]

_HOME: Final = {
    "DurabilityResults": "api",
    "GeoRepError": "errors",
    "InputError": "errors",
    "Problem": "errors",
    "Results": "api",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "SimulationError": "errors",
    "durability": "api",
    "load": "api",
    "read_log": "api",
    "run": "api",
}


if not TYPE_CHECKING:  # a checker must refuse a misspelt name, which any module-level __getattr__ would let pass

    def __getattr__(name: str) -> object:
        """Load a public name from the module it lives in."""
        value: object
        if name == "__version__":
            value = import_module("importlib.metadata").version("georep-sim")
        elif name == "measures":
            value = import_module("georep_sim.measures")
        elif name in _HOME:
            value = getattr(import_module(f"georep_sim.{_HOME[name]}"), name)
        else:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Every public name, loaded or not."""
    return sorted({*globals(), *__all__})
