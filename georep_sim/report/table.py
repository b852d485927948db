"""The comparison table: one line per headline number, one column per design, the difference of two beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.report.numerals import is_share, show_interval
from georep_sim.report.rows import Difference, Estimate, Key, designs_of, difference, estimates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

_PULL, _PUSH = "pull", "push"


class Heading(NamedTuple):
    """A number that the table shows, and what it is called there."""

    label: str
    key: Key


HEADLINES: Final = (
    Heading("pulls served", Key("availability", "request_weighted", _PULL)),
    Heading("pulls, time available", Key("availability", "time_weighted", _PULL)),
    Heading("pulls, worst month", Key("availability", "worst_month", _PULL)),
    Heading("pushes served", Key("availability", "request_weighted", _PUSH)),
    Heading("pull latency p50, failures too", Key("latency_all", "p50", _PULL)),
    Heading("pull latency p99, failures too", Key("latency_all", "p99", _PULL)),
    Heading("push latency p99, failures too", Key("latency_all", "p99", _PUSH)),
    Heading("RTO of pulls, mean", Key("rto", "mean", _PULL)),
    Heading("RTO of pulls, p95", Key("rto", "p95", _PULL)),
    Heading("RTO of pulls, clients affected", Key("rto", "affected_share", _PULL)),
    Heading("RPO, p99", Key("rpo", "p99")),
    Heading("RPO, largest", Key("rpo", "max")),
    Heading("acknowledged, then lost", Key("acknowledged_then_lost", "bytes_per_year")),
    Heading("images acknowledged, then lost", Key("acknowledged_then_lost", "objects_per_year")),
    Heading("chance of losing a blob in a year", Key("durability", "annual_loss_probability", method="simulated")),
    Heading("the same, independent copies only", Key("durability", "annual_loss_probability", method="exact")),
    Heading("the same, in nines", Key("durability", "nines", method="exact")),
    Heading("replication lag p99", Key("replication_lag", "p99")),
    Heading("not found after push", Key("not_found_after_push", "share", _PULL)),
    Heading("throttled pulls", Key("throttled", "share", _PULL)),
    Heading("failovers a year", Key("failovers", "per_year")),
    Heading("cost", Key("cost", "total")),
)

BY_REGION: Final = (
    Heading("pulls served", Key("availability", "request_weighted", _PULL)),
    Heading("pull latency p50, failures too", Key("latency_all", "p50", _PULL)),
    Heading("pull latency p99, failures too", Key("latency_all", "p99", _PULL)),
    Heading("push latency p99, failures too", Key("latency_all", "p99", _PUSH)),
    Heading("RTO of pulls, p95", Key("rto", "p95", _PULL)),
)


@dataclass(frozen=True)
class Line:
    """One line of the table, as text.

    Parameters
    ----------
    label : str
        What the number is.
    cells : tuple of str
        Value and 95 % interval of each design, in the order of `Table.designs`; "-" where there is none.
    difference : str
        Second design minus first, with its interval; empty unless there are exactly two.
    better : str
        The better design, ``not distinguishable``, or empty where it was not compared.
    notes : tuple of str
        What to know when reading the line.
    """

    label: str
    cells: tuple[str, ...]
    difference: str
    better: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Lines for one case."""

    case: str
    designs: tuple[str, ...]
    lines: tuple[Line, ...]


def headline_table(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str) -> Table:
    """Make the comparison table over all client regions.

    Parameters
    ----------
    metrics, comparisons : DataFrame
        Tables of ``TABLES`` of those names.
    case : str
        Case to show.
    """
    return _table(metrics, comparisons, case, HEADLINES)


def region_table(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str) -> Table:
    """Make the comparison table by client region."""
    mine = metrics[metrics["case"] == case]
    shown = {heading.key.metric for heading in BY_REGION}
    regions = [str(region) for region in mine.loc[mine["metric"].isin(shown), "region"].unique() if region]
    headings = [
        Heading(f"{heading.label}, {region}", Key(*_without_region(heading.key), region=region))
        for heading in BY_REGION
        for region in regions
    ]
    return _table(metrics, comparisons, case, headings)


def _without_region(key: Key) -> tuple[str, str, str, str]:
    return key.metric, key.statistic, key.operation, key.part


def _table(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, headings: Iterable[Heading]) -> Table:
    designs = designs_of(metrics, case)
    lines = []
    for heading in headings:
        found = estimates(metrics, case, heading.key)
        if found:
            lines.append(_line(heading, designs, found, comparisons, case))
    return Table(case, tuple(designs), tuple(lines))


def _line(
    heading: Heading, designs: Sequence[str], found: dict[str, Estimate], comparisons: pd.DataFrame, case: str
) -> Line:
    rows = [found.get(design) for design in designs]
    gap = difference(comparisons, case, heading.key, a=designs[0], b=designs[1]) if len(designs) == 2 else None
    return Line(
        label=heading.label,
        cells=tuple("-" if row is None else _cell(row) for row in rows),
        difference="" if gap is None else _gap(gap, heading.key.statistic),
        better=_better(gap, designs),
        notes=notes_of([row for row in rows if row is not None]),
    )


def _cell(row: Estimate) -> str:
    return show_interval(row.value, row.low, row.high, row.unit, statistic=row.statistic)


def _gap(gap: Difference, statistic: str) -> str:
    # A difference of shares is read in points, not as nines.
    if is_share(gap.unit, statistic):
        points = (100 * gap.value, 100 * gap.low, 100 * gap.high)
        return show_interval(*points, "points")
    return show_interval(gap.value, gap.low, gap.high, gap.unit, statistic=statistic)


def _better(gap: Difference | None, designs: Sequence[str]) -> str:
    if gap is None:
        return ""
    return {"a_better": designs[0], "b_better": designs[1]}.get(gap.verdict, "not distinguishable")


def notes_of(rows: Sequence[Estimate]) -> tuple[str, ...]:
    """What to know when reading some values; a note that holds for all of them stands once, without a name."""
    notes = [row.note for row in rows]
    if len(set(notes)) == 1:
        return tuple(set(notes) - {""})
    return tuple(f"{row.design}: {row.note}" for row in rows if row.note)
