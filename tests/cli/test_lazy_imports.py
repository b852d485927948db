"""Starting is quick because heavy libraries are imported only where they are needed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = """
georep: 1
workload: {clients: {eastus: {pulls: 12/s, pushes: 5/min}, westeurope: {pulls: 8/s}}}
faults: cloud/typical
designs: {geo-redundant: azure/acr-geo-redundant, geo-replicated: azure/acr-geo-replicated}
"""
_PROGRAM = """
import sys
from georep_sim.cli import main
sys.argv[0] = "georep"
try:
    main()
except SystemExit as end:
    code = end.code or 0
heavy = sorted(name for name in {heavy!r} if name in sys.modules)
sys.exit(f"imported {{heavy}}" if heavy else code)
"""


def _run(arguments: list[str], heavy: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    program = _PROGRAM.format(heavy=heavy)
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=["help", "version"])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    heavy = ("numpy", "pandas", "matplotlib", "numba", "llvmlite", "scipy", "pydantic", "simpy", "networkx")
    done = _run(arguments, heavy)
    assert done.returncode == 0, done.stderr


def test_check_imports_neither_frames_nor_plots_nor_the_simulator(tmp_path_factory: pytest.TempPathFactory) -> None:
    scenario = tmp_path_factory.mktemp("scenario") / "s.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    heavy = ("pandas", "matplotlib", "numba", "llvmlite", "scipy", "networkx", "simpy")
    done = _run(["check", str(scenario)], heavy)
    assert done.returncode == 0, done.stderr


def test_check_of_a_trace_reads_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time,client,method,uri\n", encoding="utf-8")
    text = SCENARIO.replace(
        "{eastus: {pulls: 12/s, pushes: 5/min}, westeurope: {pulls: 8/s}}", "{eastus: {machines: 5}}"
    )
    trace = "trace: {file: log.csv, clients: {10.0.0.0/8: eastus, else: westeurope}}, content: {from: trace}, clients:"
    (tmp_path / "s.yaml").write_text(text.replace("clients:", trace), encoding="utf-8")
    heavy = ("pandas", "pyarrow", "matplotlib", "numba", "llvmlite", "scipy", "networkx", "simpy")
    done = _run(["check", str(tmp_path / "s.yaml")], heavy)
    assert done.returncode == 0, done.stderr
