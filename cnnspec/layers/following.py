"""Layers whose size is that of another value: what `crop(x.size)` and `resize(x.size)` are to backends.

No spec names them. `passes/following.py` puts them in the place of layers whose size it sees to follow a
value, which becomes their second input.
"""

from __future__ import annotations

from typing import ClassVar

from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.shape import Crop, Resize
from cnnspec.layers.shapes import Extent
from cnnspec.records import dataclass


@dataclass(frozen=True)
class ResizeLike(Layer):
    """The first value at the size of the second, by interpolation."""

    op: ClassVar[str] = "resize"
    family: ClassVar[str] = "shape"
    moves = True
    upsamples = True
    mode: str

    def settled(self, like: Shape) -> Resize:
        """The layer for a second value of this shape."""
        return Resize(like[1:], self.mode)

    def infer(self, *shapes: Shape) -> Shape:
        return self.settled(shapes[1]).infer(shapes[0])


@dataclass(frozen=True)
class CropLike(Layer):
    """The part of the first value that has the size of the second."""

    op: ClassVar[str] = "crop"
    family: ClassVar[str] = "shape"
    moves = True
    at: Extent | None

    def settled(self, like: Shape) -> Crop:
        """The layer for a second value of this shape."""
        return Crop(like[1:], self.at)

    def infer(self, *shapes: Shape) -> Shape:
        return self.settled(shapes[1]).infer(shapes[0])


FOLLOWING = (ResizeLike, CropLike)
"""The layers whose second input gives a size alone."""


def following(layer: Layer) -> Layer | None:
    """The layer with the size of a second input in the place of its own; None where there is no such form."""
    if isinstance(layer, Resize):
        return ResizeLike(layer.mode)
    return CropLike(layer.at) if isinstance(layer, Crop) else None
