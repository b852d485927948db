"""State that the requests and copies of one play share: clock, sites, DNS answers and content."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from georep_sim.noise import Stream
from georep_sim.plane import rules
from georep_sim.plane.flows import Network
from georep_sim.plane.reference.clock import Clock
from georep_sim.plane.reference.sites import Bucket, FrontEnd, Site
from georep_sim.tables import Admission, Operation, Timeline, Verb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.plane.wire import Wire


class Addresses:
    """DNS answers as each machine of each cohort holds them.

    Parameters
    ----------
    wire : Wire
        Phases and overstays of the machines, TTL.
    timeline : Timeline
        When each cohort was aimed where.
    """

    def __init__(self, wire: Wire, timeline: Timeline) -> None:
        self._wire = wire
        topology = wire.topology
        self._orders = timeline.orders
        self._ttl_ns = (rules.ns_of(topology.ttl_s), rules.ns_of(topology.ttl_s + topology.overstay_s))
        aims = timeline.changes[timeline.changes["verb"] == Verb.AIM]
        self._times: list[list[int]] = []
        self._aims: list[list[int]] = []
        for cohort in range(len(topology.cohorts)):
            rows = aims[aims["target"] == cohort]
            self._times.append(rows["time_ns"].tolist())
            self._aims.append(rows["value"].astype(np.int64).tolist())

    def sites(self, cohort: int, machine: int, now_ns: int) -> tuple[int, ...]:
        """Sites in the order of the answer that a machine holds now; empty if there never was one."""
        times = self._times[cohort]
        if not times:
            return ()
        ttl_ns = self._ttl_ns[bool(self._wire.overstay[cohort][machine])]
        phase = float(self._wire.address_phase[cohort][machine])
        refreshed_ns = rules.last_refresh_ns(now_ns, phase=phase, ttl_ns=ttl_ns)
        held = max(bisect_right(times, refreshed_ns) - 1, 0)
        return self._orders[self._aims[cohort][held]]


class State:
    """What all requests and copies of a play share.

    Parameters
    ----------
    wire : Wire
        The design as the plane sees it.
    timeline : Timeline
        Its control state.
    start_ns : int
        Start of the play; buckets are full then.
    missing : ndarray of bool, shape (n_sites, n_images)
        Images that a site does not have at the start. Not changed.
    """

    def __init__(self, wire: Wire, timeline: Timeline, *, start_ns: int, missing: NDArray[np.bool_]) -> None:
        self.wire = wire
        self.network = Network(wire)
        self.clock = Clock(self.network, start_ns)
        self.addresses = Addresses(wire, timeline)
        self.missing = missing.copy()
        self.open = 0
        buckets = [Bucket(float(row["rate_per_s"]), float(row["capacity"]), start_ns) for row in wire.buckets]

        def bucket(index: int) -> Bucket | None:
            return buckets[index] if index >= 0 else None

        self.sites = [
            Site(
                number,
                FrontEnd(self.clock, int(row["workers"])),
                read_bucket=bucket(int(row["read_bucket"])),
                write_bucket=bucket(int(row["write_bucket"])),
            )
            for number, row in enumerate(wire.sites)
        ]

    def stream(self, *parts: str) -> Stream:
        """Addressed draws of this play under a name."""
        return Stream(self.wire.seed, self.wire.replication, "/".join(("plane", *parts)))

    def law(self, index: int) -> Law | None:
        """Law of an index of the wire; None for -1."""
        return self.wire.laws[index] if index >= 0 else None

    def choose(self, cohort: int, machine: int, operation: int) -> int:
        """Site a client asks now: the first of its answer that does not refuse this by its role; -1 = none.

        Where every site refuses, the first one is asked, and says so.
        """
        sites = self.addresses.sites(cohort, machine, self.clock.now_ns)
        for site in sites:
            if self.sites[site].admission[operation] != Admission.DENIED:
                return site
        return sites[0] if sites else -1

    def second(self, cohort: int, machine: int, chosen: int) -> int:
        """Next site of the answer after the chosen one that takes pushes; -1 = none."""
        sites = self.addresses.sites(cohort, machine, self.clock.now_ns)
        after = sites[sites.index(chosen) + 1 :] if chosen in sites else ()
        return next((s for s in after if self.sites[s].admission[Operation.PUSH] == Admission.OK), -1)
