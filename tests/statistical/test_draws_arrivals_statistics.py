"""Arrivals and what they ask for against their laws; alpha = 1e-6 each (z = 4.89), seed fixed, n from the text."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from scipy import stats

from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.faults import draw_faults
from georep_sim.draws.images import catalogue, traffic
from georep_sim.laws import Exponential
from georep_sim.tables import NS_PER_S
from support.draw_cases import DAY_S, make_case

Z = 4.89
ALPHA = 1e-6
SEED = 20_270_104


def test_counts_of_hours_are_poisson() -> None:
    # Null: mean 36 and index of dispersion 1 over n hours; 64 (6 / 36 / 0.02)^2 = 4,444 hours catch 2 % of the mean,
    # and 64 * 2 / 0.12^2 = 8,900 a dispersion of 1.12.
    hours = 8_900
    source = arrivals(make_case(clients={"a": {"pulls": 0.01}}, horizon=hours * 3600.0), seed=SEED, replication=0)

    rows = source.draw(0, hours * 3600 * NS_PER_S)
    counts = np.bincount(rows["hour"], minlength=hours)

    assert abs(counts.mean() - 36.0) < Z * math.sqrt(36.0 / hours)
    dispersion = ((counts - 36.0) ** 2).sum() / 36.0
    assert stats.chi2.ppf(ALPHA / 2, hours) < dispersion < stats.chi2.isf(ALPHA / 2, hours)


def test_instants_are_uniform_within_the_hour_and_gaps_exponential() -> None:
    # Null: Poisson process; Kolmogorov-Smirnov at alpha. 64 / 0.05^2 = 25,600 arrivals catch a mean gap off
    # by 5 %; 8 whole hours have more.
    source = arrivals(make_case(clients={"a": {"pulls": 1.0}}, horizon=DAY_S), seed=SEED, replication=0)

    times = source.draw(0, 28_800 * NS_PER_S)["time_ns"] / NS_PER_S

    assert stats.kstest(times % 3600.0 / 3600.0, "uniform").pvalue > ALPHA
    assert stats.kstest(np.diff(times), "expon").pvalue > ALPHA


def test_the_local_day_keeps_its_shape_over_a_change_of_the_clock() -> None:
    # Null: New York's office opens at 08:00 local time, 13:00 UTC before 2027-03-14 and 12:00 UTC after. Two weeks of
    # 1/s: the hours from 08:00 to 18:00 on working days hold 4 x 100 of (4 x 100 + 1 x 48 + 0.5 x (336 - 1 - 148))
    # weighted hours. The lost hour (Sunday 02:00) is one of weight 0.5.
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 3, 8, tzinfo=zone).astimezone(UTC)
    client = {"pulls": 1.0, "profile": "office-hours", "timezone": "America/New_York"}
    case = make_case(clients={"a": client}, start=start, horizon=(14 * 24 - 1) * 3600.0)

    times = arrivals(case, seed=SEED, replication=0).draw(0, 10**18)["time_ns"] / NS_PER_S
    local = [datetime.fromtimestamp(start.timestamp() + t, tz=zone) for t in times[:: len(times) // 40_000]]
    busy = np.mean([t.weekday() < 5 and 8 <= t.hour < 18 for t in local])
    second = [t for t in local if t.day >= 15]
    opening = [t.hour for t in second if t.weekday() < 5 and t.hour in (7, 8)]

    weighted = 4 * 100 + 1 * 48 + 0.5 * (336 - 1 - 148)
    n, p = len(local), 400 / weighted
    assert abs(busy - p) < Z * math.sqrt(p * (1 - p) / n)
    # After the change as before it: 8 of 9 arrivals from 07:00 to 09:00 come after the office has opened.
    assert abs(np.mean(np.array(opening) == 8) - 8 / 9) < Z * math.sqrt(8 / 81 / len(opening))
    mean = (50 * 4 + 24 + 94 * 0.5) / 168
    assert abs(times.size - 3600 * weighted / mean) < Z * math.sqrt(times.size)


def test_the_top_of_the_popularity_curve_takes_its_share_of_pulls() -> None:
    # Null: the top 1 % of images (4 of 400) take 42 %, the top 10 % take 65 %; 64 * 0.25 / 0.01^2 = 160,000 draws catch
    # one point.
    case = make_case(clients={"a": {"pulls": 2.0}}, horizon=DAY_S)
    found = catalogue(case, seed=SEED, replication=0)
    rows = traffic(case, arrivals(case, seed=SEED, replication=0).draw(0, 10**15), found, seed=SEED, replication=0)

    shares = np.sort(np.bincount(rows["image"], minlength=400) / rows.size)[::-1]

    for top, share in ((4, 0.42), (40, 0.65)):
        assert abs(shares[:top].sum() - share) < Z * math.sqrt(share * (1 - share) / rows.size)
    assert abs(rows["warm"].mean() - 0.84) < Z * math.sqrt(0.84 * 0.16 / rows.size)


def test_layers_of_a_push_are_new_with_the_contents_share() -> None:
    # Null: with q = 1/8 and 8 layers, at least one: E[new] = 8 q + (1 - q)^8. 64 (0.75 / 0.025)^2 = 57,600 at least.
    case = make_case(clients={"a": {"pushes": 0.7}}, horizon=DAY_S)
    found = catalogue(case, seed=SEED, replication=0)
    rows = traffic(case, arrivals(case, seed=SEED, replication=0).draw(0, 10**15), found, seed=SEED, replication=0)

    new = np.bitwise_count(rows["new_layers"]).astype(float)

    error = new.std(ddof=1) / math.sqrt(new.size)
    assert abs(new.mean() - (1.0 + 0.875**8)) < Z * error


def test_drills_are_uniform_in_time_and_over_the_targets() -> None:
    # Null: mean time T / 2, sd T / sqrt(12): 64 / 12 / 0.05^2 = 2,100 catch 5 % of T; targets 1/2 each.
    row = {
        "what": "region",
        "kind": "outage",
        "where": ("a", "b"),
        "every": Exponential(1e12),
        "lasts": Exponential(9.0),
    }
    case = make_case(regions={"a": 1, "b": 1}, faults={"it": row}, horizon=1_000.0)
    n = 2_100
    windows = [draw_faults(case, seed=SEED, replication=r, drill="it").windows for r in range(n)]

    starts = np.concatenate(windows)["start_s"]
    lengths = np.concatenate(windows)["end_s"] - starts

    assert stats.kstest(starts / 1_000.0, "uniform").pvalue > ALPHA
    assert abs(np.mean(np.concatenate(windows)["target"]) - 0.5) < Z * 0.5 / math.sqrt(n)
    assert abs(np.corrcoef(starts, lengths)[0, 1]) < Z / math.sqrt(n)
    assert abs(lengths.mean() - 9.0) < Z * 9.0 / math.sqrt(n)
