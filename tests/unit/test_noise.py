from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import stats

from georep_sim import noise

MAX = 2**64 - 1


def oracle_words(seed: int, replication: int, name: str, index: int, sub: int) -> list[int]:
    digest = hashlib.sha256(name.encode()).digest()
    key = np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)
    counter = index + (sub << 64) + (replication << 128) + (seed << 192)
    # numpy steps its counter before the first output.
    before = (counter - 1) % 2**256
    words = np.array([(before >> shift) & MAX for shift in (0, 64, 128, 192)], dtype=np.uint64)
    return [int(word) for word in np.random.Philox(key=key, counter=words).random_raw(4)]


ADDRESSES = [
    (0, 0, "", 0, 0),
    (1, 0, "faults/region-outage/eastus/start", 0, 0),
    (1, 19, "faults/region-outage/eastus/start", 7, 3),
    (MAX, MAX, "größe ☃", MAX, MAX),
    (20270104, 1999, "clients/eastus/pull", (8765 << 24) | 12345, 1 << 40),
]


@pytest.mark.parametrize(("seed", "replication", "name", "index", "sub"), ADDRESSES)
def test_numbers_are_numpys_philox_at_the_address(seed: int, replication: int, name: str, index: int, sub: int) -> None:
    word = oracle_words(seed, replication, name, index, sub)[0]
    expected = ((word >> 11) + 0.5) * 2.0**-53
    assert noise.uniform(seed, replication, name, index, sub=sub) == expected
    arrays = noise.uniforms(seed, replication, name, np.array([index], dtype=np.uint64), sub=np.uint64(sub))
    assert arrays.tolist() == [expected]


@pytest.mark.parametrize("block", [1, 7, 65536])
def test_block_size_does_not_change_the_numbers(block: int) -> None:
    index = np.arange(200)
    sub = np.arange(3)[:, np.newaxis]
    blocked = noise.uniforms(3, 4, "blocks", index, sub=sub, block=block)
    stream = noise.Stream(3, 4, "blocks")
    one_by_one = [[stream.u(i, j) for i in range(200)] for j in range(3)]
    assert blocked.tolist() == one_by_one


def test_raw_words_are_numpys_in_order() -> None:
    expected = [word for index in range(3) for word in oracle_words(5, 6, "raw", index, 0)]
    assert noise.raw_words(5, 6, "raw", 10, block=2).tolist() == expected[:10]
    assert noise.raw_words(5, 6, "raw", 0).tolist() == []


def test_order_and_neighbours_do_not_matter() -> None:
    stream = noise.Stream(1, 2, "a")
    forward = stream.many(np.arange(50))
    backward = stream.many(np.arange(50)[::-1])
    assert forward.tolist() == backward[::-1].tolist()
    assert stream.many([49]).tolist() == [forward[49]]


def test_highest_word_stays_below_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_philox", lambda *_: MAX)
    assert noise.uniform(0, 0, "top", 0) == 1.0 - 2.0**-53
    monkeypatch.setattr(noise, "_philox_arrays", lambda _, index, __: (np.full_like(index, MAX),))
    assert noise.uniforms(0, 0, "top", [0, 1]).tolist() == [1.0 - 2.0**-53] * 2


def test_shapes_follow_broadcasting() -> None:
    assert noise.uniforms(0, 0, "n", 5).shape == ()
    assert noise.uniforms(0, 0, "n", np.arange(4)[:, np.newaxis], sub=np.arange(3)).shape == (4, 3)
    assert noise.uniforms(0, 0, "n", np.array([], dtype=np.int64)).shape == (0,)


@pytest.mark.parametrize(("seed", "replication", "index"), [(-1, 0, 0), (0, MAX + 1, 0), (0, 0, -1), (0, 0, MAX + 1)])
def test_addresses_outside_64_bits_are_refused(seed: int, replication: int, index: int) -> None:
    with pytest.raises(ValueError, match="2\\*\\*64"):
        noise.uniform(seed, replication, "n", index)


def test_array_addresses_must_be_natural_numbers() -> None:
    with pytest.raises(ValueError, match="negative"):
        noise.uniforms(0, 0, "n", [3, -1])
    with pytest.raises(TypeError, match="integers"):
        noise.uniforms(0, 0, "n", [0.5])
    with pytest.raises(ValueError, match="block"):
        noise.uniforms(0, 0, "n", [1], block=0)


def test_numbers_are_uniform_and_names_are_independent() -> None:
    # Null: mean 1/2 and correlation 0; n = 100,000; z = 4.89 (alpha = 1e-6); finds a bias of 0.5 % of the mean.
    n = 100_000
    first = noise.uniforms(1, 0, "a", np.arange(n))
    second = noise.uniforms(1, 0, "b", np.arange(n))
    assert abs(first.mean() - 0.5) < 4.89 * (1 / 12 / n) ** 0.5
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.89 / n**0.5
    counts, _ = np.histogram(first, bins=64, range=(0.0, 1.0))
    chi_square = float(((counts - n / 64) ** 2 / (n / 64)).sum())
    assert chi_square < stats.chi2.isf(1e-6, 63)
