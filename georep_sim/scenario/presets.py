"""Preset files: finding and reading them; filling them in is up to `parameters`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from georep_sim.atlas import load as atlas
from georep_sim.errors import ScenarioError
from georep_sim.scenario.parameters import TYPES
from georep_sim.scenario.read import read_file, read_text
from georep_sim.scenario.tree import Leaf, Map, Mark, Seq, maps, plain, text_of
from georep_sim.scenario.values import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.scenario.parameters import Parameters
    from georep_sim.scenario.report import Report
    from georep_sim.scenario.tree import Node
    from georep_sim.scenario.tree import Path as TreePath

OF: Final = ("design", "faults", "content", "environment")
_KEYS: Final = ("georep-preset", "name", "of", "meaning", "source", "omits", "parameters", *OF)


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset file, read but not filled in.

    Parameters
    ----------
    name : str
        With its version.
    of : str
        What it is a preset of.
    meaning, source : str
        What it stands for; where its values are from.
    omits : tuple of str
        What the real product has besides.
    parameters : mapping of str to Map
        Type, default and meaning, by name.
    body : Node
        As written, with its ``$name``.
    """

    name: str
    of: str
    meaning: str
    source: str
    omits: tuple[str, ...]
    parameters: Mapping[str, Map]
    body: Node


@dataclass(frozen=True, slots=True)
class Library:
    """The presets met so far in one load, and what fills them in.

    Parameters
    ----------
    report : Report
        Receives what is wrong.
    parameters : Parameters
        Fills presets in.
    """

    report: Report
    parameters: Parameters
    _read: dict[str, Preset | None] = field(default_factory=dict)

    def find(self, use: Leaf, of: str, *, path: TreePath, also: tuple[str, ...] = ()) -> Preset | None:
        """Return the preset a ``use:`` names; None, with a problem reported, if there is none.

        Parameters
        ----------
        use : Leaf
            The name, as written.
        of : str
            What a preset is wanted of.
        path : tuple of str
            Path of the ``use:``, for messages.
        also : tuple of str
            Other names that would do, for the nearest one.
        """
        name = str(use.value)
        preset = self._local(use, path) if name.startswith(("./", "../")) else self._installed(use, of, path, also)
        if preset is not None and preset.of != of:
            self.report.add(f"{name} is a preset of {preset.of}", at=use, path=path, expected=f"a preset of {of}")
            return None
        return preset

    def _local(self, use: Leaf, path: TreePath) -> Preset | None:
        file = Path(use.mark.file).parent / str(use.value)
        key = str(file)
        if key not in self._read:
            self._read[key] = None
            try:
                self._read[key] = self._checked(read_file(file, kind="preset"))
            except ScenarioError as error:
                for problem in error.problems:
                    mark = Mark("preset", problem.file, problem.line, problem.column) if problem.line else use.mark
                    self.report.add(
                        problem.what,
                        at=mark,
                        path=path,
                        value=problem.value or str(use.value),
                        expected=problem.expected,
                        remedy=problem.remedy,
                    )
        return self._read[key]

    def _installed(self, use: Leaf, of: str, path: TreePath, also: tuple[str, ...]) -> Preset | None:
        name = str(use.value)
        try:
            full, text = atlas.preset_text(name)
        except LookupError:
            known = atlas.preset_names()
            choice = (*also, *(known if "@" in name else {full.partition("@")[0] for full in known}))
            expected = {
                "design": "a design of this file, ./FILE.yaml, or a preset",
                "content": f"{', '.join(also)}, ./FILE.yaml, or a preset",
                "environment": f"{', '.join(also)}, ./FILE.yaml, or a preset",
            }.get(of, "./FILE.yaml or a preset")
            self.report.add(f"no preset {name!r}", at=use, path=path, expected=expected, remedy=nearest(name, choice))
            return None
        if full not in self._read:
            self._read[full] = self._checked(read_text(text, name=full, kind="preset"))
        return self._read[full]

    def _checked(self, root: Map) -> Preset | None:
        """Return the preset of a file; None, with problems reported, if its frame is wrong."""
        before = len(self.report)
        version = root.get("georep-preset")
        if not isinstance(version, Leaf) or version.value != 1 or isinstance(version.value, bool):
            self.report.add("not a preset file", at=version or root.mark, path=("georep-preset",), expected="1")
        for key in root.entries:
            if key not in _KEYS:
                remedy = nearest(key, _KEYS)
                self.report.add(f"unknown key {key!r}", at=root.at(key), path=(key,), remedy=remedy)
        of = text_of(root.get("of"))
        if of not in OF or root.get(of) is None:
            expected = f"one of {', '.join(OF)}, and a key of that name"
            self.report.add(f"preset of {of!r}", at=root.at("of"), path=("of",), expected=expected)
        parameters = root.get("parameters") or Map({}, root.mark)
        if not isinstance(parameters, Map):
            self.report.add("parameters are no map", at=parameters, path=("parameters",), expected="{NAME: {type: …}}")
            parameters = Map({}, root.mark)
        declared = {name: entry for name, entry in maps(parameters).items() if text_of(entry.get("type")) in TYPES}
        for name, entry in parameters.entries.items():
            if name not in declared:
                expected = f"{{type: {'|'.join(TYPES)}, default: …}}"
                path = ("parameters", name)
                self.report.add(f"parameter {name!r} has no type", at=entry, path=path, expected=expected)
        if len(self.report) > before:
            return None
        omits = root.get("omits")
        listed = omits.items if isinstance(omits, Seq) else (omits,) if omits else ()
        return Preset(
            name=text_of(root.get("name")) or root.mark.file,
            of=of,
            meaning=text_of(root.get("meaning")),
            source=text_of(root.get("source")),
            omits=tuple(str(plain(item)) for item in listed),
            parameters=declared,
            body=root.entries[of],
        )
