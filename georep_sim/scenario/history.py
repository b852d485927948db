"""Fault histories: occurrences known from the atlas, from a CSV file, or written in the scenario."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from georep_sim.atlas import load as atlas
from georep_sim.scenario.addresses import items, regions_in
from georep_sim.scenario.moments import seconds_since
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, Seq
from georep_sim.scenario.values import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from georep_sim.scenario.addresses import Addresses
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Path as TreePath

COLUMNS: Final = ("what", "where", "kind", "start", "lasts")
_MOST_ROWS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Histories:
    """Reads histories for one run.

    Parameters
    ----------
    start : datetime
        Start of the run, UTC.
    horizon_s : float
        Its length; what lies outside is left out.
    report : Report
        Receives what is wrong.
    """

    start: datetime
    horizon_s: float
    report: Report

    def rows(self, node: Node, where: Node | None, *, among: Collection[str], path: TreePath) -> Seq | None:
        """Return the rows of a ``history`` that lie within the run and match ``where``.

        Parameters
        ----------
        node : Node
            ``PROVIDER/outages``, a CSV file, or a list of rows.
        where : Node or None
            Restricts the rows to these regions.
        among : collection of str
            Restricts the rows of the atlas, which has many regions, if `where` does not.
        path : tuple of str
            Path of the ``history``.
        """
        found = self._listed(node, path) if isinstance(node, Seq) else self._named(node, path)
        if found is None:
            return None
        wanted = {name for leaf in items(where) for name in regions_in(str(leaf.value))}
        if not wanted and any(row.mark.kind == "atlas" for row in found):
            wanted = set(among)
        kept = tuple(row for row in found if self._is_wanted(row, wanted, path))
        if not kept:
            expected = f"a row between {self.start:%Y-%m-%d} and {self.horizon_s / 86_400:g} days later"
            remedy = "move run.start or widen where"
            self.report.add("no row of the history matches", at=node, path=path, expected=expected, remedy=remedy)
            return None
        return Seq(kept, node.mark)

    def _is_wanted(self, row: Map, wanted: set[str], path: TreePath) -> bool:
        places = [name for leaf in items(row.get("where")) for name in regions_in(str(leaf.value))]
        if wanted and not wanted.intersection(places):
            return False
        start = row.get("start")
        if not isinstance(start, Leaf):
            return True
        try:
            return 0.0 <= seconds_since(str(start.value), self.start) < self.horizon_s
        except ValueError as error:
            expected = error.expected if isinstance(error, ValueProblem) else "a moment"
            self.report.add(str(error), at=start, path=(*path, "start"), expected=expected)
            return False

    def _listed(self, node: Seq, path: TreePath) -> list[Map] | None:
        rows = [item for item in node.items if isinstance(item, Map)]
        for item in node.items:
            if not isinstance(item, Map) or set(item.entries) != set(COLUMNS):
                self.report.add("not a row of a history", at=item, path=path, expected=f"{{{', '.join(COLUMNS)}}}")
                return None
        return rows

    def _named(self, node: Node, path: TreePath) -> list[Map] | None:
        name = node.value if isinstance(node, Leaf) else None
        if not isinstance(name, str):
            self.report.add("not a history", at=node, path=path, expected="azure/outages, or a CSV file")
            return None
        provider, slash, table = name.partition("/")
        if slash and table == "outages" and not provider.startswith("."):
            return self._atlas(provider, node, path)
        return self._file(Path(node.mark.file).parent / name, node, path)

    def _atlas(self, provider: str, node: Node, path: TreePath) -> list[Map] | None:
        try:
            history = atlas.outage_history(provider)
        except LookupError as error:
            self.report.add(f"no outages of {provider!r}", at=node, path=path, remedy=str(error))
            return None
        mark = Mark("atlas", "atlas outages", source="table outages, which names a source for each row", method="atlas")
        return [Map({key: Leaf(row[key], mark) for key in COLUMNS}, mark) for row in history]

    def _file(self, file: Path, node: Node, path: TreePath) -> list[Map] | None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream, strict=True)
                if set(reader.fieldnames or ()) != set(COLUMNS):
                    header = ",".join(reader.fieldnames or ())
                    expected = ",".join(COLUMNS)
                    mark = Mark("file", str(file), 1, 1)
                    self.report.add("wrong columns", at=mark, path=path, value=header, expected=expected)
                    return None
                rows = []
                for row in reader:
                    mark = Mark("file", str(file), reader.line_num, 1)
                    rows.append(Map({key: Leaf((row[key] or "").strip(), mark) for key in COLUMNS}, mark))
                    if len(rows) > _MOST_ROWS:
                        expected = f"at most {_MOST_ROWS:,}"
                        self.report.add("too many rows", at=mark, path=path, expected=expected)
                        return None
                return rows
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            expected = "azure/outages, or a CSV file with the columns " + ",".join(COLUMNS)
            self.report.add(f"{file} cannot be read: {reason}", at=node, path=path, expected=expected)
            return None


def spelt(row: Map, addresses: Addresses, *, path: TreePath) -> list[Map]:
    """Return a row once for each address its ``where`` means."""
    what = row.get("what")
    where = addresses.concrete(str(what.value) if isinstance(what, Leaf) else "", row.get("where"), path=path)
    return [row] if where is None else [row.put(where=item) for item in where.items]
