"""Where a word goes on a map: of the places it could stand, the one that covers least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What a place costs: off the map the word is gone, on another word both are, on a line it is only harder to read.
_OFF: Final = 100.0
_ON_A_WORD: Final = 10.0
_ON_A_LINE: Final = 1.0

Line = tuple[tuple[float, float], tuple[float, float]]


class Box(NamedTuple):
    """A rectangle with sides along the axes, in the units of the data."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """Whether two rectangles share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, other: Box) -> bool:
        """Whether another rectangle lies within this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top

    def meets(self, line: Line) -> bool:
        """Whether a straight line passes through the rectangle.

        Notes
        -----
        The line is clipped to the rectangle, one side after the other [1]_.

        References
        ----------
        .. [1] Liang, Barsky, "A new concept and method for line clipping", ACM Trans. Graphics 3(1), 1984.
        """
        (x, y), (x_end, y_end) = line
        first, last = 0.0, 1.0
        for step, low, high in (
            (x_end - x, self.left - x, self.right - x),
            (y_end - y, self.bottom - y, self.top - y),
        ):
            if step == 0.0:
                if low > 0.0 or high < 0.0:
                    return False
                continue
            enter, leave = sorted((low / step, high / step))
            first, last = max(first, enter), min(last, leave)
        return first < last


def best_place(boxes: Sequence[Box], *, frame: Box, words: Iterable[Box], lines: Iterable[Line]) -> int:
    """Index of the rectangle that covers least; the first of equals.

    Parameters
    ----------
    boxes : sequence of Box
        Where the word could stand, in order of preference.
    frame : Box
        What is shown.
    words : iterable of Box
        What it must not cover.
    lines : iterable of ((float, float), (float, float))
        What it had better not cover.
    """
    taken, drawn = list(words), list(lines)

    def cost(index: int) -> tuple[float, int]:
        """Return how bad a place is; of two as bad the first counts as better."""
        box = boxes[index]
        on_words = sum(box.overlaps(word) for word in taken)
        on_lines = sum(box.meets(line) for line in drawn)
        off = not frame.holds(box)
        return _OFF * off + _ON_A_WORD * on_words + _ON_A_LINE * on_lines, index

    return min(range(len(boxes)), key=cost)
