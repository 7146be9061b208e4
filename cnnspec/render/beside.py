"""Text beside edges: where titles of frames and words on edges stand, so that no edge strikes them.

A title slides along the first line of its frame to where no edge runs; words slide along their edge, on
either side of it. What finds no place is left out: figures of a frame, a shape; a title is shortened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.canvas import Point
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.text import shorten, text_width

STEPS, STRIP = 8, 40.0
CLEAR = 2.0
"""How far text stays away from edges, in points."""
PAD, TITLE_TOP, TITLE_BOTTOM = 8.0, 4.0, 18.0
UP, DOWN = 0.75, 0.25
"""How far text reaches above its baseline and below it, as shares of its size."""


@dataclass(frozen=True)
class Area:
    """A rectangle that text takes."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Area:
        return Area(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def meets(self, other: Area) -> bool:
        aside = other.right <= self.left or self.right <= other.left
        return not (aside or other.bottom <= self.top or self.bottom <= other.top)


Segment = tuple[Point, Point]


def segments(points: tuple[Point, ...]) -> list[Segment]:
    """A line of Bezier curves as short straight lines."""
    found = [points[0]]
    for place in range(1, len(points) - 2, 3):
        (x, y), (a, b), (c, d), (u, v) = found[-1], *points[place : place + 3]
        for step in range(1, STEPS + 1):
            t, s = step / STEPS, 1 - step / STEPS
            weights = s**3, 3 * s * s * t, 3 * s * t * t, t**3
            xs, ys = (x, a, c, u), (y, b, d, v)
            found.append((_dot(weights, xs), _dot(weights, ys)))
    return list(pairwise(found))


def _dot(weights: tuple[float, ...], values: tuple[float, ...]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def strikes(segment: Segment, area: Area) -> bool:
    """Whether a straight line meets a rectangle (clipping of Liang and Barsky 1984)."""
    (x, y), (u, v) = segment
    start, end = 0.0, 1.0
    for along, room in (
        (x - u, x - area.left), (u - x, area.right - x), (y - v, y - area.top), (v - y, area.bottom - y)
    ):  # fmt: skip
        if along == 0:
            if room < 0:
                return False
        elif along < 0:
            start = max(start, room / along)
        else:
            end = min(end, room / along)
    return start <= end


class EdgeLines:
    """The lines of all edges, to be found by where they run: in strips of some height."""

    def __init__(self, lines: Iterable[Segment]):
        self.strips: dict[int, list[Segment]] = defaultdict(list)
        for line in lines:
            for strip in _strips(line[0][1], line[1][1]):
                self.strips[strip].append(line)

    def in_area(self, area: Area) -> Iterator[Segment]:
        """The lines that meet a rectangle, some more than once."""
        near = (line for strip in _strips(area.top, area.bottom) for line in self.strips.get(strip, ()))
        return (line for line in near if strikes(line, area))


def _strips(one: float, other: float) -> range:
    return range(int(min(one, other) // STRIP), int(max(one, other) // STRIP) + 1)


@dataclass(frozen=True)
class FrameTitle:
    """What stands on the first line of a frame, each from its left end: its name, its figures if any."""

    name: str
    name_x: float
    rest: str
    rest_x: float
    base: float


def frame_title(frame: Outline, name: str, rest: str, edges: EdgeLines) -> FrameTitle:
    """A name as far left as it can stand, its figures as far right; no name where not a letter has room."""
    left, right = frame.x + PAD, frame.x + frame.width - PAD
    band = Area(frame.x, frame.y + TITLE_TOP, frame.x + frame.width, frame.y + TITLE_BOTTOM)
    free = list(_free(left, right, band, edges))
    width = text_width(name, TITLE_SIZE, True)
    x = next((low for low, high in free if high - low >= width), None)
    if x is None:
        low, high = max(free, key=lambda gap: gap[1] - gap[0], default=(left, right))
        name, x = shorten(name, high - low, TITLE_SIZE, True).removeprefix("…"), low
        width = text_width(name, TITLE_SIZE, True)
    room = text_width(rest, DETAIL_SIZE)
    behind = [(max(low, x + width + 12), high) for low, high in free if high > x + width + 12]
    rest_x = next((high - room for low, high in reversed(behind) if high - low >= room), None)
    return FrameTitle(name, x, rest if rest_x is not None else "", rest_x or 0.0, frame.y + 15)


def _free(left: float, right: float, band: Area, edges: EdgeLines) -> Iterator[tuple[float, float]]:
    """The parts of a band from left to right that no edge runs through."""
    taken = sorted(_span(line, band) for line in edges.in_area(band))
    for low, high in taken:
        if low - CLEAR > left:
            yield left, min(right, low - CLEAR)
        left = max(left, high + CLEAR)
        if left >= right:
            return
    yield left, right


def _span(segment: Segment, band: Area) -> tuple[float, float]:
    """From where to where a straight line runs in a band."""
    (x, y), (u, v) = segment
    if y == v:
        return min(x, u), max(x, u)
    ends = [min(max(height, min(y, v)), max(y, v)) for height in (band.top, band.bottom)]
    xs = [x + (u - x) * (height - y) / (v - y) for height in ends]
    return min(xs), max(xs)


def title_area(title: FrameTitle) -> Iterator[Area]:
    """Where the words of a frame's title are."""
    for text, x, size, bold in (
        (title.name, title.name_x, TITLE_SIZE, True), (title.rest, title.rest_x, DETAIL_SIZE, False)
    ):  # fmt: skip
        if text:
            yield Area(x, title.base - UP * size, x + text_width(text, size, bold), title.base + DOWN * size)


def place_words(words: str, route: Route, edges: EdgeLines, taken: Iterable[Area]) -> Point | None:
    """The middle of the baseline of words beside their edge, where nothing is; None where there is no place.

    Where the layout has kept a place for them, that is tried first, then the places from the middle of the
    edge outwards.
    """
    width, others = text_width(words, DETAIL_SIZE), list(taken)
    for place in _places(route, width):
        area = words_area(words, place)
        if not any(area.meets(other) for other in others) and next(edges.in_area(area), None) is None:
            return place
    return None


def words_area(words: str, place: Point) -> Area:
    """Where words are whose baseline has this middle, with what is to be free around them."""
    half, (x, y) = text_width(words, DETAIL_SIZE) / 2, place
    return Area(x - half, y - UP * DETAIL_SIZE, x + half, y + DOWN * DETAIL_SIZE).grown(CLEAR)


def _places(route: Route, width: float) -> Iterator[Point]:
    """Baselines of words, by their middles: that of the layout, then on either side along the edge."""
    if route.label:
        yield route.label[0], route.label[1] + 3
        yield route.label[0] + 5, route.label[1] + 3
    line = segments(route.points)
    middle = len(line) // 2
    for place in sorted(range(len(line)), key=lambda place: abs(place - middle)):
        (x, y), (u, v) = line[place]
        across, down = (x + u) / 2, (y + v) / 2
        if abs(v - y) >= abs(u - x):
            yield across + width / 2 + 6, down + 3
            yield across - width / 2 - 6, down + 3
        else:
            yield across, down - 6
            yield across, down + 12


def box_areas(plan: DrawingPlan, layout: Layout) -> Iterator[Area]:
    """Where boxes are."""
    for number, box in plan.boxes.items():
        x, y = layout.boxes[number]
        yield Area(x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)
