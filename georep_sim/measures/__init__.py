"""Pure functions from recorded tables to what can be estimated from them. They never see the simulator.

`availability` and `latency` need nothing but a recording: one of a run, or of the log of a real registry.
"""

from georep_sim.measures.availability import availability
from georep_sim.measures.latency import latency

__all__ = ["availability", "latency"]
