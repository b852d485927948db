"""A finished run made by hand: two designs, three client groups, one region outage of two hours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from georep_sim.plane.tally import tally
from georep_sim.plane.wire import COHORTS
from georep_sim.tables import (
    NS_PER_S,
    TABLES,
    Admission,
    Mark,
    Operation,
    Outcome,
    Recording,
    Timeline,
    Topology,
    Verb,
    empty,
)
from georep_sim.world.sample import episodes
from georep_sim.world.states import control_states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

HOUR_S = 3600
DAY_S = 24 * HOUR_S
FAULT_START_S = 10 * HOUR_S
FAULT_END_S = 12 * HOUR_S
DETECTED_S = FAULT_START_S + 115
TTL_S = 60.0
REGIONS = ("eastus", "westeurope", "australiaeast")
REDUNDANT, REPLICATED = "geo-redundant", "geo-replicated"
COORDINATES = {"eastus": (37.4, -79.8), "westeurope": (52.4, 4.9), "australiaeast": (-33.9, 151.2)}


def topology(*, sites: tuple[str, ...]) -> Topology:
    """Three client groups, one per region, and the sites named."""
    pairs = tuple((a, b) for a in REGIONS for b in REGIONS if a != b)
    down = np.array([[-1 if c == s else pairs.index((s, c)) for s in sites] for c in REGIONS], dtype=np.int32)
    up = np.array([[-1 if c == s else pairs.index((c, s)) for s in sites] for c in REGIONS], dtype=np.int32)
    return Topology(
        sites=sites,
        site_regions=sites,
        cohorts=REGIONS,
        cohort_regions=REGIONS,
        links=pairs,
        edges=tuple((0, k) for k in range(1, len(sites))),
        down=down,
        up=up,
        pulls_per_s=np.array([12.0, 8.0, 3.0]),
        pushes_per_s=np.array([0.1, 0.02, 0.0]),
        ttl_s=TTL_S,
        overstay_share=0.0,
        overstay_s=0.0,
        home=0,
    )


def filled(table: str, rows: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    """A table with the named fields set, the others zero."""
    out = empty(table, len(rows))
    for k, row in enumerate(rows):
        for name, value in row.items():
            out[name][k] = value
    return out


def timeline(sites: tuple[str, ...]) -> Timeline:
    """The first site fails for two hours; with more than one site its clients are moved to the second."""
    orders: tuple[tuple[int, ...], ...] = tuple((k,) for k in range(len(sites)))
    near = {cohort: sites.index(region) if region in sites else 0 for cohort, region in enumerate(REGIONS)}
    start, end, seen = (s * NS_PER_S for s in (FAULT_START_S, FAULT_END_S, DETECTED_S))
    changes = [{"time_ns": 0, "verb": Verb.AIM, "target": c, "value": near[c], "cause": -1} for c in near]
    for at, admission in ((start, Admission.UNREACHABLE), (end, Admission.OK)):
        changes += [
            {"time_ns": at, "verb": Verb.ADMIT, "target": operation, "value": admission, "cause": 0}
            for operation in (Operation.PULL, Operation.PUSH)
        ]
    marks: list[Mapping[str, Any]] = []
    if len(sites) > 1:
        changes.append({"time_ns": seen, "verb": Verb.AIM, "target": 0, "value": 1, "cause": 0})
        changes.append({"time_ns": end + 60 * NS_PER_S, "verb": Verb.AIM, "target": 0, "value": 0, "cause": 0})
        marks = [
            {"time_ns": seen, "mark": Mark.DETECTED, "site": 0, "cause": 0},
            {"time_ns": seen, "mark": Mark.DECIDED, "site": 0, "cause": 0},
            {"time_ns": seen, "mark": Mark.EXECUTED, "site": 0, "cause": 0},
        ]
    return Timeline(
        topology=topology(sites=sites),
        changes=filled("changes", sorted(changes, key=lambda row: int(row["time_ns"]))),
        faults=filled("faults", [{"fault": 0, "target": 0, "start_ns": start, "end_ns": end}]),
        marks=filled("marks", marks),
        orders=orders,
        fault_names=("region-outage",),
        targets=("eastus",),
        horizon_ns=DAY_S * NS_PER_S,
        end_ns=DAY_S * NS_PER_S,
    )


def _requests(sites: tuple[str, ...]) -> NDArray[Any]:
    """One pull a minute and group; during the outage those of the dead site fail, the moved ones take longer."""
    rows = []
    for cohort in range(len(REGIONS)):
        for minute in range(DAY_S // 60):
            at_s = minute * 60 + cohort
            down = FAULT_START_S <= at_s < FAULT_END_S and (cohort == 0 or len(sites) == 1)
            moved = len(sites) > 1 and at_s >= DETECTED_S + TTL_S
            took_s = (0.5 + 0.001 * (minute % 97)) * (1 + cohort / len(sites)) * (2.0 if down else 1.0)
            rows.append(
                {
                    "row": -1,
                    "weight": 1.0,
                    "arrival_ns": at_s * NS_PER_S,
                    "end_ns": round((at_s + took_s) * NS_PER_S),
                    "cohort": cohort,
                    "operation": Operation.PULL,
                    "outcome": Outcome.UNREACHABLE if down and not moved else Outcome.OK,
                }
            )
    return filled("requests", rows)


def deadlines(cohorts: int, *, pull_s: float = 60.0, push_s: float = 600.0) -> NDArray[Any]:
    """Client groups of whom only the deadlines are known."""
    out = np.zeros(cohorts, dtype=COHORTS)
    out["deadline_pull_ns"], out["deadline_push_ns"] = round(pull_s * NS_PER_S), round(push_s * NS_PER_S)
    return out


def _copies(sites: tuple[str, ...]) -> NDArray[Any]:
    """One push of 10 MB every ten minutes, copied after a minute, or after the outage."""
    rows = []
    for destination in range(1, len(sites)):
        for at_s in range(0, DAY_S, 600):
            in_fault = FAULT_START_S <= at_s < FAULT_END_S
            done_s = FAULT_END_S + 60 + (at_s - FAULT_START_S) // 10 if in_fault else at_s + 60
            rows.append(
                {
                    "row": -1,
                    "weight": 1.0,
                    "source": 0,
                    "destination": destination,
                    "bytes": 1e7,
                    "ack_ns": at_s * NS_PER_S,
                    "start_ns": at_s * NS_PER_S,
                    "done_ns": done_s * NS_PER_S,
                }
            )
    return filled("copies", rows)


def recording(sites: tuple[str, ...]) -> Recording:
    """What the design with these sites met in the one replication."""
    one = timeline(sites)
    transfers = [{"row": -1, "weight": 1.0, "link": k, "kind": 0, "bytes": 1e9 * (k + 1)} for k in range(3)]
    requests = _requests(sites)
    states = control_states(episodes([one]))
    return Recording(
        topology=one.topology,
        tables={
            "requests": requests,
            "tallies": tally(requests, cohorts=deadlines(len(REGIONS)), states=states),
            "copies": _copies(sites),
            "lags": filled("lags", []),
            "ages": filled("ages", []),
            "extremes": filled("extremes", []),
            "transfers": filled("transfers", transfers),
        },
        clusters={"timelines": {-1: 1}, "traffic": {-1: 1}},
        horizon_s=float(DAY_S),
        month_edges_ns=np.array([0, DAY_S * NS_PER_S]),
        fault_names=("region-outage",),
        timelines={(-1, 0): one},
    )


def metric(
    design: str, name: str, statistic: str, numbers: tuple[float, float, float], **columns: str
) -> dict[str, Any]:
    """One row of the metrics table: value, low, high."""
    value, low, high = numbers
    row: dict[str, Any] = dict.fromkeys(("part", "region", "operation", "note"), "")
    row |= {"case": "base", "method": "simulated", "unit": "1", "replications": 20}
    return (
        row
        | {"design": design, "metric": name, "statistic": statistic, "value": value, "low": low, "high": high}
        | columns
    )


def comparison(
    name: str, statistic: str, numbers: tuple[float, float, float], verdict: str, **columns: str
) -> dict[str, Any]:
    """One row of the comparisons table: geo-replicated minus geo-redundant."""
    value, low, high = numbers
    row: dict[str, Any] = dict.fromkeys(("part", "region", "operation"), "")
    row |= {"case": "base", "method": "simulated", "unit": "1", "replications": 20}
    row |= {"design_a": REDUNDANT, "design_b": REPLICATED, "variance_ratio": 2.0, "variance_bound": 4.0}
    row |= {"metric": name, "statistic": statistic, "verdict": verdict}
    return row | {"difference": value, "low": low, "high": high} | columns


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A result table with every column of its definition, in order."""
    return pd.DataFrame(rows, columns=[column.name for column in TABLES[table]])


