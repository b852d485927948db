"""What a check sees of a case, and how it says what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georep_sim.scenario.report import entry_of, show
from georep_sim.scenario.tree import Map, find

if TYPE_CHECKING:
    from georep_sim.scenario.model import Case
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Mark, Node, Path


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in a scenario that is odd, though it can be meant.

    Parameters
    ----------
    check : str
        Name of the check.
    text : str
        What is odd.
    path : str
        Where.
    place : str
        File, line and column, as far as known.
    """

    check: str
    text: str
    path: str = ""
    place: str = ""

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, self.path, self.text) if part)
        return f"{head} [{self.check}]"


@dataclass(frozen=True, slots=True)
class Inspector:
    """A case with the places of its values.

    Parameters
    ----------
    case : Case
        Validated.
    tree : Map
        The same values with their places.
    report : Report
        Receives what is wrong.
    designs : frozenset of str
        Names of all designs of the document, those with errors included.
    told : frozenset of tuple of str
        Entries with errors already, of which nothing more is said.
    """

    case: Case
    tree: Map
    report: Report
    designs: frozenset[str]
    told: frozenset[Path]

    def refuse(self, what: str, *path: str, expected: str = "", remedy: str = "") -> None:
        """Report what cannot be meant, at the nearest place that a document wrote."""
        if entry_of(path) in self.told:
            return  # it may only follow from what is told
        node, mark = nearest_node(self.tree, path)
        value = show(node) if node is not None and not isinstance(node, Map) else ""
        self.report.add(what, at=mark, path=path, value=value, expected=expected, remedy=remedy)

    def is_given(self, *path: str) -> bool:
        """Whether a value stands in the file, a case, an override or a preset, not in the defaults."""
        node = find(self.tree, path)
        return node is not None and node.mark.kind != "default"


def nearest_node(tree: Map, path: tuple[str, ...]) -> tuple[Node | None, Mark]:
    """Return the node at a path, if any, and the mark of it or of the nearest block around it that has a place."""
    node = find(tree, path)
    for depth in range(len(path), -1, -1):
        around = find(tree, path[:depth])
        if around is not None and around.mark.file:
            return node, around.mark
    return node, tree.mark
