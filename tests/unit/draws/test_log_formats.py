from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from georep_sim.draws.sources.instants import common_log_ns, go_seconds, iso_ns
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.log_table import FORMATS, LOG, Kind, concatenated
from georep_sim.errors import InputError
from support.registry_logs import SUFFIX, Call, text_of, write_log, written

if TYPE_CHECKING:
    from pathlib import Path

    from georep_sim.draws.sources.log import Log

CALLS = [
    Call(1_000, "GET", "/v2/team/web/manifests/v1", size=1_518, took_ms=12),
    Call(2_000, "GET", "/v2/team/web/blobs/sha256:0a", size=52_000_000, took_ms=880),
    Call(3_000, "POST", "/v2/a/blobs/uploads/", 202, size=0, took_ms=3, client="10.9.8.7"),
    Call(4_000, "PUT", "/v2/a/blobs/uploads/u-1?_state=x&digest=sha256:0b", 201, size=0, took_ms=3),
    Call(5_000, "GET", "/v2/", 401, size=87, took_ms=1),
]


def rows(log: Log) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = concatenated(log.read()).to_pylist()
    return found


def of(log: Log, column: str) -> list[Any]:
    return [row[column] for row in rows(log)]


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_is_found_out_and_gives_the_same_rows(tmp_path: Path, style: str) -> None:
    log = open_log(write_log(tmp_path / f"a.{SUFFIX[style]}", CALLS, style))

    assert log.format == style
    assert log.stamped == ("start" if style == "ibm-json" else "end")
    assert of(log, "time_ns") == [call.time_ns for call in CALLS]
    assert of(log, "client") == ["10.0.0.1", "10.0.0.1", "10.9.8.7", "10.0.0.1", "10.0.0.1"]
    assert of(log, "method") == ["GET", "GET", "POST", "PUT", "GET"]
    assert of(log, "kind") == [Kind.MANIFEST, Kind.BLOB, Kind.UPLOAD, Kind.UPLOAD, Kind.PING]
    assert of(log, "repository") == ["team/web", "team/web", "a", "a", ""]
    assert of(log, "reference") == ["v1", "sha256:0a", "", "u-1", ""]
    assert of(log, "status") == [200, 200, 202, 201, 401]
    assert of(log, "bytes") == [1_518, 52_000_000, 0, 0, 87]
    assert of(log, "duration_s") == pytest.approx([0.012, 0.88, 0.003, 0.003, 0.001])
    assert set(of(log, "agent")) == {"containerd/v1.7.2"}
    assert list(rows(log)[0]) == [column.name for column in LOG]


def test_the_record_of_the_ibm_traces_is_read_as_their_readme_says(tmp_path: Path) -> None:
    text = (
        '[{"host":"h1","http.request.duration":0.88,"http.request.method":"GET","http.request.remoteaddr":"c1",'
        '"http.request.uri":"v2/u1/r1/blobs/l1","http.request.useragent":"docker/17.04.0-ce go/go1.7.5",'
        '"http.response.status":200,"http.response.written":1518,"id":"q1","timestamp":"2017-07-01T01:39:37.098Z"}]'
    )
    (tmp_path / "prod-dal09-logstash-2017.08.01-0.json").write_text(text, encoding="utf-8")

    (row,) = rows(open_log(tmp_path / "*.json"))

    assert row == {
        "time_ns": 1_498_873_177_098_000_000,
        "client": "c1",
        "agent": "docker/17.04.0-ce go/go1.7.5",
        "method": "GET",
        "kind": Kind.BLOB,
        "repository": "u1/r1",
        "reference": "l1",
        "status": 200,
        "bytes": 1518,
        "duration_s": 0.88,
        "site": "h1",
    }


def test_an_array_may_be_laid_out_in_lines_and_hold_what_looks_like_its_joints(tmp_path: Path) -> None:
    calls = [
        Call(0, "GET", "/v2/a/manifests/v1", agent='x},{"y":1'),
        Call(1, "GET", "/v2/a/manifests/v2", agent="x},{"),
        Call(2, "GET", "/v2/a/manifests/v3", agent="\u00b5 } , { \\"),
    ]
    text = "[\n  " + ",\n  ".join(written(call, "ibm-json").replace(", ", ",\n    ") for call in calls[:2])
    (tmp_path / "a.json").write_text(f"{text} ,{written(calls[2], 'ibm-json')}\n]\n", encoding="utf-8")

    log = open_log(tmp_path / "a.json")

    assert of(log, "reference") == ["v1", "v2", "v3"]
    assert of(log, "agent")[1:] == ["x},{", "\u00b5 } , { \\"]
    assert of(log, "agent")[0].replace("\n    ", " ") == 'x},{"y":1'


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize("packed", ["gz", "two members", "zst"])
def test_packed_files_give_what_plain_ones_give(tmp_path: Path, style: str, packed: str) -> None:
    plain = write_log(tmp_path / "plain", CALLS, style)
    data = plain.read_bytes()
    path = tmp_path / "packed"  # told apart by what is in it, not by its name
    if packed == "zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(data)
    elif packed == "gz":
        path.write_bytes(gzip.compress(data))
    else:
        path.write_bytes(gzip.compress(data[:50]) + gzip.compress(data[50:]) + b"\0" * 512)

    assert rows(open_log(path)) == rows(open_log(plain))
    assert open_log(path).format == style


def test_a_glob_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, call in (("b-2.json", CALLS[1]), ("b-1.json", CALLS[0]), ("b-3.json", CALLS[4])):
        write_log(tmp_path / name, [call])
    (tmp_path / "other.txt").write_text("not this\n")

    log = open_log(tmp_path / "b-*.json")

    assert [path.name for path in log.files] == ["b-1.json", "b-2.json", "b-3.json"]
    assert of(log, "status") == [200, 200, 401]


