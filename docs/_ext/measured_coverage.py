"""Write how often intervals of sampled traffic hold the truth, from ``benchmarks/results/coverage-*.json``.

At the start of a build the tables are written to ``docs/_generated/coverage.md`` and included by
``docs/explanation/validation.md``. A file that is not there makes a sentence that says so: no number is typed by hand.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from written_pages import RESULTS, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sphinx.application import Sphinx

    Record = Mapping[str, Any]

_SCENARIOS = {
    "steady": "Steady: nothing fails, a day",
    "herd": "Herd: an outage of a minute, pulls that come together after it, and a limit that turns some of them away",
    "partition-drain": "Partition: a cut of 20 minutes, and a backlog that drains",
}
# Intervals of quantiles below this share of their value are as wide as the bins of the tallies, half a percent.
_BIN = 0.006


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    sphinx.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(sphinx: Sphinx) -> None:
    write(sphinx, {"coverage": lambda: page(RESULTS)})


def page(results: Path) -> str:
    """Return the tables of all scenarios as Markdown.

    Parameters
    ----------
    results : Path
        Folder with ``coverage-SCENARIO.json``, any of which may be missing.
    """
    lines: list[str] = []
    for name, title in _SCENARIOS.items():
        file = results / f"coverage-{name}.json"
        lines += [f"**{title}.**", ""]
        lines += _table(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else ["Not measured yet.", ""]
    return "\n".join(lines)


def _table(record: Record) -> Iterator[str]:
    yield (
        "| | Truth | Its standard error over half an interval | Intervals that hold it | 95 % band of that share | Wholly below, above | "
        "Marked *decided by few* |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in record["rows"]:
        is_narrow = ".p" in row["number"] and row["median_width"] < _BIN * row["truth"]
        bins = " (as wide as a bin)" if is_narrow else ""
        yield (
            f"| {row['number']} | {row['truth']:.4g} | {_truth_error(row):.2f} | {row['coverage']:.1%}{bins} | "
            f"{row['band_low']:.1%} to {row['band_high']:.1%} | {row['missed_below']:.1%}, {row['missed_above']:.1%} | "
            f"{row['noted']:.0%} |"
        )
    machine = record["machine"]
    seeds = record["rows"][0]["seeds"]
    yield ""
    yield (
        f"{seeds:,} seeds of {record['replications']} replications, truth from {record['truth_replications']:,} "
        f"replications of full traffic. Measured {record['date']} on {machine['processor']}, {machine['system']}, "
        f"{machine['python']}, numpy {machine['versions']['numpy']}. Command: `{record['command']}`."
    )
    yield ""


def _truth_error(row: Record) -> float:
    """Standard error of the truth over half an interval; from the truth's own interval in records without it."""
    if "truth_error" in row:
        return float(row["truth_error"])
    return float((row["truth_high"] - row["truth_low"]) / (1.96 * row["median_width"]))
