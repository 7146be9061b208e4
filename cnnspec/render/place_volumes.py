"""Where volumes stand: on lanes, one for each branch, in rows; or, for a net that comes up again, in a U.

Lanes are those of a history with branches. A value goes on in the lane of what it is made of; a second value
made of the same begins a lane below, and a join ends the lanes that it takes in:

    input - conv - conv ---------- add - linear
                 \\_ pool - conv _/

Nets of several scales have lanes for each size of maps. Edges run between lanes and columns (`channels`); one
that goes over others of the first lane is an arc, one to a later row runs below its row to the left margin.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cnnspec.render.channels import Courses, GridEdge, GridSpot, find_courses
from cnnspec.render.pyramid import rows_of
from cnnspec.render.volumes import Volume

GAP, STEP = 18.0, 10.0
LANE_GAP, ROW_GAP, ENTRY = 18.0, 26.0, 6.0
ARC, ARC_STEP, MOST_ARC = 12.0, 7.0, 8
EXIT = -1
"""The cell left of and below a row that stands for all later rows."""


@dataclass(frozen=True)
class Spot:
    """A place on the grid: the row of the page, the lane in it, the column."""

    row: int
    lane: int
    column: int


@dataclass(frozen=True)
class VolumeRow:
    """A row of the page: its edges, the left ends of gutters, the tops of channels, its first column."""

    courses: Courses
    gutters: dict[int, float]
    channels: dict[int, float]
    first: int


@dataclass(frozen=True)
class Grid:
    """The places of volumes, and the size of the whole, in points; `rows` are those of the page.

    `margins` are the lanes left of all rows of those volumes that are used in a later row.
    """

    spots: tuple[Spot, ...]
    width: float
    height: float
    rows: tuple[VolumeRow, ...] = ()
    margins: dict[int, int] = field(default_factory=dict)


def entry_of(source: int) -> int:
    """The cell left of and above a row that stands for a volume of an earlier one."""
    return -2 - source


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


def level_lanes(volumes: list[Volume]) -> list[tuple[int, int]]:
    """The lane and the column of each volume, those of one size of maps next to each other.

    What comes before the first branch stands in the lane of that, and what comes after the last join in that
    of the join. Within a size a value goes on in the lane of what it is made of where that is free, else in
    the next.
    """
    shapes = [(place, volume.shape) for place, volume in enumerate(volumes)]
    rows = rows_of(shapes, {place: volume.sources for place, volume in enumerate(volumes)})
    users = Counter(source for volume in volumes for source in volume.sources)
    branch = next((place for place in range(len(volumes)) if users[place] > 1), 0)
    rows.update((place, rows[branch]) for place in range(branch))
    join = max((place for place, volume in enumerate(volumes) if len(volume.sources) > 1), default=0)
    behind = range(join + 1, len(volumes))
    if join and all(volumes[place].sources == [place - 1] for place in behind):
        rows.update((place, rows[join]) for place in behind)
    taken: set[tuple[int, int, int]] = set()
    spots: list[tuple[int, int, int]] = []
    for place, volume in enumerate(volumes):
        column = max((spots[source][2] + 1 for source in volume.sources), default=0)
        level = rows[place]
        wanted = [spots[s][1] for s in volume.sources if spots[s][0] == level and s not in volume.skips]
        lane = next(n for n in (*wanted, *range(len(volumes))) if (level, n, column) not in taken)
        taken.add((level, lane, column))
        spots.append((level, lane, column))
    lanes = sorted({spot[:2] for spot in spots})
    return [(lanes.index(spot[:2]), spot[2]) for spot in spots]


def place_in_rows(volumes: list[Volume], count: int, *, levels: bool = False) -> Grid:
    """From left to right on lanes, in a number of rows at most. Sets the places of the volumes.

    With `levels` lanes are those of sizes of maps.
    """
    lanes = level_lanes(volumes) if levels else lanes_of(volumes)
    columns = 1 + max(column for _, column in lanes)
    widths = [0.0] * columns
    for volume, (_, column) in zip(volumes, lanes, strict=True):
        widths[column] = max(widths[column], 2 * max(volume.solid.full_width / 2, volume.text_half))
    starts = _row_starts([width + GAP for width in widths], count)
    of_column = [sum(start <= column for start in starts) - 1 for column in range(columns)]
    spots = tuple(Spot(of_column[column], lane, column) for lane, column in lanes)
    rows: list[VolumeRow] = []
    y = 0.0
    for row, first in enumerate(starts):
        courses = find_courses(*_cells(volumes, spots, row, first), falls=False)
        last = starts[row + 1] if row + 1 < len(starts) else columns
        gutters, middles = _columns(courses, widths, first, last)
        channels, y = _place_row(volumes, spots, row, courses, middles, y)
        rows.append(VolumeRow(courses, gutters, channels, first))
        y += ROW_GAP
    width = max(volume.middle + max(volume.solid.full_width / 2, volume.text_half) for volume in volumes)
    return Grid(spots, width, y - ROW_GAP, tuple(rows), _margins(volumes, spots))


def _cells(
    volumes: list[Volume], spots: tuple[Spot, ...], row: int, first: int
) -> tuple[dict[int, GridSpot], list[GridEdge]]:
    """The cells of a row of the page, what is before and after it among them, and the edges to lay there."""
    cells = {place: GridSpot(spot.lane, spot.column) for place, spot in enumerate(spots) if spot.row == row}
    edges: dict[GridEdge, None] = {}
    lanes = 1 + max(spot.row for spot in cells.values())
    for place, volume in enumerate(volumes):
        for source in volume.sources:
            skip = source in volume.skips
            if spots[source].row == row == spots[place].row:
                if not is_arc(spots, source, place):
                    edges[GridEdge(source, place, skip)] = None
            elif spots[source].row == row:
                cells[EXIT] = GridSpot(lanes, first - 1)
                edges[GridEdge(source, EXIT)] = None
            elif spots[place].row == row:
                cells[entry_of(source)] = GridSpot(-1, first - 1)
                edges[GridEdge(entry_of(source), place, skip)] = None
    return cells, list(edges)


def _margins(volumes: list[Volume], spots: tuple[Spot, ...]) -> dict[int, int]:
    """The lane in the left margin of each volume that is used in a later row: free from there to there."""
    until: dict[int, int] = {}
    for place, volume in enumerate(volumes):
        for source in volume.sources:
            if spots[source].row != spots[place].row:
                until[source] = max(until.get(source, 0), spots[place].row)
    ends: list[int] = []
    lanes: dict[int, int] = {}
    for source in sorted(until, key=lambda source: spots[source].row):
        lane = next((n for n, end in enumerate(ends) if end <= spots[source].row), len(ends))
        ends[lane : lane + 1] = [until[source]]
        lanes[source] = lane
    return lanes


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


def _columns(
    courses: Courses, widths: list[float], first: int, last: int
) -> tuple[dict[int, float], dict[int, float]]:
    """The left edges of the gutters of a row, and the middles of its columns; the first begins at 0."""
    gutters, middles = {first: -GAP}, {}
    x = 0.0
    for column in range(first, last):
        middles[column] = x + widths[column] / 2
        x += widths[column]
        gutters[column + 1] = x
        x += GAP + courses.room("gutter", column + 1)
    return gutters, middles


def _arcs(volumes: list[Volume], spots: tuple[Spot, ...], row: int) -> float:
    """The room that arcs need above the first lane of a row."""
    reach = [0]
    for place, volume in enumerate(volumes):
        for source in volume.sources:
            if is_arc(spots, source, place) and spots[place].row == row:
                reach.append(spots[place].column - spots[source].column)
    return arc_height(max(reach)) + 4 if max(reach) else 10.0


def is_arc(spots: tuple[Spot, ...], source: int, target: int) -> bool:
    """Whether an edge goes over others of the first lane."""
    a, b = spots[source], spots[target]
    if not (a.row == b.row and a.lane == b.lane == 0):
        return False
    return any(s.row == a.row and s.lane == 0 and a.column < s.column < b.column for s in spots)


def arc_height(distance: int) -> float:
    return ARC + ARC_STEP * min(distance, MOST_ARC)


def _place_row(
    volumes: list[Volume], spots: tuple[Spot, ...], row: int, courses: Courses,
    middles: dict[int, float], y: float,
) -> tuple[dict[int, float], float]:  # fmt: skip
    """Set the places of the volumes of a row; the tops of its channels, and the y of its foot."""
    here = [place for place, spot in enumerate(spots) if spot.row == row]
    lanes = 1 + max(spots[place].lane for place in here)
    entries = len({edge.source for edge in courses.ways if edge.source < EXIT})
    y += ENTRY * entries
    channels = {0: y}
    y += courses.room("channel", 0) + (LANE_GAP if courses.used("channel", 0) else 0.0)
    y += _arcs(volumes, spots, row)
    for lane in range(lanes):
        lane_places = [place for place in here if spots[place].lane == lane]
        tallest = max((volumes[place].solid.full_height for place in lane_places), default=0.0)
        for place in lane_places:
            volume = volumes[place]
            volume.x = middles[spots[place].column] - volume.solid.full_width / 2
            volume.base = y + tallest
            volume.y = volume.base - (tallest - volume.solid.full_height) / 2
        if lane_places:
            y += tallest + 4 + max(volumes[place].text_height for place in lane_places)
        channels[lane + 1] = y
        if lane + 1 < lanes or courses.used("channel", lanes):
            y += LANE_GAP + courses.room("channel", lane + 1)
    return channels, y


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
    return Grid(tuple(spots), width, y)


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
