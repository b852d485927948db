"""Rows of the data files: reading, listing, looking up, and the error for a name that is not there.

A data file is a CSV with a head of ``# key: value`` lines: ``title``, ``source``, ``date`` and any number of ``note``.
The head's source and date hold for every row that has no column of that name.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLES = (
    "regions",
    "rtt_ms",
    "tiers",
    "redundancy",
    "prices",
    "images",
    "popularity",
    "service_times",
    "failure_rates",
    "outages",
    "coastline",
)


class NotInAtlasError(InputError, LookupError):
    """A name that the atlas does not know.

    Parameters
    ----------
    name : str
        The name not found.
    known : iterable of str
        All names there are; the three nearest are told.
    what : str
        Kind of thing looked for, e.g. ``region``.
    remedy : str, default ""
        What to do where no other name helps.
    """

    def __init__(self, name: str, known: Iterable[str], *, what: str, remedy: str = "") -> None:
        names = list(known)
        self.what = what
        self.name = name
        self.nearest: tuple[str, ...] = tuple(difflib.get_close_matches(name, names, n=3, cutoff=0.5))
        hint = f"nearest: {', '.join(self.nearest)}" if self.nearest else f"known: {_abridged(names)}"
        super().__init__(f"no {what} '{name}' in the atlas; {remedy or hint}")


def _abridged(names: list[str], *, most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


@dataclass(frozen=True, slots=True)
class Table:
    """One data file.

    Parameters
    ----------
    name, title : str
        Its name in the atlas and what it holds.
    source, date : str
        Where its rows are from and when that was published or measured; rows may have their own.
    notes : tuple of str
        What a reader of the rows must know.
    columns : tuple of str
        Names of the columns; ``source`` and ``date`` are always among them.
    rows : tuple of mapping of str to str
        The rows as written in the file, read-only.
    """

    name: str
    title: str
    source: str
    date: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


@cache
def table(name: str) -> Table:
    """One data file of the atlas, read once.

    Parameters
    ----------
    name : str
        One of `TABLES`.

    Returns
    -------
    Table
        Its head and its rows.

    Raises
    ------
    NotInAtlasError
        If there is no such table.

    Examples
    --------
    >>> len(table("regions").rows)
    70
    """
    if name not in TABLES:
        raise NotInAtlasError(name, TABLES, what="table")
    lines = files(__package__).joinpath("data", f"{name}.csv").read_text(encoding="utf-8").splitlines()
    head = [line[2:].partition(": ") for line in lines if line.startswith("# ")]
    single = {key: value for key, _, value in head if key != "note"}
    given = {"source": single["source"], "date": single["date"]}
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    rows = tuple(MappingProxyType({**given, **row}) for row in reader)
    columns = tuple(reader.fieldnames or ())
    return Table(
        name=name,
        title=single["title"],
        notes=tuple(value for key, _, value in head if key == "note"),
        columns=columns + tuple(key for key in given if key not in columns),
        rows=rows,
        **given,
    )


def tables() -> dict[str, str]:
    """Name and title of every table of the atlas, in the order in which a reader wants them.

    Examples
    --------
    >>> tables()["regions"]
    'Azure regions: place, time zone, zones, pair'
    """
    return {name: table(name).title for name in TABLES}


def lookup(name: str, /, **filters: str) -> list[dict[str, str]]:
    """Rows of one table as text, filtered by exact values of columns.

    Parameters
    ----------
    name : str
        One of `TABLES`.
    **filters : str
        Column and the value that a row must have there.

    Returns
    -------
    list of dict of str to str
        One dict per row, in the order of the file, each with ``source`` and ``date``.

    Raises
    ------
    NotInAtlasError
        If there is no such table or column.

    Examples
    --------
    >>> lookup("rtt_ms", src="eastus", dst="westeurope")[0]["rtt_ms"]
    '83'
    """
    found = table(name)
    for column in filters:
        if column not in found.columns:
            raise NotInAtlasError(column, found.columns, what=f"column of table '{name}'")
    return [dict(row) for row in found.rows if all(row[key] == value for key, value in filters.items())]
