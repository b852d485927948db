"""From YAML 1.2 to located trees, safely, every problem of the text reported at its place.

The parser's events are used, not its objects: events carry positions, aliases, anchors and tags, and nothing is
constructed that the text could choose.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from georep_sim.scenario.tree import Leaf, Map, Mark, Node, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import OriginKind, Path, Scalar

MOST_ALIASES: Final = 100
MOST_NODES: Final = 100_000
MOST_DEPTH: Final = 32

_INT: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class _StopReadingError(Exception):
    """The text is beyond a limit; what follows would only repeat it."""


class Reader:
    """Builds one tree from parser events.

    Parameters
    ----------
    report : Report
        Receives what is wrong.
    name, kind : str
        Of the marks.
    """

    def __init__(self, report: Report, name: str, kind: OriginKind) -> None:
        self.report, self.name, self.kind = report, name, kind
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.aliases = self.nodes = 0

    def read(self, text: str) -> Node | None:
        """Return the tree of a text; None if it is empty or beyond repair."""
        from ruamel.yaml import YAML  # noqa: PLC0415  # 60 ms that `--help` need not pay
        from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

        events = YAML(typ="safe", pure=True).parse(self._without_tabs(text))
        root = None
        try:
            for event in events:
                if type(event).__name__ == "DocumentStartEvent":
                    if root is not None:
                        self.report.add("a second document", at=self._mark(event), expected="one scenario per file")
                        break
                    first = next(events)
                    root = self._node(first, events, ())
        except MarkedYAMLError as error:
            place = error.problem_mark or error.context_mark
            mark = Mark(self.kind, self.name, place.line + 1, place.column + 1) if place else Mark(self.kind, self.name)
            self.report.add(f"not YAML: {error.problem}", at=mark, expected="YAML 1.2", remedy=str(error.context or ""))
        except YAMLError as error:
            self.report.add(f"not YAML: {str(error).splitlines()[0]}", at=Mark(self.kind, self.name))
        except _StopReadingError:
            pass
        return root

    def _without_tabs(self, text: str) -> str:
        for number, line in enumerate(text.split("\n"), start=1):
            if "\t" in line:
                mark = Mark(self.kind, self.name, number, line.index("\t") + 1)
                self.report.add("a tab", at=mark, expected="spaces", remedy="indent with spaces")
        return text.replace("\t", " ")

    def _mark(self, event: Any) -> Mark:  # the parser's events have no common type
        return Mark(self.kind, self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Node:
        mark = self._mark(event)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event.anchor, mark, path)
        before = self.nodes
        self._count(1, mark, path)
        if len(path) >= MOST_DEPTH:
            what = f"more than {MOST_DEPTH} levels"
            self.report.add(what, at=mark, path=path[:4], expected=f"at most {MOST_DEPTH} levels")
            raise _StopReadingError
        if event.tag is not None and not (kind == "ScalarEvent" and event.tag == "!" and event.style):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self.report.add(f"tag {tag}", at=mark, path=path, expected="no tags", remedy="leave the tag out")
        if kind == "ScalarEvent":
            node: Node = Leaf(self._scalar(event, mark, path), mark)
        elif kind == "SequenceStartEvent":
            node = Seq(tuple(self._items(events, path)), mark)
        else:
            node = self._map(events, mark, path)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.nodes - before)
        return node

    def _count(self, nodes: int, mark: Mark, path: Path) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            what = f"more than {MOST_NODES:,} values after expansion of aliases"
            self.report.add(what, at=mark, path=path, expected=f"at most {MOST_NODES:,}")
            raise _StopReadingError

    def _alias(self, anchor: str, mark: Mark, path: Path) -> Node:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self.report.add(f"more than {MOST_ALIASES} aliases", at=mark, path=path, expected=f"at most {MOST_ALIASES}")
            raise _StopReadingError
        if anchor not in self.anchors:
            what = f"alias *{anchor} has no anchor above it"
            self.report.add(what, at=mark, path=path, expected=f"&{anchor} further up, complete")
            return Leaf(None, mark)
        node, size = self.anchors[anchor]
        self._count(size, mark, path)
        return node

    def _items(self, events: Iterator[Any], path: Path) -> Iterator[Node]:
        for number, event in enumerate(events):
            if type(event).__name__ == "SequenceEndEvent":
                return
            yield self._node(event, events, (*path, str(number)))

    def _map(self, events: Iterator[Any], mark: Mark, path: Path) -> Map:
        entries: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            place = self._mark(event)
            if type(event).__name__ != "ScalarEvent":
                self.report.add("a key that is not one word", at=place, path=path, expected="a plain key")
                self._node(event, events, (*path, "?"))
                self._node(next(events), events, (*path, "?"))
                continue
            key = str(event.value)
            self._check_key(key, keys, place, path=(*path, key), has_tag=event.tag is not None)
            value = next(events)
            if type(value).__name__ == "ScalarEvent" and value.value == "" and value.implicit[0]:
                remedy = "write null to go back to the default"
                what = f"key {key!r} has no value"
                self.report.add(what, at=place, path=(*path, key), expected="a value", remedy=remedy)
                continue
            node = self._node(value, events, (*path, key))
            entries.setdefault(key, node)
            keys.setdefault(key, place)
        return Map(entries, mark, keys)

    def _check_key(self, key: str, keys: dict[str, Mark], place: Mark, *, path: Path, has_tag: bool) -> None:
        if key == "<<":
            remedy = "use all: or a preset (use:)"
            self.report.add("merge key <<", at=place, path=path, expected="no merge keys", remedy=remedy)
        elif key in keys:
            what = f"key {key!r} stands twice, first in line {keys[key].line}"
            self.report.add(what, at=place, path=path, expected="each key once", remedy="remove or rename one")
        if has_tag:
            self.report.add(f"tag on key {key!r}", at=place, path=path, expected="no tags")

    def _scalar(self, event: Any, mark: Mark, path: Path) -> Scalar:
        text = str(event.value)
        if not event.implicit[0] or event.style:
            return text
        if text == "":
            self.report.add("no value", at=mark, path=path, expected="a value", remedy="write null for none")
        elif text == "~":
            remedy = "write null for none; ~ marks an assumed value"
            self.report.add("~ alone", at=mark, path=path, expected="a value", remedy=remedy)
        elif _NOT_FINITE.fullmatch(text):
            self.report.add(f"{text} is not a finite number", at=mark, path=path, expected="a finite number")
        return core_scalar(text)


def core_scalar(text: str) -> Scalar:
    """Return a plain scalar by the core schema of YAML 1.2, of which dates are no part.

    Examples
    --------
    >>> core_scalar("true"), core_scalar("1e3"), core_scalar("12/s"), core_scalar("2027-01-04")
    (True, 1000.0, '12/s', '2027-01-04')
    """
    if text in {"null", "Null", "NULL", "", "~"}:
        return None
    if text.lower() in {"true", "false"} and text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    # Longer numerals stay text: the units' grammar refuses them with a message of its own.
    if len(text) <= 64 and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text
