"""Types of values: quantities, names, moments and the like, each read by one grammar into SI.

From a file a dimension needs its unit (``"30 s"``); built in code a plain number is SI already. Which of the two
holds is told by the validation context: reading a document passes ``{"document": True}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import core_schema

from georep_sim import units

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic.json_schema import JsonSchemaValue

T = TypeVar("T")

_UNLIMITED: Final = ("unlimited", "unlimited~")

NAME_PATTERN: Final = r"[a-z0-9][a-z0-9_-]*"
#: Words that selectors and merging use and that name nothing.
RESERVED: Final = frozenset({"all", "any", "others", "none", "home", "first", "use", "with", "else"})


class ValueProblem(ValueError):  # noqa: N818  # becomes a Problem
    """A value is not what its field takes.

    Parameters
    ----------
    what : str
        What is wrong, with the value in it.
    expected, remedy : str
        What would be accepted; what to do about it.
    """

    def __init__(self, what: str, *, expected: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.remedy = remedy


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``did you mean …?`` for the nearest of some names, or a list of them."""
    import difflib  # noqa: PLC0415  # only on the way to an error

    known = sorted(names)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"one of {', '.join(known)}" if 0 < len(known) <= 24 else ""


def is_document(info: ValidationInfo) -> bool:
    """Whether the value comes from a document, where units are obligatory."""
    return bool(info.context and info.context.get("document"))


@dataclass(frozen=True, slots=True)
class Unit:
    """Pydantic annotation: a quantity of one kind of `units.KINDS`, held in SI.

    Parameters
    ----------
    kind : str
        A name in `units.KINDS`.
    least : float, default 0
        Smallest value accepted.
    unlimited : bool, default False
        Whether the word ``unlimited`` (infinity) is accepted.
    whole : bool, default False
        Whether the value is an int.
    """

    kind: str
    least: float = 0.0
    unlimited: bool = False
    whole: bool = False

    def read(self, value: object, info: ValidationInfo) -> float | int:
        """Return the value in SI, from a text or, in code, from a number."""
        if self.unlimited and value in (*_UNLIMITED, float("inf")):
            return float("inf")
        if isinstance(value, int | float) and not isinstance(value, bool) and not is_document(info):
            number = float(value)
        else:
            number = units.parse(as_scalar(value), self.kind).value
        if not number >= self.least:
            msg = f"{value} is less than {self.least:g}"
            raise ValueProblem(msg, expected=f"at least {self.least:g}")
        return int(number) if self.whole else number

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return quantity_schema(self.kind, unlimited=self.unlimited)


def quantity_schema(kind: str, *, unlimited: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of a quantity: a text with a unit, or a number where none is needed."""
    spec = units.KINDS[kind]
    text: dict[str, Any] = {"type": "string", "pattern": units.pattern(kind), "examples": spec.examples.split(", ")}
    forms = [text]
    if spec.bare != "no":
        forms.append({"type": "number", "minimum": 0} | ({"maximum": 1} if kind == "share" else {}))
    if unlimited:
        forms.append({"enum": list(_UNLIMITED)})
    return {"anyOf": forms} if len(forms) > 1 else text


def as_scalar(value: object) -> str | float:
    """Return a value that can be a quantity, or say that a list or block can't."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    shown = "true or false" if isinstance(value, bool) else "a list" if isinstance(value, Sequence) else "a block"
    msg = f"{shown} stands where one value is wanted"
    raise ValueProblem(msg, expected="a quantity")


def _read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    msg = f"{value!r} is not a text"
    raise ValueProblem(msg, expected="a text", remedy="put it in quotes")


def _read_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    msg = f"{value!r} is neither true nor false"
    raise ValueProblem(msg, expected="true or false")


def _read_names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence | frozenset | set):
        return tuple(_read_text(item) for item in value)
    msg = f"{value!r} is not a name or a list of names"
    raise ValueProblem(msg, expected="a name, or a list of names")


def _read_code(value: object) -> tuple[int, ...]:
    text = "+".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    expected = "k+m, e.g. 12+4, or k+l+g, e.g. 12+2+2"
    parts = text.replace(" ", "").split("+")
    if len(parts) not in (2, 3) or not all(re.fullmatch(r"[1-9][0-9]{0,3}", part) for part in parts):
        msg = f"{value!r} is no code"
        raise ValueProblem(msg, expected=expected, remedy="12+4 is 12 data fragments and 4 parities")
    code = tuple(int(part) for part in parts)
    if len(code) == 3 and code[0] % code[1]:
        msg = f"{code[0]} data fragments do not fall into {code[1]} equal groups"
        raise ValueProblem(msg, expected=expected, remedy="k must be a multiple of l")
    return code


