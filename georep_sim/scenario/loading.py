"""From a source to resolved cases: reading, merging cases and overrides, resolving, checking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from georep_sim.errors import ScenarioError
from georep_sim.scenario.assemble import assemble
from georep_sim.scenario.checks import refuse_inconsistent
from georep_sim.scenario.merge import merged, with_path
from georep_sim.scenario.model import Case
from georep_sim.scenario.normal import normal_block
from georep_sim.scenario.paths import split_path
from georep_sim.scenario.read import read_file, read_text, read_value
from georep_sim.scenario.report import Report
from georep_sim.scenario.resolve import Resolved, resolve
from georep_sim.scenario.shape import slots
from georep_sim.scenario.tree import Leaf, Map, Mark, Node, located, plain, remarked
from georep_sim.scenario.values import NAME_PATTERN, RESERVED, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

Source = str | Path | Mapping[str, object]

BASE: Final = "base"
_SECTIONS: Final = tuple(slots(Case))
TEXTS: Final = ("title", "question")
_TOP: Final = ("georep", *TEXTS, *_SECTIONS, "cases")
_UNBUILT: Final = ("studies",)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One case with everything known about its values.

    Parameters
    ----------
    case : Case
        Validated.
    tree : Map
        The same values in the language's words, with marks, defaults filled in.
    resolved : Resolved
        What resolution found besides.
    """

    case: Case
    tree: Map
    resolved: Resolved


def read_source(source: Source) -> Map:
    """Read a scenario from a path, a text of several lines, or a mapping.

    Raises
    ------
    ScenarioError
        If it cannot be read or is no map.
    """
    if isinstance(source, Mapping):
        try:
            root = located(source, Mark("file"))
        except TypeError as error:
            report = Report()
            report.add(str(error), at=Mark("file"), expected="maps, lists, texts, numbers, true, false, None")
            raise _failure(report) from error
        assert isinstance(root, Map)  # a mapping makes a Map
        return root
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return read_text(source)
    return read_file(Path(source))


def load_cases(
    root: Map, *, overrides: Mapping[str, object], known_metrics: Mapping[str, Collection[str]] | None
) -> dict[str, Loaded]:
    """Resolve and check every case of a scenario.

    Parameters
    ----------
    root : Map
        From `read_source`.
    overrides : mapping of str to object
        Values by path, laid over every case.
    known_metrics : mapping of str to collection of str, or None
        Statistics of each metric that objectives may name; None leaves the names unchecked.

    Raises
    ------
    ScenarioError
        With all problems of all cases.
    """
    report = Report()
    _check_top(root, report)
    documents = _documents(root, overrides, report)
    loaded: dict[str, Loaded] = {}
    for name, document in documents.items():
        resolved = resolve(document, report)
        if not len(report):  # presets and nulls may have changed what there is
            _check_sections(resolved.tree, name, report)
        case, tree = assemble(resolved, name, report)
        if case is not None:
            section = document.get("designs")
            designs = frozenset(section.entries if isinstance(section, Map) else ())
            refuse_inconsistent(case, tree, report, designs=designs, known_metrics=known_metrics)
            loaded[name] = Loaded(case, tree, resolved)
    report.raise_if_any()
    return loaded


def _check_top(root: Map, report: Report) -> None:
    version = root.get("georep")
    if version is None:
        report.add("'georep' is missing", at=root.mark, path=("georep",), expected="georep: 1", remedy="add georep: 1")
    elif not isinstance(version, Leaf) or isinstance(version.value, bool) or version.value != 1:
        remedy = "this version reads language 1 only"
        report.add("unknown version of the language", at=version, path=("georep",), expected="1", remedy=remedy)
    for key in root.entries:
        if key in _UNBUILT:
            report.add(f"{key} is not supported yet", at=root.at(key), path=(key,), remedy="leave it out")
        elif key not in _TOP and not key.startswith("x-"):
            remedy, expected = nearest(key, (*_TOP, *_UNBUILT)), "keys " + ", ".join(_TOP)
            report.add(f"unknown key {key!r}", at=root.at(key), path=(key,), expected=expected, remedy=remedy)
    for key in TEXTS:
        node = root.get(key)
        if node is not None and not (isinstance(node, Leaf) and isinstance(node.value, str)):
            report.add(f"{key} is not a text", at=node, path=(key,), expected="a text", remedy="put it in quotes")


