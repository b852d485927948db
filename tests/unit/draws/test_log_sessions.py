from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from georep_sim.draws.sources.groups import ClientGroups
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.log_table import Names
from georep_sim.draws.sources.sessions import Sessions
from georep_sim.errors import InputError
from georep_sim.tables import Operation
from support.registry_logs import Call, pull, push, write_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

LAYERS = [("sha256:a", 1_000), ("sha256:b", 2_000)]
MINUTE = 60_000


class Followed:
    """The pulls and pushes of a few requests, in the order of arrival."""

    def __init__(self, folder: Path, calls: Iterable[Call], *, window_s: float = 60.0, style: str = "csv") -> None:
        path = write_log(folder / "log", sorted(calls, key=lambda call: call.at_ms), style)
        self.sessions = Sessions(open_log(path), window_s=window_s)
        rows = np.concatenate(list(self.sessions))
        self.rows: NDArray[Any] = rows[np.argsort(rows["arrival_ns"], kind="stable")]

    def of(self, column: str) -> list[Any]:
        return list(self.rows[column].tolist())

    @property
    def operations(self) -> list[str]:
        return [Operation(k).name.lower() for k in self.rows["operation"]]


def test_a_pull_is_a_manifest_and_the_layers_after_it(tmp_path: Path) -> None:
    found = Followed(tmp_path, pull(1_000, "a", "v1", LAYERS))

    assert found.operations == ["pull"]
    assert found.of("layers") == [2]
    assert found.of("bytes") == [1_000.0 + 1_000.0 + 2_000.0]
    start = Call(1_000, "GET", "").time_ns
    # The manifest took 50 ms and its line was written when it was answered.
    assert found.of("arrival_ns") == [start - 50_000_000]
    assert found.of("manifest_ns") == [start]
    assert found.of("end_ns") == [start + 200_000_000]
    assert found.sessions.blob_bytes[: len(found.sessions.blobs)].tolist() == [1_000.0, 2_000.0]


def test_a_pull_without_layers_is_warm(tmp_path: Path) -> None:
    calls = [*pull(0, "a", "v1", LAYERS), *pull(5_000, "a", "v1"), *pull(6_000, "a", "v1")]

    assert Followed(tmp_path, calls).of("layers") == [2, 0, 0]


def test_an_index_leads_to_the_manifest_of_a_platform_in_the_same_pull(tmp_path: Path) -> None:
    calls = [
        Call(0, "HEAD", "/v2/a/manifests/v1"),
        Call(100, "GET", "/v2/a/manifests/sha256:i"),
        Call(200, "GET", "/v2/a/manifests/sha256:p"),
        Call(300, "GET", "/v2/a/blobs/sha256:c"),
        Call(900, "GET", "/v2/a/manifests/v2"),
    ]
    found = Followed(tmp_path, calls)

    assert found.of("layers") == [1, 0]
    # Both tags, and no digest, are what was pulled.
    assert len(set(found.of("image"))) == 2
    assert found.sessions.counts == {"looks": 0, "abandoned": 0, "orphans": 0}


def test_a_look_alone_is_no_pull(tmp_path: Path) -> None:
    calls = [Call(0, "HEAD", "/v2/a/manifests/v1"), Call(5_000, "GET", "/v2/a/manifests/v1", 401)]
    calls += [Call(10_000, "HEAD", "/v2/a/manifests/v2"), *pull(3 * MINUTE, "a", "v1")]

    found = Followed(tmp_path, calls)

    assert found.operations == ["pull"]
    assert found.sessions.counts["looks"] == 2


def test_the_wait_for_a_token_belongs_to_the_pull(tmp_path: Path) -> None:
    calls = [Call(0, "GET", "/v2/a/manifests/v1", 401, took_ms=0), *pull(700, "a", "v1", LAYERS)]

    found = Followed(tmp_path, calls)

    assert found.of("attempts") == [1]
    assert found.of("arrival_ns") == [Call(0, "GET", "").time_ns]


def test_errors_are_tried_again_within_one_pull(tmp_path: Path) -> None:
    calls = [Call(1_000 * k, "GET", "/v2/a/manifests/v1", status) for k, status in enumerate((503, 429, 429, 200))]

    found = Followed(tmp_path, calls)

    assert found.of("attempts") == [4]
    assert found.of("throttles") == [2]
    assert found.of("status") == [200]


def test_a_layer_that_fails_fails_the_pull_unless_it_comes_later(tmp_path: Path) -> None:
    def calls(*statuses: int, at: int) -> list[Call]:
        layers = [Call(at + 100 * k, "GET", "/v2/a/blobs/sha256:x", s) for k, s in enumerate(statuses, start=1)]
        return [Call(at, "GET", "/v2/a/manifests/v1"), *layers]

    found = Followed(tmp_path, [*calls(500, 200, at=0), *calls(200, 502, at=10_000), *calls(206, 200, at=20_000)])

    assert found.of("status") == [200, 502, 200]
    assert found.of("layers") == [1, 1, 1]


