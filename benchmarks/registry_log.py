"""Make the log beside `scenarios/from-a-log.yaml`: four days of a registry that never was.

Run ``python -m benchmarks.registry_log [FOLDER]``; it writes ``registry-2026-08-0N.json.gz``, one file a day, always the same
bytes. Lines are those of CNCF Distribution (``log.formatter: json``) as far as `georep` reads them. Pulls come at random, four
times as often in office hours (UTC) as else; 84 % fetch the manifest alone (IBM's registry in Dallas, FAST 2018, figure
12a); a nightly build pushes a tag of each repository.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_START = datetime(2026, 8, 3, tzinfo=UTC)
_DAYS = 4
_REPOSITORIES = 40
_SEED = 20260803
#: By first bytes of addresses: pulls in an hour outside office hours, machines.
_PLACES = {"10.1": (12.0, 60), "10.2": (6.0, 30)}
_WARM = 0.84


def lines() -> list[tuple[datetime, dict[str, Any]]]:
    """Every line with its instant, in order of time."""
    chance = random.Random(_SEED)
    sizes = {k: [round(chance.lognormvariate(15.2, 1.6)) + 500 for _ in range(4)] for k in range(_REPOSITORIES)}
    made: list[tuple[datetime, dict[str, Any]]] = []
    for place, (rate, machines) in _PLACES.items():
        hour = 0.0
        while hour < 24 * _DAYS:
            hour += chance.expovariate(4.0 * rate)
            is_office = 8 <= hour % 24 < 18
            if hour >= 24 * _DAYS or not (is_office or chance.random() < 0.25):
                continue
            client = f"{place}.0.{chance.randrange(machines) + 1}"
            # The first repositories are the most popular.
            made += _pull(
                chance, _START + timedelta(hours=hour), client, min(int(chance.paretovariate(0.7)) - 1, 39), sizes
            )
    for day in range(_DAYS):
        for k in range(_REPOSITORIES):
            when = _START + timedelta(days=day, hours=2, seconds=45 * k + chance.uniform(0.0, 20.0))
            made += _push(when, k, day, sizes[k][-1])
    return sorted(made, key=lambda line: line[0])


def _pull(
    chance: random.Random, when: datetime, client: str, k: int, sizes: dict[int, list[int]]
) -> list[tuple[datetime, dict[str, Any]]]:
    made = [_line(when, client, "GET", f"/v2/team/app{k}/manifests/live", 200, 1_580, 0.012)]
    if chance.random() < _WARM:
        return made
    for j, size in enumerate(sizes[k]):
        took_s = 0.01 + size / 60e6
        end = when + timedelta(seconds=0.02 * (j + 1) + took_s)
        made.append(_line(end, client, "GET", f"/v2/team/app{k}/blobs/sha256:{k:032x}{j:032x}", 200, size, took_s))
    return made


def _push(when: datetime, k: int, day: int, size: int) -> list[tuple[datetime, dict[str, Any]]]:
    client, root, digest = "10.1.9.9", f"/v2/team/app{k}", f"{k:032x}{1000 + day:032x}"
    asked = [
        ("POST", f"{root}/blobs/uploads/", 202, 0, 0.01),
        ("PATCH", f"{root}/blobs/uploads/u{k}", 202, 0, 0.05 + size / 30e6),
        ("PUT", f"{root}/blobs/uploads/u{k}?digest=sha256:{digest}", 201, 0, 0.02),
        ("PUT", f"{root}/manifests/live", 201, 0, 0.02),
    ]
    made = []
    for method, uri, status, written, took_s in asked:
        when += timedelta(seconds=took_s + 0.005)
        made.append(_line(when, client, method, uri, status, written, took_s))
    return made


def _line(
    end: datetime, client: str, method: str, uri: str, status: int, size: int, took_s: float
) -> tuple[datetime, dict[str, Any]]:
    return end, {
        "http.request.method": method,
        "http.request.remoteaddr": f"{client}:51234",
        "http.request.uri": uri,
        "http.request.useragent": "containerd/v1.7.2",
        "http.response.duration": f"{took_s * 1e3:.3f}ms",
        "http.response.status": status,
        "http.response.written": size,
        "msg": "response completed",
        "time": end.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def write(folder: Path) -> list[Path]:
    """Write one file a day, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    by_day: dict[str, list[str]] = {}
    for end, line in lines():
        by_day.setdefault(f"{min(end, _START + timedelta(days=_DAYS, seconds=-1)):%Y-%m-%d}", []).append(
            json.dumps(line)
        )
    written = []
    for day, texts in by_day.items():
        path = folder / f"registry-{day}.json.gz"
        # No name and no time in the file: the same bytes each time.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed:
            packed.write(("\n".join(texts) + "\n").encode())
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else "scenarios/logs")):
        print(f"{path}: {path.stat().st_size:,} bytes")
