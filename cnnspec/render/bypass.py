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
MARGIN, SLACK = 10.0, 30.0
"""How far a frame reaches beyond what is in it, and how much more than that it may, in points."""


@dataclass(frozen=True)
class _Lane:
    """Where a shortcut runs: its x, how far right its words reach, from where to where, to what box."""

    x: float
    right: float
    top: float
    bottom: float
    target: int


@dataclass
class _Bypasses:
    """A drawing from top to bottom in the making: what stands in it, how far right shortcuts reach."""

    plan: DrawingPlan
    boxes: dict[int, Point]
    sizes: Sizes
    frames: dict[int, Outline]
    taken: list[_Lane] = field(default_factory=list)

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
    skips = [link for link in plan.links if not link.training and (link.skip or plan.goes_around(link))]
    if plan.rows or not skips:
        return layout
    flat = turned(layout) if plan.direction == "LR" else layout
    sizes = {number: plan.outer_size(box) for number, box in plan.boxes.items()}
    if plan.direction == "LR":
        sizes = {number: (height, width) for number, (width, height) in sizes.items()}
    board = _Bypasses(plan, flat.boxes, sizes, dict(flat.frames))
    routes = dict(flat.routes)
    for link in sorted(skips, key=lambda link: flat.boxes[link.target][1] - flat.boxes[link.source][1]):
        points = _way(board, link)
        if points is not None:
            *line, tip = points
            routes[link.source, link.target] = Route(rounded([*line, _before(line[-1], tip)]), tip, None)
    _shrink(board, routes)
    found = replace(flat, frames=board.frames, routes=routes, width=_width(board, routes))
    return turned(found) if plan.direction == "LR" else found


def _before(point: Point, tip: Point) -> Point:
    """Where the arrow of a line from a point to its tip begins."""
    (x, y), (u, v) = point, tip
    length = abs(u - x) + abs(v - y)
    back = min(TIP, length) / length
    return u - (u - x) * back, v - (v - y) * back


def _shrink(board: _Bypasses, routes: dict[tuple[int, int], Route]) -> None:
    """Make frames narrower that Graphviz made wide for curves: they end behind what is in them."""
    inside: dict[int, list[float]] = {number: [] for number in board.frames}
    for box in board.boxes:
        for number in board.around(box):
            inside[number].append(board.area(box).right)
    for (source, target), route in routes.items():
        for number in set(board.around(source)) & set(board.around(target)):
            inside[number] += [x for x, _ in route.points]
    for lane in board.taken:
        for number in board.around(lane.target):
            inside[number].append(lane.right if board.frames[number].y < lane.top else 0.0)
    for number in sorted(board.frames, reverse=True):  # from inside out
        frame = board.frames[number]
        right = max(inside[number], default=0.0) + MARGIN
        if frame.x + frame.width - right > SLACK:
            frame = board.frames[number] = replace(frame, width=right - frame.x)
        parent = next(board.around(number), None)
        if parent is not None:
            inside[parent].append(frame.x + frame.width)


def _width(board: _Bypasses, routes: dict[tuple[int, int], Route]) -> float:
    """How far to the right anything reaches."""
    rights = [board.area(number).right for number in board.boxes]
    rights += [lane.right for lane in board.taken]
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
    too_near = target.left - 2 * TIP < x < target.right + 2 * TIP
    if too_near or (leaves is not None and target.top < leaves + 2 * TIP):
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
        if (other.source, other.value) == (link.source, link.value) and _is_main(board, other):
            ahead = [board.frames[number].y for number in board.around(other.target) if number not in held]
            high = min([board.area(other.target).top, *(y + TIP for y in ahead)])
            if abs(board.boxes[other.target][0] - x) < 1 and high - low > TIP + BELOW:
                return high - ABOVE if high - low > ABOVE + ASIDE else low + BELOW
    return None


def _is_main(board: _Bypasses, link: Arrow) -> bool:
    return not (link.skip or link.training or board.plan.goes_around(link))


def _around(board: _Bypasses, link: Arrow, leaves: float | None) -> list[Point] | None:
    """Beside all that stands between a box and one straight below it, within the frames around both."""
    (x, y), v = board.boxes[link.source], board.boxes[link.target][1]
    sign, height = board.plan.boxes[link.source].sign, board.sizes[link.source][1]
    free = {"": 0.0, "gate": -0.42}.get(sign, 0.42)  # where no arc of the box is in the way
    start = (board.area(link.source).right, y + free * height) if leaves is None else (x, leaves)
    between = [
        area for number in board.boxes if (area := board.area(number)).top < v and area.bottom > start[1]
    ]
    between += [
        Area(frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
        for frame in board.frames.values()
        if start[1] < frame.y and frame.y + frame.height < v
    ]
    lane = ASIDE + max((area.right for area in between if area.left < x < area.right), default=start[0])
    beside = [other for other in board.taken if start[1] < other.bottom and other.top < v]
    lane = max([lane, *(other.right + APART for other in beside if other.target != link.target)])
    lane = max([lane, *(other.x for other in beside if other.target == link.target)])
    words = board.plan.words_on(link)
    right = lane + (2 * APART + text_width(words, DETAIL_SIZE) if words else 0.0)
    points = [start, (lane, start[1]), (lane, v), (board.area(link.target).right, v)]
    grown = _grown(board, link, right, start[1])
    if grown is None or not _is_free(board, link, points):
        return None
    board.frames.update(grown)
    board.taken.append(_Lane(lane, right, start[1], v, link.target))
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
