from __future__ import annotations

from importlib.resources import files
from itertools import pairwise

from georep_sim.atlas.load import coastline


def test_lines_are_on_the_globe() -> None:
    lines = coastline()
    assert len(lines) == 122
    assert all(len(line) >= 2 for line in lines)
    assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for line in lines for lon, lat in line)


def test_no_line_crosses_the_map_at_the_date_line() -> None:
    steps = [abs(b[0] - a[0]) for line in coastline() for a, b in pairwise(line)]
    assert max(steps) < 90


def test_great_britain_is_an_island_of_its_own() -> None:
    # Land's End to John o' Groats: 49.96 N to 58.64 N; the outline is coarse.
    boxes = [
        (min(x for x, _ in line), max(x for x, _ in line), min(y for _, y in line), max(y for _, y in line))
        for line in coastline()
    ]
    assert any(
        west > -7 and east < 2.5 and 49.5 < south < 50.5 and 58 < north < 59 for west, east, south, north in boxes
    )


def test_file_is_small() -> None:
    assert files("georep_sim.atlas").joinpath("data", "coastline.csv").stat().st_size <= 60_000  # type: ignore[attr-defined]  # a path on disk
