"""The data planes against queueing theory.

Budget of each test: alpha = 1e-6, that is |z| <= 4.89, over independent replications whose means are compared with
the closed form; warm-up is left out. Sizes are set so that an error of 15 % in the mean (a factor of 1.15 in the wait,
a share of 0.85 of a link) is caught.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.laws import Exponential, Mixture
from georep_sim.tables import NS_PER_S, Operation
from georep_sim.theory import mmc_mean_wait, mmc_wait_sf, ps_mean_sojourn
from support.plane_worlds import THERE, TRAFFIC, PlaneWorld

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from support.planes import Play

Z = 4.89
SEED = 20_270_104
INSTANT = {"rtt_s": 0.0}


def poisson(rng: np.random.Generator, rate_per_s: float, horizon_s: float) -> NDArray[np.int64]:
    count = rng.poisson(rate_per_s * horizon_s)
    return np.sort(rng.integers(0, round(horizon_s * NS_PER_S), count))


def pulls(times_ns: NDArray[np.int64], *, warm: bool) -> NDArray[np.void]:
    rows = np.zeros(len(times_ns), dtype=TRAFFIC)
    rows["time_ns"], rows["warm"] = times_ns, warm
    rows["image"] = rows["k"] = np.arange(len(times_ns))
    return rows


def z_of(means: list[float], expected: float) -> float:
    return (float(np.mean(means)) - expected) / (float(np.std(means, ddof=1)) / math.sqrt(len(means)))


@pytest.mark.parametrize("workers", [1, 3])
def test_front_end_makes_requests_wait_as_mmc_does(plane: Play, workers: int) -> None:
    service_s, load = 1.0, 0.7
    rate = load * workers / service_s
    warm_up_s, horizon_s, beyond_s = 150.0, 450.0, 1.5
    waits, tails = [], []
    for replication in range(100):
        rng = np.random.default_rng([SEED, workers, replication])
        rows = pulls(poisson(rng, rate, horizon_s), warm=True)
        world = PlaneWorld(
            laws=(Exponential(service_s),), site={"workers": workers, "read_law": 0}, seed=replication, images=1
        )
        rows["image"] = 0
        log = world.play(plane, rows)
        stays_s = (log.requests["end_ns"] - log.requests["arrival_ns"]) / NS_PER_S
        is_counted = rows["time_ns"] >= warm_up_s * NS_PER_S
        waits.append(float(stays_s[is_counted].mean()))
        # Waiting is not a column: a stay is a wait and an independent service.
        tails.append(float(np.mean(stays_s[is_counted] > beyond_s)))
    assert abs(z_of(waits, mmc_mean_wait(workers, arrivals_per_s=rate, service_s=service_s) + service_s)) < Z
    assert abs(z_of(tails, stay_sf(beyond_s, workers, rate, service_s))) < Z


def stay_sf(t_s: float, workers: int, rate: float, service_s: float) -> float:
    """P(wait + service > t), by integrating over the service."""
    steps = np.linspace(0.0, t_s, 20_001)
    density = np.exp(-steps / service_s) / service_s
    waits = [mmc_wait_sf(t_s - s, workers, arrivals_per_s=rate, service_s=service_s) for s in steps.tolist()]
    return math.exp(-t_s / service_s) + float(np.trapezoid(density * np.array(waits), steps))


def sizes_of(law: str, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    if law == "exponential":
        return rng.exponential(1e6, count)
    # Nine in ten are small; squared coefficient of variation 12.
    return np.where(rng.random(count) < 0.9, rng.exponential(0.2e6, count), rng.exponential(8.2e6, count))


@pytest.mark.parametrize("law", ["exponential", "heavy"])
def test_ideal_link_is_shared_by_flows_as_in_processor_sharing(plane: Play, law: str) -> None:
    capacity, utilisation = 1e6, 0.6
    warm_up_s, horizon_s = 200.0, 600.0
    slowdowns = []
    for replication in range(100):
        rng = np.random.default_rng([SEED, len(law), replication])
        times_ns = poisson(rng, utilisation, horizon_s)
        sizes = sizes_of(law, rng, len(times_ns))
        world = PlaneWorld(link={"capacity_Bps": capacity, **INSTANT}, sizes=sizes[:, None])
        log = world.play(plane, pulls(times_ns, warm=False), aim=(THERE,))
        stays_s = (log.requests["end_ns"] - log.requests["arrival_ns"]) / NS_PER_S
        is_counted = times_ns >= warm_up_s * NS_PER_S
        slowdowns.append(float((stays_s / sizes)[is_counted].mean()))
    # The mean stay is proportional to the size, and the law of sizes does not matter.
    per_byte_s = ps_mean_sojourn(1.0, arrivals_per_s=utilisation, mean_work=1e6, capacity_per_s=capacity)
    assert abs(z_of(slowdowns, per_byte_s)) < Z


def z_of_ratio(sums: list[float], counts: list[int], expected: float) -> float:
    """z of a mean per request, from independent plays: the sum over a play's requests expects `expected` for each."""
    beyond = np.array(sums) - expected * np.array(counts)
    return float(beyond.mean() / (beyond.std(ddof=1) / math.sqrt(len(beyond))))


