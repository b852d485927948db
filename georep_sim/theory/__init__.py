"""Closed forms: what the simulator must reproduce, and what the report prints beside it.

Nothing here knows the simulator. Times are in seconds and rates per second where a name says so; elsewhere any unit
will do, the same throughout a call. Small chances are returned as such, never as one minus them.
"""

from georep_sim.theory.availability import (
    YEAR_S,
    alternating_renewal_unavailability,
    outage_unavailability,
    quorum_unavailability,
)
from georep_sim.theory.counting import (
    binomial_cdf,
    poisson_cdf,
    rate_bound_without_events,
    sample_size,
)
from georep_sim.theory.downtime import (
    Bounds,
    budget_missed,
    total_sf,
    total_sf_bounds,
)
from georep_sim.theory.durability import (
    independent_copies_loss,
    independent_copies_mttdl,
    loss_within,
)
from georep_sim.theory.failover import (
    SumOfUniforms,
    client_moved,
    detected,
    drain_capacity_factor,
)
from georep_sim.theory.lag import (
    lost_per_year,
    mean_excess,
    oldest_age_quantile,
    oldest_age_sf,
)
from georep_sim.theory.link_queue import (
    md1_oldest_age_sf,
    md1_sojourn_sf,
    mg1_mean_sojourn,
    mm1_oldest_age_sf,
    mm1_sojourn_sf,
)
from georep_sim.theory.queues import (
    erlang_c,
    mmc_mean_wait,
    mmc_wait_sf,
    ps_mean_sojourn,
)
from georep_sim.theory.transfer import slow_start_rounds, slow_start_time

__all__ = [
    "YEAR_S",
    "Bounds",
    "SumOfUniforms",
    "alternating_renewal_unavailability",
    "binomial_cdf",
    "budget_missed",
    "client_moved",
    "detected",
    "drain_capacity_factor",
    "erlang_c",
    "independent_copies_loss",
    "independent_copies_mttdl",
    "loss_within",
    "lost_per_year",
    "md1_oldest_age_sf",
    "md1_sojourn_sf",
    "mean_excess",
    "mg1_mean_sojourn",
    "mm1_oldest_age_sf",
    "mm1_sojourn_sf",
    "mmc_mean_wait",
    "mmc_wait_sf",
    "oldest_age_quantile",
    "oldest_age_sf",
    "outage_unavailability",
    "poisson_cdf",
    "ps_mean_sojourn",
    "quorum_unavailability",
    "rate_bound_without_events",
    "sample_size",
    "slow_start_rounds",
    "slow_start_time",
    "total_sf",
    "total_sf_bounds",
]
