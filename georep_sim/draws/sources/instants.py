"""Instants and durations as logs write them, whole columns at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_NS = pa.timestamp("ns", tz="UTC")
# time.Duration.String of Go: the units in this order, each at most once; "µ" is U+00B5 there, some write U+03BC.
_GO: Final = (
    r"^(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?"
    r"(?:(?P<ms>\d+(?:\.\d+)?)ms)?(?:(?P<us>\d+(?:\.\d+)?)[µμu]s)?(?:(?P<ns>\d+)ns)?$"
)
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def iso_ns(texts: pa.ChunkedArray) -> pa.Array:
    """Nanoseconds since 1970 in UTC of ISO 8601 instants, null where a text is none; without an offset it is UTC."""
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    try:
        return pc.cast(pc.cast(array, _NS), pa.int64())
    except pa.ArrowInvalid:
        # One that is none spoils the column: then one by one.
        return pa.array([_iso_ns(text) for text in array.to_pylist()], type=pa.int64())


def _iso_ns(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return int(pa.scalar(text).cast(_NS).cast(pa.int64()).as_py())
    except (pa.ArrowInvalid, OverflowError):
        pass
    try:
        return int(pa.scalar(text).cast(pa.timestamp("ns")).cast(pa.int64()).as_py())
    except (pa.ArrowInvalid, OverflowError):
        return _epoch_ns(text)


def _epoch_ns(text: str) -> int | None:
    """Seconds since 1970, or milliseconds where they would be seconds after the year 5000."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    if not 0.0 < seconds < 1e14:
        return None
    # Digits of a fraction beyond a microsecond are lost in a double.
    return round(seconds * 1e6) * 1_000 if seconds < 1e11 else round(seconds * 1e3) * 1_000


def common_log_ns(texts: pa.Array) -> pa.Array:
    """Nanoseconds since 1970 of instants such as ``10/Oct/2026:13:55:36 +0200``, null where a text is none."""
    coded = pc.dictionary_encode(texts)
    instants = pa.array([_common_ns(text) for text in coded.dictionary.to_pylist()], type=pa.int64())
    return pc.take(instants, coded.indices)


def _common_ns(text: str | None) -> int | None:
    date, _, clock = (text or "").partition(":")
    try:
        midnight = _midnight_ns(date, clock[8:].strip())
        hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:8])
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    return midnight + (3600 * hour + 60 * minute + second) * 10**9


@lru_cache(maxsize=64)
def _midnight_ns(date: str, zone: str) -> int:
    moment = datetime.strptime(f"{date} {zone}", "%d/%b/%Y %z")
    return int(moment.astimezone(UTC).timestamp()) * 10**9


def go_seconds(texts: pa.Array) -> pa.Array:
    """Seconds of durations that Go prints (``1m2.5s``, ``71.36ms``), null where a text is none.

    Examples
    --------
    >>> go_seconds(pa.array(["1m2.5s", "1.5ms", "no"])).to_pylist()
    [62.5, 0.0015, None]
    """
    parts = pc.extract_regex(texts, _GO)
    seconds: Any = None
    for unit, length in _SECONDS.items():
        digits = pc.struct_field(parts, unit)
        amount = pc.multiply(pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.float64()), length)
        seconds = amount if seconds is None else pc.add(seconds, amount)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.float64()), seconds)


def numbers(texts: pa.Array, kind: Any) -> pa.Array:
    """Numbers that texts write, null where a text is none; ``-`` and nothing are null."""
    array = pc.if_else(pc.is_in(texts, pa.array(["", "-"])), pa.scalar(None, pa.string()), texts)
    try:
        return pc.cast(array, kind)
    except pa.ArrowInvalid:
        return pa.array([_number(text) for text in array.to_pylist()], type=pa.float64()).cast(kind, safe=False)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is None or np.isfinite(value) else None
