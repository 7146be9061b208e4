"""The ways of the arrows between volumes: along a lane, over others, to another lane, to the next row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.render.canvas import Point
from cnnspec.render.channels import LANE, Course, GridEdge
from cnnspec.render.place_volumes import (
    ENTRY,
    EXIT,
    GAP,
    LANE_GAP,
    Grid,
    VolumeRow,
    arc_height,
    entry_of,
    is_arc,
    is_u,
)  # fmt: skip
from cnnspec.render.volumes import Volume
from cnnspec.render.wrap import rounded

MARGIN, DOOR = 12.0, 5.0
"""How far left of the rows arrows to later ones run, and how far apart arrows enter a volume, in points."""


@dataclass(frozen=True)
class Way:
    """The way of an arrow from a volume: its points, and the one that its head comes from."""

    source: int
    points: tuple[Point, ...]
    before: Point
    bezier: bool
    skip: bool


def ways_in(volumes: list[Volume], grid: Grid, place: int) -> Iterator[Way]:
    """The arrows into a volume."""
    volume = volumes[place]
    for source in volume.sources:
        points, bezier = _points(volumes, grid, source, place)
        before = points[-2] if points[-2] != points[-1] else points[-4]
        yield Way(source, points, before, bezier, source in volume.skips)


def left_of_rows(grid: Grid) -> float:
    """The room that arrows to later rows need left of the rows, in points."""
    return MARGIN + LANE * max(grid.margins.values()) + 4 if grid.margins else 0.0


def _points(volumes: list[Volume], grid: Grid, source: int, place: int) -> tuple[tuple[Point, ...], bool]:
    """The points of an arrow, and whether they are those of Bezier curves."""
    before, volume = volumes[source], volumes[place]
    if is_u(volumes):
        straight = before.base == volume.base
        return ((_right(before), _left(volume)) if straight else _step(before, volume)), False
    if is_arc(grid.spots, source, place):
        return _arc(volumes, grid, source, place), True
    edge = GridEdge(source, place, source in volume.skips)
    here, there = grid.spots[source].row, grid.spots[place].row
    if here == there:
        points = _within(volumes, grid, grid.rows[here], edge)
    else:
        points = [*_out(volumes, grid, source), *_in(volumes, grid, edge)]
    if all(y == points[0][1] for _, y in points):
        return (points[0], points[-1]), False
    return rounded(points), True


def _right(volume: Volume) -> Point:
    return volume.x + volume.solid.full_width + 1, volume.y - volume.solid.full_height / 2


def _left(volume: Volume) -> Point:
    return volume.x - 1, volume.y - volume.solid.full_height / 2


def _top(volume: Volume) -> Point:
    return volume.middle, volume.y - volume.solid.full_height - 2


def _arc(volumes: list[Volume], grid: Grid, source: int, place: int) -> tuple[Point, ...]:
    """An arc over the volumes between two of the first lane."""
    here, there = grid.spots[source], grid.spots[place]
    under = [
        _top(volume)[1]
        for volume, spot in zip(volumes, grid.spots, strict=True)
        if spot.row == here.row and spot.lane == 0 and here.column <= spot.column <= there.column
    ]
    start, stop = _top(volumes[source]), _top(volumes[place])
    roof = min(under) - arc_height(there.column - here.column)
    return start, (start[0], roof), (stop[0], roof), stop


def _step(source: Volume, volume: Volume) -> tuple[Point, ...]:
    """To another level of a U: down onto a volume, or up from one; from beside it where it stands apart."""
    if volume.base > source.base:
        return (volume.middle, source.base + source.text_height + 6), _top(volume)
    stop = volume.base + volume.text_height + 6
    (right, y), apart = _right(source), volume.middle - volume.text_half
    if apart > source.middle:
        return (right, y), (volume.middle, y), (volume.middle, stop)
    return _top(source), (source.middle, stop)


def _lane(row: VolumeRow, edge: GridEdge, gutter: int) -> float:
    """The x of an edge in a gutter."""
    return row.gutters[gutter] + GAP / 3 + LANE * row.courses.lane(edge, "gutter", gutter)


def _height(row: VolumeRow, edge: GridEdge, channel: int) -> float:
    """The y of an edge in a channel."""
    return row.channels[channel] + LANE_GAP / 2 + LANE * row.courses.lane(edge, "channel", channel)


def _within(volumes: list[Volume], grid: Grid, row: VolumeRow, edge: GridEdge) -> list[Point]:
    """The way of an edge within a row."""
    way, start = row.courses.ways[edge], _right(volumes[edge.source])
    stop = _door(volumes, grid, row, edge)
    if way.kind == "bend":
        x = _lane(row, edge, way.into)
        return [start, (x, start[1]), (x, stop[1]), stop]
    y, out, into = _height(row, edge, way.channel), _lane(row, edge, way.out), _lane(row, edge, way.into)
    return [start, (out, start[1]), (out, y), (into, y), (into, stop[1]), stop]


def _out(volumes: list[Volume], grid: Grid, source: int) -> list[Point]:
    """The way to a later row as far as the left margin: out to the right, below its row to the left."""
    row, edge, start = grid.rows[grid.spots[source].row], GridEdge(source, EXIT), _right(volumes[source])
    way = row.courses.ways[edge]
    out, y = _lane(row, edge, way.out), _height(row, edge, way.channel)
    return [start, (out, start[1]), (out, y), (_margin(grid, source), y)]


def _in(volumes: list[Volume], grid: Grid, edge: GridEdge) -> list[Point]:
    """The way from the left margin into a row: straight along a lane, else above the row or in a channel."""
    row = grid.rows[grid.spots[edge.target].row]
    entry = edge._replace(source=entry_of(edge.source))
    way, x = row.courses.ways[entry], _margin(grid, edge.source)
    stop = _door(volumes, grid, row, entry)
    if way.kind == "bend" and way.into == row.first:
        return [(x, stop[1]), stop]
    if way.kind == "bend":
        entries = sorted({other.source for other in row.courses.ways if other.source < EXIT})
        y = row.channels[0] - ENTRY * (entries.index(entry.source) + 1)
    else:
        y = _height(row, entry, way.channel)
    into = _lane(row, entry, way.into)
    return [(x, y), (into, y), (into, stop[1]), stop]


def _margin(grid: Grid, source: int) -> float:
    """The x of what a volume gives to later rows, left of the rows."""
    return -MARGIN - LANE * grid.margins[source]


def _door(volumes: list[Volume], grid: Grid, row: VolumeRow, edge: GridEdge) -> Point:
    """Where an edge enters its volume: in the middle if it comes along its lane, else above or below that."""
    x, y = _left(volumes[edge.target])
    coming = [other for other in row.courses.ways if other.target == edge.target]
    sides = {other: _side(grid, row.courses.ways[other], other) for other in coming}
    beside = sorted((other for other in coming if sides[other] == sides[edge]), key=lambda e: e.source)
    step = min(DOOR, volumes[edge.target].solid.full_height / 2 / len(beside))
    return x, y + sides[edge] * step * (1 + beside.index(edge))


def _side(grid: Grid, way: Course, edge: GridEdge) -> int:
    """Whether an edge comes along the lane of its volume (0), from above (-1) or from below (1)."""
    lane = grid.spots[edge.target].lane
    if way.kind == "round":
        return -1 if way.channel <= lane else 1
    if edge.source < EXIT and way.into == grid.rows[grid.spots[edge.target].row].first:
        return 0
    from_lane = grid.spots[edge.source].lane if edge.source >= 0 else -1
    return (from_lane > lane) - (from_lane < lane)
