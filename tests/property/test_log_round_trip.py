"""Any requests, in any format, packed or not, read in blocks of any size, are those that were written."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.draws.sources import files
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.log_table import FORMATS, concatenated
from georep_sim.draws.sources.sessions import Sessions
from georep_sim.tables import Operation
from support.registry_logs import Call, text_of

_AGENTS = st.text(
    st.characters(min_codepoint=32, exclude_characters='"\\,', exclude_categories=["Cs", "Cc", "Zl", "Zp"])
)
_PATHS = st.sampled_from(["/v2/a/manifests/v1", "/v2/a/b/manifests/sha256:1", "/v2/a/blobs/sha256:2", "/v2/", "/x?y=z"])
_CALLS = st.builds(
    Call,
    at_ms=st.integers(0, 10_000).map(lambda second: 1_000 * second),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]),
    path=_PATHS,
    status=st.sampled_from([200, 206, 304, 307, 401, 404, 429, 500, 503]),
    size=st.integers(0, 10**12),
    took_ms=st.integers(0, 10**6),
    client=st.sampled_from(["10.0.0.1", "10.0.0.2", "192.168.3.4"]),
    agent=_AGENTS.map(str.strip),
)


@pytest.mark.parametrize("style", FORMATS)
@given(calls=st.lists(_CALLS, min_size=1, max_size=30), block=st.sampled_from([50, 400, 1 << 20]), packed=st.booleans())
def test_what_was_written_is_read(style: str, calls: list[Call], block: int, packed: bool) -> None:
    calls = sorted(calls, key=lambda call: call.at_ms)
    text = text_of(calls, style).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(gzip.compress(text) if packed else text)
        log = open_log(path, format=style, strict=True, window_s=1e6)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files.whole_lines, "__kwdefaults__", {"block_bytes": block})
            reading = log.read()
            table = concatenated(reading)

    assert table["time_ns"].to_pylist() == [call.time_ns for call in calls]
    assert table["bytes"].to_pylist() == [call.size for call in calls]
    assert table["status"].to_pylist() == [call.status for call in calls]
    assert table["client"].to_pylist() == [call.client for call in calls]
    assert table["agent"].to_pylist() == [call.agent for call in calls]
    assert table["method"].to_pylist() == [call.method for call in calls]
    assert np.allclose(table["duration_s"].to_numpy(), [call.took_ms / 1e3 for call in calls])
    assert set(reading.oddities.count) <= {"foreign"}


_IMAGES = st.tuples(st.sampled_from("ab"), st.sampled_from(["v1", "v2", "sha256:1"]))
_PULLS = st.builds(
    lambda second, kind, status, image, client: Call(
        1_000 * second,
        "GET",
        f"/v2/{image[0]}/{kind}/{image[1]}",
        status,
        took_ms=10,
        client=client,
    ),
    second=st.integers(0, 400),
    kind=st.sampled_from(["manifests", "blobs"]),
    status=st.sampled_from([200, 200, 200, 307, 404, 503]),
    image=_IMAGES,
    client=st.sampled_from(["10.0.0.1", "10.0.0.2"]),
)


@given(calls=st.lists(_PULLS, min_size=1, max_size=40))
def test_every_layer_belongs_to_one_pull_or_to_none(calls: list[Call]) -> None:
    calls = sorted(calls, key=lambda call: call.at_ms)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text(text_of(calls, "csv"), encoding="utf-8")
        sessions = Sessions(open_log(path))
        rows = np.concatenate(list(sessions))

    manifests = [call for call in calls if "manifests" in call.path]
    answered = sum(call.status < 400 for call in calls if "blobs" in call.path)
    assert set(rows["operation"].tolist()) <= {Operation.PULL}
    assert rows["layers"].sum() <= answered <= rows["layers"].sum() + sessions.counts["orphans"]
    assert len(rows) <= len(manifests)
    assert (rows["arrival_ns"] <= rows["manifest_ns"]).all()
    assert (rows["manifest_ns"] <= rows["end_ns"]).all()
    # Tags begin a pull unless the same one has just failed, whatever came before.
    begun = sum(call.status < 400 and "sha256" not in call.path for call in manifests)
    assert len(rows) >= begun - int((rows["attempts"] - 1).sum())
