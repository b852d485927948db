"""Reading quantities: one grammar, `number [" "] [unit] {"/" unit} ["~"]`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from georep_sim.units.table import FAMILIES, KINDS, TRAPS

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_QUANTITY = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<unit>(?:[^\W\d_]|[/%$€])[^\s~]*)?(?P<assumed>~)?")
_MAX_LENGTH = 100  # longer is no quantity, and exact arithmetic on it could be made costly


class UnitError(ValueError):
    """A text is not a quantity of the kind wanted.

    Parameters
    ----------
    what : str
        What is wrong, with the value in it.
    expected, remedy : str
        What would be accepted; what to do about it.
    """

    def __init__(self, what: str, *, expected: str = "", remedy: str = "") -> None:
        super().__init__("; ".join(part for part in (what, expected and f"expected {expected}", remedy) if part))
        self.what = what
        self.expected = expected
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in base units, with what the user wrote.

    Parameters
    ----------
    value : float
        In the unit of the kind (see `KINDS`), finite, not negative.
    kind : str
        A name in `KINDS`.
    assumed : bool
        The text ended in ``~``.
    text : str
        As written.
    """

    value: float
    kind: str
    assumed: bool
    text: str


def parse(text: str | float, kind: str) -> Quantity:
    """Read a quantity.

    Parameters
    ----------
    text : str, int or float
        As written in the scenario. A number may be given as such only where the kind is dimensionless.
    kind : str
        A name in `KINDS`.

    Returns
    -------
    Quantity
        The value correctly rounded: ``0.1 ms`` is the float nearest to 1e-4.

    Raises
    ------
    UnitError
        If the text is no such quantity, is negative, infinite, not a number, or needs another unit.

    Examples
    --------
    >>> parse("1.5 min", "time").value
    90.0
    >>> parse("10 Gbit/s~", "bandwidth")
    Quantity(value=1250000000.0, kind='bandwidth', assumed=True, text='10 Gbit/s~')
    >>> try:
    ...     parse("5 m", "time")
    ... except UnitError as error:
    ...     print(error.what, "|", error.remedy)
    unknown unit 'm' in '5 m' | min or mo? (min = minute, mo = month)
    """
    written = _as_text(text, kind)
    match = _QUANTITY.fullmatch(written) if len(written) <= _MAX_LENGTH else None
    if match is None:
        raise _not_a_quantity(written, kind)
    factor = unit_size(match["unit"] or "", kind, written=written)
    try:
        value = float(Fraction(match["number"]) * factor)
    except OverflowError:
        value = math.inf
    _check_range(value, written, kind)
    return Quantity(value, kind, match["assumed"] is not None, written)


def pattern(kind: str) -> str:
    """Return the regular expression (ECMA 262 and Python) of the texts `parse` reads as a kind.

    Examples
    --------
    >>> import re
    >>> bool(re.match(pattern("rate"), "5/min")), bool(re.match(pattern("rate"), "5 min"))
    (True, False)
    """
    spec = KINDS[kind]
    numerator, *divisors = ("|".join(map(re.escape, FAMILIES.get(name, ()))) for name in spec.families)
    unit = (f"(?:{numerator})" if numerator else "") + "".join(f"/(?:{divisor})" for divisor in divisors)
    if spec.bare != "no" and unit:
        unit = f"(?:{unit})?"
    return f"^{_NUMBER} ?{unit}~?$"


def _as_text(text: str | float, kind: str) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, bool) or not isinstance(text, int | float):
        msg = f"{text!r} is not a quantity"
        raise UnitError(msg, expected=_expected(kind))
    if isinstance(text, int) and text.bit_length() > _MAX_LENGTH:
        msg = "the number is too large"
        raise UnitError(msg, expected=_expected(kind))
    if not math.isfinite(text):
        msg = f"{text!r} is not a finite number"
        raise UnitError(msg, expected=_expected(kind), remedy="leave the key out for the default")
    return repr(int(text) if isinstance(text, int) else float(text))


def _expected(kind: str) -> str:
    return f"{KINDS[kind].label}, e.g. {KINDS[kind].examples}"


