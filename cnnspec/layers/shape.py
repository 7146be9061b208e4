"""Layers that move values: pad, crop, slice, shuffles, upsample, resize, reshape and the like."""

from __future__ import annotations

from math import prod

from cnnspec.layers.base import (
    ANY_BATCH,
    INDEX,
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
    near_divisors,
    need_divisor,
    need_map,
    per_axis,
    viewed,
)
from cnnspec.layers.kinds import COUNT, EXTENT, MARGIN, NATURAL, NUMBER, OPEN_EXTENT, SIDES, optional, words
from cnnspec.layers.window import Margins, Slide, check_margins, ratio, sides, slide_over
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

MODE = words("nearest", "bilinear")
MODE_DOC = (
    "nearest repeats pixels, bilinear interpolates between pixel centres (linear, trilinear in 1-d, 3-d)"
)


@layer("pad", family="shape")
class Pad(Layer):
    """Adds a margin on both sides of each axis, or before and after it. Output size: H + 2 * amount."""

    moves = True
    keeps_layout = True

    amount: Extent | Margins = argument(
        SIDES, "margin on both sides, in pixels, or before and after each axis, as in [[0, 1], [0, 1]]"
    )
    mode: str = argument(
        words("zeros", "reflect", "replicate", "circular"), "what the margin holds", default="zeros"
    )
    value: float = argument(NUMBER, "what the margin holds with mode=zeros", default=0.0)

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("pad", shapes[0])
        margins = self.margins(shapes[0])
        check_margins("pad", sizes, margins, self.mode)
        return channels, *(h + sum(margin) for h, margin in zip(sizes, margins, strict=True))

    def margins(self, shape: Shape) -> Margins:
        """The pixels added before and after each axis."""
        return sides(self.amount, len(shape) - 1, "amount")

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return tuple(Window(1, -before, -before) for before, _ in self.margins(shapes[0]))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, where the margin repeats or reflects it."""
        moved = len(shapes[0]) == 2 and self.infer(*shapes) != shapes[0]
        first = ANY_BATCH if self.mode == "circular" or moved else 0
        return Saved(inputs=(0,) if self.mode in ("reflect", "replicate") else (), first_below=first)


@layer("crop", family="shape")
class Crop(Layer):
    """A part of a map: its centre, from pixel floor((H - size)/2) on, or the pixels from `at` on.

    Ronneberger et al. 2015, "U-Net".
    """

    moves = True

    size: Extent = argument(EXTENT, "output size, in pixels")
    at: Extent | None = argument(
        optional(MARGIN), "first pixel kept on each axis, counted from 0; none is the centre", default=None
    )

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("crop", shapes[0])
        kept = per_axis(self.size, len(sizes), "size")
        if any(m > h for h, m in zip(sizes, kept, strict=True)):
            raise LayerError(
                "argument-range",
                f"`crop` to {describe(kept)} is larger than the map {describe(shapes[0])}",
                label=f"map {describe(shapes[0])}",
                help=f"use at most {describe(sizes)}, or pad before it",
            )
        for h, m, start in zip(sizes, kept, self.starts(sizes, kept), strict=True):
            if start + m > h:
                raise LayerError(
                    "argument-range",
                    f"`crop` takes {m} pixels from {start} on, the axis has {h}",
                    label=f"map {describe(shapes[0])}",
                    help=f"use at most at={h - m}",
                )
        return channels, *kept

    def offsets(self, shape: Shape) -> tuple[int, ...]:
        """The first pixel kept, on each axis."""
        return self.starts(shape[1:], self.infer(shape)[1:])

    def starts(self, sizes: Shape, kept: Shape) -> tuple[int, ...]:
        if self.at is not None:
            return per_axis(self.at, len(sizes), "at")
        return tuple((h - m) // 2 for h, m in zip(sizes, kept, strict=True))

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return tuple(Window(1, offset, offset) for offset in self.offsets(shapes[0]))

    saved = viewed


@layer("slice", family="shape")
class Slice(Layer):
    """The channels from `start` up to, but not including, `stop`, counted from 0."""

    moves = True

    start: int = argument(NATURAL, "first channel kept")
    stop: int = argument(NATURAL, "first channel after those kept")

    def infer(self, *shapes: Shape) -> Shape:
        channels = shapes[0][0]
        if not 0 <= self.start < self.stop <= channels:
            raise LayerError(
                "argument-range",
                f"`slice` takes channels {self.start} up to {self.stop}, the value has {channels}",
                label=f"channels 0 up to {channels}",
                help=f"use 0 <= start < stop <= {channels}",
            )
        return self.stop - self.start, *shapes[0][1:]

    saved = viewed


@layer("channel_shuffle", family="shape")
class ChannelShuffle(Layer):
    """Channels as a matrix of `groups` rows, transposed: the next grouped conv mixes groups.

    Channel i goes to (i mod n) * groups + i // n, with n = channels / groups. Zhang et al. 2017,
    "ShuffleNet".
    """

    moves = True

    groups: int = argument(COUNT, "groups of channels to mix")

    def infer(self, *shapes: Shape) -> Shape:
        channels, _ = need_map("channel_shuffle", shapes[0])
        need_divisor("channel_shuffle", channels, self.groups)
        return shapes[0]


@layer("pixel_shuffle", family="shape")
class PixelShuffle(Layer):
    """Channels to space: C*r*r x H x W becomes C x H*r x W*r (r**rank channels in other ranks).

    Shi et al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network".
    """

    moves = True
    upsamples = True

    factor: int = argument(COUNT, "growth of each axis")

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("pixel_shuffle", shapes[0])
        share = self.factor ** len(sizes)
        if channels % share:
            raise LayerError(
                "channels-divide",
                f"`pixel_shuffle({self.factor})` needs a multiple of {share} channels, here are {channels}",
                label=f"map {describe(shapes[0])}",
                help=f"put conv({-(-channels // share) * share}, 1) before it",
            )
        return channels // share, *(h * self.factor for h in sizes)

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return (nearest_window(ratio(1, self.factor)),) * (len(shapes[0]) - 1)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing; torch copies maps, and of signals and volumes what strides cannot say."""
        channels, *sizes = self.infer(*shapes)
        axes = range(len(sizes))
        if len(axes) == 2:
            return Saved()
        split = (channels, *[self.factor] * len(axes), *shapes[0][1:])
        order = (0, *[i for axis in axes for i in (1 + len(axes) + axis, 1 + axis)])
        return Saved(view=True, order=order, split=split)


