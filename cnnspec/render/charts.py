"""Charts: memory over time, and two figures of several nets against each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from math import ceil, floor, log10
from pathlib import Path
from typing import NamedTuple

from cnnspec.files import write_whole
from cnnspec.passes.buffers import BYTES, Buffer, Timeline
from cnnspec.render.canvas import Circle, Curve, Drawing, Mark, MarkGroup, Rect, Text
from cnnspec.render.options import RenderError
from cnnspec.render.svg import svg_source
from cnnspec.render.text import shorten, text_width
from cnnspec.render.theme import LIGHT, Paint

SUFFIXES = ("svg", "png", "pdf")
LEFT, RIGHT, TOP, BOTTOM = 64.0, 16.0, 40.0, 44.0
SMALL, NORMAL, LARGE = 7.5, 9.0, 12.0
LINE = 14.0
"""Between the lines of a legend."""
GRID = "#e3e7eb"
PAINTS = ("conv", "activation", "pool", "norm", "dense", "block")
"""Colours by turns, so that neighbours differ."""


class Plot(NamedTuple):
    """The part of a drawing where values are shown: its place in points, and the values at its edges."""

    x: float
    y: float
    width: float
    height: float
    low: tuple[float, float]
    high: tuple[float, float]

    def across(self, value: float) -> float:
        return self.x + self.width * (value - self.low[0]) / (self.high[0] - self.low[0])

    def up(self, value: float) -> float:
        return self.y + self.height * (1 - (value - self.low[1]) / (self.high[1] - self.low[1]))


def write_drawing(drawing: Drawing, path: Path) -> None:
    """Write a drawing to a file: whole, or not at all. Raises RenderError for another kind."""
    kind = path.suffix.removeprefix(".").lower()
    if kind not in SUFFIXES:
        raise RenderError(f"a chart is written as one of {', '.join(SUFFIXES)}, not {path.name}")
    svg = svg_source(drawing)
    if kind == "pdf":
        from cnnspec.render.pdf import to_pdf

        write_whole(path, to_pdf(drawing))
    elif kind == "png":
        from cnnspec.render.raster import to_png

        write_whole(path, to_png(svg, drawing.width, drawing.height))
    else:
        write_whole(path, svg.encode())


def memory_chart(net: str, timeline: Timeline, dtype: str = "float32") -> Drawing:
    """The arena over time: a box for each buffer, from when to when it lives and where it lies.

    The line above them is the sum of what lives; it is dashed where it peaks.
    """
    size = BYTES[dtype]
    steps = max(1, len(timeline.steps))
    width, height = min(1400.0, max(520.0, 9.0 * steps)), 360.0
    frame = Plot(
        LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM, (0, 0), (steps, max(1, size * timeline.arena))
    )
    peak, arena = size * timeline.peak, size * timeline.arena
    title = f"{net}: {timeline.plan} plan, {dtype}, peak {bytes_text(peak)}, arena {bytes_text(arena)}"
    marks: list[Mark] = [Text(LEFT, 18, title, LARGE, LIGHT.text, bold=True), *byte_axis(frame)]
    paints = cycle([LIGHT.families[name] for name in PAINTS])
    marks += [box(frame, *pair, size) for pair in zip(timeline.buffers, paints, strict=False)]
    marks += live_line(frame, timeline, size)
    under, middle = frame.y + frame.height + 14, frame.x + frame.width / 2
    for step in nice_steps(steps):
        marks.append(Text(frame.across(step - 0.5), under, str(step), SMALL, LIGHT.muted, anchor="middle"))
    about = "layers that run in one go, in order"
    marks.append(Text(middle, height - 10, about, NORMAL, LIGHT.muted, anchor="middle"))
    return Drawing(width, height, tuple(marks), LIGHT.background, title, "Buffers over time")


def box(frame: Plot, buffer: Buffer, paint: Paint, size: int) -> MarkGroup:
    """A buffer: as wide as it lives, as high as it is large."""
    first = max(0.0, buffer.first / 2)
    last = min(frame.high[0], (buffer.last + 1) / 2)
    left, right = frame.across(first), frame.across(max(last, first + 0.5))
    bottom, top = frame.up(size * buffer.offset), frame.up(size * (buffer.offset + buffer.size))
    name = buffer.name.replace("|", ", ")
    note = f"{name}: {bytes_text(size * buffer.size)}"
    rect = Rect(left, top, right - left, max(bottom - top, 0.3), paint.fill, paint.stroke, 0.5)
    marks: list[Mark] = [rect]
    short = ".".join(name.split(".")[-2:])
    if bottom - top > SMALL + 2 and text_width(short[:4], SMALL) < right - left - 4:
        label = shorten(short, right - left - 4, SMALL)
        marks.append(Text(left + 2, (top + bottom + SMALL) / 2 - 1, label, SMALL, LIGHT.text))
    return MarkGroup(tuple(marks), key=buffer.name, kind="buffer", note=note)


def live_line(frame: Plot, timeline: Timeline, size: int) -> list[Mark]:
    """What lives at each moment as a line of steps, and where it peaks."""
    points = []
    for moment, live in enumerate(timeline.moments):
        y = frame.up(size * live)
        points += [(frame.across(moment / 2), y), (frame.across(min(frame.high[0], (moment + 1) / 2)), y)]
    top = frame.up(size * timeline.peak)
    x = frame.across(timeline.peak_moment / 2)
    return [
        Curve(tuple(points), LIGHT.skip, 1.2),
        Curve(((frame.x, top), (x, top)), LIGHT.skip, 0.6, dash=(3.0, 2.0)),
    ]


def byte_axis(frame: Plot) -> list[Mark]:
    """Lines across at whole numbers of bytes, each with its number."""
    marks: list[Mark] = []
    for value in ticks(0, frame.high[1], 5):
        y = frame.up(value)
        marks.append(Curve(((frame.x, y), (frame.x + frame.width, y)), GRID, 0.6))
        marks.append(Text(frame.x - 5, y + 3, bytes_text(value), SMALL, LIGHT.muted, anchor="end"))
    return marks


def scatter_chart(
    points: Sequence[tuple[str, float, float]],
    across: str,
    up: str,
    logarithmic: tuple[bool, bool],
    groups: Sequence[str] = (),
) -> Drawing:
    """Nets as points with their names, on axes that may be logarithmic. Raises RenderError where none is.

    With `groups`, one for each point, each has a colour of its own, which a legend tells.
    """
    if not points:
        raise RenderError("there is no net to draw that has both figures")
    width, height = 520.0, 360.0
    axes = [axis_of([point[1:][i] for point in points], logarithmic[i]) for i in range(2)]
    low, high = ((axes[0][0], axes[1][0]), (axes[0][1], axes[1][1]))
    frame = Plot(LEFT, TOP, width - LEFT - 90, height - TOP - BOTTOM, low, high)
    title = f"{up} against {across}"
    marks: list[Mark] = [Text(LEFT, 18, title, LARGE, LIGHT.text, bold=True)]
    marks += grid(frame, logarithmic)
    middle = frame.x + frame.width / 2
    marks.append(Text(middle, height - 10, across, NORMAL, LIGHT.text, anchor="middle"))
    half = frame.y + frame.height / 2
    marks.append(Text(14, half, up, NORMAL, LIGHT.text, anchor="middle", turn=-90.0))
    names = list(dict.fromkeys(groups))
    marks += labelled(frame, points, logarithmic, [colour_of(names.index(one)) for one in groups])
    for number, name in enumerate(names):
        x, y = width - 84, frame.y + LINE * number
        marks.append(Circle(x, y, 3.0, colour_of(number), LIGHT.background))
        marks.append(Text(x + 6, y + 2.5, shorten(name, 76, SMALL), SMALL, LIGHT.text))
    return Drawing(width, height, tuple(marks), LIGHT.background, title)


def grid(frame: Plot, logarithmic: tuple[bool, bool]) -> list[Mark]:
    """Lines at round values of both axes, each with its number."""
    marks: list[Mark] = []
    right, bottom = frame.x + frame.width, frame.y + frame.height
    for value in axis_ticks(frame.low[1], frame.high[1], logarithmic[1]):
        y, text = frame.up(value), tick_text(value, logarithmic[1])
        marks.append(Curve(((frame.x, y), (right, y)), GRID, 0.6))
        marks.append(Text(frame.x - 5, y + 3, text, SMALL, LIGHT.muted, anchor="end"))
    for value in axis_ticks(frame.low[0], frame.high[0], logarithmic[0]):
        x, text = frame.across(value), tick_text(value, logarithmic[0])
        marks.append(Curve(((x, frame.y), (x, bottom)), GRID, 0.6))
        marks.append(Text(x, bottom + 13, text, SMALL, LIGHT.muted, anchor="middle"))
    return marks


def colour_of(number: int) -> str:
    """The colour of a group of nets, or of a curve, by its number."""
    return LIGHT.families[PAINTS[number % len(PAINTS)]].stroke


def labelled(
    frame: Plot,
    points: Sequence[tuple[str, float, float]],
    logarithmic: tuple[bool, bool],
    colours: Sequence[str] = (),
) -> list[Mark]:
    """Dots with their names beside them, moved up or down where they would lie on others."""
    dots, names = [], []
    taken: list[tuple[float, float, float]] = []
    coloured = zip(points, colours or [colour_of(0)] * len(points), strict=True)
    for (name, *values), colour in sorted(coloured, key=lambda pair: pair[0][2]):
        x = frame.across(scaled(values[0], logarithmic[0]))
        y = frame.up(scaled(values[1], logarithmic[1]))
        dots.append(Circle(x, y, 3.0, colour, LIGHT.background))
        if not name:
            continue
        width = text_width(name, SMALL)
        down = free_place(x + 6, y + 2.5, width, taken)
        taken.append((x + 6, down, width))
        names.append(Text(x + 6, down, name, SMALL, LIGHT.text))
    return [*dots, *names]


def free_place(x: float, y: float, width: float, taken: Sequence[tuple[float, float, float]]) -> float:
    """The height nearest to one wanted where a name lies on none before it."""
    for shift in sorted((n * SMALL * s for n in range(12) for s in (1, -1)), key=abs):
        if all(
            abs(y + shift - other_y) >= SMALL or x + width < other_x or other_x + other_width < x
            for other_x, other_y, other_width in taken
        ):
            return y + shift
    return y


def scaled(value: float, logarithmic: bool) -> float:
    """A value as it lies on its axis."""
    return log10(value) if logarithmic else value


def axis_of(values: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    """The ends of an axis that shows values with some room around them."""
    found = [scaled(value, logarithmic) for value in values]
    low, high = min(found), max(found)
    room = 0.08 * (high - low) or 0.5 * abs(high) or 0.5
    return (low - room if logarithmic else max(0.0, low - room) if low >= 0 else low - room), high + room


def axis_ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    """Where an axis bears numbers."""
    if not logarithmic:
        return ticks(low, high, 5)
    found = [
        log10(digit * 10.0**power)
        for power in range(floor(low), ceil(high) + 1)
        for digit in ((1, 2, 5) if high - low < 2 else (1,))
    ]
    found = [value for value in found if low <= value <= high]
    return found if len(found) > 2 else [log10(value) for value in ticks(10**low, 10**high, 4)]


def tick_text(value: float, logarithmic: bool) -> str:
    """The number at a tick, in short."""
    number = 10**value if logarithmic else value
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= unit * 0.9995:
            return f"{number / unit:.3g}{letter}"
    return f"{number:.3g}"


def ticks(low: float, high: float, count: int) -> list[float]:
    """Some `count` round numbers between two: steps of 1, 2 or 5 times a power of ten."""
    span = (high - low) / count
    power = 10.0 ** floor(log10(span)) if span > 0 else 1.0
    step = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= span * 0.999)
    return [n * step for n in range(ceil(low / step), floor(high / step) + 1)]


def nice_steps(count: int) -> list[int]:
    """The numbers of steps that an axis names: the first, and round ones."""
    return sorted({1, *(int(value) for value in ticks(0, count, 10) if value >= 1)})


def bytes_text(count: float) -> str:
    """A number of bytes at an axis."""
    text = tick_text(count, False)
    return f"{text[:-1]} {text[-1]}B" if text[-1].isalpha() else f"{text} B"
