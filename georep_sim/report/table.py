"""The comparison table: one line per headline number, one column per design, the difference of two beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import groupby, permutations
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from georep_sim.report.numerals import is_share, show_interval
from georep_sim.report.period import A_YEAR, YEARLY, Period, Periods
from georep_sim.report.rows import Difference, Estimate, Key, designs_of, difference, estimates
from georep_sim.report.wording import BLOB_LOSS
from georep_sim.study.estimate import FEW_CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

_PULL, _PUSH = "pull", "push"

Row = TypeVar("Row", Estimate, Difference)


class Heading(NamedTuple):
    """A number that the table shows, what it is called there, and the topic it stands under.

    `told` says what an amount a year is told for: the period of losses, that of failures, or always a year.
    Where neither more nor less is better for its own sake, nothing `ranks`.
    """

    topic: str
    label: str
    key: Key
    told: Literal["loss", "access", "year"] = "year"
    ranks: bool = True


HEADLINES: Final = (
    Heading("access", "pulls served", Key("availability", "request_weighted", _PULL)),
    Heading("access", "pulls, time available", Key("availability", "time_weighted", _PULL)),
    Heading("access", "pulls, worst month", Key("availability", "worst_month", _PULL)),
    Heading("access", "pushes served", Key("availability", "request_weighted", _PUSH)),
    Heading("access", "throttled pulls", Key("throttled", "share", _PULL)),
    Heading("latency", "pull latency p50, failures too", Key("latency_all", "p50", _PULL)),
    Heading("latency", "pull latency p99, failures too", Key("latency_all", "p99", _PULL)),
    Heading("latency", "push latency p99, failures too", Key("latency_all", "p99", _PUSH)),
    Heading("recovery", "RTO of pulls, mean", Key("rto", "mean", _PULL)),
    Heading("recovery", "RTO of pulls, p95", Key("rto", "p95", _PULL)),
    Heading("recovery", "failovers", Key("failovers", "per_year"), told="access", ranks=False),
    Heading("loss", "images acknowledged, then lost", Key("acknowledged_then_lost", "objects_per_year"), told="loss"),
    Heading("loss", "acknowledged, then lost", Key("acknowledged_then_lost", "bytes_per_year"), told="loss"),
    Heading("loss", "RPO, p99", Key("rpo", "p99")),
    Heading("loss", "RPO, largest", Key("rpo", "max")),
    Heading("loss", BLOB_LOSS, Key("durability", "annual_loss_probability")),
    Heading("loss", "the same, in nines", Key("durability", "nines")),
    Heading("replication", "replication lag p99", Key("replication_lag", "p99")),
    Heading("replication", "not found after push", Key("not_found_after_push", "share", _PULL)),
    Heading("cost", "cost", Key("cost", "total")),
)

BY_REGION: Final = (
    Heading("access", "pulls served", Key("availability", "request_weighted", _PULL)),
    Heading("latency", "pull latency p50, failures too", Key("latency_all", "p50", _PULL)),
    Heading("latency", "pull latency p99, failures too", Key("latency_all", "p99", _PULL)),
    Heading("latency", "push latency p99, failures too", Key("latency_all", "p99", _PUSH)),
    Heading("recovery", "RTO of pulls, p95", Key("rto", "p95", _PULL)),
)


@dataclass(frozen=True)
class Line:
    """One line of the table, as text.

    Parameters
    ----------
    topic, label : str
        What the number is about, and what it is.
    cells : tuple of str
        Value and 95 % interval of each design, in the order of `Table.designs`; "-" where there is none.
    difference : str
        Second design minus first, with its interval; empty unless there are exactly two.
    better : str
        The design better than every other, ``not distinguishable``, or empty where it was not compared.
    notes : tuple of str
        What to know when reading the line.
    """

    topic: str
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
    caveat: str = ""

    @property
    def caption(self) -> str:
        """What the numbers are, and what weakens most of them."""
        return "; ".join(filter(None, ("values with 95 % intervals", self.caveat)))

    @property
    def topics(self) -> list[tuple[str, list[Line]]]:
        """Lines by topic, in order."""
        return [(topic, list(lines)) for topic, lines in groupby(self.lines, key=lambda line: line.topic)]


def headline_table(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, *, periods: Periods = YEARLY) -> Table:
    """Make the comparison table over all client regions.

    Parameters
    ----------
    metrics, comparisons : DataFrame
        Tables of ``TABLES`` of those names.
    case : str
        Case to show.
    periods : Periods, optional
        Stretches of time that losses and failures are told for; default a year.
    """
    return _table(metrics, comparisons, case, [_told(heading, periods) for heading in HEADLINES])


def region_table(metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str) -> Table:
    """Make the comparison table by client region."""
    mine = metrics[metrics["case"] == case]
    shown = {heading.key.metric for heading in BY_REGION}
    regions = [str(region) for region in mine.loc[mine["metric"].isin(shown), "region"].unique() if region]
    headings = [
        heading._replace(label=f"{heading.label}, {region}", key=replace(heading.key, region=region))
        for heading in BY_REGION
        for region in regions
    ]
    return _table(metrics, comparisons, case, [(heading, A_YEAR) for heading in headings])


def _told(heading: Heading, periods: Periods) -> tuple[Heading, Period]:
    period = {"loss": periods.loss, "access": periods.access, "year": A_YEAR}[heading.told]
    return (heading if period == A_YEAR else heading._replace(label=f"{heading.label} {period.words}")), period


def _table(
    metrics: pd.DataFrame, comparisons: pd.DataFrame, case: str, headings: Iterable[tuple[Heading, Period]]
) -> Table:
    designs = designs_of(metrics, case)
    lines = []
    for heading, period in headings:
        found = estimates(metrics, case, heading.key)
        if found:
            rows = [_over(found[design], period) if design in found else None for design in designs]
            gaps = _gaps(comparisons, case, heading.key, designs)
            lines.append(_line(heading, designs, rows, {ends: _over(gap, period) for ends, gap in gaps.items()}))
    return Table(case, tuple(designs), tuple(lines), caveat=_caveat(metrics, case))


def _caveat(metrics: pd.DataFrame, case: str) -> str:
    """What holds for so many lines that it is said once."""
    notes = metrics.loc[metrics["case"] == case, "note"].astype(str)
    return FEW_CLUSTERS if notes.str.contains(FEW_CLUSTERS, regex=False).any() else ""


def _gaps(comparisons: pd.DataFrame, case: str, key: Key, designs: Sequence[str]) -> dict[tuple[str, str], Difference]:
    found = {(a, b): difference(comparisons, case, key, a=a, b=b) for a, b in permutations(designs, 2)}
    return {ends: gap for ends, gap in found.items() if gap is not None}


def _over(row: Row, period: Period) -> Row:
    """The same amount over another stretch of time than a year."""
    if period == A_YEAR:
        return row
    factor = period.share_of_year
    unit = row.unit.removesuffix("/y") or "1"
    return replace(row, value=factor * row.value, low=factor * row.low, high=factor * row.high, unit=unit)


def _line(
    heading: Heading,
    designs: Sequence[str],
    rows: Sequence[Estimate | None],
    gaps: Mapping[tuple[str, str], Difference],
) -> Line:
    two = len(designs) == 2 and tuple(designs) in gaps
    return Line(
        topic=heading.topic,
        label=heading.label,
        cells=tuple("-" if row is None else _cell(row) for row in rows),
        difference=_gap(gaps[designs[0], designs[1]], rows, heading.key.statistic) if two else "",
        better=_better(gaps, designs) if heading.ranks else "",
        notes=notes_of([row for row in rows if row is not None]),
    )


def _cell(row: Estimate) -> str:
    return show_interval(row.value, row.low, row.high, row.unit, statistic=row.statistic)


def _gap(gap: Difference, rows: Sequence[Estimate | None], statistic: str) -> str:
    if math.isnan(gap.value):
        return "unknown"
    if rows and all(row is not None and math.isinf(row.value) for row in rows):
        return "both fail"
    if not math.isfinite(gap.value):
        return "one of them fails"
    # A difference of shares is read in points, not as nines.
    if is_share(gap.unit, statistic):
        points = (100 * gap.value, 100 * gap.low, 100 * gap.high)
        return show_interval(*points, "points")
    return show_interval(gap.value, gap.low, gap.high, gap.unit, statistic=statistic)


def _better(gaps: Mapping[tuple[str, str], Difference], designs: Sequence[str]) -> str:
    """The design that is better than every other."""
    if not gaps:
        return ""
    for one in designs:
        met = [gaps.get((one, other)) for other in designs if other != one]
        if all(gap is not None and gap.verdict == "a_better" for gap in met):
            return one
    return "not distinguishable"


def notes_of(rows: Sequence[Estimate]) -> tuple[str, ...]:
    """What to know when reading some values; a note that holds for all of them stands once, without a name."""
    notes = ["; ".join(part for part in row.note.split("; ") if part != FEW_CLUSTERS) for row in rows]
    if len(set(notes)) == 1:
        return tuple(set(notes) - {""})
    return tuple(f"{row.design}: {note}" for row, note in zip(rows, notes, strict=True) if note)
