"""Pictures of one fault at close range: service and replication through it, all designs on one clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

import numpy as np

from georep_sim.measures.success import success_series
from georep_sim.report.canvas import Plate, new_figure
from georep_sim.report.episode import at_work, harm_s, recovered_ns
from georep_sim.report.figures import availability_timeline, backlog, lag
from georep_sim.report.figures.lag import largest_backlog_bytes
from georep_sim.report.numerals import show
from georep_sim.tables import NS_PER_S, CopyStatus, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from georep_sim.measures.success import Series
    from georep_sim.report.episode import Episode
    from georep_sim.tables import Recording, Timeline

_WIDTH: Final = 9.0
_CLOSE_NS: Final = 120 * NS_PER_S
_WORTH_A_CLOSE_LOOK: Final = 4


class _Span(TypedDict):
    """What the panels of one picture share."""

    start_ns: int
    end_ns: int
    faults_ns: list[tuple[int, int]]
    names: list[str]


def availability(recordings: Mapping[str, Recording], episode: Episode, *, name: str) -> Plate:
    """Draw the availability timelines of all designs: the whole fault, and its first minutes where much happens.

    Parameters
    ----------
    recordings : mapping of str to Recording
        By design.
    episode : Episode
        Fault to look at.
    name : str
        Name of the plate.
    """
    timelines = {design: episode.timeline(recording) for design, recording in recordings.items()}
    series = {design: pull_series(timeline) for design, timeline in timelines.items()}
    spans = views(series, episode)
    faults = faults_at_work(timelines.values())
    figure = new_figure(_WIDTH, 1.0 + 1.7 * len(timelines))
    axes = figure.subplots(len(timelines), len(spans), squeeze=False, sharey=True, sharex="col")
    legend: dict[str, Any] = {}
    for row, (design, timeline) in zip(axes, timelines.items(), strict=True):
        for ax, (start, end) in zip(row, spans, strict=True):
            availability_timeline(
                timeline, series[design], ax, start_ns=start, end_ns=end, zero_ns=episode.start_ns, faults=faults
            )
            legend |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
            ax.label_outer()
        row[0].set_title(design)
    if len(spans) > 1:
        axes[0][1].set_title("the first minutes")
    figure.legend(list(legend.values()), list(legend), loc="outside lower center", ncols=6)
    return Plate(
        name,
        f"Availability through {episode.fault} of {episode.target}",
        f"Share of pulls that would be served, by client group, through one occurrence of {episode.fault} "
        f"(replication {episode.replication}{', forced' if episode.row >= 0 else ''}; of those that tell the designs "
        "apart, one of middle length). Shaded: faults. Ticks: when the outage was detected, the failover decided and "
        "executed, when clients that keep to the TTL had moved, when the site was back.",
        _in_words(series, episode),
        figure,
    )


def faults_at_work(timelines: Iterable[Timeline]) -> NDArray[Any]:
    """Fault windows that did something to at least one design, each once: rows of ``TABLES['faults']``."""
    rows = np.concatenate([timeline.faults[at_work(timeline)] for timeline in timelines])
    # A window is one event of the environment; designs differ in whether it met something that was up.
    _, first = np.unique(rows[["fault", "target", "start_ns", "end_ns"]], return_index=True)
    return np.asarray(rows[np.sort(first)])


def pull_series(timeline: Timeline) -> dict[str, Series]:
    """Success probability of pulls by client group."""
    return {
        cohort: success_series(timeline, index, Operation.PULL)
        for index, cohort in enumerate(timeline.topology.cohorts)
    }


def whole_view(series: Mapping[str, Mapping[str, Series]], episode: Episode) -> tuple[int, int]:
    """Interval from shortly before the fault to after its end and the recovery, in ns."""
    last = min(int(one.time_ns[-1]) for of in series.values() for one in of.values())
    length = _length(episode)
    return max(0, episode.start_ns - length // 10), min(last, episode.start_ns + length + length // 5)


def views(series: Mapping[str, Mapping[str, Series]], episode: Episode) -> list[tuple[int, int]]:
    """Intervals to show: the whole, and a close one where a design recovers early."""
    start, last = whole_view(series, episode)
    times = [recovered_ns(one, *_span(episode)) - episode.start_ns for of in series.values() for one in of.values()]
    early = [time for time in times if 0 < time * _WORTH_A_CLOSE_LOOK < _length(episode)]
    if not early:
        return [(start, last)]
    close = max(_CLOSE_NS, max(early) * 3 // 2)
    return [(start, last), (max(0, episode.start_ns - close // 10), min(last, episode.start_ns + close))]


def _length(episode: Episode) -> int:
    return max(episode.end_ns, episode.recovered_ns) - episode.start_ns


def _span(episode: Episode) -> tuple[int, int]:
    return episode.start_ns, max(episode.end_ns, episode.recovered_ns)


def _in_words(series: Mapping[str, Mapping[str, Series]], episode: Episode) -> str:
    start, end = _span(episode)
    length = show((end - start) / NS_PER_S, "s")
    parts = [
        f"{design}, clients {cohort}: {show(harm_s(one, start, end), 's')} without service"
        for design, of in series.items()
        for cohort, one in of.items()
    ]
    return f"In the {length} from the start of {episode.fault}: " + "; ".join(parts) + "."


def replication(recordings: Mapping[str, Recording], episode: Episode, *, name: str) -> Iterator[Plate]:
    """Draw replication lag and backlog through a fault, one column per design that copies."""
    copies = {design: copies_through(recording, episode) for design, recording in recordings.items()}
    copies = {design: rows for design, rows in copies.items() if rows}
    if not copies:
        return
    start, end = replication_span(copies, episode)
    names = list(dict.fromkeys(destination for rows in copies.values() for destination in rows))
    figure = new_figure(_WIDTH, 4.8)
    axes = figure.subplots(2, len(copies), squeeze=False, sharex=True, sharey="row")
    largest = max(largest_backlog_bytes(rows, start_ns=start, end_ns=end) for rows in copies.values())
    legend: dict[str, Any] = {}
    for column, (design, rows) in enumerate(copies.items()):
        faults = faults_through(episode.timeline(recordings[design]), episode)
        span: _Span = {"start_ns": start, "end_ns": end, "faults_ns": faults, "names": names}
        lag(rows, axes[0][column], **span)
        backlog(rows, axes[1][column], largest_bytes=largest, **span)
        for ax in axes[:, column]:
            legend |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
        axes[0][column].set_title(design)
    for ax in axes[:, 0]:
        ax.autoscale(axis="y")  # over all panels of its row
        ax.set_ylim(bottom=0)
    label = axes[1][0].get_xlabel()
    for ax in axes.ravel():
        ax.label_outer()
        ax.set_xlabel("")
    figure.supxlabel(label, fontsize="medium")
    figure.legend(list(legend.values()), list(legend), loc="outside upper center", ncols=5)
    yield Plate(
        name,
        f"Replication through {episode.fault} of {episode.target}",
        "Above: age of the oldest acknowledged push that a destination still lacks. Below: bytes that wait for it. "
        f"Shaded: the fault {episode.fault}.",
        f"Replication lag and backlog of {', '.join(copies)} from before to after the fault {episode.fault}.",
        figure,
    )


def copies_through(recording: Recording, episode: Episode) -> dict[str, NDArray[Any]]:
    """Copies of the episode's replication by destination; those lost with their source never waited."""
    rows = recording.tables.get("copies")
    if rows is None:
        return {}
    start, end = _span(episode)
    near = (rows["ack_ns"] <= end + (end - start)) & (
        (rows["done_ns"] < 0) | (rows["done_ns"] >= start - (end - start))
    )
    mine = episode.rows(rows[near & (rows["status"] != CopyStatus.LOST)])
    return {
        recording.topology.sites[int(site)]: mine[mine["destination"] == site]
        for site in sorted(set(mine["destination"]))
    }


def replication_span(copies: Mapping[str, Mapping[str, NDArray[Any]]], episode: Episode) -> tuple[int, int]:
    """Interval to show: until the last copy that waited through the fault is done."""
    start, end = _span(episode)
    waited = [
        int(rows["done_ns"][rows["ack_ns"] <= end].max(initial=end)) for of in copies.values() for rows in of.values()
    ]
    last = min(max([end, *waited]), end + 2 * (end - start))
    return max(0, start - (last - start) // 10), last + (last - start) // 10


def faults_through(timeline: Timeline, episode: Episode) -> list[tuple[int, int]]:
    """Windows of the fault that begin with the episode; `start_ns` first."""
    rows = timeline.faults[at_work(timeline)]
    named = [
        (int(row["start_ns"]), int(row["end_ns"]))
        for row in rows
        if timeline.fault_names[int(row["fault"])] == episode.fault and int(row["start_ns"]) == episode.start_ns
    ]
    return named or [(episode.start_ns, episode.end_ns)]
