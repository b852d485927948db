"""Preset files in the scenario language: which there are, and the text of one."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.atlas.rows import NotInAtlasError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The name is read with a pattern and not with a YAML reader: the reader belongs to `scenario`, one layer up.
_NAME = re.compile(r"^name: *(?P<name>[a-z0-9/_-]+@[0-9a-z.-]+) *(#.*)?$", re.MULTILINE)


@cache
def _presets() -> Mapping[str, str]:
    folder = files(__package__).joinpath("presets")
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    named = {found["name"]: text for text in texts if (found := _NAME.search(text))}
    return MappingProxyType(dict(sorted(named.items(), key=lambda item: _age(item[0]))))


def _age(name: str) -> tuple[str, tuple[int, ...]]:
    """Order of presets: by name, then by version, number by number (2026 < 2026-08)."""
    stem, _, version = name.partition("@")
    return stem, tuple(int(part) for part in re.findall(r"\d+", version))


def preset_names() -> list[str]:
    """Full names of all presets, the versions of one from old to new.

    Examples
    --------
    >>> [name for name in preset_names() if name.startswith("cloud/")]
    ['cloud/typical@1']
    """
    return list(_presets())


def preset_text(name: str) -> tuple[str, str]:
    """One preset.

    Parameters
    ----------
    name : str
        ``vendor/name@version``, or ``vendor/name`` for its newest version.

    Returns
    -------
    (str, str)
        Its full name and the text of its file.

    Raises
    ------
    NotInAtlasError
        If there is none; names the nearest ones.

    Examples
    --------
    >>> preset_text("azure/acr-geo-replicated")[0]
    'azure/acr-geo-replicated@2026-08'
    """
    presets = _presets()
    versions = [full for full in presets if name in (full, full.partition("@")[0])]
    if not versions:
        stems = dict.fromkeys(full.partition("@")[0] for full in presets)
        raise NotInAtlasError(name, presets if "@" in name else stems, what="preset")
    return versions[-1], presets[versions[-1]]
