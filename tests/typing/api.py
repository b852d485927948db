"""Typical calls of the public names, as a user writes them; must type-check, is never run."""

from __future__ import annotations

import georep_sim as gs


def errors(error: gs.GeoRepError) -> list[str]:
    if isinstance(error, gs.ScenarioError):
        return [problem.remedy for problem in error.problems]
    return [str(error)]


def version() -> str:
    return gs.__version__


def run(file: str) -> gs.Results:
    scenario = gs.load(file, overrides={"run.seed": 7})
    faster = scenario.set({"designs.geo-replicated.health.every": "5 s"})
    every: float = faster.design("geo-replicated").health.every
    why: str = faster.why("designs.geo-replicated.health.every").text
    results = gs.run(faster, replications=int(every), jobs=2)
    results.compare("geo-replicated", "geo-redundant").query(f"verdict != '{why}'")
    results.table("availability.pull", "latency.pull.p99", by="region")
    return results


def real(files: str) -> list[str]:
    log = gs.read_log(files, {"10.1.0.0/16": "westeurope", "else": "northeurope"}, by="day")
    assert len(list(gs.measures.availability(log))) <= len(log.metrics)
    return list(log.sentences)
