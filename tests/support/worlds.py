"""Small worlds for tests of the control plane: cases in code, fault windows by hand, and what was said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.faults import WINDOW_DTYPE, FaultTable
from georep_sim.laws import Constant
from georep_sim.scenario import Case, Design
from georep_sim.tables import NS_PER_S, Mark, Operation, Timeline, Verb
from georep_sim.world.lower import topology
from georep_sim.world.unfold import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

DAY_S = 86_400.0
# Round trips in s of the three regions every test world has; a is near b, c is far.
_RTT_S = {("a", "b"): 0.02, ("a", "c"): 0.2, ("b", "c"): 0.18}
_ZONES = {"a": 3, "b": 1, "c": 1}

Window = tuple[str, str, float, float]


def world(
    designs: Mapping[str, Mapping[str, Any]],
    *,
    faults: Mapping[str, Mapping[str, Any]] | None = None,
    clients: Iterable[str] = ("a", "b", "c"),
    horizon: float = 30 * DAY_S,
    stored: float = 1e12,
    links: Mapping[str, Any] | None = None,
) -> Case:
    """Return a case over the regions a (three zones), b and c."""
    pairs = {(x, y): rtt for (p, q), rtt in _RTT_S.items() for x, y in ((p, q), (q, p))}
    body = {"bandwidth": 1.25e9, "replication": 1.25e8} | dict(links or {})
    content = {
        "repositories": 10, "images": 100, "layers_per_image": 4, "layer_size": Constant(1e6), "warm_share": 0.5,
        "popularity": [(0.01, 0.42)], "sharing": 1.5, "stored": stored, "objects": 1000,
    }  # fmt: skip
    groups = {
        name: {"name": name, "region": name, "timezone": "UTC", "pulls": 1.0, "pushes": 0.1, "machines": 10}
        for name in clients
    }
    return Case.model_validate(
        {
            "run": {"horizon": horizon},
            "environment": {
                "regions": {name: {"name": name, "zones": zones} for name, zones in _ZONES.items()},
                "links": {pair: {"rtt": Constant(rtt), **body} for pair, rtt in pairs.items()}
                | {(name, name): {"rtt": Constant(0.001)} for name in _ZONES},
            },
            "workload": {"content": content, "clients": groups},
            "faults": {name: {"name": name, **fault} for name, fault in (faults or {}).items()},
            "designs": {name: {"name": name, **block} for name, block in designs.items()},
        }
    )


def replicated(**blocks: Mapping[str, Any]) -> dict[str, Any]:
    """Return a geo-replicated design: a site in a and one in b, latency routing, deep probes, copies both ways."""
    edge = {
        "name": "copies",
        "from": ("a", "b"),
        "to": ("a", "b"),
        "lag": Constant(60.0),
        "pairs": (("a", "b"), ("b", "a")),
    }
    return {
        "home": "a",
        "sites": {
            "a": {"id": "a", "region": "a", "protect": {"copies": 3, "over": "zones"}},
            "b": {"id": "b", "region": "b", "protect": {"copies": 2, "over": "disks"}},
        },
        "replicate": {"copies": edge},
        "route": {"method": "dns_latency", "ttl": 30.0, **blocks.get("route", {})},
        "health": {
            "probe": "deep",
            "every": 30.0,
            "timeout": 10.0,
            "fails": 4,
            "recovers": 1,
            **blocks.get("health", {}),
        },
        "failover": {"trigger": "auto", **blocks.get("failover", {})},
        "repair": {**blocks.get("repair", {})},
    }


def redundant(**blocks: Mapping[str, Any]) -> dict[str, Any]:
    """Return a geo-redundant design: home in a, a passive copy in b, failover by the vendor upon destruction."""
    edge = {"name": "copy", "from": ("a",), "to": ("passive",), "lag": Constant(60.0), "pairs": (("a", "passive"),)}
    failover = {
        "trigger": "vendor", "upon": ("destroyed",), "decide": Constant(DAY_S), "execute": Constant(3600.0),
        "promotes": "passive", "unsynced": "lost", "back": "manual", "back_after": 7 * DAY_S,
    }  # fmt: skip
    return {
        "home": "a",
        "sites": {
            "a": {"id": "a", "region": "a", "protect": {"copies": 3, "over": "racks"}},
            "passive": {"id": "passive", "region": "b", "role": "standby", "protect": {"copies": 3, "over": "racks"}},
        },
        "replicate": {"copy": edge},
        "failover": failover | dict(blocks.get("failover", {})),
        "route": {"method": "fixed", "ttl": 30.0, **blocks.get("route", {})},
        "health": {**blocks.get("health", {})},
        "repair": {**blocks.get("repair", {})},
    }


def windows(case: Case, *drawn: Window) -> FaultTable:
    """Return a fault table of windows (row, address, start in s, end in s)."""
    names = tuple(case.faults)
    targets = tuple(dict.fromkeys(target for _, target, _, _ in drawn))
    rows = sorted(
        (start, names.index(row), targets.index(target), k, end) for k, (row, target, start, end) in enumerate(drawn)
    )
    table = np.array([(fault, target, k, start, end) for start, fault, target, k, end in rows], dtype=WINDOW_DTYPE)
    return FaultTable(names, targets, table)


def play(case: Case, *drawn: Window, design: str = "", replication: int = 0) -> Timeline:
    """Return the timeline of a design (default the first) through windows made by hand."""
    block: Design = case.designs[design or next(iter(case.designs))]
    return timeline(
        case, block, topology(case, block), windows(case, *drawn), seed=case.run.seed, replication=replication
    )


def said(timeline: Timeline, verb: Verb, target: int) -> list[tuple[float, float]]:
    """Return what was said to a target, as (time in s, value)."""
    rows = timeline.changes[(timeline.changes["verb"] == verb) & (timeline.changes["target"] == target)]
    return [(int(row["time_ns"]) / NS_PER_S, float(row["value"])) for row in rows]


def admitted(timeline: Timeline, site: str, operation: Operation) -> list[tuple[float, float]]:
    """Return the admissions of a site, as (time in s, `Admission`)."""
    return said(timeline, Verb.ADMIT, 3 * timeline.topology.sites.index(site) + operation)


def aimed(timeline: Timeline, cohort: str) -> list[tuple[float, tuple[str, ...]]]:
    """Return the answers a client group got, as (time in s, sites)."""
    names = timeline.topology.sites
    return [
        (time_s, tuple(names[s] for s in timeline.orders[int(value)]))
        for time_s, value in said(timeline, Verb.AIM, timeline.topology.cohorts.index(cohort))
    ]


def marked(timeline: Timeline, mark: Mark) -> list[tuple[float, str]]:
    """Return the moments of a kind, as (time in s, site)."""
    rows: NDArray[Any] = timeline.marks[timeline.marks["mark"] == mark]
    return [(int(row["time_ns"]) / NS_PER_S, timeline.topology.sites[int(row["site"])]) for row in rows]
