"""Cumulative curves of latency: how many of the requests were done by when, before, during and after a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from georep_sim.histogram import middles_s
from georep_sim.report.figures.style import INK, colour, show_nines, show_seconds, tidy
from georep_sim.tables import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Phases of a request relative to the faults, and the dash of its curve.
PHASES: Final[dict[str, Literal["-", "--", ":"]]] = {"before": "-", "during": "--", "after": ":"}
_DEEPEST = 1e-4


def tail(
    latency_s: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of requests that take longer than each latency seen.

    Parameters
    ----------
    latency_s : ndarray, shape (n,)
        Latencies in any order; +inf = failed.
    weight : ndarray, shape (n,)
        Expected number of requests each row stands for.

    Returns
    -------
    at_s, longer : ndarray, shape (m,)
        Finite latencies in order, and the weighted share of requests beyond each. Failures stay in the share.
    """
    order = np.argsort(latency_s, kind="stable")
    sorted_s, sorted_weight = latency_s[order], weight[order]
    longer = 1.0 - np.cumsum(sorted_weight) / sorted_weight.sum()
    finite = np.isfinite(sorted_s)
    return sorted_s[finite], np.clip(longer[finite], 0.0, 1.0)


def latency_s(tallies: NDArray[Any]) -> NDArray[np.float64]:
    """Latency of the requests of each row in seconds, +inf where they failed."""
    return np.where(tallies["outcome"] == Outcome.OK, middles_s(tallies["bin"]), np.inf)


def latency_curves(
    tallies: Mapping[tuple[str, str], NDArray[Any]], ax: Axes, *, title: str = "", name_phases: bool = True
) -> None:
    """Draw one curve per design and phase: latency across, percentile up, both logarithmic.

    Parameters
    ----------
    tallies : mapping of (design, phase) to ndarray
        Rows of ``TABLES['tallies']`` of one client group and operation; phases are those of `PHASES`.
    ax : Axes
        Where to draw.
    title : str, optional
        Name of the client group.
    name_phases : bool, default True
        Whether the phase stands in the legend: not where there was never a fault.

    Notes
    -----
    A curve that stops below the top ends at the share that failed: those requests have no latency at all.
    """
    designs = list(dict.fromkeys(design for design, _ in tallies))
    none_done = []
    for (design, phase), rows in tallies.items():
        name = f"{design}, {phase}" if name_phases else design
        at_s, longer = tail(latency_s(rows), rows["weight"] * rows["requests"])
        if not len(at_s):
            none_done.append(f"{name}: every pull fails")
            continue
        index = designs.index(design)
        shown = np.maximum(longer, _DEEPEST / 2)
        (line,) = ax.step(at_s, shown, where="post", color=colour(index), linewidth=_width(index), label=name)
        line.set_linestyle(PHASES[phase])
        if longer[-1] > _DEEPEST:
            ax.plot(at_s[-1:], longer[-1:], marker="x", color=colour(index), markersize=6)
    if none_done:
        ax.text(
            0.98,
            0.02,
            "\n".join(none_done),
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            size="small",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )
    show_seconds(ax)
    show_nines(ax, axis="y", low=_DEEPEST, what="share of pulls done")
    ax.set_xlabel("time until the image is there [s]")
    ax.set_title(title, fontsize="medium")
    tidy(ax)


def _width(index: int) -> float:
    """Thinner for later designs, so that a curve beneath an equal one still shows."""
    return max(1.1, 2.6 - 0.9 * index)
