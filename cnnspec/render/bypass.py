"""Shortcuts as papers draw them: out of an arrow, down beside what they go around, into their join.

Graphviz draws an edge around a block as a wide curve, which leaves the frame of the block and comes back.
Here it runs straight, within the frame, which grows to hold it; where a box is in its way the curve stays:

          |                              |
      ____|____________              ____|____________________
     |  conv           | \\          |    |_________           |
     |    |            |  |         |  conv        |          |
     |  conv           |  |   -->   |    |     [projection]   |
     |    |            | /          |  conv        |          |
     |    + <----------|'           |    + <-------'          |
     |____|____________|            |____|____________________|

Everything is worked out for drawings from top to bottom; others are turned, and turned back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cnnspec.render.beside import Area, strikes
from cnnspec.render.boxes import DETAIL_SIZE
from cnnspec.render.canvas import Point
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow
from cnnspec.render.text import text_width
from cnnspec.render.wrap import TIP, Sizes, rounded, turned

ASIDE, APART = 8.0, 8.0
"""How far a shortcut runs beside boxes and within frames, and how far from another, in points."""
ABOVE, BELOW = 10.0, 4.0
"""How far above the next box a shortcut leaves an arrow, or below the last one where an arrow is short."""
CLEAR = 2.0


@dataclass
class _Bypasses:
    """A drawing from top to bottom in the making: what stands in it, how far right shortcuts reach."""

    plan: DrawingPlan
    boxes: dict[int, Point]
    sizes: Sizes
    frames: dict[int, Outline]
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def area(self, number: int) -> Area:
        (x, y), (width, height) = self.boxes[number], self.sizes[number]
        return Area(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def around(self, number: int) -> Iterator[int]:
        """The frames around a box, from inside out."""
        while number := self.plan.scene.parents[number]:
            if number in self.frames:
                yield number


def with_bypasses(plan: DrawingPlan, layout: Layout) -> Layout:
    """The layout with shortcuts that run straight, where nothing is in their way."""
    if plan.rows or not any(link.skip for link in plan.links):
        return layout
    flat = turned(layout) if plan.direction == "LR" else layout
    sizes = {number: plan.outer_size(box) for number, box in plan.boxes.items()}
    if plan.direction == "LR":
        sizes = {number: (height, width) for number, (width, height) in sizes.items()}
    board = _Bypasses(plan, flat.boxes, sizes, dict(flat.frames))
    routes = dict(flat.routes)
    skips = [link for link in plan.links if link.skip and not link.training]
    for link in sorted(skips, key=lambda link: flat.boxes[link.target][1] - flat.boxes[link.source][1]):
        points = _way(board, link)
        if points is not None:
            *line, tip = points
            routes[link.source, link.target] = Route(rounded([*line, _before(line[-1], tip)]), tip, None)
    found = replace(flat, frames=board.frames, routes=routes, width=_width(board, routes))
    return turned(found) if plan.direction == "LR" else found


def _before(point: Point, tip: Point) -> Point:
    """Where the arrow of a line from a point to its tip begins."""
    (x, y), (u, v) = point, tip
    length = abs(u - x) + abs(v - y)
    back = min(TIP, length) / length
    return u - (u - x) * back, v - (v - y) * back


def _width(board: _Bypasses, routes: dict[tuple[int, int], Route]) -> float:
    """How far to the right anything reaches."""
    rights = [board.area(number).right for number in board.boxes]
    rights += [right for right, _, _ in board.taken]
    rights += [frame.x + frame.width for frame in board.frames.values()]
    return max(rights + [x for route in routes.values() for x, _ in route.points])


def _way(board: _Bypasses, link: Arrow) -> list[Point] | None:
    """The corners of a shortcut from its start to the tip of its arrow; None where something is in it."""
    x, (u, v) = board.boxes[link.source][0], board.boxes[link.target]
    source, target = board.area(link.source), board.area(link.target)
    if target.top <= source.bottom:
        return None
    leaves = _leaves(board, link)
    straight = [(x, source.bottom), (x, target.top)]
    if target.left + ASIDE < x < target.right - ASIDE and _is_free(board, link, straight):
        return straight
    if abs(u - x) < 1:
        return _around(board, link, leaves)
    if target.left < x < target.right or (leaves is not None and target.top < leaves + 2 * TIP):
        return None
    if leaves is not None:
        points = [(x, leaves), (u, leaves), (u, target.top)]
    else:
        points = [(x, source.bottom), (x, v), (target.right if x > u else target.left, v)]
    return points if _is_free(board, link, points) else None


def _leaves(board: _Bypasses, link: Arrow) -> float | None:
    """Where a shortcut leaves the arrow straight down from its source; None where there is no such arrow.

    It does so before the arrow enters a frame that the shortcut goes around.
    """
    x, low = board.boxes[link.source][0], board.area(link.source).bottom
    held = set(board.around(link.target))
    for other in board.plan.links:
        if other.source == link.source and not (other.skip or other.training):
            ahead = [board.frames[number].y for number in board.around(other.target) if number not in held]
            high = min([board.area(other.target).top, *(y + TIP for y in ahead)])
            if abs(board.boxes[other.target][0] - x) < 1 and high - low > TIP + BELOW:
                return high - ABOVE if high - low > ABOVE + ASIDE else low + BELOW
    return None


def _around(board: _Bypasses, link: Arrow, leaves: float | None) -> list[Point] | None:
    """Beside all that stands between a box and one straight below it, within the frames around both."""
    (x, y), v = board.boxes[link.source], board.boxes[link.target][1]
    start = (board.area(link.source).right, y) if leaves is None else (x, leaves)
    between = [
        area for number in board.boxes if (area := board.area(number)).top < v and area.bottom > start[1]
    ]
    between += [
        Area(frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
        for frame in board.frames.values()
        if start[1] < frame.y and frame.y + frame.height < v
    ]
    lane = ASIDE + max((area.right for area in between if area.left < x < area.right), default=start[0])
    lane = max([lane, *(right + APART for right, high, low in board.taken if start[1] < low and high < v)])
    words = board.plan.words_on(link)
    right = lane + (2 * APART + text_width(words, DETAIL_SIZE) if words else 0.0)
    points = [start, (lane, start[1]), (lane, v), (board.area(link.target).right, v)]
    grown = _grown(board, link, right, start[1])
    if grown is None or not _is_free(board, link, points):
        return None
    board.frames.update(grown)
    board.taken.append((right, start[1], v))
    return points


def _is_free(board: _Bypasses, link: Arrow, points: list[Point]) -> bool:
    """Whether no box but its ends is in the way of a shortcut."""
    others = [
        board.area(number).grown(CLEAR) for number in board.boxes if number not in (link.source, link.target)
    ]
    return not any(strikes(line, area) for line in pairwise(points) for area in others)


def _grown(board: _Bypasses, link: Arrow, reach: float, top: float) -> dict[int, Outline] | None:
    """The frames around a shortcut as wide as it needs; None where something else stands there."""
    found: dict[int, Outline] = {}
    right = reach + ASIDE
    held = list(board.around(link.target))
    for place, number in enumerate(held):
        frame = board.frames[number]
        old = frame.x + frame.width
        if frame.y > top or old >= right:
            right = max(right, old + ASIDE) if place + 1 < len(held) and frame.y <= top else right
            continue
        strip = Area(old, frame.y, right, frame.y + frame.height)
        if any(strip.meets(board.area(box)) for box in board.boxes) or any(
            strip.meets(Area(f.x, f.y, f.x + f.width, f.y + f.height))
            for other, f in board.frames.items()
            if other not in held and number not in _parents(board, other)
        ):
            return None
        found[number] = replace(frame, width=right - frame.x)
        right += ASIDE
    return found


def _parents(board: _Bypasses, number: int) -> set[int]:
    found = set()
    while number := board.plan.scene.parents[number]:
        found.add(number)
    return found
