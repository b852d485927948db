"""How long one simulated year of the control plane takes: five regions, every kind of fault that strikes by chance.

Run ``python benchmarks/control.py [TIMELINES]``. Prints the mean CPU time per timeline of drawing the faults and of
playing control, and what a timeline holds. The aim is under 8 ms of CPU for control (mean over 2,000 timelines).
"""

from __future__ import annotations

import sys
import time
from itertools import product
from typing import TYPE_CHECKING

from georep_sim.draws.faults import FaultPlan
from georep_sim.laws import Constant, Exponential, lognormal_from_quantiles
from georep_sim.scenario import Case
from georep_sim.world.lower import topology
from georep_sim.world.unfold import timeline

if TYPE_CHECKING:
    from georep_sim.draws.faults import FaultTable
    from georep_sim.tables import Timeline

_HOUR_S = 3600.0
_YEAR_S = 365.25 * 86_400.0
# Region, zones, position on a line in ms of round trip: real enough for routing.
_REGIONS = {"eastus": (3, 0), "westeurope": (3, 80), "southeastasia": (3, 230), "australiaeast": (3, 200),
            "brazilsouth": (3, 120)}  # fmt: skip


def five_regions() -> Case:
    """Return a case with a replica in each of five regions and a year of faults, after the five-region reference."""
    names = list(_REGIONS)
    pairs = [(a, b) for a, b in product(names, names) if a != b]
    line = [" <-> ".join(pair) for pair in pairs if pair[0] < pair[1]]
    edge = {"name": "copies", "from": names, "to": names, "lag": lognormal_from_quantiles(0.5, 60.0, 0.99, 900.0),
            "pairs": pairs}  # fmt: skip
    faults = {
        "region-outage": {"what": "region", "kind": "outage", "where": names, "every": Exponential(5 * _YEAR_S),
                          "lasts": lognormal_from_quantiles(0.5, 4 * _HOUR_S, 0.95, 20 * _HOUR_S)},
        "storage-outage": {"what": "storage", "kind": "outage", "where": names, "every": Exponential(3 * _YEAR_S),
                           "lasts": lognormal_from_quantiles(0.5, _HOUR_S, 0.95, 8 * _HOUR_S)},
        "storage-destroyed": {"what": "storage", "kind": "destroyed", "where": names,
                              "every": Exponential(2000 * _YEAR_S), "lasts": Constant(168 * _HOUR_S)},
        "partition": {"what": "link", "kind": "cut", "where": line, "every": Exponential(_YEAR_S),
                      "lasts": lognormal_from_quantiles(0.5, 600.0, 0.95, 7200.0)},
        "disk": {"what": "disk", "kind": "destroyed", "where": names, "every": Exponential(_YEAR_S / 0.015)},
        "mistaken-delete": {"what": "operator", "kind": "delete", "where": (), "every": Exponential(20 * _YEAR_S),
                            "share": 0.01},
        "bad-release": {"what": "site", "kind": "slow", "where": names, "factor": 0.3, "together": True,
                        "stagger": 1800.0, "every": Exponential(180 * 86_400.0), "lasts": Constant(2700.0)},
    }  # fmt: skip
    content = {"repositories": 400, "images": 4000, "layers_per_image": 8, "layer_size": Constant(1e7),
               "warm_share": 0.84, "popularity": [(0.01, 0.42)], "sharing": 1.48, "stored": 9e11}  # fmt: skip
    return Case.model_validate(
        {
            "environment": {
                "regions": {name: {"name": name, "zones": zones} for name, (zones, _) in _REGIONS.items()},
                "links": {
                    (a, b): {
                        "rtt": Constant(1e-3 * max(1, abs(_REGIONS[a][1] - _REGIONS[b][1]))),
                        "bandwidth": 1.25e8,
                        "replication": 6.25e7,
                    }
                    for a, b in product(names, names)
                },
            },
            "workload": {
                "content": content,
                "clients": {name: {"name": name, "region": name, "timezone": "UTC", "pulls": 5.0} for name in names},
            },
            "faults": {name: {"name": name, **fault} for name, fault in faults.items()},
            "designs": {
                "replicated": {
                    "name": "replicated",
                    "home": "eastus",
                    "sites": {
                        name: {"id": name, "region": name, "protect": {"copies": 3, "over": "zones"}} for name in names
                    },
                    "replicate": {"copies": edge},
                    "route": {"method": "dns_latency", "ttl": 30.0},
                    "health": {"probe": "deep", "every": 30.0, "timeout": 10.0, "fails": 4},
                    "failover": {"trigger": "auto"},
                }
            },
        }
    )


class Year:
    """A year of the case, to be drawn and played replication by replication."""

    def __init__(self) -> None:
        self._case = five_regions()
        self._design = self._case.designs["replicated"]
        self._names = topology(self._case, self._design)
        self._plan = FaultPlan.of(self._case)

    def draw(self, replication: int) -> FaultTable:
        """Return the faults of a replication."""
        return self._plan.draw(seed=1, replication=replication)

    def play(self, replication: int, faults: FaultTable) -> Timeline:
        """Return what control makes of them."""
        return timeline(self._case, self._design, self._names, faults, seed=1, replication=replication)


def main(timelines: int) -> None:
    """Time and print."""
    year = Year()
    began_s = time.process_time()
    drawn = [year.draw(k) for k in range(timelines)]
    drew_s = time.process_time()
    played = [year.play(k, faults) for k, faults in enumerate(drawn)]
    ended_s = time.process_time()
    print(f"{timelines} timelines of one year, five regions; means per timeline")
    print(f"  draw faults   {1e3 * (drew_s - began_s) / timelines:7.3f} ms CPU")
    print(f"  play control  {1e3 * (ended_s - drew_s) / timelines:7.3f} ms CPU")
    print(f"  fault windows {sum(len(t.faults) for t in played) / timelines:7.1f}")
    print(f"  changes       {sum(len(t.changes) for t in played) / timelines:7.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
