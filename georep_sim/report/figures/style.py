"""Colours, line styles and axes that every figure shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from georep_sim.report.numerals import scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Told apart with any colour vision: Okabe and Ito, "Color Universal Design", 2008, without its yellow.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Never colour alone: every line also has its own dash, every point its own marker.
DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 2)))
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
INK: Final = "#333333"
FAINT: Final = "#bbbbbb"

_MOST_TICKS: Final = 5


def colour(index: int) -> str:
    """Colour of the index-th thing drawn."""
    return COLOURS[index % len(COLOURS)]


def dash(index: int) -> str | tuple[int, tuple[int, ...]]:
    """Line style of the index-th thing drawn."""
    return DASHES[index % len(DASHES)]


def marker(index: int) -> str:
    """Marker of the index-th thing drawn."""
    return MARKERS[index % len(MARKERS)]


def tidy(ax: Axes, *, grid: str = "y") -> None:
    """Leave only what carries information: two spines and a faint grid along one axis."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_axisbelow(True)
    if grid in {"x", "y"}:
        ax.grid(visible=True, axis="x" if grid == "x" else "y", color=FAINT, linewidth=0.5, alpha=0.6)


def time_unit(length_s: float) -> tuple[float, str]:
    """Divisor and name of the unit in which an axis of that length is read."""
    divisor, label = scale_of(length_s / 3, "s")
    return divisor, label


class _Decades(LogLocator):
    """Ticks at decades; a short axis, which may hold none, gets 1, 2 and 5 of each."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        subs = (1.0, 2.0, 5.0) if vmax < 50.0 * vmin else (1.0,)
        return LogLocator(base=10.0, subs=subs, numticks=12).tick_values(vmin, vmax)


def show_seconds(ax: Axes) -> None:
    """Make the x axis logarithmic in seconds, with plain numbers at each decade, at 1, 2 and 5 if there are few."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(_Decades())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def show_nines(ax: Axes, *, axis: str, low: float, what: str, high: float = 1.0) -> None:
    """Make an axis logarithmic in a failing share, labelled by what remains: 90 %, 99 %, 99.9 %.

    Parameters
    ----------
    ax : Axes
        Axes whose data are failing shares in (0, 1].
    axis : {"x", "y"}
        Axis to set; it runs from worst to best.
    low, high : float
        Smallest and largest failing share to show.
    what : str
        Label of the axis.
    """
    worst = min(0, math.ceil(math.log10(high)))
    deepest = min(worst - 1, math.floor(math.log10(low)))
    step = -(-(worst - deepest) // _MOST_TICKS)
    ticks = [10.0**power for power in range(worst, deepest - 1, -step)]
    target = ax.xaxis if axis == "x" else ax.yaxis
    set_scale, set_limits, set_label = (
        (ax.set_xscale, ax.set_xlim, ax.set_xlabel) if axis == "x" else (ax.set_yscale, ax.set_ylim, ax.set_ylabel)
    )
    set_scale("log")
    target.set_major_locator(FixedLocator(ticks))
    target.set_minor_locator(NullLocator())
    target.set_major_formatter(FuncFormatter(lambda value, _: remaining(value)))
    set_limits(10.0**worst, 10.0**deepest * 0.7)
    set_label(what)


def remaining(failing: float) -> str:
    """Label of a tick at a failing share, a power of ten: 99.9 % up to four nines, then their number.

    Examples
    --------
    >>> remaining(1.0), remaining(0.001), remaining(1e-7)
    ('0 %', '99.9 %', '7 nines')
    """
    power = round(math.log10(failing))
    if power < -4:
        return f"{-power} nines"
    return f"{100 - 100 * 10.0**power:.{max(0, -power - 2)}f} %"
