"""What was odd in a log, counted, with the first places; an error where strictness is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from georep_sim.errors import InputError

_SHOWN: Final = 5
#: What can be odd, and how a sentence says it. The first two words of the key are never in a tidy log.
_SENTENCES: Final = {
    "malformed": "malformed lines left out",
    "encoding": "lines with bytes that are no UTF-8; these bytes became U+FFFD",
    "truncated": "compressed files that end before their end; what could be unpacked was read",
    "negative_bytes": "negative sizes, taken as 0",
    "negative_durations": "negative durations, taken as not logged",
    "late": "rows whose time runs back further than the window of reordering; kept out of order",
}
#: What is told but is no fault of the log.
_REMARKS: Final = {
    "backwards": "rows whose time runs back; those within the window were sorted",
    "foreign": "lines that are no requests",
}


@dataclass
class Oddities:
    """Counts of what was odd, filled while a log is read.

    Parameters
    ----------
    strict : bool
        Whether the first fault is an error.

    Attributes
    ----------
    lines : int
        Lines (of a JSON array: records) read.
    requests : int
        Rows that came of them.
    count : dict of str to int
        By kind: malformed, encoding, truncated, negative_bytes, negative_durations, late; and, no fault of the log,
        backwards and foreign.
    places : dict of str to list of str
        The first five places of each kind, ``file:line``.
    """

    strict: bool = False
    lines: int = 0
    requests: int = 0
    count: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, n: int, *places: str, why: str = "") -> None:
        """Count something odd.

        Parameters
        ----------
        kind : str
            As in `count`.
        n : int
            How many.
        *places : str
            Where, as far as known.
        why : str
            What is wrong there, for the error.

        Raises
        ------
        InputError
            If it is a fault of the log and strictness was asked for.
        """
        if not n:
            return
        self.count[kind] = self.count.get(kind, 0) + n
        kept = self.places.setdefault(kind, [])
        kept.extend(places[: _SHOWN - len(kept)])
        if self.strict and kind in _SENTENCES:
            at = f"{places[0]}: " if places else ""
            msg = f"{at}{n:,} {_SENTENCES[kind]}{f' ({why})' if why else ''}; without strict they are counted only"
            raise InputError(msg)

    def take(self, other: Oddities) -> None:
        """Add what was odd in a later part of the log."""
        self.lines += other.lines
        self.requests += other.requests
        for kind, n in other.count.items():
            self.count[kind] = self.count.get(kind, 0) + n
            kept = self.places.setdefault(kind, [])
            kept.extend(other.places.get(kind, [])[: _SHOWN - len(kept)])

    def sentences(self) -> list[str]:
        """What was odd, one sentence each, faults first."""
        out = []
        for kind, text in (_SENTENCES | _REMARKS).items():
            if self.count.get(kind):
                places = ", ".join(self.places[kind])
                out.append(f"{self.count[kind]:,} {text}{f' (first: {places})' if places else ''}")
        return out
