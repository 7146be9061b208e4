"""Convolutions: conv, dwconv (depthwise) and tconv (transposed)."""

from __future__ import annotations

from math import gcd, prod

from cnnspec.layers.base import (
    ANY_BATCH,
    FLOAT,
    Extent,
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
from cnnspec.layers.kinds import COUNT, EXTENT, FLAG, MARGIN, PADDING, words
from cnnspec.layers.shape import Pad
from cnnspec.layers.window import Padding, Slide, check_margins, is_sided, output_sizes, slide_over
from cnnspec.records import replace


@layer("conv", family="conv")
class Conv(Layer):
    """Convolution (cross-correlation) of a map with `out` learned kernels.

    Output size on each axis: floor((H + 2p - d(k-1) - 1)/s + 1). Weights: k*k*Cin*Cout/g, and Cout
    for the bias. Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning".
    """

    weighted = True

    out: int = argument(COUNT, "output channels")
    kernel: Extent = argument(EXTENT, "kernel size, in pixels")
    stride: Extent = argument(EXTENT, "step between outputs, in pixels", default=1)
    pad: Padding = argument(
        PADDING,
        "margin on both sides, in pixels, or before and after each axis; half is (kernel-1)*dilation//2, "
        "valid is 0, same gives ceil(size/stride), causal is (kernel-1)*dilation before a sequence",
        default="half",
    )
    dilation: Extent = argument(EXTENT, "distance between kernel taps, in pixels", default=1)
    groups: int = argument(COUNT, "groups of channels convolved apart", default=1)
    bias: bool = argument(FLAG, "adds a learned value to each channel", default=True)
    pad_mode: str = argument(
        words("zeros", "reflect", "replicate", "circular"), "what the margin holds", default="zeros"
    )
    standardize: bool = argument(
        FLAG,
        "weight standardization: each kernel is used at mean 0 and variance 1 (Qiao et al. 2019)",
        default=False,
    )

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("conv", shapes[0])
        check_groups("conv", channels, self.out, self.groups)
        slide = self.slide(*shapes)
        result = output_sizes("conv", slide)
        check_margins("conv", sizes, slide.margins, self.pad_mode)
        return self.out, *result

    def slide(self, *shapes: Shape) -> Slide:
        return slide_over(shapes[0][1:], self.kernel, self.stride, self.pad, self.dilation)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        channels, sizes = need_map("conv", shapes[0])
        kernel = per_axis(self.kernel, len(sizes), "kernel")
        area = prod(kernel)
        fan_in, fan_out = channels // self.groups * area, self.out // self.groups * area
        init = default_init(fan_in)
        weight = Weight("weight", (self.out, channels // self.groups, *kernel), init, fan_in, fan_out)
        return (weight, Weight("bias", (self.out,), init, fan_in, fan_out)) if self.bias else (weight,)

    def macs(self, *shapes: Shape) -> int:
        channels, sizes = need_map("conv", shapes[0])
        area = prod(per_axis(self.kernel, len(sizes), "kernel"))
        return prod(self.infer(*shapes)) * area * channels // self.groups

    def operations(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes)) if self.bias else 0

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, or its padded copy where torch pads apart; with standardized weights, those as well."""
        fixed = FLOAT * (self.params(*shapes)[0].size + 2 * self.out) if self.standardize else 0
        slide = self.slide(*shapes)
        apart = slide.pads_apart(self.pad)
        if self.pad_mode == "zeros" and not apart:
            first = native_below(shapes[0], slide, self.groups)
            return Saved(inputs=(0,), fixed=fixed, first_below=first)
        first = native_below((shapes[0][0], *slide.wholes), slide, self.groups)
        if self.pad_mode == "circular":
            first = ANY_BATCH
        padded = FLOAT * shapes[0][0] * prod(slide.wholes)
        # A reflected or repeated edge finds its gradient from what it was made of. With pad=same the module
        # of torch adds a second one, of no pixels, to the padded copy in the same way.
        edges = self.pad_mode in ("reflect", "replicate") and wanted[0]
        copies = 2 if edges and apart and not is_sided(self.pad) else 1
        inputs = (0,) if edges else ()
        return Saved(inputs, per_sample=copies * padded, fixed=fixed, first_below=first)

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        """Where the sides are said apart, the margin and a conv without one."""
        if not is_sided(self.pad):
            return ()
        slide = self.slide(*shapes)
        if not slide.uneven:
            return (replace(self, pad=tuple([before for before, _ in slide.margins])),)
        return Pad(slide.margins, self.pad_mode), replace(self, pad=0, pad_mode="zeros")


@layer("dwconv", family="conv")
class DepthwiseConv(Layer):
    """Depthwise convolution: every channel is convolved by itself, with `multiplier` kernels each.

    Chollet 2017, "Xception". It is conv(multiplier * channels, kernel, groups=channels).
    """

    weighted = True

    kernel: Extent = argument(EXTENT, "kernel size, in pixels")
    stride: Extent = argument(EXTENT, "step between outputs, in pixels", default=1)
    pad: Padding = argument(PADDING, "margin, in pixels, as for conv", default="half")
    dilation: Extent = argument(EXTENT, "distance between kernel taps, in pixels", default=1)
    multiplier: int = argument(COUNT, "output channels per input channel", default=1)
    bias: bool = argument(FLAG, "adds a learned value to each channel", default=True)

    def conv(self, shape: Shape) -> Conv:
        """The grouped conv that does the same on this shape."""
        channels, _ = need_map("dwconv", shape)
        return Conv(
            self.multiplier * channels, self.kernel, self.stride, self.pad, self.dilation, channels, self.bias
        )

    def infer(self, *shapes: Shape) -> Shape:
        return self.conv(shapes[0]).infer(*shapes)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return self.conv(shapes[0]).params(*shapes)

    def macs(self, *shapes: Shape) -> int:
        return self.conv(shapes[0]).macs(*shapes)

    def operations(self, *shapes: Shape) -> int:
        return self.conv(shapes[0]).operations(*shapes)

    def slide(self, *shapes: Shape) -> Slide:
        return self.conv(shapes[0]).slide(*shapes)

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return (self.conv(shapes[0]),)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        return self.conv(shapes[0]).saved(shapes, wanted)


@layer("tconv", family="conv")
class TransposedConv(Layer):
    """Transposed convolution: the gradient of a conv with respect to its input, used to upsample.

    Output size on each axis: (H - 1)s - 2p + d(k-1) + output_pad + 1.
    """

    weighted = True
    upsamples = True

    out: int = argument(COUNT, "output channels")
    kernel: Extent = argument(EXTENT, "kernel size, in pixels")
    stride: Extent = argument(EXTENT, "output pixels per input pixel", default=1)
    pad: Extent = argument(MARGIN, "margin cut from both sides of the output, in pixels", default=0)
    dilation: Extent = argument(EXTENT, "distance between kernel taps, in pixels", default=1)
    groups: int = argument(COUNT, "groups of channels convolved apart", default=1)
    bias: bool = argument(FLAG, "adds a learned value to each channel", default=True)
    output_pad: Extent = argument(
        MARGIN, "rows and columns added at the end of the output, in pixels", default=0
    )

    def infer(self, *shapes: Shape) -> Shape:
        channels, sizes = need_map("tconv", shapes[0])
        check_groups("tconv", channels, self.out, self.groups)
        slide, extra = self.slide(*shapes), self.extra(len(sizes))
        for more, step, gap in zip(extra, slide.stride, slide.dilation, strict=True):
            if more >= max(step, gap):
                raise LayerError(
                    "output-pad",
                    f"`output_pad` of {more} is not smaller than stride {step} or dilation {gap}",
                    help=f"use at most {max(step, gap) - 1}",
                )
        if min(slide.sizes) < 1:
            raise LayerError(
                "shape-empty",
                f"`tconv` leaves nothing of {describe(shapes[0])}: its padding cuts away the whole output",
                help="use a smaller pad",
            )
        return self.out, *slide.sizes

    def extra(self, rank: int) -> tuple[int, ...]:
        """What is added at the end of each axis of the output, in pixels."""
        return per_axis(self.output_pad, rank, "output_pad")

    def slide(self, *shapes: Shape) -> Slide:
        """Over the output, of (H - 1)s - 2p + d(k-1) + output_pad + 1 pixels."""
        _, sizes = need_map("tconv", shapes[0])
        like = slide_over(sizes, self.kernel, self.stride, self.pad, self.dilation)
        axes = zip(sizes, like.stride, like.margins, like.spans, self.extra(len(sizes)), strict=True)
        return like._replace(sizes=tuple([(h - 1) * s - sum(p) + span + o for h, s, p, span, o in axes]))

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        channels, sizes = need_map("tconv", shapes[0])
        kernel = per_axis(self.kernel, len(sizes), "kernel")
        fan_in = self.out // self.groups * prod(kernel)
        fan_out = channels // self.groups * prod(kernel)
        init = default_init(fan_in)
        weight = Weight("weight", (channels, self.out // self.groups, *kernel), init, fan_in, fan_out)
        return (weight, Weight("bias", (self.out,), init, fan_in, fan_out)) if self.bias else (weight,)

    def macs(self, *shapes: Shape) -> int:
        _, sizes = need_map("tconv", shapes[0])
        return prod(shapes[0]) * prod(per_axis(self.kernel, len(sizes), "kernel")) * self.out // self.groups

    def operations(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes)) if self.bias else 0

    def sees(self, *shapes: Shape) -> tuple[Window, ...]:
        return self.slide(*shapes).transposed_windows

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        slide = self.slide(*shapes)
        extra = self.extra(len(slide.sizes))
        alone = len(extra) == 3 and any(o >= s for o, s in zip(extra, slide.stride, strict=True))
        first = ANY_BATCH if alone else native_below(shapes[0], slide, self.groups)
        return Saved(inputs=(0,), first_below=first)


def native_below(shape: Shape, slide: Slide, groups: int) -> int:
    """The batch below which torch convolves a volume by its own kernel, which gives it channel by channel.

    On one axis it always does; from that batch on it calls oneDNN, which keeps to the layout that comes in.
    `ConvParams::use_mkldnn` of ATen/native/Convolution.cpp, on one thread; oneDNN takes no transposed conv
    of volumes whose output is padded by a stride or more.
    """
    if len(slide.sizes) < 3:
        return ANY_BATCH if len(slide.sizes) == 1 else 0
    row, column = slide.kernel[-2:]
    steps = max(slide.stride) > 1 or max(slide.dilation) > 1
    several = 0 if steps or max(row, column) > 1 else 16
    large = groups > 1 or min(row, column) > 3 or prod(shape[:3]) > 20480
    return max(several, 0 if large else 2)


def check_groups(op: str, channels: int, out: int, groups: int) -> None:
    """Raise LayerError where groups do not divide the channels in and out."""
    if channels % groups == 0 and out % groups == 0:
        return
    raise LayerError(
        "groups-divide",
        f"`{op}` has {groups} groups, which do not divide its {channels} channels in and {out} out",
        label=f"{channels} in, {out} out, groups={groups}",
        help=f"groups that divide both: {near_divisors(gcd(channels, out), groups)}",
    )
