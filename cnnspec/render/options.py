"""What a user may ask of a drawing, and the error for what cannot be drawn."""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.diagnostics import InvalidValue
from cnnspec.render.figures import MEASURES
from cnnspec.render.theme import THEMES

VIEWS = ("blocks", "layers", "volumes")
DIRECTIONS = ("TB", "LR")


class RenderError(InvalidValue):
    """A drawing that cannot be made as asked; the message says why and what can."""


@dataclass(frozen=True)
class DrawingOptions:
    """How to draw a net.

    `depth` is the number of levels of blocks that are opened: 0 shows stem, body and head as boxes, 1 what is
    in them; None opens those and all labels and repeats, and leaves blocks closed. `expand` names parts, by
    their paths, that are opened whatever the depth.
    """

    view: str = "blocks"
    depth: int | None = None
    expand: tuple[str, ...] = ()
    direction: str = "TB"
    color_by: str | None = None
    theme: str = "light"

    def __post_init__(self) -> None:
        need("view", self.view, VIEWS)
        need("direction", self.direction, DIRECTIONS)
        need("theme", self.theme, tuple(THEMES))
        if self.color_by is not None:
            need("color_by", self.color_by, MEASURES)
        if self.depth is not None and self.depth < 0:
            raise RenderError("depth counts levels from 0 up")


def need(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise RenderError unless a value is one of the choices."""
    if value not in choices:
        raise RenderError(f"{name} is one of {', '.join(choices)}, not {value!r}")
