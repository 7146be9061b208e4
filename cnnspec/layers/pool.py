"""Pools: maxpool and its way back, avgpool, lppool, blurpool, the global ones and the adaptive ones."""

from __future__ import annotations

from math import comb, inf, prod

from cnnspec.layers.base import (
    ANY_BATCH,
    FLOAT,
    INDEX,
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
    per_axis,
)
from cnnspec.layers.conv import native_below
from cnnspec.layers.kinds import EXTENT, FLAG, PADDING, POOL, POSITIVE, optional, words
from cnnspec.layers.shape import Pad
from cnnspec.layers.window import (
    Padding,
    Slide,
    adaptive_windows,
    check_margins,
    check_pad,
    is_sided,
    larger_than_volume,
    output_sizes,
    reached,
    slide_over,
)
from cnnspec.records import replace

STRIDE_DOC = "step between outputs, in pixels; as large as the kernel where it is not given"
PAD_DOC = "margin, in pixels, as for conv; on both sides at most half the kernel, else less than its span"
CEIL_DOC = "rounds the output size up; windows that would start after the map are dropped"


@layer("maxpool", family="pool")
class MaxPool(Layer):
    """The largest value under each window; the margin never wins.

    Where a window holds a value that is not a number, so is its result in numpy and torch; onnxruntime may
    lose it.

    Output size on each axis: floor((H + 2p - d(k-1) - 1)/s + 1), or its ceil. Ranzato et al. 2007,
    "Unsupervised learning of invariant feature hierarchies".
    """

    kernel: Extent = argument(EXTENT, "window size, in pixels")
    stride: Extent | None = argument(optional(EXTENT), STRIDE_DOC, default=None)
    pad: Padding = argument(PADDING, PAD_DOC, default=0)
    dilation: Extent = argument(EXTENT, "distance between the pixels of a window, in pixels", default=1)
    ceil: bool = argument(FLAG, CEIL_DOC, default=False)

    def infer(self, *shapes: Shape) -> Shape:
        return pool_shape(self, shapes[0])

    def operations(self, *shapes: Shape) -> int:
        return shapes[0][0] * self.slide(*shapes).taps

    def slide(self, *shapes: Shape) -> Slide:
        return slide_over(
            shapes[0][1:], self.kernel, self.stride or self.kernel, self.pad, self.dilation, self.ceil
        )

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, or its padded copy where torch pads apart, and the index of each maximum."""
        indices = INDEX * prod(self.infer(*shapes))
        slide = self.slide(*shapes)
        if not slide.pads_apart(self.pad):
            return Saved(inputs=(0,), per_sample=indices)
        whole = prod(h + sum(margin) for h, margin in zip(slide.sizes, slide.reach, strict=True))
        own = indices + FLOAT * shapes[0][0] * whole
        return Saved(per_sample=own, first_below=ANY_BATCH if len(shapes[0]) == 2 else 0)

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        """Where the sides are said apart, a margin that never wins, and a pool without one."""
        if not is_sided(self.pad):
            return ()
        slide = self.slide(*shapes)
        if not slide.uneven:
            return (replace(self, pad=tuple([before for before, _ in slide.margins])),)
        return Pad(slide.reach, value=-inf), replace(self, pad=0, ceil=False)


@layer("avgpool", family="pool")
class AvgPool(Layer):
    """The mean of the values under each window.

    Output size on each axis: floor((H + 2p - k)/s + 1), or its ceil. With `count_pad` the zeros of the margin
    count in the mean, without it only pixels of the map do; what `ceil` adds beyond the margin never counts.
    LeCun et al. 1998, "Gradient-based learning applied to document recognition".
    """

    kernel: Extent = argument(EXTENT, "window size, in pixels")
    stride: Extent | None = argument(optional(EXTENT), STRIDE_DOC, default=None)
    pad: Padding = argument(PADDING, PAD_DOC, default=0)
    ceil: bool = argument(FLAG, CEIL_DOC, default=False)
    count_pad: bool = argument(FLAG, "counts the zeros of the margin in the mean", default=True)

    def infer(self, *shapes: Shape) -> Shape:
        return pool_shape(self, shapes[0])

    def operations(self, *shapes: Shape) -> int:
        return shapes[0][0] * self.slide(*shapes).taps

    def slide(self, *shapes: Shape) -> Slide:
        return slide_over(shapes[0][1:], self.kernel, self.stride or self.kernel, self.pad, 1, self.ceil)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, or its padded copy where torch pads apart, and then how many pixels each mean is of.

        In three dimensions torch takes no kernel larger than the map: a pool of a padded copy stands in.
        """
        slide = self.slide(*shapes)
        if is_sided(self.pad) and slide.uneven:
            own = FLOAT * shapes[0][0] * (prod(reached(slide)) + prod(slide.outputs))
            return Saved(per_sample=own, first_below=0 if len(shapes[0]) == 3 else ANY_BATCH)
        if slide.pads_apart(self.pad):
            padded = slide._replace(sizes=slide.wholes, margins=((0, 0),) * len(slide.sizes))
            counts = 0 if self.count_pad else prod(padded.outputs)
            own = FLOAT * shapes[0][0] * (prod(slide.wholes) + counts)
            return Saved(per_sample=own, first_below=0 if len(shapes[0]) == 3 else ANY_BATCH)
        if larger_than_volume(slide):
            own = FLOAT * shapes[0][0] * (prod(reached(slide)) + prod(slide.outputs))
            return Saved(per_sample=own, first_below=ANY_BATCH)
        return Saved(inputs=(0,), first_below=of_volumes(shapes[0]))


