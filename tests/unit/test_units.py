from __future__ import annotations

import math

import pytest

from georep_sim.units import KINDS, UnitError, base_unit, exact_text, format_complement, format_quantity, parse

YEAR_S = 365.25 * 86_400


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("90 s", "time", 90.0),
        ("90s", "time", 90.0),
        ("1.5 min", "time", 90.0),
        ("0.1 ms", "time", 1e-4),
        ("250 us", "time", 250e-6),
        ("30 d", "time", 2_592_000.0),
        ("2 w", "time", 1_209_600.0),
        ("1 y", "time", YEAR_S),
        ("1 mo", "time", YEAR_S / 12),
        ("0 s", "time", 0.0),
        ("4 MB", "bytes", 4e6),
        ("10 GiB", "bytes", 10 * 2.0**30),
        ("16 TB", "bytes", 16e12),
        ("8 Mbit", "bytes", 1e6),
        ("10 Gbit/s", "bandwidth", 1.25e9),
        ("100 MB/s", "bandwidth", 1e8),
        ("12/s", "rate", 12.0),
        ("20 /s", "rate", 20.0),
        ("5/min", "rate", 5 / 60),
        ("40/h", "rate", 40 / 3600),
        ("20000/min", "rate", 20000 / 60),
        ("5000/d", "rate", 5000 / 86400),
        ("5 %", "share", 0.05),
        ("99.99 %", "share", 0.9999),
        ("0.05", "share", 0.05),
        ("100%", "share", 1.0),
        ("1200 USD", "money", 1200.0),
        ("0.02 USD/GB/mo", "price_storage", 0.02 / 1e9 / (YEAR_S / 12)),
        ("0.05 USD/GB", "price_transfer", 5e-11),
        ("50 USD/mo", "money_rate", 50.0),
        ("1 USD/d", "money_rate", 365.25 / 12),
        ("2 ms/MB", "time_per_byte", 2e-9),
        ("1.48", "number", 1.48),
        ("150 %", "number", 1.5),
        ("1e7", "count", 1e7),
        (".5 h", "time", 1800.0),
    ],
)
def test_texts_are_read_in_base_units(text: str, kind: str, value: float) -> None:
    assert parse(text, kind).value == pytest.approx(value, rel=1e-15)
    assumed = parse(text + "~", kind)
    assert assumed.value == pytest.approx(value, rel=1e-15)
    assert assumed.assumed
    assert not parse(text, kind).assumed


def test_values_are_correctly_rounded() -> None:
    assert parse("0.1 ms", "time").value == 1e-4
    assert parse("0.7 %", "share").value == 0.007


