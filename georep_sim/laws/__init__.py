"""Laws of random quantities, applied by inversion.

A law turns a uniform number into a value with `Law.ppf`, which never decreases: draws move monotonically when a
parameter or the uniform number does. Values are not negative and have the unit of the parameters. There is one
implementation of each law, in plain floats; arrays are mapped through it, so that one value and many agree bit for
bit.
"""

from georep_sim.laws.base import Law
from georep_sim.laws.composed import Mixture, Truncated
from georep_sim.laws.elementary import Constant, Exponential, Uniform
from georep_sim.laws.gammas import Erlang, Gamma, Weibull
from georep_sim.laws.lognormal import Lognormal, lognormal_from_quantiles
from georep_sim.laws.normal import normal_cdf, normal_ppf
from georep_sim.laws.tabulated import Empirical, Quantiles, quantiles

__all__ = [
    "Constant",
    "Empirical",
    "Erlang",
    "Exponential",
    "Gamma",
    "Law",
    "Lognormal",
    "Mixture",
    "Quantiles",
    "Truncated",
    "Uniform",
    "Weibull",
    "lognormal_from_quantiles",
    "normal_cdf",
    "normal_ppf",
    "quantiles",
]
