"""Distributions as the language writes them: a quantity, quantiles, or a law by name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic_core import core_schema

from georep_sim import laws, units
from georep_sim.laws import Law
from georep_sim.scenario.values import ValueProblem, as_scalar, is_document, nearest, quantity_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic.json_schema import JsonSchemaValue

_EXPECTED: Final = (
    "a quantity, quantiles such as {p50: 4 h, p95: 20 h}, or a law such as {weibull: {mean: 8 y, shape: 3}}"
)
_QUANTILE: Final = r"p[0-9]{2,6}"
_YEAR_S: Final = 365.25 * 86_400.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Pydantic annotation: a distribution of quantities of one kind.

    Parameters
    ----------
    kind : str
        A name in `units.KINDS`.
    mean : bool, default False
        Whether a bare quantity is the mean of an exponential; otherwise it is constant.
    """

    kind: str
    mean: bool = False

    def read(self, value: object, info: ValidationInfo) -> Law:
        """Return the law, from the language's form or, in code, from a law or a number in SI."""
        if isinstance(value, Law):
            return value
        parser = _Parser(self.kind, document=is_document(info))
        try:
            if isinstance(value, Mapping):
                return parser.truncated(value)
            number = parser.quantity(value)
            return laws.Exponential(number) if self.mean else laws.Constant(number)
        except (ValueProblem, units.UnitError):
            raise
        except ValueError as error:  # a law refuses its parameters
            raise ValueProblem(str(error), expected=_EXPECTED) from error

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dist_schema(self.kind)


def read_dist(value: object, kind: str) -> Law:
    """Return the law that a document writes, of quantities of one kind; a bare quantity is constant.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_dist({"p50": "4 h", "p95": "20 h"}, "time").ppf(0.5)
    14400.0
    """
    parser = _Parser(kind, document=True)
    return parser.truncated(value) if isinstance(value, Mapping) else laws.Constant(parser.quantity(value))


@dataclass(frozen=True, slots=True)
class _Parser:
    """Reads the map forms of one kind of quantity."""

    kind: str
    document: bool

    def quantity(self, value: object, kind: str = "") -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and not self.document:
            return float(value)
        return units.parse(as_scalar(value), kind or self.kind).value

    def truncated(self, value: Mapping[str, object]) -> Law:
        body = {key: entry for key, entry in value.items() if key not in {"min", "max"}}
        law = self.law(body)
        if len(body) == len(value):
            return law
        low = self.quantity(value["min"]) if "min" in value else 0.0
        high = self.quantity(value["max"]) if "max" in value else math.inf
        return laws.Truncated(law, low, high)

    def law(self, body: Mapping[str, object]) -> Law:
        if body and all(re.fullmatch(r"p[0-9]+", key) for key in body):
            return self.quantiles(body)
        if len(body) != 1:
            msg = f"{{{', '.join(body)}}} is not a distribution"
            raise ValueProblem(msg, expected=_EXPECTED)
        ((name, parameters),) = body.items()
        if name not in _READERS:
            msg = f"no law {name!r}"
            raise ValueProblem(msg, expected=", ".join(_READERS), remedy=nearest(name, _READERS))
        return _READERS[name](self, parameters)

    def quantiles(self, body: Mapping[str, object]) -> Law:
        points = {_level(key): self.quantity(value) for key, value in body.items()}
        if len(points) < 2:
            msg = f"{', '.join(body)} alone does not fix a distribution"
            raise ValueProblem(
                msg, expected="two or more quantiles", remedy="add p95, or give a bare quantity: constant"
            )
        return laws.quantiles(points)

    def members(self, name: str, value: object, **kinds: str) -> dict[str, float]:
        """Read the parameters of a law; `kinds` names them all, "" = the kind of the quantity."""
        if not isinstance(value, Mapping) or not value or not set(value) <= set(kinds):
            msg = f"{value!r} are not the parameters of {name}"
            raise ValueProblem(msg, expected=f"{name}: {{{', '.join(kinds)}}}")
        return {key: self.quantity(entry, kinds[key]) for key, entry in value.items()}

    def two(self, name: str, value: object, **kinds: str) -> tuple[float, float]:
        """Read the parameters of a law that needs all of its two."""
        read = self.members(name, value, **kinds)
        if len(read) < 2:
            msg = f"{name} has one parameter only, {next(iter(read))}"
            raise ValueProblem(msg, expected=f"{name}: {{{', '.join(kinds)}}}")
        first, second = kinds
        return read[first], read[second]


def _uniform(parser: _Parser, value: object) -> Law:
    ends = _sequence(value, "uniform")
    if len(ends) != 2:
        msg = f"uniform has {len(ends)} ends"
        raise ValueProblem(msg, expected="uniform: [a, b]")
    return laws.Uniform(parser.quantity(ends[0]), parser.quantity(ends[1]))


def _weibull(parser: _Parser, value: object) -> Law:
    if isinstance(value, Mapping) and "scale" in value:
        return laws.Weibull(*parser.two("weibull", value, scale="", shape="number"))
    return laws.Weibull.from_mean(*parser.two("weibull", value, mean="", shape="number"))


