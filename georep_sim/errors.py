"""Errors of the package, and the one shape in which a problem with an input is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, with its place and its remedy.

    Parameters
    ----------
    what : str
        What is wrong, one clause, with the value in it where there is one.
    path : str, default ""
        Dotted path of the key in the scenario, e.g. ``designs.a.health.every``.
    file, line, column : str, int, int
        Where it stands; lines and columns count from 1, 0 = not known.
    value : str, default ""
        The value found, as written.
    expected : str, default ""
        What would have been accepted.
    remedy : str, default ""
        What to do about it.
    """

    what: str
    path: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    value: str = ""
    expected: str = ""
    remedy: str = ""

    @property
    def place(self) -> str:
        """The place as ``file:line:column``, as far as it is known."""
        parts = [self.file] if self.file else []
        if self.line:
            parts += [str(self.line), str(self.column)]
        return ":".join(parts)

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, self.path, self.what) if part)
        details = (("found", self.value), ("expected", self.expected), ("remedy", self.remedy))
        return "\n".join([head, *(f"    {label}: {text}" for label, text in details if text)])


class GeoRepError(Exception):
    """Anything georep-sim raises on purpose."""


class InputError(GeoRepError):
    """The input is wrong (exit code 2): an option, a file, an output folder."""


class ScenarioError(InputError):
    """A scenario is wrong; holds all its problems at once.

    Parameters
    ----------
    problems : iterable of Problem
        At least one; kept in order of place.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column, p.path)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SimulationError(GeoRepError):
    """A run failed (exit code 1); the text says where, when and how to rerun it."""
