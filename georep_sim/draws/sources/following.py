"""Compiled: which requests of one client belong to one pull or push."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What a request means to the one who follows a client, see `sessions`.
IGNORED, LOOK, ASK, LAYER, UPLOAD, STORED, NAME = range(7)
PULL, PUSH = 0, 1

#: One request, ready to be followed.
STEP_DTYPE: Final = np.dtype(
    [
        ("start_ns", "i8"),
        ("end_ns", "i8"),
        ("slot", "i8"),
        ("event", "i1"),
        ("status", "i2"),
        ("client", "i4"),
        ("repository", "i4"),
        ("image", "i4"),
        ("is_digest", "?"),
        ("blob", "i4"),
        ("bytes", "f8"),
        ("site", "i4"),
        ("agent", "i4"),
    ]
)
#: One pull or push.
SESSION_DTYPE: Final = np.dtype(
    [
        ("arrival_ns", "i8"),
        ("end_ns", "i8"),
        ("manifest_ns", "i8"),
        ("operation", "i1"),
        ("client", "i4"),
        ("repository", "i4"),
        ("image", "i4"),
        ("site", "i4"),
        ("agent", "i4"),
        ("status", "i2"),
        ("known", "?"),
        ("attempts", "i4"),
        ("throttles", "i4"),
        ("layers", "i4"),
        ("bytes", "f8"),
    ]
)
#: A session that is still open; `asked` counts its requests of a manifest, `failed` is the layer that failed last.
OPEN_DTYPE: Final = np.dtype(
    [*SESSION_DTYPE.descr, ("open", "?"), ("asked", "i4"), ("last_ns", "i8"), ("newest", "i4"), ("failed", "i4")]
)
#: What became of sessions that are neither pull nor push: looks without a pull, uploads without a manifest, layers
#: that no manifest was asked for before.
COUNTS: Final = ("looks", "abandoned", "orphans")


@jit
def follow(
    steps: NDArray[Any],
    state: NDArray[Any],
    known: NDArray[np.bool_],
    window_ns: int,
    out: NDArray[Any],
    counts: NDArray[np.int64],
) -> int:
    """Take requests in the order in which they were logged; return how many sessions were closed into `out`."""
    n = 0
    for k in range(len(steps)):
        step = steps[k]
        s = state[step["slot"]]
        event = step["event"]
        if s["open"] and step["start_ns"] - s["last_ns"] > window_ns:
            n = _close(s, out, n, counts)
        if event == LOOK:
            n = _look(s, step, out, n, counts)
        elif event == ASK:
            n = _ask(s, step, known, out, n, counts)
        elif event == LAYER:
            _layer(s, step, counts)
        elif event == NAME:
            n = _name(s, step, known, out, n, counts)
        elif event != IGNORED:
            _upload(s, step)
        if s["open"]:
            s["end_ns"] = max(s["end_ns"], step["end_ns"])
            s["last_ns"] = max(s["last_ns"], step["end_ns"])
    return n


@jit
def sweep(state: NDArray[Any], before_ns: int, out: NDArray[Any], counts: NDArray[np.int64]) -> int:
    """Close every session whose last request ended before an instant; return how many went into `out`."""
    n = 0
    for k in range(len(state)):
        s = state[k]
        if s["open"] and s["last_ns"] < before_ns:
            n = _close(s, out, n, counts)
    return n


@jit
def _begin(s: Any, step: Any, operation: int) -> None:
    s["open"] = True
    s["operation"] = operation
    s["arrival_ns"] = step["start_ns"]
    s["end_ns"] = s["last_ns"] = s["manifest_ns"] = step["end_ns"]
    s["client"], s["repository"], s["agent"] = step["client"], step["repository"], step["agent"]
    s["image"] = s["newest"] = step["image"]
    s["site"] = step["site"]
    s["status"], s["known"] = 0, False
    s["attempts"] = s["throttles"] = s["layers"] = s["asked"] = 0
    s["bytes"] = 0.0
    s["failed"] = -1


@jit
def _look(s: Any, step: Any, out: NDArray[Any], n: int, counts: NDArray[np.int64]) -> int:
    """A HEAD of a manifest, or a 401: of another tag than an open look's, or after a pull, it begins anew."""
    is_other = s["image"] != step["image"] and not step["is_digest"]
    if s["open"] and (s["asked"] > 0 or is_other):
        n = _close(s, out, n, counts)
    if not s["open"]:
        _begin(s, step, PULL)
    return n