@pytest.mark.parametrize(("number", "kind", "value"), [(3, "count", 3.0), (0.05, "share", 0.05), (2, "number", 2.0)])
def test_numbers_stand_bare_where_there_is_no_dimension(number: float, kind: str, value: float) -> None:
    assert parse(number, kind).value == value


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("5 m", "time", "min or mo?"),
        ("100 Mb/s", "bandwidth", "Mbit or MB?"),
        ("1 Gb/s", "bandwidth", "Gbit or GB?"),
        ("10 Gbps", "bandwidth", "Gbit/s or GB/s?"),
        ("3 M", "time", "min, mo or MB?"),
        ("3 Ms", "time", "ms or min?"),
        ("5 mB", "bytes", "did you mean MB"),
        ("5 KB", "bytes", "did you mean kB"),
        ("5 secs", "time", "write s"),
        ("5 days", "time", "write d"),
        ("5 houers", "time", "units are us, ms, s, min, h, d, w, mo, y"),
        ("5 EUR", "money", "EUR are not supported yet"),
        ("8", "time", "'8' has no unit; expected a time"),
        (8, "time", "'8' has no unit"),
        (1.5, "bandwidth", "has no unit"),
        ("8", "rate", "write 8/s"),
        ("10 MB/s", "time", "'10 MB/s' is a bandwidth where a time is wanted"),
        ("10 s", "rate", "is a time where a rate is wanted"),
        ("10 MB", "bandwidth", "is an amount of data where a bandwidth is wanted"),
        ("5 s/d", "time", "is a value in s/d where a time is wanted"),
        ("3 s", "count", "is a time where a whole number is wanted"),
        ("2.5", "count", "is not whole"),
        ("-5 s", "time", "is negative"),
        (-1, "count", "is negative"),
        ("nan", "time", "not a finite number"),
        ("-.inf", "time", "not a finite number"),
        ("inf s", "time", "not a finite number"),
        (math.nan, "share", "not a finite number"),
        (math.inf, "number", "not a finite number"),
        ("1e999 s", "time", "too large"),
        (10**400, "count", "too large"),
        ("9" * 200, "count", "not a quantity"),
        ("20,000/min", "rate", "write 20000"),
        ("1_000", "count", "write 20000"),
        ("5  s", "time", "at most one space"),
        ("5 s ~", "time", "at most one space"),
        ("", "time", "not a quantity"),
        ("soon", "time", "not a quantity"),
        ("5 s/", "time", "no unit after '/'"),
        ("5", "share", "more than the whole"),
        ("120 %", "share", "more than the whole"),
        (True, "share", "not a quantity"),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_a_remedy(text: str | float, kind: str, words: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse(text, kind)
    assert words in str(caught.value)
    assert caught.value.expected
    assert isinstance(caught.value, ValueError)


def test_none_is_no_quantity() -> None:
    with pytest.raises(UnitError, match="None is not a quantity"):
        parse(None, "time")  # type: ignore[arg-type]  # what a YAML key without a value gives


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (90.0, "time", "1.5 min"),
        (0.0, "time", "0 s"),
        (59.999, "time", "1 min"),
        (0.0123456, "time", "12.3 ms"),
        (4 * YEAR_S, "time", "4 y"),
        (-90.0, "time", "-1.5 min"),
        (math.inf, "time", "∞"),
        (-math.inf, "time", "-∞"),
        (math.nan, "time", "unknown"),
        (3.2e9, "bytes", "3.2 GB"),
        (999_999.0, "bytes", "1 MB"),
        (1.25e9, "bandwidth", "10 Gbit/s"),
        (12.0, "rate", "12/s"),
        (1 / 12, "rate", "5/min"),
        (1 / (2000 * YEAR_S), "rate", "0.0005/y"),
        (0.05, "share", "5 %"),
        (1.0, "share", "100 %"),
        (0.0, "share", "0 %"),
        (0.999848, "share", "99.9848 %"),
        (0.9999986, "share", "99.99986 %"),
        (0.5, "share", "50 %"),
        (1e-7, "share", "1e-05 %"),
        (1234.0, "money", "1234 USD"),
        (5e-11, "price_transfer", "0.05 USD/GB"),
        (1.48, "number", "1.48"),
        (20000.0, "count", "20000"),
    ],
)
def test_values_are_written_for_reading(value: float, kind: str, text: str) -> None:
    assert format_quantity(value, kind) == text


@pytest.mark.parametrize(
    ("unavailability", "text"),
    [(1.52e-4, "99.9848 %"), (1e-11, "99.999999999 %"), (1.234e-16, "99.9999999999999877 %"), (0.0, "100 %"), (1.0, "0 %")],
)  # fmt: skip
def test_nines_are_kept(unavailability: float, text: str) -> None:
    assert format_complement(unavailability) == text


def test_exact_texts_are_short() -> None:
    assert exact_text(86400.0 * 30, "time") == "30 d"
    assert exact_text(12.0, "rate") == "12/s"
    assert exact_text(0.0, "time") == "0 s"
    assert exact_text(3.0, "count") == "3"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_base_units_read_as_one(kind: str) -> None:
    assert parse(f"1 {base_unit(kind)}".strip(), kind).value == 1.0
