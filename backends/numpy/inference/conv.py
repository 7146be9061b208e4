"""Convolutions channels last, each by the one of five kernels that suits its shape.

- product: 1x1 at stride 1 is a matrix product of the map as it is;
- winograd: 3x3 at stride 1 with at least 32 channels and enough tiles of 4x4 outputs (winograd.py);
- depthwise: a group a channel is a sum over taps of shifted maps;
- grouped: im2col, and a matrix product for each group;
- columns: im2col by blocks that stay in the cache, for all others.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, Phase, Workplace, cut, split, window_view
from cnnspec.backends.numpy.inference.fuse import Finish, Stage
from cnnspec.backends.numpy.inference.winograd import build_winograd, padded_size, tiles
from cnnspec.backends.numpy.kernels.conv import standardized
from cnnspec.backends.numpy.kernels.window import PAD_MODES, Array, Margins
from cnnspec.layers.base import Shape, Slide

SCRATCH = 1 << 18
"""Floats that the columns of one block may take: 1 MiB, about what stays in the cache beside the weights."""


SMALL = 1 << 17
"""Weights up to which a second, scaled copy costs little memory: 512 KiB."""

NOTHING = Finish()


def is_product(stage: Stage, slide: Slide) -> bool:
    """Whether each output looks at one input position: a matrix product of the map as it is."""
    return (
        stage.layer.groups == 1
        and prod(slide.kernel) == 1
        and not any(map(any, slide.margins))
        and set(slide.stride) == {1}
    )


def conv_temporary(stage: Stage, source: Shape, batch: int) -> Shape | None:
    """The padded input, where the conv needs one: (batch, *spatial, channels)."""
    slide = stage.layer.slide(source)
    if suits_winograd(stage, slide, source, batch):
        return batch, *map(padded_size, stage.layer.infer(source)[1:]), source[0]
    # A 1x1 transforms its input block by block on the way to the product. The others read a pixel for several
    # taps, and would transform it as often: they get a copy that is transformed once.
    plain = not any(map(any, slide.margins))
    if plain and (stage.before is None or is_product(stage, slide)):
        return None
    return batch, *slide.wholes, source[0]


def suits_winograd(stage: Stage, slide: Slide, source: Shape, batch: int) -> bool:
    """Whether Winograd's form is the fastest: 3x3 at stride 1, with enough tiles for efficient products."""
    if slide[1:4] != ((3, 3), (1, 1), (1, 1)) or stage.layer.groups > 1 or stage.layer.pad_mode != "zeros":
        return False
    # the transformed kernels are four times as large: many must serve more tiles
    count = batch * prod(map(tiles, stage.layer.infer(source)[1:]))
    channels, out = source[0], stage.layer.out
    return min(channels, out) >= 32 and count >= (24 if channels * out <= 1 << 16 else 48)


