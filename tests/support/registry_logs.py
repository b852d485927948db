"""Logs of a registry, written request by request in each format that can be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
SUFFIX = {
    "ibm-json": "json",
    "distribution-json": "json",
    "distribution-text": "log",
    "nginx-combined": "log",
    "csv": "csv",
}


@dataclass(frozen=True)
class Call:
    """One request; `at_ms` counts from Monday, 5 January 2026, 00:00 UTC, to its end (of IBM's records: its start)."""

    at_ms: int
    method: str
    path: str
    status: int = 200
    size: int = 100
    took_ms: int = 100
    client: str = "10.0.0.1"
    agent: str = "containerd/v1.7.2"

    @property
    def moment(self) -> datetime:
        return MONDAY + timedelta(milliseconds=self.at_ms)

    @property
    def time_ns(self) -> int:
        return int(MONDAY.timestamp()) * 10**9 + self.at_ms * 10**6


def written(call: Call, style: str) -> str:
    """One line, without its end; of `ibm-json` a record without what stands around it."""
    stamp = call.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if style == "ibm-json":
        record = {
            "host": "h1",
            "http.request.duration": call.took_ms / 1e3,
            "http.request.method": call.method,
            "http.request.remoteaddr": call.client,
            "http.request.uri": call.path.removeprefix("/"),
            "http.request.useragent": call.agent,
            "http.response.status": call.status,
            "http.response.written": call.size,
            "id": "q1",
            "timestamp": stamp,
        }
        return json.dumps(record)
    if style == "distribution-json":
        line = {
            "go.version": "go1.20.8",
            "http.request.host": "registry:5000",
            "http.request.method": call.method,
            "http.request.remoteaddr": f"{call.client}:51234" if ":" not in call.client else f"[{call.client}]:51234",
            "http.request.uri": call.path,
            "http.request.useragent": call.agent,
            "http.response.duration": f"{call.took_ms}ms",
            "http.response.status": call.status,
            "http.response.written": call.size,
            "level": "info",
            "msg": "response completed",
            "time": stamp,
        }
        return json.dumps(line)
    if style == "distribution-text":
        return (
            f'time="{stamp}" level=info msg="response completed" go.version=go1.20.8 http.request.host="registry:5000" '
            f'http.request.method={call.method} http.request.remoteaddr="{call.client}:51234" '
            f'http.request.uri="{call.path}" http.request.useragent="{call.agent}" '
            f"http.response.duration={call.took_ms}ms http.response.status={call.status} "
            f"http.response.written={call.size}"
        )
    if style == "csv":
        return f"{stamp},{call.client},{call.agent},{call.method},{call.path},{call.status},{call.size},{call.took_ms / 1e3}"
    day = call.moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'{call.client} - - [{day}] "{call.method} {call.path} HTTP/1.1" {call.status} {call.size} "-" '
        f'"{call.agent}" {call.took_ms / 1e3:.3f}'
    )


def text_of(calls: Iterable[Call], style: str) -> str:
    """A whole file."""
    lines = [written(call, style) for call in calls]
    if style == "ibm-json":
        return "[" + ",".join(lines) + "]"
    head = ["time,client,agent,method,uri,status,bytes,duration_s"] if style == "csv" else []
    return "\n".join([*head, *lines]) + "\n"


def write_log(path: Path, calls: Iterable[Call], style: str = "distribution-json") -> Path:
    """Write a file, and return its path."""
    path.write_text(text_of(calls, style), encoding="utf-8")
    return path


def pull(
    at_ms: int, repository: str, tag: str, layers: Iterable[tuple[str, int]] = (), client: str = "10.0.0.1"
) -> list[Call]:
    """A pull, whose manifest is answered at `at_ms` and whose layers a tenth of a second apart after it."""
    calls = [Call(at_ms, "GET", f"/v2/{repository}/manifests/{tag}", took_ms=50, size=1_000, client=client)]
    for k, (digest, size) in enumerate(layers, start=1):
        calls.append(
            Call(at_ms + 100 * k, "GET", f"/v2/{repository}/blobs/{digest}", size=size, took_ms=50, client=client)
        )
    return calls


def push(at_ms: int, repository: str, tag: str, layers: int = 1, client: str = "10.0.0.1") -> list[Call]:
    """A push of some layers, acknowledged 400 ms for each layer after `at_ms`."""
    calls = []
    for k in range(layers):
        start = at_ms + 400 * k
        calls += [
            Call(start, "POST", f"/v2/{repository}/blobs/uploads/", 202, took_ms=10, client=client),
            Call(start + 100, "PATCH", f"/v2/{repository}/blobs/uploads/u{k}?_state=x", 202, took_ms=10, client=client),
            Call(
                start + 200,
                "PUT",
                f"/v2/{repository}/blobs/uploads/u{k}?digest=sha256:{k}",
                201,
                took_ms=10,
                client=client,
            ),
        ]
    end = at_ms + 400 * layers
    return [*calls, Call(end, "PUT", f"/v2/{repository}/manifests/{tag}", 201, took_ms=10, client=client)]
