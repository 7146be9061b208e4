"""From each layer to what it computes: rule(layer, weights, *inputs)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from cnnspec.layers.activation import ReLU, Sigmoid, Tanh
from cnnspec.layers.base import Layer, per_axis
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Dropout, Flatten, Linear
from cnnspec.layers.join import Add, Concat, Mul
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import AdaptiveAvgPool, AvgPool, MaxPool
from cnnspec.layers.window import paddings

Array = np.ndarray
Weights = Mapping[str, Array]


def windows(layer: Any, x: Array, fill: float) -> Array:
    """The window of each output: (batch, channels, rows, columns, kernel rows, kernel columns)."""
    kernel, stride = per_axis(layer.kernel, 2, "kernel"), per_axis(layer.stride or layer.kernel, 2, "stride")
    margins = paddings(x.shape[2:], kernel, stride, layer.pad, (1, 1))
    padded = np.pad(x, ((0, 0), (0, 0), *margins), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, (2, 3))[:, :, :: stride[0], :: stride[1]]


def conv(layer: Conv, w: Weights, x: Array) -> Array:
    y = np.einsum("nchwij,ocij->nohw", windows(layer, x, 0.0), w["weight"], optimize=True)
    return y + w["bias"].reshape(-1, 1, 1) if layer.bias else y


def batchnorm(layer: BatchNorm, w: Weights, x: Array) -> Array:
    scale = w["weight"] / np.sqrt(w["running_var"] + layer.eps)
    shift = w["bias"] - w["running_mean"] * scale
    return x * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)


RULES: dict[type[Layer], Callable[..., Array]] = {
    Conv: conv,
    BatchNorm: batchnorm,
    ReLU: lambda layer, w, x: np.maximum(x, 0),
    Sigmoid: lambda layer, w, x: 1 / (1 + np.exp(-x)),
    Tanh: lambda layer, w, x: np.tanh(x),
    MaxPool: lambda layer, w, x: windows(layer, x, -np.inf).max((4, 5)),
    AvgPool: lambda layer, w, x: windows(layer, x, 0.0).mean((4, 5)),
    AdaptiveAvgPool: lambda layer, w, x: x.mean((2, 3), keepdims=True),
    Flatten: lambda layer, w, x: x.reshape(len(x), -1),
    Linear: lambda layer, w, x: x @ w["weight"].T + w.get("bias", 0),
    Dropout: lambda layer, w, x: x,
    Add: lambda layer, w, *xs: reduce(np.add, xs),
    Mul: lambda layer, w, *xs: reduce(np.multiply, xs),
    Concat: lambda layer, w, *xs: np.concatenate(xs, 1),
}


def known(layer: Layer) -> bool:
    return type(layer) in RULES
