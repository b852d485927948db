"""A case: everything one run of the simulator needs, resolved and in SI."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from georep_sim.scenario.design import Design
from georep_sim.scenario.environment import Environment
from georep_sim.scenario.faults import Fault
from georep_sim.scenario.fields import Model, block, derived, entries, key
from georep_sim.scenario.measures import Measures
from georep_sim.scenario.moments import Date
from georep_sim.scenario.values import Count, Duration, Positive
from georep_sim.scenario.workload import Workload


class Run(Model):
    """How long and how often is played."""

    unbuilt: ClassVar[frozenset[str]] = frozenset({"until", "at_most"})

    timelines: Positive = key(2000, "timelines of the control state")
    start: Date = key("2027-01-04", "a Monday")
    horizon: Duration = key("1 y", "simulated time")
    replications: Positive = key(20, "replications with traffic")
    seed: Count = key(1, "seed")
    traffic: Literal["auto", "full"] = key("auto", "sampled windows, or every request")
    max_requests: Count | None = key(None, "most requests per design and case; not given: the engine's")
    warmup: Duration = key("0 s", "time left out of the measures")

    @property
    def end(self) -> datetime:
        """End of the horizon, UTC."""
        return self.start + timedelta(seconds=self.horizon)


class Case(Model):
    """One case of a scenario, under which every design is played."""

    name: str = derived("base", "the case's key")
    run: Run = block(Run, "how long and how often")
    environment: Environment = block(Environment, "regions, links, prices")
    workload: Workload | None = key(None, "what is asked of the registry")
    faults: Mapping[str, Fault] = entries("what goes wrong")
    designs: Mapping[str, Design] = entries("what is compared")
    measures: Measures = block(Measures, "how results are judged")