def _lognormal(parser: _Parser, value: object) -> Law:
    if isinstance(value, Mapping) and value and all(re.fullmatch(r"p[0-9]+", key) for key in value):
        if len(value) != 2:
            msg = f"lognormal has {len(value)} quantiles"
            raise ValueProblem(msg, expected="lognormal: {mean, cv} or two quantiles")
        return parser.quantiles(value)
    return laws.Lognormal.from_mean_cv(*parser.two("lognormal", value, mean="", cv="number"))


def _gamma(parser: _Parser, value: object) -> Law:
    return laws.Gamma(*parser.two("gamma", value, mean="", cv="number"))


def _erlang(parser: _Parser, value: object) -> Law:
    mean, stages = parser.two("erlang", value, mean="", stages="count")
    return laws.Erlang(mean, int(stages))


def _afr(parser: _Parser, value: object) -> Law:
    """Failures per device-year: a rate, which may exceed one."""
    if parser.kind != "time":
        msg = "afr is a rate of failures"
        raise ValueProblem(msg, expected=_EXPECTED)
    rate = parser.quantity(value, "number")
    if rate <= 0.0:
        msg = f"afr {value!r} is not above zero"
        raise ValueProblem(msg, expected="failures per device-year, e.g. 1.5 %", remedy="leave the fault out")
    return laws.Exponential(_YEAR_S / rate)


def _mixture(parser: _Parser, value: object) -> Law:
    shares, parts = [], []
    for item in _sequence(value, "mixture"):
        if not isinstance(item, Mapping) or set(item) != {"share", "dist"}:
            msg = f"{item!r} is not a part of a mixture"
            raise ValueProblem(msg, expected="mixture: [{share: 80 %, dist: 5 min}, …]")
        dist = item["dist"]
        shares.append(parser.quantity(item["share"], "share"))
        is_map = isinstance(dist, Mapping)
        parts.append(parser.truncated(dist) if is_map else laws.Constant(parser.quantity(dist)))
    return laws.Mixture(tuple(shares), tuple(parts))


def _empirical(parser: _Parser, value: object) -> Law:
    return laws.Empirical(tuple(parser.quantity(item) for item in _sequence(value, "empirical")))


_READERS: Final[Mapping[str, Callable[[_Parser, object], Law]]] = {
    "constant": lambda parser, value: laws.Constant(parser.quantity(value)),
    "exponential": lambda parser, value: laws.Exponential(parser.quantity(value)),
    "uniform": _uniform,
    "weibull": _weibull,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "erlang": _erlang,
    "afr": _afr,
    "mixture": _mixture,
    "empirical": _empirical,
}


def _level(key: str) -> float:
    digits = key[1:]
    level = float(f"0.{digits}")
    if len(digits) < 2 or not 0.0 < level < 1.0 or digits.startswith("100"):
        msg = f"{key!r} is not a quantile"
        raise ValueProblem(
            msg, expected="p50, p95, p99, p999 (= 99.9 %)", remedy="p05 is 5 %; for the ends use min: and max:"
        )
    return level


def _sequence(value: object, name: str) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return value
    msg = f"{name} has no list"
    raise ValueProblem(msg, expected=f"{name}: […]")


def dist_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a distribution of one kind."""
    quantity, number = quantity_schema(kind), quantity_schema("number")
    ends = {"min": quantity, "max": quantity}

    def body(**members: dict[str, Any]) -> dict[str, Any]:
        """Object that has just these members."""
        return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}

    def law(name: str, *forms: dict[str, Any]) -> dict[str, Any]:
        """Law named by its first parameter, which may take these forms, with limits if wanted."""
        value = forms[0] if len(forms) == 1 else {"anyOf": list(forms)}
        members = {name: value, **ends}
        return {"type": "object", "properties": members, "required": [name], "additionalProperties": False}

    levels: dict[str, Any] = {"type": "object", "patternProperties": {f"^{_QUANTILE}$": quantity}}
    two = levels | {"minProperties": 2, "maxProperties": 2, "additionalProperties": False}
    pair = {"type": "array", "items": quantity, "minItems": 2, "maxItems": 2}
    part = body(share=quantity_schema("share"), dist={"type": ["string", "number", "object"]})
    forms = [
        quantity,
        levels | {"properties": ends, "minProperties": 2, "additionalProperties": False},
        law("constant", quantity),
        law("exponential", quantity),
        law("uniform", pair),
        law("weibull", body(mean=quantity, shape=number), body(scale=quantity, shape=number)),
        law("lognormal", body(mean=quantity, cv=number), two),
        law("gamma", body(mean=quantity, cv=number)),
        law("erlang", body(mean=quantity, stages=quantity_schema("count"))),
        law("mixture", {"type": "array", "items": part, "minItems": 1}),
        law("empirical", {"type": "string", "pattern": ".#."}, {"type": "array", "items": quantity}),
    ]
    return {"anyOf": [*forms, law("afr", number)] if kind == "time" else forms}


#: A distribution of times; a bare quantity is constant.
Dist = Annotated[Law, Reader("time")]
#: A distribution of times; a bare quantity is the mean of an exponential.
Mean = Annotated[Law, Reader("time", mean=True)]
#: A distribution of sizes.
SizeDist = Annotated[Law, Reader("bytes")]
