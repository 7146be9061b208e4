"""Feature maps as solids: how large each is drawn, and its faces.

A map is a box seen at an angle, as in the figures of LeCun et al. 1998 and Krizhevsky et al. 2012: its height
and depth are its spatial sizes, its width its channels. A vector is a bar as tall as it is long.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.layers.base import Extent, Shape
from cnnspec.render.canvas import Curve, Mark, Point, Polygon

TALLEST, WIDEST, BAR = 150.0, 46.0, 7.0
BARS = 0.7
"""How tall the longest vector is, as a share of the largest map."""
LEAST, LEAST_WIDTH = 8.0, 3.0
SLANT_X, SLANT_Y = 0.30, 0.22
"""How far a pixel of depth goes to the right and up, in pixels of height."""


@dataclass(frozen=True)
class SolidScale:
    """Points for a pixel, a channel and an element of a vector."""

    pixel: float
    channel: float
    element: float


@dataclass(frozen=True)
class Solid:
    """The size of a drawn map, in points; `slant_x` and `slant_y` are what its depth adds right and above."""

    width: float
    height: float
    slant_x: float = 0.0
    slant_y: float = 0.0

    @property
    def full_width(self) -> float:
        return self.width + self.slant_x

    @property
    def full_height(self) -> float:
        return self.height + self.slant_y


def make_scale(shapes: list[Shape], tall: float = TALLEST) -> SolidScale:
    """The scale in which the largest map is as tall as that, and the longest vector less."""
    pixels = max((max(shape[1:]) for shape in shapes if len(shape) > 1), default=1)
    channels = max((shape[0] for shape in shapes if len(shape) > 1), default=1)
    elements = max((shape[0] for shape in shapes if len(shape) == 1 or max(shape[1:]) == 1), default=1)
    return SolidScale(tall / pixels, WIDEST * (tall / TALLEST) ** 0.5 / channels, BARS * tall / elements)


def make_solid(shape: Shape, scale: SolidScale) -> Solid:
    """The solid of a shape: height and depth are its last two sizes; of a vector or a single pixel, a bar."""
    if len(shape) == 1 or max(shape[1:]) == 1:
        return Solid(BAR, max(LEAST, shape[0] * scale.element), 2.5, 2.0)
    sizes = shape[1:]
    height = max(LEAST, sizes[-2 if len(sizes) > 1 else -1] * scale.pixel)
    depth = max(LEAST, sizes[-1] * scale.pixel) if len(sizes) > 1 else LEAST
    return Solid(max(LEAST_WIDTH, shape[0] * scale.channel), height, depth * SLANT_X, depth * SLANT_Y)


def faces(solid: Solid, x: float, y: float, fill: str, stroke: str) -> list[Mark]:
    """The three faces that are seen; (x, y) is the lower left corner of the front."""
    right, top = x + solid.width, y - solid.height
    dx, dy = solid.slant_x, -solid.slant_y
    front = ((x, y), (right, y), (right, top), (x, top))
    lid = ((x, top), (right, top), (right + dx, top + dy), (x + dx, top + dy))
    side = ((right, y), (right + dx, y + dy), (right + dx, top + dy), (right, top))
    return [
        Polygon(front, fill, stroke, 0.8),
        Polygon(lid, shade(fill, 1.06), stroke, 0.8),
        Polygon(side, shade(fill, 0.88), stroke, 0.8),
    ]


def patch(
    solid: Solid, x: float, y: float, kernel: Extent, shape: Shape, target: Point, stroke: str
) -> list[Mark]:
    """The window of a kernel on the side of a map, and lines from it to a point of the next map."""
    sizes = shape[1:]
    extent = kernel if isinstance(kernel, tuple) else (kernel,) * len(sizes)
    if len(sizes) != 2 or max(extent) < 2 or solid.height < 24:
        return []
    tall = min(1.0, max(extent[0] / sizes[0], 0.07))
    deep = min(1.0, max(extent[1] / sizes[1], 0.07))
    centre = (x + solid.width + solid.slant_x / 2, y - solid.height / 2 - solid.slant_y / 2)
    half_x, half_y = solid.slant_x * deep / 2, solid.slant_y * deep / 2
    up = solid.height * tall / 2
    corners = (
        (centre[0] - half_x, centre[1] + up + half_y),
        (centre[0] + half_x, centre[1] + up - half_y),
        (centre[0] + half_x, centre[1] - up - half_y),
        (centre[0] - half_x, centre[1] - up + half_y),
    )
    lines = [Curve((corner, target), stroke, 0.6, dash=(2.5, 1.5)) for corner in (corners[1], corners[2])]
    return [*lines, Polygon(corners, "#ffffff", stroke, 0.7, 0.55)]


def shade(color: str, factor: float) -> str:
    """A colour made lighter (above 1) or darker (below 1)."""
    parts = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{min(255, round(part * factor)):02x}" for part in parts)