@layer("pixel_unshuffle", family="shape")
class PixelUnshuffle(Layer):
    """Space to channels: C x H*r x W*r becomes C*r*r x H x W, the inverse of pixel_shuffle.

    Ridnik et al. 2020, "TResNet"; the patch merging of Liu et al. 2021, "Swin transformer".
    """

    moves = True

    factor: int = argument(COUNT, "pixels of a block on each axis")

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("pixel_unshuffle", shapes[0])
        for size in sizes:
            if size % self.factor:
                raise LayerError(
                    "channels-divide",
                    f"`pixel_unshuffle({self.factor})` needs sizes that it divides, here is {size}",
                    label=f"map {describe(shapes[0])}",
                    help=f"put pad or resize before it; {size} has {near_divisors(size, self.factor)}",
                )
        return channels * self.factor ** len(sizes), *(size // self.factor for size in sizes)

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return (Window(self.factor, 0, self.factor - 1),) * (len(shapes[0]) - 1)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing; torch copies maps, and of signals and volumes what strides cannot say."""
        axes = range(len(shapes[0]) - 1)
        if len(axes) == 2:
            return Saved()
        split = (shapes[0][0], *[i for size in shapes[0][1:] for i in (size // self.factor, self.factor)])
        order = (0, *[2 + 2 * axis for axis in axes], *[1 + 2 * axis for axis in axes])
        return Saved(view=True, order=order, split=split)


@layer("upsample", family="shape")
class Upsample(Layer):
    """A map `scale` times as large on each axis, by interpolation (corners not aligned).

    nearest: output i is input floor(i / scale); bilinear: it lies at (i + 0.5) / scale - 0.5 between two.
    """

    moves = True
    upsamples = True

    scale: Extent = argument(EXTENT, "growth of each axis")
    mode: str = argument(MODE, MODE_DOC, default="nearest")

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("upsample", shapes[0])
        return channels, *(
            h * n for h, n in zip(sizes, per_axis(self.scale, len(sizes), "scale"), strict=True)
        )

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return resize_windows(shapes[0], self.infer(*shapes), self.mode)


@layer("resize", family="shape")
class Resize(Layer):
    """A map of this size, by interpolation (corners not aligned, no smoothing when it shrinks).

    nearest: output i of m is input floor(i*H/m); bilinear: it lies at (i + 0.5)*H/m - 0.5 between two inputs.
    """

    moves = True
    upsamples = True

    size: Extent = argument(EXTENT, "output size, in pixels")
    mode: str = argument(MODE, MODE_DOC, default="nearest")

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("resize", shapes[0])
        return channels, *per_axis(self.size, len(sizes), "size")

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return resize_windows(shapes[0], self.infer(*shapes), self.mode)


@layer("reshape", family="shape")
class Reshape(Layer):
    """The same values in order, in another shape per sample; an integer makes a vector.

    One size of a list may be -1: it is what the others leave.
    """

    moves = True

    shape: Extent = argument(OPEN_EXTENT, "the new shape, channels first, such as 8x4x4 or [8, -1]")

    def infer(self, *shapes: Shape) -> Shape:
        target = (self.shape,) if isinstance(self.shape, int) else self.shape
        have, others = prod(shapes[0]), prod(size for size in target if size != -1)
        if -1 in target and have % others:
            raise LayerError(
                "reshape-size",
                f"`reshape` leaves one size open beside {others} values, which do not divide {have}",
                label=f"{describe(shapes[0])} has {have} values",
                help=f"use sizes whose product divides {have}",
            )
        target = tuple([have // others if size == -1 else size for size in target])
        want = prod(target)
        if have != want:
            rest = prod(target[1:])
            fits = have % rest == 0
            raise LayerError(
                "reshape-size",
                f"`reshape` to {describe(target)} needs {want} values, {describe(shapes[0])} has {have}",
                label=f"{describe(shapes[0])} has {have} values",
                help=f"reshape({describe((have // rest, *target[1:]))}) would fit"
                if fits
                else f"use sizes whose product is {have}",
            )
        return target

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if self.infer(*shapes) == shapes[0] else None

    saved = viewed


@layer("zero_channels", family="shape")
class ZeroChannels(Layer):
    """Adds channels of zeros, half of them before and half after (the odd one after), to make `out` channels.

    He et al. 2015, "Deep residual learning for image recognition", shortcut option A.
    """

    moves = True

    out: int = argument(COUNT, "output channels")

    def infer(self, *shapes: Shape) -> Shape:
        if self.out < shapes[0][0]:
            raise LayerError(
                "argument-range",
                f"`zero_channels` only adds channels: {describe(shapes[0])} has more than {self.out}",
                label=f"{shapes[0][0]} channels in",
                help=f"use at least {shapes[0][0]}, or conv({self.out}, 1), or slice(0, {self.out})",
            )
        return self.out, *shapes[0][1:]

    def margins(self, shape: Shape) -> tuple[int, int]:
        """The numbers of channels added before and after."""
        added = self.out - shape[0]
        return added // 2, added - added // 2


@layer("subsample", family="shape")
class Subsample(Layer):
    """Every stride-th pixel, from the first on. Output size: floor((H - 1)/s) + 1.

    He et al. 2015, "Deep residual learning for image recognition", shortcut option A.
    """

    moves = True
    keeps_layout = True

    stride: Extent = argument(EXTENT, "step between pixels kept")

    def infer(self, *shapes: Shape) -> Shape:
        channels, _ = need_map("subsample", shapes[0])
        return channels, *self.slide(*shapes).outputs

    def slide(self, *shapes: Shape) -> Slide:
        return slide_over(shapes[0][1:], 1, self.stride)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and the index of each pixel: it is a max pool of one pixel."""
        return Saved(inputs=(0,), per_sample=INDEX * prod(self.infer(*shapes)))


def resize_windows(shape: Shape, out: Shape, mode: str) -> tuple[Window, ...]:
    """The windows of an interpolation from one map to another of equal rank."""
    axis = nearest_window if mode == "nearest" else linear_window
    return tuple(axis(ratio(h, m)) for h, m in zip(shape[1:], out[1:], strict=True))


def nearest_window(step: Fraction) -> Window:
    """floor(i * p/q) lies at most (q-1)/q below i * p/q."""
    return Window(step, ratio(1 - step.denominator, step.denominator), 0)


def linear_window(step: Fraction) -> Window:
    """The two inputs around (i + 1/2) * step - 1/2.

    These positions are whole multiples of 1/D from a whole number, so the inputs are at most (D-1)/D away.
    """
    middle = (step - 1) / 2
    parts = step.denominator * (1 if step.numerator % 2 == step.denominator % 2 else 2)
    reach = ratio(parts - 1, parts)
    return Window(step, middle - reach, middle + reach)
