"""A whole run gives the same tables whatever does not belong to its question: workers, hash seeds, block sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from georep_sim import api, noise
from support.small_runs import SMALL, start

if TYPE_CHECKING:
    from pathlib import Path

    from georep_sim.api import Results

# Faults that are met too often to be drilled: a drill costs hundreds of resampled clusters, one number at a time.
_NO_DRILLS = {"run.horizon": "20 d", "faults.outage.every": "1 d", "faults.fire": "null"}


@pytest.fixture(scope="module")
def usual() -> Results:
    return api.run(api.load(SMALL, overrides=_NO_DRILLS), jobs=1)


@pytest.mark.parametrize("block", [1, 7, 65_536])
def test_the_number_of_draws_made_per_call_leaves_no_trace(
    usual: Results, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: set[int] = set()

    def watched(stream: noise.Stream, index: Any, sub: Any) -> Any:
        sizes.add(len(index))
        return philox(stream, index, sub)

    philox = noise._philox_arrays
    monkeypatch.setattr(noise, "_philox_arrays", watched)
    functions: list[Any] = [noise.uniforms, noise.raw_words, noise.Stream.many]
    for function in functions:
        monkeypatch.setitem(function.__kwdefaults__, "block", block)
    got = api.run(api.load(SMALL, overrides=_NO_DRILLS), jobs=1)
    assert max(sizes) <= block
    assert_same(got, usual)


def assert_same(a: Results, b: Results) -> None:
    pd.testing.assert_frame_equal(a.metrics, b.metrics, check_exact=True)
    pd.testing.assert_frame_equal(a.comparisons, b.comparisons, check_exact=True)
    assert a.recordings.keys() == b.recordings.keys()
    for key, recording in a.recordings.items():
        for table, rows in recording.tables.items():
            assert rows.tobytes() == b.recordings[key].tables[table].tobytes(), f"{key}: {table}"


def test_workers_and_hash_seeds_leave_no_trace(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    runs = {
        name: start("run", tmp_path / "small.yaml", "--jobs", jobs, "--out", tmp_path / name, hash_seed=hash_seed)
        for name, jobs, hash_seed in (("one", "1", "0"), ("two", "2", "0"), ("other-hashes", "1", "4242"))
    }
    printed = {}
    for name, run in runs.items():
        printed[name], errors = run.communicate(timeout=300)
        assert run.returncode == 0, errors
    assert len(set(printed.values())) == 1
    for table in ("metrics.csv", "comparisons.csv"):
        texts = {name: (tmp_path / name / table).read_bytes() for name in runs}
        assert texts["one"] == texts["two"], f"{table}: --jobs 1 against --jobs 2"
        assert texts["one"] == texts["other-hashes"], f"{table}: two hash seeds"


def test_a_design_alone_loses_the_same_time_as_beside_another(usual: Results) -> None:
    alone = api.run(api.load(SMALL, overrides=_NO_DRILLS).select(designs=["replicated"]), jobs=1)
    lost = [run.recording("replicated").tables["availability"] for run in (alone, usual)]
    assert len(lost[0]) > 0
    assert lost[0].tobytes() == lost[1].tobytes()
