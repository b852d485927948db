"""Logs of requests made up by Hypothesis: any outcome, any length, phases that fill the time taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from georep_sim.plane.tally import ControlStates
from georep_sim.tables import NS_PER_S, ControlState, Operation, Outcome, empty

COHORTS, SITES = 3, 2
DEADLINE_S = 60.0
Log = NDArray[Any]

_TOOK_NS = (
    st.sampled_from([0, 1, 999, NS_PER_S, 60 * NS_PER_S, 60 * NS_PER_S + 1])
    | st.integers(0, 100 * NS_PER_S)
    | st.integers(10**8, 2 * 10**8)
)
_PART = st.floats(0.0, 1.0)


@st.composite
def logs(draw: st.DrawFn, *, max_size: int = 30) -> Log:
    """Rows of the table `requests`, of a few replications and windows."""
    rows = empty("requests", draw(st.integers(0, max_size)))
    for k in range(len(rows)):
        rows[k] = _request(draw)
    return rows


def _request(draw: st.DrawFn) -> Any:
    row = empty("requests", 1)[0]
    window = draw(st.integers(0, 1))
    row["replication"], row["row"], row["window"] = draw(st.integers(0, 1)), draw(st.sampled_from([-1, 2])), window
    row["weight"] = (1.5, 1 / 3)[window]
    row["arrival_ns"] = draw(st.integers(0, 1000 * NS_PER_S))
    took_ns = draw(_TOOK_NS)
    row["end_ns"] = row["arrival_ns"] + took_ns
    row["cohort"], row["site"] = draw(st.integers(0, COHORTS - 1)), draw(st.integers(-1, SITES - 1))
    row["operation"] = draw(st.sampled_from([Operation.PULL, Operation.PUSH]))
    row["outcome"] = draw(st.sampled_from(list(Outcome)))
    row["attempts"], row["throttles"] = draw(st.integers(1, 9)), draw(st.integers(0, 9))
    row["bytes"] = draw(st.integers(0, 10**10))
    left_ns = took_ns
    for phase in ("connect_s", "manifest_s", "layers_s"):
        spent_ns = round(left_ns * draw(_PART))
        row[phase] = spent_ns / NS_PER_S
        left_ns -= spent_ns
    row["retry_s"] = left_ns / NS_PER_S
    return row


def steps() -> ControlStates:
    """Nothing known before 10 s, then quiet, struck from 300 s, failed over from 500 s."""
    start_ns = np.array([10, 300, 500]) * NS_PER_S
    state = np.array([ControlState.QUIET, ControlState.STRUCK, ControlState.FAILED_OVER], dtype=np.int8)
    return ControlStates(start_ns, state)
