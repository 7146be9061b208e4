"""Convs at stride 1 by runs: im2col, but a whole channel at a time instead of a row.

A map of 3 rows of 4 with a margin of 1, as it lies in memory. The middle tap of a 3x3 kernel meets

    . . . . . .       a b c d   for the outputs of row 0,
    . a b c d .       e f g h   for those of row 1, and
    . e f g h .       i j k l   for those of row 2: one run of memory,
    . i j k l .
    . . . . . .       a b c d . . e f g h . . i j k l

which is copied at once. What is computed for the places between the rows belongs to no output.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnspec.backends.numpy.kernels.conv import standardized, standardized_backward, turned
from cnnspec.backends.numpy.kernels.window import (
    Array,
    Gradients,
    Margins,
    Sizes,
    pad,
    pad_backward,
    per_channel,
    window_outputs,
)


def conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    padding: Margins,
    dilation: Sizes | None = None,
    groups: int = 1,
    pad_mode: str = "zeros",
    standardize: bool = False,
) -> Array:
    """The values of `kernels.conv.conv` at stride 1."""
    if standardize:
        weight = standardized(weight)
    kernel = weight.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    padded = pad(x, padding=padding, mode=pad_mode)
    outputs = window_outputs(padded.shape[2:], kernel, (1,) * len(kernel), dilation)
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    products = matrix @ to_runs(padded, kernel, outputs, dilation, groups)
    y = rows(products.reshape(len(x), len(weight), -1), outputs, padded.shape[2:])
    return np.ascontiguousarray(y) if bias is None else y + per_channel(bias, len(kernel))


def conv_backward(
    grad: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    padding: Margins,
    dilation: Sizes | None = None,
    groups: int = 1,
    pad_mode: str = "zeros",
    standardize: bool = False,
    inputs: bool = True,
) -> Gradients:
    """The gradients of `kernels.conv.conv_backward` at stride 1; without `inputs`, of the weights alone."""
    used = standardized(weight) if standardize else weight
    kernel = weight.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    reach = tuple(
        (d * (k - 1) - before, d * (k - 1) - after)
        for k, d, (before, after) in zip(kernel, dilation, padding, strict=True)
    )
    few = grad.shape[1] <= 2 * x.shape[1]
    if inputs and few and pad_mode == "zeros" and min(map(min, reach)) >= 0:
        into, slope = by_turned(grad, x, used, reach, dilation, groups)
        inner = (into,)
    else:
        padded = pad(x, padding=padding, mode=pad_mode)
        spread, slope = by_spreading(grad, padded, used, dilation, groups, inputs)
        inner = pad_backward(spread, x, padding=padding, mode=pad_mode)[0] if inputs else ()
    gradients = {"weight": standardized_backward(slope, weight) if standardize else slope}
    if bias is not None:
        gradients["bias"] = grad.sum((0, *range(2, grad.ndim)))
    return inner, gradients


def by_turned(
    grad: Array, x: Array, weight: Array, reach: Margins, dilation: Sizes, groups: int
) -> tuple[Array, Array]:
    """The gradients of x and weight from the runs of dy: dx = turned w * dy, dw = turned (x dy^T)."""
    padded = pad(grad, padding=reach)
    runs = to_runs(padded, weight.shape[2:], x.shape[2:], dilation, groups)
    back = turned(weight, groups)
    matrix = back.reshape(groups, x.shape[1] // groups, -1)
    products = (matrix @ runs).reshape(*x.shape[:2], -1)
    into = np.ascontiguousarray(rows(products, x.shape[2:], padded.shape[2:]))
    spaced = spread_rows(x, runs.shape[-1], padded.shape[2:])
    slope = over_batch(spaced.reshape(len(x), groups, x.shape[1] // groups, -1), runs)
    return into, turned(slope.reshape(back.shape), groups)


def by_spreading(
    grad: Array, padded: Array, weight: Array, dilation: Sizes, groups: int, inputs: bool
) -> tuple[Array, Array]:
    """The gradients of the padded x and of weight from the runs of x: dx = col2im(w^T dy), dw = dy x^T.

    Without `inputs` the first is dy itself, which nobody asks for.
    """
    kernel = weight.shape[2:]
    runs = to_runs(padded, kernel, grad.shape[2:], dilation, groups)
    spaced = spread_rows(grad, runs.shape[-1], padded.shape[2:])
    spaced = spaced.reshape(len(grad), groups, grad.shape[1] // groups, -1)
    slope = over_batch(spaced, runs).reshape(weight.shape)
    if not inputs:
        return grad, slope
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    return from_runs(matrix.swapaxes(-1, -2) @ spaced, padded.shape, kernel, dilation), slope


def over_batch(rows: Array, runs: Array) -> Array:
    """The product of rows with runs, summed over the images: as one product where the images are small."""
    images, groups, channels, run = rows.shape
    if channels < run:
        return (rows @ runs.swapaxes(-1, -2)).sum(0)
    joined = rows.transpose(1, 2, 0, 3).reshape(groups, channels, images * run)
    return joined @ runs.transpose(1, 0, 3, 2).reshape(groups, images * run, -1)


def to_runs(x: Array, kernel: Sizes, outputs: Sizes, dilation: Sizes, groups: int) -> Array:
    """What each tap meets, for all outputs and the places between their rows.

    From a padded map to (batch, groups, channels/groups * taps, run): a run starts at the first output and
    ends at the last one.
    """
    x = np.ascontiguousarray(x)
    steps = x.strides[2:]
    run = 1 + sum((n - 1) * step for n, step in zip(outputs, steps, strict=True)) // x.itemsize
    taps = tuple(d * step for d, step in zip(dilation, steps, strict=True))
    view = as_strided(x, (*x.shape[:2], *kernel, run), (*x.strides[:2], *taps, x.itemsize), writeable=False)
    return view.reshape(len(x), groups, x.shape[1] // groups * prod(kernel), run)


def from_runs(runs: Array, padded: Sizes, kernel: Sizes, dilation: Sizes) -> Array:
    """The transpose of `to_runs`: each run is added where it came from, in a map of shape `padded`."""
    x = np.zeros((*padded[:2], prod(padded[2:])), runs.dtype)
    runs = runs.reshape(*padded[:2], prod(kernel), -1)
    steps = [prod(padded[axis + 1 :]) for axis in range(2, len(padded))]
    for tap, place in enumerate(np.ndindex(*kernel)):
        start = sum(p * d * step for p, d, step in zip(place, dilation, steps, strict=True))
        x[..., start : start + runs.shape[-1]] += runs[:, :, tap]
    return x.reshape(padded)


def rows(runs: Array, outputs: Sizes, padded: Sizes) -> Array:
    """The outputs in runs of shape (batch, channels, run): a view that passes over what is between them."""
    steps = tuple(prod(padded[axis + 1 :]) * runs.itemsize for axis in range(len(padded)))
    return as_strided(runs, (*runs.shape[:2], *outputs), (*runs.strides[:2], *steps))


def spread_rows(y: Array, run: int, padded: Sizes) -> Array:
    """The outputs as runs, with zeros between their rows."""
    runs = np.zeros((*y.shape[:2], run), y.dtype)
    rows(runs, y.shape[2:], padded)[...] = y
    return runs
