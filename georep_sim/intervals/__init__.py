"""Intervals for every kind of estimate the simulator makes.

Counts get exact (conservative) intervals; damages and extremes get a bootstrap of whole replications; shares, means that
are ratios and pooled quantiles get limits from how replications vary, on a scale that keeps them possible; rare faults get the product of a rate and a damage. None has zero width: where the data show no spread, what comes
back is a bound, and its note says so. All randomness is addressed, so that the same data give the same interval.
"""

from georep_sim.intervals.bootstrap import expanded_percentile, resample_weights
from georep_sim.intervals.counts import clopper_pearson, poisson
from georep_sim.intervals.episodes import few_events, rate_times_damage
from georep_sim.intervals.interval import Interval, sum_of
from georep_sim.intervals.samples import PairingGain, student_t, variance_ratio

__all__ = [
    "Interval",
    "PairingGain",
    "clopper_pearson",
    "expanded_percentile",
    "few_events",
    "poisson",
    "rate_times_damage",
    "resample_weights",
    "student_t",
    "sum_of",
    "variance_ratio",
]
