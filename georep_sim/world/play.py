"""Play the chosen windows of one replication under every design.

The order is draw → control → choose windows → play data. Nothing here estimates anything: the result is
tables, each row with its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.images import deleted_images, traffic
from georep_sim.draws.requests import request_index
from georep_sim.noise import uniforms
from georep_sim.plane.flows import COPY
from georep_sim.plane.reference import play
from georep_sim.plane.wire import lag_stream
from georep_sim.tables import NS_PER_S, Operation, Timeline, Verb, dtype_of
from georep_sim.world.lower import lower
from georep_sim.world.replica import SAMPLED_PUSHES, Replica

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.world.sample import Window

# Played before a window and not counted, so that links and front ends are as busy as they should be.
_WARM_UP_NS = 8 * NS_PER_S
# The warm-up of copies is as long as all but 1 % of the lags, and as transfers that meet a queue take (assumed).
_LAGS_COVERED = 0.99
_LEAST_COPIES_NS = 600 * NS_PER_S
# Before that only the few copies are played that are still under way when the window begins: one push in a thousand
# with a lag of an hour is what the upper quantiles of the recovery point are made of.
_LONGEST_LAGS = 1.0 - 1e-6
_SEARCHED_PUSHES = 20_000.0
_PLAY_TABLES = ("windows", "requests", "copies", "losses", "transfers")


def play_replica(replica: Replica) -> dict[str, dict[str, NDArray[Any]]]:
    """Play the windows of a replication under every design.

    Parameters
    ----------
    replica : Replica
        What is played.

    Returns
    -------
    dict of str to dict of str to ndarray
        For each design the tables windows, requests, copies, losses and transfers.
    """
    windows = replica.windows()
    out = {}
    for name, design in replica.case.designs.items():
        line = replica.timelines[name]
        wire = lower(
            replica.case, design, seed=replica.case.run.seed, replication=replica.replication, catalogue=replica.images
        )
        player = _Player(replica, line, wire)
        logs = [player.play(window) for window in windows]
        out[name] = _joined(replica, windows, logs)
    return out


@dataclass(frozen=True)
class _Player:
    """One design of a replication, ready to play windows."""

    replica: Replica
    line: Timeline
    wire: Wire

    @cached_property
    def deleted(self) -> Mapping[int, NDArray[np.bool_]]:
        """Images that each operator's delete takes, by cause."""
        changes = self.line.changes
        rows = changes[(changes["verb"] == Verb.LOSE) & (changes["value"] < 0.0)]
        seed, replication = self.replica.address
        n = len(self.replica.images.layer_bytes)
        taken = {}
        for cause, value in {(int(r["cause"]), -float(r["value"])) for r in rows}:
            fault = self.line.faults[cause]
            name = self.line.fault_names[int(fault["fault"])]
            taken[cause] = deleted_images(
                name, value, n, seed=seed, replication=replication, occurrence=int(fault["occurrence"])
            )
        return taken

    def play(self, window: Window) -> PlayLog:
        """Play one window with its warm-up."""
        return self._play_copies(window) if window.copies_only else self._play_requests(window)

    def _play_requests(self, window: Window) -> PlayLog:
        # The warm-up of the run is all of what lies before the one window of full traffic.
        is_full = self.replica.case.run.traffic == "full"
        start_ns = 0 if is_full else max(0, window.start_ns - _WARM_UP_NS)
        asked = self.replica.arrivals.draw(start_ns, window.end_ns)
        log = self._played(window, asked, start_ns)
        # Bytes on the links are counted from the start of the play: the window has its share of them.
        log.transfers["bytes"] *= (window.end_ns - window.start_ns) / (window.end_ns - start_ns)
        return log

    def _play_copies(self, window: Window) -> PlayLog:
        lag_ns = max(_LEAST_COPIES_NS, self._lag_ns(_LAGS_COVERED))
        # The busiest hours would warm up for longer than they are measured.
        near_ns = self._back_ns(window.start_ns, lag_ns, SAMPLED_PUSHES)
        far_ns = self._back_ns(near_ns, self._lag_ns(_LONGEST_LAGS) - (window.start_ns - near_ns), _SEARCHED_PUSHES)
        long_ago = self.replica.arrivals.draw(far_ns, near_ns, (Operation.PUSH,))
        long_ago = long_ago[self._longest_lags_ns(long_ago) > window.start_ns - long_ago["time_ns"]]
        asked = self.replica.arrivals.draw(near_ns, window.end_ns, (Operation.PUSH,))
        log = self._played(window, np.concatenate([long_ago, asked]), far_ns)
        log.transfers["bytes"] *= (window.end_ns - window.start_ns) / (window.end_ns - near_ns)
        return log

    def _played(self, window: Window, asked: NDArray[Any], start_ns: int) -> PlayLog:
        seed, replication = self.replica.address
        requests = traffic(self.replica.case, asked, self.replica.images, seed=seed, replication=replication)
        return play(
            self.wire,
            self.line,
            requests,
            start_ns=start_ns,
            end_ns=window.end_ns,
            deleted=self.deleted,
            missing=self._missing(start_ns),
            copies_only=window.copies_only,
        )

    def _lag_ns(self, quantile: float) -> int:
        """Quantile of the longest lag of an edge."""
        lags = [self.wire.laws[int(law)].ppf(quantile) for law in self.wire.edges["lag_law"] if law >= 0]
        return min(round(max(lags, default=0.0) * NS_PER_S), self.line.end_ns)

    def _back_ns(self, end_ns: int, length_ns: int, pushes: float) -> int:
        """Start of a stretch that ends at an instant: no longer than this, with no more pushes expected."""
        start_ns = max(0, end_ns - max(0, length_ns))
        return end_ns - (self.replica.reach_ns(start_ns, end_ns, pushes) - start_ns) if start_ns < end_ns else end_ns

    def _longest_lags_ns(self, pushes: NDArray[Any]) -> NDArray[np.float64]:
        """Longest lag of the copies of each push, along whichever edges."""
        longest = np.zeros(len(pushes))
        topology, index = self.wire.topology, request_index(pushes)
        for edge in self.wire.edges[self.wire.edges["lag_law"] >= 0]:
            for cohort, group in enumerate(topology.cohorts):
                mine = pushes["cohort"] == cohort
                name = lag_stream(group, topology.sites[int(edge["destination"])])
                u = uniforms(self.wire.seed, self.wire.replication, name, index[mine])
                lags_s = self.wire.laws[int(edge["lag_law"])].ppf_many(u)
                longest[mine] = np.maximum(longest[mine], lags_s * NS_PER_S)
        return longest

    def _missing(self, at_ns: int) -> NDArray[np.bool_]:
        """Images that each site lacks at an instant: deleted before it and not pushed again since.

        Untimed: a push counts from its arrival, at every site.
        """
        missing = np.zeros((len(self.line.topology.sites), len(self.replica.images.layer_bytes)), dtype=np.bool_)
        changes = self.line.changes
        rows = changes[(changes["verb"] == Verb.LOSE) & (changes["value"] < 0.0) & (changes["time_ns"] <= at_ns)]
        for row in rows:
            missing[row["target"]] |= self.deleted[int(row["cause"])]
        if len(rows):
            missing[:, self._pushed_between(int(rows["time_ns"].max()), at_ns)] = False
        return missing

    def _pushed_between(self, start_ns: int, end_ns: int) -> NDArray[np.int64]:
        asked = self.replica.arrivals.draw(start_ns, end_ns, (Operation.PUSH,))
        seed, replication = self.replica.address
        drawn = traffic(self.replica.case, asked, self.replica.images, seed=seed, replication=replication)
        return np.unique(drawn["image"]).astype(np.int64)


