"""Metric names as the language writes them: ``NAME[.operation].statistic[#part][@region]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from georep_sim import units
from georep_sim.scenario.values import ValueProblem, as_scalar

#: One name with its optional operation, statistic, part and region.
METRIC_PATTERN: Final = r"[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,2}(#[A-Za-z0-9_-]+)?(@[a-z0-9][a-z0-9_-]*)?"
#: Kinds an objective may have, tried in this order.
_KINDS: Final = ("number", "time", "bytes", "rate", "money_rate", "money", "bandwidth")


@dataclass(frozen=True, slots=True)
class SloTarget:
    """One objective: the worst value of a metric that is still good.

    Parameters
    ----------
    metric : str
        As written.
    value : float
        In SI units of `kind`.
    kind : str
        A name in `units.KINDS`; ``number`` for shares.
    per : str
        ``month`` or ``year``.
    """

    metric: str
    value: float
    kind: str
    per: Literal["month", "year"] = "month"


def split_metric(text: str) -> tuple[str, str, str]:
    """Split a metric name into its dotted name, part and region, the last two empty if not given.

    Raises
    ------
    ValueProblem
        If it does not follow the grammar.

    Examples
    --------
    >>> split_metric("rto.pull.p95#detect@eastus")
    ('rto.pull.p95', 'detect', 'eastus')
    """
    if not re.fullmatch(METRIC_PATTERN, text):
        msg = f"{text!r} is not a metric"
        raise ValueProblem(msg, expected="NAME[.operation].statistic[#part][@region], e.g. latency.pull.p99@eastus")
    rest, _, region = text.partition("@")
    name, _, part = rest.partition("#")
    return name, part, region


def _spread(value: object) -> object:
    """Return objectives with their period put beside each value: ``{METRIC: value, per: month|year}``."""
    if not isinstance(value, Mapping):
        msg = f"{value!r} is not a block of objectives"
        raise ValueProblem(msg, expected="{METRIC: value, …}")
    per = value.get("per", "month")
    if per not in ("month", "year"):
        msg = f"no period {per!r}"
        raise ValueProblem(msg, expected="per: month or per: year")
    return {name: (name, target, per) for name, target in value.items() if name != "per"}


def _target(value: object) -> SloTarget:
    name, target, per = value if isinstance(value, tuple) else ("", value, "month")
    if isinstance(target, SloTarget):
        return target
    split_metric(str(name))
    scalar = as_scalar(target)
    for kind in _KINDS:
        try:
            return SloTarget(str(name), units.parse(scalar, kind).value, kind, per)
        except units.UnitError:
            continue
    msg = f"{target!r} is not a value of {name}"
    raise ValueProblem(msg, expected="a share, a time, an amount or a rate, e.g. 99.95 %, 10 s")


def _schema() -> dict[str, Any]:
    forms: list[dict[str, Any]] = [{"type": "string", "pattern": units.pattern(kind)} for kind in _KINDS]
    return {
        "type": "object",
        "properties": {"per": {"enum": ["month", "year"]}},
        "patternProperties": {rf"^(?!per$){METRIC_PATTERN}$": {"anyOf": [{"type": "number"}, *forms]}},
        "additionalProperties": False,
    }


SloMap = Annotated[
    Mapping[str, Annotated[SloTarget, PlainValidator(_target)]], BeforeValidator(_spread), WithJsonSchema(_schema())
]
