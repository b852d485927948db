from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.units import KINDS, UnitError, exact_text, format_quantity, parse, pattern

KIND_NAMES = sorted(KINDS)
TEXTS = st.one_of(
    st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,2})?(e[0-9])? ?[a-zA-Z%]{0,4}(/[a-zA-Z]{1,3}){0,2}~?\Z"),
    st.sampled_from(
        ["12/s", "1 USD/GB/mo", "4 MB", "1 Gbit/s", "5 %", "3", "2 ms/MB", "1 USD", "7 d", "1 USD/mo", "5  s", "5 s/"]
    ),
    st.text(max_size=8),
)


@given(kind=st.sampled_from(KIND_NAMES), data=st.data())
def test_everything_the_pattern_matches_has_a_unit_of_the_kind(kind: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern(kind).replace("^", r"\A").replace("$", r"\Z")))
    try:
        quantity = parse(text, kind)
    except UnitError as error:
        # The pattern knows no arithmetic: only the size of the number may be wrong.
        assert re.search("too large|whole|not a quantity", error.what)  # noqa: PT017  (either outcome is right)
    else:
        assert 0.0 <= quantity.value < float("inf")


@given(kind=st.sampled_from(KIND_NAMES), text=TEXTS)
def test_whatever_is_read_matches_the_pattern(kind: str, text: str) -> None:
    try:
        parse(text, kind)
    except UnitError as error:
        assert str(error)  # noqa: PT017  (either outcome is right)
    else:
        assert re.search(pattern(kind), text)


def values_of(kind: str) -> st.SearchStrategy[float]:
    if kind == "count":
        return st.integers(0, 2**53).map(float)
    return st.floats(0.0, 1.0 if kind == "share" else 1e18)


@given(kind=st.sampled_from(KIND_NAMES), data=st.data())
def test_exact_texts_give_the_same_float_back(kind: str, data: st.DataObject) -> None:
    value = data.draw(values_of(kind))
    assert parse(exact_text(value, kind), kind).value == value


@given(kind=st.sampled_from(KIND_NAMES), data=st.data(), digits=st.integers(2, 9))
def test_readable_texts_give_back_the_digits_they_show(kind: str, data: st.DataObject, digits: int) -> None:
    value = data.draw(values_of(kind).filter(lambda x: x == 0.0 or x > 1e-30))
    if kind == "count":
        value = float(f"{value:.{digits - 1}e}")
    back = parse(format_quantity(value, kind, digits=digits), kind).value
    assert back == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))
    if kind == "share" and value > 0.9:
        assert 1 - back == pytest.approx(1 - value, rel=0.51 * 10.0 ** (1 - digits), abs=1.2e-16)


@given(number=st.integers(1, 999), unit=st.sampled_from(["s", "min", "h", "d", "us", "ms"]))
def test_more_of_a_unit_is_more(number: int, unit: str) -> None:
    assert parse(f"{number} {unit}", "time").value < parse(f"{number + 1} {unit}", "time").value
