"""Where volumes stand: on lanes, one for each branch, in rows; or, for a net that comes up again, in a U.

Lanes are those of a history with branches. A value goes on in the lane of what it is made of; a second value
made of the same begins a lane below, and a join ends the lanes that it takes in:

    input - conv - conv ---------- add - linear
                 \\_ pool - conv _/
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.render.volumes import Volume

GAP, STEP = 16.0, 10.0
LANE_GAP, ROW_GAP = 18.0, 26.0
ARC, ARC_STEP, MOST_ARC = 12.0, 7.0, 8


@dataclass(frozen=True)
class Spot:
    """A place on the grid: the row of the page, the lane in it, the column."""

    row: int
    lane: int
    column: int


@dataclass(frozen=True)
class Grid:
    """The places of volumes, and the size of the whole, in points; `roofs` are the tops of the rows.

    `edges` are the right edges of the columns.
    """

    spots: tuple[Spot, ...]
    width: float
    height: float
    roofs: tuple[float, ...]
    edges: tuple[float, ...] = ()


def is_u(volumes: list[Volume]) -> bool:
    return any(volume.rising for volume in volumes)


def lanes_of(volumes: list[Volume]) -> list[tuple[int, int]]:
    """The lane and the column of each volume."""
    tips: dict[int, int] = {}
    ends: dict[int, int] = {}
    found: list[tuple[int, int]] = []
    for place, volume in enumerate(volumes):
        column = max((found[source][1] + 1 for source in volume.sources), default=0)
        mains = sorted(source for source in volume.sources if source not in volume.skips) or volume.sources
        lane = next((found[source][0] for source in mains if tips.get(found[source][0]) == source), None)
        if lane is None:
            above = min((found[source][0] for source in mains), default=0)
            start = min((found[source][1] for source in mains), default=-1)
            lane = next(
                lane
                for lane in range(above, len(volumes) + 1)
                if ends.get(lane, -2) <= start - (lane == above)
            )
        for source in volume.sources:
            ends[found[source][0]] = max(ends[found[source][0]], column - 1)
        tips[lane], ends[lane] = place, max(ends.get(lane, 0), column)
        found.append((lane, column))
    return found


def place_in_rows(volumes: list[Volume], count: int) -> Grid:
    """From left to right on lanes, in a number of rows at most. Sets the places of the volumes."""
    lanes = lanes_of(volumes)
    columns = 1 + max(column for _, column in lanes)
    widths = [0.0] * columns
    for volume, (_, column) in zip(volumes, lanes, strict=True):
        widths[column] = max(widths[column], 2 * max(volume.solid.full_width / 2, volume.text_half) + GAP)
    starts = _row_starts(widths, count)
    rows = [sum(start <= column for start in starts) - 1 for column in range(columns)]
    spots = tuple(Spot(rows[column], lane, column) for lane, column in lanes)
    roofs, y = [], 0.0
    for row in range(len(starts)):
        y += _arcs(volumes, spots, row)
        roofs.append(y)
        y = _place_row(volumes, spots, row, widths, y) + ROW_GAP
    width = max(volume.middle + max(volume.solid.full_width / 2, volume.text_half) for volume in volumes)
    edges = [sum(widths[starts[row] : column + 1]) for column, row in enumerate(rows)]
    return Grid(spots, width, y - ROW_GAP, tuple(roofs), tuple(edges))


def _row_starts(widths: list[float], count: int) -> list[int]:
    """The columns at which rows begin, so that none is much longer than another."""
    goal = sum(widths) / count
    while True:
        starts, length = [0], 0.0
        for column, width in enumerate(widths):
            if column and length + width > goal + 0.01:
                starts.append(column)
                length = 0.0
            length += width
        if len(starts) <= count:
            return starts
        goal *= 1.03


def _arcs(volumes: list[Volume], spots: tuple[Spot, ...], row: int) -> float:
    """The room that arcs need above the first lane of a row."""
    reach = [0]
    for place, volume in enumerate(volumes):
        for source in volume.sources:
            if is_arc(spots, source, place) and spots[place].row == row:
                reach.append(spots[place].column - spots[source].column)
    return arc_height(max(reach)) + 4 if max(reach) else 10.0


def is_arc(spots: tuple[Spot, ...], source: int, target: int) -> bool:
    """Whether an edge goes over others: along the first lane, past its neighbour."""
    a, b = spots[source], spots[target]
    return a.row == b.row and a.lane == b.lane and b.column - a.column > 1


def arc_height(distance: int) -> float:
    return ARC + ARC_STEP * min(distance, MOST_ARC)


def _place_row(
    volumes: list[Volume], spots: tuple[Spot, ...], row: int, widths: list[float], y: float
) -> float:
    """Set the places of the volumes of a row; the y of its foot."""
    here = [place for place, spot in enumerate(spots) if spot.row == row]
    first = min(spots[place].column for place in here)
    for lane in sorted({spots[place].lane for place in here}):
        lane_places = [place for place in here if spots[place].lane == lane]
        tallest = max(volumes[place].solid.full_height for place in lane_places)
        for place in lane_places:
            volume = volumes[place]
            column = spots[place].column
            middle = sum(widths[first:column]) + widths[column] / 2
            volume.x = middle - volume.solid.full_width / 2
            volume.base = y + tallest
            volume.y = volume.base - (tallest - volume.solid.full_height) / 2
        y += tallest + 4 + max(volumes[place].text_height for place in lane_places) + LANE_GAP
    return y - LANE_GAP


def place_in_u(volumes: list[Volume]) -> Grid:
    """A row for each level of halved sizes: down the one arm of the U, and up the other."""
    levels = levels_of(volumes)
    tallest: dict[int, float] = {}
    words: dict[int, float] = {}
    for volume, level in zip(volumes, levels, strict=True):
        tallest[level] = max(tallest.get(level, 0.0), volume.solid.full_height)
        words[level] = max(words.get(level, 0.0), volume.text_height)
    y, bottoms = 0.0, {}
    for level in sorted(tallest):
        y += tallest[level] + STEP
        bottoms[level] = y
        y += words[level] + 8
    ends = dict.fromkeys(bottoms, 0.0)
    x = 0.0
    spots = []
    for column, (volume, level) in enumerate(zip(volumes, levels, strict=True)):
        half = max(volume.solid.full_width / 2, volume.text_half)
        x = max(x, ends[level] + GAP + half)
        volume.x = x - volume.solid.full_width / 2
        volume.base = bottoms[level]
        volume.y = volume.base - (tallest[level] - volume.solid.full_height) / 2
        ends[level] = x + half
        spots.append(Spot(level, 0, column))
    width = max(volume.middle + max(volume.solid.full_width / 2, volume.text_half) for volume in volumes)
    return Grid(tuple(spots), width, y, ())


def levels_of(volumes: list[Volume]) -> list[int]:
    """How often the size of each volume has been halved: unpadded convs, which take little, stay level."""
    levels: list[int] = []
    for volume in volumes:
        main = next((source for source in volume.sources if source not in volume.skips), None)
        if main is None:
            levels.append(0)
            continue
        ratio = volumes[main].shape[-1] / volume.shape[-1]
        levels.append(levels[main] + (ratio >= 1.5) - (ratio <= 1 / 1.5))
    return levels
