"""Tallies hold what the requests held, however they were cut into parts and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from georep_sim.histogram import bin_of, edges_ns
from georep_sim.measures.estimand import Pool
from georep_sim.measures.latency import latency
from georep_sim.plane.tally import SUMS, key_of, merge, rows_of, tally
from georep_sim.tables import NS_PER_S, Operation, Outcome, Recording
from support.finished_run import REGIONS, deadlines, topology
from support.request_logs import COHORTS, SITES, Log, logs, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (0.5, 0.95, 0.99, 0.999)


def counted(log: Log) -> NDArray[Any]:
    return tally(log, cohorts=deadlines(COHORTS), states=steps())


@given(logs(), st.data())
def test_tallies_of_parts_merge_to_the_tally_of_the_whole(log: Log, data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(len(log)))), dtype=np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=4)))
    parts = [counted(part) for part in np.split(log[order], cuts)]
    whole = counted(log).tobytes()
    assert merge(parts).tobytes() == whole
    assert merge([merge(parts[:2]), merge(parts[2:])]).tobytes() == whole


@given(logs())
def test_no_request_nanosecond_or_byte_is_lost(log: Log) -> None:
    rows = counted(log)
    assert rows["requests"].sum() == len(log)
    assert rows["latency_ns"].sum() == (log["end_ns"] - log["arrival_ns"]).sum()
    phases = ("connect_ns", "manifest_ns", "layers_ns", "retry_ns")
    assert sum(rows[name].sum() for name in phases) == rows["latency_ns"].sum()
    for name in ("bytes", "attempts", "throttles"):
        assert rows[name].sum() == log[name].sum()
    assert np.isclose((rows["weight"] * rows["requests"]).sum(), log["weight"].sum())


@given(logs())
def test_counting_one_by_one_under_keys_is_the_same(log: Log) -> None:
    """What a compiled plane does, request by request, in scalars."""
    log["replication"] = log["row"] = log["window"] = 0
    log["weight"] = 0.0
    cells: dict[tuple[int, int], list[int]] = {}
    states = steps()
    for r in log:
        took_ns = int(r["end_ns"] - r["arrival_ns"])
        deadline_s = 60.0 if r["operation"] == Operation.PULL else 600.0
        state = int(states.at(r["arrival_ns"][None])[0])
        cohort, operation, site, outcome = (int(r[name]) for name in ("cohort", "operation", "site", "outcome"))
        key = key_of(cohort, operation, site, outcome, int(took_ns > deadline_s * NS_PER_S), state, SITES)
        spent = [round(r[f"{phase}_s"] * NS_PER_S) for phase in ("connect", "manifest", "layers", "retry")]
        row = [1, took_ns, *spent, round(r["bytes"]), int(r["attempts"]), int(r["throttles"])]
        sums = cells.setdefault((key, bin_of(took_ns, edges_ns())), [0] * len(SUMS))
        sums[:] = [a + b for a, b in zip(sums, row, strict=True)]
    keys, bins = (np.array([cell[k] for cell in cells], dtype=np.int64) for k in (0, 1))
    counts = np.array(list(cells.values()), dtype=np.int64).reshape(-1, len(SUMS))
    assert rows_of(keys, bins, counts, n_sites=SITES).tobytes() == counted(log).tobytes()


@given(logs(max_size=60))
def test_quantiles_are_within_half_a_bin_of_those_of_the_requests(log: Log) -> None:
    rows = counted(log)
    recording = Recording(
        topology(sites=REGIONS), {"tallies": rows}, {"traffic": {-1: 2, 2: 2}}, 1.0, np.array([0]), ()
    )
    nothing: Any = None
    for found in latency(recording, nothing, nothing):
        if not isinstance(found, Pool) or not len(found.value):
            continue
        key = next(iter(found.keys.values()))
        mine = log["operation"] == (Operation.PULL if key.operation == "pull" else Operation.PUSH)
        if key.region:
            mine &= log["cohort"] == REGIONS.index(key.region)
        mine &= topology(sites=REGIONS).pushes_per_s[log["cohort"]] > 0.0 if key.operation == "push" else True
        if key.metric == "latency":
            mine &= log["outcome"] == Outcome.OK
        _assert_near(found, log[mine])


def _assert_near(found: Pool, log: Log) -> None:
    took_s = np.where(log["outcome"] == Outcome.OK, (log["end_ns"] - log["arrival_ns"]) / NS_PER_S, np.inf)
    for level in LEVELS:
        want, got = _quantile(took_s, log["weight"], level), _quantile(found.value, found.weight, level)
        assert got == want or abs(got - want) <= 0.0025 * (1 + 1e-9) * want


def _quantile(value: NDArray[Any], weight: NDArray[Any], level: float) -> float:
    """Least value with the level's share of the weight at or below it; the slack is for sums in two orders."""
    order = np.argsort(value, kind="stable")
    below = np.cumsum(weight[order])
    return float(value[order][int(np.searchsorted(below, level * below[-1] * (1.0 - 1e-12)))])
