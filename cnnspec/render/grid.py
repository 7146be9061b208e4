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

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

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
    """Cells, by their first boxes: the boxes in each from top to bottom, and where it stands."""

    plan: DrawingPlan
    cells: dict[int, list[int]]
    spots: dict[int, GridSpot]
    frames: tuple[GridFrame, ...]

    @cached_property
    def home(self) -> dict[int, int]:
        """The cell of each box."""
        return {box: cell for cell, boxes in self.cells.items() for box in boxes}


def make_grid(plan: DrawingPlan) -> tuple[BlockGrid, Courses]:
    """The boxes of a plan on a grid, and the courses of its edges."""
    cells = _cells(plan)
    spots = _spots(plan, cells)
    grid = BlockGrid(plan, cells, spots, _frames(plan, cells, spots))
    edges = {GridEdge(grid.home[link.source], grid.home[link.target], link.skip) for link in plan.links}
    across = sorted(edge for edge in edges if edge.source != edge.target)
    single = frozenset(cell for cell, boxes in cells.items() if len(boxes) == 1)
    courses = find_courses(spots, across, rises=single)
    return grid, courses


def _cells(plan: DrawingPlan) -> dict[int, list[int]]:
    """The boxes of each cell: chains on one size, within one frame."""
    rows = _rows(plan)
    leaves = Counter(link.source for link in plan.links)
    enters = Counter(link.target for link in plan.links)
    climbed = {link.target for link in plan.links if rows[link.target] < rows[link.source]}
    cells = {box: [box] for box in _in_order(plan)}
    home = {box: box for box in cells}
    for link in plan.links:
        a, b = link.source, link.target
        if home[a] in climbed and plan.scene.items[_frame(plan, a)].kind not in KEPT:
            continue
        chained = leaves[a] == enters[b] == 1 and rows[a] == rows[b] and _frame(plan, a) == _frame(plan, b)
        if chained and not plan.scene.items[a].parallel and not plan.scene.items[b].parallel:
            cells[home[a]].extend(moved := cells.pop(b))
            home.update((box, home[a]) for box in moved)
    return cells


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
    """The row of each box; calls on maps of several sizes stand in the middle of those."""
    sources, order = _sources(plan), _in_order(plan)
    single = [box for box in order if not plan.scene.items[box].parallel]
    rows = rows_of(((box, plan.graph[plan.scene.items[box].nodes[-1]].shape) for box in single), sources)
    for box in order:
        if box not in rows:
            around = sorted(rows[source] for source in sources[box])
            rows[box] = around[len(around) // 2] if around else 0
    return rows


def _climbing(plan: DrawingPlan, rows: dict[int, int]) -> set[int]:
    """The boxes at both ends of edges to larger maps."""
    up = (link for link in plan.links if rows[link.target] < rows[link.source])
    return {end for link in up for end in (link.source, link.target)}


def _spots(plan: DrawingPlan, cells: dict[int, list[int]]) -> dict[int, GridSpot]:
    """Where cells stand: each as far left as those before it allow, calls on several maps right of all."""
    rows, sources = _rows(plan), _sources(plan)
    home = {box: cell for cell, boxes in cells.items() for box in boxes}
    leaves, climbing = Counter(link.source for link in plan.links), _climbing(plan, rows)
    spots: dict[int, GridSpot] = {}
    held: Counter[tuple[int, int]] = Counter()

    def goes_on(before: int, cell: int) -> bool:
        """Whether a cell stands below the one before it, in the same row: where there is but one way."""
        turns = cell in climbing or (before in climbing and len(cells[before]) == 1)
        return spots[before].row == rows[cell] and leaves[cells[before][-1]] == 1 and not turns

    for cell, boxes in cells.items():
        before = {home[source] for source in sources[cell]}
        row, shared = rows[cell], plan.scene.items[cell].parallel
        below = len(before) == 1 and goes_on(min(before), cell)
        column = max((_column(spots[other], row, boxes) for other in before), default=0)
        if shared or below:
            column = max(spots[other].column for other in before) + shared
        while held[row, column] and not shared and not below:
            column += 1
        spots[cell] = GridSpot(row, column, held[row, column])
        held[row, column] += 1
    return spots


def _column(before: GridSpot, row: int, boxes: list[int]) -> int:
    """The first column for a cell made of another: below it, or above if it is of one box; else right."""
    straight = row > before.row or (row < before.row and len(boxes) == 1)
    return before.column + (not straight)


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
