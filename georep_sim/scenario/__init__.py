"""The scenario: one file, read, merged with its presets, checked, and held in SI units."""

from georep_sim.scenario.design import Design, Edge, Site
from georep_sim.scenario.environment import Environment, Link, Region
from georep_sim.scenario.faults import Fault, HistoryRow
from georep_sim.scenario.measures import Measures
from georep_sim.scenario.model import Case, Run
from georep_sim.scenario.profile import Profile
from georep_sim.scenario.scenario import Origin, Scenario, load
from georep_sim.scenario.workload import Burst, Client, Content, Workload

__all__ = [
    "Burst",
    "Case",
    "Client",
    "Content",
    "Design",
    "Edge",
    "Environment",
    "Fault",
    "HistoryRow",
    "Link",
    "Measures",
    "Origin",
    "Profile",
    "Region",
    "Run",
    "Scenario",
    "Site",
    "Workload",
    "load",
]
