"""What every benchmark writes beside its numbers: machine, versions, date and command."""

from __future__ import annotations

import json
import os
import platform
import shlex
import statistics
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Spread: TypeAlias = "dict[str, float]"

_DISTRIBUTIONS = ("georep-sim", "numpy", "numba", "simpy", "ciw", "salabim", "cimba")
_CPUINFO = Path("/proc/cpuinfo")


def machine() -> dict[str, Any]:
    """Return what the numbers depend on: processor, cores, system, interpreter and libraries."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {name: found for name in _DISTRIBUTIONS if (found := _version(name))},
    }


def spread(values: Sequence[float]) -> Spread:
    """Return median and range of what several rounds gave."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def write(path: Path, *, module: str, arguments: Sequence[str], body: Mapping[str, Any]) -> None:
    """Write results as JSON.

    Parameters
    ----------
    path : Path
        File; its folder is made.
    module : str
        What was run with ``python -m``.
    arguments : sequence of str
        Its command line.
    body : mapping
        The numbers.
    """
    record = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "command": shlex.join(["python", "-m", module, *arguments]),
        **body,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def pin_to_one_core() -> None:
    """Stay on one core, as do all processes started from now on, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
