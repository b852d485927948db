from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import pytest

from georep_sim import laws
from georep_sim.jit import cache_folder, jit, sources_digest
from georep_sim.laws import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Quantiles,
    Truncated,
    Uniform,
    Weibull,
)
from georep_sim.laws.compiled import LAWS, encode, law_ppf
from georep_sim.noise import Stream
from georep_sim.philox import keys_of, uniform

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Interpreted runs are of the same text; they need not be long.
IS_COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]
WORD = 2**64 - 1

LEAVES: list[Law] = [
    Constant(0.0),
    Constant(3.0),
    Exponential(5.0),
    Uniform(2.0, 7.0),
    Lognormal(0.02, 0.98),
    Lognormal(4.0, 300.0),
    Weibull(3.0, 0.7),
    Weibull(3.0, 2.0),
    Weibull(3.0, 0.001),
    Gamma(6.0, 0.5),
    Gamma(6.0, 2.0),
    Erlang(6.0, 1),
    Erlang(6.0, 40),
    Empirical((3.0, 1.0, 1.0, 8.0, 0.0)),
    Quantiles(((0.1, 2.0), (0.5, 4.0), (0.9, 4.0), (0.99, 30.0))),
    Quantiles(((0.49999, 1e-300), (0.5, 1e300))),
]
TRUNCATED: list[Law] = [
    Truncated(Exponential(2.0), 1.0, 5.0),
    Truncated(Lognormal(4.0, 1.0), 1.0),
    Truncated(Empirical((1.0, 2.0, 3.0)), 2.0, 3.0),
    Truncated(Quantiles(((0.5, 4.0), (0.9, 9.0), (0.99, 30.0))), maximum=20.0),
    Truncated(Truncated(Weibull(3.0, 2.0), 1.0, 5.0), 0.5, 2.0),
]
MIXED: list[Law] = [
    Mixture((1.0,), (Exponential(1.0),)),
    Mixture((0.3, 0.7), (Lognormal(1.0, 0.5), Weibull(20.0, 2.0))),
    Mixture((0.5, 0.25, 0.25), (Constant(2.0), Exponential(1.0), Constant(7.0))),
    Mixture(tuple([1 / 10] * 10), tuple(Gamma(float(k), 0.5) for k in range(1, 11))),
    Mixture((0.5, 0.5), (Mixture((0.5, 0.5), (Constant(0.0), Erlang(3.0, 3))), Truncated(Uniform(0.0, 9.0), 1.0, 2.0))),
    Truncated(
        Mixture(
            (0.4, 0.4, 0.2),
            (
                Truncated(Gamma(6.0, 0.5), 1.0, 7.0),
                Mixture((0.1, 0.9), (Erlang(6.0, 3), Uniform(2.0, 7.0))),
                Truncated(Mixture((0.5, 0.5), (Quantiles(((0.1, 1.0), (0.9, 5.0))), Empirical((2.0, 5.0)))), 2.0),
            ),
        ),
        1.0,
        6.5,
    ),
]
EXTREMES = [5e-324, 1e-300, 2.0**-54, 2.0**-53, 0.25, 0.5, 0.9, 1.0 - 2.0**-52, 1.0 - 2.0**-53]


