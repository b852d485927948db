"""What a window is fed: its arrivals and those before it that still matter in it, the same for every design."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.images import pushed_images, traffic
from georep_sim.draws.requests import TRAFFIC_DTYPE, request_index
from georep_sim.philox import uniforms
from georep_sim.plane.wire import lag_stream
from georep_sim.tables import NS_PER_S, Operation
from georep_sim.world.warm_up import pull_s, timed_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.laws import Law
    from georep_sim.plane.wire import Wire
    from georep_sim.world.replica import Replica
    from georep_sim.world.strata import Window

# The warm-up of copies is as long as all but 1 % of the lags, and as transfers that meet a queue take (assumed).
_LAGS_COVERED: Final = 0.99
_LEAST_COPIES_NS: Final = 600 * NS_PER_S
# Before that only the few copies are played that are still under way when the window begins: one push in a thousand
# with a lag of an hour is what the upper quantiles of the recovery point are made of.
_LONGEST_LAGS: Final = 1.0 - 1e-6
_SEARCHED_PUSHES: Final = 20_000.0
_SEARCHED_PULLS: Final = 20_000.0


@dataclass(frozen=True)
class Fed:
    """Traffic of one window with its warm-up.

    Parameters
    ----------
    traffic : ndarray
        Rows of `draws.requests.TRAFFIC_DTYPE`.
    start_ns : int
        Start of the play.
    pushes_ns : int
        From when on all pushes are among the traffic.
    """

    traffic: NDArray[Any]
    start_ns: int
    pushes_ns: int


@dataclass(frozen=True)
class Feed:
    """Traffic of the windows of a replication.

    Parameters
    ----------
    replica : Replica
        Its arrivals, images and budget.
    wires : sequence of Wire
        Of all designs: the longest memory among them decides.
    """

    replica: Replica
    wires: Sequence[Wire]

    def of(self, window: Window) -> Fed:
        """What a window is fed."""
        if self.replica.case.run.traffic == "full":
            # The warm-up of the run is all of what lies before the one window of full traffic.
            return Fed(self._traffic(self._arrivals(0, window.end_ns)), 0, 0)
        return self._copies(window) if window.copies_only else self._requests(window)

    def _requests(self, window: Window) -> Fed:
        """All arrivals of the timed warm-up; before it what may still be under way: queued pushes, long pulls."""
        budget, replica = self.replica.budget, self.replica
        longest_ns = round(min(self._timed_s, budget.warm_up_s) * NS_PER_S)
        near_ns = replica.back_ns(window.start_ns, longest_ns, budget.warm_up_requests)
        queued_ns = near_ns - window.queue_ns if window.queue_ns >= 0 else 0
        far_ns = self._pushes_back_ns(near_ns, queued_ns, budget.queued_pushes)
        parts = [
            self._traffic(self._arrivals(far_ns, near_ns, (Operation.PUSH,))),
            self._long_pulls(near_ns, window.start_ns),
            self._traffic(self._arrivals(near_ns, window.end_ns)),
        ]
        asked = np.concatenate(parts)
        asked = asked[np.argsort(asked["time_ns"], kind="stable")]
        return Fed(asked, min(far_ns, int(asked["time_ns"][0])) if len(asked) else far_ns, far_ns)

    def _long_pulls(self, near_ns: int, start_ns: int) -> NDArray[Any]:
        """Pulls before the warm-up of which a layer may still be on its way when the window begins."""
        if not self.replica.budget.has_long_pulls:
            return np.zeros(0, dtype=TRAFFIC_DTYPE)
        longest_ns = round(float(self._pull_s.max(initial=0.0)) * NS_PER_S) - (start_ns - near_ns)
        far_ns = self.replica.back_ns(near_ns, longest_ns, _SEARCHED_PULLS)
        pulls = self._traffic(self._arrivals(far_ns, near_ns, (Operation.PULL,)))
        left_s = self._pull_s[pulls["image"]] - (start_ns - pulls["time_ns"]) / NS_PER_S
        long: NDArray[Any] = pulls[~pulls["warm"] & (left_s > 0.0)]
        return long

    def _copies(self, window: Window) -> Fed:
        # The busiest hours would warm up for longer than they are measured.
        near_ns = self._pushes_back_ns(window.start_ns, self._copies_ns, self.replica.budget.sampled_pushes)
        lag_ns = self._lag_ns(_LONGEST_LAGS) - (window.start_ns - near_ns)
        far_ns = self._pushes_back_ns(near_ns, lag_ns, _SEARCHED_PUSHES)
        long_ago = self._arrivals(far_ns, near_ns, (Operation.PUSH,))
        long_ago = long_ago[self._has_lag(long_ago, window.start_ns)]
        asked = np.concatenate([long_ago, self._arrivals(near_ns, window.end_ns, (Operation.PUSH,))])
        return Fed(self._traffic(asked), far_ns, near_ns)

    def pushes(self, start_ns: int, end_ns: int) -> NDArray[Any]:
        """Pushes of a stretch with the fields time_ns, cohort and image; from the latest start asked for, kept."""
        asked = self._arrivals(start_ns, end_ns, (Operation.PUSH,))
        rows = np.zeros(len(asked), dtype=[("time_ns", "i8"), ("cohort", "i4"), ("image", "i4")])
        seed, replication = self.replica.address
        rows["time_ns"], rows["cohort"] = asked["time_ns"], asked["cohort"]
        rows["image"] = pushed_images(self.replica.case, asked, self.replica.images, seed=seed, replication=replication)
        return rows

    @cached_property
    def _timed_s(self) -> float:
        return max(map(timed_s, self.wires))

    @cached_property
    def _pull_s(self) -> NDArray[np.float64]:
        return np.asarray(np.max([pull_s(wire) for wire in self.wires], axis=0))

    @cached_property
    def _lag_laws(self) -> dict[tuple[int, str], set[Law]]:
        """Laws of the lags from each client group to each site, whatever the design."""
        found: dict[tuple[int, str], set[Law]] = {}
        for wire in self.wires:
            for edge in wire.edges[wire.edges["lag_law"] >= 0]:
                destination = wire.topology.sites[int(edge["destination"])]
                for group in range(len(wire.topology.cohorts)):
                    found.setdefault((group, destination), set()).add(wire.laws[int(edge["lag_law"])])
        return found

    @cached_property
    def _copies_ns(self) -> int:
        """Warm-up of copies."""
        return max(_LEAST_COPIES_NS, self._lag_ns(_LAGS_COVERED))

    def _arrivals(self, start_ns: int, end_ns: int, operations: tuple[int, ...] | None = None) -> NDArray[Any]:
        drawn = self.replica.arrivals
        return drawn.draw(start_ns, end_ns) if operations is None else drawn.draw(start_ns, end_ns, operations)

    def _traffic(self, asked: NDArray[Any]) -> NDArray[Any]:
        seed, replication = self.replica.address
        return traffic(self.replica.case, asked, self.replica.images, seed=seed, replication=replication)

    def _pushes_back_ns(self, end_ns: int, length_ns: int, pushes: float) -> int:
        return self.replica.back_ns(end_ns, length_ns, pushes, operations=(Operation.PUSH,))

    def _lag_ns(self, quantile: float) -> int:
        """Quantile of the longest lag of an edge of any design."""
        lags = [wire.laws[int(law)].ppf(quantile) for wire in self.wires for law in wire.edges["lag_law"] if law >= 0]
        return min(round(max(lags, default=0.0) * NS_PER_S), self.replica.arrivals.horizon_ns)

    def _has_lag(self, pushes: NDArray[Any], until_ns: int) -> NDArray[np.bool_]:
        """Whether a lag of a push's copies, along whichever edge of whichever design, is longer than to an instant."""
        found = np.zeros(len(pushes), dtype=np.bool_)
        if not len(pushes):
            return found
        index = request_index(pushes)
        age_s = (until_ns - pushes["time_ns"]) / NS_PER_S
        seed, replication = self.replica.address
        for (group, destination), laws in self._lag_laws.items():
            mine = np.flatnonzero(pushes["cohort"] == group)
            name = lag_stream(self.replica.arrivals.cohorts[group], destination)
            u = uniforms(seed, replication, name, index[mine])
            for law in laws:
                # Lags rise with their uniforms: most need not be looked up.
                high = u > 1.0 - law.sf(float(age_s.min())) - 1e-9
                found[mine[high]] |= law.ppf_many(u[high]) > age_s[mine[high]]
        return found
