"""Batch normalization in training, with few passes over the maps."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients


def batchnorm(
    x: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float,
    momentum: float,
    training: bool,
) -> Array:
    """The values of `kernels.norm.batchnorm` in training, and its new statistics, in place."""
    mean, centred, variance = moments(x)
    count = x.size // x.shape[1]
    running_mean += momentum * (mean - running_mean)
    running_var += momentum * (variance * (count / (count - 1)) - running_var)
    factor = 1 / np.sqrt(variance + eps)
    centred *= column(factor if weight is None else weight * factor)
    if bias is not None:
        centred += column(bias)
    return centred.reshape(x.shape)


def batchnorm_backward(
    grad: Array,
    x: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float,
    momentum: float,
    training: bool,
) -> Gradients:
    """The gradients of `kernels.norm.batchnorm_backward` in training.

    With c = x - mean, r = 1 / sqrt(var + eps) and m values a channel: dbeta = sum dy, dgamma = r sum dy c,
    dx = gamma r (dy - dbeta/m - c r dgamma/m). Ioffe and Szegedy 2015, section 3.
    """
    _, centred, variance = moments(x)
    count, rows = x.size // x.shape[1], flat(grad)
    factor = 1 / np.sqrt(variance + eps)
    summed = rows.sum((0, 2))
    along = products(rows, centred) * factor
    centred *= column(-factor * along / count)
    centred += rows
    centred -= column(summed / count)
    centred *= column(factor if weight is None else weight * factor)
    gradients = {} if weight is None else {"weight": along}
    return (centred.reshape(x.shape),), gradients if bias is None else gradients | {"bias": summed}


def moments(x: Array) -> tuple[Array, Array, Array]:
    """The mean of each channel, what is left of x without it, and its biased variance."""
    rows = flat(x)
    mean = rows.mean((0, 2))
    centred = rows - column(mean)
    return mean, centred, products(centred, centred) / (x.size // x.shape[1])


def products(a: Array, b: Array) -> Array:
    """The sum of a * b over each channel."""
    return np.einsum("nci,nci->c", a, b)


def flat(x: Array) -> Array:
    """A map as (batch, channels, positions)."""
    return x.reshape(*x.shape[:2], -1)


def column(values: Array) -> Array:
    """A value a channel, shaped to meet maps of (batch, channels, positions)."""
    return values[:, None]
