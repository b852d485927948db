"""Episodes, spans and windows: nothing is counted twice, and weights add up to the horizon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.tables import NS_PER_S, Admission, Verb
from georep_sim.world.sample import Episode, episodes, joined, phases, spans
from georep_sim.world.strata import choose
from support.timelines import HERE, timeline, two_sites

HOUR_NS = 3600 * NS_PER_S


def episode(start_s: float, end_s: float, *faults: int, clocks: str = "a", is_forced: bool = False) -> Episode:
    start, end = round(start_s * NS_PER_S), round(end_s * NS_PER_S)
    return Episode(start, end, frozenset(faults), start, end, end, frozenset(clocks), is_forced)


def test_an_episode_runs_from_the_fault_to_the_last_after_effect() -> None:
    # Fault 100-200 s, clients aimed back at 230 s; TTL 60 s, then 61 s in which success must hold.
    line = timeline(
        two_sites(ttl_s=60.0),
        [
            (100.0, Verb.ADMIT, HERE, Admission.UNREACHABLE),
            (150.0, Verb.AIM, 0, 1.0),
            (200.0, Verb.ADMIT, HERE, Admission.OK),
            (230.0, Verb.AIM, 0, 0.0),
        ],
        faults=[(0, 100.0, 200.0)],
    )
    (found,) = episodes([line])
    assert (found.start_ns, found.end_ns) == (100 * NS_PER_S, (230 + 60 + 61) * NS_PER_S)
    assert found.moved_ns == 210 * NS_PER_S
    assert found.mended_ns == 200 * NS_PER_S


def test_a_fault_that_changes_nothing_is_no_episode() -> None:
    assert episodes([timeline(two_sites(), [], faults=[(0, 100.0, 200.0)])]) == []


def test_episodes_of_two_designs_that_overlap_are_one() -> None:
    a = timeline(two_sites(), [(100.0, Verb.ADMIT, 0, 1.0), (200.0, Verb.ADMIT, 0, 0.0)], faults=[(0, 100.0, 200.0)])
    b = timeline(two_sites(), [(150.0, Verb.ADMIT, 0, 1.0), (300.0, Verb.ADMIT, 0, 0.0)], faults=[(1, 150.0, 300.0)])
    (found,) = episodes([a, b])
    assert found.faults == {0, 1}
    assert (found.start_ns, found.mended_ns) == (100 * NS_PER_S, 300 * NS_PER_S)


def test_only_episodes_of_one_drilled_row_alone_are_left_to_drills() -> None:
    found = [episode(10, 20, 0), episode(30, 40, 1), episode(50, 60, 0, 1)]
    counted = spans(found, horizon_ns=100 * NS_PER_S, drilled={0}, drill=-1, drill_weight=0.0)
    assert [s.episode for s in counted] == [-1, -1, 1, -1, 2, -1]
    assert sum(s.end_ns - s.start_ns for s in counted) == 90 * NS_PER_S


def test_two_clocks_of_a_drilled_row_together_are_counted_where_they_fall() -> None:
    found = [episode(10, 20, 0), episode(50, 60, 0, clocks="ab")]
    counted = spans(found, horizon_ns=100 * NS_PER_S, drilled={0}, drill=-1, drill_weight=0.0)
    assert [s.episode for s in counted] == [-1, -1, 1, -1]


def test_a_drill_that_another_clock_joins_counts_nothing() -> None:
    found = [episode(10, 20, 0), episode(50, 60, 0, clocks="ab", is_forced=True)]
    assert spans(found, horizon_ns=100 * NS_PER_S, drilled={0}, drill=0, drill_weight=0.5) == []


def test_a_drill_counts_every_stretch_of_its_episode() -> None:
    # Two targets of one clock, days apart.
    found = [episode(10, 20, 0, is_forced=True), episode(50, 60, 0, is_forced=True)]
    counted = spans(found, horizon_ns=100 * NS_PER_S, drilled={0}, drill=0, drill_weight=0.5)
    assert [s.start_ns for s in counted] == [10 * NS_PER_S, 50 * NS_PER_S]


def test_clocks_that_meet_are_told_apart_by_address() -> None:
    changes: list[tuple[float, Verb, int, float]] = [(100.0, Verb.ADMIT, 0, 1.0), (200.0, Verb.ADMIT, 0, 0.0)]
    line = timeline(two_sites(), changes, faults=[(0, 100.0, 200.0)])
    (found,) = episodes([line], clocks={(0, line.targets[0]): "faults/row/here"})
    assert found.clocks == {"faults/row/here"}
    assert found.is_lone({0})
    assert not found.is_lone({1})


def test_the_warm_up_of_the_run_does_not_count() -> None:
    found = [episode(10, 30, 0), episode(50, 60, 0)]
    counted = spans(found, from_ns=20 * NS_PER_S, horizon_ns=100 * NS_PER_S, drilled=(), drill=-1, drill_weight=0.0)
    assert [(s.start_ns // NS_PER_S, s.end_ns // NS_PER_S) for s in counted] == [
        (20, 30),
        (30, 50),
        (50, 60),
        (60, 100),
    ]


def test_a_drill_counts_its_episode_beyond_the_horizon_and_nothing_else() -> None:
    found = [episode(10, 20, 0, clocks="b"), episode(30, 40, 1), episode(90, 130, 0, is_forced=True)]
    (counted,) = spans(found, horizon_ns=100 * NS_PER_S, drilled={0}, drill=0, drill_weight=0.01)
    assert (counted.start_ns, counted.end_ns, counted.weight) == (90 * NS_PER_S, 130 * NS_PER_S, 0.01)
    met = [episode(30, 40, 0, 1)]
    assert spans(met, horizon_ns=100 * NS_PER_S, drilled={0}, drill=0, drill_weight=0.01) == []


def test_phases_cut_an_episode_without_gap() -> None:
    found = [Episode(0, 100, frozenset({0}), 20, 60, 100)]
    (span,) = spans(found, horizon_ns=100, drilled=(), drill=-1, drill_weight=0.0)
    assert phases(span, found) == [("struck", 0, 20), ("failed over", 20, 60), ("after", 60, 100)]


@given(
    edges=st.lists(st.integers(1, 240), min_size=2, max_size=9, unique=True).map(sorted),
    length=st.integers(60, 20_000),
    replication=st.integers(0, 5),
)
def test_weights_times_lengths_are_the_counted_time(edges: list[int], length: int, replication: int) -> None:
    found = [
        episode(a * 3600.0, b * 3600.0, k % 2) for k, (a, b) in enumerate(zip(edges[::2], edges[1::2], strict=False))
    ]
    horizon_ns = 260 * HOUR_NS
    counted = spans(found, horizon_ns=horizon_ns, drilled=(), drill=-1, drill_weight=0.0)
    windows = choose(
        counted,
        found,
        hour_class=np.arange(260) // 9 % 3,
        names=("outage", "cut"),
        length_ns=lambda *_: length * NS_PER_S,
        draw=(1, replication),
    )
    # By stratum the expectation of weight x length is the stratum's length; with bins of one piece it is exact.
    total = sum(w.weight * (w.end_ns - w.start_ns) for w in windows)
    assert total == pytest.approx(horizon_ns, rel=1e-6)
    assert all(0 <= w.start_ns < w.end_ns <= horizon_ns for w in windows)
    assert len({w.stratum for w in windows}) == len(windows)


@pytest.mark.parametrize("count", [1, 2])
def test_every_instant_has_the_same_chance_edges_included(count: int) -> None:
    # A stratum of two pieces, 1 h and 2 h, windows of 15 min: in 4,000 placements each minute is counted as often
    # as any other, once weighted. Standard error of a cell of one window: sqrt((1/p - 1) / 4000), p = 15/180, and less
    # with several; z = 4.89.
    found = [episode(0, 3600, 0), episode(7200, 14400, 0)]
    counted = spans(found, horizon_ns=14400 * NS_PER_S, drilled=(), drill=-1, drill_weight=0.0)
    inside = [s for s in counted if s.episode >= 0]
    seen = np.zeros(240)
    n = 4000
    for replication in range(n):
        chosen = choose(
            inside,
            found,
            hour_class=np.zeros(4, dtype=np.int64),
            names=("outage",),
            length_ns=lambda *_: 15 * 60 * NS_PER_S,
            draw=(3, replication),
            count=count,
        )
        assert len(chosen) == count
        for window in chosen:
            first, last = window.start_ns // (60 * NS_PER_S), window.end_ns // (60 * NS_PER_S)
            seen[first:last] += window.weight / n
    covered = np.r_[seen[:60], seen[120:240]]
    assert np.all(seen[60:120] == 0.0)
    assert np.abs(covered - 1.0).max() < 4.89 * np.sqrt((12.0 - 1.0) / n)


def test_a_stratum_that_fits_into_the_windows_allowed_is_played_whole() -> None:
    found = [episode(0, 3600, 0), episode(7200, 14400, 0)]
    counted = spans(found, horizon_ns=14400 * NS_PER_S, drilled=(), drill=-1, drill_weight=0.0)

    def hours(length_h: int, count: int) -> list[tuple[int, int, float]]:
        windows = choose(
            [s for s in counted if s.episode >= 0],
            found,
            hour_class=np.zeros(4, dtype=np.int64),
            names=("outage",),
            length_ns=lambda *_: length_h * HOUR_NS,
            draw=(1, 0),
            count=count,
        )
        return [(w.start_ns // HOUR_NS, w.end_ns // HOUR_NS, w.weight) for w in windows]

    assert hours(2, 3) == [(0, 1, 1.0), (2, 4, 1.0)]
    # No more windows than pieces: of three bins of an hour two, each for an hour and a half.
    assert [weight for _, _, weight in hours(1, 3)] == pytest.approx([1.5, 1.5])


def test_a_backlog_cuts_the_phases_it_lasts_through() -> None:
    # Phases 0-20-60-100, backlog 50-70: four strata besides none; the queue goes back to the fault.
    found = [Episode(0, 100, frozenset({0}), 20, 60, 100, backlog=(50, 70))]
    windows = choose(
        spans(found, horizon_ns=100, drilled=(), drill=-1, drill_weight=0.0),
        found,
        hour_class=np.zeros(1, dtype=np.int64),
        names=("cut",),
        length_ns=lambda *_: 1000,
        draw=(1, 0),
    )
    assert [(w.stratum, w.start_ns, w.end_ns, w.queue_ns) for w in windows] == [
        ("struck/cut", 0, 20, -1),
        ("failed over/cut", 20, 50, -1),
        ("failed over/backlog/cut", 50, 60, 0),
        ("after/backlog/cut", 60, 70, 0),
        ("after/cut", 70, 100, -1),
    ]


def test_episodes_that_are_joined_forget_what_was_played_of_them() -> None:
    first = replace(episode(10, 20, 0), copied_ns=7, backlog=(1, 2))
    both = joined(first, episode(15, 40, 1, clocks="b", is_forced=True))
    assert (both.start_ns, both.end_ns, both.mended_ns) == (10 * NS_PER_S, 40 * NS_PER_S, 40 * NS_PER_S)
    assert both.faults == {0, 1}
    assert both.clocks == {"a", "b"}
    assert both.is_forced
    assert (both.copied_ns, both.backlog) == (-1, None)