def test_a_pause_ends_a_pull_but_a_slow_layer_does_not(tmp_path: Path) -> None:
    slow = Call(20 * MINUTE, "GET", "/v2/a/blobs/sha256:x", took_ms=20 * MINUTE - 1_000)
    late = Call(5 * MINUTE, "GET", "/v2/b/blobs/sha256:x", client="10.0.0.2")
    others = [call for k in range(1, 20) for call in pull(k * MINUTE + 7, "c", "v1", client="10.0.0.3")]
    calls = [*pull(0, "a", "v1"), slow, *pull(0, "b", "v1", client="10.0.0.2"), late, *others]

    found = Followed(tmp_path, calls)

    layers = dict(zip(found.of("repository"), found.of("layers"), strict=True))
    names = list(found.sessions.repositories)
    assert layers[names.index("a")] == 1
    assert layers[names.index("b")] == 0
    assert found.sessions.counts["orphans"] == 1


def test_clients_and_repositories_are_followed_apart(tmp_path: Path) -> None:
    calls = [*pull(0, "a", "v1", LAYERS), *pull(10, "b", "v1", LAYERS), *pull(20, "a", "v1", LAYERS, client="10.0.0.2")]

    found = Followed(tmp_path, calls)

    assert found.of("layers") == [2, 2, 2]
    assert found.of("client") == [0, 0, 1]
    assert found.of("repository") == [0, 1, 0]


def test_a_push_ends_with_its_tag(tmp_path: Path) -> None:
    found = Followed(tmp_path, [*push(0, "a", "v1", layers=3), *push(5_000, "a", "v2"), *pull(5_450, "a", "v1")])

    assert found.operations == ["push", "push", "pull"]
    assert found.of("layers") == [3, 1, 0]
    assert found.of("status") == [201, 201, 200]
    # Seen pushed before it was pulled.
    assert found.of("known") == [False, False, True]


def test_a_push_of_several_platforms_is_one(tmp_path: Path) -> None:
    calls = [*push(0, "a", "sha256:p1"), *push(1_000, "a", "sha256:p2"), Call(2_000, "PUT", "/v2/a/manifests/v1", 201)]

    found = Followed(tmp_path, calls)

    assert found.operations == ["push"]
    assert found.of("layers") == [2]
    assert found.of("attempts") == [1]


def test_uploads_without_a_manifest_are_abandoned_unless_they_failed(tmp_path: Path) -> None:
    calls = [Call(0, "POST", "/v2/a/blobs/uploads/", 202), Call(0, "HEAD", "/v2/b/blobs/sha256:x", 404)]
    calls += [Call(500, "POST", "/v2/b/blobs/uploads/", 503), Call(3 * MINUTE, "GET", "/v2/c/blobs/sha256:x")]

    found = Followed(tmp_path, calls)

    assert found.operations == ["push"]
    assert found.of("status") == [503]
    assert found.sessions.counts == {"looks": 0, "abandoned": 1, "orphans": 1}


def test_blocks_leave_no_trace(tmp_path: Path) -> None:
    # Files are read apart: a pull may begin in one and go on in the next.
    calls = [call for k in range(40) for call in pull(700 * k, "a", f"v{k % 3}", LAYERS, client=f"10.0.0.{k % 5}")]
    calls.sort(key=lambda call: call.at_ms)
    whole = Followed(tmp_path, calls)
    for k, call in enumerate(calls):
        write_log(tmp_path / f"part-{k:03d}", [call], "csv")

    rows = np.concatenate(list(Sessions(open_log(tmp_path / "part-*"))))
    rows = rows[np.argsort(rows["arrival_ns"], kind="stable")]

    assert rows.tolist() == whole.rows.tolist()


def test_clients_belong_to_the_narrowest_range() -> None:
    groups = ClientGroups({"10.0.0.0/8": "a", "10.1.0.0/16": "b", "2001:db8::/32": "a", "10.1.2.3": "c"})

    clients = ("10.2.0.1", "10.1.0.1", "10.1.2.3", "2001:db8::7", "11.0.0.1", "c9")
    found = [groups.number(client) for client in clients]

    assert [groups.names[k] if k >= 0 else "" for k in found] == ["a", "b", "c", "a", "", ""]
    with pytest.raises(InputError, match=r"'10\.0\.0/33' is no range of addresses"):
        ClientGroups({"10.0.0/33": "a"})


def test_numbers_of_clients_grow_with_their_names() -> None:
    groups, names = ClientGroups({"10.0.0.0/24": "a", "else": "b"}), Names()

    for texts in (["10.0.0.1", "10.0.1.1"], ["10.0.0.1", "10.0.0.2"]):
        names.numbers(pa.chunked_array([texts]))
        groups.numbers(names)

    assert list(names) == ["10.0.0.1", "10.0.1.1", "10.0.0.2"]
    assert groups.numbers(names).tolist() == [0, 1, 0]
