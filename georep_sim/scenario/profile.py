"""Weekly profiles: relative weights over the hours of the week, in local time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from georep_sim import units
from georep_sim.scenario.values import ValueProblem, as_scalar

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY: Final = 1440
_DAY_KEY: Final = r"(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?"
_SPAN_KEY: Final = r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)"
#: Named profiles; the weights of office hours are assumed.
NAMED: Final[Mapping[str, object]] = {
    "always": {"else": 1},
    "office-hours": {"mon-fri": {"08:00-18:00": "4~"}, "sat": "1~", "else": "0.5~"},
}


@dataclass(frozen=True, slots=True)
class Span:
    """A weight for some minutes of some days.

    Parameters
    ----------
    days : frozenset of int
        0 = Monday.
    start_minute, end_minute : int
        Minutes of the local day, end exclusive, at most 1440.
    weight : float
        Relative to the other spans.
    """

    days: frozenset[int]
    start_minute: int
    end_minute: int
    weight: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Relative weights over a week of local time; only their ratios matter.

    Parameters
    ----------
    spans : tuple of Span
        Disjoint.
    else_weight : float
        Weight of every other minute.
    """

    spans: tuple[Span, ...] = ()
    else_weight: float = 1.0

    def weight_at(self, weekday: int, minute: int) -> float:
        """Return the weight of a minute of the week.

        Parameters
        ----------
        weekday : int
            0 = Monday.
        minute : int
            Minute of the local day, 0 to 1439.

        Examples
        --------
        >>> read_profile("office-hours").weight_at(0, 9 * 60)
        4.0
        """
        for span in self.spans:
            if weekday in span.days and span.start_minute <= minute < span.end_minute:
                return span.weight
        return self.else_weight

    @property
    def peak(self) -> float:
        """Weight of the busiest minute of the week over the mean weight.

        Examples
        --------
        >>> round(read_profile("office-hours").peak, 2)
        2.48
        """
        week = 7 * 24 * 60
        minutes = [len(span.days) * (span.end_minute - span.start_minute) for span in self.spans]
        left = week - sum(minutes)
        mean = sum(m * span.weight for m, span in zip(minutes, self.spans, strict=True)) + left * self.else_weight
        weights = [span.weight for span in self.spans] + ([self.else_weight] if left else [])
        return max(weights) * week / mean


def read_profile(value: object) -> Profile:
    """Read ``always``, ``office-hours`` or a map of weights.

    Raises
    ------
    ValueProblem
        If a key is no day, a time range is empty or met twice, or no weight is above zero.

    Examples
    --------
    >>> read_profile({"mon-fri": {"08:00-12:00": 5}, "sat": 1, "else": 0.2}).weight_at(5, 0)
    1.0
    """
    if isinstance(value, Profile):
        return value
    body = NAMED.get(value) if isinstance(value, str) else value
    if not isinstance(body, Mapping):
        msg = f"no profile {value!r}"
        raise ValueProblem(msg, expected="always, office-hours, or {mon-fri: {08:00-18:00: 4}, sat: 1, else: 0.2}")
    if "else" not in body:
        msg = "the profile does not say what holds at all other times"
        raise ValueProblem(msg, expected="else: WEIGHT", remedy="add else: 0 if nothing happens then")
    spans = tuple(span for day, entry in body.items() if day != "else" for span in _spans(str(day), entry))
    _refuse_overlap(spans)
    profile = Profile(spans, _weight(body["else"]))
    if not any(weight > 0 for weight in (profile.else_weight, *(span.weight for span in spans))):
        msg = "every weight of the profile is zero"
        raise ValueProblem(msg, expected="a weight above zero")
    return profile


def _spans(day_key: str, entry: object) -> list[Span]:
    match = re.fullmatch(_DAY_KEY, day_key)
    if match is None:
        msg = f"{day_key!r} is not a day"
        raise ValueProblem(msg, expected="mon, tue, …, sun, a range such as mon-fri, or else")
    first, last = DAYS.index(match[1]), DAYS.index(match[3] or match[1])
    days = frozenset((first + i) % 7 for i in range((last - first) % 7 + 1))
    if not isinstance(entry, Mapping):
        return [Span(days, 0, MINUTES_PER_DAY, _weight(entry))]
    return [Span(days, *_minutes(str(times)), _weight(weight)) for times, weight in entry.items()]


def _minutes(text: str) -> tuple[int, int]:
    if not re.fullmatch(_SPAN_KEY, text):
        msg = f"{text!r} is not a time range"
        raise ValueProblem(msg, expected="hh:mm-hh:mm, at most 24:00, e.g. 08:00-18:00")
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    if start >= end:
        msg = f"{text!r} ends before it starts"
        remedy = f"split it at midnight: {text[:5]}-24:00 and 00:00-{text[6:]} of the next day"
        raise ValueProblem(msg, expected="a range within one day", remedy=remedy)
    return start, end


def _weight(value: object) -> float:
    return units.parse(as_scalar(value), "number").value


def _refuse_overlap(spans: tuple[Span, ...]) -> None:
    for i, a in enumerate(spans):
        for b in spans[:i]:
            both = a.days & b.days
            if both and a.start_minute < b.end_minute and b.start_minute < a.end_minute:
                msg = f"two weights hold on {DAYS[min(both)]} at minute {max(a.start_minute, b.start_minute)}"
                raise ValueProblem(msg, expected="day and time ranges that do not overlap")


def _schema() -> dict[str, Any]:
    weight: dict[str, Any] = {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": units.pattern("number")}]
    }
    times = {"type": "object", "patternProperties": {f"^{_SPAN_KEY}$": weight}, "additionalProperties": False}
    days = {
        "type": "object",
        "patternProperties": {f"^{_DAY_KEY}$": {"anyOf": [weight, times]}},
        "properties": {"else": weight},
        "required": ["else"],
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": list(NAMED)}, days]}


ProfileField = Annotated[Profile, PlainValidator(read_profile), WithJsonSchema(_schema())]
