"""Where words go on a map."""

from __future__ import annotations

import pytest

from georep_sim.report.figures.placing import Box, Line, best_place

UNIT = Box(0.0, 0.0, 1.0, 1.0)
FRAME = Box(-10.0, -10.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("line", "meets"),
    [
        (((-1.0, 0.5), (2.0, 0.5)), True),
        (((-1.0, -1.0), (2.0, 2.0)), True),
        (((0.2, 0.2), (0.4, 0.3)), True),
        (((-1.0, 1.5), (2.0, 1.5)), False),
        (((-1.0, 0.5), (-0.5, 0.5)), False),
        (((1.5, 0.0), (1.5, 1.0)), False),
        (((-1.0, 0.9), (0.3, 2.2)), False),
    ],
)
def test_a_line_meets_what_it_passes_through(line: Line, *, meets: bool) -> None:
    assert UNIT.meets(line) is meets
    assert UNIT.meets((line[1], line[0])) is meets


def test_boxes_that_touch_do_not_overlap() -> None:
    assert UNIT.overlaps(Box(0.9, 0.9, 2.0, 2.0))
    assert not UNIT.overlaps(Box(1.0, 0.0, 2.0, 1.0))


def test_the_first_free_place_is_taken() -> None:
    places = [UNIT, Box(2.0, 0.0, 3.0, 1.0), Box(4.0, 0.0, 5.0, 1.0)]
    assert best_place(places, frame=FRAME, words=[], lines=[]) == 0
    assert best_place(places, frame=FRAME, words=[UNIT], lines=[((2.5, -1.0), (2.5, 2.0))]) == 2


def test_a_line_is_covered_before_a_word_and_a_word_before_the_edge_is_crossed() -> None:
    outside = Box(9.5, 0.0, 10.5, 1.0)
    on_a_line = Box(2.0, 0.0, 3.0, 1.0)
    crossing = [((2.5, -1.0), (2.5, 2.0))]
    assert best_place([outside, UNIT, on_a_line], frame=FRAME, words=[UNIT], lines=crossing) == 2
    assert best_place([outside, UNIT], frame=FRAME, words=[UNIT], lines=crossing) == 1
