"""Measures: deadlines, what counts as recovered, and objectives."""

from __future__ import annotations

from typing import ClassVar, Literal

from georep_sim.scenario.fields import Model, block, key, open_map
from georep_sim.scenario.metric_names import SloMap
from georep_sim.scenario.values import Duration, Share


class Deadline(Model):
    """Time within which a request must have been answered to count as good."""

    atom: ClassVar[bool] = True

    pull: Duration = key("60 s~", "of a pull")
    push: Duration = key("5 min~", "of a push")


class Recovered(Model):
    """When an episode counts as over."""

    share: Share = key("99 %", "share of the success probability before the fault")
    over: Duration = key("60 s", "time for which it must hold")


class Measures(Model):
    """How results are judged."""

    deadline: Deadline = block(Deadline, "time within which an answer is good")
    recovered: Recovered = block(Recovered, "when access counts as recovered")
    month: Literal["calendar"] = key("calendar", "months of `worst_month`, UTC")
    slo: SloMap = open_map("objectives: the worst value that is still good")
