"""Layers that weigh by what they see: attention, eca, and reduce (statistics to weigh by)."""

from __future__ import annotations

from math import prod, sqrt

from cnnspec.layers.base import (
    FLOAT,
    POINTWISE,
    Extent,
    Init,
    Layer,
    LayerError,
    Saved,
    Shape,
    Weight,
    Window,
    argument,
    default_init,
    describe,
    layer,
    near_divisors,
    need_map,
    per_axis,
)
from cnnspec.layers.kinds import COUNT, EXTENT, FLAG, MARGIN, optional, words


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

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if self.over == "channels" or prod(shapes[0][1:]) == 1 else None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Input and output, but nothing for a mean."""
        return Saved() if self.statistic == "mean" else Saved(inputs=(0,), output=True)


@layer("eca", family="attention")
class EfficientChannelAttention(Layer):
    """x * sigmoid(z): z is the mean of each channel, convolved along the channels with one learned kernel.

    The kernel has no bias, and half of it lies before a channel. Wang et al. 2020, "ECA-Net".
    """

    keeps_layout = True

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

    def sees(self, *shapes: Shape) -> None:
        return None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, the mean of each channel, and the gates."""
        return Saved(inputs=(0,), per_sample=2 * FLOAT * shapes[0][0])


@layer("attention", family="attention")
class Attention(Layer):
    """Multi-head self-attention between the places of a sequence or a map: softmax(q k^T / sqrt(d) + b) v.

    q, k and v are linear in the channels at a place (`qkv`), d = channels / heads of them a head; `proj` is a
    linear layer after it. With `window` only places of one window see each other. Windows that are shifted
    wrap around the edge, and places from both sides of it do not see each other (Liu et al. 2021, "Swin
    transformer"); a window as large as an axis is not shifted along it. `grid` takes places at even distances
    instead, so many on each axis (Tu et al. 2022, "MaxViT"). bias=relative adds a learned b that depends on
    the distance on each axis. With `out` q, k, v and the output have so many channels (Dai et al. 2021,
    "CoAtNet", where a stage widens). Vaswani et al. 2017, "Attention is all you need"; Dosovitskiy et al.
    2020, "An image is worth 16x16 words".
    """

    heads: int = argument(COUNT, "parts of the channels, each with an attention of its own")
    qkv_bias: bool = argument(FLAG, "adds a learned value to each of q, k and v", default=True)
    window: Extent | None = argument(
        optional(EXTENT), "places of a window on each axis; none is the whole", default=None
    )
    shift: Extent = argument(MARGIN, "by how many places the windows are moved", default=0)
    grid: Extent | None = argument(
        optional(EXTENT), "places of a grid on each axis, in the place of a window", default=None
    )
    bias: str = argument(
        words("none", "relative"), "relative adds a learned value for each distance", default="none"
    )
    out: int | None = argument(
        optional(COUNT), "output channels, and those of q, k and v; none is the input's", default=None
    )

    def infer(self, *shapes: Shape) -> Shape:
        _, sizes = need_map("attention", shapes[0])
        out = self.width(shapes[0])
        if out % self.heads:
            raise LayerError(
                "groups-divide",
                f"`attention` has {self.heads} heads, which do not divide its {out} channels",
                label=f"{out} channels, heads={self.heads}",
                help=f"heads that divide {out}: {near_divisors(out, self.heads)}",
            )
        if self.window is not None and self.grid is not None:
            raise LayerError(
                "argument-range",
                "`attention` takes a window or a grid, not both",
                help="window=7 is for neighbours, grid=7 for places at even distances",
            )
        for size, places in zip(sizes, self.places(shapes[0]), strict=True):
            if size % places:
                raise LayerError(
                    "attention-window",
                    f"`attention` in windows of {places} does not divide the {size} places of an axis",
                    label=f"map {describe(shapes[0])}",
                    help=f"sizes that divide {size}: {near_divisors(size, places)}; or resize the map before",
                )
        for places, moved in zip(self.places(shapes[0]), self.shifts(shapes[0]), strict=True):
            if moved >= places:
                raise LayerError(
                    "attention-window",
                    f"`attention` moves windows of {places} places by {moved}",
                    help=f"use a shift of {places // 2}, half a window",
                )
        return out, *sizes

    def width(self, shape: Shape) -> int:
        """The channels of the output, and of each of q, k and v."""
        return shape[0] if self.out is None else self.out

    def places(self, shape: Shape) -> tuple[int, ...]:
        """The places of a window on each axis, at most those that there are."""
        asked = self.window if self.grid is None else self.grid
        if asked is None:
            return shape[1:]
        name = "window" if self.grid is None else "grid"
        return tuple(map(min, per_axis(asked, len(shape) - 1, name), shape[1:]))

    def shifts(self, shape: Shape) -> tuple[int, ...]:
        """By how much windows are moved on each axis: not along one that they fill."""
        axes = zip(shape[1:], self.places(shape), per_axis(self.shift, len(shape) - 1, "shift"), strict=True)
        return tuple(0 if size == places or self.grid else moved for size, places, moved in axes)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        channels, out = shapes[0][0], self.width(shapes[0])
        init, init_proj = default_init(channels), default_init(out)
        rows = prod(2 * places - 1 for places in self.places(shapes[0]))
        table = Weight("relative_position_bias_table", (rows, self.heads), Init("uniform", 0.02 * sqrt(3)))
        bias = (Weight("qkv.bias", (3 * out,), init, channels, 3 * out),) if self.qkv_bias else ()
        return (
            *((table,) if self.bias == "relative" else ()),
            Weight("qkv.weight", (3 * out, channels), init, channels, 3 * out),
            *bias,
            Weight("proj.weight", (out, out), init_proj, out, out),
            Weight("proj.bias", (out,), init_proj, out, out),
        )

    def macs(self, *shapes: Shape) -> int:
        """Those of qkv and proj, and of the two products: of q and k, and of the weights and v."""
        out, places = self.width(shapes[0]), prod(shapes[0][1:])
        return places * out * (3 * shapes[0][0] + out + 2 * prod(self.places(shapes[0])))

    def activations(self, *shapes: Shape) -> int:
        """Outputs of qkv, of proj and of the two products."""
        places = prod(shapes[0][1:])
        return places * (5 * self.width(shapes[0]) + self.heads * prod(self.places(shapes[0])))

    def additions(self, *shapes: Shape) -> int:
        return self.width(shapes[0]) * prod(shapes[0][1:]) * (4 if self.qkv_bias else 1)

    def operations(self, *shapes: Shape) -> int:
        """The biases, and one for each score."""
        scores = self.heads * prod(shapes[0][1:]) * prod(self.places(shapes[0]))
        return self.additions(*shapes) + scores

    def sees(self, *shapes: Shape) -> None:
        return None

    def window_count(self, shape: Shape) -> int:
        """How many windows there are."""
        return prod(shape[1:]) // prod(self.places(shape))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input by places, q, k and v, and what proj reads; the logarithm of each sum, or all weights.

        Windows are copied out of the map first, and torch keeps the weights of attention that has a bias.
        """
        values, places = self.width(shapes[0]) * prod(shapes[0][1:]), prod(self.places(shapes[0]))
        if self.is_plain(shapes[0]):
            own = 4 * values + self.heads * prod(shapes[0][1:])
            return Saved(inputs=(0,), per_sample=FLOAT * own, by_place=True, channels_last=True)
        own = 4 * values + self.heads * prod(shapes[0][1:]) * places
        if self.window_count(shapes[0]) == 1:
            return Saved(inputs=(0,), per_sample=FLOAT * own, by_place=True, channels_last=True)
        return Saved(per_sample=FLOAT * (own + prod(shapes[0])), channels_last=True)

    def is_plain(self, shape: Shape) -> bool:
        """Whether all places see each other, without a bias."""
        return self.bias == "none" and self.window_count(shape) == 1
