"""Whether two planes saw the same, to the last bit; and if not, where they part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.tables import NS_PER_S, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog
    from support.planes import Play, Scene

# Bytes on a link are sums over flows, in whichever order those ended; everything else has one order.
_TRANSFERS_REL = 1e-9


def assert_planes_agree(scene: Scene, a: Play, b: Play) -> PlayLog:
    """Play a scene on two planes; what the first saw, if the second saw the same."""
    log = scene.play(a)
    assert_same(log, scene.play(b), asked=scene.traffic)
    return log


def assert_same(a: PlayLog, b: PlayLog, *, asked: NDArray[Any] | None = None) -> None:
    """Fail with the first row of each table in which two plays differ; `asked` is their traffic, to name requests."""
    found = differences(a, b, asked=asked)
    assert not found, "\n".join(["the planes differ", *found])


def differences(a: PlayLog, b: PlayLog, *, asked: NDArray[Any] | None = None) -> list[str]:
    """First difference in each table, in words; empty if there is none."""
    return [
        f"{name}: {text}"
        for name in ("requests", "tallies", "copies", "losses", "transfers")
        for text in _first(name, getattr(a, name), getattr(b, name), asked)
    ]


def _first(name: str, a: NDArray[Any], b: NDArray[Any], asked: NDArray[Any] | None) -> Iterator[str]:
    if a.dtype != b.dtype:
        yield f"columns {a.dtype} and {b.dtype}"
        return
    if len(a) != len(b):
        yield f"{len(a)} and {len(b)} rows"
    rows = min(len(a), len(b))
    differs = {column: _unequal(name, column, a[column][:rows], b[column][:rows]) for column in a.dtype.names or ()}
    bad = np.logical_or.reduce([np.zeros(rows, dtype=np.bool_), *differs.values()])
    if bad.any():
        row = int(np.argmax(bad))
        values = [f"{c} {a[c][row].item()!r} != {b[c][row].item()!r}" for c in differs if differs[c][row]]
        yield f"{int(bad.sum())} of {rows} rows differ, first {_address(name, a, row, asked)}: " + ", ".join(values)


def _unequal(table: str, column: str, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    if a.dtype.kind != "f":
        return np.asarray(a != b)
    near = np.array([
        math.isclose(x, y, rel_tol=_TRANSFERS_REL) if table == "transfers" and column == "bytes" else x == y
        for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ], dtype=np.bool_)  # fmt: skip
    # No column of a play is ever not a number: two of them would not be an agreement.
    return np.asarray(~near | ~np.isfinite(a) | ~np.isfinite(b))


def _address(table: str, rows: NDArray[Any], row: int, asked: NDArray[Any] | None) -> str:
    """Where a row is from: the request's id, or the row's keys."""
    if table == "requests":
        at = rows[row]
        text = f"row {row} ({Operation(int(at['operation'])).name.lower()} of cohort {at['cohort']}"
        if asked is not None and "k" in (asked.dtype.names or ()):
            same = np.flatnonzero(_key(asked) == _key(rows)[row])
            text += f", hour and k one of {[(int(asked['hour'][i]), int(asked['k'][i])) for i in same[:3]]}"
        return f"{text}, arrived at {int(at['arrival_ns']) / NS_PER_S:.9f} s)"
    keys = {
        "tallies": ("cohort", "operation", "site", "outcome", "state", "bin"),
        "copies": ("ack_ns", "source", "destination"),
        "losses": ("time_ns", "site"),
        "transfers": ("link", "kind"),
    }
    return f"row {row} ({', '.join(f'{key} {rows[key][row]}' for key in keys[table])})"


def _key(rows: NDArray[Any]) -> NDArray[Any]:
    """Cohort, operation, arrival and image of requests, comparable between traffic and table."""
    names = rows.dtype.names or ()
    time = "time_ns" if "time_ns" in names else "arrival_ns"
    out = np.zeros(len(rows), dtype=[("cohort", "i4"), ("operation", "i1"), ("time_ns", "i8"), ("image", "i4")])
    out["cohort"], out["operation"], out["time_ns"] = rows["cohort"], rows["operation"], rows[time]
    out["image"] = rows["image"]
    return out
