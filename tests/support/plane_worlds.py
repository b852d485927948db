"""Small worlds for tests of the data plane: a wire by keyword, traffic row by row, changes in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from georep_sim.plane.wire import BUCKETS, COHORTS, EDGES, LADDERS, LINKS, SITES, Tcp, Wire
from georep_sim.tables import NEVER_NS, NS_PER_S, Operation, Timeline, Topology, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.plane.wire import PlayLog
    from support.planes import Play

TRAFFIC = np.dtype([
    ("time_ns", "i8"), ("cohort", "i4"), ("operation", "i1"), ("hour", "i4"), ("k", "i4"),
    ("image", "i4"), ("machine", "i4"), ("warm", "?"), ("new_layers", "u8"),
])  # fmt: skip
HERE, THERE = 0, 1
TO_THERE, TO_HERE = 0, 1
LINK_RTT_S = 0.1
INF = float("inf")

Row: TypeAlias = "Mapping[str, Any]"
Change = tuple[float, Verb, int, float]


def table(dtype: np.dtype[Any], rows: Sequence[Row]) -> NDArray[Any]:
    out = np.zeros(len(rows), dtype=dtype)
    for i, row in enumerate(rows):
        for name, value in row.items():
            out[i][name] = value
    return out


@dataclass(frozen=True)
class PlaneWorld:
    """Sites `here` and `there`, one client group in `here`; everything without limit or cost unless said otherwise."""

    site: Row = field(default_factory=dict)
    cohort: Row = field(default_factory=dict)
    ladder: Row = field(default_factory=dict)
    link: Row = field(default_factory=dict)
    edges: tuple[Row, ...] = ()
    buckets: tuple[Row, ...] = ()
    laws: tuple[Law, ...] = ()
    tcp: Tcp = field(default_factory=lambda: Tcp(slow_start=False))
    layers: tuple[float, ...] = (1e6,)
    images: int = 4
    ttl_s: float = 0.0
    overstay_s: float = 0.0
    flap: float = 0.0
    seed: int = 1
    local_rtt_s: float = 0.0
    manifest_bytes: float = 0.0
    sizes: NDArray[np.float64] | None = None
    tls_round_trips: int = 1

    def topology(self) -> Topology:
        return Topology(
            sites=("here", "there"),
            site_regions=("here", "there"),
            cohorts=("here",),
            cohort_regions=("here",),
            links=(("here", "there"), ("there", "here")),
            edges=tuple((int(e["source"]), int(e["destination"])) for e in self.edges),
            down=np.array([[-1, TO_HERE]], dtype=np.int32),
            up=np.array([[-1, TO_THERE]], dtype=np.int32),
            pulls_per_s=np.array([1.0]),
            pushes_per_s=np.array([1.0]),
            ttl_s=self.ttl_s,
            overstay_share=float(self.overstay_s > 0.0),
            overstay_s=self.overstay_s,
            home=HERE,
        )

    def wire(self) -> Wire:
        none = dict.fromkeys(("read_law", "write_law", "read_bucket", "write_bucket", "local_rtt_law"), -1)
        site = none | {"egress_Bps": INF, "local_rtt_s": self.local_rtt_s} | dict(self.site)
        cohort = {"access_Bps": INF, "machines": 10, "parallel": 3, "parallel_push": 5, "keep_alive": True} | dict(
            self.cohort
        )
        ladder = {"backoff_s": 1.0, "factor": 2.0, "cap_s": INF} | dict(self.ladder)
        link = {"rtt_law": -1, "rtt_s": LINK_RTT_S, "capacity_Bps": INF, "replication_Bps": INF} | dict(self.link)
        edges = [{"link": TO_THERE, "workers": 1, "lag_law": -1, "bandwidth_Bps": INF} | dict(e) for e in self.edges]
        machines = int(cohort["machines"])
        return Wire(
            topology=self.topology(),
            sites=table(SITES, [site | {"region": 0}, site | {"region": 1}]),
            buckets=table(BUCKETS, self.buckets),
            cohorts=table(COHORTS, [cohort]),
            ladders=table(LADDERS, [ladder]),
            links=table(LINKS, [link, link]),
            edges=table(EDGES, edges),
            laws=self.laws,
            tcp=self.tcp,
            tls_round_trips=self.tls_round_trips,
            flap=self.flap,
            layer_bytes=self.layer_bytes(),
            manifest_bytes=self.manifest_bytes,
            address_phase=(np.linspace(0.0, 1.0, machines, endpoint=False),),
            overstay=(np.full(machines, self.overstay_s > 0.0),),
            seed=self.seed,
            replication=0,
        )

    def layer_bytes(self) -> NDArray[np.float64]:
        return np.tile(np.array(self.layers, dtype=np.float64), (self.images, 1)) if self.sizes is None else self.sizes

    def with_(self, **changes: Any) -> PlaneWorld:
        return replace(self, **changes)

    def play(
        self,
        plane: Play,
        requests: Sequence[Row] | NDArray[Any],
        changes: Sequence[Change] = (),
        *,
        aim: tuple[int, ...] = (HERE, THERE),
        start_s: float = 0.0,
        end_s: float = 1e6,
        until_s: float | None = None,
        deleted: Mapping[int, NDArray[np.bool_]] | None = None,
        copies_only: bool = False,
    ) -> PlayLog:
        asked = requests if isinstance(requests, np.ndarray) else traffic(requests)
        return plane(
            self.wire(),
            timeline(self.topology(), changes, aim=aim, end_s=end_s),
            asked,
            start_ns=round(start_s * NS_PER_S),
            end_ns=round(end_s * NS_PER_S),
            deleted=deleted or {},
            missing=np.zeros((2, len(self.layer_bytes())), dtype=np.bool_),
            copies_only=copies_only,
            until_ns=NEVER_NS if until_s is None else round(until_s * NS_PER_S),
        )


def timeline(topology: Topology, changes: Sequence[Change], *, aim: tuple[int, ...], end_s: float) -> Timeline:
    """One fault window is behind every change; the value of an `AIM` is 0 for the order given, 1 for its reverse."""
    rows = [(0, Verb.AIM, 0, 0.0, 0)]
    rows += [(round(t * NS_PER_S), verb, target, value, 0) for t, verb, target, value in changes]
    end_ns = round(end_s * NS_PER_S)
    return Timeline(
        topology=topology,
        changes=np.array(rows, dtype=dtype_of("changes")),
        faults=np.array([(7, 0, 0, 0, end_ns, False)], dtype=dtype_of("faults")),
        marks=np.zeros(0, dtype=dtype_of("marks")),
        orders=(aim, tuple(reversed(aim))),
        fault_names=("fault",),
        targets=("here",),
        horizon_ns=end_ns,
        end_ns=end_ns,
    )


def pull(at_s: float, **values: object) -> Row:
    return {"time_ns": round(at_s * NS_PER_S), "operation": Operation.PULL, **values}


def push(at_s: float, new_layers: int = 1, **values: object) -> Row:
    return {"time_ns": round(at_s * NS_PER_S), "operation": Operation.PUSH, "new_layers": new_layers, **values}


def traffic(requests: Sequence[Row]) -> NDArray[Any]:
    """Rows numbered by k in their order, sorted as the plane wants them."""
    rows = table(TRAFFIC, [{"k": k, **row} for k, row in enumerate(requests)])
    return np.sort(rows, order=["time_ns", "cohort", "operation", "hour", "k"])


def admit(at_s: float, site: int, admission: int) -> list[Change]:
    """Both operations of a site."""
    return [(at_s, Verb.ADMIT, len(Operation) * site + op, float(admission)) for op in (Operation.PULL, Operation.PUSH)]
