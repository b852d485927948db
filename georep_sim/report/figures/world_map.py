"""Map of regions, sites and the bytes between them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from georep_sim.report.figures.placing import Box, best_place
from georep_sim.report.figures.style import FAINT, INK, colour
from georep_sim.report.numerals import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes

    from georep_sim.report.figures.placing import Line

_WIDEST: Final = 5.0
_MARGIN_DEG: Final = 22.0
# A line with less than this share of the busiest one's bytes is drawn, but its number would only be in the way.
_LEAST_NAMED: Final = 0.01
_NAME_PT, _SIZE_PT = 8.0, 7.0
_AWAY_PT: Final = 9.0
_ALONG: Final = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)
_LIFTED: Final = (0.0, 1.5, -1.5)  # on its line, above it, below it, in heights of the word
# Where a name stands beside its place: below before above, at the sides last.
_SIDES: Final = ((1, -1), (-1, -1), (1, 1), (-1, 1), (0, -1), (0, 1), (1, 0), (-1, 0))
_ACROSS: Final = {-1: "right", 0: "center", 1: "left"}
_UPRIGHT: Final = {-1: "top", 0: "center", 1: "bottom"}


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
    frame: Frame | None = None,
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
    frame : Frame, optional
        What to show, to share one among maps; default what `frame_of` finds.

    Notes
    -----
    Only lines with at least a hundredth of the bytes of the busiest one have their bytes written at them, and
    only where there is room.
    """
    frame = frame or frame_of(places)
    for outline in coastline:
        if any(frame.holds(x, y) for x, y in outline):
            ax.plot([x for x, _ in outline], [y for _, y in outline], color=FAINT, linewidth=0.5, zorder=0)
    where = {place.name: place for place in places}
    crossed = {ends: size for ends, size in sorted(links.items()) if size > 0 and set(ends) <= set(where)}
    most = most_bytes or max(crossed.values(), default=0.0)
    for (one, other), size in crossed.items():
        _link(where[one], where[other], ax, size=size, most=most)
    busiest = max((place.pulls_per_s for place in places), default=0.0)
    for place in places:
        _place(place, ax, busiest=busiest)
    _entries(ax)
    ax.set_xlim(frame.west, frame.east)
    ax.set_ylim(frame.south, frame.north)
    # Plate carrée: degrees are degrees on both axes.
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlabel("longitude [°]")
    ax.set_ylabel("latitude [°]")
    ax.tick_params(labelsize="x-small")
    _Names(ax, frame, places, crossed).write()


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


def _place(place: Place, ax: Axes, *, busiest: float) -> None:
    at = ([place.longitude], [place.latitude])
    if place.pulls_per_s > 0:
        size = 30 + 270 * place.pulls_per_s / busiest
        ax.scatter(*at, s=size, facecolor="none", edgecolor=colour(1), linewidth=1.4, zorder=2)
    if place.sites:
        ax.scatter(*at, s=42, marker="s", color=INK, zorder=3)


class _Names:
    """Writes the names of places and the bytes of links where they cover least."""

    def __init__(self, ax: Axes, frame: Frame, places: Sequence[Place], links: Mapping[tuple[str, str], float]) -> None:
        self._ax = ax
        self._frame = Box(frame.west, frame.south, frame.east, frame.north)
        self._places = places
        self._links = links
        self._at = {place.name: (place.longitude, place.latitude) for place in places}
        self._lines: dict[tuple[str, str], Line] = {ends: (self._at[ends[0]], self._at[ends[1]]) for ends in links}
        # Degrees to a point of the page, known once the figure is laid out: so much room does a word need.
        figure = ax.get_figure(root=True)
        if figure is None:
            msg = "axes without a figure have no size"
            raise ValueError(msg)
        figure.draw_without_rendering()
        shown = ax.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
        self._degrees = max((frame.east - frame.west) / shown.width, (frame.north - frame.south) / shown.height) / 72.0
        away = _AWAY_PT * self._degrees
        self._words = [Box(x - away, y - away, x + away, y + away) for x, y in self._at.values()]

    def write(self) -> None:
        """Write names first: they have no other place to be."""
        for place in self._places:
            self._name(place)
        least = _LEAST_NAMED * max(self._links.values(), default=0.0)
        for ends, size in sorted(self._links.items(), key=lambda item: (-item[1], item[0])):
            if size >= least:
                self._size(ends, show(size, "B/y"))

    def _name(self, place: Place) -> None:
        boxes = [self._beside(place, side) for side in _SIDES]
        best = best_place(boxes, frame=self._frame, words=self._words, lines=self._lines.values())
        across, up = _SIDES[best]
        self._words.append(boxes[best])
        self._ax.annotate(
            place.name,
            (place.longitude, place.latitude),
            xytext=(across * _AWAY_PT, up * _AWAY_PT),
            textcoords="offset points",
            ha=_ACROSS[across],
            va=_UPRIGHT[up],
            fontsize=_NAME_PT,
            zorder=4,
        )

    def _beside(self, place: Place, side: tuple[int, int]) -> Box:
        away = _AWAY_PT * self._degrees
        width, height = self._room(place.name, _NAME_PT)
        x = place.longitude + side[0] * (away + width / 2)
        y = place.latitude + side[1] * (away + height / 2)
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def _size(self, ends: tuple[str, str], text: str) -> None:
        (x, y), (x_end, y_end) = self._lines[ends]
        width, height = self._room(text, _SIZE_PT)
        points = [
            (x + along * (x_end - x), y + along * (y_end - y) + lift * height)
            for lift, along in product(_LIFTED, _ALONG)
        ]
        boxes = [Box(px - width / 2, py - height / 2, px + width / 2, py + height / 2) for px, py in points]
        others = [line for of, line in self._lines.items() if of != ends]
        best = best_place(boxes, frame=self._frame, words=self._words, lines=others)
        if any(boxes[best].overlaps(word) for word in self._words):
            return  # two words on one spot are none
        self._words.append(boxes[best])
        self._ax.annotate(
            text,
            points[best],
            fontsize=_SIZE_PT,
            color=INK,
            ha="center",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
            zorder=3,
        )

    def _room(self, text: str, size_pt: float) -> tuple[float, float]:
        """Width and height of a word in degrees; DejaVu Sans is about 0.6 em wide a letter."""
        return 0.6 * size_pt * len(text) * self._degrees, 1.2 * size_pt * self._degrees


def _entries(ax: Axes) -> None:
    """Say in the legend what the signs mean; links name themselves by their bytes."""
    ax.scatter([], [], s=42, marker="s", color=INK, label="site")
    ax.scatter([], [], s=120, facecolor="none", edgecolor=colour(1), label="clients, by pulls")
    ax.plot([], [], color=colour(0), linewidth=3, alpha=0.6, label="bytes a year")
