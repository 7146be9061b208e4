"""Pools by a fixed filter, and the way back from pools of maxima."""

from __future__ import annotations

from functools import reduce

import numpy as np

from cnnspec.backends.numpy.kernels.conv import conv, conv_backward
from cnnspec.backends.numpy.kernels.window import Array, Gradients, Margins, Sizes, pad, windows

Filters = tuple[tuple[float, ...], ...]


def blurpool(x: Array, *, filters: Filters, stride: Sizes, padding: Margins, pad_mode: str) -> Array:
    """A depthwise convolution with the outer product of one filter an axis. Zhang 2019, section 3.1."""
    weight = blur_kernel(filters, x)
    return conv(x, weight, stride=stride, padding=padding, groups=x.shape[1], pad_mode=pad_mode)


def blurpool_backward(
    grad: Array, x: Array, *, filters: Filters, stride: Sizes, padding: Margins, pad_mode: str
) -> Gradients:
    weight = blur_kernel(filters, x)
    settings = {"stride": stride, "padding": padding, "groups": x.shape[1], "pad_mode": pad_mode}
    return conv_backward(grad, x, weight, **settings)[0], {}


def blur_kernel(filters: Filters, x: Array) -> Array:
    """The kernel of each channel, (channels, 1, *sizes)."""
    kernel = reduce(np.multiply.outer, [np.array(one, x.dtype) for one in filters])
    return np.broadcast_to(kernel, (x.shape[1], 1, *kernel.shape))


def max_unpool(
    x: Array, pooled: Array, *, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes | None = None
) -> Array:
    """Each value of x at the place in its window of `pooled` that holds the maximum, the first of equal ones.

    Badrinarayanan, Kendall and Cipolla 2015, section 3.
    """
    y = np.zeros((*pooled.shape[:2], pooled[0, 0].size), x.dtype)
    places = places_of_maxima(pooled, kernel, stride, padding, dilation)
    np.put_along_axis(y, places, x.reshape(places.shape), 2)
    return y.reshape(pooled.shape)


def max_unpool_backward(
    grad: Array,
    x: Array,
    pooled: Array,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Margins,
    dilation: Sizes | None = None,
) -> Gradients:
    """Each value has the gradient of its place; where that is follows no gradient."""
    places = places_of_maxima(pooled, kernel, stride, padding, dilation)
    flat = grad.reshape(*grad.shape[:2], -1)
    return (np.take_along_axis(flat, places, 2).reshape(x.shape), np.zeros_like(pooled)), {}


def places_of_maxima(
    x: Array, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes | None
) -> Array:
    """The pixel of each window that holds its maximum, counted row after row: (batch, channels, windows)."""
    rank = len(kernel)
    view = windows(pad(x, padding=padding, value=-np.inf), kernel, stride, dilation or (1,) * rank)
    outputs = view.shape[2 : 2 + rank]
    taps = np.unravel_index(view.reshape(*view.shape[: 2 + rank], -1).argmax(-1), kernel)
    edges = [before for before, _ in padding]
    starts = np.ix_(*(np.arange(n) * s - edge for n, s, edge in zip(outputs, stride, edges, strict=True)))
    steps = dilation or (1,) * rank
    places = tuple(start + tap * d for start, tap, d in zip(starts, taps, steps, strict=True))
    return np.ravel_multi_index(places, x.shape[2:]).reshape(*x.shape[:2], -1)