@layer("lppool", family="pool")
class LpPool(Layer):
    """(sum of x^p)^(1/p) over each window; not a number where a root of a negative sum has none.

    Output size on each axis: floor((H - k)/s + 1), or its ceil. As in torch, a window that `ceil` lets run
    over the edge has its sum scaled up by kernel area / area inside the map. Gulcehre et al. 2014,
    "Learned-norm pooling for deep feedforward and recurrent neural networks".
    """

    kernel: Extent = argument(EXTENT, "window size, in pixels")
    power: float = argument(
        POSITIVE, "the p of the norm; 1 is the sum, infinity would be the maximum", default=2.0
    )
    stride: Extent | None = argument(optional(EXTENT), STRIDE_DOC, default=None)
    ceil: bool = argument(FLAG, CEIL_DOC, default=False)

    def infer(self, *shapes: Shape) -> Shape:
        return pool_shape(self, shapes[0])

    def operations(self, *shapes: Shape) -> int:
        return shapes[0][0] * self.slide(*shapes).taps

    def functions(self, *shapes: Shape) -> int:
        """Powers of all values under windows, and roots of the sums; squares and their roots are none."""
        if self.power in (1.0, 2.0):
            return 0
        return 2 * (self.operations(*shapes) + prod(self.infer(*shapes)))

    def slide(self, *shapes: Shape) -> Slide:
        return slide_over(shapes[0][1:], self.kernel, self.stride or self.kernel, 0, 1, self.ceil)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input and its power, and the means of windows at each of four steps to the root.

        Where a pool of a padded copy stands in: the copy, the pixels of each mean, and the last step.
        """
        slide = self.slide(*shapes)
        if larger_than_volume(slide):
            own = shapes[0][0] * (prod(reached(slide)) + 2 * prod(slide.outputs))
            return Saved(inputs=(0,), per_sample=FLOAT * own, first_below=ANY_BATCH)
        own = FLOAT * (prod(shapes[0]) + 4 * prod(self.infer(*shapes)))
        return Saved(inputs=(0,), per_sample=own, first_below=of_volumes(shapes[0]))


@layer("blurpool", family="pool")
class BlurPool(Layer):
    """Each channel smoothed by a fixed binomial filter, at every stride-th pixel.

    The filter is [1, 1] taken kernel - 1 times, on each axis, with the sum 1; the margin is
    (stride + kernel - 2)//2 pixels. Zhang 2019, "Making convolutional networks shift-invariant again".
    """

    kernel: Extent = argument(EXTENT, "size of the filter, in pixels", default=3)
    stride: Extent = argument(EXTENT, "step between outputs, in pixels", default=2)
    pad_mode: str = argument(
        words("zeros", "reflect", "replicate", "circular"), "what the margin holds", default="reflect"
    )

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("blurpool", shapes[0])
        slide = self.slide(*shapes)
        result = output_sizes("blurpool", slide)
        check_margins("blurpool", sizes, slide.margins, self.pad_mode)
        return channels, *result

    def slide(self, *shapes: Shape) -> Slide:
        sizes = shapes[0][1:]
        kernel = per_axis(self.kernel, len(sizes), "kernel")
        stride = per_axis(self.stride, len(sizes), "stride")
        margins = tuple([(k + s - 2) // 2 for k, s in zip(kernel, stride, strict=True)])
        return slide_over(sizes, kernel, stride, margins)

    def filters(self, rank: int) -> tuple[tuple[float, ...], ...]:
        """The filter of each axis: binomial coefficients over their sum."""
        kernel = per_axis(self.kernel, rank, "kernel")
        return tuple([tuple([comb(k - 1, tap) / 2 ** (k - 1) for tap in range(k)]) for k in kernel])

    def macs(self, *shapes: Shape) -> int:
        return shapes[0][0] * self.slide(*shapes).taps

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The padded copy, and with it the input where the margin repeats or reflects it."""
        slide, channels = self.slide(*shapes), shapes[0][0]
        inputs = (0,) if self.pad_mode in ("reflect", "replicate") and wanted[0] else ()
        first = native_below((channels, *slide.wholes), slide, channels)
        first = ANY_BATCH if self.pad_mode == "circular" else first
        return Saved(inputs, per_sample=FLOAT * channels * prod(slide.wholes), first_below=first)


