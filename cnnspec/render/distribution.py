"""Empirical distributions as steps: which share of some nets has at most an error (Radosavovic et al. 2019,
"On network design spaces for visual recognition", section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from cnnspec.render.canvas import Curve, Drawing, Mark, Text
from cnnspec.render.charts import (
    BOTTOM,
    LARGE,
    LEFT,
    LINE,
    NORMAL,
    RIGHT,
    SMALL,
    TOP,
    Plot,
    axis_of,
    colour_of,
    grid,
)
from cnnspec.render.options import RenderError
from cnnspec.render.text import text_width
from cnnspec.render.theme import LIGHT

WIDTH, HEIGHT = 520.0, 360.0


def edf_chart(samples: Sequence[tuple[str, Sequence[float]]], across: str) -> Drawing:
    """A curve for each sample of values, by its name: the share of them that is at most so large.

    Values that are no number, or infinite, are beyond the right edge. Raises RenderError where none is left.
    """
    finite = [value for _, values in samples for value in values if isfinite(value)]
    if not finite:
        raise RenderError("there is no trial to draw that has come to a value")
    low, high = axis_of(finite, False)
    frame = Plot(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, (low, 0.0), (high, 1.0))
    title = f"empirical distribution of the {across}"
    middle, half = frame.x + frame.width / 2, frame.y + frame.height / 2
    share = f"share of nets with at most this {across}"
    marks: list[Mark] = [
        Text(LEFT, 18, title, LARGE, LIGHT.text, bold=True),
        *grid(frame, (False, False)),
        Text(middle, HEIGHT - 10, across, NORMAL, LIGHT.text, anchor="middle"),
        Text(14, half, share, NORMAL, LIGHT.text, anchor="middle", turn=-90.0),
    ]
    shown = [(name, values) for name, values in samples if values]
    for number, (name, values) in enumerate(shown):
        colour = colour_of(number)
        marks.append(Curve(steps(values, frame), colour, 1.6))
        marks += _entry(f"{name} ({len(values)} nets)", frame, len(shown) - number, colour)
    return Drawing(WIDTH, HEIGHT, tuple(marks), LIGHT.background, title)


def steps(values: Sequence[float], frame: Plot) -> tuple[tuple[float, float], ...]:
    """The curve of a sample: up by a share at each value, in order, and on to the right edge."""
    points = [(frame.x, frame.up(0.0))]
    for index, value in enumerate(sorted(value for value in values if isfinite(value))):
        x = frame.across(value)
        points += [(x, frame.up(index / len(values))), (x, frame.up((index + 1) / len(values)))]
    return (*points, (frame.x + frame.width, points[-1][1]))


def _entry(text: str, frame: Plot, row: int, colour: str) -> tuple[Mark, ...]:
    """A line of the legend, at the lower right, where curves are high already; row 1 is the lowest."""
    right, y = frame.x + frame.width - 8, frame.y + frame.height - LINE * row + 4
    left = right - text_width(text, SMALL) - 4
    line = Curve(((left - 18, y - 2.5), (left - 4, y - 2.5)), colour, 1.6)
    return line, Text(right, y, text, SMALL, LIGHT.text, anchor="end")
