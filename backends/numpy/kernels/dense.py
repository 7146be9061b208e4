"""Linear layers, dropout and scalings."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients, per_channel


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """y = x W^T + b, at each position of a sequence. Rosenblatt 1958."""
    y = x @ weight.T if x.ndim == 2 else weight @ x
    return y if bias is None else y + per_channel(bias, x.ndim - 2)


def linear_backward(grad: Array, x: Array, weight: Array, bias: Array | None = None) -> Gradients:
    """dx = dy W, dW = dy^T x, db = sum of dy over the batch; and over the positions of a sequence."""
    gradients = {"weight": grad.T @ x if x.ndim == 2 else (grad @ x.swapaxes(1, 2)).sum(0)}
    if bias is not None:
        gradients["bias"] = grad.sum((0, *range(2, grad.ndim)))
    return (grad @ weight if x.ndim == 2 else weight.T @ grad,), gradients


def flatten(x: Array) -> Array:
    """Every sample as a vector, channel after channel, row after row."""
    return x.reshape(x.shape[0], -1)


def flatten_backward(grad: Array, x: Array) -> Gradients:
    return (grad.reshape(x.shape),), {}


def identity(x: Array) -> Array:
    """y = x."""
    return x


def identity_backward(grad: Array, x: Array) -> Gradients:
    return (grad,), {}


def dropout(x: Array, *, noise: Array | None = None) -> Array:
    """y = x in inference; in training x * noise, which is 0 with probability `rate`, else 1 / (1 - rate).

    Srivastava et al. 2014, in the inverted form. Stochastic depth (Huang et al. 2016) draws one value a
    sample.
    """
    return x if noise is None else x * noise


def dropout_backward(grad: Array, x: Array, *, noise: Array | None = None) -> Gradients:
    return (grad if noise is None else grad * noise,), {}


def scale(x: Array, weight: Array | None = None, *, by: float = 1.0) -> Array:
    """y = by * x, or w * x with one learned w, which starts at `by`."""
    return x * (by if weight is None else weight)


def scale_backward(grad: Array, x: Array, weight: Array | None = None, *, by: float = 1.0) -> Gradients:
    if weight is None:
        return (grad * by,), {}
    return (grad * weight,), {"weight": (grad * x).sum().reshape(1)}


def layerscale(x: Array, weight: Array) -> Array:
    """y = w * x with one learned w a channel. Touvron et al. 2021, "Going deeper with image transformers"."""
    return x * per_channel(weight, x.ndim - 2)


def layerscale_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    axes = (0, *range(2, x.ndim))
    return (grad * per_channel(weight, x.ndim - 2),), {"weight": (grad * x).sum(axes)}


def affine(x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    """y = w * x + b with one learned w and b a channel, or one in all. Touvron et al. 2021, "ResMLP"."""
    if weight is not None:
        x = x * per_channel(weight, x.ndim - 2)
    return x if bias is None else x + per_channel(bias, x.ndim - 2)


def affine_backward(
    grad: Array, x: Array, weight: Array | None = None, bias: Array | None = None
) -> Gradients:
    def total(values: Array, size: int) -> Array:
        """The sum for each channel, or for all where there is one weight."""
        sums = values.sum((0, *range(2, values.ndim)))
        return sums if len(sums) == size else sums.sum(keepdims=True)

    gradients = {}
    if bias is not None:
        gradients["bias"] = total(grad, len(bias))
    if weight is not None:
        gradients["weight"] = total(grad * x, len(weight))
        grad = grad * per_channel(weight, x.ndim - 2)
    return (grad,), gradients


def constant(x: Array, weight: Array) -> Array:
    """The weight, for every sample."""
    return np.broadcast_to(weight, (len(x), *weight.shape))


def constant_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    """dw is the sum of dy over the batch; the input counts for nothing."""
    return (np.zeros_like(x),), {"weight": grad.sum(0)}
