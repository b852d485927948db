"""What figures draw: data, labels, units, intervals. Pictures themselves are not compared."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest

from georep_sim.histogram import bins_of
from georep_sim.report import figures
from georep_sim.report.around import faults_at_work, pull_series
from georep_sim.report.canvas import new_figure, settings
from georep_sim.report.figures.lag import backlog_bytes, lag_s
from georep_sim.report.figures.latency import tail
from georep_sim.report.figures.style import COLOURS, remaining, show_nines
from georep_sim.report.figures.world_map import Place, frame_of
from georep_sim.report.rows import Estimate
from georep_sim.tables import NS_PER_S, Outcome
from support.finished_run import FAULT_END_S, FAULT_START_S, REGIONS, filled, timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

HOUR_NS = 3600 * NS_PER_S


@pytest.fixture
def ax() -> Axes:
    return new_figure(6.0, 4.0).subplots()


def _estimate(value: float, low: float, high: float, *, design: str = "a", unit: str = "1") -> Estimate:
    return Estimate(design, value, low, high, unit, "mean", "simulated", "")


def _drawn(ax: Axes, label: str) -> tuple[NDArray[Any], NDArray[Any]]:
    line = next(line for line in ax.lines if line.get_label() == label)
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def _ticks(ax: Axes, axis: str) -> list[str]:
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure, not a subfigure
    labels = ax.get_xticklabels() if axis == "x" else ax.get_yticklabels()
    return [label.get_text() for label in labels]


class TestTimeline:
    def _draw(self, ax: Axes) -> None:
        one = timeline(REGIONS)
        figures.availability_timeline(
            one,
            pull_series(one),
            ax,
            start_ns=FAULT_START_S * NS_PER_S - 60 * NS_PER_S,
            end_ns=FAULT_END_S * NS_PER_S + HOUR_NS // 2,
            zero_ns=FAULT_START_S * NS_PER_S,
        )

    def test_success_falls_at_the_fault_and_climbs_over_one_ttl(self, ax: Axes) -> None:
        self._draw(ax)
        minutes, served = _drawn(ax, "eastus")
        # 100 % until the fault at 0, 0 % until detection at 115 s, then linearly up to 175 s.
        assert served[minutes < 0].tolist() == [100.0]
        assert np.interp([1.0, 115 / 60, 145 / 60, 3.0], minutes, served) == pytest.approx([0, 0, 50, 100])

    def test_other_regions_stay_served(self, ax: Axes) -> None:
        self._draw(ax)
        assert set(_drawn(ax, "westeurope")[1]) == {100.0}

    def test_the_fault_is_a_band_of_its_length_and_the_steps_are_ticks(self, ax: Axes) -> None:
        self._draw(ax)
        band = next(patch for patch in ax.patches if patch.get_label() == "region-outage")
        assert band.get_extents().width == pytest.approx(
            ax.transData.transform((120, 0))[0] - ax.transData.transform((0, 0))[0]
        )
        assert _drawn(ax, "detected")[0] == pytest.approx([115 / 60])
        assert _drawn(ax, "clients moved")[0] == pytest.approx([175 / 60])

    def test_steps_at_one_instant_stand_apart(self, ax: Axes) -> None:
        self._draw(ax)
        heights = [_drawn(ax, word)[1][0] for word in ("detected", "decided", "executed")]
        assert len(set(heights)) == 3

    def test_a_fault_that_left_a_design_alone_can_be_shaded(self, ax: Axes) -> None:
        one = timeline(REGIONS)
        untouched = replace(one, changes=one.changes[one.changes["cause"] < 0])
        span: Any = {"start_ns": 0, "end_ns": FAULT_END_S * NS_PER_S}
        figures.availability_timeline(untouched, {}, ax, **span)
        assert not ax.patches
        figures.availability_timeline(untouched, {}, ax, faults=faults_at_work([untouched, one]), **span)
        assert [patch.get_label() for patch in ax.patches] == ["region-outage"]

    def test_axes_have_units(self, ax: Axes) -> None:
        self._draw(ax)
        assert ax.get_xlabel() == "time since the fault began [min]"
        assert ax.get_ylabel() == "pulls served [%]"


class TestLatency:
    def _tallies(self, seconds: list[float], failed: int = 0) -> NDArray[Any]:
        bins = bins_of(np.array([round(s * NS_PER_S) for s in seconds]))
        rows = [{"weight": 1.0, "requests": 1, "bin": k, "outcome": Outcome.OK} for k in bins]
        if failed:
            rows.append({"weight": 1.0, "requests": failed, "bin": 0, "outcome": Outcome.TIMEOUT})
        return filled("tallies", rows)

    def test_the_tail_counts_weights_and_keeps_failures_in_the_share(self) -> None:
        at_s, longer = tail(np.array([2.0, 1.0, np.inf]), np.array([1.0, 2.0, 1.0]))
        assert at_s.tolist() == [1.0, 2.0]
        assert longer.tolist() == [0.5, 0.25]

    def test_each_design_and_phase_is_a_curve(self, ax: Axes) -> None:
        fast, slow = self._tallies([0.1, 0.2]), self._tallies([1.0, 2.0])
        figures.latency_curves({("a", "before"): fast, ("a", "during"): slow}, ax, title="eastus")
        assert _drawn(ax, "a, before")[0] == pytest.approx([0.1, 0.2], rel=0.0025)
        assert _drawn(ax, "a, during")[1][0] == pytest.approx(0.5)
        assert ax.get_title() == "eastus"
        assert ax.get_xlabel() == "time until the image is there [s]"
        assert ax.get_xscale() == "log"

    @pytest.mark.parametrize(
        ("seconds", "ticks"),
        [([0.5, 3.0], {"0.5", "1", "2"}), ([0.001, 100.0], {"0.001", "0.01", "0.1", "1", "10", "100"})],
    )
    def test_ticks_are_plain_seconds(self, ax: Axes, seconds: list[float], ticks: set[str]) -> None:
        figures.latency_curves({("a", "before"): self._tallies(seconds)}, ax)
        assert ticks <= set(_ticks(ax, "x"))
        assert len(_ticks(ax, "x")) <= 10

    def test_without_faults_no_phase_is_named(self, ax: Axes) -> None:
        figures.latency_curves({("a", "before"): self._tallies([1.0])}, ax, name_phases=False)
        assert ax.get_legend_handles_labels()[1] == ["a"]

    def test_a_phase_in_which_every_pull_fails_is_told_in_words(self, ax: Axes) -> None:
        figures.latency_curves({("a", "before"): self._tallies([1.0]), ("a", "during"): self._tallies([], 3)}, ax)
        assert [text.get_text() for text in ax.texts] == ["a, during: every pull fails"]

    def test_a_curve_with_failures_ends_in_a_cross(self, ax: Axes) -> None:
        figures.latency_curves({("a", "before"): self._tallies([1.0, 2.0, 3.0], failed=1)}, ax)
        (cross,) = [line for line in ax.lines if line.get_marker() == "x"]
        assert np.asarray(cross.get_ydata()).tolist() == [0.25]


class TestLag:
    # Pushed at 0, 100 and 200 s; copied at 10, 400 and 400 s.
    COPIES = filled(
        "copies",
        [
            {"bytes": 5.0, "ack_ns": ack * NS_PER_S, "done_ns": done * NS_PER_S}
            for ack, done in ((0, 10), (100, 400), (200, 400))
        ],
    )

    def test_lag_is_the_age_of_the_oldest_push_not_yet_copied(self) -> None:
        at_ns = np.array([0, 5, 50, 100, 250, 399, 400]) * NS_PER_S
        assert lag_s(self.COPIES, at_ns).tolist() == [0, 5, 0, 0, 150, 299, 0]

    def test_backlog_is_what_was_acknowledged_less_what_is_done(self) -> None:
        at_ns = np.array([5, 50, 150, 250, 400]) * NS_PER_S
        assert backlog_bytes(self.COPIES, at_ns).tolist() == [5, 0, 5, 10, 0]

    def test_a_copy_never_made_waits_for_ever(self) -> None:
        rows = self.COPIES.copy()
        rows["done_ns"][1] = -1
        assert backlog_bytes(rows, np.array([1000 * NS_PER_S])).tolist() == [5]
        assert lag_s(rows, np.array([1000 * NS_PER_S])).tolist() == [900]

    def test_the_unit_of_a_backlog_suits_its_neighbour(self, ax: Axes) -> None:
        options: dict[str, Any] = {"start_ns": 0, "end_ns": 600 * NS_PER_S, "faults_ns": []}
        figures.backlog({"westeurope": self.COPIES}, ax, largest_bytes=3e12, **options)
        assert ax.get_ylabel() == "backlog [TB]"

    def test_labels_carry_the_unit_that_fits(self, ax: Axes) -> None:
        faults = [(100 * NS_PER_S, 400 * NS_PER_S)]
        figures.lag({"westeurope": self.COPIES}, ax, start_ns=0, end_ns=600 * NS_PER_S, faults_ns=faults)
        assert ax.get_ylabel() == "replication lag [min]"
        assert ax.get_xlabel() == "time since the fault began [min]"
        minutes, lag = _drawn(ax, "to westeurope")
        assert minutes[0] == pytest.approx(-100 / 60)
        assert lag.max() == pytest.approx(300 / 60, rel=0.01)

    def test_backlog_is_in_bytes(self, ax: Axes) -> None:
        rows = self.COPIES.copy()
        rows["bytes"] = 2e9
        figures.backlog({"westeurope": rows}, ax, start_ns=0, end_ns=600 * NS_PER_S, faults_ns=[])
        assert ax.get_ylabel() == "backlog [GB]"
        assert _drawn(ax, "to westeurope")[1].max() == pytest.approx(4.0)


class TestNines:
    def test_each_nine_has_the_same_width(self, ax: Axes) -> None:
        show_nines(ax, axis="x", low=1e-4, what="pulls served")
        assert _ticks(ax, "x") == ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]
        ends = [ax.transData.transform((10.0**-power, 1))[0] for power in range(5)]
        assert np.diff(ends) == pytest.approx(np.diff(ends)[0])
        assert ends[0] < ends[4]

    def test_many_decades_are_thinned(self, ax: Axes) -> None:
        show_nines(ax, axis="x", low=1e-12, what="kept")
        assert len(_ticks(ax, "x")) <= 6

    def test_deep_ticks_are_named_by_their_nines(self) -> None:
        assert [remaining(10.0**-n) for n in (3, 4, 5, 11)] == ["99.9 %", "99.99 %", "5 nines", "11 nines"]

    def test_points_and_intervals_are_unavailability(self, ax: Axes) -> None:
        rows = {"all clients": {"a": _estimate(0.999, 0.99, 0.9999), "b": _estimate(0.99, 0.9, 0.999, design="b")}}
        figures.unavailability(rows, ax)
        assert _drawn(ax, "a")[0] == pytest.approx([1e-3])
        assert _drawn(ax, "b")[0] == pytest.approx([1e-2])
        intervals = [np.asarray(line.get_xdata()) for line in ax.lines if len(np.asarray(line.get_xdata())) == 2]
        assert intervals[0] == pytest.approx([1e-4, 1e-2])
        assert _ticks(ax, "y") == ["all clients"]

    def test_an_interval_that_reaches_all_has_an_arrow(self, ax: Axes) -> None:
        figures.unavailability({"all clients": {"a": _estimate(1.0, 0.999, 1.0)}}, ax)
        assert any(line.get_marker() == ">" for line in ax.lines)

    def test_a_closed_form_is_hollow_and_named_so(self, ax: Axes) -> None:
        nothing = math.nan
        rows = {
            "exact": {"a": _estimate(1e-9, nothing, nothing)},
            "simulated": {"a": _estimate(0.0, 0.0, 1e-6)},
        }
        figures.loss_nines(rows, ax)
        labels = ax.get_legend_handles_labels()[1]
        assert labels == ["exact, or by stages", "simulated, 95 % interval"]
        closed = [
            line for line in ax.lines if line.get_markerfacecolor() == "white" and len(np.asarray(line.get_xdata()))
        ]
        assert np.asarray(closed[0].get_xdata()) == pytest.approx([1e-9], abs=0.0)
        bound = [line for line in ax.lines if line.get_marker() == "|" and len(np.asarray(line.get_xdata()))]
        assert np.asarray(bound[0].get_xdata()) == pytest.approx([1e-6])

    def test_a_closed_form_beyond_eighteen_nines_stands_at_the_edge_in_words(self, ax: Axes) -> None:
        nothing = math.nan
        figures.loss_nines({"exact": {"a": _estimate(1.8e-28, nothing, nothing)}}, ax)
        assert _ticks(ax, "x")[-1] == "18 nines"
        assert [text.get_text() for text in ax.texts] == ["28 nines"]
        assert any(line.get_marker() == ">" for line in ax.lines)


class TestMap:
    PLACES = (Place("eastus", -79.8, 37.4, 1, 12.0), Place("westeurope", 4.9, 52.4, 0, 3.0), Place("idle", 20, 0, 1, 0))

    def _draw(self, ax: Axes, **options: Any) -> None:
        links = {("eastus", "westeurope"): 2e12, ("eastus", "idle"): 1e12}
        figures.region_map(self.PLACES, links, ax, coastline=[[(0.0, 40.0), (1.0, 41.0)], [(170.0, -80.0)]], **options)

    def test_a_link_is_as_wide_as_its_bytes(self, ax: Axes) -> None:
        self._draw(ax)
        widths = {str(line.get_label()): line.get_linewidth() for line in ax.lines}
        assert widths["_eastus - westeurope"] == pytest.approx(2 * widths["_eastus - idle"])

    def test_maps_can_share_one_scale(self, ax: Axes) -> None:
        self._draw(ax, most_bytes=4e12)
        widths = {str(line.get_label()): line.get_linewidth() for line in ax.lines}
        assert widths["_eastus - westeurope"] == pytest.approx(2.5)

    def test_rings_grow_with_pulls_and_places_and_sizes_are_named(self, ax: Axes) -> None:
        self._draw(ax)
        texts = [text.get_text() for text in ax.texts]
        assert texts == ["eastus", "westeurope", "idle", "2.00 TB/y", "1.00 TB/y"]
        assert ax.get_xlabel() == "longitude [°]"
        labels = ax.get_legend_handles_labels()[1]
        assert labels == ["site", "clients, by pulls", "bytes a year"]

    def test_only_lines_that_carry_something_are_named(self, ax: Axes) -> None:
        links = {("eastus", "westeurope"): 2e12, ("eastus", "idle"): 1.9e10}
        figures.region_map(self.PLACES, links, ax, coastline=[])
        assert [text.get_text() for text in ax.texts if "/y" in text.get_text()] == ["2.00 TB/y"]

    def test_words_do_not_cover_each_other(self, ax: Axes) -> None:
        near = (Place("westus", -122.0, 37.8, 1, 0.0), Place("eastus", -79.8, 37.4, 1, 5.0), self.PLACES[1])
        links = {("eastus", "westeurope"): 2e12, ("westeurope", "westus"): 1e12, ("eastus", "westus"): 1e12}
        figures.region_map(near, links, ax, coastline=[])
        ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure, not a subfigure
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))

    def test_only_the_coast_on_the_map_is_drawn(self, ax: Axes) -> None:
        self._draw(ax)
        assert not any(170.0 in np.asarray(line.get_xdata()) for line in ax.lines)

    def test_the_frame_stays_on_the_globe(self) -> None:
        assert frame_of([Place("a", 179.0, 88.0, 1, 0), Place("b", -179.0, -88.0, 1, 0)]) == (-180, 180, -90, 90)
        assert frame_of([]).holds(0.0, 0.0)


class TestCost:
    def _draw(self, ax: Axes, total: Estimate) -> None:
        parts = {
            "transfer": {"a": _estimate(30, 30, 30, unit="USD/month")},
            "plan": {"a": _estimate(50, 50, 50, unit="USD/month")},
        }
        figures.cost_stack(parts, {"a": total}, ax)

    def test_parts_stack_up_in_their_fixed_order(self, ax: Axes) -> None:
        self._draw(ax, _estimate(80, 75, 90, unit="USD/month"))
        spans = [(patch.get_x(), patch.get_width()) for patch in ax.patches]  # type: ignore[attr-defined]  # bars
        assert spans == [(0.0, 50.0), (50.0, 30.0)]
        assert ax.get_legend_handles_labels()[1] == ["plan", "transfer"]
        assert ax.get_xlabel() == "cost [USD a month]"

    def test_the_total_is_written_with_its_interval_drawn(self, ax: Axes) -> None:
        self._draw(ax, _estimate(80, 75, 90, unit="USD/month"))
        assert [text.get_text() for text in ax.texts] == ["80.0 USD"]
        (bar,) = [container for container in ax.containers if hasattr(container, "has_xerr")]
        assert bar.has_xerr

    def test_an_interval_far_beyond_the_value_is_cut_with_an_arrow(self, ax: Axes) -> None:
        self._draw(ax, _estimate(80, 10, 9_000, unit="USD/month"))
        assert ax.get_xlim()[1] == pytest.approx(1.3 * 160)
        assert any(line.get_marker() == ">" for line in ax.lines)

    def test_a_missing_price_is_said_and_not_drawn_as_nothing(self, ax: Axes) -> None:
        self._draw(ax, _estimate(math.nan, math.nan, math.nan, unit="USD/month"))
        assert "not known" in ax.texts[0].get_text()


def test_drawing_leaves_the_users_style_alone() -> None:
    before = dict(mpl.rcParams)
    with settings():
        pass
    assert dict(mpl.rcParams) == before


def test_colours_differ_in_lightness_or_hue_and_are_never_alone() -> None:
    assert len(set(COLOURS)) == len(COLOURS)
