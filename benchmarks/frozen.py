"""Flow events and HTTP requests per CPU second on the frozen workload, on one core.

Run ``python -m benchmarks.frozen [--pulls N] [--rounds N] [--plane NAME] [--json FILE]``. Plays the first N pulls of
`workload.yaml` and the pushes among them; what is drawn before is not timed. The events are counted by the
reference plane on the first of them (``--counted``), and taken per request.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import georep_sim
from benchmarks.counting import counting
from benchmarks.record import pin_to_one_core, spread, write
from benchmarks.worlds import planes
from georep_sim.draws.images import traffic
from georep_sim.tables import NS_PER_S, Operation
from georep_sim.world.lower import lower
from georep_sim.world.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.tables import Timeline

WORKLOAD = Path(__file__).parent / "workload.yaml"


@dataclass(frozen=True)
class Stretch:
    """A stretch of the frozen workload, drawn.

    Parameters
    ----------
    wire : Wire
        The design.
    timeline : Timeline
        Nothing fails.
    requests : ndarray
        Traffic, pulls and pushes.
    """

    wire: Wire
    timeline: Timeline
    requests: NDArray[Any]

    def first(self, requests: int) -> Stretch:
        """Return its first requests."""
        return Stretch(self.wire, self.timeline, self.requests[:requests])

    def play(self, plane: Callable[..., PlayLog]) -> PlayLog:
        """Play it to the end of the last request and copy."""
        return plane(
            self.wire,
            self.timeline,
            self.requests,
            start_ns=0,
            end_ns=int(self.requests["time_ns"][-1]) + 1,
            deleted={},
            missing=np.zeros((len(self.wire.sites), len(self.wire.layer_bytes)), dtype=np.bool_),
        )


def stretch(pulls: int) -> Stretch:
    """Draw the first pulls of the workload and the pushes among them."""
    case = next(iter(georep_sim.load(WORKLOAD).cases.values()))
    replica = Replica(case, 0)
    assert case.workload is not None
    rate_per_s = sum(client.pulls for client in case.workload.clients.values())
    # A tenth more than expected, so that there are enough.
    until_ns = round((1.1 * pulls / rate_per_s + 60.0) * NS_PER_S)
    draws = {"seed": case.run.seed, "replication": 0}
    asked = traffic(case, replica.arrivals.draw(0, until_ns), replica.images, **draws)
    asked = asked[: int(np.searchsorted(np.cumsum(asked["operation"] == Operation.PULL), pulls)) + 1]
    (name, design), *_ = case.designs.items()
    wire = lower(case, design, catalogue=replica.images, **draws)
    return Stretch(wire, replica.timelines[name], asked)


def measure(what: Stretch, plane: str, *, rounds: int, counted: int) -> dict[str, Any]:
    """Time a plane on a stretch.

    Parameters
    ----------
    what : Stretch
        What is played.
    plane : str
        A name of `worlds.planes`.
    rounds, counted : int
        Plays; requests on which events are counted.

    Returns
    -------
    dict
        Requests, events per request, and requests, flow events and HTTP requests per CPU second over the rounds.
    """
    sample = what.first(counted)
    with counting() as counts:
        sample.play(planes()["reference"])
    play, n = planes()[plane], len(what.requests)
    what.play(play)
    rates = []
    for _ in range(rounds):
        gc.collect()
        began_s = time.process_time()
        what.play(play)
        rates.append(n / (time.process_time() - began_s))
    flows, asked = counts.flow_events / len(sample.requests), counts.http_requests / len(sample.requests)
    return {
        "plane": plane,
        "requests": n,
        "flow_events_per_request": flows,
        "http_requests_per_request": asked,
        "requests_per_s": spread(rates),
        "flow_events_per_s": spread([rate * flows for rate in rates]),
        "http_requests_per_s": spread([rate * asked for rate in rates]),
    }


def main(arguments: Sequence[str]) -> int:
    """Draw, count, time, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frozen", description=__doc__)
    parser.add_argument("--pulls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plane", choices=list(planes()), default=next(iter(planes())))
    parser.add_argument("--counted", type=int, default=20_000, help="requests on which events are counted")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    found = measure(stretch(options.pulls), options.plane, rounds=options.rounds, counted=options.counted)
    print(f"frozen workload, {options.plane} plane, {found['requests']:,} requests, {options.rounds} rounds")
    for name in ("requests", "flow_events", "http_requests"):
        rate = found[f"{name}_per_s"]
        print(f"  {name:14} {rate['median']:14,.0f} per CPU-s ({rate['low']:,.0f} to {rate['high']:,.0f})")
    print(f"  flow events per request {found['flow_events_per_request']:.2f}, "
          f"HTTP requests {found['http_requests_per_request']:.2f}")  # fmt: skip
    if options.json:
        write(options.json, module="benchmarks.frozen", arguments=arguments, body=found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
