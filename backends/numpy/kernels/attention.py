"""Statistics along axes, and gates made of them."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.functions import logistic
from cnnspec.backends.numpy.kernels.window import Array, Gradients, Sizes


def reduce_axes(x: Array, *, statistic: str, axes: Sizes) -> Array:
    """The mean, maximum, standard deviation (by N) or Euclidean norm along axes, which stay as 1."""
    if statistic == "mean":
        return x.mean(axes, keepdims=True)
    if statistic == "max":
        return x.max(axes, keepdims=True)
    if statistic == "std":
        return x.std(axes, keepdims=True)
    return np.sqrt((x**2).sum(axes, keepdims=True))


def reduce_axes_backward(grad: Array, x: Array, *, statistic: str, axes: Sizes) -> Gradients:
    """Equal shares to the mean and to equal maxima; along x for the norm; nothing where that is 0."""
    y = reduce_axes(x, statistic=statistic, axes=axes)
    count = x.size // y.size
    if statistic == "mean":
        return (np.broadcast_to(grad / count, x.shape),), {}
    if statistic == "max":
        wins = (x == y).astype(grad.dtype)
        return (grad * wins / wins.sum(axes, keepdims=True),), {}
    slope = np.divide(grad, y, out=np.zeros_like(grad), where=y != 0)
    centred = x - x.mean(axes, keepdims=True) if statistic == "std" else x
    return (slope * centred / (count if statistic == "std" else 1),), {}


def eca(x: Array, weight: Array) -> Array:
    """y = x * logistic(w * mean(x)), the mean over space convolved along the channels. Wang et al. 2020."""
    return x * per_channel_of_each(channel_gates(x, weight), x.ndim - 2)


def channel_gates(x: Array, weight: Array) -> Array:
    """sigmoid of the means of neighbouring channels, weighed."""
    return logistic(channel_windows(x, weight.size) @ weight.ravel())


def channel_windows(x: Array, kernel: int) -> Array:
    """The means of the channels around each channel: (batch, channels, kernel)."""
    means = x.reshape(*x.shape[:2], -1).mean(2)
    padded = np.pad(means, ((0, 0), (kernel // 2, kernel // 2)))
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=1)


def per_channel_of_each(values: Array, rank: int) -> Array:
    """One value a channel and sample, shaped to meet maps with `rank` spatial axes."""
    return values.reshape(*values.shape, *(1,) * rank)


def eca_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    """Through the product, and through the gates to the means."""
    rank, kernel = x.ndim - 2, weight.size
    gates = channel_gates(x, weight)
    slope = (grad * x).reshape(*gates.shape, -1).sum(2) * gates * (1 - gates)
    weight_grad = np.einsum("nc,nck->k", slope, channel_windows(x, kernel)).reshape(weight.shape)
    padded = np.pad(slope, ((0, 0), (kernel // 2, kernel // 2)))
    means = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=1) @ weight.ravel()[::-1]
    count = x.size // gates.size
    spread = per_channel_of_each(means / count, rank)
    return (grad * per_channel_of_each(gates, rank) + spread,), {"weight": weight_grad}
