"""The figures of a report: which rows go into which picture, with its caption and its words for the blind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from georep_sim.report import around
from georep_sim.report.canvas import Plate, new_figure, settings
from georep_sim.report.episode import by_design, telling_episode
from georep_sim.report.figures import cost_stack, latency_curves, loss_nines, unavailability
from georep_sim.report.loss_plates import loss_plates_of
from georep_sim.report.mapped import maps
from georep_sim.report.numerals import show
from georep_sim.report.phases import MEANING, by_phase
from georep_sim.report.rows import Estimate, Key, designs_of, estimates
from georep_sim.tables import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from georep_sim.report.subject import Subject
    from georep_sim.tables import Recording

_WIDTH: Final = 9.0


def plates_of(results: Subject) -> list[Plate]:
    """Draw every figure that the tables of a run allow.

    Parameters
    ----------
    results : Subject
        A run. A figure whose rows are missing is left out.

    Returns
    -------
    list of Plate
        By case, in reading order. Names begin with the case where there are several.
    """
    cases = list(results.scenario.cases)
    with settings():
        return [plate for case in cases for plate in _of_case(results, case, f"{case}-" if len(cases) > 1 else "")]


def _of_case(results: Subject, case: str, prefix: str) -> Iterator[Plate]:
    recordings = by_design(results.recordings, case)
    played = telling_episode(recordings.values(), with_copies=True)
    # One occurrence in both pictures if any was played; control states alone need no traffic.
    episode = played or telling_episode(recordings.values())
    if episode is not None:
        yield around.availability(recordings, episode, name=f"{prefix}availability-timeline")
    yield from _nines(results.metrics, case, f"{prefix}nines")
    yield from loss_plates_of(results.metrics, results.losses, case, prefix=prefix)
    yield from _latency(recordings, f"{prefix}latency")
    if played is not None:
        yield from around.replication(recordings, played, name=f"{prefix}replication")
    yield from maps(results.scenario.cases[case].environment.regions, recordings, name=f"{prefix}map")
    yield from _cost(results.metrics, case, f"{prefix}cost")


def _nines(metrics: pd.DataFrame, case: str, name: str) -> Iterator[Plate]:
    served = served_rows(metrics, case)
    kept = _loss(metrics, case)
    if not served and not kept:
        return
    designs = max(map(len, (served or kept).values()))
    figure = new_figure(_WIDTH, 1.2 + (0.3 + 0.1 * designs) * max(len(served), 3))
    panels = [bool(served), bool(kept)]
    axes = iter(figure.subplots(1, sum(panels), squeeze=False)[0])
    if served:
        ax = next(axes)
        unavailability(served, ax)
        ax.set_title("availability of pulls")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    if kept:
        ax = next(axes)
        loss_nines(kept, ax)
        ax.set_title("durability")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower right")
    yield Plate(
        name,
        "Nines",
        f"Each step to the right is one nine more. Bars are 95 % intervals. {_how_kept(kept)}",
        _nines_in_words(served, kept),
        figure,
    )


def _how_kept(kept: Mapping[str, Mapping[str, Estimate]]) -> str:
    """What to know of the durability panel."""
    said = []
    if set(kept) - {"simulated"}:
        said.append("the hollow marker is solved for, not sampled")
    if "simulated" in kept:
        said.append("the bar is the 95 % interval of the simulation")
    return f"Durability: {'; '.join(said)}." if said else ""


def served_rows(metrics: pd.DataFrame, case: str) -> dict[str, dict[str, Estimate]]:
    """Availability of pulls by client region, all clients first, then by design; weighted by requests if measured so."""
    statistic = "request_weighted" if estimates(metrics, case, _availability("request_weighted")) else "time_weighted"
    served = {"all clients": estimates(metrics, case, _availability(statistic))}
    mine = metrics[(metrics["case"] == case) & (metrics["metric"] == "availability")]
    for region in (str(region) for region in mine["region"].unique() if region):
        served[region] = estimates(metrics, case, _availability(statistic, region))
    return {label: rows for label, rows in served.items() if rows}


def _availability(statistic: str, region: str = "") -> Key:
    return Key("availability", statistic, "pull", region=region)


def _loss(metrics: pd.DataFrame, case: str) -> dict[str, dict[str, Estimate]]:
    found = {
        method: estimates(metrics, case, Key("durability", "annual_loss_probability", method=method))
        for method in ("exact", "phase_type", "simulated")
    }
    return {method: rows for method, rows in found.items() if rows}


def _nines_in_words(served: Mapping[str, Mapping[str, Estimate]], kept: Mapping[str, Mapping[str, Estimate]]) -> str:
    parts = [
        f"{label}, {design}: {show(row.value, '1')} of pulls served"
        for label, rows in served.items()
        for design, row in rows.items()
    ]
    parts += [
        f"{design}, {method}: chance of losing a blob in a year {show(row.value, '1', statistic=row.statistic)}"
        for method, rows in kept.items()
        for design, row in rows.items()
    ]
    return "; ".join(parts) + "."


def _latency(recordings: Mapping[str, Recording], name: str) -> Iterator[Plate]:
    if not recordings:
        return
    topology = next(iter(recordings.values())).topology
    panels = {}
    for cohort, label in enumerate(topology.cohorts):
        found = {
            (design, phase): rows
            for design, recording in recordings.items()
            for phase, rows in by_phase(recording, cohort=cohort, operation=Operation.PULL).items()
        }
        if found:
            panels[label] = found
    if not panels:
        return
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = new_figure(_WIDTH, 0.9 + 2.9 * lines)
    axes = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
    legend: dict[str, Any] = {}
    faulty = any(phase != "before" for found in panels.values() for _, phase in found)
    for place, (ax, (label, found)) in enumerate(zip(axes, panels.items(), strict=False)):
        latency_curves(found, ax, title=label, name_phases=faulty)
        across = ax.get_xlabel()
        ax.label_outer()
        if place + columns >= len(panels):  # nothing below it
            ax.tick_params(labelbottom=True)
            ax.set_xlabel(across)
        legend |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    figure.legend(list(legend.values()), list(legend), loc="outside lower center", ncols=3)
    yield Plate(
        name,
        f"Pull latency{' before, during and after faults' if faulty else ''}",
        f"Share of pulls done within a time, by client group. {MEANING if faulty else ''}"
        "A curve that ends in a cross leaves the share of failed pulls above it.",
        f"Cumulative latency curves of pulls for {', '.join(panels)}, one per design{' and phase' if faulty else ''}.",
        figure,
    )


def _cost(metrics: pd.DataFrame, case: str, name: str) -> Iterator[Plate]:
    total = estimates(metrics, case, Key("cost", "total"))
    mine = metrics[(metrics["case"] == case) & (metrics["metric"] == "cost")]
    parts = {
        str(part): estimates(metrics, case, Key("cost", "total", part=str(part)))
        for part in mine["part"].unique()
        if part
    }
    if not total:
        return
    ordered = {design: total[design] for design in designs_of(metrics, case) if design in total}
    figure = new_figure(_WIDTH, 1.2 + 0.5 * len(ordered))
    ax = figure.subplots()
    cost_stack(parts, ordered, ax)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    yield Plate(
        name,
        "Cost",
        "Monthly cost by part; the bar at the end is the 95 % interval of the total.",
        "; ".join(f"{design}: {show(row.value, row.unit)}" for design, row in ordered.items()) + ".",
        figure,
    )
