"""Samples from data files: ``{empirical: FILE#COLUMN}`` becomes the list of the column's values."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.tree import Leaf, Map, Mark, Seq
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Node
    from georep_sim.scenario.tree import Path as TreePath

_MOST_VALUES: Final = 20_000


def with_samples(node: Node, report: Report, *, path: TreePath = ()) -> Node:
    """Return a tree in which every sample from a file is written out.

    Parameters
    ----------
    node : Node
        The marks say which file names the data file, whose path is relative to it.
    report : Report
        Receives what is wrong; the value is then left as it is.
    path : tuple of str
        Path of the node, for messages.
    """
    if isinstance(node, Seq):
        items = (with_samples(item, report, path=(*path, str(i))) for i, item in enumerate(node.items))
        return replace(node, items=tuple(items))
    if not isinstance(node, Map):
        return node
    entries = {key: with_samples(entry, report, path=(*path, key)) for key, entry in node.entries.items()}
    source = entries.get("empirical")
    if isinstance(source, Leaf) and isinstance(source.value, str):
        entries["empirical"] = _column(source, source.value, report, (*path, "empirical"))
    return replace(node, entries=entries)


def _column(leaf: Leaf, text: str, report: Report, path: TreePath) -> Node:
    name, hash_sign, column = text.partition("#")
    if not (name and hash_sign and column):
        report.add("not a column of a file", at=leaf, path=path, expected="FILE#COLUMN, e.g. repairs.csv#duration")
        return leaf
    file = Path(leaf.mark.file).parent / name
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            header = list(reader.fieldnames or ())
            if column not in header:
                remedy = nearest(column, header)
                report.add(f"no column {column!r} in {file}", at=leaf, path=path, expected="a column", remedy=remedy)
                return leaf
            values = [
                Leaf((row[column] or "").strip(), Mark("file", str(file), reader.line_num, 1))
                for row, _ in zip(reader, range(_MOST_VALUES + 1), strict=False)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        report.add(f"{file} cannot be read: {reason}", at=leaf, path=path, expected="a CSV file with a head line")
        return leaf
    if not 0 < len(values) <= _MOST_VALUES:
        what = "an empty column" if not values else "a sample too large to be written out"
        report.add(what, at=leaf, path=path, expected=f"1 to {_MOST_VALUES:,} values", remedy="thin the sample")
        return leaf
    return Seq(tuple(values), leaf.mark)
