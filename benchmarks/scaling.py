"""Cost of a flow event as flows and classes grow: it should hardly depend on either.

Run ``python -m benchmarks.scaling [--plane NAME] [--rounds N] [--events N] [--json FILE]``. Three sweeps on one core:

flows
    10 to 10,000 flows at a time on one link, one class.
links
    1,000 flows at a time, spread over 5, 50 and 500 links: as many classes that do not meet.
bottleneck
    1,000 flows at a time out of one site, from 5, 50 and 500 machines with different accesses, half of them narrower
    than the fair share: as many classes that all meet, and are shared out anew at every event.

A pull fetches one layer; nothing else takes time. Arrivals are evenly spaced and the flows begun at time 0 have evenly
spaced rests, so that one leaves whenever one comes and the number at a time stays what it is meant to be (what it was
is printed); sizes come in pairs that differ by up to half, mean unchanged, so that flows do not end in their order.
The cost is that of the second half of the events: the time of a whole play less that of its first half.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.record import pin_to_one_core, spread, write
from benchmarks.worlds import Group, World, planes, pulls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog

    Built = tuple[World, NDArray[Any]]

_FLOWS = (10, 100, 1_000, 10_000)
_CLASSES = (5, 50, 500)
_FLOWS_OF_CLASSES = 1_000
_SIZE_BYTES = 1e6
_CAPACITY = 1e9
# The body of its layer joins and leaves; that of the manifest is empty, and not sent.
_EVENTS_PER_PULL = 2
# Pairs of sizes in the catalogue.
_PAIRS = 512


def steady(flows: Sequence[int], rates: Sequence[float], arrivals: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Catalogue and traffic that keep so many flows of each group on their way.

    Parameters
    ----------
    flows : sequence of int
        Flows at a time of each group.
    rates : sequence of float
        What the flows of each group get together, in B/s.
    arrivals : int
        Pulls after those that are there from the start.

    Returns
    -------
    tuple of (ndarray of float64, ndarray)
        Layers of images, shape (n, 1), and traffic of pulls.
    """
    rng = np.random.default_rng(1)
    half = rng.uniform(0.0, 0.5, _PAIRS)
    catalogue = [np.column_stack([1.0 + half, 1.0 - half]).ravel() * _SIZE_BYTES]
    when, what, who = [], [], []
    share = np.asarray(rates) / np.sum(rates)
    for group, (there, rate) in enumerate(zip(flows, rates, strict=True)):
        # The rests of the flows there at time 0: 1/n, 2/n, ... of a size.
        first = sum(sizes.size for sizes in catalogue)
        catalogue.append(np.arange(1, there + 1) / there * _SIZE_BYTES)
        more = max(1, round(arrivals * share[group]))
        when += [np.zeros(there), (np.arange(1, more + 1) + group / len(flows)) * _SIZE_BYTES / rate]
        what += [first + np.arange(there), np.arange(more) % (2 * _PAIRS)]
        who += [np.full(there + more, group)]
    order = np.concatenate(what)
    traffic = pulls(np.concatenate(when), image=order, group=np.concatenate(who))
    return np.concatenate(catalogue)[:, None], traffic


def one_class(flows: int, arrivals: int) -> Built:
    """Return a world with one class of flows."""
    sizes, traffic = steady([flows], [_CAPACITY], arrivals)
    return World(sizes, egress_bytes_per_s=_CAPACITY, parallel=1), traffic


