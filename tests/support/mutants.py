"""One-line changes of single rules: what a test of the agreement of planes must notice."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from importlib import import_module
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class Mutant(NamedTuple):
    """A rule with one piece of its text replaced.

    Parameters
    ----------
    rule : str
        Dotted path of a function or method.
    old, new : str
        The piece, which stands there once, and what stands there instead.
    """

    rule: str
    old: str
    new: str


def _owner(path: str) -> Any:
    """Module or class of a dotted path."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            owner = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            owner = getattr(owner, name)
        return owner
    raise ModuleNotFoundError(path)


@contextmanager
def planted(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a mutant in the place of the rule, for whoever looks the rule up while this lasts."""
    path, _, name = f"georep_sim.plane.{mutant.rule}".rpartition(".")
    owner = _owner(path)
    rule = getattr(owner, name)
    text = dedent(inspect.getsource(rule))
    text = text[text.index("def ") :]
    assert text.count(mutant.old) == 1, f"{mutant.rule} has {text.count(mutant.old)} times: {mutant.old}"
    made: dict[str, Any] = {}
    code = compile(text.replace(mutant.old, mutant.new), f"<mutant of {mutant.rule}>", "exec")
    exec(code, rule.__globals__, made)  # noqa: S102  (text of the package itself)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, made[name])
        yield
