"""Pages that a build of the documentation writes for itself, to ``docs/_generated``, where other pages include them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sphinx.application import Sphinx

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
"""Folder of what benchmarks and validation have measured."""


def write(sphinx: Sphinx, pages: Mapping[str, Callable[[], str]]) -> None:
    """Write pages by name; one that is unchanged is left alone, so that rebuilds stay incremental."""
    folder = Path(sphinx.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    for name, page in pages.items():
        path, text = folder / f"{name}.md", page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
