"""Pools in ONNX. Ceil mode is written as margins where sizes are known: runtimes differ in the attribute."""

from __future__ import annotations

from functools import partial, reduce
from math import prod
from typing import Any

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.numpy.kernels.pool import bins, window_counts
from cnnspec.backends.onnx.conv import flat, follows_size, margin, window
from cnnspec.backends.onnx.emit import Emit, Rule
from cnnspec.layers.base import Shape, Slide
from cnnspec.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    BlurPool,
    LpPool,
    MaxPool,
    MaxUnpool,
)


def maxpool(emit: Emit, layer: MaxPool, x: str) -> str:
    slide = layer.slide(emit.shape)
    if emit.open_size and layer.ceil and not any(flat(slide.margins)):
        return emit("MaxPool", x, **window(slide), ceil_mode=1)
    if follows_size(emit, layer.pad, slide):
        return emit("MaxPool", x, **window(slide), auto_pad="SAME_UPPER")
    margins = slide.reach
    # onnxruntime takes no margin as large as the kernel, which dilated windows can have
    if any(max(edges) >= k for edges, k in zip(margins, slide.kernel, strict=True)):
        x, margins = margin(emit, x, margins, value=-np.inf), ((0, 0),) * emit.rank
    return emit("MaxPool", x, **window(slide), pads=flat(margins))


def avgpool(emit: Emit, layer: AvgPool, x: str) -> str:
    slide = layer.slide(emit.shape)
    if emit.open_size and layer.ceil and not any(flat(slide.margins)):
        # what is beyond the map does not count
        return emit("AveragePool", x, kernel_shape=slide.kernel, strides=slide.stride, ceil_mode=1)
    if follows_size(emit, layer.pad, slide):
        counted = int(layer.count_pad)
        attributes = {"kernel_shape": slide.kernel, "strides": slide.stride, "count_include_pad": counted}
        return emit("AveragePool", x, **attributes, auto_pad="SAME_UPPER")
    return mean(emit, x, slide, layer.count_pad)


def mean(emit: Emit, x: str, slide: Slide, count_pad: bool = True) -> str:
    """The mean under each window; where `ceil` cuts windows off, over what is left of them."""
    attributes = {"kernel_shape": slide.kernel, "strides": slide.stride}
    if not any(slide.beyond):
        pads = flat(slide.margins)
        return emit("AveragePool", x, **attributes, pads=pads, count_include_pad=int(count_pad))
    whole = emit("AveragePool", margin(emit, x, slide.reach), **attributes)
    counts = window_counts(*slide[:3], slide.margins, slide.beyond, count_pad).astype(np.float32)
    return emit("Mul", whole, np.float32(prod(slide.kernel)) / counts)


def lppool(emit: Emit, layer: LpPool, x: str) -> str:
    """By its formula: ONNX's own LpPool takes absolute values and whole powers."""
    slide = layer.slide(emit.shape)
    sums = emit("Mul", mean(emit, emit("Pow", x, layer.power), slide), prod(slide.kernel))
    return emit("Pow", sums, 1 / layer.power)


def means_of_bins(emit: Emit, x: str, out: Shape) -> str:
    """Adaptive average pooling at a size that is known when the model runs: products with shares of pixels.

    Bin i of m has the pixels from floor(i*H/m) up to ceil((i+1)*H/m): H = 5, m = 2 gives

        pixels of bin 0    1/3 1/3 1/3  0   0
        pixels of bin 1     0   0  1/3 1/3 1/3
    """
    last = 1 + emit.rank
    for axis, count in zip(emit.axes, out, strict=True):
        size = emit("Shape", x, start=axis, end=axis + 1)
        pixels = emit("Range", emit.integer(0), emit("Squeeze", size), emit.integer(1))
        pixels = emit("Unsqueeze", pixels, (1,))
        starts = emit("Div", emit("Mul", size, tuple(range(count))), (count,))
        ends = emit("Mul", size, tuple(range(1, count + 1)))
        ends = emit("Div", emit("Add", ends, (count - 1,)), (count,))
        inside = emit("And", emit("GreaterOrEqual", pixels, starts), emit("Less", pixels, ends))
        shares = (emit("Cast", value, to=emit.kind) for value in (inside, emit("Sub", ends, starts)))
        order = tuple(last if i == axis else axis if i == last else i for i in range(last + 1))
        turned = x if axis == last else emit("Transpose", x, perm=order)
        pooled = emit("MatMul", turned, emit("Div", *shares))
        x = pooled if axis == last else emit("Transpose", pooled, perm=order)
    return x


def adaptive(pool: str, reduce: str) -> Rule:
    """The rule of an adaptive pool: a plain one where sizes divide, else a reduction for each bin."""

    def rule(emit: Emit, layer: AdaptiveAvgPool | AdaptiveMaxPool, x: str) -> str:
        out = layer.infer(emit.shape)[1:]
        if prod(out) == 1:
            return emit(f"Global{pool}", x)
        if emit.open_size and isinstance(layer, AdaptiveAvgPool):
            return means_of_bins(emit, x, out)
        if emit.open_size:
            told = f"ONNX has no `{layer.op}` ({emit.path}) for a size that is open"
            raise CompileError(f"{told}: write a file for each, with --input")
        if all(h % m == 0 for h, m in zip(emit.shape[1:], out, strict=True)):
            step = tuple(h // m for h, m in zip(emit.shape[1:], out, strict=True))
            return emit(pool, x, kernel_shape=step, strides=step)
        for axis, (size, count) in enumerate(zip(emit.shape[1:], out, strict=True), start=2):
            parts = [
                emit(reduce, emit("Slice", x, (start,), (stop,), (axis,)), (axis,), keepdims=1)
                for start, stop in bins(size, count)
            ]
            x = emit("Concat", *parts, axis=axis)
        return x

    return rule


def blurpool(emit: Emit, layer: BlurPool, x: str) -> str:
    """A depthwise convolution of the padded map, with the filter as a constant."""
    slide = layer.slide(emit.shape)
    kernel = reduce(np.multiply.outer, [np.array(one, np.float32) for one in layer.filters(emit.rank)])
    weight = np.broadcast_to(kernel, (emit.shape[0], 1, *kernel.shape))
    x = margin(emit, x, slide.margins, layer.pad_mode)
    return emit("Conv", x, weight, **window(slide), group=emit.shape[0])


def max_unpool(emit: Emit, layer: MaxUnpool, x: str, source: str) -> str:
    """The indices of MaxPool count through the whole batch: those within a channel are the remainders."""
    channels, *sizes = emit.shapes[1]
    slide = layer.of.slide(emit.shapes[1])
    ends: dict[str, Any] = {"pads": flat(slide.reach)}
    if emit.open_size and slide.ceil and not any(flat(slide.margins)):
        ends = {"ceil_mode": 1}
    _, counted = emit.several("MaxPool", source, count=2, **window(slide), **ends)
    pixels: str | np.ndarray = np.array(prod(sizes))
    whole: str | Shape = (0, *emit.shapes[1])
    if emit.open_size:
        pixels = reduce(partial(emit, "Mul"), [emit("Shape", source, start=i, end=i + 1) for i in emit.axes])
        whole = emit("Shape", source)
    places = emit("Reshape", emit("Mod", counted, pixels), (0, channels, -1))
    zeros = emit("Expand", 0.0, emit("Shape", emit("Reshape", source, (0, channels, -1))))
    spread = emit("ScatterElements", zeros, places, emit("Reshape", x, (0, channels, -1)), axis=2)
    return emit("Reshape", spread, whole)
