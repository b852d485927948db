"""Which single requests and copies of a full play are kept, to be looked at one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from georep_sim.draws.requests import request_index
from georep_sim.tables import NS_PER_S, dtype_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georep_sim.world.replica import Replica
    from georep_sim.world.strata import Window

_MOST_REQUESTS: Final = 20_000
# Where as many are expected, this many more fall into the sample about once in 10**9 runs.
_SPARE_DEVIATIONS: Final = 6.0
_MOST_COPIES: Final = 200_000
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11))
_WORD: Final = 2.0**53


class RequestSample:
    """Every request with the same chance, by its address alone: the same for every design and however it is played.

    Parameters
    ----------
    expected : float
        Expected number of requests.
    from_ns : int
        Those that arrive before are left out.
    """

    def __init__(self, expected: float, *, from_ns: int) -> None:
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
            chosen &= _spread(asked) < self.share
        places = np.flatnonzero(chosen)[: max(0, self.places - used)]
        rows = np.full(len(asked), -1, dtype=np.int64)
        rows[places] = used + np.arange(len(places))
        return rows


def _spread(asked: NDArray[Any]) -> NDArray[np.float64]:
    """Number in [0, 1) of each request, from its address.

    Notes
    -----
    The finaliser of SplitMix64: every bit of the address changes every bit of the number with a chance of about a half.
    It is not among the model's draws, which no sample must touch.
    """
    kind = asked["cohort"].astype(np.uint64) * np.uint64(4) + asked["operation"].astype(np.uint64)
    z = (request_index(asked).view(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + (kind << np.uint64(48))
    z = (z ^ (z >> _SHIFTS[0])) * _FIRST
    z = (z ^ (z >> _SHIFTS[1])) * _SECOND
    return np.asarray(((z ^ (z >> _SHIFTS[2])) >> _SHIFTS[3]) / _WORD, dtype=np.float64)


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
