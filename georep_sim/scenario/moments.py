"""Moments: a time since the start of the run, or a date with an optional time and zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import PlainValidator, WithJsonSchema

from georep_sim import units
from georep_sim.scenario.values import ValueProblem, as_scalar, is_document

if TYPE_CHECKING:
    from pydantic import ValidationInfo

_DATE: Final = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:T(?P<time>\d{2}:\d{2}(?::\d{2})?))?"
    r" ?(?P<zone>Z|[+-]\d{2}:\d{2}|(?<= )[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+)?"
)
#: The same in the dialect of JSON Schema.
DATE_PATTERN: Final = (
    r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?( ?Z| ?[+-]\d{2}:\d{2}| [A-Za-z]+(/[A-Za-z0-9_+-]+)+)?$"
)
_EXPECTED: Final = "YYYY-MM-DD[Thh:mm[:ss]] and optionally Z, ±hh:mm or a zone such as Europe/Amsterdam"


def parse_date(text: str) -> datetime:
    """Read a date, with an optional time and zone, into UTC.

    Parameters
    ----------
    text : str
        ``2026-08-18``, ``2026-08-18T09:00+02:00``, ``2026-08-18T09:00 Europe/Amsterdam``; no zone means UTC.

    Raises
    ------
    ValueProblem
        If it is no such date, or a local time that daylight saving skips.

    Examples
    --------
    >>> parse_date("2026-08-18T09:00 Europe/Amsterdam").isoformat()
    '2026-08-18T07:00:00+00:00'
    """
    match = _DATE.fullmatch(text)
    if match is None:
        msg = f"{text!r} is not a date"
        raise ValueProblem(msg, expected=_EXPECTED)
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}").replace(
            tzinfo=_zone(match["zone"])
        )
    except ValueProblem:
        raise
    except ValueError as error:
        msg = f"{text!r} is not a date of the calendar"
        raise ValueProblem(msg, expected=_EXPECTED) from error
    utc = local.astimezone(UTC)
    if utc.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        msg = f"{text!r} does not exist: clocks went forward over it"
        raise ValueProblem(msg, expected="a time that clocks showed", remedy="give the time in UTC")
    return utc


def _zone(text: str | None) -> timezone | ZoneInfo:
    if text is None or text == "Z":
        return UTC
    if text[0] in "+-":
        hours, minutes = int(text[1:3]), int(text[4:6])
        return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    try:
        return ZoneInfo(text)
    except ZoneInfoNotFoundError as error:
        msg = f"no time zone {text!r}"
        raise ValueProblem(msg, expected="an IANA name such as Europe/Amsterdam") from error


def _read_date(value: object) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            msg = f"{value} has no time zone"
            raise ValueProblem(msg, expected="a datetime with tzinfo")
        return value.astimezone(UTC)
    return parse_date(str(value))


def seconds_since(text: str | float, start: datetime | None) -> float:
    """Return a moment in seconds since the start of the run; negative if before.

    Parameters
    ----------
    text : str
        A time, or a date.
    start : datetime or None
        Start of the run, UTC; None refuses dates.

    Raises
    ------
    ValueProblem, UnitError
        If it is neither.
    """
    if not isinstance(text, str) or not re.match(r"\d{4}-", text):
        return units.parse(text, "time").value
    if start is None:
        msg = f"{text!r} needs the start of the run"
        raise ValueProblem(msg, expected="a time since the start")
    return (parse_date(text) - start).total_seconds()


def _read_moment(value: object, info: ValidationInfo) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_document(info):
        return float(value)
    start = (info.context or {}).get("start")
    since = seconds_since(as_scalar(value), start if isinstance(start, datetime) else None)
    if since < 0:
        msg = f"{value!r} is before the start of the run, {start:%Y-%m-%dT%H:%M}Z"
        raise ValueProblem(msg, expected="a moment not before run.start", remedy="move run.start")
    return since


def _moment_schema() -> dict[str, Any]:
    return {"type": "string", "anyOf": [{"pattern": units.pattern("time")}, {"pattern": DATE_PATTERN}]}


#: A date in UTC.
Date = Annotated[datetime, PlainValidator(_read_date), WithJsonSchema({"type": "string", "pattern": DATE_PATTERN})]
#: Seconds since the start of the run.
Moment = Annotated[float, PlainValidator(_read_moment), WithJsonSchema(_moment_schema())]
