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
from georep_sim.plane.reference import play
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
# The warm-up of copies is as long as all but 1 % of the lags.
_LAGS_COVERED = 0.99
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

    @cached_property
    def lag_ns(self) -> int:
        """Warm-up of copies: the time in which nearly all of them are done."""
        lags = [self.wire.laws[int(law)].ppf(_LAGS_COVERED) for law in self.wire.edges["lag_law"] if law >= 0]
        return round(max(lags, default=0.0) * NS_PER_S)

    def play(self, window: Window) -> PlayLog:
        """Play one window with its warm-up."""
        warm_up_ns = self.lag_ns if window.copies_only else max(_WARM_UP_NS, self.replica.warm_up_ns)
        start_ns = max(0, window.start_ns - warm_up_ns)
        if window.copies_only:
            # The busiest hours would warm up for longer than they are measured.
            reach_ns = self.replica.reach_ns(start_ns, window.start_ns, SAMPLED_PUSHES) - start_ns
            start_ns = window.start_ns - reach_ns
        operations = (Operation.PUSH,) if window.copies_only else (Operation.PULL, Operation.PUSH)
        asked = self.replica.arrivals.draw(start_ns, window.end_ns, operations)
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
