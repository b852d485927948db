"""Strata of the counted time, the windows that are played of them, and their weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from georep_sim.noise import uniform
from georep_sim.tables import NS_PER_S
from georep_sim.world.sample import phases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from georep_sim.world.sample import Episode, Span


@dataclass(frozen=True)
class Burst:
    """A stretch in which many requests come together."""

    name: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Window:
    """A stretch to be played, and the weight of what happens in it.

    Parameters
    ----------
    start_ns, end_ns : int
        Counted interval.
    weight : float
        Inverse of the chance of its instants to be played, times the weight of their span (Horvitz-Thompson).
    stratum : str
        Name of the stratum: burst, phase, backlog, fault rows, hour class.
    copies_only : bool
        Played for its copies: of requests there are none but pushes.
    mended_ns : int
        End of the last fault, where the window holds an episode whole; -2 where it does not reach to the end of
        the episode's backlog; -1 outside episodes.
    queue_ns : int
        Since when copies may be waiting that are still under way in the window; -1: since the usual warm-up.
    """

    start_ns: int
    end_ns: int
    weight: float
    stratum: str
    copies_only: bool = False
    mended_ns: int = -1
    queue_ns: int = -1


class _Piece(NamedTuple):
    """A stretch of one stratum within one span."""

    start_ns: int
    end_ns: int
    weight: float
    queue_ns: int


def choose(
    counted: Sequence[Span],
    found: Sequence[Episode],
    *,
    hour_class: NDArray[np.int64],
    names: Sequence[str],
    length_ns: Callable[[str, int, int], int],
    draw: tuple[int, int],
    name: str = "requests",
    bursts: Sequence[Burst] = (),
    count: int = 1,
) -> list[Window]:
    """Windows of every stratum of a replication.

    Parameters
    ----------
    counted, found : sequence of Span, of Episode
        From `sample.spans` and `sample.episodes`.
    hour_class : ndarray of int, shape (n_hours,)
        Class of each UTC hour of the horizon.
    names : sequence of str
        Fault rows by index.
    length_ns : callable (phase, start_ns, end_ns) -> int
        How long to play of a piece, all of it if that is shorter; the phase of a burst begins with ``burst``.
    draw : (int, int)
        Seed and replication that place the windows.
    name : str
        What the windows are for; part of the address of the draws.
    bursts : sequence of Burst
        Stretches that are strata of their own, sorted and disjoint: windows placed at random would hardly ever meet
        them.
    count : int
        Most windows of one stratum: no more than it has pieces, since episodes differ more than instants of one
        do; of quiet time, which is all alike, there is one.

    Returns
    -------
    list of Window
        Sorted by start.
    """
    strata: dict[tuple[str, str], list[_Piece]] = {}
    for span in counted:
        episode = found[span.episode] if span.episode >= 0 else None
        rows = "+".join(sorted(names[f] for f in episode.faults)) if episode else ""
        for phase, start, end in phases(span, found):
            for burst, c, d in _by_burst(start, end, bursts):
                for backlog, e, f in _by_backlog(c, d, episode):
                    for hours, a, b in _by_hour_class(e, f, hour_class, split=not (rows or burst)):
                        stratum = "/".join(filter(None, (burst, phase, backlog, rows, hours)))
                        queue_ns = episode.start_ns if episode and backlog else -1
                        strata.setdefault((burst or phase, stratum), []).append(_Piece(a, b, span.weight, queue_ns))
    windows: list[Window] = []
    for (phase, stratum), pieces in strata.items():
        cut = [_bins(piece, length_ns(phase, piece.start_ns, piece.end_ns)) for piece in pieces]
        most = 1 if phase == "quiet" else min(count, len(pieces))
        windows += _placed(stratum, pieces, cut, most, uniform(*draw, f"sample/{name}/{stratum}", 0))
    return sorted(windows, key=lambda w: w.start_ns)


def _by_burst(start: int, end: int, bursts: Sequence[Burst]) -> Iterable[tuple[str, int, int]]:
    """Pieces inside and outside bursts, the latter without a name."""
    clock = start
    for burst in bursts:
        low, high = max(burst.start_ns, clock), min(burst.end_ns, end)
        if high <= low:
            continue
        if low > clock:
            yield "", clock, low
        yield f"burst {burst.name}", low, high
        clock = high
    if clock < end:
        yield "", clock, end


def _by_backlog(start: int, end: int, episode: Episode | None) -> Iterable[tuple[str, int, int]]:
    """Pieces with copies held up and without."""
    since, until = episode.backlog if episode and episode.backlog else (end, end)
    low, high = min(max(since, start), end), min(max(until, start), end)
    pieces = (("", start, low), ("backlog", low, high), ("", max(low, high), end))
    return (piece for piece in pieces if piece[2] > piece[1])


def _by_hour_class(start: int, end: int, hour_class: NDArray[np.int64], *, split: bool) -> list[tuple[str, int, int]]:
    """Pieces of one hour class each, neighbours of one class joined; whole where not split or all one class."""
    if not split or hour_class.min() == hour_class.max():
        return [("", start, end)]
    hour = 3600 * NS_PER_S
    first, last = start // hour, (end - 1) // hour
    classes = hour_class[np.minimum(np.arange(first, last + 1), len(hour_class) - 1)]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(classes)) + 1))
    ends = np.append(starts[1:], len(classes))
    return [
        (f"hours {classes[s]}", int(max(start, (first + s) * hour)), int(min(end, (first + e) * hour)))
        for s, e in zip(starts, ends, strict=True)
    ]


def _bins(piece: _Piece, length_ns: int) -> int:
    return -(-(piece.end_ns - piece.start_ns) // max(1, length_ns))


def _placed(stratum: str, pieces: Sequence[_Piece], bins: Sequence[int], count: int, u: float) -> list[Window]:
    """Cut every piece into equal bins and choose some by systematic sampling along the joined pieces.

    A bin's expected number of hits is proportional to its length, so that every instant counts the same, edges too
    (the first seconds after a fault are an edge); the weight is the inverse of that, times the hits.
    """
    if sum(bins) <= count:
        hits = {(k, j): 1 for k, n in enumerate(bins) for j in range(n)}
        return [_bin(stratum, pieces[k], bins[k], j, pieces[k].weight) for k, j in hits]
    ends = np.cumsum([piece.end_ns - piece.start_ns for piece in pieces])
    total = int(ends[-1])
    chosen: Counter[tuple[int, int]] = Counter()
    for point in ((u + np.arange(count)) * (total / count)).astype(np.int64).tolist():
        k = int(np.searchsorted(ends, point, side="right"))
        within = point - int(ends[k]) + pieces[k].end_ns - pieces[k].start_ns
        chosen[k, min(within * bins[k] // (pieces[k].end_ns - pieces[k].start_ns), bins[k] - 1)] += 1
    out = []
    for (k, j), times in chosen.items():
        piece = pieces[k]
        chance = count * (piece.end_ns - piece.start_ns) / bins[k] / total
        out.append(_bin(stratum, piece, bins[k], j, piece.weight * times / chance))
    return out


def _bin(stratum: str, piece: _Piece, bins: int, j: int, weight: float) -> Window:
    length = piece.end_ns - piece.start_ns
    begin, finish = piece.start_ns + length * j // bins, piece.start_ns + length * (j + 1) // bins
    return Window(begin, finish, weight, stratum, queue_ns=piece.queue_ns)
