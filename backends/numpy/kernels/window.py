"""Sliding windows over maps of any rank, which convs and pools share."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Sizes = tuple[int, ...]
Margins = tuple[tuple[int, int], ...]
Gradients = tuple[tuple[Array, ...], dict[str, Array]]

PAD_MODES: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Array, *, padding: Margins, mode: str = "zeros", value: float = 0.0) -> Array:
    """Add margins before and after each spatial axis; `mode` says what they hold.

    Raises ValueError where a map has too few pixels to fill them with.
    """
    if not any(map(any, padding)):
        return x
    if mode != "zeros":
        most = {"reflect": -1, "replicate": np.inf, "circular": 0}[mode]
        if any(max(margins) > size + most for size, margins in zip(x.shape[2:], padding, strict=True)):
            raise ValueError(f"margins of {padding} pixels by {mode} do not fit a map of {x.shape[2:]}")
        return np.pad(x, ((0, 0), (0, 0), *padding), PAD_MODES[mode])
    sizes = (n + before + after for n, (before, after) in zip(x.shape[2:], padding, strict=True))
    padded = np.full((*x.shape[:2], *sizes), value, x.dtype)
    trim(padded, padding)[...] = x
    return padded


def pad_backward(
    grad: Array, x: Array, *, padding: Margins, mode: str = "zeros", value: float = 0.0
) -> Gradients:
    """Each margin pixel gives its gradient to the pixel it was copied from; constants give none."""
    if mode == "zeros":
        return (trim(grad, padding),), {}
    for axis, (before, after) in enumerate(padding, start=2):
        size = x.shape[axis]
        if before or after:
            source = np.pad(np.arange(size), (before, after), PAD_MODES[mode])
            folded = np.zeros((*grad.shape[:axis], size, *grad.shape[axis + 1 :]), grad.dtype)
            np.add.at(np.moveaxis(folded, axis, 0), source, np.moveaxis(grad, axis, 0))
            grad = folded
    return (grad,), {}


def windows(x: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """A view of every window of a padded map: (batch, channels, *outputs, *kernel); no data is copied."""
    rank = len(kernel)
    window_outputs(x.shape[2:], kernel, stride, dilation)
    extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, extent, axis=tuple(range(2, 2 + rank)))
    steps = tuple(slice(None, None, step) for step in (1, 1, *stride, *dilation))
    return view[steps]


def window_outputs(sizes: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Sizes:
    """How many windows fit on each axis of a padded map: floor((H - d(k-1) - 1)/s) + 1.

    Raises ValueError where there is none.
    """
    axes = zip(sizes, kernel, stride, dilation, strict=True)
    outputs = tuple((h - d * (k - 1) - 1) // s + 1 for h, k, s, d in axes)
    if min(outputs) < 1:
        raise ValueError(f"windows of {kernel} pixels do not fit a map of {sizes} with its margins")
    return outputs


def taps(
    kernel: Sizes, outputs: Sizes, stride: Sizes, dilation: Sizes
) -> Iterator[tuple[Sizes, tuple[Any, ...]]]:
    """For each tap of a kernel: its place, and the index of the padded pixels it meets, one an output."""
    for place in np.ndindex(*kernel):
        index = tuple(
            slice(p * d, p * d + (n - 1) * s + 1, s)
            for p, n, s, d in zip(place, outputs, stride, dilation, strict=True)
        )
        yield place, (slice(None), slice(None), *index)


def to_columns(x: Array, kernel: Sizes, stride: Sizes, dilation: Sizes, groups: int) -> Array:
    """im2col: each window of a padded map as a column, (batch, groups, channels/groups * taps, outputs).

    Chellapilla, Puri and Simard 2006, "High performance convolutional neural networks for document
    processing".
    """
    rank = len(kernel)
    view = windows(x, kernel, stride, dilation)
    outputs = view.shape[2 : 2 + rank]
    view = view.transpose(0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    return view.reshape(x.shape[0], groups, x.shape[1] // groups * prod(kernel), prod(outputs))


def from_columns(
    columns: Array, padded: Sizes, kernel: Sizes, outputs: Sizes, stride: Sizes, dilation: Sizes
) -> Array:
    """col2im, the transpose of im2col: each column is added into its window of a map of shape `padded`."""
    columns = columns.reshape(*padded[:2], *kernel, *outputs)
    x = np.zeros(padded, columns.dtype)
    for place, index in taps(kernel, outputs, stride, dilation):
        x[index] += columns[(slice(None), slice(None), *place)]
    return x


def trim(x: Array, padding: Margins) -> Array:
    """A map without its margins, as a view."""
    inner = tuple(
        slice(before, size - after) for size, (before, after) in zip(x.shape[2:], padding, strict=True)
    )
    return x[(slice(None), slice(None), *inner)]


def per_channel(values: Array, rank: int) -> Array:
    """One value a channel, shaped to meet maps with `rank` spatial axes."""
    return values.reshape(-1, *(1,) * rank)
