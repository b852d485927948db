"""Figures of durability: what losses are made of, and which rates they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from georep_sim.report.canvas import Plate, new_figure, settings
from georep_sim.report.figures import loss_budget, tornado
from georep_sim.report.figures.losses import ALL_CAUSES, bars_of
from georep_sim.report.lost import budget_of
from georep_sim.report.rows import Key, designs_of, estimates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from georep_sim.loss.durability import Durability
    from georep_sim.report.rows import Estimate
    from georep_sim.report.subject import LossSubject

    Budgets = Mapping[str, Mapping[str, Estimate]]

_WIDTH: Final = 9.0
_COLUMNS: Final = 2


def loss_plates(results: LossSubject) -> list[Plate]:
    """Draw what the durability of every case's designs is made of and depends on, and nothing else."""
    cases = list(results.scenario.cases)
    with settings():
        return [
            plate
            for case in cases
            for plate in loss_plates_of(
                results.metrics, results.losses, case, prefix=f"{case}-" if len(cases) > 1 else ""
            )
        ]


def loss_plates_of(
    metrics: pd.DataFrame, losses: Mapping[tuple[str, str], Durability], case: str, *, prefix: str = ""
) -> Iterator[Plate]:
    """Draw the two figures of one case; one whose numbers are missing is left out.

    Parameters
    ----------
    metrics : DataFrame
        Table of that name in ``TABLES``.
    losses : mapping of (str, str) to Durability
        By case and design.
    case : str
        Case to draw.
    prefix : str
        Begins the names of the plates.
    """
    yield from _budget(metrics, case, f"{prefix}loss-budget")
    slopes = {design: found.sensitivities for (of, design), found in losses.items() if of == case}
    yield from _tornado({design: of for design, of in slopes.items() if of}, f"{prefix}loss-tornado")


def budgets(metrics: pd.DataFrame, case: str) -> tuple[Budgets, Budgets]:
    """Chance of losing a blob by design and cause, the sum of all among them: without simulation, and by it."""
    closed: dict[str, dict[str, Estimate]] = {}
    simulated: dict[str, dict[str, Estimate]] = {}
    for design in designs_of(metrics, case):
        for method in ("exact", "phase_type", "simulated"):
            rows = budget_of(metrics, case, design, method=method)
            key = Key("durability", "annual_loss_probability", method=method)
            total = estimates(metrics, case, key).get(design)
            if rows and total is not None:
                (simulated if method == "simulated" else closed)[design] = {ALL_CAUSES: total} | rows
    return closed, simulated


def _budget(metrics: pd.DataFrame, case: str, name: str) -> Iterator[Plate]:
    closed, simulated = budgets(metrics, case)
    known = {**simulated, **closed}
    if not known:
        return
    causes = {cause for of in (closed, simulated) for rows in of.values() for cause in rows}
    figure = new_figure(_WIDTH, 1.3 + (0.22 + 0.1 * len(known)) * len(causes))
    ax = figure.subplots()
    loss_budget(closed, simulated, ax)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    yield Plate(
        name,
        "What losses are made of",
        "Chance of losing a blob within a year by cause; further left is better. A loss that took several causes is "
        f"joint. {'Markers are exact, or by stages. ' if closed else ''}"
        f"{'Lines are 95 % intervals of the simulation; an arrow from a bar means that no loss was seen. ' if simulated else ''}"
        "A lone arrow at the left edge is smaller than can be drawn.",
        "; ".join(
            f"{design}: " + ", ".join(f"{cause} {row.value:.2g}" for cause, row in rows.items())
            for design, rows in known.items()
        )
        + ".",
        figure,
    )


def _tornado(slopes: Mapping[str, Mapping[str, float]], name: str) -> Iterator[Plate]:
    if not slopes:
        return
    columns = min(_COLUMNS, len(slopes))
    lines = -(-len(slopes) // columns)
    most = max(1, *(len(bars_of(of)) for of in slopes.values()))
    figure = new_figure(_WIDTH, 0.8 + lines * (0.9 + 0.26 * most))
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    legend: dict[str, Any] = {}
    for ax, (design, of) in zip(axes, slopes.items(), strict=False):
        tornado(of, ax)
        ax.set_title(design)
        # Bars of all designs are of one height, and their lengths are of one scale.
        ax.set_ylim(most - 0.4, -0.6)
        legend |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    reach = max(ax.get_xlim()[1] for ax in axes[: len(slopes)])
    for ax in axes[: len(slopes)]:
        ax.set_xlim(1.0 / reach, reach)
    for ax in axes[len(slopes) :]:
        ax.set_visible(False)
    figure.legend(list(legend.values()), list(legend), loc="outside lower center", ncols=2)
    yield Plate(
        name,
        "Which rates the losses depend on",
        "By how much the chance of loss changes when one rate is doubled, or halved, by the slope at the present values. A "
        "rate of repair that is doubled is a repair in half the time.",
        "; ".join(
            f"{design}: " + ", ".join(f"{rate} to the power {of[rate]:.2g}" for rate in bars_of(of))
            for design, of in slopes.items()
        )
        + ".",
        figure,
    )