def build_conv(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """The phases of a conv: its padded input where it needs one, then its blocks."""
    slide, x = stage.layer.slide(source), work.view(stage.inputs[0])
    weight = work.tensors[stage.weights["weight"]]
    if stage.layer.standardize:
        weight = standardized(weight)
    winograd = suits_winograd(stage, slide, source, len(x))
    scale = stage.finish.scale
    # To scale outputs is to scale kernels. Small ones are cheap to copy and Winograd copies them anyway;
    # large ones are shared with the net, and the factor goes over the outputs instead.
    if scale is not None and (winograd or weight.size <= SMALL):
        weight = weight * scale.reshape(-1, *(1,) * (weight.ndim - 1))
        stage.finish = replace(stage.finish, scale=None)
    phases: list[Phase] = []
    if conv_temporary(stage, source, len(x)) is not None:
        padded = work.memory.temporary(stage)
        margins = tuple(
            (before, size - h - before)
            for (before, _), size, h in zip(slide.margins, padded.shape[1:], source[1:], strict=False)
        )
        phases.append(build_padding(stage, x, padded, margins, work))
        x = padded
    if winograd:
        phases.append(build_winograd(stage, x, weight, work))
    elif is_product(stage, slide):
        phases.append(build_product(stage, x, weight, work))
    elif stage.layer.groups == source[0] == stage.layer.out:
        phases.append(build_depthwise(stage, slide, x, weight, work))
    elif stage.layer.groups > 1:
        phases.append(build_grouped(stage, slide, x, weight, work))
    else:
        phases.append(build_columns(stage, slide, x, weight, work))
    return phases


def build_padding(stage: Stage, x: Array, padded: Array, padding: Margins, work: Workplace) -> Phase:
    """Copy a map into the middle of a larger one, with what comes before the conv done on the way."""
    inner = (slice(None), *(slice(b, n - a) for n, (b, a) in zip(padded.shape[1:-1], padding, strict=True)))
    middle = padded[inner]
    if stage.layer.pad_mode != "zeros":
        mode = PAD_MODES[stage.layer.pad_mode]
        return [lambda: np.copyto(padded, np.pad(x, ((0, 0), *padding, (0, 0)), mode))]

    def block(images: slice, rows: slice, edges: list[Array]) -> Block:
        source, target = x[images, rows], middle[images, rows]

        def run() -> None:
            for edge in edges:
                edge.fill(0)
            work.transform(stage.before or NOTHING, source, target)

        return run

    row_size = prod(x.shape[2:-1])
    parts = list(cut(len(x), x.shape[1], row_size, max(1, SCRATCH // x.shape[-1]), work.crew(x)))
    return [
        # one block clears all margins: views of them overlap in the corners, and the blocks run at once
        block(images, rows, margins_of(padded, padding) if not i else [])
        for i, (images, rows) in enumerate(parts)
    ]


def margins_of(padded: Array, padding: Margins) -> list[Array]:
    """The margins of a padded map, as views."""
    edges = []
    for axis, (before, after) in enumerate(padding, start=1):
        lines = np.moveaxis(padded, axis, 0)
        edges += [lines[:before]] if before else []
        edges += [lines[len(lines) - after :]] if after else []
    return edges


def build_product(stage: Stage, x: Array, weight: Array, work: Workplace) -> Phase:
    """1x1 convs at stride 1: pixels (rows, in) times weights (in, out), by blocks of rows or of columns."""
    out, residual = work.view(stage.output), work.residual(stage)
    pixels = x.reshape(-1, x.shape[-1])
    result = out.reshape(-1, out.shape[-1])
    extra = None if residual is None else residual.reshape(result.shape)
    matrix = weight.reshape(weight.shape[0], -1).T
    before = stage.before

    def block(rows: slice, columns: slice) -> Block:
        y = result[rows, columns]
        factor = matrix[:, columns]
        addend = None if extra is None else extra[rows, columns]
        source = pixels[rows]

        def run() -> None:
            left = source
            if before is not None:
                left = work.scratch.take(*source.shape)
                work.transform(before, source, left)
            np.matmul(left, factor, out=y)
            work.apply(stage.finish, y, addend, columns)

        return run

    count, width = len(pixels), out.shape[-1]
    # Few pixels and many channels, as at the end of a net: threads share the columns, for a product of a few
    # rows would leave most of them idle. An input that is transformed would be so by each of them.
    if count < 64 * work.threads and before is None:
        return [block(slice(None), columns) for columns in split(width, work.threads)]
    # blocks that stay in the cache, of enough rows for an efficient product
    target = max(64, min(SCRATCH // max(pixels.shape[1], width), 1024))
    parts = max(work.threads, -(-count // target))
    return [block(rows, slice(None)) for rows in split(count, parts)]


def build_linear(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """y = x W^T at each place: as a 1x1 conv."""
    return [build_product(stage, work.view(stage.inputs[0]), work.tensors[stage.weights["weight"]], work)]


def build_columns(stage: Stage, slide: Slide, x: Array, weight: Array, work: Workplace) -> Phase:
    """im2col by blocks: the windows of some rows as lines of a matrix, times weights (taps * in, out).

    The columns of a block are made, used and finished while they are in the cache.
    """
    out, residual = work.view(stage.output), work.residual(stage)
    view = window_view(x, slide.kernel, slide.stride, slide.dilation)
    depth = prod(slide.kernel) * x.shape[-1]
    matrix = np.moveaxis(weight, 1, -1).reshape(weight.shape[0], depth).T

    def block(images: slice, rows: slice, columns: slice) -> Block:
        windows = view[images, rows]
        y = out[images, rows, ..., columns].reshape(-1, columns.stop - columns.start)
        extra = None if residual is None else residual[images, rows, ..., columns].reshape(y.shape)
        factor = matrix[:, columns]

        def run() -> None:
            lines = work.scratch.take(len(y), depth)
            np.copyto(lines.reshape(windows.shape), windows)
            np.matmul(lines, factor, out=y)
            work.apply(stage.finish, y, extra, columns)

        return run

    width = out.shape[-1]
    row_size = prod(out.shape[2:-1])
    count = len(out) * out.shape[1] * row_size
    # as in build_product; every thread gathers all windows, which are few
    if count < 64 * work.threads:
        everything = slice(0, len(out)), slice(0, out.shape[1])
        return [block(*everything, columns) for columns in split(width, work.threads)]
    target = max(64, SCRATCH // depth)
    return [
        block(images, rows, slice(0, width))
        for images, rows in cut(len(out), out.shape[1], row_size, target, work.threads)
    ]


def build_grouped(stage: Stage, slide: Slide, x: Array, weight: Array, work: Workplace) -> Phase:
    """Grouped convs: as im2col, a matrix product for each group."""
    out, residual = work.view(stage.output), work.residual(stage)
    groups, rank = stage.layer.groups, len(slide.kernel)
    view = window_view(x, slide.kernel, slide.stride, slide.dilation)
    view = split_channels(view, groups)
    # groups first, then positions, then taps and channels of the group
    view = np.moveaxis(view, -2, 0)
    taps, inner = prod(slide.kernel), x.shape[-1] // groups
    parts = weight.reshape(groups, -1, inner, taps)
    matrix = np.ascontiguousarray(parts.transpose(0, 3, 2, 1)).reshape(groups, taps * inner, -1)

    def block(images: slice, rows: slice) -> Block:
        windows = view[:, images, rows]
        y = out[images, rows].reshape(-1, out.shape[-1])
        extra = None if residual is None else residual[images, rows].reshape(y.shape)
        result = split_channels(y, groups).transpose(1, 0, 2)

        def run() -> None:
            lines = work.scratch.take(groups, len(y), taps * inner)
            np.copyto(lines.reshape(windows.shape), windows)
            np.matmul(lines, matrix, out=result)
            work.apply(stage.finish, y, extra)

        return run

    row_size = prod(out.shape[2:-1])
    target = max(64, SCRATCH // (taps * x.shape[-1]))
    assert view.ndim == 3 + 2 * rank
    return [block(*part) for part in cut(len(out), out.shape[1], row_size, target, work.threads)]


def split_channels(x: Array, groups: int) -> Array:
    """A view with the last axis as (groups, channels of a group)."""
    size = x.shape[-1] // groups
    return np.lib.stride_tricks.as_strided(
        x, (*x.shape[:-1], groups, size), (*x.strides[:-1], x.strides[-1] * size, x.strides[-1])
    )


def build_depthwise(stage: Stage, slide: Slide, x: Array, weight: Array, work: Workplace) -> Phase:
    """Depthwise convs: the sum over taps of the shifted map times one weight a channel, in blocks of rows.

    A channel has nothing to be summed over but its taps: a matrix product would be of one row. einsum adds
    products up along lines of channels, and is fast along long ones, so that pixels side by side are one.
    """
    out, residual = work.view(stage.output), work.residual(stage)
    view = window_view(x, slide.kernel, slide.stride, slide.dilation)
    rank = len(slide.kernel)
    side = side_by_side(view[..., *(0,) * rank, :], out) if rank > 1 else 1
    factors = np.tile(np.ascontiguousarray(np.moveaxis(weight[:, 0], 0, -1)), side)
    *places, channel = range(rank + 2)
    taps = [*range(rank + 2, 2 * rank + 2)]

    def block(images: slice, rows: slice) -> Block:
        windows, y = joined(view[images, rows], rank + 1, side), out[images, rows]
        lines = joined(y, rank + 1, side)
        extra = None if residual is None else residual[images, rows]

        def run() -> None:
            np.einsum(
                windows, [*places, *taps, channel], factors, [*taps, channel], [*places, channel], out=lines
            )
            work.apply(stage.finish, y, extra)

        return run

    row_size = prod(out.shape[2:-1])
    target = max(1, SCRATCH // 4 // out.shape[-1])
    return [block(*part) for part in cut(len(out), out.shape[1], row_size, target, work.threads)]


LINE = 1024
"""Floats in a line that is long enough for numpy."""


def side_by_side(x: Array, out: Array) -> int:
    """How many pixels of a row count as one, with their channels as its own; 1 where others lie between."""
    width, channels = out.shape[-2:]
    if any(one.strides[-2] != channels * one.itemsize for one in (x, out)):
        return 1
    return max(n for n in range(1, width + 1) if width % n == 0 and (n == 1 or n * channels <= LINE))


def joined(x: Array, axis: int, side: int) -> Array:
    """A view in which so many pixels side by side, along the axis before this one, are one."""
    shape, strides = list(x.shape), list(x.strides)
    shape[axis - 1] //= side
    shape[-1] *= side
    strides[axis - 1] *= side
    return np.lib.stride_tricks.as_strided(x, shape, strides)
