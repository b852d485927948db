from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from georep_sim.draws.sources.files import whole_lines
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.log_table import concatenated
from georep_sim.draws.sources.oddities import Oddities
from georep_sim.errors import InputError
from support.registry_logs import SUFFIX, Call, text_of, write_log, written

if TYPE_CHECKING:
    from pathlib import Path

STYLES = ("distribution-json", "distribution-text", "nginx-combined", "csv")
MANY = [Call(1_000 * k, "GET", f"/v2/a/manifests/v{k}") for k in range(200)]


@pytest.mark.parametrize("style", STYLES)
def test_malformed_lines_are_left_out_counted_and_placed(tmp_path: Path, style: str) -> None:
    lines = text_of(MANY, style).splitlines()
    for k in (50, 120, 121, 122, 123, 199):
        lines[k] = '{"broken' if style != "csv" else 'x,"y'
    path = tmp_path / f"a.{SUFFIX[style]}"
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")

    reading = open_log(path).read()
    n = sum(chunk.num_rows for chunk in reading)

    assert n == 194
    assert reading.oddities.count["malformed"] == 6
    assert reading.oddities.places["malformed"] == [f"{path}:{k}" for k in (51, 121, 122, 123, 124)]
    assert reading.oddities.lines == len(lines) + 1
    assert f"(first: {path}:51, {path}:121" in reading.oddities.sentences()[0]
    with pytest.raises(InputError, match=rf"a\.{SUFFIX[style]}:51: \d malformed lines"):
        list(open_log(path, strict=True).read())


def test_a_record_that_is_no_record_spoils_only_itself(tmp_path: Path) -> None:
    records = [written(call, "ibm-json") for call in MANY]
    records[7] = records[7].replace('"http.response.status": 200', '"http.response.status": "two"')
    records[9] = records[9].replace("2026-01-05T", "yesterday ")
    (tmp_path / "a.json").write_text("[" + ",".join(records) + "]", encoding="utf-8")

    reading = open_log(tmp_path / "a.json").read()
    n = sum(chunk.num_rows for chunk in reading)

    assert n == 198
    assert reading.oddities.places["malformed"] == [f"{tmp_path}/a.json:8", f"{tmp_path}/a.json:10"]


def test_numbers_written_as_text_are_read(tmp_path: Path) -> None:
    line = written(MANY[0], "distribution-json")
    line = line.replace('"http.response.status": 200', '"http.response.status": "200"')
    (tmp_path / "a.json").write_text(line + "\n", encoding="utf-8")

    table = concatenated(open_log(tmp_path / "a.json").read())

    assert table["status"].to_pylist() == [200]


@pytest.mark.parametrize("packed", ["gz", "zst"])
def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path, packed: str) -> None:
    # Sizes that do not repeat, so that it cannot be packed into a single block.
    calls = [Call(k, "GET", f"/v2/a/manifests/{(k * 2654435761) % 2**32:x}") for k in range(20_000)]
    data = text_of(calls, "nginx-combined").encode()
    path = tmp_path / "a.log"
    if packed == "gz":
        path.write_bytes(gzip.compress(data)[:-2_000])
    else:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        path.write_bytes(sink.getvalue().to_pybytes()[:-2_000])

    reading = open_log(path).read()
    n = sum(chunk.num_rows for chunk in reading)

    assert reading.oddities.count["truncated"] == 1
    assert 0.5 * len(calls) < n < len(calls)
    assert "1 compressed files that end before their end" in "".join(reading.oddities.sentences())
    with pytest.raises(InputError, match=rf"{path}: 1 compressed files that end before their end"):
        list(open_log(path, strict=True).read())


def test_an_array_without_an_end_is_told(tmp_path: Path) -> None:
    text = text_of(MANY, "ibm-json")
    (tmp_path / "a.json").write_text(text[:-60], encoding="utf-8")

    reading = open_log(tmp_path / "a.json").read()

    assert sum(chunk.num_rows for chunk in reading) == 199
    assert reading.oddities.count == {"truncated": 1, "malformed": 1}


