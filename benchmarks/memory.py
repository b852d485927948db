"""Peak memory of ``georep run --traffic full`` at several horizons: it should not grow with the horizon.

Run ``python -m benchmarks.memory [--horizons H H H] [--engine NAME] [--json FILE]``. Plays the frozen workload, one
replication, in a process of its own for each horizon.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.record import pin_to_one_core, write

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORKLOAD = Path(__file__).parent / "workload.yaml"
# `ru_maxrss` is in KiB on Linux and in bytes on macOS (getrusage(2) of both).
_RSS_BYTES = 1 if sys.platform == "darwin" else 1024


def peak(horizon: str, *, engine: str) -> dict[str, Any]:
    """Play the workload over one horizon.

    Parameters
    ----------
    horizon : str
        As for ``--horizon``.
    engine : str
        As for ``--engine``.

    Returns
    -------
    dict
        Horizon, peak_rss_bytes and cpu_s of the process.

    Raises
    ------
    CalledProcessError
        If the run fails; what it said stands on stderr.
    """
    command = [sys.executable, "-m", "georep_sim.cli", "run", str(_WORKLOAD), "--horizon", horizon]
    command += ["--traffic", "full", "--replications", "1", "--jobs", "1", "--engine", engine, "--progress", "none"]
    # The engine's own limit on requests is there for people.
    command += ["--set", "run.max_requests=1e9", "--set", "run.timelines=1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"horizon": horizon, "peak_rss_bytes": used.ru_maxrss * _RSS_BYTES, "cpu_s": used.ru_utime + used.ru_stime}


def main(arguments: Sequence[str]) -> int:
    """Play, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--horizons", nargs="+", default=["6 h", "1 d", "4 d"])
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    rows = []
    print(f"frozen workload, all traffic of one replication, engine {options.engine}")
    for horizon in options.horizons:
        rows.append(row := peak(horizon, engine=options.engine))
        print(f"  {horizon:8} {row['peak_rss_bytes'] / 2**20:8.0f} MiB at most, {row['cpu_s']:8.1f} s CPU")
    if options.json:
        write(options.json, module="benchmarks.memory", arguments=arguments, body={"rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