def spread_over_links(classes: int, arrivals: int) -> Built:
    """Return a world with a class on each of so many links."""
    each = _CAPACITY / classes
    sizes, traffic = steady([_FLOWS_OF_CLASSES // classes] * classes, [each] * classes, arrivals)
    return World(sizes, groups=[Group(link_bytes_per_s=each)] * classes, parallel=1), traffic


def on_one_bottleneck(classes: int, arrivals: int) -> Built:
    """Return a world with so many classes that meet at the site's egress, each behind its own access."""
    access = 2.0 * _CAPACITY / classes * np.geomspace(0.25, 1.0, classes)
    sizes, traffic = steady(
        [_FLOWS_OF_CLASSES // classes] * classes, water_filling(access, _CAPACITY).tolist(), arrivals
    )
    groups = [Group(access_bytes_per_s=float(limit)) for limit in access]
    return World(sizes, groups=groups, egress_bytes_per_s=_CAPACITY, parallel=1), traffic


def water_filling(limits: NDArray[np.float64], capacity: float) -> NDArray[np.float64]:
    """Return max-min shares of one capacity among groups that want no more than their limits.

    Examples
    --------
    >>> water_filling(np.array([1.0, 5.0, 9.0]), 9.0).tolist()
    [1.0, 4.0, 4.0]
    """
    level, shared = 0.0, np.zeros(limits.size)
    for i, k in enumerate(np.argsort(limits)):
        level = (capacity - shared.sum()) / (limits.size - i)
        shared[k] = min(limits[k], level)
    return shared


def cost(build: Callable[[int, int], Built], size: int, plane: str, **how: int) -> dict[str, Any]:
    """Return the cost of a flow event in a world of some size, and how many flows there were at a time.

    Parameters
    ----------
    build : callable
        Makes the world and its traffic.
    size : int
        Flows or classes.
    plane : str
        A name of `worlds.planes`.
    how : int
        rounds, events.
    """
    arrivals = how["events"] // _EVENTS_PER_PULL
    play = planes()[plane]
    took: dict[int, list[float]] = {arrivals: [], 2 * arrivals: []}
    worlds = {n: build(size, n) for n in took}
    # Compiles what this size needs.
    _seconds(*worlds[arrivals], play)
    for _ in range(how["rounds"]):
        for n, (world, traffic) in worlds.items():
            took[n].append(_seconds(world, traffic, play))
    extra = len(worlds[2 * arrivals][1]) - len(worlds[arrivals][1])
    costs = [(b - a) / (extra * _EVENTS_PER_PULL) for a, b in zip(*took.values(), strict=True)]
    return {"size": size, "seconds_per_event": spread(costs), "flows": _flows_at_a_time(worlds[2 * arrivals], play)}


def _seconds(world: World, traffic: NDArray[Any], play: Callable[..., PlayLog]) -> float:
    gc.collect()
    began_s = time.process_time()
    world.play(play, traffic)
    return time.process_time() - began_s


def _flows_at_a_time(built: Built, play: Callable[..., PlayLog]) -> float:
    """Mean number of flows while pulls come, by Little's law in integral form."""
    requests = built[0].play(play, built[1]).requests
    until_ns = int(requests["arrival_ns"].max())
    inside = np.minimum(requests["end_ns"], until_ns) - requests["arrival_ns"]
    return float(inside.sum()) / until_ns


SWEEPS = {
    "flows": (one_class, _FLOWS),
    "links": (spread_over_links, _CLASSES),
    "bottleneck": (on_one_bottleneck, _CLASSES),
}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--plane", choices=list(planes()), default=next(iter(planes())))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=200_000, help="flow events that are timed")
    parser.add_argument("--sweeps", nargs="+", choices=list(SWEEPS), default=list(SWEEPS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    body: dict[str, Any] = {"plane": options.plane, "sweeps": {}}
    for name in options.sweeps:
        build, sizes = SWEEPS[name]
        how = {"rounds": options.rounds, "events": options.events}
        body["sweeps"][name] = table = [cost(build, size, options.plane, **how) for size in sizes]
        least = table[0]["seconds_per_event"]["median"]
        print(f"\n{name}: CPU time of a flow event, {options.plane} plane, median (range) of {options.rounds}")
        for row in table:
            row["over_first"] = row["seconds_per_event"]["median"] / least
            micro = {key: 1e6 * value for key, value in row["seconds_per_event"].items()}
            print(f"  {row['size']:7,} {micro['median']:9.3f} us ({micro['low']:.3f} to {micro['high']:.3f})  "
                  f"x {row['over_first']:5.2f}  ({row['flows']:,.0f} flows at a time)")  # fmt: skip
    if options.json:
        write(options.json, module="benchmarks.scaling", arguments=arguments, body=body)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
