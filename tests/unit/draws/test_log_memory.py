"""A log is read in memory that does not grow with its length; one of 2 GB is measured by ``benchmarks.logs``."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import TYPE_CHECKING

import pyarrow as pa

from georep_sim.draws.sources import files
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.sessions import Sessions

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LINES = 2_000
TEMPLATE = "".join(
    f"TIME,10.0.{k % 100}.{k // 2 % 50},GET,/v2/team/app{k // 2}/{('manifests/v1', f'blobs/sha256:{k:064x}')[k % 2]},200,{k}\n"
    for k in range(LINES)
).encode()


def peak(path: Path, hours: int) -> int:
    """Most bytes held while a log of a thousand pulls an hour is read, by Python and numpy and by Arrow together."""
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"time,client,method,uri,status,bytes\n")
        for hour in range(hours):
            stream.write(TEMPLATE.replace(b"TIME", f"2026-01-{5 + hour // 24:02d}T{hour % 24:02d}:00:00Z".encode()))
    before, held, pulls = pa.total_allocated_bytes(), 0, 0
    tracemalloc.start()
    for rows in Sessions(open_log(path)):
        pulls += len(rows)
        held = max(held, pa.total_allocated_bytes() - before)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pulls == hours * LINES // 2
    return most + held


def test_memory_does_not_grow_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.whole_lines, "__kwdefaults__", {"block_bytes": 60_000})
    peak(tmp_path / "first.gz", 2)  # compiles

    # 2.6 and 8 MB unpacked; the first fills what is read ahead.
    small, large = peak(tmp_path / "small.gz", 10), peak(tmp_path / "large.gz", 30)

    assert large < 1.2 * small + 1_000_000, (small, large)
