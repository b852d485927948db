"""Redundancy options of the storage below a registry."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Redundancy:
    """One way in which the provider keeps the bytes of a storage account.

    Parameters
    ----------
    name : str
        ``lrs``, ``zrs``, ``grs``, ``ra-grs``, ``gzrs`` or ``ra-gzrs``.
    copies_primary, copies_secondary : int
        Copies in the region and in its pair.
    primary_layout, secondary_layout : str
        How they are spread.
    secondary_is_readable : bool
        Whether the copy in the pair can be read before a failover.
    durability_nines : float
        Design target per object and year.
    availability_read, availability_write : float
        Floor promised by the provider's contract, hot tier.
    survives : mapping of str to str
        ``yes``, ``no`` or ``after_failover`` for the loss of a node, data_centre, zone and region.
    source, date : str
        Where it is from and of when.
    """

    name: str
    copies_primary: int
    copies_secondary: int
    primary_layout: str
    secondary_layout: str
    secondary_is_readable: bool
    durability_nines: float
    availability_read: float
    availability_write: float
    survives: Mapping[str, str]
    source: str
    date: str


def _redundancy(row: Mapping[str, str]) -> Redundancy:
    prefix = "survives_"
    return Redundancy(
        name=row["option"],
        copies_primary=int(row["copies_primary"]),
        copies_secondary=int(row["copies_secondary"]),
        primary_layout=row["primary_layout"],
        secondary_layout=row["secondary_layout"],
        secondary_is_readable=row["secondary_readable"] == "yes",
        durability_nines=float(row["durability_nines"]),
        availability_read=float(row["availability_read"]),
        availability_write=float(row["availability_write"]),
        survives=MappingProxyType({key.removeprefix(prefix): row[key] for key in row if key.startswith(prefix)}),
        source=row["source"],
        date=row["date"],
    )


def redundancy(name: str) -> Redundancy:
    """One redundancy option of the storage.

    Parameters
    ----------
    name : str
        ``lrs``, ``zrs``, ``grs``, ``ra-grs``, ``gzrs`` or ``ra-gzrs``.

    Raises
    ------
    NotInAtlasError
        If there is none of that name.

    Examples
    --------
    >>> redundancy("grs").durability_nines
    16.0
    """
    known = {row["option"]: row for row in table("redundancy").rows}
    if name not in known:
        raise NotInAtlasError(name, known, what="redundancy option")
    return _redundancy(known[name])
