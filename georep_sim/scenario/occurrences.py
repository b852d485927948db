"""Rows of faults: their regions named, their histories read, their addresses spelt out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from georep_sim.scenario.faults import KINDS
from georep_sim.scenario.history import spelt
from georep_sim.scenario.tree import Leaf, Map, Mark, Seq, maps, plain

if TYPE_CHECKING:
    from georep_sim.scenario.addresses import Addresses
    from georep_sim.scenario.history import Histories
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Node, Path

_PLACED: Final = frozenset(KINDS)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Resolves the rows of faults.

    Parameters
    ----------
    addresses : Addresses
        Spells out what `where` means.
    histories : Histories
        Reads what is known to have happened.
    report : Report
        Receives what is wrong.
    """

    addresses: Addresses
    histories: Histories
    report: Report

    def named(self, faults: Map) -> Map:
        """Take the regions of all rows into the universe, and read the histories, which name some too."""
        rows: dict[str, Node] = {}
        for name, fault in maps(faults).items():
            path: Path = ("faults", name)
            if fault.get("what") is None or not _is_operator(fault):
                self.addresses.name_regions(fault.get("where"), path=(*path, "where"))
            rows[name] = fault
            history = fault.get("history")
            if history is not None:
                among = self.addresses.universe.named
                read = self.histories.rows(history, fault.get("where"), among=among, path=(*path, "history"))
                if read is None:
                    del rows[name]
                    continue
                for row in read.items:
                    self.addresses.name_regions(
                        row.get("where") if isinstance(row, Map) else None, path=(*path, "history")
                    )
                rows[name] = fault.put(history=read)
        return Map(rows, faults.mark, faults.keys)

    def concrete(self, faults: Map) -> Map:
        """Return the rows with every address spelt out; the universe must be complete."""
        rows: dict[str, Node] = {}
        for name, fault in maps(faults).items():
            history = fault.get("history")
            if isinstance(history, Seq) and history.items:
                rows |= self._replayed(name, fault, history)
            else:
                rows[name] = self._fault(name, fault)
        return Map(rows, faults.mark, faults.keys)

    def _replayed(self, name: str, fault: Map, history: Seq) -> dict[str, Map]:
        """Return a history as faults of one kind each, named after it; a single kind keeps the name."""
        path: Path = ("faults", name, "history")
        kinds: dict[tuple[str, str], list[Map]] = {}
        for row in history.items:
            for one in spelt(row, self.addresses, path=path) if isinstance(row, Map) else ():
                what, kind = (str(plain(one.entries[key])) for key in ("what", "kind"))
                kinds.setdefault((what, kind), []).append(one)
        wanted = {key: node for key in ("what", "kind") if (node := fault.get(key)) is not None}
        faults: dict[str, Map] = {}
        for (what, kind), rows in kinds.items():
            if any(plain(node) != {"what": what, "kind": kind}[key] for key, node in wanted.items()):
                continue
            where = {str(plain(leaf)): leaf for row in rows if (leaf := row.get("where"))}
            facts = {key: rows[0].entries[key] for key in ("what", "kind")}
            lists = {"history": Seq(tuple(rows), history.mark), "where": Seq(tuple(where.values()), history.mark)}
            own = name if len(kinds) == 1 else f"{name}-{what}-{kind.replace('_', '-')}"
            faults[own] = fault.with_entries({**facts, **lists})
        if not faults:
            self.report.add(
                "no row of the history is of this kind", at=history, path=path, expected="what and kind of a row"
            )
        return faults

    def _fault(self, name: str, fault: Map) -> Map:
        path: Path = ("faults", name)
        what, kind = fault.get("what"), fault.get("kind")
        if not isinstance(what, Leaf) or what.value not in _PLACED:
            return fault
        if fault.get("lasts") is None and isinstance(kind, Leaf) and kind.value == "destroyed":
            mark = Mark("default", source="rule of the language: the place is back, empty, after this")
            fault = fault.put(lasts=Leaf("0 s" if what.value in {"disk", "rack"} else "30 d~", mark))
        return fault.put(where=self.addresses.concrete(str(what.value), fault.get("where"), path=(*path, "where")))


def _is_operator(fault: Map) -> bool:
    what = fault.get("what")
    return isinstance(what, Leaf) and what.value == "operator"
