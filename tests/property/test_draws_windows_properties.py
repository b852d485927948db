"""Whatever the scenario, draws are ordered, complete, and the same in every window and block."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from georep_sim.draws.arrivals import arrivals
from georep_sim.draws.faults import draw_faults
from georep_sim.laws import Constant, Exponential, Law, Uniform, Weibull
from georep_sim.tables import NS_PER_S
from support.draw_cases import MONDAY, make_case

TIMES = st.floats(1.0, 500.0)
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"])
PROFILES = st.sampled_from(
    [
        "always",
        "office-hours",
        {"mon-fri": {"08:15-12:00": 5}, "sat": 1, "else": 0},
        {"sun": {"00:00-24:00": 1}, "else": 0.1},
    ]
)


@st.composite
def laws(draw: st.DrawFn) -> Law:
    mean = draw(TIMES)
    return draw(
        st.sampled_from([Constant(mean), Exponential(mean), Uniform(mean / 2, 3 * mean), Weibull.from_mean(mean, 2.5)])
    )


@st.composite
def clients(draw: st.DrawFn) -> dict[str, Any]:
    rate = st.floats(0.0, 0.05)
    return {"pulls": draw(rate), "pushes": draw(rate), "timezone": draw(ZONES), "profile": draw(PROFILES)}


@given(
    groups=st.lists(clients(), min_size=1, max_size=3),
    start=st.integers(0, 200 * 24 * 60),
    horizon=st.floats(10.0, 200_000.0),
    cuts=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted),
    replication=st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_any_window_drawn_alone_is_a_slice_of_the_whole(
    groups: list[dict[str, Any]], start: int, horizon: float, cuts: list[float], replication: int
) -> None:
    case = make_case(
        clients=dict(zip("abc", groups, strict=False)),
        bursts={"rollout": {"every": 20_000.0, "pulls": 30, "within": 900.0}},
        start=MONDAY + timedelta(minutes=start),
        horizon=horizon,
    )
    source = arrivals(case, seed=1, replication=replication)
    end_ns = round(horizon * NS_PER_S)
    whole = source.draw(0, end_ns)
    low, high = (int(cut * end_ns) for cut in cuts)

    window = source.draw(low, high)

    assert np.array_equal(window, whole[(whole["time_ns"] >= low) & (whole["time_ns"] < high)])
    keys = list(zip(*(whole[c].tolist() for c in ("time_ns", "cohort", "operation", "hour", "k")), strict=True))
    assert keys == sorted(keys)
    ids = {(row["cohort"], row["operation"], row["hour"], row["k"]) for row in whole}
    assert len(ids) == whole.size
    assert set(source.hour_classes().tolist()) == set(range(source.hour_classes().max() + 1))


@given(
    group=clients(),
    start=st.integers(0, 400),
    cuts=st.lists(st.floats(0.0, 2e6), min_size=3, max_size=3).map(sorted),
)
@settings(max_examples=60)
def test_expected_counts_add_up_over_adjoining_windows(group: dict[str, Any], start: int, cuts: list[float]) -> None:
    case = make_case(clients={"a": group}, start=MONDAY + timedelta(days=start), horizon=2e6)
    source = arrivals(case, seed=1, replication=0)

    for operation in (0, 1):
        parts = [source.expected(0, operation, *cuts[i : i + 2]) for i in (0, 1)]
        assert np.isclose(sum(parts), source.expected(0, operation, cuts[0], cuts[2]), rtol=1e-9, atol=1e-6)
        assert min(parts) >= 0.0


@given(every=laws(), lasts=laws(), replication=st.integers(0, 2**64 - 1), start=st.sampled_from(["stationary", "new"]))
@settings(max_examples=60)
def test_windows_of_one_target_alternate_with_time_in_service(
    every: Law, lasts: Law, replication: int, start: str
) -> None:
    row = {"what": "region", "kind": "outage", "where": ("a", "b"), "every": every, "lasts": lasts, "start": start}
    case = make_case(regions={"a": 1, "b": 1}, faults={"it": row}, horizon=5_000.0)

    windows = draw_faults(case, seed=3, replication=replication).windows

    assert (np.diff(windows["start_s"]) >= 0.0).all()
    assert (windows["start_s"] < 5_000.0).all()
    assert (windows["end_s"] > 0.0).all()
    for target in (0, 1):
        mine = windows[windows["target"] == target]
        assert mine["occurrence"].tolist() == list(range(mine.size))
        assert (mine["start_s"][1:] >= mine["end_s"][:-1]).all()
        assert (mine["start_s"][1:] >= 0.0).all()
    if start == "new":
        assert (windows["start_s"] >= 0.0).all()
