"""Round trips between regions: measured where the table has them, else estimated from distance, and marked so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from georep_sim.atlas.regions import great_circle_km, region
from georep_sim.atlas.rows import NotInAtlasError, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georep_sim.atlas.regions import Location

Method = Literal["atlas", "estimated", "assumed"]
"""How a value came about: it stands in a table, it was computed from one, or it is a guess."""

INSIDE_REGION_S = 1e-3
"""Round trip between two points of one region, in seconds; assumed, for no table has it."""

# Least-squares line through the table's 2,834 ordered pairs beyond 300 km; R2 = 0.81 (recomputed in the tests).
LINE_MS, LINE_MS_PER_KM, LINE_FROM_KM = 20.8, 0.01463, 300.0

# Below that: light in fibre goes 204 km in a millisecond, and the table's median pair takes 1.73 times that bound.
FIBRE_KM_PER_MS, MEDIAN_OVER_FIBRE, LEAST_MS = 204.0, 1.73, 1.0


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One round-trip time.

    Parameters
    ----------
    rtt_s : float
        Seconds.
    method : {"atlas", "estimated", "assumed"}
        How it came about.
    source, date : str
        Where it is from and when that was published.
    """

    rtt_s: float
    method: Method
    source: str
    date: str


@cache
def measured_round_trips() -> Mapping[tuple[str, str], float]:
    """Measured round trips in seconds by (from, to), both directions; read-only.

    Examples
    --------
    >>> len(measured_round_trips())
    2862
    """
    rows = table("rtt_ms").rows
    return MappingProxyType({(row["src"], row["dst"]): float(row["rtt_ms"]) / 1e3 for row in rows})


def estimated_round_trip(here: Location, there: Location) -> RoundTrip:
    """Round trip between two points that no table has, from their distance.

    Parameters
    ----------
    here, there : (float, float)
        Latitude and longitude in degrees.

    Returns
    -------
    RoundTrip
        With method ``estimated``.

    Notes
    -----
    From 300 km on the least-squares line ``20.8 ms + 0.01463 ms/km`` through the table's pairs. Nearer, where the line's
    constant (long detours of long paths) would mislead, 1.73 times the light-in-fibre bound ``2 km / (204 km/ms)``,
    1.73 being the median of that ratio in the table, and at least 1 ms. The two do not meet: short paths are direct.

    Examples
    --------
    >>> round(estimated_round_trip((0.0, 0.0), (0.0, 90.0)).rtt_s, 3)
    0.167
    """
    km = great_circle_km(here, there)
    if km > LINE_FROM_KM:
        rtt_ms = LINE_MS + LINE_MS_PER_KM * km
        how = f"line {LINE_MS} ms + {LINE_MS_PER_KM} ms/km fitted to the table rtt_ms, {km:.0f} km"
    else:
        rtt_ms = max(LEAST_MS, MEDIAN_OVER_FIBRE * 2.0 * km / FIBRE_KM_PER_MS)
        how = f"{MEDIAN_OVER_FIBRE} x light in fibre, at least {LEAST_MS:g} ms, {km:.0f} km"
    return RoundTrip(rtt_s=rtt_ms / 1e3, method="estimated", source=how, date=table("rtt_ms").date)


def round_trip(src: str, dst: str) -> RoundTrip:
    """Round trip from one region to another.

    Parameters
    ----------
    src, dst : str
        Names of regions.

    Returns
    -------
    RoundTrip
        From the table; else from the coordinates (*estimated*); inside a region 1 ms (*assumed*).

    Raises
    ------
    NotInAtlasError
        If a region is not known, or has neither a row nor coordinates.

    Examples
    --------
    >>> round_trip("eastus", "westeurope").method
    'atlas'
    """
    here, there = region(src), region(dst)
    if src == dst:
        return RoundTrip(rtt_s=INSIDE_REGION_S, method="assumed", source="assumed; inside a region", date="")
    found = measured_round_trips().get((src, dst))
    if found is not None:
        times = table("rtt_ms")
        return RoundTrip(rtt_s=found, method="atlas", source=times.source, date=times.date)
    if here.location is None or there.location is None:
        path = f"{src} <-> {dst}"
        remedy = f'give it: environment.links."{path}".rtt'
        raise NotInAtlasError(path, (), what="round trip and no coordinates for", remedy=remedy)
    return estimated_round_trip(here.location, there.location)
