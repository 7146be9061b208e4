"""The points of a grid of blocks: its columns and rows, where boxes and frames stand, the ways of edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.render.beside import Area
from cnnspec.render.canvas import Point
from cnnspec.render.channels import LANE, Courses, GridEdge
from cnnspec.render.grid import BlockGrid, GridFrame, make_grid
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.wrap import TIP, rounded, turned

STACK_GAP, ROW_GAP, GUTTER, STEP = 11.0, 12.0, 30.0, 18.0
"""The least distances in points: in a cell, between rows, between columns, and between steps downwards."""
FRAME_TOP, FRAME_SIDE = 20.0, 8.0
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

    def half(self, box: int) -> Point:
        """Half of the width and height of a box, without the room for its arcs."""
        shown = self.grid.plan.boxes[box]
        width, height = shown.width / 2, shown.height / 2
        return (height, width) if self.grid.plan.upright else (width, height)


def grid_layout(plan: DrawingPlan) -> Layout:
    """The layout of a plan on a grid, with edges in its gutters and channels.

    Upright, all is worked out with x and y changed over.
    """
    grid, courses = make_grid(plan)
    placed = _place(grid, courses)
    doors = _doors(placed)
    routes = {}
    for link in grid.plan.links:
        a, b = link.source, link.target
        routes[a, b] = _route(_points(placed, doors, GridEdge(a, b, link.skip)))
    frames = _frames_around(placed, routes)
    layout = Layout(placed.width, placed.height, placed.boxes, frames, routes)
    return turned(layout) if plan.upright else layout


def _frames_around(placed: _Placed, routes: dict[tuple[int, int], Route]) -> dict[int, Outline]:
    """The frames with the edges between what is in them, as far as nothing else stands there."""
    frames = dict(placed.frames)
    for frame in placed.grid.frames:
        inside = {box for cell in frame.cells for box in placed.grid.cells[cell]}
        points = [
            point for ends, route in routes.items() if inside.issuperset(ends) for point in route.points
        ]
        if not points:
            continue
        old = frames[frame.number]
        left, top = min(old.x, min(x for x, _ in points) - LANE), min(old.y, min(y for _, y in points) - LANE)
        right = max(old.x + old.width, max(x for x, _ in points) + LANE)
        bottom = max(old.y + old.height, max(y for _, y in points) + LANE)
        area = Area(left, top, right, bottom)
        others = (box for box in placed.boxes if box not in inside)
        apart = (other for other in placed.grid.frames if not other.cells & frame.cells)
        if not any(area.meets(_box_area(placed, box)) for box in others) and not any(
            area.meets(_frame_area(frames[other.number])) for other in apart
        ):
            frames[frame.number] = Outline(left, top, right - left, bottom - top)
    return frames


def _box_area(placed: _Placed, box: int) -> Area:
    (x, y), (width, height) = placed.boxes[box], placed.half(box)
    return Area(x - width, y - height, x + width, y + height)


def _frame_area(frame: Outline) -> Area:
    return Area(frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)


def _gutter(grid: BlockGrid) -> float:
    return STEP if grid.plan.upright else GUTTER


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
    above, before = _frame_room(grid)
    for frame in grid.frames:
        for cell in frame.cells:
            spot = grid.spots[cell]
            same = [grid.spots[c].place for c in frame.cells if grid.spots[c][:2] == spot[:2]]
            if spot.row == frame.top and spot.place == min(same):
                room = above * _nested(grid, frame, "top")
                sides.top[cell] = max(sides.top[cell], room)
            if spot.row == frame.bottom and spot.place == max(same):
                room = FRAME_SIDE * _nested(grid, frame, "bottom")
                sides.bottom[cell] = max(sides.bottom[cell], room)
        room = before * _nested(grid, frame, "left")
        sides.left[frame.left] = max(sides.left[frame.left], room)
        room = FRAME_SIDE * _nested(grid, frame, "right")
        sides.right[frame.right] = max(sides.right[frame.right], room)
    return _levelled(grid, sides) if grid.plan.upright else sides


def _levelled(grid: BlockGrid, sides: _Sides) -> _Sides:
    """The same room above all cells of a row, and below them, so that they stand in one line."""
    above: dict[int, float] = defaultdict(float)
    below: dict[int, float] = defaultdict(float)
    for cell, spot in grid.spots.items():
        above[spot.row] = max(above[spot.row], sides.top[cell])
        below[spot.row] = max(below[spot.row], sides.bottom[cell])
    rows = {cell: spot.row for cell, spot in grid.spots.items()}
    top = {cell: above[row] for cell, row in rows.items()}
    return _Sides(sides.left, top, sides.right, {cell: below[row] for cell, row in rows.items()})


def _frame_room(grid: BlockGrid) -> tuple[float, float]:
    """The room of a frame above what is in it, and left of that: a title is above once the grid is turned."""
    return (FRAME_SIDE, FRAME_TOP) if grid.plan.upright else (FRAME_TOP, FRAME_SIDE)


def _nested(grid: BlockGrid, frame: GridFrame, side: str) -> int:
    """How many frames end at a side of a frame: itself and those within it."""
    inner = (f for f in grid.frames if f.cells <= frame.cells and getattr(f, side) == getattr(frame, side))
    return sum(1 for _ in inner)


def _place(grid: BlockGrid, courses: Courses) -> _Placed:
    sizes = {box: grid.plan.outer_size(shown) for box, shown in grid.plan.boxes.items()}
    if grid.plan.upright:
        sizes = {box: (height, width) for box, (width, height) in sizes.items()}
    sides = _sides(grid)
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
            x += _gutter(grid) + courses.room("gutter", column)
        if column < count:
            cells = [cell for cell, spot in grid.spots.items() if spot.column == column]
            width = max((sizes[box][0] for cell in cells for box in grid.cells[cell]), default=0.0)
            middles[column] = x + sides.left[column] + width / 2
            x += sides.left[column] + width + sides.right[column]
    return middles, gutters, x


def _outline(grid: BlockGrid, frame: GridFrame, boxes: dict[int, Point], sizes: dict[int, Point]) -> Outline:
    """The frame around its boxes, with room for those within it."""
    inside = [box for cell in frame.cells for box in grid.cells[cell]]
    above, before = _frame_room(grid)
    left = min(boxes[b][0] - sizes[b][0] / 2 for b in inside) - before * _nested(grid, frame, "left")
    right = max(boxes[b][0] + sizes[b][0] / 2 for b in inside) + FRAME_SIDE * _nested(grid, frame, "right")
    top = min(boxes[b][1] - sizes[b][1] / 2 for b in inside) - above * _nested(grid, frame, "top")
    bottom = max(boxes[b][1] + sizes[b][1] / 2 for b in inside) + FRAME_SIDE * _nested(grid, frame, "bottom")
    return Outline(left, top, right - left, bottom - top)


def _straight(placed: _Placed, edge: GridEdge) -> list[Point]:
    """From the lower side of a box to the upper one of the next, or the other way: clear of arcs of both."""
    (x, y), (u, v) = placed.boxes[edge.source], placed.boxes[edge.target]
    side = 1 if v > y else -1
    arc = placed.grid.plan.upright and placed.grid.plan.boxes[edge.source if side > 0 else edge.target].sign
    aside = 0.8 * min(placed.half(edge.source)[0], placed.half(edge.target)[0]) if arc else 0.0
    start, stop = placed.half(edge.source)[1], placed.half(edge.target)[1]
    return [(x + aside, y + side * start), (u + aside, v - side * stop)]


def _exit(placed: _Placed, edge: GridEdge) -> Point:
    """Where an edge leaves to the right: below the arc of a residual."""
    (x, y), (half, _) = placed.boxes[edge.source], placed.half(edge.source)
    shown = placed.grid.plan.boxes[edge.source]
    return x + half, y + (shown.height * 0.42 if shown.sign and not placed.grid.plan.upright else 0.0)


def _doors(placed: _Placed) -> dict[GridEdge, float]:
    """The height at which each edge enters its box from the left: apart from others, straight if it can."""
    coming: dict[int, list[GridEdge]] = defaultdict(list)
    for edge, way in placed.courses.ways.items():
        if way.kind != "fall":
            coming[edge.target].append(edge)
    doors: dict[GridEdge, float] = {}
    for box, edges in coming.items():
        # the circle of a join has room for one arrow, in which all end
        room = PORT if not placed.grid.plan.boxes[box].join else placed.half(box)[1]
        middle, half = placed.boxes[box][1], placed.half(box)[1] - room
        edges.sort(key=lambda edge: _height_before(placed, edge))
        step = max(0.0, min(PORT_STEP * 2, 2 * half / max(1, len(edges) - 1)))
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
    """The corners of an edge between two boxes."""
    courses, way = placed.courses, placed.courses.ways[edge]
    if way.kind == "fall":
        return _straight(placed, edge)
    start = _exit(placed, edge)
    stop = placed.boxes[edge.target][0] - placed.half(edge.target)[0], doors[edge]

    def lane(gutter: int) -> float:
        return (
            placed.gutters[gutter] + _gutter(placed.grid) * 0.4 + LANE * courses.lane(edge, "gutter", gutter)
        )

    if way.kind == "bend":
        return [start, (lane(way.into), start[1]), (lane(way.into), stop[1]), stop]
    height = placed.channels[way.channel] + ROW_GAP / 2 + LANE * courses.lane(edge, "channel", way.channel)
    out, into = lane(way.out), lane(way.into)
    return [start, (out, start[1]), (out, height), (into, height), (into, stop[1]), stop]
