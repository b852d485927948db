"""Regions: where they are, what time it is there, how many zones they have and with which region they are paired."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping

Location = tuple[float, float]
"""Latitude and longitude in degrees, north and east positive."""

EARTH_RADIUS_KM = 6371.0088  # mean radius (2a + b)/3 of GRS 80; H. Moritz, Geodetic Reference System 1980, 2000


@dataclass(frozen=True, slots=True)
class Region:
    """One region of the provider.

    Parameters
    ----------
    name, label : str
        Identifier (``eastus``) and display name (``East US``).
    latitude, longitude : float or None
        Degrees; of the city or area as published, not of a data centre. None: not published.
    timezone : str
        IANA name.
    zones : int
        Number of availability zones; 1 where the region has none.
    pair : str or None
        The paired region, None where there is none.
    pair_is_reciprocal : bool or None
        Whether the pair is paired back; None where no source says so.
    geography, continent : str
        The provider's geography; our grouping for transfer prices.
    access_restricted : bool
        Open only to some customers.
    source, date : str
        Codes of the table's head; ISO date of the main source.
    zones_assumed : bool
        The number of zones is a guess: the source only says that there are some.
    notes : str
        What is odd about the row.
    """

    name: str
    label: str
    latitude: float | None
    longitude: float | None
    timezone: str
    zones: int
    pair: str | None
    pair_is_reciprocal: bool | None
    geography: str
    continent: str
    access_restricted: bool
    source: str
    date: str
    zones_assumed: bool
    notes: str

    @property
    def location(self) -> Location | None:
        """Latitude and longitude in degrees, or None where they are not published."""
        if self.latitude is None or self.longitude is None:
            return None
        return (self.latitude, self.longitude)

    @property
    def has_zones(self) -> bool:
        """Whether the region has more than one zone."""
        return self.zones > 1


def _region(row: Mapping[str, str]) -> Region:
    return Region(
        name=row["name"],
        label=row["label"],
        latitude=float(row["latitude"]) if row["latitude"] else None,
        longitude=float(row["longitude"]) if row["longitude"] else None,
        timezone=row["timezone"],
        zones=int(row["zones"]),
        pair=row["pair"] or None,
        pair_is_reciprocal={"yes": True, "no": False}.get(row["pair_is_reciprocal"]),
        geography=row["geography"],
        continent=row["continent"],
        access_restricted=row["access_restricted"] == "yes",
        source=row["source"],
        date=row["date"],
        zones_assumed=row["zones_method"] == "assumed",
        notes=row["notes"],
    )


@cache
def regions() -> Mapping[str, Region]:
    """All regions by name, in the order of the table; read-only.

    Examples
    --------
    >>> regions()["brazilsouth"].pair
    'southcentralus'
    """
    return MappingProxyType({row["name"]: _region(row) for row in table("regions").rows})


def region(name: str) -> Region:
    """One region.

    Parameters
    ----------
    name : str
        Its identifier, e.g. ``westeurope``.

    Raises
    ------
    NotInAtlasError
        If there is none; names the nearest ones.
    """
    known = regions()
    if name not in known:
        raise NotInAtlasError(name, known, what="region")
    return known[name]


def great_circle_km(here: Location, there: Location) -> float:
    """Length of the great circle between two points, in kilometres.

    Parameters
    ----------
    here, there : (float, float)
        Latitude and longitude in degrees.

    Returns
    -------
    float
        Haversine distance on a sphere of the mean earth radius.

    References
    ----------
    .. [1] R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2), 1984, p. 159.

    Examples
    --------
    >>> round(great_circle_km((0.0, 0.0), (0.0, 180.0)))
    20015
    """
    lat1, lon1, lat2, lon2 = (math.radians(angle) for angle in (*here, *there))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
