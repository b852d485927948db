"""Where the money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.ticker import FuncFormatter

from georep_sim.report.figures.style import INK, colour, tidy
from georep_sim.report.numerals import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from georep_sim.report.rows import Estimate

#: Order of the parts in a bar, and the hatch that tells them apart without colour.
PARTS: Final = {"plan": "", "storage": "///", "transfer": "...", "requests": "xxx"}


def cost_stack(parts: Mapping[str, Mapping[str, Estimate]], total: Mapping[str, Estimate], ax: Axes) -> None:
    """Draw one stacked bar per design, the total written at its end with its interval.

    Parameters
    ----------
    parts : mapping of str to mapping of str to Estimate
        Part (``plan``, ``storage`` …) → design → cost of the part, USD a month.
    total : mapping of str to Estimate
        Design → whole cost with its 95 % interval.
    ax : Axes
        Where to draw.
    """
    designs = list(total)
    left = dict.fromkeys(designs, 0.0)
    for index, part in enumerate(sorted(parts, key=_order)):
        widths = [_amount(parts[part].get(design)) for design in designs]
        ax.barh(
            range(len(designs)),
            widths,
            left=list(left.values()),
            height=0.6,
            color=colour(index),
            hatch=PARTS.get(part, ""),
            edgecolor="white",
            linewidth=0.6,
            label=part,
        )
        left = {design: left[design] + width for design, width in zip(designs, widths, strict=True)}
    for row, design in enumerate(designs):
        _write_total(total[design], ax, row=row)
    ax.set_yticks(range(len(designs)), designs)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.3 * max([*left.values(), *(_shown_end(one) for one in total.values()), 1e-9]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel("cost [USD a month]")
    tidy(ax, grid="x")


def _write_total(one: Estimate, ax: Axes, *, row: int) -> None:
    if one.value != one.value:  # nan: a price is missing, and a bar that looks whole would mislead
        ax.annotate("not known: a price is missing", (0, row), xytext=(4, 0), textcoords="offset points", va="center")
        return
    end = _shown_end(one)
    if one.high > one.low:
        ax.errorbar(one.value, row, xerr=[[one.value - one.low], [end - one.value]], color=INK, capsize=3)
    if one.high > end:
        ax.plot([end], [row], marker=">", color=INK, markersize=5)
    ax.annotate(show(one.value, "USD"), (end, row), xytext=(8, 0), textcoords="offset points", va="center")


def _shown_end(one: Estimate) -> float:
    """Where an interval is cut: a bound far away must not shrink the bars to nothing."""
    value = _amount(one)
    return min(one.high, 2.0 * value) if one.high > value else value


def _amount(one: Estimate | None) -> float:
    return one.value if one is not None and one.value == one.value else 0.0


def _order(part: str) -> tuple[int, str]:
    return (list(PARTS).index(part) if part in PARTS else len(PARTS), part)
