"""Pools channels last, one axis after the other: a maximum of maxima, a sum of sums."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, Phase, Workplace, cut
from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.pool import window_counts
from cnnspec.backends.numpy.kernels.window import Array, Margins
from cnnspec.layers.base import Shape, Slide
from cnnspec.layers.pool import AvgPool, MaxPool

SCRATCH = 1 << 17
"""Floats of output in one block."""


def pool_temporary(stage: Stage, source: Shape, batch: int) -> Shape | None:
    """The padded input, where the pool has margins."""
    slide = stage.layer.slide(source)
    if not any(map(any, slide.reach)):
        return None
    return batch, *(h + sum(margin) for h, margin in zip(source[1:], slide.reach, strict=True)), source[0]


def build_pool(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """The phases of a max or average pool: its padded input where it has margins, then its blocks."""
    slide, x, out = stage.layer.slide(source), work.view(stage.inputs[0]), work.view(stage.output)
    largest = isinstance(stage.layer, MaxPool)
    combine, shares = (np.maximum, None) if largest else (np.add, mean_shares(stage.layer, slide))
    phases: list[Phase] = []
    if pool_temporary(stage, source, len(x)) is not None:
        padded = work.memory.temporary(stage)
        phases.append([fill_padded(x, padded, slide.reach, -np.inf if largest else 0.0)])
        x = padded
    kernel, stride, dilation = slide.kernel, slide.stride, slide.dilation

    def block(images: slice, rows: slice) -> Block:
        y = out[images, rows]
        first = rows.start * stride[0]
        last = first + (rows.stop - rows.start - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1
        window = x[images, first:last]
        part = None if shares is None else shares[rows]

        def run() -> None:
            value = window
            for axis in range(len(kernel)):
                last = axis == len(kernel) - 1
                shape = (*value.shape[: axis + 1], y.shape[axis + 1], *value.shape[axis + 2 :])
                target = y if last else np.empty(shape, np.float32)
                reduce_axis(combine, value, target, axis + 1, kernel[axis], stride[axis], dilation[axis])
                value = target
            if part is not None:
                np.multiply(y, part, out=y)

        return run

    row_size = prod(out.shape[2:-1])
    target = max(1, SCRATCH // out.shape[-1])
    phases.append([block(*part) for part in cut(len(out), out.shape[1], row_size, target, work.crew(out))])
    return phases


def reduce_axis(
    combine: np.ufunc, x: Array, out: Array, axis: int, kernel: int, stride: int, dilation: int
) -> None:
    """Combine the pixels of each window along one axis."""
    lines, result = np.moveaxis(x, axis, 0), np.moveaxis(out, axis, 0)
    taps = [lines[t * dilation :][: (len(result) - 1) * stride + 1 : stride] for t in range(kernel)]
    if kernel == 1:
        np.copyto(result, taps[0])
        return
    combine(taps[0], taps[1], out=result)
    for tap in taps[2:]:
        combine(result, tap, out=result)


def mean_shares(layer: AvgPool, slide: Slide) -> Array:
    """What each sum is multiplied with to be a mean: 1 / pixels that count, (*spatial, 1)."""
    counts = window_counts(*slide[:3], slide.margins, slide.beyond, layer.count_pad)
    return (1 / counts).astype(np.float32)[..., None]


def fill_padded(x: Array, padded: Array, margins: Margins, value: float) -> Block:
    inner = tuple(
        slice(before, size - after) for size, (before, after) in zip(padded.shape[1:-1], margins, strict=True)
    )

    def run() -> None:
        padded.fill(value)
        padded[(slice(None), *inner)] = x

    return run
