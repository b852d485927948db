"""Latency of pulls and pushes: quantiles of the request-weighted pool (METHODS: metrics)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.measures.estimand import Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.groups import groups
from georep_sim.tables import NS_PER_S, Outcome, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design

_STATISTICS = ("p50", "p95", "p99", "p999")
_PHASES = {"connect": "connect_s", "manifest": "manifest_s", "layers": "layers_s", "retry": "retry_s"}


def latency(recording: Recording, case: Case, design: Design) -> Iterator[Estimand]:
    """Latency of successful requests, and of all with failures as +inf.

    Yields
    ------
    Pool, Ratio
        Quantiles of `latency` and `latency_all`; means of `latency` and of its phases.
    """
    del case, design
    table = recording.tables["requests"]
    clusters = recording.clusters["traffic"]
    for group in groups(recording.topology):
        rows = table[(table["operation"] == group.operation) & (group.share[table["cohort"]] > 0.0)]
        if not len(rows):
            continue
        good = rows["outcome"] == Outcome.OK
        took_s = (rows["end_ns"] - rows["arrival_ns"]) / NS_PER_S
        where = {"region": group.region, "operation": group.name}
        for metric, mine, value in (
            ("latency", rows[good], took_s[good]),
            ("latency_all", rows, np.where(good, took_s, np.inf)),
        ):
            keys = {s: Key(metric, s, "s", **where) for s in _STATISTICS}
            yield Pool(keys, value, mine["weight"], mine["row"].astype(np.int64), mine["replication"].astype(np.int64))
        ok = rows[good]
        if not len(ok):
            continue
        count = totals(ok, np.ones(len(ok)), clusters)
        yield Ratio(Key("latency", "mean", "s", **where), totals(ok, took_s[good], clusters), count)
        for phase, column in _PHASES.items():
            if not ok[column].any():
                continue
            yield Ratio(Key("latency", "mean", "s", part=phase, **where), totals(ok, ok[column], clusters), count)
