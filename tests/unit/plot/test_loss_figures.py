"""What the figures of durability draw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from georep_sim.errors import InputError
from georep_sim.report.canvas import new_figure
from georep_sim.report.figures import loss_budget, tornado
from georep_sim.report.loss_plates import budgets, loss_plates
from georep_sim.report.plot import LossPlots
from support.found_losses import CHAIN, EXACT, PLAYED, FoundLosses, loss_metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@pytest.fixture
def ax() -> Axes:
    return new_figure(6.0, 4.0).subplots()


def _markers(ax: Axes, shape: str) -> list[float]:
    lines = [line for line in ax.lines if line.get_marker() == shape and len(np.asarray(line.get_xdata()))]
    return [float(np.asarray(line.get_xdata())[0]) for line in lines]


def test_every_cause_has_a_line_all_causes_first(ax: Axes) -> None:
    loss_budget(*budgets(loss_metrics(), "base"), ax)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["all causes", "zone-fire", "disk", "joint", "batch", "rack-fire"]


def test_markers_stand_at_the_values_and_intervals_at_their_ends(ax: Axes) -> None:
    loss_budget(*budgets(loss_metrics(), "base"), ax)
    assert sorted(_markers(ax, "o")) == pytest.approx(sorted([*EXACT.values(), 1e-9]), abs=0.0)
    assert sorted(_markers(ax, "s")) == pytest.approx([1e-12, 4e-12, 5e-12], abs=0.0)
    ends = [tuple(np.asarray(line.get_xdata())) for line in ax.lines if len(np.asarray(line.get_xdata())) == 2]
    assert (3e-12, 5e-12) in ends


def test_what_was_never_seen_is_an_arrow_from_its_bound(ax: Axes) -> None:
    loss_budget(*budgets(loss_metrics(), "base"), ax)
    assert _markers(ax, "|") == pytest.approx([2e-13], abs=0.0)
    assert len(_markers(ax, "<")) == 1


def test_causes_twelve_decades_below_stand_at_the_edge(ax: Axes) -> None:
    closed, _ = budgets(loss_metrics(), "base")
    tiny = {CHAIN: dict(closed[CHAIN])}
    tiny[CHAIN]["joint"] = replace(tiny[CHAIN]["joint"], value=1e-40)
    loss_budget(tiny, {}, ax)
    assert _markers(ax, "<") == pytest.approx([1e-21], rel=1e-9, abs=0.0)


def test_a_total_is_never_cut_off(ax: Axes) -> None:
    closed, _ = budgets(loss_metrics(), "base")
    safe = {cause: replace(row, value=row.value * 1e-14) for cause, row in closed[CHAIN].items()}
    safe["joint"] = replace(safe["joint"], value=1e-40)
    loss_budget({CHAIN: closed[CHAIN], "with a copy far away": safe}, {}, ax)
    assert min(_markers(ax, "s")) == pytest.approx(
        min(row.value for row in safe.values() if row.value > 1e-26), abs=0.0
    )
    assert safe["all causes"].value in _markers(ax, "s")
    assert _markers(ax, "<") == pytest.approx([safe["all causes"].value / 100.0], rel=1e-9, abs=0.0)


def test_a_bar_ends_at_two_to_the_power_of_the_slope(ax: Axes) -> None:
    tornado({"repair": -0.5, "disk": 2.0, "nothing": 1e-4}, ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["disk", "repair"]
    ends = [patch.get_x() + patch.get_width() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert ends == pytest.approx([4.0, 0.25, 2.0**-0.5, 2.0**0.5])


def test_a_report_has_both_and_none_for_a_design_without_slopes() -> None:
    plates = {plate.name: plate for plate in loss_plates(FoundLosses())}
    assert list(plates) == ["loss-budget", "loss-tornado"]
    assert [axes.get_title(loc="left") or axes.get_title() for axes in plates["loss-tornado"].figure.axes] == [CHAIN]
    assert "zone-fire 8.3e-10" in plates["loss-budget"].alt


def test_plots_by_name_draw_the_same(ax: Axes) -> None:
    plots = LossPlots(FoundLosses())
    assert plots.budget(ax=ax) is ax
    assert plots.tornado(CHAIN).get_title() == CHAIN


@pytest.mark.parametrize(("design", "told"), [(PLAYED, "no slopes of"), ("nope", "no 'nope'; there are")])
def test_a_tornado_that_cannot_be_drawn_says_why(design: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        LossPlots(FoundLosses()).tornado(design)
