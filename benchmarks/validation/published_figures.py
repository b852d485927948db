"""Published figures of the field beside what the files in ``scenarios/published`` give, for the page on validation.

Run ``python -m benchmarks.validation.published_figures`` in a checkout; writes ``benchmarks/results/published.json``.
The tests ask the same (``tests/scenarios/test_published_figures.py``) and share the code; with ``--ci`` nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


def rows() -> list[dict[str, Any]]:
    """Return one row for each figure: published, ours, what should come out, and the reason for a difference."""
    sys.path.insert(0, str(_ROOT / "tests"))
    from support.published import figures, found, wanted  # noqa: PLC0415 - in the folder of tests

    out = []
    for figure in figures():
        ours = found(figure)
        target = wanted(figure)
        difference = abs(ours.value - target) if figure.answer == "nines_of" else abs(ours.value / target - 1.0)
        out.append(
            {
                "source": figure.source,
                "file": figure.file,
                "name": figure.name,
                "answer": figure.answer,
                "unit": figure.unit,
                "published": figure.published,
                "expected": figure.ours,
                "ours": ours.value,
                "low": ours.low,
                "high": ours.high,
                "is_within": difference <= figure.within,
                "reason": figure.reason,
                "inputs": figure.inputs,
            }
        )
    return out


def main() -> int:
    """Print and write; exit 1 if a figure is further off than its tolerance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "benchmarks" / "results" / "published.json")
    parser.add_argument("--ci", action="store_true", help="writes nothing")
    options = parser.parse_args()
    found = rows()
    for row in found:
        mark = "" if row["is_within"] else "  OFF"
        print(f"{row['file']:18s} {row['name']:36s} {row['published']:10.4g} {row['ours']:10.4g}{mark}")
    if not options.ci:
        from benchmarks import record  # noqa: PLC0415 - a script that is run by its path does not find it
        from support.published import listed  # noqa: PLC0415 - found once `rows` has looked

        body = {"rows": found, "not_reproduced": listed()["not_reproduced"]}
        record.write(options.out, module="benchmarks.validation.published_figures", arguments=[], body=body)
    return int(not all(row["is_within"] for row in found))


if __name__ == "__main__":
    sys.exit(main())