@numba.njit
def many(table: NDArray[Any], pool: NDArray[np.float64], index: int, u: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.empty(u.size)
    for i in range(u.size):
        values[i] = law_ppf(table, pool, index, u[i])
    return values


def assert_agree(every: list[Law], count: int) -> None:
    table, pool = encode(every)
    u = np.append(np.random.default_rng(7).random(count), EXTREMES)
    u = u[u > 0.0]
    for index, law in enumerate(every):
        expected = np.array([law.ppf(p) for p in u.tolist()])
        np.testing.assert_array_equal(many(table, pool, index, u), expected, err_msg=repr(law))


def test_laws_without_parts_agree_bit_for_bit() -> None:
    assert_agree(LEAVES, 100_000 if IS_COMPILED else 1_000)


def test_truncated_laws_agree_bit_for_bit() -> None:
    assert_agree(TRUNCATED, 100_000 if IS_COMPILED else 1_000)


def test_mixtures_agree_bit_for_bit_at_any_depth() -> None:
    assert_agree(MIXED, 2_000 if IS_COMPILED else 20)


def test_every_law_has_a_compiled_form() -> None:
    tried = {type(law) for law in (*LEAVES, *TRUNCATED, *MIXED)}
    concrete = {item for name in laws.__all__ if isinstance(item := getattr(laws, name), type)} - {Law}
    assert tried == concrete


def test_no_laws_are_a_table_without_rows() -> None:
    table, pool = encode([])
    assert table.dtype == LAWS
    assert table.size == pool.size == 0


class Unheard(Law):
    mean = 1.0

    def ppf(self, u: float) -> float:
        return 2.0 * u

    def sf(self, x: float) -> float:
        return 1.0 - x / 2.0

    def integrated_sf(self, x: float) -> float:
        return x - x * x / 4.0


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(TypeError, match="Unheard has no compiled form"):
        encode([Truncated(Unheard(), 0.5)])


@pytest.mark.parametrize("address", [(0, 0, 0, 0), (WORD, WORD, WORD, WORD), (5, 0, 0, 1), (0, WORD, 7, 2**63)])
def test_uniform_numbers_are_those_of_noise(address: tuple[int, int, int, int]) -> None:
    index, sub, replication, seed = address
    ((key0, key1),) = keys_of(["example"])
    drawn = uniform(key0, key1, np.uint64(index), np.uint64(sub), np.uint64(replication), np.uint64(seed))
    assert drawn == Stream(seed, replication, "example").u(index, sub)


def test_uniform_numbers_are_those_of_noise_at_random_addresses() -> None:
    words = np.random.default_rng(3).integers(0, WORD, size=(5_000, 4), dtype=np.uint64, endpoint=True)
    names = [f"name {i}" for i in range(len(words))]
    keys = keys_of(names)
    drawn = [uniform(key[0], key[1], *word) for key, word in zip(keys, words, strict=True)]
    expected = [
        Stream(seed, replication, name).u(index, sub)
        for name, (index, sub, replication, seed) in zip(names, words.tolist(), strict=True)
    ]
    assert drawn == expected


def test_uniform_numbers_take_any_kind_of_integer() -> None:
    ((key0, key1),) = keys_of(["example"])
    assert uniform(key0, key1, np.int64(5), np.int32(0), 0, 1) == Stream(1, 0, "example").u(5)


def test_the_keys_of_no_names_have_two_columns() -> None:
    assert keys_of([]).shape == (0, 2)


def test_decorating_leaves_the_settings_of_the_host_program_alone() -> None:
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]

    @jit
    def twice(x: int) -> int:
        return 2 * x

    assert before == numba.config.CACHE_DIR  # type: ignore[attr-defined]
    assert twice(4) == 8


def test_without_a_folder_to_write_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(taken))
    assert cache_folder.__wrapped__() is None


def test_compiled_code_lies_in_a_folder_named_by_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache_folder.__wrapped__() == tmp_path / "georep-sim" / sources_digest()


def test_compiled_code_of_old_sources_goes_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, recent = tmp_path / "georep-sim" / "old", tmp_path / "georep-sim" / "recent"
    for folder in (old, recent):
        folder.mkdir(parents=True)
        (folder / "code.nbc").touch()
    month_ago = time.time() - 31 * 86_400.0
    os.utime(old, (month_ago, month_ago))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    present = cache_folder.__wrapped__()
    assert present is not None
    assert {path.name for path in (tmp_path / "georep-sim").iterdir()} == {"recent", present.name}


PROGRAM = """
from georep_sim.laws import Gamma, Lognormal, Mixture
from georep_sim.laws.compiled import encode, law_ppf
from georep_sim.philox import keys_of, uniform

table, pool = encode([Mixture((0.5, 0.5), (Gamma(6.0, 0.5), Lognormal(1.0, 2.0)))])
((key0, key1),) = keys_of(["example"])
print(law_ppf(table, pool, 0, 0.3).hex(), uniform(key0, key1, 5, 0, 0, 1).hex())
hits = [sum(function.stats.cache_hits.values()) for function in (law_ppf, uniform) if hasattr(function, "stats")]
print(*hits)
"""


def run(tmp_path: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"} | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_second_process_compiles_nothing_and_python_draws_the_same(tmp_path: Path) -> None:
    law = Mixture((0.5, 0.5), (Gamma(6.0, 0.5), Lognormal(1.0, 2.0)))
    drawn = f"{law.ppf(0.3).hex()} {Stream(1, 0, 'example').u(5).hex()}"
    assert run(tmp_path) == [drawn, "0 0"]
    assert run(tmp_path) == [drawn, "1 1"]
    assert run(tmp_path, NUMBA_DISABLE_JIT="1") == [drawn, ""]
