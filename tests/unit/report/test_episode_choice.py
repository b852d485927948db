"""Which fault the report looks at, and which requests came before, during and after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from georep_sim.measures.success import success_series
from georep_sim.report.around import pull_series, views
from georep_sim.report.episode import at_work, costliest_faults, harm_s, recovered_ns, telling_episode
from georep_sim.report.phases import by_phase
from georep_sim.tables import NS_PER_S, Admission, Operation, Recording, Verb
from support.finished_run import (
    DETECTED_S,
    FAULT_END_S,
    FAULT_START_S,
    REGIONS,
    TTL_S,
    both_recordings,
    filled,
    recording,
    timeline,
)

START_NS, END_NS = FAULT_START_S * NS_PER_S, FAULT_END_S * NS_PER_S


def test_the_outage_is_the_telling_episode() -> None:
    episode = telling_episode(list(both_recordings().values()))
    assert episode is not None
    assert (episode.fault, episode.target) == ("region-outage", "eastus")
    assert (episode.start_ns, episode.end_ns) == (START_NS, END_NS)
    assert episode.recovered_ns == END_NS


def _outages(lengths_s: list[int], *, harmful: set[int]) -> Recording:
    """One timeline per outage of the only site; those that are not harmful change no admission of pulls."""
    base = recording(("eastus",))
    timelines = {}
    for k, length_s in enumerate(lengths_s):
        one = timeline(("eastus",))
        end = START_NS + length_s * NS_PER_S
        faults, changes = one.faults.copy(), one.changes.copy()
        faults["end_ns"] = end
        changes["time_ns"][changes["time_ns"] == END_NS] = end
        if k not in harmful:
            changes["value"][changes["verb"] == Verb.ADMIT] = Admission.OK
        timelines[-1, k] = replace(one, faults=faults, changes=changes)
    return replace(base, timelines=timelines)


def test_the_occurrence_shown_tells_the_designs_apart_and_is_of_middle_length() -> None:
    lengths = [600, 36_000, 1200, 1800, 50]
    hit = _outages(lengths, harmful={0, 1, 3})
    spared = _outages(lengths, harmful=set())
    episode = telling_episode([spared, hit])
    assert episode is not None
    # Of 600, 1800 and 36,000 s, in which the designs differ, 1800 s is in the middle.
    assert episode.replication == 3


def test_where_designs_do_not_differ_what_hurts_is_shown() -> None:
    episode = telling_episode([_outages([600, 1200], harmful={1})] * 2)
    assert episode is not None
    assert episode.replication == 1


def test_an_occurrence_with_copies_can_be_asked_for() -> None:
    run = list(both_recordings().values())
    assert telling_episode(run, with_copies=True) == telling_episode(run)
    bare = [replace(one, tables={**one.tables, "copies": one.tables["copies"][:0]}) for one in run]
    assert telling_episode(bare, with_copies=True) is None


def test_a_fault_that_is_not_in_a_kept_timeline_has_no_episode() -> None:
    assert telling_episode(list(both_recordings().values()), around="earthquake") is None
    assert telling_episode([]) is None


def test_a_masked_fault_is_not_at_work() -> None:
    one = timeline(("eastus",))
    faults = one.faults.copy()
    faults["masked"] = True
    assert at_work(one) == [0]
    assert at_work(replace(one, faults=faults)) == []


def test_harm_is_the_time_not_served() -> None:
    # Home clients of the replicated registry: 115 s all fail, then success climbs over one TTL: 115 + 60 / 2.
    series = success_series(timeline(REGIONS), 0, Operation.PULL)
    assert harm_s(series, START_NS, END_NS) == pytest.approx(115 + TTL_S / 2)


def test_recovery_is_the_break_at_which_success_is_back() -> None:
    series = success_series(timeline(REGIONS), 0, Operation.PULL)
    assert recovered_ns(series, START_NS, END_NS) == round((DETECTED_S + TTL_S) * NS_PER_S)
    untouched = success_series(timeline(REGIONS), 1, Operation.PULL)
    assert recovered_ns(untouched, START_NS, END_NS) == START_NS


def test_faults_rank_by_expected_client_time_lost() -> None:
    # Two rows: 1 x 100 s x half the clients = 50; 0.01 x 1 h x all = 36.
    episodes = filled(
        "episodes",
        [
            {"row": -1, "weight": 1.0, "faults": 0, "rto_s": 100.0, "affected": 0.5},
            {"row": 1, "weight": 0.01, "faults": 1, "rto_s": 3600.0, "affected": 1.0},
            {"row": -1, "weight": 1.0, "faults": -1, "rto_s": 1e9, "affected": 1.0},
            {"row": -1, "weight": 1.0, "faults": 1, "rto_s": np.nan, "affected": 0.0},
        ],
    )
    base = recording(REGIONS)
    one = replace(
        base,
        tables={**base.tables, "episodes": episodes},
        fault_names=("region-outage", "flood"),
        clusters={"timelines": {-1: 1, 1: 1}, "traffic": {-1: 1}},
    )
    assert costliest_faults([one]) == ["region-outage", "flood"]


def test_a_close_view_is_added_where_a_design_recovers_early() -> None:
    episode = telling_episode(list(both_recordings().values()))
    assert episode is not None
    series = {"slow": pull_series(timeline(("eastus",))), "fast": pull_series(timeline(REGIONS))}
    (whole_start, whole_end), (_, close_end) = views(series, episode)
    assert whole_start < START_NS
    assert whole_end > END_NS
    # 175 s until the clients have moved, shown with half as much again.
    assert close_end == START_NS + round(1.5 * 175 * NS_PER_S)
    assert len(views({"slow": series["slow"]}, episode)) == 1


def test_every_request_of_a_known_state_has_one_phase() -> None:
    # One pull a minute. Two hours of outage; clients are aimed back 60 s after its end, have followed after another
    # 60 s, and success must hold for 60 s more and a margin of a second: the pulls at 0, 60, 120 and 180 s.
    found = by_phase(recording(REGIONS), cohort=0, operation=Operation.PULL)
    counted = {name: rows["requests"].sum() for name, rows in found.items()}
    assert counted == {"before": 1440 - 120 - 4, "during": 120, "after": 4}


def test_requests_of_unknown_state_are_in_no_phase() -> None:
    one = recording(REGIONS)
    tallies = one.tables["tallies"].copy()
    tallies["state"] = -1
    bare = replace(one, tables={**one.tables, "tallies": tallies})
    assert by_phase(bare, cohort=0, operation=Operation.PULL) == {}
