"""The path grammar of overrides: dotted keys from the root, odd segments in double quotes."""

from __future__ import annotations

import re
from typing import Final

from georep_sim.errors import InputError

_SEGMENT: Final = re.compile(r'"([^"]+)"|([A-Za-z0-9_-]+)')


def split_path(text: str) -> tuple[str, ...]:
    """Split a path into its keys.

    Parameters
    ----------
    text : str
        Dotted keys; a segment with other characters than letters, digits, ``-`` and ``_`` in double quotes.

    Raises
    ------
    InputError
        If it is no path.

    Examples
    --------
    >>> split_path('environment.links."eastus <-> westus".rtt')
    ('environment', 'links', 'eastus <-> westus', 'rtt')
    """
    keys: list[str] = []
    position = 0
    while position <= len(text):
        match = _SEGMENT.match(text, position)
        if match is None or text[match.end() : match.end() + 1] not in {"", "."}:
            msg = (
                f"{text!r} is not a path, see character {position + 1}; expected dotted keys such as "
                'designs.all.health.every; put other characters in double quotes: links."a <-> b".rtt'
            )
            raise InputError(msg)
        keys.append(match[1] or match[2])
        position = match.end() + 1
    return tuple(keys)


def split_setting(text: str) -> tuple[str, str]:
    """Split ``PATH=VALUE`` at the first ``=`` outside quotes.

    Raises
    ------
    InputError
        If there is none.
    """
    match = re.match(r'((?:"[^"]*"|[^"=])+)=(.*)', text, re.DOTALL)
    if match is None:
        msg = f"{text!r} is not PATH=VALUE; expected e.g. run.horizon=30d or designs.all.health.every=5s"
        raise InputError(msg)
    return match[1].strip(), match[2].strip()
