"""Activations that are not elementwise: prelu, with a weight a channel, and the softmaxes.

The kernels of the others are made of their formulas (formulas.py).
"""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients, per_channel


def prelu(x: Array, weight: Array) -> Array:
    """y = x where x > 0, else w * x, with one learned w a channel or for all. He et al. 2015, section 2.1."""
    return np.where(x > 0, x, per_channel(weight, x.ndim - 2) * x)


def prelu_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    """dw is the sum of dy * x where x is negative."""
    slope = np.where(x > 0, 1, per_channel(weight, x.ndim - 2)).astype(x.dtype)
    below = (grad * np.minimum(x, 0)).sum((0, *range(2, x.ndim)))
    return (grad * slope,), {"weight": below if weight.size > 1 else below.sum(keepdims=True)}


def softmax(x: Array, *, over: str = "channels", groups: int = 1) -> Array:
    """y = exp(x) / sum of exp(x) over the channels of a group, the groups, or the positions.

    The maximum is subtracted first, against overflow.
    """
    parts, axis = softmax_parts(x, over, groups)
    powers = np.exp(parts - parts.max(axis, keepdims=True))
    return (powers / powers.sum(axis, keepdims=True)).reshape(x.shape)


def softmax_parts(x: Array, over: str, groups: int) -> tuple[Array, int]:
    """The values as (batch, groups, channels of a group, positions), and the axis to sum over."""
    parts = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    return parts, {"groups": 1, "channels": 2, "positions": 3}[over]


def softmax_backward(grad: Array, x: Array, *, over: str = "channels", groups: int = 1) -> Gradients:
    """dx = y * (dy - sum of dy * y)."""
    y, axis = softmax_parts(softmax(x, over=over, groups=groups), over, groups)
    slope = grad.reshape(y.shape)
    return ((y * (slope - (slope * y).sum(axis, keepdims=True))).reshape(x.shape),), {}


def log_softmax(x: Array) -> Array:
    """y[c] = x[c] - log(sum of exp(x) over the channels)."""
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def log_softmax_backward(grad: Array, x: Array) -> Gradients:
    """dx = dy - softmax(x) * sum of dy."""
    return (grad - softmax(x) * grad.sum(1, keepdims=True),), {}
