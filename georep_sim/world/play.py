"""Play one replication under every design.

The order is draw → control → copies of episodes in full → choose windows → play them. Nothing here estimates
anything: the result is tables, each row with its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.draws.images import deleted_images
from georep_sim.errors import InputError
from georep_sim.plane.copy_tally import copy_tallies
from georep_sim.plane.flows import COPY, PULL, PUSH
from georep_sim.tables import NS_PER_S, Operation, dtype_of
from georep_sim.world.backlog import Played, follow
from georep_sim.world.content import aimed_sites, deletions, last_pushed_ns, missing_content
from georep_sim.world.feed import Feed
from georep_sim.world.full import Stage, play_all
from georep_sim.world.lower import lower
from georep_sim.world.recorded import episode_rows, labelled, window_row
from georep_sim.world.states import control_states
from georep_sim.world.strata import Window
from georep_sim.world.warm_up import calm_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from georep_sim.plane.tally import ControlStates
    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.tables import Timeline
    from georep_sim.world.feed import Fed
    from georep_sim.world.replica import Replica

# POST, PATCH and PUT of a new layer; the manifest's PUT comes on top.
_WRITES_PER_LAYER = 3
# Below this share of a limit, over a window, a bucket that holds a minute's tokens is not met empty (assumed).
_BINDING = 0.5
_PLAY_TABLES = ("windows", "requests", "tallies", "copies", "losses", "transfers")


def plane_of(engine: str) -> Callable[..., PlayLog]:
    """`play` of a data plane, imported when it is needed.

    Raises
    ------
    InputError
        If there is no such plane.
    """
    if engine == "reference":
        from georep_sim.plane.reference import play as reference  # noqa: PLC0415  (SimPy is needed by it alone)

        return reference
    if engine == "compiled":
        from georep_sim.plane.compiled import play as compiled  # noqa: PLC0415  (numba is costly to import)

        return compiled
    msg = f"engine {engine!r}: expected compiled or reference"
    raise InputError(msg)


def play_replica(replica: Replica) -> dict[str, dict[str, NDArray[Any]]]:
    """Play the windows of a replication under every design.

    Parameters
    ----------
    replica : Replica
        What is played.

    Returns
    -------
    dict of str to dict of str to ndarray
        For each design the tables windows, requests, tallies, copies, lags, ages, extremes, losses and transfers.
    """
    seed, replication = replica.address
    wires = {
        name: lower(replica.case, design, seed=seed, replication=replication, catalogue=replica.images)
        for name, design in replica.case.designs.items()
    }
    feed = Feed(replica, tuple(wires.values()))
    players = {name: _Player(replica, replica.timelines[name], wire, feed) for name, wire in wires.items()}
    play = partial(_play, feed, players)
    if replica.case.run.traffic == "full" and replica.engine == "compiled":
        stages = {
            name: Stage(player.line, player.wire, player.deleted, player.missing(0)) for name, player in players.items()
        }
        return play_all(replica, stages)
    played: list[Played] = []
    found = replica.episodes
    if replica.case.run.traffic != "full" and replica.has_copies:
        calm_ns = round(max(map(calm_s, wires.values())) * NS_PER_S)
        found, played = follow(replica, play, calm_ns=calm_ns)
        played += [Played(window, play(window)) for window in _for_maxima(replica)]
    states = control_states(found)
    played += [Played(window, play(window, states=states)) for window in replica.windows(found)]
    return {name: _joined(replica, name, played) for name in players}


def _for_maxima(replica: Replica) -> list[Window]:
    """All copies of a horizon at no weight, where that is affordable: the largest may lie anywhere."""
    start_ns, end_ns = replica.warm_up_ns, replica.horizon_ns
    if replica.drill or replica.reach_ns(start_ns, end_ns, replica.budget.horizon_pushes) < end_ns:
        return []
    return [Window(start_ns, end_ns, 0.0, "all copies, for maxima", copies_only=True)]


def _play(
    feed: Feed, players: Mapping[str, _Player], window: Window, *, states: ControlStates | None = None
) -> dict[str, PlayLog]:
    """Play a window under every design, on the same traffic."""
    fed = feed.of(window)
    return {name: player.play(window, fed, states=states) for name, player in players.items()}


@dataclass(frozen=True)
class _Player:
    """One design of a replication, ready to play windows."""

    replica: Replica
    line: Timeline
    wire: Wire
    feed: Feed

    @cached_property
    def deleted(self) -> Mapping[int, NDArray[np.bool_]]:
        """Images that each operator's delete takes, by cause."""
        seed, replication = self.replica.address
        n = len(self.replica.images.layer_bytes)
        taken = {}
        for cause, value in {(int(r["cause"]), -float(r["value"])) for r in deletions(self.line)}:
            fault = self.line.faults[cause]
            name = self.line.fault_names[int(fault["fault"])]
            taken[cause] = deleted_images(
                name, value, n, seed=seed, replication=replication, occurrence=int(fault["occurrence"])
            )
        return taken

    def play(self, window: Window, fed: Fed, *, states: ControlStates | None = None) -> PlayLog:
        """Play one window with its warm-up; tallies are of the window alone."""
        log = plane_of(self.replica.engine)(
            self.wire,
            self.line,
            fed.traffic,
            start_ns=fed.start_ns,
            end_ns=window.end_ns,
            deleted=self.deleted,
            missing=self.missing(fed.start_ns),
            copies_only=window.copies_only and not self._is_limited(window, fed),
            states=states,
            counted_from_ns=window.start_ns,
        )
        log.transfers["bytes"] *= _shares(log, window, fed)[log.transfers["kind"]]
        return log

    def _is_limited(self, window: Window, fed: Fed) -> bool:
        """Whether pushes of a copy window are played with their requests, since a limit of writes may hold them back."""
        used = np.unique(self.wire.sites["write_bucket"])
        rates = self.wire.buckets["rate_per_s"][used[used >= 0]]
        if not len(rates) or not 0 < len(fed.traffic) <= self.replica.budget.timed_pushes:
            return False
        layers = np.bitwise_count(fed.traffic["new_layers"]).sum(dtype=np.int64)
        asked = (_WRITES_PER_LAYER * layers + len(fed.traffic)) * NS_PER_S / (window.end_ns - fed.pushes_ns)
        return bool(asked > _BINDING * rates.min())

    def missing(self, at_ns: int) -> NDArray[np.bool_]:
        """Images that each site lacks at an instant: the functional warm-up."""
        shape = (len(self.line.topology.sites), len(self.replica.images.layer_bytes))
        losses = deletions(self.line)
        losses = losses[losses["time_ns"] <= at_ns]
        if not len(losses):
            return np.zeros(shape, dtype=np.bool_)
        pushes = self.feed.pushes(int(losses["time_ns"].min()), at_ns)
        edges = self.line.topology.edges
        reaches = [(site, *(b for a, b in edges if a == site)) for site in range(shape[0])]
        last = last_pushed_ns(pushes, aimed_sites(self.line, pushes), reaches=reaches, shape=shape)
        return missing_content(losses, self.deleted, pushed_ns=last, at_ns=at_ns)


