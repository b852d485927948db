"""Small worlds for the benchmarks, as the data planes see them: a wire by keyword, and traffic by columns.

One site and any number of client groups, each in the site's region or beyond a link of its own; no limit and no cost
anywhere unless said. Nothing fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.plane.reference import play as reference_play
from georep_sim.plane.wire import BUCKETS, COHORTS, EDGES, LADDERS, LINKS, SITES, Tcp, Wire
from georep_sim.tables import NS_PER_S, Operation, Timeline, Topology, Verb, dtype_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.plane.wire import PlayLog

TRAFFIC = np.dtype(
    [
        ("time_ns", "i8"),
        ("cohort", "i4"),
        ("operation", "i1"),
        ("hour", "i4"),
        ("k", "i4"),
        ("image", "i4"),
        ("machine", "i4"),
        ("warm", "?"),
        ("new_layers", "u8"),
    ]
)
# Requests of one group and hour that an address has room for.
_K_ROOM = 1 << 24
_HOUR_NS = 3600 * NS_PER_S


def planes() -> Mapping[str, Callable[..., PlayLog]]:
    """Data planes by name; the one that is measured first."""
    try:
        from georep_sim.plane.compiled import play as compiled_play  # noqa: PLC0415 - numba takes its time
    except ModuleNotFoundError:
        return {"reference": reference_play}
    return {"compiled": compiled_play, "reference": reference_play}


@dataclass(frozen=True)
class Group:
    """A client group.

    Parameters
    ----------
    link_bytes_per_s : float or None
        What its link to the site carries; None: it is in the site's region.
    access_bytes_per_s : float
        Of its machine.
    rtt_s : float
        Round trip over its link.
    """

    link_bytes_per_s: float | None = None
    access_bytes_per_s: float = np.inf
    rtt_s: float = 0.0


@dataclass(frozen=True)
class World:
    """One site and its clients.

    Parameters
    ----------
    layer_bytes : ndarray of float64, shape (n_images, n_layers)
        Images.
    groups : sequence of Group
        Clients; one machine each.
    egress_bytes_per_s : float
        What the site sends.
    workers : int
        Requests the site serves at the same time; 0: no limit.
    service : Law or None
        Time of service of every request.
    blobs_aside : bool
        Layers come from a store beside the site, which takes no time.
    rtt_s : float
        Round trip inside the region.
    tls_round_trips, parallel : int
        Round trips of a handshake after that of TCP; layers pulled at a time.
    tcp : Tcp
        Transport; ideal by default.
    seed : int
        Address of the draws.
    """

    layer_bytes: NDArray[np.float64]
    groups: Sequence[Group] = (Group(),)
    egress_bytes_per_s: float = np.inf
    workers: int = 0
    service: Law | None = None
    blobs_aside: bool = False
    rtt_s: float = 0.0
    tls_round_trips: int = 0
    parallel: int = 3
    tcp: Tcp = field(default_factory=lambda: Tcp(slow_start=False))
    seed: int = 1

    def wire(self) -> Wire:
        """Return what a plane is given."""
        far = [group for group in self.groups if group.link_bytes_per_s is not None]
        n = len(self.groups)
        law = -1 if self.service is None else 0
        site = (self.workers, law, law, 0.0, self.egress_bytes_per_s, -1, -1, 0, -1, self.rtt_s)
        link = [(-1, group.rtt_s, group.link_bytes_per_s, np.inf, 0.0) for group in far for _ in range(2)]
        regions = self._regions()
        cohorts = [
            (group.access_bytes_per_s, 1, 0, self.parallel, 5, True, region, 0, 0)
            for group, region in zip(self.groups, regions, strict=True)
        ]
        return Wire(
            topology=self._topology(),
            sites=np.array([site], dtype=SITES),
            buckets=np.zeros(0, dtype=BUCKETS),
            cohorts=np.array(cohorts, dtype=COHORTS),
            ladders=np.array([(0, 1.0, 2.0, np.inf, 0)], dtype=LADDERS),
            links=np.array(link, dtype=LINKS),
            edges=np.zeros(0, dtype=EDGES),
            laws=() if self.service is None else (self.service,),
            tcp=self.tcp,
            tls_round_trips=self.tls_round_trips,
            flap=0.0,
            layer_bytes=self.layer_bytes,
            manifest_bytes=0.0,
            address_phase=(np.zeros(1),) * n,
            overstay=(np.zeros(1, dtype=np.bool_),) * n,
            seed=self.seed,
            replication=0,
            blobs_aside=self.blobs_aside,
        )

    def timeline(self) -> Timeline:
        """Return a timeline in which every group is aimed at the site and nothing else happens."""
        aims = [(0, Verb.AIM, group, 0.0, -1) for group in range(len(self.groups))]
        never_ns = 400 * 366 * 24 * _HOUR_NS // 2
        return Timeline(
            topology=self._topology(),
            changes=np.array(aims, dtype=dtype_of("changes")),
            faults=np.zeros(0, dtype=dtype_of("faults")),
            marks=np.zeros(0, dtype=dtype_of("marks")),
            orders=((0,),),
            fault_names=(),
            targets=(),
            horizon_ns=never_ns,
            end_ns=never_ns,
        )

    def play(self, plane: Callable[..., PlayLog], traffic: NDArray[Any]) -> PlayLog:
        """Play traffic from its first arrival to the end of the last request."""
        return plane(
            self.wire(),
            self.timeline(),
            traffic,
            start_ns=0,
            end_ns=int(traffic["time_ns"][-1]) + 1,
            deleted={},
            missing=np.zeros((1, len(self.layer_bytes)), dtype=np.bool_),
        )

    def _regions(self) -> list[int]:
        """Region of each group; the site's is 0."""
        return [0 if group.link_bytes_per_s is None else 1 + i for i, group in enumerate(self.groups)]

    def _topology(self) -> Topology:
        regions = [f"region-{region}" for region in self._regions()]
        far = [i for i, group in enumerate(self.groups) if group.link_bytes_per_s is not None]
        links = tuple(pair for i in far for pair in (("region-0", regions[i]), (regions[i], "region-0")))
        down = np.full((len(self.groups), 1), -1, dtype=np.int32)
        down[far, 0] = np.arange(0, 2 * len(far), 2)
        return Topology(
            sites=("site",),
            site_regions=("region-0",),
            cohorts=tuple(f"group-{i}" for i in range(len(self.groups))),
            cohort_regions=tuple(regions),
            links=links,
            edges=(),
            down=down,
            up=np.where(down >= 0, down + 1, -1).astype(np.int32),
            pulls_per_s=np.ones(len(self.groups)),
            pushes_per_s=np.zeros(len(self.groups)),
            ttl_s=0.0,
            overstay_share=0.0,
            overstay_s=0.0,
            home=0,
        )


def pulls(
    time_s: NDArray[np.float64],
    *,
    image: NDArray[np.int64],
    group: NDArray[np.int64] | int = 0,
    warm: bool = False,
) -> NDArray[Any]:
    """Return traffic of pulls in the order a plane wants.

    Parameters
    ----------
    time_s : ndarray of float64, shape (n,)
        Arrivals.
    image, group : ndarray of int64, shape (n,)
        What is pulled, and by whom.
    warm : bool
        The manifest alone.

    Raises
    ------
    ValueError
        If there are more pulls than an hour has room for: they are all addressed in hour 0.
    """
    if time_s.size > _K_ROOM:
        msg = f"{time_s.size} pulls; one hour of a group has room for {_K_ROOM}"
        raise ValueError(msg)
    rows = np.zeros(time_s.size, dtype=TRAFFIC)
    rows["time_ns"] = np.rint(time_s * NS_PER_S)
    rows["cohort"], rows["operation"], rows["image"], rows["warm"] = group, Operation.PULL, image, warm
    if np.ndim(group) or (np.diff(rows["time_ns"]) < 0).any():
        rows = rows[np.lexsort((rows["cohort"], rows["time_ns"]))]
    rows["k"] = np.arange(time_s.size)
    return rows