@jit
def _ask(s: Any, step: Any, known: NDArray[np.bool_], out: NDArray[Any], n: int, counts: NDArray[np.int64]) -> int:
    """A GET of a manifest: a new pull, the next manifest of an index, or another attempt."""
    if not s["open"]:
        _begin(s, step, PULL)
    elif not _goes_on(s, step):
        n = _close(s, out, n, counts)
        _begin(s, step, PULL)
    status = step["status"]
    if s["asked"] == 0 or s["status"] >= 400:
        s["attempts"] += 1
    s["asked"] += 1
    s["throttles"] += status == 429
    s["status"], s["site"], s["newest"] = status, step["site"], step["image"]
    s["known"] = s["known"] or known[s["image"]] or known[step["image"]]
    if 200 <= status < 400:
        known[step["image"]] = True
        known[s["image"]] = True
        s["bytes"] += step["bytes"]
    s["manifest_ns"] = max(s["manifest_ns"], step["end_ns"])
    return n


@jit
def _goes_on(s: Any, step: Any) -> bool:
    """Whether a GET of a manifest belongs to the open session."""
    if s["asked"] == 0:
        # A look at the tag comes before: then the tag itself, or the digest that was the answer.
        return bool(step["is_digest"] or step["image"] == s["image"])
    if s["status"] >= 400:
        # Another attempt at the manifest; after a layer failed, a pull of its own.
        return bool(step["image"] == s["newest"] and s["failed"] < 0)
    return bool(s["layers"] == 0 and step["is_digest"] and step["image"] != s["newest"])


@jit
def _layer(s: Any, step: Any, counts: NDArray[np.int64]) -> None:
    if not s["open"] or s["asked"] == 0:
        counts[2] += 1
        return
    status = step["status"]
    s["throttles"] += status == 429
    s["bytes"] += step["bytes"] if status < 400 else 0.0
    s["site"] = step["site"]
    if status >= 400:
        s["failed"], s["status"] = step["blob"], status
        return
    # 206 goes on where an earlier answer broke off.
    s["layers"] += status != 206
    if s["failed"] == step["blob"] and s["status"] >= 400:
        s["failed"], s["status"] = -1, 200


@jit
def _upload(s: Any, step: Any) -> None:
    if not s["open"]:
        _begin(s, step, PUSH)
    status = step["status"]
    s["throttles"] += status == 429
    s["site"] = step["site"]
    s["bytes"] += step["bytes"]
    s["layers"] += step["event"] == STORED and status == 201
    if status >= 500 or status == 429 or status == 403:  # noqa: PLR1714 - compiled: no tuple
        s["status"] = status
    elif status < 400:
        s["status"] = 0


@jit
def _name(s: Any, step: Any, known: NDArray[np.bool_], out: NDArray[Any], n: int, counts: NDArray[np.int64]) -> int:
    """A PUT of a manifest: with a tag it ends the push."""
    if not s["open"]:
        _begin(s, step, PUSH)
    status = step["status"]
    if s["asked"] == 0 or s["status"] >= 400:
        s["attempts"] += 1
    if s["asked"] == 0 or not step["is_digest"]:
        s["image"] = step["image"]
    s["asked"] += 1
    s["throttles"] += status == 429
    s["status"], s["site"], s["newest"] = status, step["site"], step["image"]
    s["manifest_ns"] = max(s["manifest_ns"], step["end_ns"])
    if 200 <= status < 400:
        known[step["image"]] = True
        if not step["is_digest"]:
            s["end_ns"] = max(s["end_ns"], step["end_ns"])
            n = _close(s, out, n, counts)
    return n


@jit
def _close(s: Any, out: NDArray[Any], n: int, counts: NDArray[np.int64]) -> int:
    s["open"] = False
    if s["asked"] == 0:
        if s["operation"] == PULL:
            counts[0] += 1
            return n
        if s["status"] < 400:
            counts[1] += 1
            return n
        # Its uploads failed: a push that never got to its manifest.
        s["attempts"] = 1
    row = out[n]
    row["arrival_ns"], row["end_ns"], row["manifest_ns"] = s["arrival_ns"], s["end_ns"], s["manifest_ns"]
    row["operation"], row["client"], row["repository"] = s["operation"], s["client"], s["repository"]
    row["image"], row["site"], row["agent"] = s["image"], s["site"], s["agent"]
    row["status"], row["known"] = s["status"], s["known"]
    row["attempts"], row["throttles"], row["layers"] = s["attempts"], s["throttles"], s["layers"]
    row["bytes"] = s["bytes"]
    return n + 1
