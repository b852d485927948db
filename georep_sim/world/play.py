"""Play one replication: the same faults and windows for every design of a case.

The order is draw → control → choose windows → play data. Nothing here estimates anything: the result is
tables, each row with its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.arrivals import Arrivals, arrivals
from georep_sim.draws.faults import FaultTable, draw_faults
from georep_sim.draws.images import Catalogue, catalogue, deleted_images, popularity, traffic
from georep_sim.plane.reference import play
from georep_sim.tables import NS_PER_S, Operation, Timeline, Verb, dtype_of
from georep_sim.world.control import timeline
from georep_sim.world.lower import lower, topology
from georep_sim.world.sample import Episode, Span, Window, choose, episodes, spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.scenario import Case

# Requests expected in one window: what the reference plane affords. More in quiet time, which has the most
# weight; phases of an episode are short and alike.
_QUIET_REQUESTS = 500.0
_EPISODE_REQUESTS = 90.0
# Played before a window and not counted, so that links and front ends are as busy as they should be.
_WARM_UP_NS = 8 * NS_PER_S
# Copies are cheap to play: an hour at a time, after a warm-up that covers all but 1 % of the lags.
_COPIES_NS = 3600 * NS_PER_S
_LAGS_COVERED = 0.99
# Pushes played in full after a fault's start; what lies beyond is sampled.
_FULL_PUSHES = 2500.0
_SAMPLED_PUSHES = 600.0
_PLAY_TABLES = ("windows", "requests", "copies", "losses", "transfers")


@dataclass(frozen=True)
class Replica:
    """One replication of one case, before anything is played.

    Parameters
    ----------
    case : Case
        Resolved case.
    replication : int
        Number of the replication; with the seed it addresses every draw.
    drill : str
        The fault row of which one episode is forced; empty = none.
    drilled : frozenset of int
        Fault rows that drills stand for, so that replications without one leave them out.
    drill_weight : float
        Expected number of episodes of the forced row in one horizon.
    """

    case: Case
    replication: int
    drill: str = ""
    drilled: frozenset[int] = frozenset()
    drill_weight: float = 0.0

    @property
    def address(self) -> tuple[int, int]:
        """Seed and replication."""
        return self.case.run.seed, self.replication

    @property
    def horizon_ns(self) -> int:
        """Length of the horizon."""
        return round(self.case.run.horizon * NS_PER_S)

    @cached_property
    def faults(self) -> FaultTable:
        """Fault windows, the same for every design."""
        return draw_faults(self.case, seed=self.case.run.seed, replication=self.replication, drill=self.drill)

    @property
    def row(self) -> int:
        """Index of the forced fault row, -1 if none."""
        return self.faults.names.index(self.drill) if self.drill else -1

    @cached_property
    def timelines(self) -> dict[str, Timeline]:
        """Control state of every design."""
        seed, replication = self.address
        return {
            name: timeline(
                self.case, design, topology(self.case, design), self.faults, seed=seed, replication=replication
            )
            for name, design in self.case.designs.items()
        }

    @cached_property
    def episodes(self) -> list[Episode]:
        """Disturbed stretches of all designs together."""
        return episodes(self.timelines.values(), restored_ns=_restored_ns(self.case))

    @cached_property
    def spans(self) -> list[Span]:
        """Counted stretches."""
        return spans(
            self.episodes,
            horizon_ns=self.horizon_ns,
            drilled=self.drilled,
            drill=self.row,
            drill_weight=self.drill_weight,
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """Arrival processes of all client groups."""
        return arrivals(self.case, seed=self.case.run.seed, replication=self.replication)

    @cached_property
    def images(self) -> Catalogue:
        """Images and their layers."""
        return catalogue(self.case, seed=self.case.run.seed, replication=self.replication)

    @cached_property
    def pushes_per_s(self) -> float:
        """Mean rate of pushes of all clients."""
        workload = self.case.workload
        return 0.0 if workload is None else float(sum(client.pushes for client in workload.clients.values()))

    def rate_per_s(self, at_ns: int) -> float:
        """Rate of all requests at an instant."""
        at_s = at_ns / NS_PER_S
        groups = range(len(self.arrivals.cohorts))
        operations = (Operation.PULL, Operation.PUSH)
        return sum(float(self.arrivals.rate_per_s(g, op, at_s)) for g in groups for op in operations)

    def reach_ns(self, start_ns: int, end_ns: int, pushes: float) -> int:
        """End of the longest stretch from a start, no later than `end_ns`, with no more pushes expected."""
        low, high = start_ns, end_ns
        if self._pushes(start_ns, end_ns) <= pushes:
            return end_ns
        while high - low > NS_PER_S:
            middle = (low + high) // 2
            low, high = (middle, high) if self._pushes(start_ns, middle) <= pushes else (low, middle)
        return max(low, start_ns + NS_PER_S)

    def _pushes(self, start_ns: int, end_ns: int) -> float:
        groups = range(len(self.arrivals.cohorts))
        start_s, end_s = start_ns / NS_PER_S, end_ns / NS_PER_S
        return sum(self.arrivals.expected(g, Operation.PUSH, start_s, end_s) for g in groups)

    def windows(self) -> list[Window]:
        """Windows to play, the same for every design."""
        if self.case.run.traffic == "full":
            return [Window(0, self.horizon_ns, 1.0, "everything")]
        hours = self.arrivals.hour_classes()
        names = self.faults.names

        def request_length(phase: str, start_ns: int, _stratum_ns: int) -> int:
            wanted = _QUIET_REQUESTS if phase == "quiet" else _EPISODE_REQUESTS
            return round(wanted / max(self.rate_per_s(start_ns), 1e-9) * NS_PER_S)

        timed = choose(
            self.spans, self.episodes, hour_class=hours, names=names, length_ns=request_length, draw=self.address
        )
        return timed + self._copy_windows(hours) if self.pushes_per_s > 0.0 else timed

    def _copy_windows(self, hours: NDArray[np.int64]) -> list[Window]:
        """Copies in full from each fault's start, sampled by the hour elsewhere."""
        full, rest = [], []

        def copies_length(_phase: str, start_ns: int, _stratum_ns: int) -> int:
            return self.reach_ns(start_ns, start_ns + _COPIES_NS, _SAMPLED_PUSHES) - start_ns

        for span in self.spans:
            if span.episode < 0:
                rest.append(span)
                continue
            settled_ns = min(span.end_ns, self.episodes[span.episode].settled_ns)
            until = self.reach_ns(span.start_ns, settled_ns, _FULL_PUSHES)
            mended = self.episodes[span.episode].mended_ns
            full.append(
                Window(
                    span.start_ns,
                    until,
                    span.weight,
                    "copies in full",
                    copies_only=True,
                    mended_ns=mended if mended < until else -1,
                )
            )
            if until < span.end_ns:
                rest.append(Span(until, span.end_ns, span.weight, span.episode))
        sampled = choose(
            rest,
            self.episodes,
            hour_class=hours,
            names=self.faults.names,
            length_ns=copies_length,
            draw=self.address,
            name="copies",
        )
        return full + [Window(w.start_ns, w.end_ns, w.weight, w.stratum, copies_only=True) for w in sampled]


