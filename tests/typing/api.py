"""Typical calls of the public names, as a user writes them; must type-check, is never run."""

from __future__ import annotations

import georep_sim as gs


def errors(error: gs.GeoRepError) -> list[str]:
    if isinstance(error, gs.ScenarioError):
        return [problem.remedy for problem in error.problems]
    return [str(error)]


def version() -> str:
    return gs.__version__