def _not_a_quantity(written: str, kind: str) -> UnitError:
    stripped = written.strip()
    shown = repr(written if len(written) <= _MAX_LENGTH else written[:_MAX_LENGTH] + "…")
    if re.match(r"-\s*\.?[0-9]", stripped):
        return UnitError(f"{shown} is negative", expected=_expected(kind), remedy="give a value of zero or more")
    if re.fullmatch(r"[+-]?\.?(nan|inf|infinity)\b.*", stripped, re.IGNORECASE):
        return UnitError(f"{shown} is not a finite number", expected=_expected(kind))
    if re.match(r"[0-9]+[,_][0-9]", stripped):
        return UnitError(f"{shown} is not a quantity", expected=_expected(kind), remedy="write 20000, 1.5 or 1e7")
    remedy = 'the form is: number, at most one space, unit, and "~" if the value is assumed'
    return UnitError(f"{shown} is not a quantity", expected=_expected(kind), remedy=remedy)


def unit_size(unit: str, kind: str, *, written: str = "") -> Fraction:
    """Return the exact size of a unit in units of the kind's value.

    Parameters
    ----------
    unit : str
        As in the grammar, e.g. ``GB``, ``Gbit/s``, ``/min`` or "".
    kind : str
        A name in `KINDS`.
    written : str, default ""
        The text it stands in, for messages.

    Raises
    ------
    UnitError
        If the unit is unknown, or of another kind.
    """
    spec = KINDS[kind]
    parts = tuple(unit.split("/"))
    found = tuple(_family(part, position, written, kind) for position, part in enumerate(parts))
    if not unit and spec.bare != "no":
        return Fraction(1)
    if found != spec.families:
        raise _wrong_kind(found, unit, written, kind)
    sizes = [FAMILIES[family][part] if family else Fraction(1) for family, part in zip(found, parts, strict=True)]
    return sizes[0] / math.prod(sizes[1:], start=Fraction(1)) / spec.scale


def _family(part: str, position: int, written: str, kind: str) -> str:
    if not part and not position:
        return ""
    for family, table in FAMILIES.items():
        if part in table:
            return family
    msg = f"unknown unit {part!r} in {written!r}" if part else f"no unit after '/' in {written!r}"
    raise UnitError(msg, expected=_expected(kind), remedy=TRAPS.get(part) or _nearest(part, kind))


def _nearest(part: str, kind: str) -> str:
    import difflib  # noqa: PLC0415  (only on the way to an error)

    allowed = [name for family in KINDS[kind].families for name in FAMILIES.get(family, ())]
    same = [name for name in allowed if name.casefold() == part.casefold()]
    close = same or difflib.get_close_matches(part, allowed, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"units are {', '.join(allowed)}" if allowed else ""


def _wrong_kind(found: tuple[str, ...], unit: str, written: str, kind: str) -> UnitError:
    expected = _expected(kind)
    if not unit:
        example = KINDS[kind].examples.split(",", maxsplit=1)[0].lstrip("0123456789.")
        remedy = f"write {written.rstrip('~')}{example} or another unit"
        return UnitError(f"{written!r} has no unit", expected=expected, remedy=remedy)
    if not any(found):
        return UnitError(f"{unit!r} is not a unit in {written!r}", expected=expected)
    others = [spec.label for spec in KINDS.values() if spec.families == found]
    what = others[0] if others else f"a value in {unit}"
    return UnitError(f"{written!r} is {what} where {KINDS[kind].label} is wanted", expected=expected)


def _check_range(value: float, written: str, kind: str) -> None:
    if not math.isfinite(value):
        msg = f"{written!r} is too large"
        raise UnitError(msg, expected=_expected(kind))
    if kind == "share" and value > 1.0:
        msg = f"{written!r} is more than the whole"
        raise UnitError(msg, expected="a share between 0 and 1, or 0 % and 100 %", remedy=f"write {value:g} %?")
    if kind == "count" and value != math.floor(value):
        msg = f"{written!r} is not whole"
        raise UnitError(msg, expected=_expected(kind))
