"""`results.plot.…`: the same figures by name, into given axes or new ones."""

from __future__ import annotations

import pytest

from georep_sim.errors import InputError
from georep_sim.report.canvas import new_figure
from georep_sim.report.plot import Plots
from support.finished_run import REPLICATED, FinishedRun


@pytest.fixture(scope="module")
def plot() -> Plots:
    return Plots(FinishedRun())


def test_a_plot_goes_into_the_axes_it_is_given(plot: Plots) -> None:
    ax = new_figure(5, 3).subplots()
    assert plot.timeline(design=REPLICATED, around="region-outage", ax=ax) is ax
    assert ax.get_title() == REPLICATED


@pytest.mark.parametrize("name", ["timeline", "latency", "nines", "cost"])
def test_every_plot_makes_axes_where_none_are_given(plot: Plots, name: str) -> None:
    ax = getattr(plot, name)()
    assert ax.get_xlabel()
    assert ax.get_legend() is not None


@pytest.mark.parametrize("name", ["lag", "backlog"])
def test_copies_are_drawn_of_the_design_asked_for(plot: Plots, name: str) -> None:
    ax = getattr(plot, name)(design=REPLICATED)
    assert [line.get_label() for line in ax.lines] == ["to westeurope", "to australiaeast"]


def test_an_unknown_design_is_told_with_those_there_are(plot: Plots) -> None:
    with pytest.raises(InputError, match="geo-redundant, geo-replicated"):
        plot.timeline(design="nope")


def test_a_fault_that_is_not_there_names_those_that_are(plot: Plots) -> None:
    with pytest.raises(InputError, match="no fault 'flood' in case base; there are region-outage"):
        plot.timeline(around="flood")
