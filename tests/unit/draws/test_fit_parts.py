from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from georep_sim.draws.fit.block import fit_workload
from georep_sim.draws.fit.content import layer_quantiles, popularity_knots
from georep_sim.draws.fit.weekly import Week, profile_yaml, week_of
from georep_sim.draws.sources.log import open_log
from georep_sim.errors import InputError
from georep_sim.scenario.profile import read_profile
from georep_sim.tables import NS_PER_S, Operation
from support.registry_logs import MONDAY, Call, write_log

if TYPE_CHECKING:
    from pathlib import Path

QUARTER_S = 900
START_S = int(MONDAY.timestamp())
DAY_S = 86_400


def arrivals(per_hour: dict[tuple[int, int], int], days: int) -> Counter[tuple[int, int]]:
    """Pulls by (day of the log, hour UTC), all in the first quarter of the hour; 40 in every other hour."""
    out: Counter[tuple[int, int]] = Counter()
    for day in range(days):
        for hour in range(24):
            quarter = (START_S + DAY_S * day + 3_600 * hour) // QUARTER_S
            out[quarter, int(Operation.PULL)] = per_hour.get((day, hour), 40)
    return out


def week(counts: Counter[tuple[int, int]], days: int, timezone: str = "UTC") -> Week:
    return week_of(counts, start_ns=START_S * NS_PER_S, end_ns=(START_S + DAY_S * days) * NS_PER_S, timezone=timezone)


def test_an_hour_has_the_rate_seen_in_it() -> None:
    found = week(arrivals({(0, 9): 400}, 7), 7)

    # One of five working days has 400 in the tenth hour: 112 on average.
    mean = (167 * 40 + 400) / 168
    assert found.weights[0, 9] == pytest.approx((4 * 40 + 400) / 5 / mean)
    assert found.weights[1].tolist() == pytest.approx([40 / mean] * 24)
    assert found.rates_per_s.tolist() == pytest.approx([mean / 3_600, 0.0])
    assert not found.is_flat
    assert found.unseen == 0


def test_hours_are_those_of_the_local_clock() -> None:
    found = week(arrivals({(day, 9): 400 for day in range(7)}, 7), 7, "Asia/Tokyo")

    assert found.weights.argmax(axis=1).tolist() == [18, 18, 18]


def test_days_that_were_not_seen_do_not_count_as_quiet() -> None:
    # Monday to Friday only: the week-end is taken as they are, and said to be.
    found = week(arrivals({}, 5), 5)

    assert found.rates_per_s[0] == pytest.approx(40 / 3_600)
    assert found.unseen == 48
    assert profile_yaml(found) == "always"


def test_a_busy_weekend_weighs_two_days_of_seven() -> None:
    # Ten days from Monday: eight working days, one week-end.
    busy = {(day, hour): 110 for day in (5, 6) for hour in range(24)}
    found = week(arrivals(busy, 10), 10)

    assert found.rates_per_s[0] == pytest.approx((5 * 40 + 2 * 110) / 7 / 3_600)


def test_few_arrivals_tell_no_profile() -> None:
    found = week(Counter({(START_S // QUARTER_S, 0): 100}), 7)

    assert found.is_flat
    assert profile_yaml(found) == "always"
    assert found.rates_per_s[0] == pytest.approx(100 / (7 * DAY_S))


def test_a_profile_reads_as_what_it_was() -> None:
    weights = np.ones((3, 24))
    weights[0, 8:18], weights[2] = 3.0, 0.25

    text = profile_yaml(Week(np.ones(2), weights, is_flat=False, unseen=0))

    assert text == "{mon-fri: {00:00-08:00: 1, 08:00-18:00: 3, 18:00-24:00: 1}, sat: 1, sun: 0.25, else: 0}"
    body = {"mon-fri": {"00:00-08:00": 1, "08:00-18:00": 3, "18:00-24:00": 1}, "sat": 1, "sun": 0.25, "else": 0}
    profile = read_profile(body)
    assert [profile.weight_at(day, 600) for day in (0, 5, 6)] == [3.0, 1.0, 0.25]


def test_quantiles_are_told_where_enough_layers_lie_beyond() -> None:
    assert layer_quantiles(np.full(9, 5.0)) == {}
    sizes = layer_quantiles(np.arange(1.0, 101.0))

    assert [name for name in sizes if name != "p995"] == ["p05", "p10", "p25", "p50", "p75", "p90", "p95"]
    assert [sizes[name] for name in ("p05", "p50", "p95")] == [5.0, 50.0, 95.0]


def test_the_most_popular_share_is_an_image_at_least() -> None:
    assert popularity_knots(np.zeros(4, dtype=np.int64)) == []
    assert [top for top, _ in popularity_knots(np.ones(20, dtype=np.int64))] == [0.05, 0.1, 0.2, 0.25, 0.5, 0.75]
    # 99 images that nobody pulled tell nothing more.
    assert popularity_knots(np.array([7] + [0] * 99)) == []


def test_a_log_without_pulls_is_refused(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.json", [Call(0, "GET", "/v2/"), Call(1, "GET", "/v2/a/manifests/v", 500)])

    with pytest.raises(InputError, match=r"no pull and no push .* among 2 requests .* 1 failed"):
        fit_workload(open_log(path))


def test_the_head_says_what_was_read(tmp_path: Path) -> None:
    path = write_log(
        tmp_path / "log.json", [Call(0, "GET", "/v2/a/manifests/v1"), Call(9_000, "HEAD", "/v2/b/manifests/v1")]
    )

    head = fit_workload(open_log(path)).splitlines()[:3]

    moment = datetime.fromtimestamp(START_S - 1, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
    assert head == [
        f"# Fitted to {path} (distribution-json): 2 requests, {moment} to 2026-01-05T00:00Z.",
        "# In them 1 pulls and 0 pushes; 0 more failed and are not counted.",
        "# 1 looks at a manifest (HEAD, or a 401) that no pull followed.",
    ]
