from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import hashlib
from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.clients import overstays
from georep_sim.draws.faults import draw_faults
from georep_sim.draws.images import catalogue, traffic
from support.draw_cases import DAY_S, make_case

row = {"what": "disk", "kind": "destroyed", "where": ("eastus", "westeurope"), "every": 9 * DAY_S, "share": 0.5}
case = make_case(
    faults={"batch": row, "disk": {**row, "share": None}},
    clients={"eastus": {"pulls": 0.1, "pushes": 0.01, "profile": "office-hours"}},
    bursts={"rollout": {"every": DAY_S, "pulls": 9, "within": 60.0}},
)
found = catalogue(case, seed=1, replication=0)
rows = traffic(case, arrivals(case, seed=1, replication=0).draw(0, 10**14), found, seed=1, replication=0)
faults = [draw_faults(case, seed=1, replication=0, drill=drill) for drill in ("", "batch")]
late = overstays("eastus", 100, 0.1, seed=1, replication=0)
arrays = [rows, found.layer_bytes, found.cumulative, late, *(table.windows for table in faults)]
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays) + repr(faults[0].targets).encode()).hexdigest())
"""


def digest(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout


def test_draws_do_not_depend_on_the_hash_seed() -> None:
    first = digest("1")

    assert len(first.strip()) == 64
    assert digest("2") == first
