"""Plots by name on a finished run: ``results.plot.timeline(around="region-outage", ax=ax)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.errors import InputError
from georep_sim.report import figures
from georep_sim.report.around import copies_through, faults_through, pull_series, replication_span, whole_view
from georep_sim.report.canvas import new_figure
from georep_sim.report.episode import by_design, telling_episode
from georep_sim.report.loss_plates import budgets
from georep_sim.report.phases import by_phase
from georep_sim.report.plates import served_rows
from georep_sim.report.rows import Key, estimates
from georep_sim.tables import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from georep_sim.report.episode import Episode
    from georep_sim.report.subject import LossSubject, Subject
    from georep_sim.tables import Recording


class Plots:
    """Figures of one run; each method draws into `ax`, or into a new figure, and returns the axes.

    Parameters
    ----------
    results : Subject
        The run.
    """

    def __init__(self, results: Subject) -> None:
        self._results = results

    def timeline(
        self, *, design: str | None = None, around: str | None = None, case: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the availability of each client group through a fault.

        Parameters
        ----------
        design : str, optional
            Default: the first.
        around : str, optional
            Name of a fault row; default the one that costs clients most.
        case : str, optional
            Default: the first.
        ax : Axes, optional
            Where to draw.
        """
        recordings = self._recordings(case)
        name = _chosen(design, recordings)
        episode = _episode(recordings, around, case=self._case(case))
        timeline = episode.timeline(recordings[name])
        series = {of: pull_series(episode.timeline(one)) for of, one in recordings.items()}
        start, end = whole_view(series, episode)
        ax = ax or _new_axes()
        figures.availability_timeline(timeline, series[name], ax, start_ns=start, end_ns=end, zero_ns=episode.start_ns)
        ax.set_title(name)
        ax.legend()
        return ax

    def latency(self, cohort: str | None = None, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the cumulative latency of pulls of a client group, all designs, before, during and after faults."""
        recordings = self._recordings(case)
        names = next(iter(recordings.values())).topology.cohorts
        index = names.index(_chosen(cohort, names))
        tallies = {
            (design, phase): rows
            for design, recording in recordings.items()
            for phase, rows in by_phase(recording, cohort=index, operation=Operation.PULL).items()
        }
        ax = ax or _new_axes()
        figures.latency_curves(tallies, ax, title=names[index])
        ax.legend()
        return ax

    def lag(
        self, *, design: str | None = None, around: str | None = None, case: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the replication lag of a design through a fault; parameters as in `timeline`."""
        return self._copies(design, around, case, ax, is_backlog=False)

    def backlog(
        self, *, design: str | None = None, around: str | None = None, case: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the bytes that wait to be copied through a fault; parameters as in `timeline`."""
        return self._copies(design, around, case, ax, is_backlog=True)

    def nines(self, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the availability of pulls by client region in nines, with intervals."""
        ax = ax or _new_axes()
        figures.unavailability(served_rows(self._results.metrics, self._case(case)), ax)
        ax.legend()
        return ax

    def cost(self, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the monthly cost of each design in parts."""
        metrics, name = self._results.metrics, self._case(case)
        mine = metrics[(metrics["case"] == name) & (metrics["metric"] == "cost")]
        parts = {
            str(part): estimates(metrics, name, Key("cost", "total", part=str(part)))
            for part in mine["part"].unique()
            if part
        }
        ax = ax or _new_axes()
        figures.cost_stack(parts, estimates(metrics, name, Key("cost", "total")), ax)
        ax.legend()
        return ax

    def budget(self, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw what the chance of losing a blob is made of; parameters as in `LossPlots.budget`."""
        return LossPlots(self._results).budget(case=case, ax=ax)

    def tornado(self, design: str | None = None, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw which rates the losses of a design depend on; parameters as in `LossPlots.tornado`."""
        return LossPlots(self._results).tornado(design, case=case, ax=ax)

    def _copies(
        self, design: str | None, around: str | None, case: str | None, ax: Axes | None, *, is_backlog: bool
    ) -> Axes:
        recordings = self._recordings(case)
        name = _chosen(design, recordings)
        episode = _episode(recordings, around, case=self._case(case), with_copies=True)
        copies = copies_through(recordings[name], episode)
        start, end = replication_span({name: copies}, episode)
        faults = faults_through(episode.timeline(recordings[name]), episode)
        draw = figures.backlog if is_backlog else figures.lag
        ax = ax or _new_axes()
        draw(copies, ax, start_ns=start, end_ns=end, faults_ns=faults)
        ax.set_title(name)
        return ax

    def _case(self, case: str | None) -> str:
        return _chosen(case, self._results.scenario.cases)

    def _recordings(self, case: str | None) -> dict[str, Recording]:
        return by_design(self._results.recordings, self._case(case))


class LossPlots:
    """Figures of durability; each method draws into `ax`, or into a new figure, and returns the axes.

    Parameters
    ----------
    results : LossSubject
        What was found.
    """

    def __init__(self, results: LossSubject) -> None:
        self._results = results

    def budget(self, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the chance of losing a blob by cause, all designs.

        Parameters
        ----------
        case : str, optional
            Default: the first.
        ax : Axes, optional
            Where to draw.
        """
        name = _chosen(case, self._results.scenario.cases)
        ax = ax or _new_axes()
        figures.loss_budget(*budgets(self._results.metrics, name), ax)
        ax.legend()
        return ax

    def tornado(self, design: str | None = None, *, case: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw by how much the loss of a design changes with each rate.

        Parameters
        ----------
        design : str, optional
            Default: the first.
        case, ax
            As in `budget`.

        Raises
        ------
        InputError
            If the design has no exact answer, which the slopes come from.
        """
        name = _chosen(case, self._results.scenario.cases)
        slopes = {of: found.sensitivities for (where, of), found in self._results.losses.items() if where == name}
        chosen = _chosen(design, slopes)
        if not slopes[chosen]:
            msg = f"no slopes of {chosen!r}: they come from an exact answer, which it has not"
            raise InputError(msg)
        ax = ax or _new_axes()
        figures.tornado(slopes[chosen], ax)
        ax.set_title(chosen)
        ax.legend()
        return ax


def _chosen(name: str | None, known: Iterable[str]) -> str:
    names = list(known)
    if name is not None and name not in names:
        msg = f"no {name!r}; there are {', '.join(names)}"
        raise InputError(msg)
    return name if name is not None else str(names[0])


def _episode(recordings: dict[str, Recording], around: str | None, *, case: str, with_copies: bool = False) -> Episode:
    known = next(iter(recordings.values())).fault_names
    if around is not None and around not in known:
        msg = f"no fault {around!r} in case {case}; there are {', '.join(known) or 'none'}"
        raise InputError(msg)
    episode = telling_episode(list(recordings.values()), around=around, with_copies=with_copies)
    if episode is None:
        what = f"of {around!r} " if around else ""
        msg = f"no episode {what}in the timelines that were kept of case {case}; look at another fault, or run more replications"
        raise InputError(msg)
    return episode


def _new_axes() -> Axes:
    return new_figure(7.0, 3.5).subplots()
