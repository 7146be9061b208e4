"""The ways of the arrows between volumes: along a lane, over others, to another lane, to the next row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.render.canvas import Point
from cnnspec.render.place_volumes import ROW_GAP, Grid, arc_height, is_u
from cnnspec.render.volumes import Volume
from cnnspec.render.wrap import rounded

LANE_SHIFT = 4.0
"""How far arrows that go up stand beside those that go down, in points."""
MARGIN = 10.0


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


def _points(volumes: list[Volume], grid: Grid, source: int, place: int) -> tuple[tuple[Point, ...], bool]:
    """The points of an arrow, and whether they are those of Bezier curves."""
    before, volume = volumes[source], volumes[place]
    here, there = grid.spots[source], grid.spots[place]
    start, stop = _right(before), _left(volume)
    if is_u(volumes):
        if before.base != volume.base:
            return _step(before, volume), False
        return (start, stop), False
    if here.row != there.row:
        return rounded(_to_row(volumes, grid, source, place)), True
    between = [
        spot for spot in grid.spots if spot.row == here.row and here.column < spot.column < there.column
    ]
    if here.lane == there.lane:
        if not any(spot.lane == here.lane for spot in between):
            return (start, stop), False
        return _arc(before, volume, there.column - here.column), True
    column = here.column if there.lane > here.lane else there.column - 1
    return _change(start, stop, grid.edges[column] - LANE_SHIFT * (there.lane < here.lane)), True


def _right(volume: Volume) -> Point:
    return volume.x + volume.solid.full_width + 1, volume.y - volume.solid.full_height / 2


def _left(volume: Volume) -> Point:
    return volume.x - 1, volume.y - volume.solid.full_height / 2


def _top(volume: Volume) -> Point:
    return volume.middle, volume.y - volume.solid.full_height - 2


def _arc(before: Volume, volume: Volume, distance: int) -> tuple[Point, ...]:
    """An arc over the volumes between two of a lane."""
    start, stop = _top(before), _top(volume)
    roof = min(start[1], stop[1]) - arc_height(distance)
    return start, (start[0], roof), (stop[0], roof), stop


def _change(start: Point, stop: Point, edge: float) -> tuple[Point, ...]:
    """To another lane: along, down or up between two columns, and along."""
    return rounded([start, (edge, start[1]), (edge, stop[1]), stop])


def _step(source: Volume, volume: Volume) -> tuple[Point, Point]:
    """To another level of a U: down onto a volume, or up from one."""
    if volume.base > source.base:
        return (volume.middle, source.base + source.text_height + 6), _top(volume)
    return _top(source), (source.middle, volume.base + volume.text_height + 6)


def _to_row(volumes: list[Volume], grid: Grid, source: int, place: int) -> list[Point]:
    """To a later row: out to the right or below, along between the rows, and in from the left or above."""
    before, volume = volumes[source], volumes[place]
    here, there = grid.spots[source], grid.spots[place]
    last = all(spot.column <= here.column for spot in grid.spots if spot.row == here.row)
    first = all(spot.column >= there.column for spot in grid.spots if spot.row == there.row)
    gap, above = _gap(volumes, grid, here.row), _gap(volumes, grid, there.row - 1)
    start, stop = _right(before), _left(volume)
    if last:
        points = [start, (grid.width + MARGIN, start[1]), (grid.width + MARGIN, gap)]
    else:
        foot = before.base + before.text_height + 3
        points = [(before.middle, foot), (before.middle, gap)]
    if first:
        return [*points, (-MARGIN, gap), (-MARGIN, stop[1]), stop]
    end = _top(volume)
    if above != gap:
        points += [(-MARGIN, gap), (-MARGIN, above)]
    return [*points, (end[0], above), end]


def _gap(volumes: list[Volume], grid: Grid, row: int) -> float:
    """The middle between a row and the next."""
    here = [volume for volume, spot in zip(volumes, grid.spots, strict=True) if spot.row == row]
    return max(volume.base + volume.text_height for volume in here) + ROW_GAP / 2
