"""Coastlines for maps."""

from __future__ import annotations

from functools import cache
from itertools import groupby

from georep_sim.atlas.rows import table


@cache
def coastline() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Polylines of the world's coasts.

    Returns
    -------
    tuple of tuple of (float, float)
        One tuple per line; its points in drawing order, each (longitude, latitude) in degrees, east and north positive.

    References
    ----------
    .. [1] Natural Earth, 1:110m cultural vectors, public domain; thinning is described in the file's head.

    Examples
    --------
    >>> len(coastline()) > 100
    True
    """
    lines = groupby(table("coastline").rows, key=lambda row: row["line"])
    return tuple(tuple((float(row["lon"]), float(row["lat"])) for row in points) for _, points in lines)