def test_distribution_mixes_other_lines_with_its_requests(tmp_path: Path) -> None:
    start = '{"level":"info","msg":"listening on [::]:5000","time":"2026-01-05T00:00:00Z"}\n'
    access = written(CALLS[0], "nginx-combined") + "\n"
    (tmp_path / "d.json").write_text(start + access + text_of(CALLS, "distribution-json"), encoding="utf-8")
    text = 'time="2026-01-05T00:00:00Z" level=info msg="listening on [::]:5000" go.version=go1.20.8\n'
    (tmp_path / "d.log").write_text(text + access + text_of(CALLS, "distribution-text"), encoding="utf-8")

    for name, style in (("d.json", "distribution-json"), ("d.log", "distribution-text")):
        log = open_log(tmp_path / name)
        reading = log.read()
        assert log.format == style
        assert sum(chunk.num_rows for chunk in reading) == 5
        assert reading.oddities.count == {"foreign": 2}


def test_what_stands_behind_the_combined_format_may_be_the_time_and_the_upstream(tmp_path: Path) -> None:
    line = '2001:db8::1 - bob [05/Jan/2026:02:00:00 +0200] "GET /v2/a/manifests/v1 HTTP/2.0" 200 - "-" "x"'
    ends = ["", " 1.250", ' "1.250" "10.3.3.3:5000"', " rt=1.250 ua=10.3.3.3:5000", ' "-"']
    (tmp_path / "n.log").write_text("".join(f"{line}{end}\n" for end in ends), encoding="utf-8")

    log = open_log(tmp_path / "n.log")

    assert set(of(log, "time_ns")) == {Call(0, "GET", "").time_ns}
    assert set(of(log, "client")) == {"2001:db8::1"}
    assert np.nan_to_num(of(log, "duration_s"), nan=-1.0).tolist() == [-1.0, 1.25, 1.25, 1.25, -1.0]
    assert of(log, "site") == ["", "", "10.3.3.3:5000", "10.3.3.3:5000", ""]
    assert set(of(log, "bytes")) == {0}


def test_columns_of_a_csv_file_may_have_other_names(tmp_path: Path) -> None:
    text = 'ts,ip,verb,what,name,ref,extra\n1767571200.5,10.0.0.1,get,manifest,team/web,v1,"a, b"\n'
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    columns = {"time": "ts", "client": "ip", "method": "verb", "kind": "what", "repository": "name", "reference": "ref"}

    (row,) = rows(open_log(tmp_path / "c.csv", columns=columns))

    assert (row["time_ns"], row["method"], row["kind"]) == (1_767_571_200_500_000_000, "GET", Kind.MANIFEST)
    assert (row["repository"], row["reference"], row["status"]) == ("team/web", "v1", 0)
    with pytest.raises(InputError, match=r"c\.csv:1: no column time, client, method, uri"):
        list(open_log(tmp_path / "c.csv", format="csv").read())
    with pytest.raises(InputError, match="no column colour"):
        open_log(tmp_path / "c.csv", columns={"colour": "x"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing in it"),
        ("root:x:0:0:root\n", r"the first line is 'root:x:0:0:root'\. Known are ibm-json"),
        ("a,b,c\n1,2,3\n", "no log format that is known"),
    ],
)
def test_what_is_no_log_is_refused_with_what_it_begins_with(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        open_log(tmp_path / "x")


def test_a_format_or_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write_log(tmp_path / "a.json", CALLS)
    with pytest.raises(InputError, match="no log format 'apache'; there are ibm-json"):
        open_log(path, format="apache")
    with pytest.raises(InputError, match=r"no file .*\*\.zip"):
        open_log(tmp_path / "*.zip")


def test_paths_that_name_no_image_are_told_apart(tmp_path: Path) -> None:
    paths = {
        "/v2/a/tags/list?n=10": (Kind.TAGS, "a"),
        "/v2/_catalog": (Kind.CATALOG, ""),
        "/token?service=x&scope=repository:a:pull": (Kind.TOKEN, ""),
        "/service/token": (Kind.TOKEN, ""),
        "/oauth2/exchange": (Kind.TOKEN, ""),
        "/healthz": (Kind.OTHER, ""),
        "/v2/blobs/manifests/manifests/v1": (Kind.MANIFEST, "blobs/manifests"),
        "/v2/a/blobs/uploads/u?from=b&mount=c": (Kind.UPLOAD, "a"),
    }
    log = open_log(write_log(tmp_path / "a.json", [Call(k, "GET", path) for k, path in enumerate(paths)]))

    assert [(row["kind"], row["repository"]) for row in rows(log)] == list(paths.values())


def test_instants_and_durations() -> None:
    texts = pa.array(
        ["2026-01-05T02:00:00.5+02:00", "2026-01-05 00:00:00", "1767571200", "1767571200250", "soon", None]
    )
    base = 1_767_571_200 * 10**9

    assert iso_ns(texts).to_pylist() == [base + 5 * 10**8, base, base, base + 25 * 10**7, None, None]
    assert common_log_ns(pa.array(["05/Jan/2026:01:00:00 +0100", "05/Jan/2026:25:00:00 +0100", "x"])).to_pylist() == [
        base,
        None,
        None,
    ]
    took = go_seconds(pa.array(["2h1m1.5s", "71.5ms", "58\u00b5s", "58\u03bcs", "9ns", "0s", "", "1.5"]))
    assert took.to_pylist() == pytest.approx([7261.5, 0.0715, 58e-6, 58e-6, 9e-9, 0.0, None, None])