def metrics() -> pd.DataFrame:
    """Headline numbers of both designs."""
    rows = []
    for design, served, p99, lost, cost in (
        (REDUNDANT, 0.999, 4.0, 2.0e9, 300.0),
        (REPLICATED, 0.99999, 1.5, 1.0e8, 700.0),
    ):
        served_by = {"operation": "pull"}
        rows.append(
            metric(design, "availability", "request_weighted", (served, served - 5e-6, served + 5e-6), **served_by)
        )
        for region in REGIONS:
            numbers = (served, served - 1e-5, min(1.0, served + 1e-5))
            rows.append(metric(design, "availability", "request_weighted", numbers, region=region, **served_by))
        rows.append(metric(design, "latency_all", "p99", (p99, 0.9 * p99, 1.2 * p99), unit="s", operation="pull"))
        rows.append(
            metric(design, "acknowledged_then_lost", "bytes_per_year", (lost, 0.5 * lost, 2 * lost), unit="B/y")
        )
        rows.append(metric(design, "durability", "annual_loss_probability", (1e-12, 1e-12, 1e-12), method="exact"))
        rows.append(
            metric(design, "durability", "annual_loss_probability", (0.0, 0.0, 3e-8), note="bound: no loss seen")
        )
        rows.append(metric(design, "cost", "total", (cost, cost - 10, cost + 10), unit="USD/month"))
        for part, share in (("plan", 0.5), ("storage", 0.2), ("transfer", 0.3)):
            rows.append(metric(design, "cost", "total", (cost * share,) * 3, part=part, unit="USD/month"))
    return frame("metrics", rows)


