"""Availability through a fault: what share of each client group is served, and when the recovery took its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from matplotlib.transforms import blended_transform_factory

from georep_sim.report.episode import at_work
from georep_sim.report.figures.style import FAINT, INK, colour, dash, tidy, time_unit
from georep_sim.tables import NS_PER_S, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from georep_sim.measures.success import Series
    from georep_sim.tables import Timeline


class Tick(NamedTuple):
    """How a step of a recovery is drawn: marker, height in the axes so that steps at one instant stay apart, word."""

    shape: str
    height: float
    word: str


#: Steps that control marks. Clients that keep to the TTL have moved one TTL after a step was executed.
TICKS: Final = {
    Mark.DETECTED: Tick("v", 0.97, "detected"),
    Mark.DECIDED: Tick("d", 0.90, "decided"),
    Mark.EXECUTED: Tick("o", 0.83, "executed"),
    Mark.RECOVERED: Tick("^", 0.97, "site back"),
}
MOVED: Final = Tick(">", 0.76, "clients moved")
_HATCHES: Final = ("////", "....", "xxxx", "----", "++++")


def availability_timeline(
    timeline: Timeline,
    series: Mapping[str, Series],
    ax: Axes,
    *,
    start_ns: int,
    end_ns: int,
    zero_ns: int | None = None,
    faults: NDArray[Any] | None = None,
) -> None:
    """Draw the virtual success probability of each client group, fault bands behind it and recovery ticks above.

    Parameters
    ----------
    timeline : Timeline
        Control state of one design; gives bands and ticks.
    series : mapping of str to Series
        Success probability by client group, as `measures.success.success_series` gives it.
    ax : Axes
        Where to draw.
    start_ns, end_ns : int
        Interval to show.
    zero_ns : int, optional
        Instant called zero on the axis; default `start_ns`.
    faults : ndarray, optional
        Rows of ``TABLES['faults']`` to shade; default those that did something to this design.
    """
    zero = start_ns if zero_ns is None else zero_ns
    unit_s, unit = time_unit((end_ns - start_ns) / NS_PER_S)
    scale = unit_s * NS_PER_S
    rows = timeline.faults[at_work(timeline)] if faults is None else faults
    _bands(rows, timeline.fault_names, ax, start_ns=start_ns, end_ns=end_ns, zero_ns=zero, scale=scale)
    for index, (cohort, one) in enumerate(series.items()):
        time_ns, success = _clipped(one, start_ns, end_ns)
        ax.plot(
            (time_ns - zero) / scale,
            100 * success,
            color=colour(index),
            linestyle=dash(index),
            linewidth=1.6,
            label=cohort,
        )
    _ticks(timeline, ax, start_ns=start_ns, end_ns=end_ns, zero_ns=zero, scale=scale)
    ax.set_xlim((start_ns - zero) / scale, (end_ns - zero) / scale)
    ax.set_ylim(-3, 143)
    ax.set_yticks([0, 50, 100])
    ax.set_xlabel(f"time since the fault began [{unit}]")
    ax.set_ylabel("pulls served [%]")
    tidy(ax)


def _clipped(series: Series, start_ns: int, end_ns: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Corners of the curve within an interval, two points at each break: the limit from the left, then the right."""
    inside = (series.time_ns > start_ns) & (series.time_ns < end_ns)
    times = np.repeat(series.time_ns[inside], 2)
    values = np.column_stack((series.left[inside], series.right[inside])).ravel()
    first, last = series.at(start_ns)[1], series.at(end_ns)[0]
    return np.concatenate(([start_ns], times, [end_ns])), np.concatenate(([first], values, [last]))


def _bands(
    rows: NDArray[Any], names: Sequence[str], ax: Axes, *, start_ns: int, end_ns: int, zero_ns: int, scale: float
) -> None:
    """Shade the windows of faults, one hatch per fault row, each row named once in the legend."""
    rows = rows[(rows["start_ns"] < end_ns) & (rows["end_ns"] > start_ns)]
    shown = sorted(set(rows["fault"].tolist()))
    named: set[int] = set()
    for row in rows:
        fault = int(row["fault"])
        label = None if fault in named else names[fault]
        named.add(fault)
        ax.axvspan(
            (max(int(row["start_ns"]), start_ns) - zero_ns) / scale,
            (min(int(row["end_ns"]), end_ns) - zero_ns) / scale,
            facecolor=FAINT,
            edgecolor=INK,
            alpha=0.25,
            hatch=_HATCHES[shown.index(fault) % len(_HATCHES)],
            linewidth=0,
            label=label,
            zorder=0,
        )


def _ticks(timeline: Timeline, ax: Axes, *, start_ns: int, end_ns: int, zero_ns: int, scale: float) -> None:
    across = blended_transform_factory(ax.transData, ax.transAxes)
    marks = timeline.marks
    moved_ns = marks["time_ns"][marks["mark"] == Mark.EXECUTED] + round(timeline.topology.ttl_s * NS_PER_S)
    steps = [(tick, marks["time_ns"][marks["mark"] == mark]) for mark, tick in TICKS.items()]
    for tick, times in (*steps, (MOVED, moved_ns)):
        shown = np.unique(times[(times >= start_ns) & (times <= end_ns)])
        if len(shown):
            x = (shown - zero_ns) / scale
            height = np.full(len(x), tick.height)
            ax.plot(
                x, height, linestyle="", marker=tick.shape, markersize=5, color=INK, transform=across, label=tick.word
            )
            ax.vlines(x, 0, tick.height, transform=across, color=INK, linewidth=0.6, linestyle=":")
