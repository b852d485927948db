"""Replication through an outage: how far behind the copies are, and how many bytes wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from georep_sim.report.figures.style import FAINT, colour, dash, tidy, time_unit
from georep_sim.report.numerals import scale_of
from georep_sim.tables import NEVER_NS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_POINTS = 600


def _done_ns(copies: NDArray[Any]) -> NDArray[np.int64]:
    return np.where(copies["done_ns"] < 0, NEVER_NS, copies["done_ns"]).astype(np.int64)


def lag_s(copies: NDArray[Any], at_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Age of the oldest acknowledged push that is not yet copied, at given instants.

    Parameters
    ----------
    copies : ndarray
        Rows of ``TABLES['copies']`` to one destination, every push of the interval among them.
    at_ns : ndarray of int64, shape (n,)
        Instants, increasing.

    Returns
    -------
    ndarray of float64, shape (n,)
        Seconds; 0 where nothing waits.
    """
    order = np.argsort(copies["ack_ns"], kind="stable")
    acks, dones = copies["ack_ns"][order], _done_ns(copies)[order]
    known = np.searchsorted(acks, at_ns, side="right")
    out = np.zeros(len(at_ns))
    for k, (instant, n) in enumerate(zip(at_ns.tolist(), known.tolist(), strict=True)):
        waiting = dones[:n] > instant
        if waiting.any():
            out[k] = (instant - int(acks[int(waiting.argmax())])) / NS_PER_S
    return out


def backlog_bytes(copies: NDArray[Any], at_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bytes acknowledged but not yet copied, at given instants, shape (n,)."""
    arrived = np.argsort(copies["ack_ns"], kind="stable")
    done_ns = _done_ns(copies)
    left = np.argsort(done_ns, kind="stable")
    come = np.concatenate(([0.0], np.cumsum(copies["bytes"][arrived])))
    gone = np.concatenate(([0.0], np.cumsum(copies["bytes"][left])))
    waiting = (
        come[np.searchsorted(copies["ack_ns"][arrived], at_ns, side="right")]
        - gone[np.searchsorted(done_ns[left], at_ns, side="right")]
    )
    return np.asarray(np.maximum(waiting, 0.0), dtype=np.float64)


def largest_backlog_bytes(copies: Mapping[str, NDArray[Any]], *, start_ns: int, end_ns: int) -> float:
    """Largest backlog to any destination in an interval, on the grid that is drawn."""
    at_ns = np.linspace(start_ns, end_ns, _POINTS).astype(np.int64)
    return max((float(backlog_bytes(rows, at_ns).max()) for rows in copies.values()), default=0.0)


def lag(
    copies: Mapping[str, NDArray[Any]],
    ax: Axes,
    *,
    start_ns: int,
    end_ns: int,
    faults_ns: Sequence[tuple[int, int]],
    names: Sequence[str] = (),
) -> None:
    """Draw the replication lag to each destination over an interval, the outage shaded.

    Parameters
    ----------
    copies : mapping of str to ndarray
        Rows of ``TABLES['copies']`` by the name of the destination, of one replication.
    ax : Axes
        Where to draw.
    start_ns, end_ns : int
        Interval to show; the axis counts from the first fault.
    faults_ns : sequence of (int, int)
        Fault windows to shade; the first begins at zero.
    names : sequence of str, optional
        Destinations in the order of colours, for one legend over several axes; default those of `copies`.
    """
    at_ns = np.linspace(start_ns, end_ns, _POINTS).astype(np.int64)
    series = {name: lag_s(rows, at_ns) for name, rows in copies.items()}
    # The unit of the axis across: side by side, panels of one interval have one unit.
    unit_s, unit = time_unit((end_ns - start_ns) / NS_PER_S)
    lines = {name: one / unit_s for name, one in series.items()}
    _draw(lines, ax, at_ns=at_ns, faults_ns=faults_ns, names=names or list(lines))
    ax.set_ylabel(f"replication lag [{unit}]")


def backlog(
    copies: Mapping[str, NDArray[Any]],
    ax: Axes,
    *,
    start_ns: int,
    end_ns: int,
    faults_ns: Sequence[tuple[int, int]],
    names: Sequence[str] = (),
    largest_bytes: float = 0.0,
) -> None:
    """Draw the bytes that wait for each destination over an interval, the outage shaded.

    Parameters as in `lag`; `largest_bytes` is a backlog in another panel that the unit must suit as well.
    """
    at_ns = np.linspace(start_ns, end_ns, _POINTS).astype(np.int64)
    series = {name: backlog_bytes(rows, at_ns) for name, rows in copies.items()}
    scale = scale_of(max((largest_bytes, *(float(one.max()) for one in series.values()))), "B")
    lines = {name: one / scale.divisor for name, one in series.items()}
    _draw(lines, ax, at_ns=at_ns, faults_ns=faults_ns, names=names or list(lines))
    ax.set_ylabel(f"backlog [{scale.label}]")


def _draw(
    lines: Mapping[str, NDArray[np.float64]],
    ax: Axes,
    *,
    at_ns: NDArray[np.int64],
    faults_ns: Sequence[tuple[int, int]],
    names: Sequence[str],
) -> None:
    zero = faults_ns[0][0] if faults_ns else int(at_ns[0])
    unit_s, unit = time_unit((int(at_ns[-1]) - int(at_ns[0])) / NS_PER_S)
    scale = unit_s * NS_PER_S
    first, last = int(at_ns[0]), int(at_ns[-1])
    for begin, end in faults_ns:
        ax.axvspan(
            (max(begin, first) - zero) / scale, (min(end, last) - zero) / scale, color=FAINT, alpha=0.35, zorder=0
        )
    for name, values in lines.items():
        index = names.index(name)
        x = (at_ns - zero) / scale
        ax.plot(x, values, color=colour(index), linestyle=dash(index), linewidth=1.6, label=f"to {name}")
    ax.set_xlim((first - zero) / scale, (last - zero) / scale)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"time since the fault began [{unit}]")
    tidy(ax)