def comparisons() -> pd.DataFrame:
    """Differences between the two."""
    return frame(
        "comparisons",
        [
            comparison("availability", "request_weighted", (9.9e-4, 9.0e-4, 1.1e-3), "b_better", operation="pull"),
            comparison("latency_all", "p99", (-2.5, -3.0, 0.1), "not_distinguishable", operation="pull", unit="s"),
            comparison("acknowledged_then_lost", "bytes_per_year", (-1.9e9, -3e9, -1e9), "b_better", unit="B/y"),
            comparison("cost", "total", (400.0, 390.0, 410.0), "a_better", unit="USD/month"),
        ],
    )


def scenario(
    *, title: str = "", question: str = "Which one?", cases: tuple[str, ...] = ("base",), every: bool = True
) -> Any:
    """What the report reads of a scenario; its fault falls by chance, or is set at an instant."""
    regions = {
        name: SimpleNamespace(label=name, latitude=COORDINATES[name][0], longitude=COORDINATES[name][1])
        for name in REGIONS
    }
    fault = SimpleNamespace(
        kind="outage", every=object() if every else None, at=None if every else float(FAULT_START_S), history=()
    )
    case = SimpleNamespace(
        environment=SimpleNamespace(regions=regions),
        faults={"region-outage": fault},
        run=SimpleNamespace(horizon=float(DAY_S)),
    )
    origin = SimpleNamespace(
        path="designs.a.health.every", value="30 s~", text="quickstart.yaml:3:5", source="", assumed=True
    )
    return SimpleNamespace(
        title=title,
        question=question,
        cases=dict.fromkeys(cases, case),
        assumptions=lambda _case=None: [origin],
        origins=lambda _case=None: [origin],
    )


def both_recordings() -> dict[tuple[str, str], Recording]:
    """Recordings of both designs."""
    return {("base", REDUNDANT): recording(("eastus",)), ("base", REPLICATED): recording(REGIONS)}


@dataclass(frozen=True)
class FinishedRun:
    """Stands for the results of a run."""

    scenario: Any = field(default_factory=scenario)
    metrics: pd.DataFrame = field(default_factory=metrics)
    comparisons: pd.DataFrame = field(default_factory=comparisons)
    recordings: Mapping[tuple[str, str], Recording] = field(default_factory=both_recordings)
    losses: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    targets: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    complete: bool = True
    provenance: Mapping[str, object] = field(
        default_factory=lambda: {
            "command": "georep run quickstart.yaml",
            "georep_sim": "0.1.0",
            "runs": {"base": {"seed": 1, "replications": 20}},
        }
    )

    def but(self, **changes: Any) -> FinishedRun:
        """The same run with other attributes."""
        return replace(self, **changes)
