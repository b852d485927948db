"""Numbers as a reader meets them."""

from __future__ import annotations

import math

import pytest

from georep_sim.report.numerals import nines, scale_of, show, show_interval, show_range


@pytest.mark.parametrize(
    ("magnitude", "unit", "label"),
    [
        (0.0, "s", "s"),
        (0.02, "s", "ms"),
        (59.0, "s", "s"),
        (60.0, "s", "min"),
        (1e12, "B", "TB"),
        (1e12, "B/y", "TB/y"),
        (5.0, "1/y", "/y"),
        (5.0, "1", ""),
        (5.0, "USD/month", "USD/month"),
    ],
)
def test_the_unit_leaves_at_least_one_before_the_point(magnitude: float, unit: str, label: str) -> None:
    assert scale_of(magnitude, unit).label == label


def test_a_value_and_its_interval_share_one_unit() -> None:
    assert show_interval(3600.0, 1800.0, 7200.0, "s") == "1.00 h [0.50, 2.00]"


def test_a_range_is_in_the_unit_of_its_larger_end() -> None:
    assert show_range(-0.1, 3.0, "s") == "-0.1 to 3.0 s"


def test_what_is_not_zero_does_not_read_as_zero() -> None:
    assert show_range(0.004, 5.0, "s") == "0.004 to 5.0 s"
    assert show_range(0.0, 5.0, "s") == "0.0 to 5.0 s"


def test_a_share_keeps_its_nines() -> None:
    assert show_interval(0.99999, 0.99998, 0.999995, "1") == "99.999 % [99.998, 99.9995]"


def test_a_quantile_beyond_all_successes_reads_fails() -> None:
    assert show_interval(math.inf, 3.0, math.inf, "s") == "fails [3.00, fails]"


def test_an_unknown_value_has_no_interval() -> None:
    assert show_interval(math.nan, 1.0, 2.0, "USD/month") == "unknown"


def test_a_closed_form_has_no_interval_of_zero_width() -> None:
    assert show_interval(2.0, 2.0, 2.0, "s") == "2.00 s"
    assert show_interval(2.0, math.nan, math.nan, "s") == "2.00 s"


def test_nothing_seen_is_a_bound_and_never_zero_or_all() -> None:
    assert show_interval(0.0, 0.0, 2e9, "B/y") == "at most 2.00 GB/y"
    assert show_interval(1.0, 0.999, 1.0, "1") == "at least 99.9 %"


def test_small_probabilities_are_not_written_as_percentages() -> None:
    assert show(1.234e-11, "1", statistic="annual_loss_probability") == "1.2e-11"


def test_nines_are_minus_the_decimal_logarithm_of_what_fails() -> None:
    assert nines(1e-3) == "3.0 nines"
    assert nines(0.0) == "no failure seen"
