"""The scenario: its cases, where each value comes from, and changed copies of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.errors import InputError
from georep_sim.scenario.loading import Loaded, Source, load_cases, read_source
from georep_sim.scenario.paths import split_path
from georep_sim.scenario.tree import Leaf, Map, Node, as_path, find, is_assumed, leaves, plain
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from georep_sim.scenario.design import Design
    from georep_sim.scenario.model import Case
    from georep_sim.scenario.tree import OriginKind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Parameters
    ----------
    path : str
        The value's path.
    value : str
        As the language writes it.
    kind : OriginKind
        file, case, set, preset, atlas or default.
    text : str
        The place: file:line:column, preset:line:column, a table of the atlas.
    assumed : bool
        Whether nobody stands behind it: marked ``~``, estimated or assumed.
    source : str
        Source of a default or of a fact.
    """

    path: str
    value: str
    kind: OriginKind
    text: str
    assumed: bool
    source: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, read, merged, checked and in SI units; made by `load`.

    Attributes
    ----------
    title, question : str
        Of the file.
    file : str
        Name of the file, "" if there is none.
    cases : mapping of str to Case
        In the order of the file; ``base`` alone if it has none.
    digest : str
        SHA-256 of the resolved cases, hexadecimal: the same for a file and for its resolved form.
    """

    title: str
    question: str
    file: str
    _root: Map = field(repr=False)
    _loaded: Mapping[str, Loaded] = field(repr=False)
    _overrides: Mapping[str, object] = field(default_factory=dict, repr=False)
    _known_metrics: Mapping[str, Collection[str]] | None = field(default=None, repr=False)

    @property
    def cases(self) -> Mapping[str, Case]:
        """The cases, by name."""
        return {name: loaded.case for name, loaded in self._loaded.items()}

    @property
    def overrides(self) -> Mapping[str, object]:
        """The overrides it was loaded with, by path."""
        return MappingProxyType(dict(self._overrides))

    @property
    def digest(self) -> str:
        """SHA-256 of the resolved cases, hexadecimal."""
        resolved = {name: _without_place(plain(loaded.tree)) for name, loaded in self._loaded.items()}
        return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()

    def case(self, name: str | None = None) -> Case:
        """Return a case, the first one by default.

        Raises
        ------
        InputError
            If there is no such case.
        """
        return self._of(name).case

    def tree(self, case: str | None = None) -> Map:
        """Return the values of a case in the language's words, each with its place."""
        return self._of(case).tree

    def _repr_html_(self) -> str:
        from georep_sim.scenario.describe import as_html  # noqa: PLC0415 - it describes this class

        return as_html(self)

    def _of(self, name: str | None) -> Loaded:
        if name is None:
            return next(iter(self._loaded.values()))
        if name not in self._loaded:
            msg = f"no case {name!r}; {nearest(name, self._loaded)}"
            raise InputError(msg)
        return self._loaded[name]

    def design(self, name: str, case: str | None = None) -> Design:
        """Return a design under a case, the first case by default.

        Raises
        ------
        InputError
            If there is no such design or case.
        """
        designs = self._of(case).case.designs
        if name not in designs:
            msg = f"no design {name!r}; {nearest(name, designs)}"
            raise InputError(msg)
        return designs[name]

    def why(self, path: str, case: str | None = None) -> Origin:
        """Return where a value comes from.

        Parameters
        ----------
        path : str
            Dotted keys, e.g. ``designs.geo-replicated.health.every``.
        case : str, optional
            The first case by default.

        Raises
        ------
        InputError
            If the path leads nowhere; names the nearest key.
        """
        keys = split_path(path)
        tree = self.tree(case)
        node = find(tree, keys)
        if node is None:
            depth = next(i for i in range(len(keys)) if find(tree, keys[: i + 1]) is None)
            parent = find(tree, keys[:depth])
            known = parent.entries if isinstance(parent, Map) else {}
            msg = f"nothing at {path!r}: no {keys[depth]!r} in {as_path(keys[:depth]) or 'the scenario'}"
            msg = "; ".join(part for part in (msg, nearest(keys[depth], known)) if part)
            raise InputError(msg)
        return _origin(keys, node)

    def origins(self, case: str | None = None) -> list[Origin]:
        """Return the origin of every value of a case, in order."""
        return [_origin(path, leaf) for path, leaf in leaves(self.tree(case))]

    def assumptions(self, case: str | None = None) -> list[Origin]:
        """Return the origin of every value that is assumed or estimated."""
        return [origin for origin in self.origins(case) if origin.assumed]

    def resolved(self, case: str | None = None) -> dict[str, object]:
        """Return a case as a document without presets, which `load` turns into an equal case.

        Quantities are written as the file or the preset wrote them; facts of the atlas are written out.
        """
        body = plain(self.tree(case))
        assert isinstance(body, dict)  # a Map is a dict
        workload = self.case(case).workload
        if workload is not None and workload.trace is not None:
            # Relative to the file that named it; the document made here lies nowhere.
            body["workload"]["trace"]["file"] = str(Path(workload.trace.pattern).absolute())
        environment = {"use": "none", **body.pop("environment")}
        texts = {key: text for key, text in (("title", self.title), ("question", self.question)) if text}
        return {"georep": 1, **texts, "run": body.pop("run"), "environment": environment, **body}

    def set(self, overrides: Mapping[str, object]) -> Scenario:
        """Return the scenario with some values changed, checked anew.

        Parameters
        ----------
        overrides : mapping of str to object
            Values by path, as ``--set`` takes them; ``all`` in a path stands for every entry.

        Raises
        ------
        ScenarioError
            If the result is wrong.
        """
        return _made(self._root, {**self._overrides, **overrides}, self._known_metrics)

    def with_cases(self, cases: Mapping[str, Case]) -> Scenario:
        """Return the scenario with cases in which something was measured filled in; the document stays as it is."""
        return replace(
            self,
            _loaded={name: replace(loaded, case=cases.get(name, loaded.case)) for name, loaded in self._loaded.items()},
        )

    def select(self, cases: Iterable[str] | None = None, designs: Iterable[str] | None = None) -> Scenario:
        """Return the scenario with some of its cases and designs only; nothing else changes.

        Raises
        ------
        InputError
            If one of them does not exist.
        """
        chosen = {name: self._of(name) for name in cases} if cases is not None else dict(self._loaded)
        if designs is not None:
            wanted = list(designs)
            chosen = {name: _narrowed(loaded, wanted) for name, loaded in chosen.items()}
        return replace(self, _loaded=chosen)