def _joined(replica: Replica, windows: Sequence[Window], logs: Sequence[PlayLog]) -> dict[str, NDArray[Any]]:
    """Rows of all windows in one table each, labelled and weighted; the warm-up kept for copies at weight 0."""
    full_traffic = replica.case.run.traffic == "full"
    tables: dict[str, list[NDArray[Any]]] = {name: [] for name in _PLAY_TABLES}
    for number, (window, log) in enumerate(zip(windows, logs, strict=True)):
        tables["windows"].append(_window_row(replica, number, window, full=window.copies_only or full_traffic))
        for name in ("requests", "copies", "losses", "transfers"):
            if (name == "requests" and window.copies_only) or (
                name in {"copies", "losses"} and not (window.copies_only or full_traffic)
            ):
                continue
            rows = getattr(log, name).copy()
            if name == "transfers" and not full_traffic:
                # Windows of requests have copies too, which the windows of copies stand for.
                rows = rows[(rows["kind"] == COPY) == window.copies_only]
            rows["replication"], rows["row"], rows["window"] = replica.replication, replica.row, number
            rows["weight"] = window.weight
            since = {"requests": "arrival_ns", "copies": "ack_ns", "losses": "time_ns"}.get(name)
            if since is not None:
                early = rows[since] < window.start_ns
                rows["weight"][early] = 0.0
                rows = rows[~early] if name != "copies" else rows
            tables[name].append(rows)
    return {name: np.concatenate(rows) if rows else np.zeros(0, dtype_of(name)) for name, rows in tables.items()}


def _window_row(replica: Replica, number: int, window: Window, *, full: bool) -> NDArray[Any]:
    row = np.zeros(1, dtype=dtype_of("windows"))
    row["replication"], row["row"], row["window"] = replica.replication, replica.row, number
    row["weight"], row["start_ns"], row["end_ns"] = window.weight, window.start_ns, window.end_ns
    row["mended_ns"], row["full"] = window.mended_ns, full
    return row