def test_stay_on_a_shared_link_depends_on_the_size_alone(plane: Play) -> None:
    # M/G/1-PS: E[T(x)] = x / (C (1 - load)), for small and large ones alike. Standard errors over 100 plays are 2.2 %
    # and 3.0 %: an error of 18 % or 24 % is caught with power 0.999 (4.89 + 3.09 of them).
    capacity, utilisation = 1e6, 0.6
    warm_up_s, until_s, horizon_s = 200.0, 600.0, 700.0
    small, large = 0.4e6, 6.4e6
    sums: dict[float, list[float]] = {small: [], large: []}
    counts: dict[float, list[int]] = {small: [], large: []}
    for replication in range(100):
        rng = np.random.default_rng([SEED, 9, replication])
        times_ns = poisson(rng, utilisation, horizon_s)
        sizes = np.where(rng.random(len(times_ns)) < 0.9, small, large)
        world = PlaneWorld(link={"capacity_Bps": capacity, **INSTANT}, sizes=sizes[:, None])
        log = world.play(plane, pulls(times_ns, warm=False), aim=(THERE,))
        stays_s = (log.requests["end_ns"] - log.requests["arrival_ns"]) / NS_PER_S
        is_counted = (times_ns >= warm_up_s * NS_PER_S) & (times_ns < until_s * NS_PER_S)
        for size in (small, large):
            sums[size].append(float(stays_s[is_counted & (sizes == size)].sum()))
            counts[size].append(int(np.sum(is_counted & (sizes == size))))
    for size in (small, large):
        expected_s = ps_mean_sojourn(size, arrivals_per_s=utilisation, mean_work=1e6, capacity_per_s=capacity)
        assert abs(z_of_ratio(sums[size], counts[size], expected_s)) < Z


def test_one_worker_makes_requests_wait_as_mg1_does(plane: Play) -> None:
    # Pollaczek-Khinchine: mean wait = rate E[S^2] / (2 (1 - load)), here for services of squared coefficient of
    # variation 3. The standard error over 100 plays is 3.8 % of the mean stay: an error of 30 % is caught with power
    # 0.999; a wait without the variation would be half of it.
    law = Mixture((0.8, 0.2), (Exponential(0.5), Exponential(3.0)))
    rate, mean_s, square_s2 = 0.5, 1.0, 0.8 * 2.0 * 0.5**2 + 0.2 * 2.0 * 3.0**2
    warm_up_s, until_s, horizon_s = 150.0, 550.0, 600.0
    sums, counts = [], []
    for replication in range(100):
        rows = pulls(poisson(np.random.default_rng([SEED, 11, replication]), rate, horizon_s), warm=True)
        rows["image"] = 0
        world = PlaneWorld(laws=(law,), site={"workers": 1, "read_law": 0}, seed=replication, images=1)
        log = world.play(plane, rows)
        stays_s = (log.requests["end_ns"] - log.requests["arrival_ns"]) / NS_PER_S
        is_counted = (rows["time_ns"] >= warm_up_s * NS_PER_S) & (rows["time_ns"] < until_s * NS_PER_S)
        sums.append(float(stays_s[is_counted].sum()))
        counts.append(int(is_counted.sum()))
    expected_s = rate * square_s2 / (2.0 * (1.0 - rate * mean_s)) + mean_s
    assert abs(z_of_ratio(sums, counts, expected_s)) < Z


def test_copies_on_one_edge_wait_as_in_md1(plane: Play) -> None:
    # One worker, constant transfers: M/D/1, mean wait = load / (2 (1 - load)) services (Pollaczek-Khinchine).
    load, service_s = 0.7, 1.0
    waits = []
    for replication in range(100):
        rng = np.random.default_rng([SEED, 77, replication])
        rows = pulls(poisson(rng, load / service_s, 600.0), warm=False)
        rows["operation"], rows["new_layers"], rows["image"] = Operation.PUSH, 1, 0
        world = PlaneWorld(edges=({"source": 0, "destination": 1, "bandwidth_Bps": 1e6},), link=INSTANT)
        copies = world.play(plane, rows, copies_only=True).copies
        wait_s = (copies["start_ns"] - copies["ack_ns"]) / NS_PER_S
        waits.append(float(wait_s[copies["ack_ns"] > 150 * NS_PER_S].mean()))
    assert abs(z_of(waits, load / (2.0 * (1.0 - load)) * service_s)) < Z