def _read_location(value: object) -> tuple[float, float]:
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    numbers = [float(x) for x in pair if isinstance(x, int | float) and not isinstance(x, bool)]
    if len(pair) != 2 or len(numbers) != 2 or not (abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180):
        msg = f"{value!r} is not a location"
        raise ValueProblem(msg, expected="[latitude, longitude] in degrees, e.g. [52.37, 4.90]")
    return numbers[0], numbers[1]


def _read_zone(value: object) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  # only where a time zone is named

    try:
        ZoneInfo(_read_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"no time zone {value!r}"
        raise ValueProblem(msg, expected="an IANA name such as Europe/Amsterdam") from error
    return str(value)


def _read_popularity(value: object) -> tuple[tuple[float, float], ...]:
    if isinstance(value, Mapping):
        rows = list(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        rows = list(value)
    else:
        msg = f"{value!r} is not a popularity curve"
        raise ValueProblem(msg, expected="{share of images: share of pulls, …}, e.g. {1 %: 42 %, 10 %: 80 %}")
    read = sorted((units.parse(a, "share").value, units.parse(as_scalar(b), "share").value) for a, b in rows)
    if any(later[1] < earlier[1] for earlier, later in pairwise(read)):
        msg = "a larger share of images gets a smaller share of pulls"
        raise ValueProblem(msg, expected="shares of pulls that rise")
    return tuple(read)


def split_link(address: str) -> tuple[str, str, str] | None:
    """Split ``a <-> b`` or ``a -> b`` into its ends and its arrow; None if it is neither."""
    match = re.fullmatch(r"(\S+) (<->|->) (\S+)", address)
    return (match[1], match[3], match[2]) if match else None


def _read_links(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    result: dict[object, object] = {}
    for key, entry in value.items():
        parts = split_link(key) if isinstance(key, str) else None
        if parts is None:
            result[key] = entry
            continue
        a, b, arrow = parts
        result[a, b] = entry
        if arrow == "<->":
            result[b, a] = entry
    return result


_NAMES: Final = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
_SHARES: Final = WithJsonSchema(
    {
        "type": "object",
        "patternProperties": {units.pattern("share"): quantity_schema("share")},
        "additionalProperties": False,
    }
)

Duration = Annotated[float, Unit("time")]
Bytes = Annotated[float, Unit("bytes")]
Bandwidth = Annotated[float, Unit("bandwidth", unlimited=True)]
Rate = Annotated[float, Unit("rate")]
Share = Annotated[float, Unit("share")]
Number = Annotated[float, Unit("number")]
Sharing = Annotated[float, Unit("number", least=1.0)]
Count = Annotated[int, Unit("count", whole=True)]
Positive = Annotated[int, Unit("count", least=1.0, whole=True)]
#: A whole number, or infinity.
Crews = Annotated[float, Unit("count", least=1.0, unlimited=True)]
#: A code, as (k, m) or (k, l, g).
Code = Annotated[
    tuple[int, ...],
    BeforeValidator(_read_code),
    WithJsonSchema({"type": "string", "pattern": r"^ *[1-9][0-9]{0,3}( *\+ *[1-9][0-9]{0,3}){1,2} *$"}),
]
TimePerByte = Annotated[float, Unit("time_per_byte")]
MoneyRate = Annotated[float, Unit("money_rate")]
Money = Annotated[float, Unit("money")]
PriceStorage = Annotated[float, Unit("price_storage")]
PriceTransfer = Annotated[float, Unit("price_transfer")]
Text = Annotated[str, BeforeValidator(_read_text)]
Flag = Annotated[bool, BeforeValidator(_read_flag)]
Names = Annotated[tuple[str, ...], BeforeValidator(_read_names), _NAMES]
NameSet = Annotated[frozenset[str], BeforeValidator(_read_names), _NAMES]
Location = Annotated[tuple[float, float], BeforeValidator(_read_location)]
Zone = Annotated[str, BeforeValidator(_read_zone)]
Popularity = Annotated[tuple[tuple[float, float], ...], BeforeValidator(_read_popularity), _SHARES]
LinkMap = Annotated[Mapping[tuple[str, str], T], BeforeValidator(_read_links)]
