"""What losses are made of, and what they depend on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from georep_sim.report.figures.style import INK, colour, marker, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from georep_sim.report.rows import Estimate

#: Name of the line that all causes make up.
ALL_CAUSES: Final = "all causes"

# Causes that are as many decades below the largest number, and a hundredth of any total, are drawn at the edge: nobody
# can act on them.
_DECADES: Final = 12
_OF_A_TOTAL: Final = 0.01
_MOST_BARS: Final = 12
# Rates with less influence than this per doubling have no bar.
_LEAST_SLOPE: Final = 0.005


def loss_budget(
    closed: Mapping[str, Mapping[str, Estimate]], simulated: Mapping[str, Mapping[str, Estimate]], ax: Axes
) -> None:
    """Draw the chance of losing a blob by cause: a marker per design, intervals of the simulation under it.

    Parameters
    ----------
    closed, simulated : mapping of str to mapping of str to Estimate
        Design → cause → annual loss probability, without and with simulation; `ALL_CAUSES` is the sum. Either
        may lack designs.
    ax : Axes
        Where to draw.

    Notes
    -----
    The axis is logarithmic. What was never seen is drawn from its bound to the left, with an arrow; a cause that is
    twelve decades below the largest number, and two below any total, stands at the edge, with an arrow too.
    """
    designs = list(dict.fromkeys((*closed, *simulated)))
    causes = _ordered(closed, simulated)
    numbers = [
        n for of in (closed, simulated) for rows in of.values() for row in rows.values() for n in (row.value, row.high)
    ]
    positive = [number for number in numbers if 0.0 < number < math.inf]
    most = max(positive, default=1.0)
    totals = [rows[ALL_CAUSES].value for of in (closed, simulated) for rows in of.values() if ALL_CAUSES in rows]
    least = min((total for total in totals if total > 0.0), default=most)
    edge = max(min(positive, default=1e-3) / 10.0, min(most * 10.0**-_DECADES, least * _OF_A_TOTAL))
    for index, design in enumerate(designs):
        shift = min(0.25, 0.8 / len(designs)) * (index - (len(designs) - 1) / 2)
        for place, cause in enumerate(causes):
            known = closed.get(design, {}).get(cause)
            played = simulated.get(design, {}).get(cause)
            if played is not None:
                _interval(played, ax, y=place + shift, index=index, edge=edge, is_alone=known is None)
            if known is not None:
                _dot(known.value, ax, y=place + shift, index=index, edge=edge)
        ax.plot([], [], marker=marker(index), color=colour(index), linestyle="", label=design)
    if simulated:
        ax.plot([], [], color=INK, linewidth=1.4, label="simulated, 95 % interval")
    ax.set_xscale("log")
    ax.set_xlim(edge * 0.7, 5.0 * most)
    ax.xaxis.set_major_locator(LogLocator(base=10.0, numticks=8))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    ax.set_xlabel("chance of losing a blob in a year")
    ax.set_yticks(range(len(causes)), causes)
    ax.set_ylim(len(causes) - 0.4, -0.6)
    if len(causes) > 1:
        ax.axhline(0.5, color=INK, linewidth=0.6)
    tidy(ax, grid="x")


def _ordered(*found: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """All causes first, then each by the most that it does to any design."""
    worst: dict[str, float] = {}
    for of in found:
        for rows in of.values():
            for cause, row in rows.items():
                worst[cause] = max(worst.get(cause, 0.0), row.value)
    return sorted(worst, key=lambda cause: (cause != ALL_CAUSES, -worst[cause]))


def _dot(value: float, ax: Axes, *, y: float, index: int, edge: float) -> None:
    if value >= edge:
        ax.plot([value], [y], marker=marker(index), color=colour(index), linestyle="", markersize=6, clip_on=False)
    elif value > 0.0:
        ax.plot([edge], [y], marker="<", color=colour(index), linestyle="", markersize=5, clip_on=False)


def _interval(row: Estimate, ax: Axes, *, y: float, index: int, edge: float, is_alone: bool) -> None:
    low, high = (row.value, row.value) if math.isnan(row.low) else (row.low, row.high)
    if high < edge:
        return
    line = y if is_alone else y + 0.09
    ax.plot([max(low, edge), high], [line, line], color=colour(index), linewidth=1.4)
    if low < edge:
        ax.plot([high], [line], marker="|", color=colour(index), markersize=6)
        ax.plot([edge], [line], marker="<", color=colour(index), markersize=4, clip_on=False)
    if is_alone:
        _dot(row.value, ax, y=y, index=index, edge=edge)


def tornado(slopes: Mapping[str, float], ax: Axes) -> None:
    """Draw by how much the loss changes when each rate is doubled, and when it is halved.

    Parameters
    ----------
    slopes : mapping of str to float
        Rate → d log P / d log rate.
    ax : Axes
        Where to draw.

    Notes
    -----
    A bar ends at two to the power of the slope, and at its inverse: what the slope here gives for a factor of two. The
    twelve rates that matter most are drawn.
    """
    shown = bars_of(slopes)
    for place, name in enumerate(shown):
        slope = slopes[name]
        for index, (power, label) in enumerate(((slope, "rate doubled"), (-slope, "rate halved"))):
            ax.barh(
                place,
                2.0**power - 1.0,
                left=1.0,
                height=0.6,
                color=colour(1 - index),
                hatch="" if index == 0 else "///",
                edgecolor="white",
                linewidth=0.6,
                label=label if place == 0 else None,
            )
    reach = 2.0 ** max([1.0, *(abs(slopes[name]) for name in shown)])
    ax.axvline(1.0, color=INK, linewidth=0.8)
    ax.set_xscale("log", base=2)
    ax.set_xlim(1.0 / (1.15 * reach), 1.15 * reach)
    ax.xaxis.set_major_formatter(FuncFormatter(_factor))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("the chance of loss changes by this factor")
    ax.set_yticks(range(len(shown)), shown)
    ax.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    tidy(ax, grid="x")


def bars_of(slopes: Mapping[str, float]) -> list[str]:
    """Rates that have a bar in a tornado, the one that matters most first."""
    seen = [name for name in slopes if abs(slopes[name]) >= _LEAST_SLOPE]
    return sorted(seen, key=lambda name: -abs(slopes[name]))[:_MOST_BARS]


def _factor(value: float, _place: object) -> str:
    return f"{value:g}" if value >= 1.0 else f"1/{1.0 / value:g}"