def _restored_ns(case: Case) -> int:
    """How long deleted images are missed: until pushes have brought back 99 % of what is pulled of them."""
    horizon_ns = round(case.run.horizon * NS_PER_S)
    workload = case.workload
    pushes_per_s = 0.0 if workload is None else sum(client.pushes for client in workload.clients.values())
    if workload is None or pushes_per_s <= 0.0:
        return horizon_ns
    return min(
        horizon_ns, round(_missed_s(workload.content.popularity, workload.content.images, pushes_per_s) * NS_PER_S)
    )


@lru_cache(maxsize=64)
def _missed_s(knots: tuple[tuple[float, float], ...], images: int, pushes_per_s: float) -> float:
    """Time until pushes, which choose images as pulls do, have reached 99 % of what is pulled."""
    chance = popularity(knots, images)
    low, high = 0.0, 1.0 / pushes_per_s
    while float(np.sum(chance * np.exp(-pushes_per_s * chance * high))) > 0.01:
        low, high = high, 2.0 * high
    for _ in range(20):
        middle = 0.5 * (low + high)
        left = float(np.sum(chance * np.exp(-pushes_per_s * chance * middle)))
        low, high = (middle, high) if left > 0.01 else (low, middle)
    return high


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
        start_ns = max(0, window.start_ns - (self.lag_ns if window.copies_only else _WARM_UP_NS))
        if window.copies_only:
            # The busiest hours would warm up for longer than they are measured.
            reach_ns = self.replica.reach_ns(start_ns, window.start_ns, _SAMPLED_PUSHES) - start_ns
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
