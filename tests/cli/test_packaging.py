from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import georep_sim

ROOT = Path(__file__).parents[2]
SETUP_COMMANDS = [
    "python -m pip install . && georep run scenarios/quickstart.yaml --out out",
    "python -m pip install '.[test]' && pytest",
]


def test_version_agrees_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = re.search(r"^version: (.+)$", citation, flags=re.MULTILINE)
    assert found is not None
    assert georep_sim.__version__ == version("georep-sim") == found[1]


def test_command_line_states_the_version() -> None:
    # Beside the interpreter: the environment need not be activated.
    command = Path(sysconfig.get_path("scripts")) / "georep"
    said = subprocess.run([str(command), "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert georep_sim.__version__ in said.stdout


def test_public_names_are_few_and_sorted() -> None:
    assert len(georep_sim.__all__) < 20
    assert list(georep_sim.__all__) == sorted(georep_sim.__all__)


@pytest.mark.parametrize("name", georep_sim.__all__)
def test_public_name_loads_and_is_documented(name: str) -> None:
    assert getattr(georep_sim, name).__doc__
    assert name in dir(georep_sim)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'durable'"):
        georep_sim.durable  # type: ignore[attr-defined]  # noqa: B018 - reading it is the test


def test_import_loads_nothing_heavy() -> None:
    heavy = {"jinja2", "matplotlib", "networkx", "numpy", "pandas", "pydantic", "ruamel", "scipy", "simpy", "typer"}
    program = "import sys, georep_sim; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert not heavy & set(loaded.stdout.split())


def test_entry_point_is_callable() -> None:
    (command,) = distribution("georep-sim").entry_points.select(group="console_scripts")
    assert command.name == "georep"
    assert callable(command.load())


@pytest.mark.parametrize("pattern", ["py.typed", "atlas/data/*.csv", "atlas/presets/**/*.yaml", "report/templates/*"])
def test_data_files_are_installed(pattern: str) -> None:
    assert list(Path(str(files("georep_sim"))).glob(pattern))


def test_runtime_dependencies_have_floors_only() -> None:
    runtime = [Requirement(text) for text in distribution("georep-sim").requires or [] if "extra ==" not in text]
    assert runtime
    assert {spec.operator for requirement in runtime for spec in requirement.specifier} == {">="}
    assert all(requirement.specifier for requirement in runtime)


def test_readme_opens_with_the_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^python -m pip install .*$", readme, flags=re.MULTILINE) == SETUP_COMMANDS
