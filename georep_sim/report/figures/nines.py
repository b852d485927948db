"""Availability and durability in nines, on a logarithmic scale of what fails."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from georep_sim.report.figures.style import INK, colour, marker, show_nines, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from georep_sim.report.rows import Estimate

_BEST_SHOWN: Final = 1e-9
# Beyond this no reader tells one number from the next, and what will happen has long been left out.
_MOST_NINES: Final = 18


def unavailability(rows: Mapping[str, Mapping[str, Estimate]], ax: Axes) -> None:
    """Draw availability with its 95 % interval, one line per client region, one marker per design.

    Parameters
    ----------
    rows : mapping of str to mapping of str to Estimate
        Client region (or "all clients") → design → availability as a share.
    ax : Axes
        Where to draw.

    Notes
    -----
    The axis is logarithmic in what fails, so that each nine has the same width. An interval that reaches
    100 % is drawn to the edge, with an arrow.
    """
    failing = [1.0 - one.value for of in rows.values() for one in of.values()]
    ends = [1.0 - share for of in rows.values() for one in of.values() for share in _ends(one)]
    low = max(_BEST_SHOWN, min([share for share in (*failing, *ends) if share > 0], default=1e-4))
    worst = max(*failing, *ends, 1e-2)
    show_nines(ax, axis="x", low=low, high=min(1.0, worst), what="pulls served")
    edge = min(ax.get_xlim())
    designs = list(dict.fromkeys(design for of in rows.values() for design in of))
    for place, of in enumerate(rows.values()):
        for index, design in enumerate(designs):
            if design in of:
                y = place + min(0.22, 0.8 / len(designs)) * (index - (len(designs) - 1) / 2)
                _point(of[design], ax, y=y, index=index, edge=edge, label=design if place == 0 else None)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    tidy(ax, grid="x")


def _ends(one: Estimate) -> tuple[float, float]:
    """Interval of an estimate; its value where it has none (a closed form)."""
    return (one.value, one.value) if math.isnan(one.low) or math.isnan(one.high) else (one.low, one.high)


def _point(one: Estimate, ax: Axes, *, y: float, index: int, edge: float, label: str | None) -> None:
    lowest, highest = _ends(one)
    best, value, worst = (max(1.0 - share, edge) for share in (highest, one.value, lowest))
    ax.plot([best, worst], [y, y], color=colour(index), linewidth=1.4)
    if 1.0 - highest < edge:
        ax.plot([edge], [y], marker=">", color=colour(index), markersize=5, clip_on=False)
    ax.plot([value], [y], marker=marker(index), color=colour(index), linestyle="", label=label, clip_on=False)


def loss_nines(rows: Mapping[str, Mapping[str, Estimate]], ax: Axes) -> None:
    """Draw the chance of losing a blob within a year, by design and method.

    Parameters
    ----------
    rows : mapping of str to mapping of str to Estimate
        Method (``exact``, ``phase_type``, ``simulated``) → design → annual loss probability.
    ax : Axes
        Where to draw.

    Notes
    -----
    What was solved for is a hollow marker. What was simulated is drawn as its interval, from the upper bound down with an
    arrow where no loss was seen: that is all the run proves. The axis ends at 18 nines; what is beyond it stands at the
    edge, with its nines in words.
    """
    designs = list(dict.fromkeys(design for of in rows.values() for design in of))
    shown = [share for of in rows.values() for one in of.values() for share in (one.value, _ends(one)[1]) if share > 0]
    worst = max(shown, default=1e-3)
    least = max(min(shown, default=1e-3), 10.0**-_MOST_NINES)
    show_nines(ax, axis="x", low=least, high=min(1.0, 10 * max(worst, least)), what="blobs kept for a year")
    edge = min(ax.get_xlim())
    for method, of in rows.items():
        for place, design in enumerate(designs):
            if design in of:
                _draw_loss(of[design], ax, y=place, closed=method != "simulated", edge=edge)
    _legend_entries(ax, rows)
    ax.set_yticks(range(len(designs)), designs)
    ax.set_ylim(len(designs) - 0.4, -0.6)
    tidy(ax, grid="x")


def _draw_loss(one: Estimate, ax: Axes, *, y: float, closed: bool, edge: float) -> None:
    if closed:
        _draw_closed(one.value, ax, y=y - 0.12, edge=edge)
        return
    low, high = (max(share, edge) for share in _ends(one))
    ax.plot([high, low], [y + 0.12] * 2, color=INK, linewidth=1.4)
    ax.plot([high], [y + 0.12], marker="|", color=INK, markersize=9)
    if low <= edge:
        ax.plot([edge], [y + 0.12], marker=">", color=INK, markersize=5, clip_on=False)
    if one.value > edge:
        ax.plot([one.value], [y + 0.12], marker="s", color=INK, markersize=5)


def _draw_closed(value: float, ax: Axes, *, y: float, edge: float) -> None:
    beyond = value < edge
    at, shape = (edge, ">") if beyond else (value, "o")
    ax.plot([at], [y], marker=shape, markerfacecolor="white", color=INK, linestyle="", clip_on=False)
    if beyond:
        ax.annotate(
            f"{-math.log10(value):.0f} nines" if value > 0.0 else "no loss",
            (at, y),
            xytext=(-8, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize="small",
        )


def _legend_entries(ax: Axes, rows: Mapping[str, Mapping[str, Estimate]]) -> None:
    if any(method != "simulated" for method in rows):
        ax.plot(
            [],
            [],
            marker="o",
            markerfacecolor="white",
            color=INK,
            linestyle="",
            label="exact, or by stages",
        )
    if "simulated" in rows:
        ax.plot([], [], marker="|", markersize=9, color=INK, label="simulated, 95 % interval")
