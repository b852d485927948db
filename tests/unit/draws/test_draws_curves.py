from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from georep_sim.draws.curves import HOUR_S, curve
from georep_sim.scenario.profile import read_profile

OFFICE = read_profile("office-hours")
ODD = read_profile({"mon-fri": {"08:15-12:00": 5, "12:00-20:20": 3}, "sat": {"09:00-24:00": 1}, "else": 0})
#: Weeks around changes of the clock: New York, Amsterdam, Lord Howe (by half an hour), Kathmandu (+05:45, none).
PLACES = [
    ("America/New_York", datetime(2027, 3, 10, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 11, 3, tzinfo=UTC)),
    ("Europe/Amsterdam", datetime(2027, 3, 24, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 1, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2027, 1, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "start"), PLACES)
@pytest.mark.parametrize("profile", [OFFICE, ODD])
def test_every_minute_has_the_weight_of_its_local_time(zone: str, start: datetime, profile: object) -> None:
    weekly = read_profile(profile)
    mean = np.mean([weekly.weight_at(day, minute) for day in range(7) for minute in range(1440)])

    minutes = range(0, 10 * 1440, 5)
    local = [(start + timedelta(minutes=m)).astimezone(ZoneInfo(zone)) for m in minutes]
    expected = [weekly.weight_at(t.weekday(), t.hour * 60 + t.minute) / mean for t in local]

    got = curve(weekly, zone, start, 240).weight_at(60.0 * np.array(minutes))
    assert got == pytest.approx(expected)


def test_the_mean_over_a_week_without_a_change_is_one() -> None:
    shape = curve(OFFICE, "Asia/Kathmandu", datetime(2027, 1, 5, 3, tzinfo=UTC), 168)

    assert shape.integral(0.0, 168 * 3600.0) == pytest.approx(168 * 3600.0)


def test_the_integral_is_that_of_the_weights() -> None:
    # Tuesday 2027-01-05 07:00 to 09:00 UTC in London: one hour of 0.5, one of 4, over the mean of the week.
    mean = (50 * 4 + 24 * 1 + (168 - 74) * 0.5) / 168
    shape = curve(OFFICE, "Europe/London", datetime(2027, 1, 5, tzinfo=UTC), 24)

    assert shape.integral(7 * 3600.0, 9 * 3600.0) == pytest.approx(3600 * 4.5 / mean)
    assert shape.hour_mass_s[[7, 8]] == pytest.approx([3600 * 0.5 / mean, 3600 * 4 / mean])
    assert shape.integral(9.0, 7.0) == 0.0


def test_equal_hours_have_equal_bits() -> None:
    shape = curve(OFFICE, "Europe/London", datetime(2027, 1, 4, tzinfo=UTC), 24 * 364)

    assert len(set(shape.hour_mass_s.tolist())) == 3


def test_instants_lie_where_the_rate_is() -> None:
    # 03:00 UTC is 08:45 in Kathmandu, where the weight is 5, as it is until 12:00.
    # 02:00 UTC is 07:45: nothing until 08:15, which is 02:30 UTC.
    shape = curve(ODD, "Asia/Kathmandu", datetime(2027, 1, 4, tzinfo=UTC), 24)
    u = np.array([1e-9, 0.25, 0.5, 1.0 - 1e-9])

    times_s = shape.instants_ns(np.array([2, 2, 3, 2]), u) / 1e9

    assert times_s == pytest.approx([2.5 * HOUR_S, 2.625 * HOUR_S, 3.5 * HOUR_S, 3 * HOUR_S], abs=1e-3)


def test_no_instant_leaves_its_hour() -> None:
    shape = curve(read_profile("always"), "UTC", datetime(2027, 1, 4, tzinfo=UTC), 24)

    ends = shape.instants_ns(np.array([5, 5]), np.array([2.0**-54, 1 - 2.0**-53]))

    assert ends.tolist() == [5 * HOUR_S * 10**9, 6 * HOUR_S * 10**9 - 1]


def test_a_flat_profile_needs_no_edges_but_the_hours() -> None:
    shape = curve(read_profile("always"), "America/New_York", datetime(2027, 3, 10, tzinfo=UTC), 240)

    assert shape.weight.tolist()[:3] == [1.0, 1.0, 1.0]
    assert shape.edges_s.size <= 242
