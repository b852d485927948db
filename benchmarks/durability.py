"""How fast losses are simulated: eleven nines with an interval, and plain trials without bias.

Run ``python benchmarks/durability.py``. Prints, after compilation, for one core:

- CPU seconds to 5 % (half width of the 95 % interval) for probabilities from 1e-4 to 1e-16; the aim is 1 s at 1e-11;
- plain trials of one year: 100 disks in ten 8+2 groups, 5 % of disks failing a year, 20 TB rebuilt at 100 MB/s; the
  aim is 1.5 million system-years per CPU second.
"""

from __future__ import annotations

import sys
import time

from georep_sim.intervals import clopper_pearson
from georep_sim.laws import Constant, Exponential, Lognormal, Weibull
from georep_sim.loss import trials
from georep_sim.loss.biased import simulate
from georep_sim.loss.model import Crews, Fleet, Group

_DAY_Y = 1 / 365.25
_YEAR_S = 365.25 * 86_400.0


def fleets() -> dict[str, Fleet]:
    """Return what is simulated with bias, by name."""
    day, rare = Exponential(_DAY_Y), Exponential(50.0)
    age = Weibull.from_mean(20.0, 2.0)
    return {
        "three copies, 1e-4": Fleet(Group(3, 2, Exponential(1.0), Exponential(1 / 173.2)), 3),
        "three copies, 1e-11": Fleet(Group(3, 2, rare, Exponential(1 / 1549)), 3),
        "8+4, 1e-15": Fleet(Group(12, 4, rare, day), 12),
        "8+4, one crew": Fleet(Group(12, 4, rare, day, repairs=Crews(1)), 12),
        "8+4, ages, lognormal rebuilds": Fleet(Group(12, 4, age, Lognormal.from_mean_cv(_DAY_Y, 1.0)), 12),
        "hundred 8+2 groups": Fleet(Group(10, 2, Exponential(20.0), Exponential(0.01)), 1000),
    }


def ten_groups() -> Fleet:
    """Return a hundred disks in ten 8+2 groups."""
    return Fleet(Group(10, 2, Exponential(1 / 0.05), Constant(20e12 / 100e6 / _YEAR_S)), disks=100)


def main(plain: int) -> None:
    """Time and print."""
    compiled = ten_groups()
    trials.losses(compiled, trials=1)
    simulate(compiled, max_copies=1_000)
    print(f"{'with bias, to 5 %':32s}  CPU s   any loss a year        copies")
    for name, fleet in fleets().items():
        began_s = time.process_time()
        result = simulate(fleet, seed=1)
        took_s = time.process_time() - began_s
        found = result.any_loss
        half = 0.5 * (found.high - found.low) / found.value
        print(
            f"{name:32s}  {took_s:5.2f}  {found.value:9.3e} +- {100 * half:4.1f} %  {result.effort.copies:8d}",
            flush=True,
        )
    began_s = time.process_time()
    lost = trials.losses(compiled, trials=plain)
    took_s = time.process_time() - began_s
    interval = clopper_pearson(lost, plain)
    print(f"plain trials: {plain / took_s / 1e6:.2f} million system-years per CPU second")
    print(f"  any loss a year {interval.value:.2e} [{interval.low:.2e}, {interval.high:.2e}] from {plain} trials")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
