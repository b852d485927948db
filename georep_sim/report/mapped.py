"""The maps of a case: one per design, all on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from georep_sim.atlas.coastline import coastline
from georep_sim.report.canvas import Plate, new_figure
from georep_sim.report.figures import region_map
from georep_sim.report.figures.world_map import Place, frame_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georep_sim.scenario import Region
    from georep_sim.tables import Recording

_WIDTH: Final = 9.0
_YEAR_S: Final = 365.25 * 86_400.0


def maps(regions: Mapping[str, Region], recordings: Mapping[str, Recording], *, name: str) -> Iterator[Plate]:
    """Draw a map per design; none where a region has no place on the earth, or nothing was recorded.

    Parameters
    ----------
    regions : mapping of str to Region
        Universe of the case.
    recordings : mapping of str to Recording
        By design.
    name : str
        Name of the plate.
    """
    places = {design: _places(regions, recording) for design, recording in recordings.items()}
    if not places or any(found is None for found in places.values()):
        return
    shown = {design: found for design, found in places.items() if found}
    links = {design: bytes_per_year(recording) for design, recording in recordings.items()}
    most = max((size for of in links.values() for size in of.values()), default=0.0)
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    frame = frame_of([place for of in shown.values() for place in of])
    figure = new_figure(_WIDTH, 0.7 + rows * (0.3 + frame.ratio * (_WIDTH / columns - 0.5)))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for ax, (design, found) in zip(axes, shown.items(), strict=False):
        region_map(found, links[design], ax, coastline=coastline(), most_bytes=most, frame=frame)
        ax.set_title(design)
        ax.label_outer()
    for ax in axes[len(shown) :]:
        ax.set_visible(False)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    sites = {design: sorted(set(recordings[design].topology.site_regions)) for design in shown}
    yield Plate(
        name,
        "Regions and links",
        "Squares are sites, rings are clients (area by pulls); a line is as wide as the bytes a year that cross "
        "between two regions, both directions together. Lines with less than a hundredth of the busiest one's bytes, "
        "or without room, have no number.",
        "; ".join(f"{design}: sites in {', '.join(of)}" for design, of in sites.items()) + ".",
        figure,
    )


def _places(regions: Mapping[str, Region], recording: Recording) -> list[Place] | None:
    """Regions with sites or clients; None if one of them has no coordinates."""
    topology = recording.topology
    found = []
    for key, region in regions.items():
        sites = topology.site_regions.count(key)
        rates = zip(topology.pulls_per_s.tolist(), topology.cohort_regions, strict=True)
        pulls_per_s = sum(rate for rate, of in rates if of == key)
        if not sites and not pulls_per_s:
            continue
        if region.latitude is None or region.longitude is None:
            return None
        found.append(Place(key, region.longitude, region.latitude, sites, pulls_per_s))
    return found


def bytes_per_year(recording: Recording) -> dict[tuple[str, str], float]:
    """Expected bytes a year between two regions, both directions together, by sorted pair of names."""
    transfers = recording.tables.get("transfers")
    sizes: dict[tuple[str, str], float] = {}
    if transfers is None:
        return sizes
    # An expectation is the sum over groups (as it fell, each drill) of the mean over the group's replications.
    per_year = _YEAR_S / recording.horizon_s
    for row in transfers:
        one, other = sorted(recording.topology.links[int(row["link"])])
        size = float(row["bytes"] * row["weight"]) / recording.clusters["traffic"][int(row["row"])]
        sizes[one, other] = sizes.get((one, other), 0.0) + size * per_year
    return sizes