def load(
    source: Source,
    *,
    overrides: Mapping[str, object] | None = None,
    known_metrics: Mapping[str, Collection[str]] | None = None,
) -> Scenario:
    """Load a scenario.

    Parameters
    ----------
    source : path, str or mapping
        A file, or a text of more than one line, or the document as a mapping.
    overrides : mapping of str to object, optional
        Values by path, laid over everything else; texts are read as YAML.
    known_metrics : mapping of str to collection of str, optional
        Statistics of each metric that objectives may name; left out, the names are not checked.

    Returns
    -------
    Scenario
        Frozen.

    Raises
    ------
    ScenarioError
        If anything is wrong: every problem at once, each with its place, value, expectation and remedy.

    Examples
    --------
    >>> scenario = load({"georep": 1, "workload": {"clients": {"eastus": {"pulls": "2/s"}}},
    ...                  "designs": {"one": "azure/acr-single-region"}})
    >>> scenario.design("one").home
    'eastus'
    """
    return _made(read_source(source), overrides or {}, known_metrics)


def _made(root: Map, overrides: Mapping[str, object], known_metrics: Mapping[str, Collection[str]] | None) -> Scenario:
    loaded = load_cases(root, overrides=overrides, known_metrics=known_metrics)
    return Scenario(
        title=_text(root.get("title")),
        question=_text(root.get("question")),
        file=root.mark.file,
        _root=root,
        _loaded=loaded,
        _overrides=dict(overrides),
        _known_metrics=known_metrics,
    )


def _without_place(resolved: object) -> object:
    """Return a resolved case with the name of its trace in place of its path: the same wherever the files lie."""
    match resolved:
        case {"workload": {"trace": {"file": str(file), **trace}, **workload}, **rest}:
            return {**rest, "workload": {**workload, "trace": {**trace, "file": Path(file).name}}}
    return resolved


def _narrowed(loaded: Loaded, names: list[str]) -> Loaded:
    designs = loaded.case.designs
    for name in names:
        if name not in designs:
            msg = f"no design {name!r}; {nearest(name, designs)}"
            raise InputError(msg)
    case = loaded.case.model_copy(update={"designs": {name: designs[name] for name in designs if name in names}})
    section = loaded.tree.get("designs")
    assert isinstance(section, Map)  # a case without designs is refused
    kept = section.without(*(name for name in section.entries if name not in names))
    return replace(loaded, case=case, tree=loaded.tree.put(designs=kept))


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Leaf) and isinstance(node.value, str) else ""


def _origin(path: tuple[str, ...], node: Node) -> Origin:
    mark = node.mark
    shown = plain(node)
    value = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
    return Origin(as_path(path), value, mark.kind, mark.text, is_assumed(node), mark.source)
