"""How fast losses are found: exactly by chains, simulated with an interval, and by plain trials without bias.

Run ``python -m benchmarks.durability``. Prints, after compilation, for one core, each with its aim:

- exact losses of groups of up to twelve fragments, with crews, detection, latent errors, lazy rebuilds, common causes
  and local codes: below 50 ms each;
- the exact loss within a year of a chain of 16,384 states with rebuilds of an hour: below 5 s;
- CPU seconds to 5 % (half width of the 95 % interval) for probabilities from 1e-4 to 1e-16: below 1 s at 1e-11;
- plain trials of one year: 100 disks in ten 8+2 groups, 5 % of disks failing a year, 20 TB rebuilt at 100 MB/s: at
  least 1.5 million system-years per CPU second.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

from georep_sim.intervals import clopper_pearson
from georep_sim.laws import Constant, Exponential, Lognormal, Weibull
from georep_sim.loss import trials
from georep_sim.loss.biased import simulate
from georep_sim.loss.chain import Lost, Move, explore
from georep_sim.loss.exact import group_loss
from georep_sim.loss.model import CommonCause, Crews, Fleet, Group, Latent
from georep_sim.loss.within import loss_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from georep_sim.loss.chain import Chain

_DAY_Y = 1 / 365.25
_YEAR_S = 365.25 * 86_400.0
_Found = TypeVar("_Found")


def exact_fleets() -> dict[str, Fleet]:
    """Return groups of up to twelve fragments, by name."""
    day, rare = Exponential(_DAY_Y), Exponential(50.0)
    fire = CommonCause("fire", 1 / 500, "zone")
    outage = CommonCause("outage", 1 / 10, "zone", lasts_y=Exponential(0.5 * _DAY_Y))
    scrubbed = Latent(0.03, Exponential(14 * _DAY_Y))
    return {
        "three copies": Fleet(Group(3, 2, rare, day), 3),
        "three copies over zones": Fleet(Group(3, 2, rare, day, over="zone"), 3, racks=3, zones=3, common=(outage, fire)),
        "6+3": Fleet(Group(9, 3, rare, day), 9),
        "8+4": Fleet(Group(12, 4, rare, day), 12),
        "8+4, one crew": Fleet(Group(12, 4, rare, day, repairs=Crews(1)), 12),
        "8+4, detection": Fleet(Group(12, 4, rare, day, detect_y=Exponential(1e-3)), 12),
        "8+4, lazy": Fleet(Group(12, 4, rare, day, starts_at=3), 12),
        "8+4, latent errors": Fleet(Group(12, 4, rare, day, latent=scrubbed), 12),
        "8+2+2": Fleet(Group(12, 3, rare, day, survives=(0.8,)), 12),
    }  # fmt: skip


def unlumped(disks: int = 14) -> Chain:
    """Return a chain of all subsets of unlike disks: data are lost with the last, or by a delete if half are gone."""
    rates = {f"disk {k}": 0.02 * (1.0 + 0.1 * k) for k in range(disks)} | {"rebuild": 8_766.0, "delete": 1.0}
    everything = (1 << disks) - 1

    def moves(gone: int) -> Iterator[Move]:
        for k in range(disks):
            if gone >> k & 1:
                yield Move(gone & ~(1 << k), 1.0, (("rebuild", 1),))
            else:
                after = gone | 1 << k
                yield Move(after, 1.0, ((f"disk {k}", 1),))
        yield Move(Lost("delete" if gone != everything else "disk"), 1e-3 * gone.bit_count(), (("delete", 1),))

    return explore(0, moves, rates=rates)


def timed(run: Callable[[], _Found]) -> tuple[float, _Found]:
    """Return CPU seconds and result."""
    began_s = time.process_time()
    found = run()
    return time.process_time() - began_s, found


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


def exactly() -> None:
    """Time what needs no simulation."""
    group_loss(Fleet(Group(2, 1, Exponential(10.0), Exponential(0.1)), 2), 1.0)
    print(f"{'exactly':32s}     ms   loss a year  states")
    for name, fleet in exact_fleets().items():
        took_s, loss = timed(lambda fleet=fleet: group_loss(fleet, 1.0))  # type: ignore[misc]  # bound now, not later
        print(f"{name:32s}  {1e3 * took_s:5.1f}  {loss.probability:12.4e}  {loss.states:6d}", flush=True)
    chain = unlumped()
    took_s, within = timed(lambda: loss_within(chain, 1.0))
    print(f"{len(chain.states)} states, rebuilds of 1 h: {took_s:.2f} s, loss a year {within.probability:.4e}")


def main(plain: int) -> None:
    """Time and print."""
    exactly()
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
