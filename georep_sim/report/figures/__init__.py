"""Figures: functions that draw a table into the axes they are given.

Each takes rows and an `Axes`, labels axes with units, draws intervals where there are any and returns nothing.
None shows, saves or touches global style; `plates` puts them together for a report.
"""

from georep_sim.report.figures.lag import backlog, lag
from georep_sim.report.figures.latency import latency_curves
from georep_sim.report.figures.losses import loss_budget, tornado
from georep_sim.report.figures.money import cost_stack
from georep_sim.report.figures.nines import loss_nines, unavailability
from georep_sim.report.figures.timeline import availability_timeline
from georep_sim.report.figures.world_map import region_map

__all__ = [
    "availability_timeline",
    "backlog",
    "cost_stack",
    "lag",
    "latency_curves",
    "loss_budget",
    "loss_nines",
    "region_map",
    "tornado",
    "unavailability",
]
