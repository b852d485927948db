"""Latency of pulls and pushes: quantiles of the request-weighted pool (METHODS: metrics)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georep_sim.histogram import middles_s
from georep_sim.measures.estimand import Estimand, Key, Pool, Ratio, totals
from georep_sim.measures.groups import groups
from georep_sim.tables import NS_PER_S, Outcome, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario import Case, Design

_STATISTICS = ("p50", "p95", "p99", "p999")
_PHASES = {"connect": "connect_ns", "manifest": "manifest_ns", "layers": "layers_ns", "retry": "retry_ns"}


def latency(recording: Recording, case: Case | None = None, design: Design | None = None) -> Iterator[Estimand]:
    """Latency of successful requests, and of all with failures as +inf.

    Yields
    ------
    Pool, Ratio
        Quantiles of `latency` and `latency_all`, to the middle of a bin of the tallies; means of `latency`
        and of its phases, exact.
    """
    del case, design
    clusters = recording.clusters["traffic"]
    for group in groups(recording.topology):
        rows = group.tallies(recording)
        if not len(rows):
            continue
        good = rows["outcome"] == Outcome.OK
        took_s = middles_s(rows["bin"])
        where = {"region": group.region, "operation": group.name}
        for metric, mine, value in (
            ("latency", rows[good], took_s[good]),
            ("latency_all", rows, np.where(good, took_s, np.inf)),
        ):
            keys = {s: Key(metric, s, "s", **where) for s in _STATISTICS}
            weight = mine["weight"] * mine["requests"]
            yield Pool(keys, value, weight, mine["row"].astype(np.int64), mine["replication"].astype(np.int64))
        ok = rows[good]
        if not len(ok):
            continue
        count = totals(ok, ok["requests"], clusters)
        sum_s = totals(ok, ok["latency_ns"] / NS_PER_S, clusters)
        yield Ratio(Key("latency", "mean", "s", **where), sum_s, count)
        for phase, column in _PHASES.items():
            if not ok[column].any():
                continue
            sum_s = totals(ok, ok[column] / NS_PER_S, clusters)
            yield Ratio(Key("latency", "mean", "s", part=phase, **where), sum_s, count)