@layer("max_unpool", family="pool")
class MaxUnpool(Layer):
    """The way back from a maxpool: each value at the place where that found its maximum, 0 elsewhere.

    `of` is the label of the maxpool; the map becomes as large as what that took. Its places are found anew
    from there, and its windows must not overlap. Badrinarayanan, Kendall and Cipolla 2015, "SegNet".
    """

    arity = 2
    aligns = False
    moves = True
    upsamples = True
    undoes = "maxpool"

    of: MaxPool = argument(POOL, "label of the maxpool whose places are meant")

    def infer(self, *shapes: Shape) -> Shape:
        shape, source = shapes
        slide = self.of.slide(source)
        if slide.uneven or any(s < span for s, span in zip(slide.stride, slide.spans, strict=True)):
            raise LayerError(
                "argument-range",
                "`max_unpool` needs a maxpool whose windows do not overlap, in a margin that is even",
                label=f"kernel {describe(slide.kernel)}, stride {describe(slide.stride)}",
                help="use maxpool(2), or maxpool(2, ceil=true) on odd sizes",
            )
        pooled = self.of.infer(source)
        if shape != pooled:
            raise LayerError(
                "shape-join",
                f"`max_unpool` needs a value for each maximum: {describe(pooled)}, not {describe(shape)}",
                label=f"{describe(shape)} and {describe(pooled)}",
                help=f"end what is before it in {describe(pooled)}"
                + (f", as conv({pooled[0]}, 1) does" if shape[1:] == pooled[1:] else ""),
            )
        return source

    def sees_apart(self, *shapes: Shape) -> tuple[tuple[Window, ...], ...]:
        """Of the values those whose windows hold the place, of the map all that these windows hold."""
        slide = self.of.slide(shapes[1])
        return slide.transposed_windows, tuple([Window(1, 1 - span, span - 1) for span in slide.spans])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The places, as indices."""
        return Saved(per_sample=INDEX * prod(shapes[0]), first_below=ANY_BATCH)


@layer("gap", family="pool")
class GlobalAvgPool(Layer):
    """Global average pooling: the mean of each channel, as a map of one pixel (Cx1x1).

    Lin et al. 2013, "Network in network". It is adaptive_avgpool(1).
    """

    counted_by_fvcore = True

    def infer(self, *shapes: Shape) -> Shape:
        return adaptive_shape("gap", shapes[0], 1)

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def sees(self, *shapes: Shape) -> None:
        return None

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return (AdaptiveAvgPool(1),)


@layer("gmp", family="pool")
class GlobalMaxPool(Layer):
    """Global max pooling: the largest value of each channel, as a map of one pixel (Cx1x1).

    Oquab et al. 2015, "Is object localization for free?". It is adaptive_maxpool(1). A value that is not a
    number is lost in onnxruntime, as under maxpool.
    """

    def infer(self, *shapes: Shape) -> Shape:
        return adaptive_shape("gmp", shapes[0], 1)

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def sees(self, *shapes: Shape) -> None:
        return None

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return (AdaptiveMaxPool(1),)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and the index of each maximum."""
        return Saved(inputs=(0,), per_sample=INDEX * shapes[0][0])


