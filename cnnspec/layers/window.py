"""The arithmetic of windows: what an output position sees, and how the window of a conv or a pool slides.

    Slide(sizes=(8,), kernel=(3,), stride=(2,), dilation=(1,), margins=((1, 1),), ceil=True)

    pixel    -1  0  1  2  3  4  5  6  7  8  9
              m  .  .  .  .  .  .  .  .  m  b        m is margin, b beyond it, where `ceil` reaches
    output 0 [-------]
    output 1       [-------]
    output 2             [-------]
    output 3                   [-------]
    output 4                         [-------]       outputs == (5,), spans == (3,), beyond == (1,)

A window covers `spans`, dilation * (kernel - 1) + 1 pixels. What is `beyond` the margin never counts, neither
for a maximum nor for a mean.
"""

from __future__ import annotations

from math import prod

from cnnspec.caching import lru_cache
from cnnspec.layers.shapes import Extent, LayerError, Shape, describe, per_axis
from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

Margins = tuple[tuple[int, int], ...]
"""The pixels added before and after each axis."""
Padding = str | Extent | Margins
"""A margin as an argument: a word, the pixels on both sides, or those before and after each axis."""


def ratio(numerator: int, denominator: int) -> Fraction:
    """A fraction, of a module that is loaded where a map grows or is cut in parts: most nets have none."""
    from fractions import Fraction

    return Fraction(numerator, denominator)


class Window(NamedTuple):
    """What one output position sees on one axis.

    Output `i` sees the inputs from `i * step + low` to `i * step + high`. Steps below 1 (upsampling) are
    Fractions.
    """

    step: int | Fraction
    low: int | Fraction
    high: int | Fraction


POINTWISE: tuple[Window, ...] = ()
"""The window of a layer whose every output position sees its own position alone."""


