"""Peak memory and speed of reading logs of growing size: memory should not grow with them.

Run ``python -m benchmarks.logs [--mib N N N] [--format NAME …] [--packed none|gz|zst] [--json FILE]``. Each log is made
up anew, in a temporary folder, and read in a process of its own: once into the table `log` and once into pulls and
pushes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# `ru_maxrss` is in KiB on Linux and in bytes on macOS (getrusage(2) of both).
_RSS_BYTES = 1 if sys.platform == "darwin" else 1024
_START = datetime(2026, 1, 5, tzinfo=UTC)
_PULL = 9  # lines: a manifest and eight layers
_PROGRAM = """
import sys, time
from georep_sim.draws.sources.log import open_log
from georep_sim.draws.sources.sessions import Sessions
log = open_log(sys.argv[1])
begun = time.perf_counter()
if sys.argv[2] == "rows":
    n = sum(chunk.num_rows for chunk in log.read())
else:
    n = sum(len(rows) for rows in Sessions(log))
print(n, time.perf_counter() - begun)
"""


def line(k: int, style: str) -> str:
    """The k-th line of a log: pulls of 500 images by 2,000 clients, each of a manifest and eight layers."""
    pull, part = divmod(k, _PULL)
    client, image = f"10.1.{pull % 200}.{pull % 250}", pull * 2654435761 % 500
    what = f"manifests/v{image % 7}" if part == 0 else f"blobs/sha256:{image * 8 + part:064x}"
    moment = _START + timedelta(milliseconds=10 * k)
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    path, size, agent = f"/v2/team/app{image % 50}/{what}", 1000 + k % 100_000, "containerd/v1.7.2"
    if style == "nginx-combined":
        return f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" 200 {size} "-" "{agent}" 0.{k % 999:03d}\n'
    if style == "csv":
        return f"{stamp},{client},GET,{path},200,{size},0.{k % 999:03d}\n"
    if style == "distribution-text":
        return (
            f'time="{stamp}" level=info msg="response completed" go.version=go1.20.8 http.request.host="registry:5000" '
            f"http.request.id=aaaaaaaa-bbbb-cccc-dddd-{k:012d} http.request.method=GET "
            f'http.request.remoteaddr="{client}:51234" http.request.uri="{path}" http.request.useragent="{agent}" '
            f"http.response.duration=1.{k % 999:03d}ms http.response.status=200 http.response.written={size}\n"
        )
    record: dict[str, Any] = {
        "http.request.method": "GET",
        "http.request.uri": path,
        "http.request.useragent": agent,
        "http.response.status": 200,
        "http.response.written": size,
    }
    if style == "ibm-json":
        more = {"host": "h1", "http.request.duration": 0.1, "http.request.remoteaddr": client, "timestamp": stamp}
        return ("[" if k == 0 else ",") + json.dumps(record | more)
    more = {
        "go.version": "go1.20.8",
        "http.request.host": "registry:5000",
        "http.request.id": f"aaaaaaaa-bbbb-cccc-dddd-{k:012d}",
        "http.request.remoteaddr": f"{client}:51234",
        "http.response.duration": f"1.{k % 999:03d}ms",
        "level": "info",
        "msg": "response completed",
        "time": stamp,
    }
    return json.dumps(record | more) + "\n"


def write(path: Path, n_bytes: int, style: str, *, packed: str = "none") -> int:
    """Make a log up.

    Parameters
    ----------
    path : Path
        Where.
    n_bytes : int
        Unpacked size, about.
    style : str
        Format.
    packed : {"none", "gz", "zst"}
        How it is packed.

    Returns
    -------
    int
        Number of lines.
    """
    k = written = 0
    with _opened(path, packed) as stream:
        if style == "csv":
            stream.write(b"time,client,method,uri,status,bytes,duration_s\n")
        while written < n_bytes:
            text = "".join(line(k + j, style) for j in range(10_000)).encode()
            k, written = k + 10_000, written + len(text)
            stream.write(text)
        if style == "ibm-json":
            stream.write(b"]")
    return k


@contextmanager
def _opened(path: Path, packed: str) -> Iterator[Any]:
    if packed == "gz":
        with gzip.open(path, "wb", compresslevel=1) as stream:
            yield stream
    elif packed == "zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            yield stream
    else:
        with path.open("wb") as stream:
            yield stream


def read(path: Path, into: str) -> dict[str, Any]:
    """Read a log in a process of its own.

    Parameters
    ----------
    path : Path
        The log.
    into : {"rows", "sessions"}
        The table `log`, or pulls and pushes.

    Returns
    -------
    dict
        rows, seconds, cpu_s, peak_rss_bytes.

    Raises
    ------
    CalledProcessError
        If it fails; what it said stands on stderr.
    """
    command = [sys.executable, "-c", _PROGRAM, str(path), into]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    rows, seconds = told.split()
    return {
        "rows": int(rows),
        "seconds": float(seconds),
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_rss_bytes": used.ru_maxrss * _RSS_BYTES,
    }


def main(arguments: Sequence[str]) -> int:
    """Make up, read, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logs", description=__doc__)
    parser.add_argument("--mib", type=int, nargs="+", default=[64, 256, 2048])
    parser.add_argument("--format", nargs="+", default=["distribution-json"])
    parser.add_argument("--packed", choices=["none", "gz", "zst"], default="none")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    found = []
    print("format               MiB       lines  into       lines/s  lines/cpu s  peak MiB")
    for style in asked.format:
        for mib in asked.mib:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "log"
                lines = write(path, mib << 20, style, packed=asked.packed)
                for into in ("rows", "sessions"):
                    got = {"format": style, "mib": mib, "lines": lines, "into": into} | read(path, into)
                    found.append(got)
                    print(
                        f"{style:<18}{mib:>6}{lines:>12,}  {into:<9}{lines / got['seconds']:>9,.0f}"
                        f"{lines / got['cpu_s']:>13,.0f}{got['peak_rss_bytes'] / 2**20:>10,.0f}"
                    )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
