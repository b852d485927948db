from __future__ import annotations

from pathlib import Path

import numba
import pytest

import georep_sim
from georep_sim.jit import kept_mark
from georep_sim.world import ready
from georep_sim.world.ready import is_ready, make_ready

SCENARIO = Path(__file__).parents[3] / "scenarios" / "quickstart.yaml"
IS_COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def test_any_case_makes_the_code_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "complete"
    monkeypatch.setattr(ready, "kept_mark", lambda: mark)
    assert not is_ready()
    make_ready(georep_sim.load(SCENARIO).cases["base"])
    assert is_ready()


def test_where_nothing_can_be_kept_nothing_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "kept_mark", lambda: None)
    assert not is_ready()


@pytest.mark.skipif(not IS_COMPILED, reason="interpreted code is never kept")
def test_the_mark_names_python_numba_and_processor() -> None:
    mark = kept_mark()
    if mark is not None:
        assert f"-numba-{numba.__version__}-" in mark.name
