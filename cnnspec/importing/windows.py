"""The windows of frameworks in the words of the language, and what an importer raises where none fits."""

from __future__ import annotations

from typing import Any

from cnnspec.layers import conv
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.window import Margins, Padding, slide_over

Extent = int | tuple[int, ...]


class NoLayer(Exception):
    """No layer does what a module does; the message says what is in the way, in a few words."""


def extent(value: Any) -> Extent:
    """A size of torch, one number where all axes agree. Raises NoLayer for one that is left open."""
    given = value if isinstance(value, (tuple, list)) else (value,)
    if None in given:
        raise NoLayer(f"a size of {value}")
    sizes = tuple(map(int, given))
    return sizes[0] if len(set(sizes)) == 1 else sizes


def axis_of(given: int, rank: int) -> int:
    """An axis as a number from 0 on, counted from the last where it is negative. Raises NoLayer."""
    if not -rank <= given < rank:
        raise NoLayer(f"over axis {given} of {rank}")
    return given % rank


def half_padding(kernel: Any, dilation: Any, padding: Any, rank: int) -> str | Extent:
    """The margin of a conv: `half` where it is that of the kernel, which is the default of the language."""
    if isinstance(padding, str):
        return "valid" if padding == "valid" else "same"
    kernels, dilations, pads = (per_axis_of(v, rank) for v in (kernel, dilation, padding))
    halves = tuple((k - 1) * d // 2 for k, d in zip(kernels, dilations, strict=True))
    return "half" if pads == halves else extent(pads)


def taken_in(
    margins: Margins, padding: Any, kernel: Any, stride: Any, dilation: Any, sizes: Shape
) -> Padding:
    """The margin of a window over a map of `sizes` (channels first), with what was added before it.

    Raises NoLayer where the window has a margin that depends on the size of the map.
    """
    rank = len(sizes) - 1
    if not margins:
        return half_padding(kernel, dilation, padding, rank)
    missing = ((0, 0),) * (rank - len(margins))
    if isinstance(padding, str):
        raise NoLayer(f"padding={padding} after a margin")
    pads = per_axis_of(padding, rank)
    whole = tuple((b + p, a + p) for (b, a), p in zip((*missing, *margins), pads, strict=True))
    if all(before == after for before, after in whole):
        return half_padding(kernel, dilation, tuple(before for before, _ in whole), rank)
    slide = slide_over(sizes[1:], extent(kernel), extent(stride), "same", extent(dilation))
    return "same" if slide.margins == whole else whole


def per_axis_of(value: Any, rank: int) -> tuple[int, ...]:
    found = extent(value)
    return found if isinstance(found, tuple) else (found,) * rank


def convolution(
    taken: int, out: int, kernel: Any, stride: Any, pad: Padding, dilation: Any, groups: int, bias: bool
) -> Layer:
    """A convolution of `taken` channels: depthwise where every channel is a group."""
    kernel, stride, dilation = map(extent, (kernel, stride, dilation))
    if groups > 1 and groups == taken:
        return conv.DepthwiseConv(kernel, stride, pad, dilation, multiplier=out // groups, bias=bias)
    return conv.Conv(out, kernel, stride, pad, dilation, groups, bias)