def _documents(root: Map, overrides: Mapping[str, object], report: Report) -> dict[str, Map]:
    """Return the document of each case: file, case and overrides, merged, in normal form."""
    root = _overridden(root, {p: v for p, v in overrides.items() if split_path(p)[0] == "cases"})
    base = normal_block(_sections(root), Case, path=(), report=report)
    documents = {name: merged(base, case, Case) for name, case in _cases(root, report).items()} or {BASE: base}
    rest = {path: value for path, value in overrides.items() if split_path(path)[0] != "cases"}
    if rest:
        _refuse_unknown_designs(rest, documents, report)
        documents = {
            name: normal_block(_overridden(document, rest), Case, path=(), report=report)
            for name, document in documents.items()
        }
    for name, document in documents.items():
        _check_sections(document, name, report)
    return documents


def _sections(root: Map) -> Map:
    return root.without(*(key for key in root.entries if key not in _SECTIONS))


def _cases(root: Map, report: Report) -> dict[str, Map]:
    """Return the partial documents of the cases, `all` spread over them."""
    node = root.get("cases")
    if node is None or (isinstance(node, Leaf) and node.value is None):
        return {}
    if not isinstance(node, Map):
        report.add("cases is no map", at=node, path=("cases",), expected="{NAME: {…}}")
        return {}
    shared = node.get("all")
    cases: dict[str, Map] = {}
    for name, entry in node.entries.items():
        if name == "all":
            continue
        if name in RESERVED or not re.fullmatch(NAME_PATTERN, name):
            expected = "lower-case letters, digits, - and _, no reserved word"
            report.add(f"{name!r} is not a name", at=node.at(name), path=("cases", name), expected=expected)
            continue
        own = _case(name, entry, report)
        cases[name] = merged(_case("all", shared, report), own, Case) if shared is not None else own
    return cases


def _case(name: str, entry: Node, report: Report) -> Map:
    node = remarked(entry, kind="case")
    if isinstance(node, Leaf) and node.value is None:
        return Map({}, node.mark)
    return normal_block(node, Case, path=("cases", name), report=report)


def _overridden(document: Map, overrides: Mapping[str, object]) -> Map:
    for path, value in overrides.items():
        mark = Mark("set", f"--set {path}")
        given = plain(read_value(value, mark)) if isinstance(value, str) else value
        changed = with_path(document, split_path(path), located(given, mark), mark)
        assert isinstance(changed, Map)  # a path has at least one key
        document = changed
    return document


def _refuse_unknown_designs(overrides: Mapping[str, object], documents: Mapping[str, Map], report: Report) -> None:
    """Report overrides that reach into a design there is not; they would make a new one."""
    sections = [section for document in documents.values() if isinstance(section := document.get("designs"), Map)]
    known = dict.fromkeys(name for section in sections for name in section.entries)
    for text in overrides:
        path = split_path(text)
        if path[0] == "designs" and len(path) > 2 and path[1] not in (*known, "all"):
            mark = Mark("set", f"--set {text}")
            report.add(
                f"no design {path[1]!r}", at=mark, path=path, expected="a design", remedy=nearest(path[1], known)
            )


def _check_sections(document: Map, name: str, report: Report) -> None:
    path = () if name == BASE else ("cases", name)
    if not _has_entries(document.get("designs")):
        report.add("'designs' is missing", at=document.mark, path=(*path, "designs"), expected="at least one design")
    if not _has_entries(document.get("workload")) and not _has_entries(document.get("faults")):
        what = "neither workload nor faults is given"
        report.add(
            what, at=document.mark, path=(*path, "workload"), expected="one of them", remedy="add workload.clients"
        )


def _has_entries(node: Node | None) -> bool:
    return isinstance(node, Map) and bool(node.entries)


def _failure(report: Report) -> ScenarioError:
    try:
        report.raise_if_any()
    except ScenarioError as error:
        return error
    raise AssertionError
