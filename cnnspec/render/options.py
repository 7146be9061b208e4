"""What a user may ask of a drawing, and the error for what cannot be drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from cnnspec.diagnostics import InvalidValue
from cnnspec.render.figures import MEASURES
from cnnspec.render.theme import THEMES

VIEWS = ("blocks", "layers", "volumes")
DIRECTIONS = ("TB", "LR")
UNITS = {"pt": 1.0, "in": 72.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "": 1.0}
LARGEST_LENGTH = 14_400.0


class RenderError(InvalidValue):
    """A drawing that cannot be made as asked; the message says why and what can."""


class Choices(TypedDict, total=False):
    """The keyword arguments of `render` and its kin; their meaning is that of the fields of DrawingOptions.

    `width` and `font_size` are points, or words with a unit: 252pt, 84mm, 3.5in.
    """

    view: str
    depth: int | None
    expand: Iterable[str]
    block: str | None
    direction: str
    color_by: str | None
    theme: str
    width: float | str | None
    font_size: float | str | None
    rows: int | None
    title: bool
    legend: bool
    embed_font: bool


@dataclass(frozen=True)
class DrawingOptions:
    """How to draw a net.

    `view` is blocks, layers or volumes. `depth` is the number of levels of blocks that are opened: 0 shows
    stem, body and head as boxes, 1 what is in them; None opens those and all labels and repeats, and leaves
    blocks closed. `expand` names parts that are opened whatever the depth, by their paths or as `summary`
    prints them; `block` the one part that is drawn, alone and opened. `direction` is TB or LR (volumes always
    run to the right), `color_by` params, macs, memory or receptive_field, `theme` light, dark or print.
    `width` is that of the picture and `font_size` that of its smallest text, in points; `rows` is in how many
    rows, or columns, a long chain is wrapped; `title` and `legend` may be left out. `embed_font` puts the
    letters that are used into an SVG, about 10 kB; without it a reader's Helvetica or Arial shows them.
    """

    view: str = "blocks"
    depth: int | None = None
    expand: tuple[str, ...] = ()
    direction: str = "TB"
    color_by: str | None = None
    theme: str = "light"
    width: float | None = None
    font_size: float | None = None
    rows: int | None = None
    title: bool = True
    legend: bool = True
    embed_font: bool = False
    block: str | None = None

    def __post_init__(self) -> None:
        need("view", self.view, VIEWS)
        need("direction", self.direction, DIRECTIONS)
        need("theme", self.theme, tuple(THEMES))
        if self.color_by is not None:
            need("color_by", self.color_by, MEASURES)
        if self.depth is not None and self.depth < 0:
            raise RenderError("depth counts levels from 0 up")
        if self.rows is not None and self.rows < 1:
            raise RenderError("rows counts from 1 up")


@dataclass(frozen=True)
class Standing:
    """What a page shows of the net of this name: which blocks are open and which closed, by their paths."""

    title: str
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()


def read_options(choices: Choices) -> DrawingOptions:
    """The options that keyword arguments mean. Raises RenderError for one that is wrong."""
    given = dict(choices)
    given["expand"] = tuple(choices.get("expand", ()))
    for name in ("width", "font_size"):
        given[name] = length(name, given.get(name))
    return DrawingOptions(**given)  # type: ignore[arg-type]


def length(name: str, value: object) -> float | None:
    """A length in points: a number, or one with a unit. Raises RenderError."""
    if value is None:
        return None
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(pt|in|mm|cm|)\s*", str(value))
    points = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 1 <= points <= LARGEST_LENGTH:
        most = f"from 1pt to {LARGEST_LENGTH:.0f}pt"
        raise RenderError(f"{name} is a length such as 252pt, 84mm or 3.5in, {most}, not {value}")
    return points


def need(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise RenderError unless a value is one of the choices."""
    if value not in choices:
        raise RenderError(f"{name} is one of {', '.join(choices)}, not {value!r}")
