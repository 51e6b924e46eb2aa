"""Lays out sizes as rectangles that fill a larger one, each as near to a square as can be (squarified treemap).

Source of the method: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000). Pure arithmetic; called at each resize of the map of space.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, by: float, top: float = 0.0) -> "Rect":
        """A smaller one in it: `by` less at each side, and `top` less at the top."""
        return Rect(self.x + by, self.y + by + top, max(0.0, self.width - 2 * by), max(0.0, self.height - 2 * by - top))


def squarified(sizes: Sequence[int], within: Rect) -> list[Rect]:
    """Return a rectangle for each size; sizes must be positive and the largest first. Their areas are as the sizes are."""
    total = sum(sizes)
    if not total or within.width <= 0 or within.height <= 0:
        return [Rect(within.x, within.y, 0, 0) for _ in sizes]
    scale = within.width * within.height / total
    areas = [size * scale for size in sizes]
    found: list[Rect] = []
    room, first = within, 0
    while first < len(areas):
        end = _row_end(areas, first, min(room.width, room.height))
        room = _place_row(areas[first:end], room, found)
        first = end
    return found


def _row_end(areas: Sequence[float], first: int, side: float) -> int:
    """How far the row goes that begins with `first`: as long as its worst shape does not get worse."""
    total, end = areas[first], first + 1
    worst = _worst(areas[first], areas[first], total, side)
    while end < len(areas):
        wider = total + areas[end]
        ratio = _worst(areas[first], areas[end], wider, side)
        if ratio > worst:
            break
        total, worst, end = wider, ratio, end + 1
    return end


def _worst(largest: float, smallest: float, total: float, side: float) -> float:
    if not smallest or not side:
        return float("inf")
    return max(side * side * largest / (total * total), total * total / (side * side * smallest))


def _place_row(row: Sequence[float], room: Rect, found: list[Rect]) -> Rect:
    """Put a row along the shorter side; returns the room that is left. Shares of the side are taken, not areas divided by the depth:
    of a tiny rest hardly a digit is right, and the row would stand out of the room."""  # fmt: skip
    total = sum(row)
    if room.width >= room.height:
        width = min(total / room.height, room.width) if room.height else 0.0
        y = room.y
        for area in row:
            height = room.height * (area / total)
            found.append(Rect(room.x, y, width, height))
            y += height
        return Rect(room.x + width, room.y, room.width - width, room.height)
    height = min(total / room.width, room.height) if room.width else 0.0
    x = room.x
    for area in row:
        width = room.width * (area / total)
        found.append(Rect(x, room.y, width, height))
        x += width
    return Rect(room.x, room.y + height, room.width, room.height - height)
