"""Map of regions, sites and the bytes between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from georep_sim.report.figures.style import FAINT, INK, colour
from georep_sim.report.numerals import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes

_WIDEST = 5.0
_MARGIN_DEG = 15.0


class Place(NamedTuple):
    """A region on the map.

    Parameters
    ----------
    name : str
        As it is called in the scenario.
    longitude, latitude : float
        Degrees.
    sites : int
        Sites of the design there.
    pulls_per_s : float
        Pulls of the clients there.
    """

    name: str
    longitude: float
    latitude: float
    sites: int
    pulls_per_s: float


class Frame(NamedTuple):
    """Part of the world that a map shows, in degrees."""

    west: float
    east: float
    south: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a point lies on the map."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north

    @property
    def ratio(self) -> float:
        """Height over width."""
        return (self.north - self.south) / (self.east - self.west)


def frame_of(places: Sequence[Place]) -> Frame:
    """Part of the world around some places, with a margin; all of it, but the poles, around none."""
    longitudes = [place.longitude for place in places] or [-180.0, 180.0]
    latitudes = [place.latitude for place in places] or [-60.0, 75.0]
    return Frame(
        max(-180.0, min(longitudes) - _MARGIN_DEG),
        min(180.0, max(longitudes) + _MARGIN_DEG),
        max(-90.0, min(latitudes) - _MARGIN_DEG),
        min(90.0, max(latitudes) + _MARGIN_DEG),
    )


def region_map(
    places: Sequence[Place],
    links: Mapping[tuple[str, str], float],
    ax: Axes,
    *,
    coastline: Iterable[Sequence[tuple[float, float]]],
    most_bytes: float | None = None,
) -> None:
    """Draw regions, sites and links; a link is as wide as the bytes that crossed it.

    Parameters
    ----------
    places : sequence of Place
        Regions with coordinates.
    links : mapping of (str, str) to float
        Bytes a year between two regions, both directions together.
    ax : Axes
        Where to draw.
    coastline : iterable of sequence of (float, float)
        Outlines as (longitude, latitude) in degrees.
    most_bytes : float, optional
        Bytes a year of the widest line, to share one scale among maps; default the largest of `links`.
    """
    frame = frame_of(places)
    for outline in coastline:
        if any(frame.holds(x, y) for x, y in outline):
            ax.plot([x for x, _ in outline], [y for _, y in outline], color=FAINT, linewidth=0.5, zorder=0)
    where = {place.name: place for place in places}
    most = most_bytes or max(links.values(), default=0.0)
    for (one, other), size in sorted(links.items()):
        if size > 0 and one in where and other in where:
            _link(where[one], where[other], ax, size=size, most=most)
    busiest = max((place.pulls_per_s for place in places), default=0.0)
    for place in places:
        _place(place, ax, busiest=busiest, is_east=place.longitude > frame.west + 0.7 * (frame.east - frame.west))
    _entries(ax)
    ax.set_xlim(frame.west, frame.east)
    ax.set_ylim(frame.south, frame.north)
    # Plate carrée: degrees are degrees on both axes.
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlabel("longitude [°]")
    ax.set_ylabel("latitude [°]")
    ax.tick_params(labelsize="x-small")


def _link(one: Place, other: Place, ax: Axes, *, size: float, most: float) -> None:
    width = max(0.6, _WIDEST * size / most)
    ax.plot(
        [one.longitude, other.longitude],
        [one.latitude, other.latitude],
        color=colour(0),
        linewidth=width,
        alpha=0.6,
        solid_capstyle="round",
        zorder=1,
        label=f"_{one.name} - {other.name}",  # a name that begins with _ stays out of the legend
    )
    middle = ((one.longitude + other.longitude) / 2, (one.latitude + other.latitude) / 2)
    ax.annotate(show(size, "B/y"), middle, fontsize="x-small", color=INK, ha="center", va="bottom", zorder=4)


def _place(place: Place, ax: Axes, *, busiest: float, is_east: bool) -> None:
    at = ([place.longitude], [place.latitude])
    if place.pulls_per_s > 0:
        size = 30 + 270 * place.pulls_per_s / busiest
        ax.scatter(*at, s=size, facecolor="none", edgecolor=colour(1), linewidth=1.4, zorder=2)
    if place.sites:
        ax.scatter(*at, s=42, marker="s", color=INK, zorder=3)
    # Names stand below, sizes of links above, and names near the edge point inwards.
    ax.annotate(
        place.name,
        (place.longitude, place.latitude),
        xytext=(-8, -8) if is_east else (8, -8),
        textcoords="offset points",
        ha="right" if is_east else "left",
        va="top",
        fontsize="small",
        zorder=4,
    )


def _entries(ax: Axes) -> None:
    """Say in the legend what the signs mean; links name themselves by their bytes."""
    ax.scatter([], [], s=42, marker="s", color=INK, label="site")
    ax.scatter([], [], s=120, facecolor="none", edgecolor=colour(1), label="clients, by pulls")
    ax.plot([], [], color=colour(0), linewidth=3, alpha=0.6, label="bytes a year")
