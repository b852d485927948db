"""Numbers as a reader meets them."""

from __future__ import annotations

import math

import pytest

from georep_sim.report.numerals import nines, scale_of, show, show_apart, show_interval, show_range


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
    assert show_range(0.0, 5.0, "s") == "0 to 5.0 s"
    assert show_interval(-200.0, -2_000.0, 23_000.0, "USD") == "-200 USD [-2,000, 23,000]"


def test_zero_has_no_sign_and_no_decimals() -> None:
    assert show_range(-8.8, -0.0, "s") == "-8.8 to 0 s"


def test_digits_that_the_interval_does_not_support_are_rounded_away() -> None:
    assert show_interval(91_609.0, 58_602.0, 145_793.0, "USD/month") == "92,000 USD/month [59,000, 146,000]"
    assert show_interval(27_712.0, 27_159.0, 28_502.0, "USD/month") == "27,710 USD/month [27,160, 28,500]"
    # What was counted stays as it is.
    assert show_interval(114.0, 30.0, 369.0, "1", statistic="objects_per_year") == "114 [30, 369]"


def test_an_interval_narrower_than_the_digits_is_not_shown() -> None:
    assert show_interval(0.8304, 0.83040001, 0.83040002, "points") == "0.8304 points"
    assert show_interval(0.75, 0.75, 0.75 + 1e-15, "1") == "75 %"


def test_a_value_and_its_interval_apart_are_in_the_unit_of_the_value() -> None:
    assert show_apart(72_000.0, 25_920.0, 138_240.0, "s") == ("20 h", "7 to 38 h")


def test_a_share_keeps_its_nines() -> None:
    assert show_interval(0.99999, 0.99998, 0.999995, "1") == "99.99900 % [99.99800, 99.99950]"


def test_nothing_but_all_is_a_hundred_percent() -> None:
    assert show_interval(0.9, 0.8, 0.9999999, "1") == "90.0 % [80.0, 99.99999]"
    assert show_interval(0.9, 0.8, 1.0, "1") == "90 % [80, 100]"
    assert show_interval(4.4e-7, 0.0, 2.5e-6, "1") == "0.00004 % [0, 0.00025]"


def test_a_quantile_beyond_all_successes_reads_fails() -> None:
    assert show_interval(math.inf, 0.921, math.inf, "s") == "fails [921 ms, fails]"


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


def test_where_all_fails_there_are_no_nines_below_zero() -> None:
    assert nines(math.nextafter(1.0, 2.0)) == "0.0 nines"


def test_an_interval_that_reaches_far_rules_the_unit() -> None:
    assert show_interval(-0.99, -2700.0, 3.0, "s") == "-1 s [-2,700, 3]"
    assert show_interval(-0.0003, -0.39, -0.0002, "s") == "-0.3 ms [-390, -0.2]"


def test_what_floats_leave_of_zero_is_zero() -> None:
    assert show_interval(0.00133, 9e-19, 0.00173, "1/y") == "0.00133/y [0, 0.00173]"
