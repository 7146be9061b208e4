"""Blocks on a grid: a row for each size of maps, a column for each step to the right.

Boxes in a chain on one size stand in one cell, one below the other; an edge to a smaller size may fall to the
cell below, one within a row leads to a column further right. Of a feature pyramid:

    256   c2
    128   c3 ---- add ---- p3 ---
                   ^             |
     64   c4 ---- add ---- p4 ---+-- heads
                   ^             |
     32   c5 ---- 1x1 ---- p5 ---
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from cnnspec.render.channels import Courses, GridEdge, GridSpot, find_courses
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.pyramid import rows_of

KEPT = frozenset({"label", "def", "share"})
"""Blocks that are kept in one cell even where they begin with a map that comes up from a smaller one."""


@dataclass(frozen=True)
class GridFrame:
    """A frame around cells: its number, and the first and last row and column of its cells."""

    number: int
    cells: frozenset[int]
    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class BlockGrid:
    """Cells, by their first boxes: the boxes in each from top to bottom, and where it stands.

    `places` are those of the boxes. A grid of an upright plan is to be turned: its rows become columns.
    """

    plan: DrawingPlan
    cells: dict[int, list[int]]
    spots: dict[int, GridSpot]
    frames: tuple[GridFrame, ...]
    places: dict[int, GridSpot]


def make_grid(plan: DrawingPlan) -> tuple[BlockGrid, Courses]:
    """The boxes of a plan on a grid, and the courses of its edges.

    Upright, each box is a cell, so that a column, once turned, is a step downwards.
    """
    rows = _rows(plan)
    chains = {box: [box] for box in _in_order(plan)} if plan.upright else _chains(plan, rows)
    spots = _spots(plan, chains, rows)
    home = {box: spots[cell] for cell, boxes in chains.items() for box in boxes}
    rising = {link.target for link in plan.links if _is_below(home[link.source], home[link.target])}
    cells = {cell: boxes[::-1] if cell in rising else boxes for cell, boxes in chains.items()}
    frames = _frames(plan, cells, spots)
    places = _places(cells, spots)
    edges = sorted({GridEdge(link.source, link.target, link.skip) for link in plan.links})
    return BlockGrid(plan, cells, spots, frames, places), find_courses(places, edges)


def _is_below(spot: GridSpot, other: GridSpot) -> bool:
    return spot.column == other.column and spot.row > other.row


def _places(cells: dict[int, list[int]], spots: dict[int, GridSpot]) -> dict[int, GridSpot]:
    """Where boxes stand: those of one row and column one below the other."""
    held: Counter[tuple[int, int]] = Counter()
    places: dict[int, GridSpot] = {}
    for cell, (row, column, _) in sorted(spots.items(), key=lambda item: item[1]):
        for box in cells[cell]:
            places[box] = GridSpot(row, column, held[row, column])
            held[row, column] += 1
    return places


def _chains(plan: DrawingPlan, rows: dict[int, int]) -> dict[int, list[int]]:
    """The boxes of each cell in the order of their values: chains on one size, within one frame.

    A join in a block with a name goes on with the chain that it takes in, where all that it takes besides
    stands further left.
    """
    leaves = Counter(link.source for link in plan.links)
    order = {box: place for place, box in enumerate(_in_order(plan))}
    climbed = {link.target for link in plan.links if rows[link.target] < rows[link.source]}
    sources = _sources(plan)
    cells = {box: [box] for box in order}
    home = {box: box for box in cells}
    for link in plan.links:
        a, b = link.source, link.target
        frame = plan.scene.items[_frame(plan, a)]
        if (home[a] in climbed and frame.kind not in KEPT) or home[b] != b or link.skip:
            continue
        beside = [source for source in sources[b] if source != a]
        before = frame.kind in KEPT and all(order[source] < order[home[a]] for source in beside)
        chained = leaves[a] == 1 and rows[a] == rows[b] and _frame(plan, a) == _frame(plan, b)
        if chained and (not beside or before) and not _is_call(plan, a) and not _is_call(plan, b):
            cells[home[a]].extend(moved := cells.pop(b))
            home.update((box, home[a]) for box in moved)
    return cells


def _is_call(plan: DrawingPlan, box: int) -> bool:
    """Whether a box stands for calls of one block on maps of several sizes."""
    return plan.scene.items[box].parallel


def _in_order(plan: DrawingPlan) -> list[int]:
    """The boxes in topological order."""
    places = {name: place for place, name in enumerate(plan.graph.nodes)}
    ends = {box: max(places[name] for name in plan.scene.items[box].all_nodes()) for box in plan.boxes}
    return sorted(plan.boxes, key=lambda box: ends[box])


def _frame(plan: DrawingPlan, number: int) -> int:
    """The innermost part with a frame around an item; the net, 0, where there is none."""
    while number := plan.scene.parents[number]:
        if plan.framed(number):
            return number
    return 0


def _sources(plan: DrawingPlan) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {box: [] for box in plan.boxes}
    for link in plan.links:
        found[link.target].append(link.source)
    return found


def _rows(plan: DrawingPlan) -> dict[int, int]:
    """The row of each box; calls on maps of several sizes stand in the middle of those.

    Upright, what comes before the first branch stands above that.
    """
    sources, order = _sources(plan), _in_order(plan)
    single = [box for box in order if not _is_call(plan, box)]
    shapes = [(box, plan.graph[plan.scene.items[box].nodes[-1]].shape) for box in single]
    if plan.upright:
        users = Counter(link.source for link in plan.links)
        branch = next((place for place, box in enumerate(single) if users[box] > 1), 0)
        shapes[:branch] = [(box, shapes[branch][1]) for box in single[:branch]]
    rows = rows_of(shapes, sources)
    for box in order:
        if box not in rows:
            around = sorted(rows[source] for source in sources[box])
            rows[box] = around[len(around) // 2] if around else 0
    return rows


def _climbing(plan: DrawingPlan, rows: dict[int, int]) -> set[int]:
    """The boxes at both ends of edges to larger maps."""
    up = (link for link in plan.links if rows[link.target] < rows[link.source])
    return {end for link in up for end in (link.source, link.target)}


def _spots(plan: DrawingPlan, cells: dict[int, list[int]], rows: dict[int, int]) -> dict[int, GridSpot]:
    """Where cells stand: each as far left as those before it allow, calls on several maps right of all.

    Turns of several values, which have a frame, begin right of all before them, and end left of all behind.
    """
    sources = _sources(plan)
    home = {box: cell for cell, boxes in cells.items() for box in boxes}
    leaves, climbing = Counter(link.source for link in plan.links), _climbing(plan, rows)
    spots: dict[int, GridSpot] = {}
    held: dict[tuple[int, int], list[int]] = defaultdict(list)
    made_of: dict[int, set[int]] = {}
    walls = _Walls(plan, cells, rows)

    def goes_on(before: int, cell: int) -> bool:
        """Whether a cell stands below the one before it, in the same row: where there is but one way."""
        bends = cell in climbing or (before in climbing and len(cells[before]) == 1)
        alone = leaves[cells[before][-1]] == 1 and not plan.upright
        return spots[before].row == rows[cell] and alone and not bends

    def is_end(cell: int, before: set[int]) -> bool:
        """Whether a cell is one of several ends made of the same, which stand one below the other."""
        return not plan.upright and leaves[cells[cell][-1]] == 0 and made_of[cell] == before

    for cell, boxes in cells.items():
        made_of[cell] = before = {home[source] for box in boxes for source in sources[box]} - {cell}
        row, shared = rows[cell], _is_call(plan, cell)
        start = walls.start(cell, spots)
        column = max((_column(spots[other], row) for other in before), default=0)
        below = len(before) == 1 and goes_on(min(before), cell)
        if shared or below:
            column = max(spots[other].column for other in before) + shared
        below, column = below and column >= start, max(column, start)
        while not shared and not below and not all(is_end(other, before) for other in held[row, column]):
            column += 1
        spots[cell] = GridSpot(row, column, len(held[row, column]))
        held[row, column].append(cell)
    return spots


class _Walls:
    """Where turns of several values begin and end: nothing else may stand within their frame."""

    def __init__(self, plan: DrawingPlan, cells: Iterable[int], rows: dict[int, int]):
        self.rows = rows
        self.around = {cell: _turns_around(plan, cell) for cell in cells}
        within = [(turns, rows[cell]) for cell, turns in self.around.items() if turns]
        self.spans = {
            turns: [row for other, row in within if other == turns] for turns in dict.fromkeys(dict(within))
        }
        self.first: dict[int, int] = {}

    def start(self, cell: int, spots: dict[int, GridSpot]) -> int:
        """The first column in which a cell may stand: right of all turns before it in its row.

        The cells of turns stand right of all that is before those in any of their rows.
        """
        turns = self.around[cell]
        if turns in self.first:
            return self.first[turns]
        span = self.spans.get(turns, [])
        ended = (
            spots[c].column for c in spots if turns != self.around[c] and self._crosses(c, self.rows[cell])
        )
        if not turns:
            return 1 + max(ended, default=-1)
        before = (spot.column for spot in spots.values() if min(span) <= spot.row <= max(span))
        self.first[turns] = 1 + max(before, default=-1)
        return self.first[turns]

    def _crosses(self, cell: int, row: int) -> bool:
        """Whether a cell stands in turns whose frame a row crosses."""
        span = self.spans.get(self.around[cell])
        return span is not None and min(span) <= row <= max(span)


def _turns_around(plan: DrawingPlan, number: int) -> int:
    """The turns of several values that a box stands in; 0 where there are none."""
    while number and plan.scene.items[number].kind != "streams":
        number = plan.scene.parents[number]
    return number


def _column(before: GridSpot, row: int) -> int:
    """The first column for a cell made of another: above or below it, or right of it."""
    return before.column + (row == before.row)


def _frames(
    plan: DrawingPlan, cells: dict[int, list[int]], spots: dict[int, GridSpot]
) -> tuple[GridFrame, ...]:
    """The frames that hold all of their part and nothing else, from outside in."""
    found = []
    for number in plan.titles:
        inside = [cell for cell in cells if _is_within(plan, cell, number)]
        members = frozenset(inside)
        rows, columns = [spots[c].row for c in inside], [spots[c].column for c in inside]
        if not inside or (len(inside) == 1 and len(cells[inside[0]]) == 1):
            continue
        frame = GridFrame(number, members, min(rows), max(rows), min(columns), max(columns))
        if not any(_intrudes(frame, spots, cell) for cell in cells if cell not in members):
            found.append(frame)
    return tuple(found)


def _is_within(plan: DrawingPlan, number: int, around: int) -> bool:
    while number > around:
        number = plan.scene.parents[number]
    return number == around


def _intrudes(frame: GridFrame, spots: dict[int, GridSpot], cell: int) -> bool:
    """Whether a cell stands among those of a frame; above or below all of them it does not."""
    spot = spots[cell]
    if not (frame.top <= spot.row <= frame.bottom and frame.left <= spot.column <= frame.right):
        return False
    same = [spots[c].place for c in frame.cells if spots[c][:2] == spot[:2]]
    above = spot.row == frame.top and frame.left == frame.right and same and spot.place < min(same)
    below = spot.row == frame.bottom and frame.left == frame.right and same and spot.place > max(same)
    return not (above or below)