def _shares(log: PlayLog, window: Window, fed: Fed) -> NDArray[np.float64]:
    """Share of the bytes on links, by kind, that is the window's: they are counted from the start of the play.

    Bytes of pulls and pushes belong to the window in which their request arrived; copies are shared by time.
    """
    shares = np.ones(3)
    shares[COPY] = (window.end_ns - window.start_ns) / max(window.end_ns - fed.pushes_ns, 1)
    asked = log.requests
    inside = asked["arrival_ns"] >= window.start_ns
    for kind, operation in ((PULL, Operation.PULL), (PUSH, Operation.PUSH)):
        mine = asked["operation"] == operation
        moved = float(asked["bytes"][mine].sum())
        shares[kind] = float(asked["bytes"][mine & inside].sum()) / moved if moved else 0.0
    return shares


def _joined(replica: Replica, design: str, played: Sequence[Played]) -> dict[str, NDArray[Any]]:
    """Rows of all windows in one table each, labelled and weighted; the warm-up kept for copies at weight 0."""
    full_traffic = replica.case.run.traffic == "full"
    tables: dict[str, list[NDArray[Any]]] = {name: [] for name in _PLAY_TABLES}
    for number, one in enumerate(played):
        window, log = one.window, one.logs[design]
        tables["windows"].append(window_row(replica, number, window, full=window.copies_only or full_traffic))
        # Windows of requests have copies too, which the windows of copies stand for; and of pushes the reverse.
        of_requests = () if window.copies_only else ("requests", "tallies")
        of_copies = ("copies", "losses") if window.copies_only or full_traffic else ()
        for name in (*of_requests, *of_copies, "transfers"):
            rows = getattr(log, name)
            if name == "transfers" and not full_traffic:
                rows = rows[(rows["kind"] == COPY) == window.copies_only]
            tables[name].append(labelled(name, rows, replica, number, window))
    if full_traffic:
        tables["windows"] += episode_rows(replica, played[0].window)
    out = {name: np.concatenate(rows) if rows else np.zeros(0, dtype_of(name)) for name, rows in tables.items()}
    return out | copy_tallies(out["copies"], out["windows"], edges=replica.timelines[design].topology.edges)
