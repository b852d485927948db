"""Chance from outside the system: fault windows, arrivals, images, clients.

Everything here is a pure function of the scenario's facts, a seed and a replication, addressed as `georep_sim.noise`
says. No design takes part: two designs that meet the same draws are a paired comparison.
"""