class Slide(NamedTuple):
    """How the window of a conv or a pool slides over a map: for each spatial axis, in pixels.

    Shapes, receptive fields and all backends read their geometry here. For a transposed conv it is the slide
    of the conv whose gradient it is, over the larger map, which is its output.
    """

    sizes: Shape
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    margins: Margins
    ceil: bool = False

    @property
    def spans(self) -> tuple[int, ...]:
        """What a window covers: d*(k-1) + 1."""
        return tuple([d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)])

    @property
    def wholes(self) -> tuple[int, ...]:
        """The map with its margins."""
        return tuple([h + sum(margin) for h, margin in zip(self.sizes, self.margins, strict=True)])

    @property
    def outputs(self) -> tuple[int, ...]:
        """The number of windows: floor((H + before + after - span)/s) + 1; below 1 where none fits.

        With `ceil` rounded up, so that the last window may run over the end, but one that would start in the
        margin after the map is dropped, as in torch.
        """
        axes = zip(self.sizes, self.wholes, self.spans, self.stride, self.margins, strict=True)
        result = []
        for h, whole, span, s, (before, _) in axes:
            count = (-((span - whole) // s) if self.ceil else (whole - span) // s) + 1
            result.append(count - 1 if self.ceil and (count - 1) * s >= h + before else count)
        return tuple(result)

    @property
    def beyond(self) -> tuple[int, ...]:
        """What the last window covers after the margin, which `ceil` allows."""
        axes = zip(self.outputs, self.stride, self.spans, self.wholes, strict=True)
        return tuple([max(0, (n - 1) * s + span - whole) for n, s, span, whole in axes])

    @property
    def reach(self) -> Margins:
        """The margins, with what lies beyond them."""
        return tuple([(a, b + more) for (a, b), more in zip(self.margins, self.beyond, strict=True)])

    @property
    def uneven(self) -> bool:
        """Whether a margin before an axis is another than that after it."""
        return any(before != after for before, after in self.margins)

    def pads_apart(self, pad: Padding) -> bool:
        """Whether the margin is uneven or depends on the size of the map: torch then pads a copy first."""
        return self.uneven or (pad == "same" and max(self.stride) > 1)

    @property
    def taps(self) -> int:
        """The number of values under all windows together, in one channel."""
        return prod(self.outputs) * prod(self.kernel)

    @property
    def windows(self) -> tuple[Window, ...]:
        """What an output position sees."""
        axes = zip(self.stride, self.margins, self.spans, strict=True)
        return tuple([Window(s, -before, span - 1 - before) for s, (before, _), span in axes])

    @property
    def transposed_windows(self) -> tuple[Window, ...]:
        """What a position of the map sees of the outputs, as that of a transposed conv does."""
        axes = zip(self.stride, self.margins, self.spans, strict=True)
        return tuple(
            [
                Window(ratio(1, s), ratio(before - span + 1, s), ratio(before, s))
                for s, (before, _), span in axes
            ]
        )


@lru_cache(maxsize=1_000)
def slide_over(
    sizes: Shape,
    kernel: Extent,
    stride: Extent,
    pad: Padding = 0,
    dilation: Extent = 1,
    ceil: bool = False,
) -> Slide:
    """The slide of a window over a map of these sizes.

    Raises LayerError for an extent that is given for another number of axes.
    """
    rank = len(sizes)
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    margins = paddings(sizes, kernels, strides, pad, dilations)
    return Slide(sizes, kernels, strides, dilations, margins, ceil)


def paddings(
    sizes: Shape,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    pad: Padding,
    dilation: tuple[int, ...],
) -> Margins:
    """The margin before and after each axis, in pixels.

    `half` is (k-1)*d//2 on both sides, `valid` is 0, `same` is what gives ceil(size/stride) outputs, the odd
    pixel at the end, `causal` the (k-1)*d pixels before a sequence that let no output see what comes after
    it; an extent and sides are taken as they are. Raises LayerError where they are for other axes.
    """
    if pad == "half":
        halves = ((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
        return tuple((half, half) for half in halves)
    if pad == "valid":
        return ((0, 0),) * len(sizes)
    if pad == "same":
        return tuple(
            (total // 2, total - total // 2)
            for total in (
                max(0, (-(-h // s) - 1) * s + (k - 1) * d + 1 - h)
                for h, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
            )
        )
    if pad == "causal":
        if len(sizes) != 1:
            raise LayerError(
                "argument-rank",
                f"`pad=causal` is for sequences, whose one axis has a past; the map has {len(sizes)} axes",
                help=f"say what lies before and after each axis: pad={show_margins(((2, 0),) * len(sizes))}",
            )
        return (((kernel[0] - 1) * dilation[0], 0),)
    assert not isinstance(pad, str)
    return sides(pad, len(sizes), "pad")


def sides(value: Extent | Margins, rank: int, name: str) -> Margins:
    """The pixels before and after each axis, of an extent or of sides.

    Raises LayerError where they are given for another number of axes.
    """
    if rank == 1 and isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
        raise LayerError(
            "argument-rank",
            f"`{name}` is given for 2 axes, a sequence has 1",
            help=f"what lies before and after its one axis is {name}=[{list(value)}]",
        )
    amounts: tuple[int | tuple[int, int], ...] = per_axis(value, rank, name)
    return tuple([(amount, amount) if isinstance(amount, int) else amount for amount in amounts])


def is_sided(pad: Padding) -> bool:
    """Whether a padding says what lies before an axis and what after it, whatever the map."""
    return pad == "causal" or (isinstance(pad, tuple) and any(isinstance(side, tuple) for side in pad))


def show_margins(margins: Margins) -> str:
    """Sides as specs write them: [[0, 1], [0, 1]]."""
    return str([list(margin) for margin in margins])


def output_sizes(op: str, slide: Slide) -> Shape:
    """The sizes of the output. Raises LayerError where no window fits."""
    outputs = slide.outputs
    for axis, size in enumerate(outputs):
        if size < 1:
            span, whole = slide.spans[axis], slide.wholes[axis]
            raise LayerError(
                "window-too-large",
                f"the window of `{op}` covers {span} pixels, the map with its padding has {whole}",
                label=f"map {describe(slide.sizes)}, kernel {describe(slide.kernel)}",
                help=f"use a kernel of at most {(whole - 1) // slide.dilation[axis] + 1}, "
                f"or a map of at least {span - whole + slide.sizes[axis]} pixels here",
            )
    return outputs


def check_margins(op: str, sizes: Shape, margins: Margins, mode: str) -> None:
    """Raise LayerError where a margin holds more pixels than the map has to fill it with.

    A reflected margin leaves out the edge, so it is smaller than the map; a circular one is at most the map.
    """
    if mode not in ("reflect", "circular"):
        return
    for size, margin in zip(sizes, map(max, margins), strict=True):
        most = size - 1 if mode == "reflect" else size
        if margin > most:
            raise LayerError(
                "margin-too-large",
                f"`{op}` fills a margin of {margin} pixels by {mode} from a map of {size} on that axis",
                label=f"map {describe(sizes)}, margin {margin}",
                help=f"use a margin of at most {most}, or the mode zeros or replicate",
            )


def larger_than_volume(slide: Slide) -> bool:
    """Whether a window is larger than a map of three axes: torch has no pool for that."""
    return len(slide.sizes) == 3 and any(k > h for k, h in zip(slide.kernel, slide.sizes, strict=True))


def reached(slide: Slide) -> Shape:
    """The pixels from where the first window begins to where the last one ends, on each axis."""
    axes = zip(slide.outputs, slide.stride, slide.spans, strict=True)
    return tuple([(n - 1) * step + span for n, step, span in axes])


def check_pad(op: str, slide: Slide, sided: bool) -> None:
    """Raise LayerError where a margin is over half the kernel, or a window could hold nothing else.

    The first is torch's rule, and does not count the dilation; sides that are said apart torch pads before.
    """
    sizes, kernel, dilation = slide.sizes, slide.kernel, slide.dilation
    for size, k, d, (before, after) in zip(sizes, kernel, dilation, slide.margins, strict=True):
        margin = max(before, after)
        # Taps further apart than the map is wide can lie on both sides of it.
        apart = sided and before != after
        most = 0 if size < d else (k - 1) * d if apart else k // 2
        if margin > most:
            raise LayerError(
                "pool-pad",
                f"`{op}` pads {margin} pixels, its kernel of {k} on a map of {size} allows {most}",
                label=f"map {describe(sizes)}, kernel {describe(kernel)}, dilation {describe(dilation)}",
                help=f"use pad={most}, or put pad({margin - most}) before it"
                if not apart
                else f"use at most {most} pixels before and after that axis",
            )


def adaptive_windows(sizes: Shape, out: Shape) -> tuple[Window, ...] | None:
    """The windows of an adaptive pool: POINTWISE where sizes agree, None for one pixel, else bounds an axis.

    With H/m = p/q in lowest terms, floor(i*p/q) is at least i*p/q - (q-1)/q, and the last pixel,
    ceil((i+1)*p/q) - 1, at most i*p/q + (p-1)/q; where m divides H these are exact.
    """
    if sizes == out:
        return POINTWISE
    if prod(out) == 1:
        return None
    steps = [ratio(h, m) for h, m in zip(sizes, out, strict=True)]
    return tuple(
        Window(r, ratio(1 - r.denominator, r.denominator), ratio(r.numerator - 1, r.denominator))
        for r in steps
    )
