"""The points of a grid of blocks: its columns and rows, where boxes and frames stand, the ways of edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.render.canvas import Point
from cnnspec.render.channels import LANE, Courses, GridEdge
from cnnspec.render.grid import BlockGrid, GridFrame, make_grid
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.wrap import TIP, rounded

STACK_GAP, ROW_GAP, GUTTER = 14.0, 18.0, 30.0
FRAME_TOP, FRAME_SIDE = 22.0, 8.0
PORT, PORT_STEP = 7.0, 7.0
"""How far from the corners of a box edges enter at least, and from each other, in points."""


@dataclass(frozen=True)
class _Sides:
    """The room around each cell that frames need, in points: left, above, right, below."""

    left: dict[int, float]
    top: dict[int, float]
    right: dict[int, float]
    bottom: dict[int, float]


@dataclass(frozen=True)
class _Placed:
    """A grid with the places of its boxes, its frames, its gutters (their left edges) and channels (tops)."""

    grid: BlockGrid
    courses: Courses
    boxes: dict[int, Point]
    frames: dict[int, Outline]
    gutters: dict[int, float]
    channels: dict[int, float]
    width: float
    height: float


def grid_layout(plan: DrawingPlan) -> Layout:
    """The layout of a plan on a grid, with edges in its gutters and channels."""
    grid, courses = make_grid(plan)
    placed = _place(grid, courses)
    doors = _doors(placed)
    routes = {}
    for link in grid.plan.links:
        a, b = link.source, link.target
        if grid.home[a] == grid.home[b]:
            points = [_end(placed, a, 1), _end(placed, b, -1)]
        else:
            points = _points(placed, doors, GridEdge(grid.home[a], grid.home[b], link.skip))
        routes[a, b] = _route(points)
    return Layout(placed.width, placed.height, placed.boxes, placed.frames, routes)


def _route(points: list[Point]) -> Route:
    """The way of an edge through points, to the tip of its arrow."""
    (x, y), (u, v) = points[-2:]
    length = abs(u - x) + abs(v - y) or 1.0
    back = min(TIP, length) / length
    before = u - (u - x) * back, v - (v - y) * back
    return Route(rounded([*points[:-1], before]), (u, v), None)


def _sides(grid: BlockGrid) -> _Sides:
    """The room that frames need: more on a side that several of them share."""
    sides = _Sides(defaultdict(float), defaultdict(float), defaultdict(float), defaultdict(float))
    for frame in grid.frames:
        for cell in frame.cells:
            spot = grid.spots[cell]
            same = [grid.spots[c].place for c in frame.cells if grid.spots[c][:2] == spot[:2]]
            if spot.row == frame.top and spot.place == min(same):
                room = FRAME_TOP * _nested(grid, frame, "top")
                sides.top[cell] = max(sides.top[cell], room)
            if spot.row == frame.bottom and spot.place == max(same):
                room = FRAME_SIDE * _nested(grid, frame, "bottom")
                sides.bottom[cell] = max(sides.bottom[cell], room)
        room = FRAME_SIDE * _nested(grid, frame, "left")
        sides.left[frame.left] = max(sides.left[frame.left], room)
        room = FRAME_SIDE * _nested(grid, frame, "right")
        sides.right[frame.right] = max(sides.right[frame.right], room)
    return sides


def _nested(grid: BlockGrid, frame: GridFrame, side: str) -> int:
    """How many frames end at a side of a frame: itself and those within it."""
    inner = (f for f in grid.frames if f.cells <= frame.cells and getattr(f, side) == getattr(frame, side))
    return sum(1 for _ in inner)


def _place(grid: BlockGrid, courses: Courses) -> _Placed:
    sides, sizes = _sides(grid), {box: grid.plan.outer_size(grid.plan.boxes[box]) for box in grid.home}
    middles, gutters, width = _columns(grid, courses, sides, sizes)
    slots: dict[tuple[int, int], list[int]] = defaultdict(list)
    for cell, spot in sorted(grid.spots.items(), key=lambda item: item[1]):
        slots[spot[:2]].append(cell)
    tall = {
        slot: sum(_cell_height(grid, sides, sizes, cell) + STACK_GAP for cell in cells) - STACK_GAP
        for slot, cells in slots.items()
    }
    boxes: dict[int, Point] = {}
    channels: dict[int, float] = {}
    count = 1 + max(spot.row for spot in grid.spots.values())
    y = 0.0
    for row in range(count + 1):
        channels[row] = y
        if 0 < row < count or courses.used("channel", row):
            y += ROW_GAP + courses.room("channel", row)
        here = [slot for slot in slots if slot[0] == row]
        height = max((tall[slot] for slot in here), default=0.0)
        for slot in here:
            top = y + (height - tall[slot]) / 2
            boxes.update(_stacked(grid, sides, sizes, slots[slot], (middles[slot[1]], top)))
        y += height
    frames = {frame.number: _outline(grid, frame, boxes, sizes) for frame in grid.frames}
    return _Placed(grid, courses, boxes, frames, gutters, channels, width, y)


def _stacked(
    grid: BlockGrid, sides: _Sides, sizes: dict[int, Point], cells: list[int], start: Point
) -> Iterator[tuple[int, Point]]:
    """The middles of the boxes of cells one below the other, from a point on."""
    x, y = start
    for cell in cells:
        y += sides.top[cell]
        for box in grid.cells[cell]:
            yield box, (x, y + sizes[box][1] / 2)
            y += sizes[box][1] + STACK_GAP
        y += sides.bottom[cell]


def _cell_height(grid: BlockGrid, sides: _Sides, sizes: dict[int, Point], cell: int) -> float:
    boxes = grid.cells[cell]
    room = sides.top[cell] + sides.bottom[cell]
    return room + sum(sizes[box][1] for box in boxes) + STACK_GAP * (len(boxes) - 1)


def _columns(
    grid: BlockGrid, courses: Courses, sides: _Sides, sizes: dict[int, Point]
) -> tuple[dict[int, float], dict[int, float], float]:
    """The middles of the columns, the left edges of the gutters before them, and the whole width."""
    middles: dict[int, float] = {}
    gutters: dict[int, float] = {}
    x = 0.0
    count = 1 + max(spot.column for spot in grid.spots.values())
    for column in range(count + 1):
        gutters[column] = x
        if courses.used("gutter", column):
            x += GUTTER + courses.room("gutter", column)
        if column < count:
            cells = [cell for cell, spot in grid.spots.items() if spot.column == column]
            width = max((sizes[box][0] for cell in cells for box in grid.cells[cell]), default=0.0)
            middles[column] = x + sides.left[column] + width / 2
            x += sides.left[column] + width + sides.right[column]
    return middles, gutters, x


def _outline(grid: BlockGrid, frame: GridFrame, boxes: dict[int, Point], sizes: dict[int, Point]) -> Outline:
    """The frame around its boxes, with room for those within it."""
    inside = [box for cell in frame.cells for box in grid.cells[cell]]
    left = min(boxes[b][0] - sizes[b][0] / 2 for b in inside) - FRAME_SIDE * _nested(grid, frame, "left")
    right = max(boxes[b][0] + sizes[b][0] / 2 for b in inside) + FRAME_SIDE * _nested(grid, frame, "right")
    top = min(boxes[b][1] - sizes[b][1] / 2 for b in inside) - FRAME_TOP * _nested(grid, frame, "top")
    bottom = max(boxes[b][1] + sizes[b][1] / 2 for b in inside) + FRAME_SIDE * _nested(grid, frame, "bottom")
    return Outline(left, top, right - left, bottom - top)


def _end(placed: _Placed, box: int, side: int) -> Point:
    """The middle of the lower (1) or the upper (-1) side of a box."""
    x, y = placed.boxes[box]
    return x, y + side * placed.grid.plan.boxes[box].height / 2


def _exit(placed: _Placed, edge: GridEdge) -> Point:
    """Where an edge leaves to the right: from the last box of its cell, below the arc of a residual."""
    box = placed.grid.cells[edge.source][-1]
    (x, y), shown = placed.boxes[box], placed.grid.plan.boxes[box]
    return x + shown.width / 2, y + (shown.height * 0.42 if shown.sign else 0.0)


def _doors(placed: _Placed) -> dict[GridEdge, float]:
    """The height at which each edge enters its cell from the left: apart from others, straight if it can."""
    coming: dict[int, list[GridEdge]] = defaultdict(list)
    for edge, way in placed.courses.ways.items():
        if way.kind != "fall":
            coming[edge.target].append(edge)
    doors: dict[GridEdge, float] = {}
    for cell, edges in coming.items():
        box = placed.grid.cells[cell][0]
        middle, half = placed.boxes[box][1], placed.grid.plan.boxes[box].height / 2 - PORT
        edges.sort(key=lambda edge: _height_before(placed, edge))
        step = min(PORT_STEP * 2, 2 * half / max(1, len(edges) - 1))
        for place, edge in enumerate(edges):
            doors[edge] = middle + step * (place - (len(edges) - 1) / 2)
            before = _exit(placed, edge)[1]
            alone = len(edges) == 1 or abs(before - doors[edge]) <= step / 3
            if placed.courses.ways[edge].kind == "bend" and alone and abs(before - middle) <= half:
                doors[edge] = before
    return doors


def _height_before(placed: _Placed, edge: GridEdge) -> float:
    """How high an edge runs before it enters: as its channel, or as it left."""
    way = placed.courses.ways[edge]
    return placed.channels[way.channel] if way.kind == "round" else _exit(placed, edge)[1]


def _points(placed: _Placed, doors: dict[GridEdge, float], edge: GridEdge) -> list[Point]:
    """The corners of an edge between two cells."""
    courses, way = placed.courses, placed.courses.ways[edge]
    first, last = placed.grid.cells[edge.target][0], placed.grid.cells[edge.source][-1]
    if way.kind == "fall":
        side = 1 if placed.boxes[first][1] > placed.boxes[last][1] else -1
        return [_end(placed, last, side), _end(placed, first, -side)]
    start = _exit(placed, edge)
    stop = placed.boxes[first][0] - placed.grid.plan.boxes[first].width / 2, doors[edge]

    def lane(gutter: int) -> float:
        return placed.gutters[gutter] + GUTTER * 0.4 + LANE * courses.lane(edge, "gutter", gutter)

    if way.kind == "bend":
        return [start, (lane(way.into), start[1]), (lane(way.into), stop[1]), stop]
    height = placed.channels[way.channel] + ROW_GAP / 2 + LANE * courses.lane(edge, "channel", way.channel)
    out, into = lane(way.out), lane(way.into)
    return [start, (out, start[1]), (out, height), (into, height), (into, stop[1]), stop]