def test_bytes_that_are_no_utf8_are_replaced_and_counted(tmp_path: Path) -> None:
    lines = text_of([Call(0, "GET", "/v2/a/manifests/v1", agent="x\u00e9")] * 3, "nginx-combined").encode().splitlines()
    lines[1] = lines[1].replace("\u00e9".encode(), b"\xe9")
    path = tmp_path / "a.log"
    path.write_bytes(b"\n".join(lines))

    reading = open_log(path).read()
    table = concatenated(reading)

    assert table["agent"].to_pylist() == ["x\u00e9", "x\ufffd", "x\u00e9"]
    assert reading.oddities.count == {"encoding": 1}
    assert reading.oddities.places["encoding"] == [f"{path}:2"]
    with pytest.raises(InputError, match=r"a\.log:2: 1 lines with bytes that are no UTF-8"):
        list(open_log(path, strict=True).read())


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(text_of(MANY, "nginx-combined"), encoding="utf-16")
    with pytest.raises(InputError, match="UTF-16 text; convert it, for example: iconv -f UTF-16"):
        open_log(path)


def test_a_mark_of_utf8_and_ends_of_another_system_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text_of(MANY, "csv").replace("\n", "\r\n").encode())

    reading = open_log(path).read()

    assert sum(chunk.num_rows for chunk in reading) == 200
    assert reading.oddities.count == {}


@pytest.mark.parametrize("style", [*STYLES, "ibm-json"])
def test_negative_sizes_are_taken_as_nothing_and_counted(tmp_path: Path, style: str) -> None:
    calls = [MANY[0], Call(1_500, "GET", "/v2/a/blobs/x", size=-7), MANY[2]]
    path = write_log(tmp_path / f"a.{SUFFIX[style]}", calls, style)

    reading = open_log(path).read()
    table = concatenated(reading)

    assert table["bytes"].to_pylist() == [100, 0, 100]
    assert reading.oddities.count == {"negative_bytes": 1}
    line = 3 if style == "csv" else 2
    with pytest.raises(InputError, match=rf":{line}: 1 negative sizes"):
        list(open_log(path, strict=True).read())


def test_small_disorder_is_sorted_and_large_disorder_is_told(tmp_path: Path) -> None:
    # The second comes 3 s too late, the last an hour.
    seconds = [10, 7, 20, 30, 5_000, 1_400]
    calls = [Call(1_000 * s, "GET", f"/v2/a/manifests/v{s}") for s in seconds]
    path = write_log(tmp_path / "a.json", calls)

    reading = open_log(path).read()
    order = [row["reference"] for chunk in reading for row in chunk.to_pylist()]
    assert order == ["v7", "v10", "v20", "v30", "v1400", "v5000"]  # one chunk: whatever is at hand is sorted
    assert reading.oddities.count == {"backwards": 2}

    # In chunks of their own, and with one that comes when later ones have been handed on.
    (tmp_path / "b").mkdir()
    for k, call in enumerate(calls):
        write_log(tmp_path / "b" / f"{k}.json", [call])
    reading = open_log(tmp_path / "b" / "*.json").read()
    order = [row["reference"] for chunk in reading for row in chunk.to_pylist()]
    assert order == ["v7", "v10", "v20", "v30", "v1400", "v5000"]  # nothing after the gap had been handed on
    assert reading.oddities.count == {"backwards": 2}
    with_more = [*calls, Call(6_000_000, "GET", "/v2/a/manifests/x"), Call(9_000, "GET", "/v2/a/manifests/late")]
    for k, call in enumerate(with_more):
        write_log(tmp_path / "b" / f"{k}.json", [call])
    late = open_log(tmp_path / "b" / "*.json").read()
    assert sum(chunk.num_rows for chunk in late) == 8
    assert late.oddities.count == {"backwards": 3, "late": 1}
    with pytest.raises(InputError, match="1 rows whose time runs back further than the window"):
        list(open_log(tmp_path / "b" / "*.json", strict=True).read())


def test_lines_are_whole_whatever_the_size_of_a_block(tmp_path: Path) -> None:
    path = write_log(tmp_path / "a.json", MANY)
    expected = path.read_bytes().splitlines()

    for size in (1, 7, 1_000, 1 << 20):
        oddities = Oddities()
        blocks = list(whole_lines(path, oddities, block_bytes=size))
        assert [line for block in blocks for line in block.lines] == expected
        assert blocks[0].first == 1
        assert oddities.lines == 200
