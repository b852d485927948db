"""Located trees: the values of a document, each with the place it came from, and nothing interpreted yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where a value comes from: the file, one of its cases, an override, a preset, the atlas, or a default.
OriginKind = Literal["file", "case", "set", "preset", "atlas", "default"]
#: How a map is laid over what is below it.
Mode = Literal["merge", "reach", "fresh"]
Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands.

    Parameters
    ----------
    kind : OriginKind
        What gave it.
    file : str
        File or preset, as named by the user.
    line, column : int
        From 1; 0 = not known.
    source : str
        Source of a default or of a fact of the atlas.
    method : str
        For facts: atlas, estimated or assumed.
    """

    kind: OriginKind
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    method: str = ""

    @property
    def text(self) -> str:
        """The place for people: file:line:column, or what gave the value."""
        place = ":".join([self.file, *([str(self.line), str(self.column)] if self.line else [])])
        return place or {"default": "default", "atlas": "atlas", "set": "--set"}.get(self.kind, "given in code")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar."""

    value: Scalar
    mark: Mark


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Map:
    """A map, in the order of its file.

    Parameters
    ----------
    entries : mapping of str to Node
        By key, as written.
    mark : Mark
        Where it begins.
    keys : mapping of str to Mark
        Where each key stands.
    mode : Mode
        `reach`: laid into a value that is otherwise replaced whole (a path of ``--set``).
        `fresh`: replaces whatever is below (it was removed there).
    """

    entries: Mapping[str, Node]
    mark: Mark
    keys: Mapping[str, Mark] = field(default_factory=dict)
    mode: Mode = "merge"

    def get(self, key: str) -> Node | None:
        """Return an entry, or None if there is none."""
        return self.entries.get(key)

    def at(self, key: str) -> Mark:
        """Return where a key stands."""
        entry = self.entries.get(key)
        return self.keys.get(key) or (entry.mark if entry is not None else self.mark)

    def put(self, **entries: Node | None) -> Map:
        """Return the map with some entries set; None drops one. Keys that are no words: `with_entries`."""
        return self.with_entries(entries)

    def with_entries(self, entries: Mapping[str, Node | None]) -> Map:
        """Return the map with some entries set, or dropped where None is given."""
        merged = {**self.entries, **entries}
        return replace(self, entries={key: node for key, node in merged.items() if node is not None})

    def without(self, *names: str) -> Map:
        """Return the map without some keys."""
        return self.with_entries(dict.fromkeys(names))


Node: TypeAlias = Leaf | Seq | Map


def plain(node: Node) -> object:
    """Return the values of a tree as dict, list and scalars."""
    if isinstance(node, Map):
        return {key: plain(entry) for key, entry in node.entries.items()}
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return node.value


def located(value: object, mark: Mark) -> Node:
    """Return a tree of a plain value, every part of it with one mark.

    Raises
    ------
    TypeError
        If a part is none of dict, list, text, number, true, false and None.
    """
    if isinstance(value, Mapping):
        return Map({str(key): located(entry, mark) for key, entry in value.items()}, mark)
    if isinstance(value, str | int | float | bool | None):
        return Leaf(value, mark)
    if isinstance(value, Sequence | frozenset | set):
        return Seq(tuple(located(item, mark) for item in value), mark)
    msg = f"{value!r} of type {type(value).__name__} is not a value of a scenario"
    raise TypeError(msg)


def find(node: Node, path: Sequence[str | int]) -> Node | None:
    """Return the node at a path, or None if there is none."""
    for step in path:
        if isinstance(node, Map):
            following = node.get(str(step))
        elif isinstance(node, Seq) and str(step).isdigit() and int(step) < len(node.items):
            following = node.items[int(step)]
        else:
            following = None
        if following is None:
            return None
        node = following
    return node


def text_of(node: Node | None) -> str:
    """Return the text of a leaf, "" if it is none."""
    return node.value if isinstance(node, Leaf) and isinstance(node.value, str) else ""


def maps(node: Node | None) -> dict[str, Map]:
    """Return the entries of a map that are maps themselves; none if it is no map."""
    if not isinstance(node, Map):
        return {}
    return {key: entry for key, entry in node.entries.items() if isinstance(entry, Map)}


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """Yield every scalar with its path."""
    if isinstance(node, Leaf):
        yield path, node
        return
    items = node.entries.items() if isinstance(node, Map) else ((str(i), item) for i, item in enumerate(node.items))
    for key, entry in items:
        yield from leaves(entry, (*path, key))


def remarked(node: Node, **changes: str) -> Node:
    """Return a tree with its marks changed, e.g. to another kind."""
    mark = replace(node.mark, **changes)  # type: ignore[arg-type]  # kinds are checked where they are written
    if isinstance(node, Map):
        entries = {key: remarked(entry, **changes) for key, entry in node.entries.items()}
        return replace(node, entries=entries, mark=mark)
    if isinstance(node, Seq):
        return Seq(tuple(remarked(item, **changes) for item in node.items), mark)
    return replace(node, mark=mark)


def is_assumed(node: Node) -> bool:
    """Whether any value of a tree is marked ``~``, or a fact of the atlas is assumed or estimated."""
    if isinstance(node, Leaf):
        return node.mark.method in {"assumed", "estimated"} or (
            isinstance(node.value, str) and node.value.endswith("~")
        )
    children = node.entries.values() if isinstance(node, Map) else node.items
    return any(is_assumed(child) for child in children)


def as_path(path: Sequence[str | int]) -> str:
    """Write a path with dots, segments of other characters in double quotes."""
    return ".".join(str(s) if str(s).replace("_", "").replace("-", "").isalnum() else f'"{s}"' for s in path)
