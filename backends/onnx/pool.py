"""Pools in ONNX. Ceil mode is written as margins: runtimes differ in what they make of the attribute."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.onnx.conv import flat, margin
from cnnspec.backends.onnx.emit import Emit, Rule
from cnnspec.layers.base import per_axis
from cnnspec.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LpPool, MaxPool
from cnnspec.layers.window import Margins, paddings


class Window(NamedTuple):
    """A pool on a map, axis by axis; `beyond` is what `ceil` reaches after the margin."""

    sizes: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    margins: Margins
    beyond: tuple[int, ...]

    @property
    def reach(self) -> Margins:
        """The margins with what lies beyond them."""
        return tuple((a, b + more) for (a, b), more in zip(self.margins, self.beyond, strict=True))

    @property
    def attributes(self) -> dict[str, tuple[int, ...]]:
        return {"kernel_shape": self.kernel, "strides": self.stride}

    def counts(self, count_pad: bool) -> NDArray[np.float32]:
        """How many pixels each window holds: those of the map, and with `count_pad` of its margin."""
        result = np.ones(())
        for h, k, s, (before, after), more in zip(
            self.sizes, self.kernel, self.stride, self.margins, self.beyond, strict=True
        ):
            inside = np.pad(np.ones(h), (before, after), constant_values=float(count_pad))
            line = np.lib.stride_tricks.sliding_window_view(np.pad(inside, (0, more)), k)[::s].sum(-1)
            result = np.multiply.outer(result, line)
        return result.astype(np.float32)


def window_of(emit: Emit, layer: MaxPool | AvgPool | LpPool) -> Window:
    """The window of a pool on the shape of its input."""
    rank, sizes = emit.rank, emit.shape[1:]
    kernel = per_axis(layer.kernel, rank, "kernel")
    stride = per_axis(layer.stride or layer.kernel, rank, "stride")
    dilation = per_axis(layer.dilation if isinstance(layer, MaxPool) else 1, rank, "dilation")
    margins = paddings(sizes, kernel, stride, 0 if isinstance(layer, LpPool) else layer.pad, dilation)
    last = layer.infer(emit.shape)[1:]
    beyond = tuple(
        max(0, (n - 1) * s + d * (k - 1) + 1 - (h + sum(edges)))
        for n, h, k, s, d, edges in zip(last, sizes, kernel, stride, dilation, margins, strict=True)
    )
    return Window(sizes, kernel, stride, dilation, margins, beyond)


def maxpool(emit: Emit, layer: MaxPool, x: str) -> str:
    window = window_of(emit, layer)
    margins = window.reach
    # onnxruntime takes no margin as large as the kernel, which dilated windows can have
    if any(max(edges) >= k for edges, k in zip(margins, window.kernel, strict=True)):
        x, margins = margin(emit, x, margins, value=-np.inf), ((0, 0),) * emit.rank
    return emit("MaxPool", x, **window.attributes, pads=flat(margins), dilations=window.dilation)


def avgpool(emit: Emit, layer: AvgPool, x: str) -> str:
    return mean(emit, x, window_of(emit, layer), layer.count_pad)


def mean(emit: Emit, x: str, window: Window, count_pad: bool = True) -> str:
    """The mean under each window; where `ceil` cuts windows off, over what is left of them."""
    if not any(window.beyond):
        pads = flat(window.margins)
        return emit("AveragePool", x, **window.attributes, pads=pads, count_include_pad=int(count_pad))
    whole = emit("AveragePool", margin(emit, x, window.reach), **window.attributes)
    return emit("Mul", whole, np.float32(prod(window.kernel)) / window.counts(count_pad))


def lppool(emit: Emit, layer: LpPool, x: str) -> str:
    """By its formula: ONNX's own LpPool takes absolute values and whole powers."""
    window = window_of(emit, layer)
    sums = emit("Mul", mean(emit, emit("Pow", x, layer.power), window), prod(window.kernel))
    return emit("Pow", sums, 1 / layer.power)


def adaptive(pool: str, reduce: str) -> Rule:
    """The rule of an adaptive pool: a plain one where sizes divide, else a reduction for each bin."""

    def rule(emit: Emit, layer: AdaptiveAvgPool | AdaptiveMaxPool, x: str) -> str:
        out = layer.infer(emit.shape)[1:]
        if prod(out) == 1:
            return emit(f"Global{pool}", x)
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


def bins(size: int, count: int) -> Iterator[tuple[int, int]]:
    """The bounds of the windows of an adaptive pool on one axis."""
    return ((i * size // count, -(-(i + 1) * size // count)) for i in range(count))
