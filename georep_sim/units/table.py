"""The closed table of units: families, kinds of fields, and the traps with a message of their own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = Fraction(86_400)
_YEAR = _DAY * Fraction(1461, 4)  # 365.25 d

#: Every unit there is, by family, as its exact size in the family's base unit (s, B, 1, USD).
FAMILIES: Final[Mapping[str, Mapping[str, Fraction]]] = MappingProxyType(
    {
        "time": MappingProxyType(
            {
                "us": Fraction(1, 1_000_000),
                "ms": Fraction(1, 1_000),
                "s": Fraction(1),
                "min": Fraction(60),
                "h": Fraction(3_600),
                "d": _DAY,
                "w": 7 * _DAY,
                "mo": _YEAR / 12,
                "y": _YEAR,
            }
        ),
        "bytes": MappingProxyType(
            {"B": Fraction(1)}
            | {f"{prefix}B": Fraction(1000) ** (power + 1) for power, prefix in enumerate("kMGTP")}
            | {f"{prefix}iB": Fraction(1024) ** (power + 1) for power, prefix in enumerate("KMGTP")}
            | {"bit": Fraction(1, 8)}
            | {f"{prefix}bit": Fraction(1000) ** (power + 1) / 8 for power, prefix in enumerate("kMGT")}
        ),
        "share": MappingProxyType({"%": Fraction(1, 100)}),
        "money": MappingProxyType({"USD": Fraction(1)}),
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field measures and how its unit is put together.

    Parameters
    ----------
    label : str
        As an error message says it, with article.
    families : tuple of str
        Families of the unit's parts: the first is the numerator ("" = none), the others divide.
    scale : Fraction
        Base units of the families per unit of the value, 1 except where the value is not in SI.
    examples : str
        What a user may write.
    bare : str
        Whether a number may stand without a unit: "no", "any" real number or "whole".
    """

    label: str
    families: tuple[str, ...]
    examples: str
    scale: Fraction = Fraction(1)
    bare: str = "no"


#: Kinds of fields. Values are in s, B, B/s, 1/s, 1; money in USD, USD/(B·s), USD/B and USD per month.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "time": Kind("a time", ("time",), "90 s, 15 min, 6 h"),
        "bytes": Kind("an amount of data", ("bytes",), "4 MB, 16 TB, 2 GiB"),
        "bandwidth": Kind("a bandwidth", ("bytes", "time"), "10 Gbit/s, 100 MB/s"),
        "rate": Kind("a rate", ("", "time"), "12/s, 5/min, 40/h"),
        "share": Kind("a share", ("share",), "0.05, 5 %", bare="any"),
        "money": Kind("an amount of money", ("money",), "1200 USD"),
        "price_storage": Kind("a price of storage", ("money", "bytes", "time"), "0.02 USD/GB/mo"),
        "price_transfer": Kind("a price of transfer", ("money", "bytes"), "0.02 USD/GB"),
        # Bills are monthly and so is the cost metric; a price per second would only be converted back.
        "money_rate": Kind("money per time", ("money", "time"), "1200 USD/mo, 1.667 USD/d", scale=12 / _YEAR),
        "time_per_byte": Kind("a time per amount of data", ("time", "bytes"), "2 ms/MB"),
        "number": Kind("a number", ("share",), "2, 1.48, 30 %", bare="any"),
        "count": Kind("a whole number", ("",), "3, 20000, 1e7", bare="whole"),
    }
)

#: Units that look right and are not, with what to say.
_ASK_BIT: Final = "{0}bit or {0}B? ({0}bit = 1/8 {0}B)"
TRAPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "m": "min or mo? (min = minute, mo = month)",
        "M": "min, mo or MB? (min = minute, mo = month, MB = megabyte)",
        "Ms": "ms or min? (ms = millisecond; megaseconds are not in the table)",
        "K": "kB or KiB?",
        "k": "kB or kbit?",
        "b": "bit or B? (8 bit = 1 B)",
        "EUR": "amounts in EUR are not supported yet: give USD",
        "$": "write USD",
        "€": "amounts in EUR are not supported yet: give USD",
        "percent": "write %",
    }
    | {f"{p}b": _ASK_BIT.format(p) for p in "kMGT"}
    | {"mb": _ASK_BIT.format("M"), "gb": _ASK_BIT.format("G"), "tb": _ASK_BIT.format("T"), "Kb": _ASK_BIT.format("k")}
    | {p: f"{p}B or {p}bit?" for p in "GT"}
    | {f"{p}bps": f"{p}bit/s or {p}B/s?" for p in "kMGT"}
    | dict.fromkeys(("sec", "secs", "second", "seconds", "S"), "write s")
    | dict.fromkeys(("mins", "minute", "minutes"), "write min")
    | dict.fromkeys(("hr", "hrs", "hour", "hours", "H"), "write h")
    | dict.fromkeys(("day", "days", "D"), "write d")
    | dict.fromkeys(("week", "weeks", "W"), "write w")
    | dict.fromkeys(("month", "months"), "write mo")
    | dict.fromkeys(("yr", "year", "years", "a", "Y"), "write y")
    | dict.fromkeys(("µs", "μs", "usec"), "write us")
)


def base_unit(kind: str) -> str:
    """Return the unit of a kind's values, "" for the dimensionless.

    Examples
    --------
    >>> base_unit("bandwidth"), base_unit("rate"), base_unit("money_rate")
    ('B/s', '/s', 'USD/mo')
    """
    spec = KINDS[kind]
    names = {"": "", "time": "mo" if kind == "money_rate" else "s", "bytes": "B", "share": "", "money": "USD"}
    return "/".join(names[family] for family in spec.families)
