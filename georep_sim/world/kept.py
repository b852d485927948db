"""Which single requests and copies of a full play are kept, to be looked at one by one."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.requests import request_index
from georep_sim.philox import uniforms
from georep_sim.tables import NS_PER_S, Operation, dtype_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.world.replica import Replica
    from georep_sim.world.strata import Window

_MOST_REQUESTS: Final = 20_000
# Where as many are expected, this many more fall into the sample about once in 10**9 runs.
_SPARE_DEVIATIONS: Final = 6.0
_MOST_COPIES: Final = 200_000


class RequestSample:
    """Every request with the same chance, by its address alone: the same for every design and however it is played.

    Parameters
    ----------
    expected : float
        Expected number of requests.
    groups : sequence of str
        Names of the client groups.
    address : tuple of (int, int)
        Seed and replication.
    from_ns : int
        Those that arrive before are left out.
    """

    def __init__(self, expected: float, *, groups: Sequence[str], address: tuple[int, int], from_ns: int) -> None:
        self._groups, self._address = groups, address
        self._from_ns = from_ns
        spread = _SPARE_DEVIATIONS * np.sqrt(expected) + _SPARE_DEVIATIONS
        self.share = min(1.0, _MOST_REQUESTS / (expected + spread))
        wanted = expected * self.share
        self.places = int(np.ceil(wanted + _SPARE_DEVIATIONS * (np.sqrt(wanted) + 1.0)))

    def rows(self, asked: NDArray[Any], used: int) -> NDArray[np.int64]:
        """Row of the log that each request fills, -1 = none.

        Parameters
        ----------
        asked : ndarray
            Rows of `draws.requests.TRAFFIC_DTYPE`.
        used : int
            Rows that are taken.
        """
        chosen = asked["time_ns"] >= self._from_ns
        if self.share < 1.0:
            chosen &= self._u(asked) < self.share
        places = np.flatnonzero(chosen)[: max(0, self.places - used)]
        rows = np.full(len(asked), -1, dtype=np.int64)
        rows[places] = used + np.arange(len(places))
        return rows

    def _u(self, asked: NDArray[Any]) -> NDArray[np.float64]:
        """Number of each request that is drawn for nothing else: the sample touches nothing of what is played."""
        u = np.empty(len(asked))
        for (cohort, group), operation in product(enumerate(self._groups), (Operation.PULL, Operation.PUSH)):
            mine = (asked["cohort"] == cohort) & (asked["operation"] == operation)
            name = f"sample/{group}/{operation.name.lower()}"
            u[mine] = uniforms(*self._address, name, request_index(asked[mine]))
        return u


class KeptCopies:
    """All copies where they are few, else those around episodes, while there is room.

    Parameters
    ----------
    replica : Replica
        Its episodes and pushes.
    window : Window
        What is played.
    edges : sequence of (int, int)
        Source and destination of every copy edge.
    """

    def __init__(self, replica: Replica, window: Window, *, edges: Sequence[tuple[int, int]]) -> None:
        sources = [source for source, _ in edges]
        most = max((sources.count(source) for source in set(sources)), default=0)
        pushes = replica.pushes_per_s * window.end_ns / NS_PER_S
        self._are_few = most * pushes <= _MOST_COPIES / 2
        self._stretches = (
            []
            if self._are_few
            else [
                (2 * episode.start_ns - episode.end_ns, 2 * episode.end_ns - episode.start_ns)
                for episode in replica.episodes
            ]
        )
        self._kept: list[NDArray[Any]] = [np.zeros(0, dtype=dtype_of("copies"))]
        self._left = _MOST_COPIES

    def add(self, copies: NDArray[Any]) -> None:
        """Keep what is wanted of copies that were done or lost."""
        near = np.full(len(copies), self._are_few)
        for start_ns, end_ns in self._stretches:
            near |= (copies["ack_ns"] >= start_ns) & (copies["ack_ns"] < end_ns)
        chosen = copies[near][: self._left]
        self._left -= len(chosen)
        rows = np.zeros(len(chosen), dtype=dtype_of("copies"))
        for name in set(rows.dtype.names or ()) & set(chosen.dtype.names or ()):
            rows[name] = chosen[name]
        self._kept.append(rows)

    def table(self) -> NDArray[Any]:
        """Table copies, by acknowledgement, source and destination."""
        rows = np.concatenate(self._kept)
        return rows[np.lexsort((rows["destination"], rows["source"], rows["ack_ns"]))]
