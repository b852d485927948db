"""Numbers as a reader meets them: one unit for a value and its interval, and only digits that mean something."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.units import FAMILIES, format_complement

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTES_PER_YEAR: Final = 525_960.0
"""Minutes in a year of 365.25 d."""

_STEPS: Final = {
    "s": ("time", ("us", "ms", "s", "min", "h", "d", "y")),
    "B": ("bytes", ("B", "kB", "MB", "GB", "TB", "PB")),
}
_PLAIN: Final = frozenset(
    {"nines", "objects_lost_per_event", "objects_per_year", "copies_per_year", "per_year", "false_per_year"}
)
# Shares nearer to each other than this, in percent, differ by what floats round off.
_SAME_PERCENT: Final = 1e-9
# Of more years than this only the power of ten means something.
_MANY_YEARS: Final = 1e6
# As much smaller than the numbers beside it, a number is what floats round off.
_ROUNDED_OFF: Final = 1e-12
# The unit is the value's; but where the interval reaches much further, that of its far end over this.
_FAR: Final = 0.005


class Scale(NamedTuple):
    """A unit to write in: the value is divided by `divisor`; `label` follows it."""

    divisor: float
    label: str


def scale_of(magnitude: float, unit: str) -> Scale:
    """Choose the largest unit that leaves at least one before the point.

    Parameters
    ----------
    magnitude : float
        Largest absolute value to be written.
    unit : str
        Unit of the metrics table: ``s``, ``B``, ``B/y``, ``USD/month``, ``1`` …

    Examples
    --------
    >>> scale_of(3.2e9, "B/y").label, scale_of(90.0, "s").label, scale_of(12.0, "USD/month").label
    ('GB/y', 'min', 'USD/month')
    """
    head, slash, tail = unit.partition("/")
    if head not in _STEPS:
        return Scale(1.0, "" if unit == "1" else slash + tail if head == "1" else unit)
    family, names = _STEPS[head]
    sizes = [(float(FAMILIES[family][name]), name) for name in names]
    fitting = [step for step in sizes if step[0] <= abs(magnitude)]
    small = next(step for step in sizes if step[1] == head) if magnitude == 0 else sizes[0]
    divisor, name = max(fitting, default=small)
    return Scale(divisor, name + slash + tail)


def is_share(unit: str, statistic: str) -> bool:
    """Whether a value of this unit is a share, best read as a percentage."""
    return unit == "1" and statistic not in _PLAIN and not is_probability(statistic)


def is_probability(statistic: str) -> bool:
    """Whether a statistic is a probability so small that a percentage would hide it."""
    return statistic.endswith("_probability")


def show(value: float, unit: str, *, statistic: str = "") -> str:
    """Write one value with its unit.

    Examples
    --------
    >>> show(0.999848, "1"), show(93.0, "s"), show(3.2e9, "B/y"), show(float("inf"), "s")
    ('99.9848 %', '1.55 min', '3.20 GB/y', 'fails')
    """
    return _join(*_texts((value,), unit, statistic))


def show_interval(value: float, low: float, high: float, unit: str, *, statistic: str = "") -> str:
    """Write a value and its 95 % interval in one unit.

    Examples
    --------
    >>> show_interval(93.0, 84.0, 120.0, "s")
    '1.55 min [1.40, 2.00]'
    >>> show_interval(0.99985, 0.9997, 0.9999, "1")
    '99.985 % [99.970, 99.990]'
    >>> show_interval(91_609.0, 58_602.0, 145_793.0, "USD/month")
    '92,000 USD/month [59,000, 146,000]'
    >>> show_interval(1.0, 0.9997, 1.0, "1"), show_interval(0.0, 0.0, 3e-8, "1", statistic="any_loss_probability")
    ('at least 99.97 %', 'at most 3e-08')
    """
    # Nothing seen proves a bound, never 0 or 100 %.
    if value == low == 0.0 < high:
        return f"at most {show(high, unit, statistic=statistic)}"
    if is_share(unit, statistic) and value == high == 1.0 > low:
        return f"at least {show(low, unit, statistic=statistic)}"
    texts, label = _texts((value, low, high), unit, statistic)
    if math.isnan(value):
        return texts[0]
    # A closed form or a price list leaves no interval, another may be narrower than the digits: ±0 claims too much.
    is_visible = not math.isnan(low) and not math.isnan(high) and texts[1] != texts[2]
    # A value that fails carries no unit; the finite end of its interval must.
    ends = texts[1:] if math.isfinite(value) else [_join([text], label) for text in texts[1:]]
    bounds = f" [{ends[0]}, {ends[1]}]" if is_visible else ""
    return _join(texts[:1], label if math.isfinite(value) else "") + bounds


def show_range(low: float, high: float, unit: str, *, statistic: str = "difference") -> str:
    """Write an interval for a sentence: ``4.0 to 12.5 min``.

    Examples
    --------
    >>> show_range(240.0, 750.0, "s")
    '4.0 to 12.5 min'
    """
    (first, second), label = _texts((low, high), unit, statistic)
    return _join([f"{first} to {second}"], label)


def show_apart(value: float, low: float, high: float, unit: str, *, statistic: str = "difference") -> tuple[str, str]:
    """Write a value and its interval in one unit, apart, for a sentence that names both.

    Examples
    --------
    >>> show_apart(72_000.0, 25_920.0, 138_240.0, "s")
    ('20 h', '7 to 38 h')
    """
    (middle, first, last), label = _texts((value, low, high), unit, statistic)
    return _join([middle], label), _join([f"{first} to {last}"], label)


def nines(failing: float) -> str:
    """Write a share of failures as nines.

    Examples
    --------
    >>> nines(1.52e-4)
    '3.8 nines'
    """
    # Floats leave a whole failing share just above one, and its nines just below zero.
    return f"{max(0.0, -math.log10(failing)):.1f} nines" if failing > 0 else "no failure seen"


def _texts(values: Iterable[float], unit: str, statistic: str) -> tuple[list[str], str]:
    numbers = list(values)
    if is_probability(statistic):
        return [f"{number:.2g}" if math.isfinite(number) else _word(number, unit) for number in numbers], ""
    if is_share(unit, statistic):
        return _percents(numbers), "%"
    if unit == "y" and _largest([number for number in numbers if math.isfinite(number)]) >= _MANY_YEARS:
        return [f"{number:.2g}" if math.isfinite(number) else _word(number, unit) for number in numbers], unit
    finite = [number for number in numbers if math.isfinite(number)]
    # The value rules; in a range, which has none of its own, the larger end does.
    ruling = _largest(finite[:1]) if len(numbers) == 3 and math.isfinite(numbers[0]) else 0.0
    ruling = max(ruling, _FAR * _largest(finite)) if ruling else 0.0
    scale = scale_of(ruling or _largest(finite), unit)
    # What floats leave of zero is zero.
    least = _ROUNDED_OFF * _largest(finite)
    scaled = [0.0 if abs(number) < least else number / scale.divisor for number in numbers]
    places = _places([number for number in scaled if math.isfinite(number)])
    return [_fixed(number, places, unit) for number in scaled], scale.label


def _largest(numbers: list[float]) -> float:
    return max((abs(number) for number in numbers), default=0.0)


def _places(scaled: list[float]) -> int:
    """Decimals, negative to round whole tens, that leave two digits of the spread and at most four digits in all."""
    largest = _largest(scaled)
    if largest == 0.0:
        return 0
    room = 3 - _power(largest)
    spread = (max(scaled) - min(scaled)) / 2
    wanted = 1 - _power(spread) if spread > 0 else room - 1
    places = min(room, wanted)
    # Whole numbers below 1000 stay as they are: what was counted should be found again.
    return places if largest >= 1000.0 else max(0, places)


def _power(number: float) -> int:
    """Power of ten of the first digit; what floats leave just below a power of ten is that power."""
    return math.floor(math.log10(number) + 1e-9)


def _fixed(number: float, places: int, unit: str) -> str:
    if not math.isfinite(number):
        return _word(number, unit)
    if number == 0.0:
        return "0"
    text = f"{round(number, places):,.{max(0, places)}f}"
    # What is not zero must not read as zero: an end of an interval just above it decides a verdict.
    if float(text.replace(",", "")):
        return text
    return f"{number:.1g}" if abs(number) < 1.0 else f"{float(f'{number:.1g}'):,.0f}"


def _percents(shares: list[float]) -> list[str]:
    """Shares in percent; an interval and its value have one number of decimals."""
    finite = [share for share in shares if math.isfinite(share)]
    spread = 50.0 * (max(finite, default=0.0) - min(finite, default=0.0))
    if spread < _SAME_PERCENT:
        return [_percent(finite[0] if math.isfinite(share) else share) for share in shares]
    places = max(0, 1 - _power(spread))
    return [_percent_to(share, places) for share in shares]


def _percent_to(share: float, places: int) -> str:
    if not math.isfinite(share):
        return _word(share, "1")
    text = f"{100.0 * share:.{places}f}"
    # Nothing but all is 100, and nothing but none is 0.
    hides = float(text) in {0.0, 100.0}
    return _percent(share) if hides else text


def _percent(share: float) -> str:
    if not math.isfinite(share):
        return _word(share, "1")
    text = format_complement(1.0 - share) if 0.9 < share < 1.0 else f"{100 * share:.3g} %"
    return text.removesuffix(" %")


def _word(number: float, unit: str) -> str:
    if math.isnan(number):
        return "unknown"
    return "fails" if unit == "s" and number > 0 else "∞" if number > 0 else "-∞"


def _join(texts: list[str], label: str) -> str:
    text = texts[0]
    if text in {"unknown", "fails", "∞", "-∞"} or not label:
        return text
    return text + label if label.startswith("/") else f"{text} {label}"
