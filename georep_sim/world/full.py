"""Every request of a replication, played in stretches of some hours: memory does not grow with the horizon.

What is drawn once for all designs is fed to each of them; what is through is counted and forgotten. Of single requests
and copies a sample is kept, to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from georep_sim.draws.curves import HOUR_S
from georep_sim.draws.images import traffic
from georep_sim.draws.requests import TRAFFIC_DTYPE
from georep_sim.plane.copy_tally import CopyTally
from georep_sim.tables import NEVER_NS, NS_PER_S, CopyStatus, dtype_of
from georep_sim.world.kept import KeptCopies, RequestSample
from georep_sim.world.recorded import episode_rows, labelled, window_row
from georep_sim.world.states import control_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.plane.compiled import Plane
    from georep_sim.plane.wire import PlayLog, Wire
    from georep_sim.tables import Timeline
    from georep_sim.world.replica import Replica
    from georep_sim.world.strata import Window

# Requests expected in a stretch: a hundred bytes each, and long enough to hide what a stretch costs.
_STRETCH_REQUESTS: Final = 200_000
_HOUR_NS: Final = HOUR_S * NS_PER_S


class Stage(NamedTuple):
    """One design of a replication, before it is played.

    Parameters
    ----------
    line : Timeline
        Its control state.
    wire : Wire
        The design as the plane sees it.
    deleted : mapping of int to ndarray of bool, shape (n_images,)
        Images that each operator's delete takes, by cause.
    missing : ndarray of bool, shape (n_sites, n_images)
        Images that each site lacks at the start.
    """

    line: Timeline
    wire: Wire
    deleted: Mapping[int, NDArray[np.bool_]]
    missing: NDArray[np.bool_]


def play_all(
    replica: Replica, stages: Mapping[str, Stage], *, stretch_requests: int = _STRETCH_REQUESTS
) -> dict[str, dict[str, NDArray[Any]]]:
    """Play every request of a replication under every design, with the compiled plane.

    Parameters
    ----------
    replica : Replica
        What is played.
    stages : mapping of str to Stage
        Designs.
    stretch_requests : int
        Requests expected between two counts; changes nothing but memory and time.

    Returns
    -------
    dict of str to dict of str to ndarray
        For each design the tables that `world.play.play_replica` returns.
    """
    (window,) = replica.windows()
    expected = replica.expected(window.start_ns, window.end_ns)
    groups = next(iter(stages.values())).wire.topology.cohorts
    sample = RequestSample(expected, groups=groups, address=replica.address, from_ns=window.start_ns)
    running = {name: _Running(replica, stage, window, sample) for name, stage in stages.items()}
    rows_used = 0
    for asked, until_ns in stretches(replica, window, stretch_requests):
        rows = sample.rows(asked, rows_used)
        rows_used += int(np.count_nonzero(rows >= 0))
        for one in running.values():
            one.advance(asked, rows, until_ns)
    return {name: one.finish(rows_used) for name, one in running.items()}


def stretches(replica: Replica, window: Window, most: int) -> Iterator[tuple[NDArray[Any], int]]:
    """Yield the traffic from the start of the run to the end of a window, and up to when that is all.

    A stretch ends on the hour, since whole hours are drawn at a time, and where what counts begins; hours of more
    requests than wanted are cut after they were drawn.
    """
    seed, replication = replica.address
    for start_ns, end_ns in _hours(replica, window, most):
        arrived = replica.arrivals.draw(start_ns, end_ns)
        for part in pieces(arrived, 2 * most):
            is_last = not len(part) or part["time_ns"][-1] == arrived["time_ns"][-1]
            until_ns = end_ns - 1 if is_last else int(part["time_ns"][-1])
            yield traffic(replica.case, part, replica.images, seed=seed, replication=replication), until_ns


def pieces(arrived: NDArray[Any], most: int) -> Iterator[NDArray[Any]]:
    """Yield arrivals in pieces, at least one, each as long as wanted, or longer where its last instant goes on."""
    first = 0
    while True:
        last_ns = arrived["time_ns"][first + most - 1 : first + most]
        end = int(np.searchsorted(arrived["time_ns"], last_ns[0], side="right")) if len(last_ns) else len(arrived)
        yield arrived[first:end]
        first = end
        if first >= len(arrived):
            return


def _hours(replica: Replica, window: Window, most: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of whole hours with some requests expected in each, cut where the window begins and ends."""
    lead_ns = replica.arrivals.lead_ns
    on_the_hour_ns = range(_HOUR_NS - lead_ns, window.end_ns, _HOUR_NS)
    edges_ns = sorted({*on_the_hour_ns, window.start_ns, window.end_ns} - {0})
    start_ns, last_ns, expected = 0, 0, 0.0
    for end_ns in edges_ns:
        expected += replica.expected(last_ns, end_ns)
        last_ns = end_ns
        if expected >= most or end_ns in (window.start_ns, window.end_ns):
            yield start_ns, end_ns
            start_ns, expected = end_ns, 0.0


