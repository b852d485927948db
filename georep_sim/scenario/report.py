"""Collecting the problems of a scenario, so that all are told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georep_sim.errors import Problem, ScenarioError
from georep_sim.scenario.tree import Leaf, Mark, Seq, as_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georep_sim.scenario.tree import Node, Path

_MOST_SHOWN = 60


class Report:
    """The problems found so far, each once.

    Parameters
    ----------
    limit : int, default 200
        Problems kept; a file broken all over need not be told line by line.
    """

    def __init__(self, *, limit: int = 200) -> None:
        self._found: dict[tuple[object, ...], Problem] = {}
        self._entries: set[Path] = set()
        self._limit = limit

    def add(  # the parts of a Problem
        self,
        what: str,
        *,
        at: Node | Mark,
        path: Sequence[str | int] = (),
        value: str | None = None,
        expected: str = "",
        remedy: str = "",
    ) -> None:
        """Add a problem at a node or a mark; the value is the node's unless given."""
        mark = at if isinstance(at, Mark) else at.mark
        shown = value if value is not None else "" if isinstance(at, Mark) else show(at)
        file = mark.file or {"set": "--set", "default": "default"}.get(mark.kind, "")
        problem = Problem(what, as_path(path), file, mark.line, mark.column, shown, expected, remedy)
        place = (file, mark.line, mark.column, what) if mark.line else (file, as_path(path), what)
        self._entries.add(entry_of(path))
        if len(self._found) < self._limit:
            self._found.setdefault(place, problem)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def told(self) -> frozenset[Path]:
        """The entries (designs, faults, groups of clients) with something wrong already."""
        return frozenset(self._entries)

    def is_told(self, path: Sequence[str | int]) -> bool:
        """Whether something is wrong already with the entry (design, fault, group of clients) that a path is in."""
        return entry_of(path) in self._entries

    def raise_if_any(self) -> None:
        """Raise a ScenarioError holding all problems, if there are any."""
        if self._found:
            raise ScenarioError(self._found.values())


def entry_of(path: Sequence[str | int]) -> Path:
    """Return the path of the named entry, or of the block, that a path is in.

    Examples
    --------
    >>> entry_of(("designs", "a", "health", "every")), entry_of(("workload", "clients", "eastus", "pulls"))
    (('designs', 'a'), ('workload', 'clients', 'eastus'))
    """
    depth = (
        {"designs": 2, "faults": 2, "workload": 3, "environment": 3, "measures": 3}.get(str(path[0]), 2) if path else 0
    )
    return tuple(str(step) for step in path[:depth])


def show(node: Node) -> str:
    """Return a value as an error message shows it, abridged."""
    if isinstance(node, Leaf):
        text = (
            "null"
            if node.value is None
            else str(node.value).lower()
            if isinstance(node.value, bool)
            else str(node.value)
        )
    elif isinstance(node, Seq):
        text = "[" + ", ".join(show(item) for item in node.items[:4]) + (", …]" if len(node.items) > 4 else "]")
    else:
        inner = ", ".join(f"{key}: {show(entry)}" for key, entry in list(node.entries.items())[:4])
        text = "{" + inner + (", …}" if len(node.entries) > 4 else "}")
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
