"""Writing quantities: for reading by people, and exactly."""

from __future__ import annotations

import math
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from georep_sim.units.reading import parse, unit_size
from georep_sim.units.table import base_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DISPLAY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "time": ("us", "ms", "s", "min", "h", "d", "y"),
        "bytes": ("B", "kB", "MB", "GB", "TB", "PB"),
        "bandwidth": ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"),  # as links are sold
        "rate": ("/y", "/d", "/h", "/min", "/s"),
        "share": ("%",),
        "money": ("USD",),
        "price_storage": ("USD/GB/mo",),
        "price_transfer": ("USD/GB",),
        "money_rate": ("USD/mo",),
        "time_per_byte": ("us/MB", "ms/MB", "s/MB"),
        "number": ("",),
        "count": ("",),
    }
)


def format_quantity(value: float, kind: str, *, digits: int = 3) -> str:
    """Write a value for reading, in the largest unit that leaves at least one before the point.

    Parameters
    ----------
    value : float
        In the unit of the kind. May be negative (a difference) or infinite.
    kind : str
        A name in `KINDS`.
    digits : int, default 3
        Significant digits. Shares near one keep as many nines as they have, see `format_complement`.

    Examples
    --------
    >>> format_quantity(90.0, "time"), format_quantity(3.2e9, "bytes"), format_quantity(12.5e6, "bandwidth")
    ('1.5 min', '3.2 GB', '100 Mbit/s')
    >>> format_quantity(1 / 12, "rate"), format_quantity(0.999848, "share")
    ('5/min', '99.9848 %')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "unknown"
    if kind == "share" and 0.9 < value < 1.0:
        return format_complement(1.0 - value, digits=digits)
    best = ""
    for unit in _DISPLAY[kind]:
        number = _digits(value / float(unit_size(unit, kind)), digits)
        if not best or abs(float(number)) >= 1.0:
            best = _join(number, unit)
        if value == 0.0 and unit == base_unit(kind):
            return _join("0", unit)
    return best


def format_complement(value: float, *, digits: int = 3) -> str:
    """Write ``1 - value`` as a percentage with `digits` digits after its nines.

    Unavailability and loss are carried as small numbers; written this way no nine is lost to rounding.

    Examples
    --------
    >>> format_complement(1.52e-4), format_complement(1e-11)
    ('99.9848 %', '99.999999999 %')
    """
    if not 0.0 < value < 1.0:
        return f"{_digits(100.0 * (1.0 - value), digits)} %"
    percent = 100 - Decimal(f"{value:.{digits - 1}e}").scaleb(2)
    return f"{percent.normalize():f} %"


def exact_text(value: float, kind: str) -> str:
    """Write a value so that `parse` gives back the very same float, as short as the table allows.

    Examples
    --------
    >>> exact_text(5400.0, "time"), exact_text(1.25e9, "bandwidth"), exact_text(0.1, "time")
    ('1.5 h', '10 Gbit/s', '0.1 s')
    """
    return min(_exact_candidates(value, kind), key=len)


def _exact_candidates(value: float, kind: str) -> Iterator[str]:
    yield _join(repr(value).removesuffix(".0"), base_unit(kind))
    for unit in _DISPLAY[kind]:
        text = _join(f"{value / float(unit_size(unit, kind)):.15g}", unit)
        if parse(text, kind).value == value:
            yield text


def _digits(value: float, digits: int) -> str:
    whole = f"{value:.0f}"
    return whole if abs(float(whole)) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def _join(number: str, unit: str) -> str:
    return f"{number}{unit}" if unit.startswith("/") or not unit else f"{number} {unit}"
