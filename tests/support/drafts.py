"""Worlds of the data plane as plain values: any number of sites, regions and client groups.

A `Draft` prints as the Python text that makes it again, so that what Hypothesis finds can be kept as an example.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from georep_sim.plane.wire import BUCKETS, COHORTS, EDGES, LADDERS, LINKS, SITES, Tcp, Wire
from georep_sim.tables import NEVER_NS, NS_PER_S, Timeline, Topology, Verb, dtype_of
from support.plane_worlds import INF, TRAFFIC, table
from support.planes import Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from support.plane_worlds import Row

Change: TypeAlias = tuple[float, Verb, int, float, int]
"""Seconds, verb, target, value, cause."""

_SITE = {
    "read_law": -1,
    "write_law": -1,
    "egress_Bps": INF,
    "read_bucket": -1,
    "write_bucket": -1,
    "local_rtt_law": -1,
}
_COHORT = {"access_Bps": INF, "machines": 10, "parallel": 3, "parallel_push": 5, "keep_alive": True}
_LADDER = {"backoff_s": 1.0, "factor": 2.0, "cap_s": INF}
_LINK = {"rtt_law": -1, "capacity_Bps": INF, "replication_Bps": INF}
_EDGE = {"workers": 1, "lag_law": -1, "bandwidth_Bps": INF}


@dataclass(frozen=True)
class Draft:
    """A world and what happens in it; everything without limit or cost unless said otherwise.

    Parameters
    ----------
    regions, cohort_regions : tuple of int
        Region of each site and of each client group.
    sites, cohorts, ladders, links : tuple of mapping
        Columns of the wire's tables that differ from the default. The k-th of them is for the k-th site, client
        group (and its ladder) or link; where they are fewer they are repeated.
    edges, buckets : tuple of mapping
        Copy edges, by `source` and `destination`; token buckets.
    images : tuple of tuple of float
        Layer sizes of each image.
    ttl_s, overstay_s : float
        Life of a DNS answer; every other machine keeps it for `overstay_s` longer.
    orders : tuple of tuple of int
        DNS answers. Each client group is aimed at the one of its own number, modulo their number, from 0 on.
    requests : tuple of mapping
        Rows of the traffic with `at_s` in place of the instant; numbered by k unless they say so.
    changes : tuple of (s, verb, target, value, cause)
        What control says. Links are counted in the order of `Draft.pairs`.
    deleted : tuple of tuple of bool
        Images that each cause deletes; there are as many causes.
    missing : tuple of (site, image)
        What is not there at the start.
    epoch_s : float
        Added to all instants but the first aims.
    """

    regions: tuple[int, ...] = (0,)
    cohort_regions: tuple[int, ...] = (0,)
    sites: tuple[Row, ...] = ({},)
    cohorts: tuple[Row, ...] = ({},)
    ladders: tuple[Row, ...] = ({},)
    links: tuple[Row, ...] = ({},)
    edges: tuple[Row, ...] = ()
    buckets: tuple[Row, ...] = ()
    laws: tuple[Law, ...] = ()
    tcp: Tcp = Tcp(slow_start=False)  # noqa: RUF009  (frozen)
    tls_round_trips: int = 1
    flap: float = 0.0
    images: tuple[tuple[float, ...], ...] = ((1e6,),)
    manifest_bytes: float = 0.0
    ttl_s: float = 0.0
    overstay_s: float = 0.0
    orders: tuple[tuple[int, ...], ...] = ((0,),)
    requests: tuple[Row, ...] = ()
    changes: tuple[Change, ...] = ()
    deleted: tuple[tuple[bool, ...], ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    start_s: float = 0.0
    end_s: float = 1e4
    until_s: float | None = None
    copies_only: bool = False
    epoch_s: float = 0.0
    seed: int = 1

    def __repr__(self) -> str:
        """Python text of the same draft: what differs from the defaults."""
        told = [f"{f.name}={_text(getattr(self, f.name))}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"Draft({', '.join(told)})"

    def _repr_pretty_(self, printer: Any, _is_cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Links as pairs of regions: those that clients or copies use."""
        between = {(s, c) for s in self.regions for c in self.cohort_regions}
        between |= {(c, s) for s, c in between}
        between |= {(self.regions[e["source"]], self.regions[e["destination"]]) for e in self.edges}
        return tuple(sorted(pair for pair in between if pair[0] != pair[1]))

    def with_(self, **changes: Any) -> Draft:
        return replace(self, **changes)

    def scene(self) -> Scene:
        """Arguments of a play."""
        missing = np.zeros((len(self.regions), len(self.images)), dtype=np.bool_)
        for site, image in self.missing:
            missing[site, image] = True
        return Scene(
            wire=self._wire(),
            timeline=self._timeline(),
            traffic=self._traffic(),
            start_ns=self._ns(self.start_s),
            end_ns=self._ns(self.end_s),
            missing=missing,
            deleted={cause: np.array(images, dtype=np.bool_) for cause, images in enumerate(self.deleted)},
            copies_only=self.copies_only,
            until_ns=NEVER_NS if self.until_s is None else self._ns(self.until_s),
        )

    def _ns(self, at_s: float) -> int:
        return round(at_s * NS_PER_S) + round(self.epoch_s) * NS_PER_S

    def _topology(self) -> Topology:
        number = {pair: link for link, pair in enumerate(self.pairs)}
        shape = (len(self.cohort_regions), len(self.regions))
        down = [number.get((s, c), -1) for c in self.cohort_regions for s in self.regions]
        up = [number.get((c, s), -1) for c in self.cohort_regions for s in self.regions]
        rates = np.ones(len(self.cohort_regions))
        return Topology(
            sites=tuple(f"site-{k}" for k in range(len(self.regions))),
            site_regions=tuple(f"region-{region}" for region in self.regions),
            cohorts=tuple(f"clients-{k}" for k in range(len(self.cohort_regions))),
            cohort_regions=tuple(f"region-{region}" for region in self.cohort_regions),
            links=tuple((f"region-{a}", f"region-{b}") for a, b in self.pairs),
            edges=tuple((int(e["source"]), int(e["destination"])) for e in self.edges),
            down=np.array(down, dtype=np.int32).reshape(shape),
            up=np.array(up, dtype=np.int32).reshape(shape),
            pulls_per_s=rates,
            pushes_per_s=rates,
            ttl_s=self.ttl_s,
            overstay_share=0.5 * (self.overstay_s > 0.0),
            overstay_s=self.overstay_s,
            home=0,
        )

    def _wire(self) -> Wire:
        n_sites, n_cohorts = len(self.regions), len(self.cohort_regions)
        number = {pair: link for link, pair in enumerate(self.pairs)}
        sites = [
            _SITE | {"region": region} | dict(row) | self._median(row, "local_rtt_law", "local_rtt_s")
            for region, row in zip(self.regions, _cycled(self.sites, n_sites), strict=True)
        ]
        cohorts = [
            _COHORT | {"region": region, "ladder": k} | dict(row)
            for k, (region, row) in enumerate(zip(self.cohort_regions, _cycled(self.cohorts, n_cohorts), strict=True))
        ]
        links = [_LINK | dict(row) | self._median(row, "rtt_law", "rtt_s") for row in _cycled(self.links, len(number))]
        edges = [
            _EDGE | {"link": number.get((self.regions[e["source"]], self.regions[e["destination"]]), -1)} | dict(e)
            for e in self.edges
        ]
        machines = [int(row["machines"]) for row in cohorts]
        return Wire(
            topology=self._topology(),
            sites=table(SITES, sites),
            buckets=table(BUCKETS, self.buckets),
            cohorts=table(COHORTS, cohorts),
            ladders=table(LADDERS, [_LADDER | dict(row) for row in _cycled(self.ladders, n_cohorts)]),
            links=table(LINKS, links),
            edges=table(EDGES, edges),
            laws=self.laws,
            tcp=self.tcp,
            tls_round_trips=self.tls_round_trips,
            flap=self.flap,
            layer_bytes=np.array(self.images, dtype=np.float64),
            manifest_bytes=self.manifest_bytes,
            address_phase=tuple(np.linspace(0.0, 1.0, n, endpoint=False) for n in machines),
            overstay=tuple((np.arange(n) % 2 == 1) & (self.overstay_s > 0.0) for n in machines),
            seed=self.seed,
            replication=0,
        )

    def _median(self, row: Row, law: str, column: str) -> dict[str, float]:
        """What a wire holds beside a law of round trips."""
        return {column: self.laws[row[law]].ppf(0.5)} if row.get(law, -1) >= 0 else {}

    def _timeline(self) -> Timeline:
        aims = [(0, Verb.AIM, cohort, cohort % len(self.orders), -1) for cohort in range(len(self.cohort_regions))]
        said = [(self._ns(row[0]), *row[1:]) for row in sorted(self.changes, key=lambda row: row[0])]
        end_ns = max([self._ns(self.end_s), *(row[0] for row in said)])
        faults = [(7 + cause, 0, 0, 0, end_ns, False) for cause in range(max(1, len(self.deleted)))]
        return Timeline(
            topology=self._topology(),
            changes=np.array([*aims, *said], dtype=dtype_of("changes")),
            faults=np.array(faults, dtype=dtype_of("faults")),
            marks=np.zeros(0, dtype=dtype_of("marks")),
            orders=self.orders,
            fault_names=tuple(f"fault-{k}" for k in range(7 + len(faults))),
            targets=("region-0",),
            horizon_ns=end_ns,
            end_ns=end_ns,
        )

    def _traffic(self) -> NDArray[Any]:
        rows = [
            {"k": k, "time_ns": self._ns(row["at_s"])} | {name: row[name] for name in row if name != "at_s"}
            for k, row in enumerate(self.requests)
        ]
        return np.sort(table(TRAFFIC, rows), order=["time_ns", "cohort", "operation", "hour", "k"])


def _cycled(rows: tuple[Row, ...], count: int) -> list[Row]:
    return [rows[k % len(rows)] for k in range(count)]


def _text(value: object) -> str:
    """Python text of a value; an infinite number is `INF`, an enumerator has its name."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return f"({', '.join(_text(inner) for inner in value)}{',' if len(value) == 1 else ''})"
    return "INF" if value == INF else repr(value)