@layer("adaptive_avgpool", family="pool")
class AdaptiveAvgPool(Layer):
    """The mean over windows chosen so that the output has this size, whatever the input's.

    Output i of m is the mean of inputs floor(i*H/m) up to ceil((i+1)*H/m). He et al. 2014, "Spatial pyramid
    pooling in deep convolutional networks".
    """

    counted_by_fvcore = True

    size: Extent = argument(EXTENT, "output size, in pixels")

    def infer(self, *shapes: Shape) -> Shape:
        return adaptive_shape("adaptive_avgpool", shapes[0], self.size)

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return adaptive_windows(shapes[0][1:], self.infer(*shapes)[1:])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input; but nothing for one pixel, which torch finds as a plain mean."""
        inputs = () if prod(self.infer(*shapes)[1:]) == 1 else (0,)
        return Saved(inputs, first_below=of_volumes(shapes[0]))


@layer("adaptive_maxpool", family="pool")
class AdaptiveMaxPool(Layer):
    """The largest value in windows chosen so that the output has this size, whatever the input's.

    Output i of m is the maximum of inputs floor(i*H/m) up to ceil((i+1)*H/m). He et al. 2014, "Spatial
    pyramid pooling in deep convolutional networks".
    """

    size: Extent = argument(EXTENT, "output size, in pixels")

    def infer(self, *shapes: Shape) -> Shape:
        return adaptive_shape("adaptive_maxpool", shapes[0], self.size)

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return adaptive_windows(shapes[0][1:], self.infer(*shapes)[1:])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and the index of each maximum."""
        own = INDEX * prod(self.infer(*shapes))
        return Saved(inputs=(0,), per_sample=own, first_below=of_volumes(shapes[0]))


def pool_shape(pool: MaxPool | AvgPool | LpPool, shape: Shape) -> Shape:
    """The output shape of a sliding pool. Raises LayerError where the window does not fit."""
    channels, _ = need_map(pool.op, shape)
    slide = pool.slide(shape)
    check_pad(pool.op, slide, is_sided(getattr(pool, "pad", 0)))
    return channels, *output_sizes(pool.op, slide)


def of_volumes(shape: Shape) -> int:
    """`Saved.first_below` of a pool that torch works out channel by channel on three axes."""
    return ANY_BATCH if len(shape) == 4 else 0


def adaptive_shape(op: str, shape: Shape, size: Extent) -> Shape:
    """The output shape of an adaptive pool. Raises LayerError for vectors and wrong numbers of axes."""
    channels, sizes = need_map(op, shape)
    return channels, *per_axis(size, len(sizes), "size")
