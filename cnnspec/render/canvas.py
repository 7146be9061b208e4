"""What a drawing is made of: a handful of marks, in points, with y downwards.

The same marks become SVG (`svg.py`), PDF (`pdf.py`) and, by way of SVG, PNG.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle from its top left corner; `radius` rounds its corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    line: float = 1.0
    radius: float = 0.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Circle:
    """A circle around a point."""

    x: float
    y: float
    radius: float
    fill: str | None = None
    stroke: str | None = None
    line: float = 1.0


@dataclass(frozen=True)
class Curve:
    """A line through points: straight, or cubic Bezier segments (1 + 3n points)."""

    points: tuple[Point, ...]
    stroke: str
    line: float = 1.0
    bezier: bool = False
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Polygon:
    """A filled polygon; `opacity` is that of its fill."""

    points: tuple[Point, ...]
    fill: str
    stroke: str | None = None
    line: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Text:
    """A line of text on its baseline; `x` is its start, middle or end. `turn` is its angle in degrees."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    turn: float = 0.0


@dataclass(frozen=True)
class MarkGroup:
    """Marks that are moved together; `key` names what they show, `note` is its tooltip."""

    marks: tuple[Mark, ...]
    x: float = 0.0
    y: float = 0.0
    key: str = ""
    kind: str = ""
    note: str = ""


Mark = Rect | Circle | Curve | Polygon | Text | MarkGroup


@dataclass(frozen=True)
class Drawing:
    """A whole picture: its size in points, its marks from back to front, what it shows in words.

    `notes` is what its reader should be told. `scale` is how large it is shown: a point of the drawing in
    points of the page. `shift` moves all marks to the right.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    background: str
    title: str
    description: str = ""
    notes: tuple[str, ...] = ()
    scale: float = 1.0
    shift: float = 0.0