class _Running:
    """One design as it is played, and what was counted of it."""

    def __init__(self, replica: Replica, stage: Stage, window: Window, sample: RequestSample) -> None:
        from georep_sim.plane.compiled import Plane  # noqa: PLC0415  (numba is costly to import)

        self._replica, self._stage, self._window, self._sample = replica, stage, window, sample
        self._windows = np.concatenate([window_row(replica, 0, window, full=True), *episode_rows(replica, window)])
        self._plane: Plane = Plane(
            stage.wire,
            stage.line,
            start_ns=0,
            deleted=stage.deleted,
            missing=stage.missing,
            states=control_states(replica.episodes),
            log=np.zeros(sample.places, dtype=dtype_of("requests")),
            counted_from_ns=window.start_ns,
        )
        self._copies = CopyTally(
            window.start_ns,
            window.end_ns,
            mended_ns=self._windows["mended_ns"].tolist(),
            edges=stage.wire.topology.edges,
        )
        self._kept = KeptCopies(replica, window, edges=stage.wire.topology.edges)
        self._before: NDArray[Any] = np.zeros(0, dtype=dtype_of("transfers"))

    def advance(self, asked: NDArray[Any], rows: NDArray[np.int64], until_ns: int) -> None:
        """Play a stretch."""
        self._plane.feed(asked, rows=rows, has_more=True)
        self._plane.advance(until_ns)
        self._count(self._plane.drain_copies(), self._plane.open_copies(), until_ns)
        if until_ns == self._window.start_ns - 1:
            self._before = self._plane.transfers()

    def _count(self, closed: NDArray[Any], still_open: NDArray[Any], now_ns: int) -> None:
        self._copies.add(closed, still_open, now_ns=now_ns)
        self._kept.add(closed)

    def finish(self, rows_used: int) -> dict[str, NDArray[Any]]:
        """Play on until nothing is open, and return the tables."""
        from georep_sim.plane.compiled import Reason  # noqa: PLC0415  (numba is costly to import)

        self._plane.feed(np.zeros(0, dtype=TRAFFIC_DTYPE), has_more=False)
        if self._plane.advance(NEVER_NS) is not Reason.DONE:
            self._plane.close(self._stage.line.end_ns)
        self._plane.stop()
        log = self._plane.result()
        is_open = log.copies["status"] == CopyStatus.PENDING
        self._count(log.copies[~is_open], log.copies[is_open], NEVER_NS - 1)
        self._kept.add(log.copies[is_open])
        return self._tables(log, rows_used)

    def _tables(self, log: PlayLog, rows_used: int) -> dict[str, NDArray[Any]]:
        seen = {
            "requests": log.requests[:rows_used],
            "tallies": log.tallies,
            "copies": self._kept.table(),
            "losses": log.losses,
            "transfers": _less(log.transfers, self._before),
        }
        tables = {name: labelled(name, rows, self._replica, 0, self._window) for name, rows in seen.items()}
        tables["requests"]["weight"] /= self._sample.share
        return tables | {"windows": self._windows} | self._copies.finish(self._windows[0])


def _less(transfers: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    """Bytes that crossed links since an instant; what has crossed once is in both tables."""
    out = transfers.copy()
    known = {(int(row["link"]), int(row["kind"])): float(row["bytes"]) for row in before}
    out["bytes"] -= [known.get((int(row["link"]), int(row["kind"])), 0.0) for row in out]
    return out
