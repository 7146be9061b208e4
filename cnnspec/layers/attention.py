"""Layers that weigh by what they see: reduce (statistics to weigh by) and eca."""

from __future__ import annotations

from math import prod

from cnnspec.layers.base import (
    FLOAT,
    POINTWISE,
    Layer,
    LayerError,
    Saved,
    Shape,
    Weight,
    Window,
    argument,
    default_init,
    layer,
    need_map,
)
from cnnspec.layers.kinds import COUNT, words


@layer("reduce", family="attention")
class Reduce(Layer):
    """One statistic of the values along some axes, which stay as axes of size 1.

    `mean`, `max`, `std` (the square root of the mean squared distance from the mean) and `norm2` (the square
    root of the sum of squares). Over channels it gives a map of one channel (Woo et al. 2018, "CBAM"), over
    positions one value a channel (Lee et al. 2019, "SRM"), over all one value.
    """

    statistic: str = argument(words("mean", "max", "std", "norm2"), "what is taken")
    over: str = argument(
        words("channels", "positions", "all"),
        "channels is the channels at each place, positions the places of each channel, all is both",
    )

    def infer(self, *shapes: Shape) -> Shape:
        shape = shapes[0]
        if self.over == "positions":
            need_map("reduce", shape)
        axes = self.axes(shape)
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))

    def axes(self, shape: Shape) -> tuple[int, ...]:
        """The axes that become 1; the channels are axis 0."""
        ends = {"channels": (0, 1), "positions": (1, len(shape)), "all": (0, len(shape))}
        return tuple(range(*ends[self.over]))

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def window(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if self.over == "channels" or prod(shapes[0][1:]) == 1 else None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Input and output, but nothing for a mean."""
        return Saved() if self.statistic == "mean" else Saved(inputs=(0,), output=True)


@layer("eca", family="attention")
class EfficientChannelAttention(Layer):
    """x * sigmoid(z): z is the mean of each channel, convolved along the channels with one learned kernel.

    The kernel has no bias, and half of it lies before a channel. Wang et al. 2020, "ECA-Net".
    """

    kernel: int = argument(COUNT, "channels that each gate sees; odd", default=3)

    def infer(self, *shapes: Shape) -> Shape:
        need_map("eca", shapes[0])
        if self.kernel % 2 == 0:
            raise LayerError(
                "argument-range",
                f"the kernel of `eca` has no middle: {self.kernel} is even",
                help=f"use {self.kernel - 1} or {self.kernel + 1}",
            )
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        init = default_init(self.kernel)
        return (Weight("weight", (1, 1, self.kernel), init, self.kernel, self.kernel),)

    def macs(self, *shapes: Shape) -> int:
        return shapes[0][0] * self.kernel

    def operations(self, *shapes: Shape) -> int:
        return 2 * prod(shapes[0]) + shapes[0][0]

    def window(self, *shapes: Shape) -> None:
        return None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, the mean of each channel, and the gates."""
        return Saved(inputs=(0,), per_sample=2 * FLOAT * shapes[0][0])
