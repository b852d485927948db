"""Write published figures beside ours, from ``benchmarks/results/published.json``, and the coverage of simulated losses.

At the start of a build the tables are written to ``docs/_generated/published.md`` and ``loss_coverage.md`` and included by
``docs/explanation/validation.md``. A file that is not there makes a sentence that says so: no number is typed by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx

    Record = Mapping[str, Any]

_RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
_ANSWERS = {
    "mttdl": "mean time to loss",
    "annual_loss_probability": "loss within a year",
    "any_loss_probability": "any loss within a year",
    "per_event": "any loss at the event, simulated",
    "per_event_apart": "any loss at the event",
    "nines_of": "nines of a year without loss",
}


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    sphinx.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(sphinx: Sphinx) -> None:
    folder = Path(sphinx.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    for name, text in (("published.md", published(_RESULTS)), ("loss_coverage.md", coverage(_RESULTS))):
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def published(results: Path) -> str:
    """Return published figures beside ours, and what is not reproduced, as Markdown.

    Parameters
    ----------
    results : Path
        Folder with ``published.json``, which may be missing.
    """
    return _page(results / "published.json", _published)


def coverage(results: Path) -> str:
    """Return how often intervals of simulated losses hold the truth, as Markdown.

    Parameters
    ----------
    results : Path
        Folder with ``coverage-durability.json``, which may be missing.
    """
    return _page(results / "coverage-durability.json", _coverage)


def _page(file: Path, lines: Any) -> str:
    if not file.exists():
        return "Not measured yet.\n"
    return "\n".join(lines(json.loads(file.read_text(encoding="utf-8")))) + "\n"


def _published(record: Record) -> Iterator[str]:
    sources = list(dict.fromkeys(row["source"] for row in record["rows"]))
    yield "| | What | Published | Ours | Difference | Reason |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in record["rows"]:
        note = sources.index(row["source"]) + 1
        what = _ANSWERS[row["answer"]] + (f", in {row['unit']}" if row["unit"] else "")
        yield (
            f"| {row['name']} [{note}] | {what} | {row['published']:.4g} | {_ours(row)} | {_difference(row)} | "
            f"{row['reason']} |"
        )
    yield ""
    for number, source in enumerate(sources, start=1):
        files = dict.fromkeys(row["file"] for row in record["rows"] if row["source"] == source)
        inputs = next(row["inputs"] for row in record["rows"] if row["source"] == source)
        where = ", ".join(f"`scenarios/published/{file}.yaml`" for file in files)
        yield f"[{number}] {source}. Inputs: {inputs}. {where}  "
    yield ""
    yield "Not reproduced:"
    yield ""
    for entry in record["not_reproduced"]:
        yield f"- {entry['what']}: {entry['reason']}."
    yield ""
    yield f"Made on {record['date']} by `{record['command']}`."


def _ours(row: Record) -> str:
    interval = f" [{row['low']:.3g}, {row['high']:.3g}]" if row["low"] is not None else ""
    return f"{row['ours']:.4g}{interval}"


def _difference(row: Record) -> str:
    if row["answer"] == "nines_of":
        return f"{row['ours'] - row['published']:+.3f}"
    ratio = row["ours"] / row["published"]
    return f"{ratio - 1.0:+.1%}" if 0.5 < ratio < 2.0 else f"x {ratio:.2g}"


def _coverage(record: Record) -> Iterator[str]:
    yield (
        "| Structure | Disks | Truth | Seeds | Intervals that hold it | 95 % band of that share | Wholly below, above | Mean of "
        "estimates over the truth | Half width, median | Called untrustworthy |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in record["rows"]:
        yield (
            f"| {row['structure']} | {row['components']:,} | {row['truth']:.3g} | {row['seeds']:,} | {row['coverage']:.1%} | "
            f"{row['band_low']:.1%} to {row['band_high']:.1%} | {row['missed_below']:.1%}, {row['missed_above']:.1%} | "
            f"{row['mean_over_truth']:.4f} | {row['median_half_width']:.1%} | {row['untrustworthy']:.1%} |"
        )
    machine = record["machine"]
    yield ""
    yield (
        f"Truth from the lumped chain. Measured {record['date']} on {machine['processor']}, {machine['system']}, "
        f"{machine['python']}, numpy {machine['versions']['numpy']}. Command: `{record['command']}`."
    )
