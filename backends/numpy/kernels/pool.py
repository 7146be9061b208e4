"""Pools: the largest or the mean value of each window."""

from __future__ import annotations

from functools import reduce
from math import prod

import numpy as np

from cnnspec.backends.numpy.kernels.window import (
    Array,
    Gradients,
    Margins,
    Sizes,
    pad,
    taps,
    trim,
    window_outputs,
)


def maxpool(
    x: Array, *, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes | None = None
) -> Array:
    """y[i] = max over t of x[i*stride + t*dilation - padding]; the margin never wins."""
    dilation = dilation or (1,) * len(kernel)
    padded = pad(x, padding=padding, value=-np.inf)
    outputs = window_outputs(padded.shape[2:], kernel, stride, dilation)
    return reduce(np.maximum, (padded[index] for _, index in taps(kernel, outputs, stride, dilation)))


def maxpool_backward(
    grad: Array, x: Array, *, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes | None = None
) -> Gradients:
    """The gradient of an output goes to the first pixel of its window that holds the maximum."""
    dilation = dilation or (1,) * len(kernel)
    y = maxpool(x, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    padded = pad(x, padding=padding, value=-np.inf)
    spread = np.zeros(padded.shape, grad.dtype)
    waiting = np.ones(y.shape, bool)
    for _, index in taps(kernel, y.shape[2:], stride, dilation):
        wins = waiting & (padded[index] == y)
        spread[index] += np.where(wins, grad, 0)
        waiting &= ~wins
    return (trim(spread, padding),), {}


def avgpool(
    x: Array, *, kernel: Sizes, stride: Sizes, padding: Margins, beyond: Sizes, count_pad: bool = True
) -> Array:
    """y[i] = the mean of window i; the margin counts as zeros, or with `count_pad` off not at all.

    `beyond` are pixels after the margin that ceil mode reaches into: they never count.
    """
    margins = tuple((before, after + more) for (before, after), more in zip(padding, beyond, strict=True))
    padded, dilation = pad(x, padding=margins), (1,) * len(kernel)
    outputs = window_outputs(padded.shape[2:], kernel, stride, dilation)
    sums = reduce(np.add, (padded[index] for _, index in taps(kernel, outputs, stride, dilation)))
    return sums / window_counts(x.shape[2:], kernel, stride, padding, beyond, count_pad).astype(x.dtype)


def avgpool_backward(
    grad: Array,
    x: Array,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Margins,
    beyond: Sizes,
    count_pad: bool = True,
) -> Gradients:
    """Each pixel of a window gets its share, 1/count, of the gradient."""
    share = grad / window_counts(x.shape[2:], kernel, stride, padding, beyond, count_pad).astype(grad.dtype)
    margins = tuple((before, after + more) for (before, after), more in zip(padding, beyond, strict=True))
    spread = np.zeros(pad(x, padding=margins).shape, grad.dtype)
    for _, index in taps(kernel, grad.shape[2:], stride, (1,) * len(kernel)):
        spread[index] += share
    return (trim(spread, margins),), {}


def window_counts(
    sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Margins, beyond: Sizes, count_pad: bool
) -> Array:
    """How many pixels count in each window: a product over the axes."""
    counts = np.ones(())
    for size, k, s, (before, after), more in zip(sizes, kernel, stride, padding, beyond, strict=True):
        margin = float(count_pad)
        line = np.concatenate(
            [np.full(before, margin), np.ones(size), np.full(after, margin), np.zeros(more)]
        )
        counts = np.multiply.outer(counts, np.lib.stride_tricks.sliding_window_view(line, k)[::s].sum(-1))
    return counts


def lppool(x: Array, *, kernel: Sizes, stride: Sizes, beyond: Sizes, power: float) -> Array:
    """y = (sum of x^p over the window)^(1/p); p = 1 sums, large p tends to the maximum.

    As in torch, the root of a negative sum is not a number (odd p > 1), and a window that ceil mode cuts off
    is scaled up to the full one. Sermanet et al. 2012, section 2.2.
    """
    none = ((0, 0),) * len(kernel)
    sums = avgpool(x**power, kernel=kernel, stride=stride, padding=none, beyond=beyond) * prod(kernel)
    with np.errstate(invalid="ignore"):
        return sums ** (1 / power)


def lppool_backward(
    grad: Array, x: Array, *, kernel: Sizes, stride: Sizes, beyond: Sizes, power: float
) -> Gradients:
    """dx = dy * (x / y)^(p-1)."""
    none = ((0, 0),) * len(kernel)
    y = lppool(x, kernel=kernel, stride=stride, beyond=beyond, power=power)
    inner = np.divide(grad, y ** (power - 1), out=np.zeros_like(grad), where=y != 0) * prod(kernel)
    (spread,), _ = avgpool_backward(inner, x, kernel=kernel, stride=stride, padding=none, beyond=beyond)
    return (spread * x ** (power - 1),), {}


def gap(x: Array) -> Array:
    """Global average: the mean of each channel, at spatial size 1. Lin, Chen and Yan 2013, section 3.2."""
    return x.mean(tuple(range(2, x.ndim)), keepdims=True)


def gap_backward(grad: Array, x: Array) -> Gradients:
    """Each pixel gets 1/positions of the gradient."""
    return (np.broadcast_to(grad / prod(x.shape[2:]), x.shape),), {}


def gmp(x: Array) -> Array:
    """Global maximum: the largest value of each channel, at spatial size 1."""
    return x.max(tuple(range(2, x.ndim)), keepdims=True)


def gmp_backward(grad: Array, x: Array) -> Gradients:
    """The gradient goes to the first pixel that holds the maximum."""
    flat = x.reshape(*x.shape[:2], -1)
    spread = np.zeros(flat.shape, grad.dtype)
    best = flat.argmax(-1)[..., None]
    np.put_along_axis(spread, best, grad.reshape(*x.shape[:2], 1), -1)
    return (spread.reshape(x.shape),), {}


def bins(size: int, count: int) -> list[tuple[int, int]]:
    """The bounds of `count` windows over an axis: from floor(i*size/count) to ceil((i+1)*size/count)."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def adaptive_avgpool(x: Array, *, size: Sizes) -> Array:
    """The mean over each of a fixed number of windows that cover the map; one axis after the other."""
    for axis, count in enumerate(size, start=2):
        parts = [x.take(range(*bound), axis).mean(axis) for bound in bins(x.shape[axis], count)]
        x = np.stack(parts, axis)
    return x


def adaptive_avgpool_backward(grad: Array, x: Array, *, size: Sizes) -> Gradients:
    """Each pixel gets 1/count of the gradients of the windows it lies in."""
    for axis, count in reversed(list(enumerate(size, start=2))):
        spread = np.zeros((*grad.shape[:axis], x.shape[axis], *grad.shape[axis + 1 :]), grad.dtype)
        lines, sources = np.moveaxis(spread, axis, 0), np.moveaxis(grad, axis, 0)
        for i, (start, stop) in enumerate(bins(x.shape[axis], count)):
            lines[start:stop] += sources[i] / (stop - start)
        grad = spread
    return (grad,), {}


def adaptive_maxpool(x: Array, *, size: Sizes) -> Array:
    """The largest value of each of a fixed number of windows that cover the map."""
    for axis, count in enumerate(size, start=2):
        parts = [x.take(range(*bound), axis).max(axis) for bound in bins(x.shape[axis], count)]
        x = np.stack(parts, axis)
    return x


def adaptive_maxpool_backward(grad: Array, x: Array, *, size: Sizes) -> Gradients:
    """The gradient of an output goes to the first pixel of its window that holds the maximum."""
    spread = np.zeros(x.shape, grad.dtype)
    bounds = [bins(n, count) for n, count in zip(x.shape[2:], size, strict=True)]
    for place in np.ndindex(*size):
        window = tuple(slice(*bounds[axis][i]) for axis, i in enumerate(place))
        index = (slice(None), slice(None), *window)
        (part,), _ = gmp_backward(grad[(slice(None), slice(None), *place)], x[index])
        spread[index] += part
    return (spread,), {}
