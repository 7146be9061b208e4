"""Edges on a grid: straight to a neighbour, else between columns and between rows, never over a cell.

Cells stand in rows and columns. Gutter 2 is left of column 2, channel 1 above row 1. An edge to the next cell
of its row bends in the gutter before it, one to the next cell below falls straight; all others leave to the
right, run along a channel and enter from the left, each on a lane that no other edge has there:

             gutter 1            gutter 2
      channel 0 __________________
    ______     |       ______     |    ______
    | s  |-----+       |    |     +--->| t  |    the edge from s to t, around what stands between them
    |____|             |____|          |____|
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

LANE = 6.0
"""The distance between edges side by side, in points."""


class GridSpot(NamedTuple):
    """Where a cell stands: its row, its column, and its place among those of the same row and column."""

    row: int
    column: int
    place: int = 0


class GridEdge(NamedTuple):
    """An edge between two cells; those that leave a cell alike share their lanes."""

    source: int
    target: int
    skip: bool = False


@dataclass(frozen=True)
class Course:
    """The way of an edge: straight down (or up), by one gutter, or by a gutter, a channel and another."""

    kind: Literal["fall", "bend", "round"]
    out: int = -1
    channel: int = -1
    into: int = -1


class Strip(NamedTuple):
    """A gutter or a channel."""

    kind: Literal["gutter", "channel"]
    number: int


@dataclass(frozen=True)
class Courses:
    """The ways of all edges, the lane of each in each strip, and how many lanes a strip has."""

    ways: dict[GridEdge, Course]
    lanes: dict[tuple[GridEdge, Strip], int]
    counts: dict[Strip, int]

    def lane(self, edge: GridEdge, kind: Literal["gutter", "channel"], number: int) -> int:
        return self.lanes[edge, Strip(kind, number)]

    def used(self, kind: Literal["gutter", "channel"], number: int) -> bool:
        return Strip(kind, number) in self.counts

    def room(self, kind: Literal["gutter", "channel"], number: int) -> float:
        """How much wider lanes make a strip than one with a single edge."""
        return LANE * max(0, self.counts.get(Strip(kind, number), 0) - 1)


def find_courses(
    spots: Mapping[int, GridSpot],
    edges: Iterable[GridEdge],
    *,
    falls: bool = True,
) -> Courses:
    """The ways of edges between cells; `falls` says whether they run straight to the next above or below."""
    board = _Board(dict(spots), falls)
    ways = {edge: board.way(edge) for edge in edges}
    lanes, counts = _lanes(board.spots, ways)
    return Courses(ways, lanes, counts)


class _Board:
    """The grid while edges are laid: which cells stand on it, and which parts of rows edges run along."""

    def __init__(self, spots: dict[int, GridSpot], falls: bool):
        self.spots = spots
        self.falls = falls
        self.columns: dict[int, list[GridSpot]] = defaultdict(list)
        for spot in sorted(spots.values()):
            self.columns[spot.column].append(spot)
        self.taken: dict[int, list[tuple[int, int, int]]] = defaultdict(list)

    def way(self, edge: GridEdge) -> Course:
        here, there = self.spots[edge.source], self.spots[edge.target]
        if self.falls and here.column == there.column and self._next_in_column(here, there):
            return Course("fall")
        if here.column < there.column:
            if self._takes(here.row, here.column, there.column, edge.source, there):
                return Course("bend", into=there.column)
            if self._takes(there.row, here.column, there.column, edge.source, here):
                return Course("bend", into=here.column + 1)
        channel = there.row + 1 if there.row < here.row else there.row
        return Course("round", here.column + 1, channel, there.column)

    def _next_in_column(self, here: GridSpot, there: GridSpot) -> bool:
        order = self.columns[here.column]
        return abs(order.index(there) - order.index(here)) == 1

    def _takes(self, row: int, start: int, stop: int, source: int, other: GridSpot) -> bool:
        """Whether an edge can run along a row between two columns; then it does."""
        if any(spot.row == row and start < spot.column < stop for spot in self.spots.values()):
            return False
        if stop - start > 1:
            if any(low < stop and start < high and owner != source for low, high, owner in self.taken[row]):
                return False
            self.taken[row].append((start, stop, source))
        return True


class _Trunk(NamedTuple):
    """What shares a lane: edges that leave one cell alike; `side` is 0 on their way out, 1 on that in."""

    side: int
    source: int
    skip: bool


Span = tuple[int, int]


def _lanes(
    spots: dict[int, GridSpot], ways: dict[GridEdge, Course]
) -> tuple[dict[tuple[GridEdge, Strip], int], dict[Strip, int]]:
    """The lanes of edges: those that overlap in a strip have others, unless they leave one cell alike.

    A place in a gutter is 2r + 1 beside row r and 2c at channel c; likewise in a channel.
    """
    spans: dict[Strip, dict[_Trunk, Span]] = defaultdict(dict)
    users: dict[tuple[Strip, _Trunk], list[GridEdge]] = defaultdict(list)
    for edge, way in ways.items():
        for strip, side, span in _uses(spots, edge, way):
            trunk = _Trunk(side, edge.source, edge.skip)
            low, high = spans[strip].get(trunk, span)
            spans[strip][trunk] = min(low, span[0]), max(high, span[1])
            users[strip, trunk].append(edge)
    lanes: dict[tuple[GridEdge, Strip], int] = {}
    counts: dict[Strip, int] = {}
    for strip, found in spans.items():
        # Of edges side by side, that from further away is further right, so that it crosses no other.
        trunks = sorted(found, key=lambda trunk: (trunk.side, found[trunk][1] - found[trunk][0], trunk))
        places = _first_fit([found[trunk] for trunk in trunks])
        for trunk, lane in zip(trunks, places, strict=True):
            lanes.update(((edge, strip), lane) for edge in users[strip, trunk])
        counts[strip] = 1 + max(places)
    return lanes, counts


def _uses(spots: dict[int, GridSpot], edge: GridEdge, way: Course) -> Iterator[tuple[Strip, int, Span]]:
    """The strips that an edge runs in, whether on its way out (0) or in (1), and from where to where."""
    leaves, enters = 2 * spots[edge.source].row + 1, 2 * spots[edge.target].row + 1
    if way.kind == "bend":
        yield Strip("gutter", way.into), 0, _span(leaves, enters)
    if way.kind == "round":
        yield Strip("gutter", way.out), 0, _span(leaves, 2 * way.channel)
        yield Strip("channel", way.channel), 0, _span(2 * way.out, 2 * way.into)
        yield Strip("gutter", way.into), 1, _span(2 * way.channel, enters)


def _span(one: int, other: int) -> Span:
    return min(one, other), max(one, other)


def _first_fit(spans: list[Span]) -> list[int]:
    """For each span the first lane that it shares with none that it overlaps."""
    lanes: list[list[Span]] = []
    found = []
    for low, high in spans:
        lane = next(
            (place for place, taken in enumerate(lanes) if all(b < low or high < a for a, b in taken)),
            len(lanes),
        )
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((low, high))
        found.append(lane)
    return found
