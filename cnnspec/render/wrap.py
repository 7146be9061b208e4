"""A long drawing in several columns, or, where it runs from left to right, in several rows.

The drawing is cut between boxes, where few edges and frames are in the way; the pieces stand side by side.
An edge across a cut leaves its piece below, goes up between the columns and enters the next one from above:

       input            ________
         |             |        |
       conv    -->   input      |   pool
         |             |        |    |
       pool          conv       |  linear
         |             |________|
       linear

Everything is worked out for columns; rows are columns with x and y changed over, and back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from cnnspec.render.canvas import Point
from cnnspec.render.layout import Layout, Outline, Route

GUTTER, LANE, ROUND = 30.0, 5.0, 6.0
TITLE_ROOM, EDGE_ROOM = 19.0, 9.0
TIP = 6.0
EXIT, ENTRY = 4.0, 9.0
"""How far below a box an edge leaves through the gap, and how far above one it enters, in points."""
CROSSING_COST, FRAME_COST = 200.0, 15.0

Sizes = dict[int, tuple[float, float]]


@dataclass(frozen=True)
class Cut:
    """A place between boxes where a drawing can be cut, and how much it costs to cut there."""

    y: float
    cost: float


@dataclass(frozen=True)
class Stretch:
    """A piece of a drawing: its boxes, its frames, those that go on from the column before, its corners."""

    boxes: frozenset[int]
    frames: dict[int, Outline]
    continued: frozenset[int]
    left: float
    top: float
    right: float
    bottom: float

    def moved(self, x: float, y: float) -> Stretch:
        frames = {
            number: replace(frame, x=frame.x + x, y=frame.y + y) for number, frame in self.frames.items()
        }
        return replace(
            self, frames=frames, left=self.left + x, right=self.right + x, top=self.top + y,
            bottom=self.bottom + y,
        )  # fmt: skip


def wrap_layout(layout: Layout, sizes: Sizes, count: int, direction: str = "TB") -> Layout:
    """The layout in a number of columns (of rows, from left to right), or in fewer where cuts are few.

    `sizes` are the widths and heights of the boxes.
    """
    if direction == "LR":
        across = {number: (height, width) for number, (width, height) in sizes.items()}
        return turned(_wrapped(turned(layout), across, count, 0.0))
    return _wrapped(layout, sizes, count, TITLE_ROOM)


def _wrapped(layout: Layout, sizes: Sizes, count: int, title_room: float) -> Layout:
    cuts = _choose(_cuts(layout, sizes), layout.height, count)
    if not cuts:
        return layout
    bounds = [float("-inf"), *cuts, float("inf")]
    columns = [_column(layout, sizes, low, high, title_room) for low, high in pairwise(bounds)]
    return _side_by_side(layout, sizes, columns)


def _cuts(layout: Layout, sizes: Sizes) -> list[Cut]:
    """The places between boxes, from top to bottom: in each gap, where the fewest frames are cut."""
    spans = sorted((y - sizes[box][1] / 2, y + sizes[box][1] / 2) for box, (_, y) in layout.boxes.items())
    found: list[Cut] = []
    low = spans[0][1] if spans else 0.0
    for top, bottom in spans:
        if top > low:
            edges = [edge for f in layout.frames.values() for edge in (f.y, f.y + f.height)]
            stops = [low, *sorted(edge for edge in edges if low < edge < top), top]
            # Within a gap only the edges of frames make a difference, so that one place between two of them
            # is enough.
            places = [(before + after) / 2 for before, after in pairwise(stops)]
            found.append(min((_cut(layout, y) for y in places), key=lambda cut: cut.cost))
        low = max(low, bottom)
    return found


def _cut(layout: Layout, y: float) -> Cut:
    """A cut with its cost: for each edge but one across it, and for each frame."""
    crossing = sum((layout.boxes[a][1] < y) != (layout.boxes[b][1] < y) for a, b in layout.routes)
    split = sum(frame.y < y < frame.y + frame.height for frame in layout.frames.values())
    return Cut(y, CROSSING_COST * max(0, crossing - 1) + FRAME_COST * split)


def _choose(cuts: list[Cut], height: float, count: int) -> list[float]:
    """The cuts that give a number of columns of which the tallest is low, at little cost.

    By dynamic programming: best[k][i] is the cost of k columns of which the last ends at cut i, with the
    height of the tallest.
    """
    ends = [*cuts, Cut(height, 0.0)]
    count = min(count, len(ends))
    if count < 2:
        return []
    best: list[dict[int, tuple[float, float, tuple[int, ...]]]] = [
        {place: (cut.cost, cut.y, (place,)) for place, cut in enumerate(ends)}
    ]
    for _ in range(count - 1):
        row = {}
        for place, cut in enumerate(ends):
            options = [
                (cost + cut.cost, max(tallest, cut.y - ends[before].y), (*chosen, place))
                for before, (cost, tallest, chosen) in best[-1].items()
                if before < place
            ]
            if options:
                # cost and height are both in points of the drawing, so that their sum is what is weighed
                row[place] = min(options, key=lambda option: option[0] + option[1])
        best.append(row)
    chosen = best[-1][len(ends) - 1][2]
    return [ends[place].y for place in chosen[:-1]]


def _column(layout: Layout, sizes: Sizes, low: float, high: float, title_room: float) -> Stretch:
    """The piece of a layout between two cuts, where it stands; frames that are cut end around its boxes."""
    boxes = frozenset(box for box, (_, y) in layout.boxes.items() if low < y < high)
    whole, cut = {}, {}
    for number, frame in layout.frames.items():
        if frame.y >= low and frame.y + frame.height <= high:
            whole[number] = frame
        elif frame.y < high and frame.y + frame.height > low:
            cut[number] = frame
    tops = [layout.boxes[box][1] - sizes[box][1] / 2 for box in boxes] + [f.y for f in whole.values()]
    bottoms = [layout.boxes[box][1] + sizes[box][1] / 2 for box in boxes]
    bottoms += [frame.y + frame.height for frame in whole.values()]
    top, bottom = min(tops), max(bottoms)
    frames, continued = dict(whole), set()
    outside_in = sorted(cut, key=lambda number: -cut[number].height)
    for depth, number in enumerate(reversed(outside_in), 1):
        frame = cut[number]
        start, end = frame.y, frame.y + frame.height
        if start < low:
            continued.add(number)
            start = top - depth * (title_room or EDGE_ROOM) - (EDGE_ROOM if title_room else 0.0)
        if end > high:
            end = bottom + depth * EDGE_ROOM
        left, right = _narrowed(layout, sizes, frame, (low, high), boxes, frames.values())
        if not title_room:
            left = max(frame.x, left - TITLE_ROOM)
        frames[number] = Outline(left, start, right - left, end - start)
    ordered = {number: frames[number] for number in layout.frames if number in frames}
    return _bounded(layout, sizes, boxes, ordered, frozenset(continued))


def _narrowed(
    layout: Layout, sizes: Sizes, frame: Outline, cut: tuple[float, float], boxes: frozenset[int],
    frames: Iterable[Outline],
) -> tuple[float, float]:  # fmt: skip
    """The left and right sides of a piece of a frame, no wider than what is in it needs."""
    low, high, right = max(cut[0], frame.y), min(cut[1], frame.y + frame.height), frame.x + frame.width
    places = ((box, layout.boxes[box]) for box in boxes)
    inside = {box: x for box, (x, y) in places if low < y < high and frame.x < x < right}
    spans = [(x - sizes[box][0] / 2, x + sizes[box][0] / 2) for box, x in inside.items()]
    spans += [
        (min(xs), max(xs))
        for ends, route in layout.routes.items()
        if inside.keys() >= set(ends)
        and frame.x < min(xs := [x for x, _ in route.points])
        and max(xs) < right
    ]
    spans += [(f.x, f.x + f.width) for f in frames if frame.x < f.x and f.x + f.width < right]
    if not spans:
        return frame.x, right
    return max(frame.x, min(span[0] for span in spans) - EDGE_ROOM), min(
        right, max(span[1] for span in spans) + EDGE_ROOM
    )


def _bounded(
    layout: Layout, sizes: Sizes, boxes: frozenset[int], frames: dict[int, Outline], continued: frozenset[int]
) -> Stretch:
    """A column with its corners: those of its boxes, its frames and the edges within it."""
    xs, ys = [], []
    for box in boxes:
        (x, y), (width, height) = layout.boxes[box], sizes[box]
        xs += [x - width / 2, x + width / 2]
        ys += [y - height / 2, y + height / 2]
    for frame in frames.values():
        xs += [frame.x, frame.x + frame.width]
        ys += [frame.y, frame.y + frame.height]
    for (source, target), route in layout.routes.items():
        if source in boxes and target in boxes:
            xs += [x for x, _ in route.points]
    return Stretch(boxes, frames, continued, min(xs), min(ys), max(xs), max(ys))


def _side_by_side(layout: Layout, sizes: Sizes, columns: list[Stretch]) -> Layout:
    """The columns from left to right, tops level below the lanes for edges between them."""
    home = {box: place for place, column in enumerate(columns) for box in column.boxes}
    across = [ends for ends in layout.routes if home[ends[0]] != home[ends[1]]]
    lanes = LANE * (len(across) - 1)
    x, top = 0.0, 12.0 + lanes
    boxes: dict[int, Point] = {}
    placed: list[Stretch] = []
    routes: dict[tuple[int, int], Route] = {}
    for column in columns:
        shift = x - column.left, top - column.top
        boxes.update((box, _add(layout.boxes[box], shift)) for box in column.boxes)
        for ends, route in layout.routes.items():
            if column.boxes.issuperset(ends):
                label = _add(route.label, shift) if route.label else None
                points = tuple(_add(point, shift) for point in route.points)
                routes[ends] = Route(points, _add(route.tip, shift), label)
        placed.append(column.moved(*shift))
        x += column.right - column.left + GUTTER + lanes
    for lane, ends in enumerate(across):
        routes[ends] = _detour(ends, boxes, sizes, placed, home, LANE * lane)
    frames: dict[int, Outline] = {}
    continued: dict[int, tuple[Outline, ...]] = {}
    for column in placed:
        for number, frame in column.frames.items():
            if number in column.continued:
                continued[number] = (*continued.get(number, ()), frame)
            else:
                frames[number] = frame
    height = max(column.bottom for column in placed) + (12.0 + lanes if across else 0.0)
    return Layout(placed[-1].right, height, boxes, frames, routes, continued)


def _add(point: Point, shift: Point) -> Point:
    return point[0] + shift[0], point[1] + shift[1]


def _detour(
    ends: tuple[int, int], boxes: dict[int, Point], sizes: Sizes, columns: list[Stretch],
    home: dict[int, int], lane: float,
) -> Route:  # fmt: skip
    """The way of an edge to another column: out below, up between the columns, in from above.

    Where another box stands in the way below or above, it leaves or enters by the side; where one stands in
    that way too, through the gap between a box and the next.
    """
    source, target = ends
    before, after = columns[home[source]], columns[home[target]]
    backwards = home[target] < home[source]
    gutter = (after.right if backwards else before.right) + GUTTER / 2 + lane
    (x, y), (width, height) = boxes[source], sizes[source]
    (u, v), (wide, high) = boxes[target], sizes[target]
    roof = columns[0].top - 8.0 - lane
    points: list[Point] = []
    if _free(source, boxes, sizes, before.boxes, below=True):
        floor = before.bottom + 8.0 + lane
        points += [(x, y + height / 2), (x, floor), (gutter, floor)]
    elif _aside(source, boxes, sizes, before.boxes, gutter):
        points += [(x + width / 2, y), (gutter, y)]
    else:
        floor = y + height / 2 + EXIT
        points += [(x, y + height / 2), (x, floor), (gutter, floor)]
    if _free(target, boxes, sizes, after.boxes, below=False):
        points += [(gutter, roof), (u, roof), (u, v - high / 2 - TIP)]
        tip = (u, v - high / 2)
        return Route(rounded(points), tip, None)
    door = after.left - GUTTER / 2 + lane
    points += [(gutter, roof), (door, roof)]
    if _aside(target, boxes, sizes, after.boxes, door):
        points += [(door, v), (u - wide / 2 - TIP, v)]
        tip = (u - wide / 2, v)
    else:
        points += [(door, v - high / 2 - ENTRY), (u, v - high / 2 - ENTRY), (u, v - high / 2 - TIP)]
        tip = (u, v - high / 2)
    return Route(rounded(points), tip, None)


def _free(box: int, boxes: dict[int, Point], sizes: Sizes, others: Iterable[int], *, below: bool) -> bool:
    """Whether nothing stands straight below a box, or above it, in its column."""
    x, y = boxes[box]
    for other in others:
        u, v = boxes[other]
        if other != box and (v > y) == below and abs(u - x) < sizes[other][0] / 2 + 2:
            return False
    return True


def _aside(box: int, boxes: dict[int, Point], sizes: Sizes, others: Iterable[int], end: float) -> bool:
    """Whether nothing stands straight beside a box, between it and an x."""
    x, y = boxes[box]
    for other in others:
        (u, v), (width, height) = boxes[other], sizes[other]
        between = min(x, end) < u + width / 2 and u - width / 2 < max(x, end)
        if other != box and between and abs(v - y) < height / 2 + 2:
            return False
    return True


def rounded(points: list[Point]) -> tuple[Point, ...]:
    """A line with right angles as Bezier segments, its corners rounded."""
    kept = [points[0]]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.01:
            kept.append(point)
    curve = [kept[0]]
    for before, corner, after in zip(kept, kept[1:], kept[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        curve += [curve[-1], start, start, corner, corner, end]
    return (*curve, curve[-1], kept[-1], kept[-1])


def _towards(corner: Point, other: Point) -> Point:
    """The point of a line where the rounding of its corner begins."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    part = min(ROUND, length / 2) / length
    return corner[0] + dx * part, corner[1] + dy * part


def turned(layout: Layout) -> Layout:
    """The layout with x and y changed over."""

    def turn(point: Point) -> Point:
        return point[1], point[0]

    def turn_frame(frame: Outline) -> Outline:
        return Outline(frame.y, frame.x, frame.height, frame.width)

    return Layout(
        layout.height,
        layout.width,
        {box: turn(point) for box, point in layout.boxes.items()},
        {number: turn_frame(frame) for number, frame in layout.frames.items()},
        {
            ends: Route(
                tuple(map(turn, route.points)), turn(route.tip), turn(route.label) if route.label else None
            )
            for ends, route in layout.routes.items()
        },
        {number: tuple(map(turn_frame, frames)) for number, frames in layout.continued.items()},
    )
