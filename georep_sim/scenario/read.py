"""Reading scenario and preset files into located trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.scenario.report import Report
from georep_sim.scenario.tree import Leaf, Map, Mark, Node
from georep_sim.scenario.values import nearest
from georep_sim.scenario.yaml_tree import Reader

if TYPE_CHECKING:
    import pathlib

    from georep_sim.scenario.tree import OriginKind

MOST_BYTES: Final = 1 << 20


def read_file(path: pathlib.Path, *, kind: OriginKind = "file", name: str | None = None) -> Map:
    """Read a YAML file.

    Parameters
    ----------
    path : pathlib.Path
        A file of at most 1 MiB.
    kind : OriginKind
        Kind of the marks.
    name : str, optional
        The file's name in messages, its path by default.

    Raises
    ------
    ScenarioError
        With all problems: missing file, a directory, not UTF-8, or anything `read_text` finds.
    """
    shown = name or str(path)
    report, mark = Report(), Mark(kind, shown)
    try:
        # One byte more than allowed tells "too large" without reading a device to its end.
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except IsADirectoryError:
        report.add("is a directory", at=mark, expected="a scenario file", remedy="name a file in it")
    except FileNotFoundError:
        report.add("no such file", at=mark, expected="a scenario file", remedy=_neighbours(path))
    except OSError as error:
        report.add(f"cannot be read: {error.strerror}", at=mark, expected="a readable file")
    report.raise_if_any()
    return read_bytes(data, name=shown, kind=kind)


def read_bytes(data: bytes, *, name: str, kind: OriginKind = "file") -> Map:
    """Read the bytes of a YAML file; see `read_file`."""
    report, mark = Report(), Mark(kind, name)
    text = ""
    if len(data) > MOST_BYTES:
        report.add("more than 1 MiB of text", at=mark, expected="at most 1 MiB", remedy="move data to data files")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            what = f"not UTF-8: byte 0x{data[error.start]:02x}"
            report.add(what, at=Mark(kind, name, line, column), expected="UTF-8", remedy="save the file as UTF-8")
    report.raise_if_any()
    return read_text(text, name=name, kind=kind)


def read_text(text: str, *, name: str = "", kind: OriginKind = "file") -> Map:
    """Read the text of a YAML file into a located tree.

    Parameters
    ----------
    text : str
        One YAML 1.2 document whose root is a map.
    name : str, default ""
        The file's name in marks and messages.
    kind : OriginKind
        Kind of the marks.

    Returns
    -------
    Map
        Keys as written; plain scalars by the core schema, but dates stay text.

    Raises
    ------
    ScenarioError
        With all problems found: tabs, syntax, duplicate keys, merge keys, tags, keys without a value, NaN and
        infinity, too many aliases, nodes or levels, or a root that is no map.
    """
    report = Report()
    root = Reader(report, name, kind).read(text)
    if isinstance(root, Map):
        report.raise_if_any()
        return root
    if not len(report):
        report.add(
            "not a map of keys", at=root or Mark(kind, name, 1, 1), expected="keys such as georep, designs, workload"
        )
    report.raise_if_any()
    raise AssertionError  # a report with a problem always raises


def read_value(text: str, mark: Mark) -> Node:
    """Read one value as an override writes it: a scalar or a flow collection.

    Raises
    ------
    ScenarioError
        As `read_text`.
    """
    report = Report()
    node = Reader(report, mark.file, mark.kind).read(text) if text.strip() else Leaf("", mark)
    if node is None and not len(report):
        report.add("no value", at=mark, expected="a value", remedy="write null for none")
    report.raise_if_any()
    assert node is not None  # the report would have raised
    return node


def _neighbours(path: pathlib.Path) -> str:
    try:
        names = sorted(item.name for item in path.parent.iterdir() if item.suffix in {".yaml", ".yml"})
    except OSError:
        return f"there is no folder {path.parent}"
    if not names:
        return "no YAML file is in that folder"
    return nearest(path.name, names) or f"files there: {', '.join(names[:8])}, …"
