"""Maps as sequences, for attention, and back, and axes in any order: tokens, untokens, permute."""

from __future__ import annotations

from math import prod

from cnnspec.layers.base import (
    POINTWISE,
    Extent,
    Layer,
    LayerError,
    Saved,
    Shape,
    Window,
    argument,
    describe,
    layer,
    need_map,
    viewed,
)
from cnnspec.layers.kinds import AXES, EXTENT
from cnnspec.layers.shape import Reshape


@layer("tokens", family="sequence")
class Tokens(Layer):
    """A map as a sequence: the pixels of CxHxW, row after row, are the positions of CxL.

    Dosovitskiy et al. 2020, "An image is worth 16x16 words". untokens is the way back.
    """

    moves = True

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("tokens", shapes[0])
        return channels, prod(sizes)

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if len(shapes[0]) == 2 else None

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return (Reshape((shapes[0][0], -1)),)

    saved = viewed


@layer("untokens", family="sequence")
class Untokens(Layer):
    """A sequence as a map of this size, row after row: CxL becomes CxHxW. The way back from tokens."""

    moves = True

    size: Extent = argument(EXTENT, "size of the map, such as 14x14")

    def infer(self, *shapes: Shape) -> Shape:
        sizes = (self.size,) if isinstance(self.size, int) else tuple(self.size)
        if len(shapes[0]) != 2:
            raise LayerError(
                "shape-rank",
                f"`untokens` needs a sequence such as 64x49, here it gets {describe(shapes[0])}",
                help="put it where attention is over, behind tokens",
            )
        if prod(sizes) != shapes[0][1]:
            raise LayerError(
                "reshape-size",
                f"`untokens` to {describe(sizes)} needs {prod(sizes)} positions, here are {shapes[0][1]}",
                label=f"sequence {describe(shapes[0])}",
                help=f"use sizes whose product is {shapes[0][1]}; a class token goes first, by crop",
            )
        return shapes[0][0], *sizes

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if self.infer(*shapes) == shapes[0] else None

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return (Reshape(self.infer(*shapes)),)

    saved = viewed


@layer("permute", family="sequence")
class Permute(Layer):
    """The axes of a value in another order: axis i of the result is axis order[i]. The channels are axis 0.

    permute([1, 0]) transposes a sequence; patches and windows are reshape, permute and reshape.
    """

    moves = True

    order: Shape = argument(AXES, "all axes in their new order, such as [1, 2, 0]; the channels are axis 0")

    def infer(self, *shapes: Shape) -> Shape:
        if len(self.order) != len(shapes[0]):
            raise LayerError(
                "argument-rank",
                f"`permute` orders {len(self.order)} axes, {describe(shapes[0])} has {len(shapes[0])}",
                label=f"axes {', '.join(map(str, range(len(shapes[0]))))}",
                help=f"name them all: permute({list(reversed(range(len(shapes[0]))))}) reverses them",
            )
        return tuple([shapes[0][axis] for axis in self.order])

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return None if self.moved else POINTWISE

    @property
    def moved(self) -> bool:
        """Whether an axis changes its place."""
        return self.order != tuple(range(len(self.order)))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing: a copy in the new order, or a view where the values lie in it."""
        return Saved(view=True, order=self.order if self.moved else ())
