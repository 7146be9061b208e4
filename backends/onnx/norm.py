"""Normalizations in ONNX."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.norm import (
    BatchNorm,
    EvoNormS0,
    FilterResponseNorm,
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
)


def batchnorm(emit: Emit, layer: BatchNorm, x: str) -> str:
    names = ("weight", "bias") if layer.affine else ()
    ones, zeros = (np.full(emit.shape[0], value, np.float32) for value in (1, 0))
    weight, bias = (emit.weights[name] for name in names) if names else (ones, zeros)
    mean, variance = emit.weights["running_mean"], emit.weights["running_var"]
    return emit("BatchNormalization", x, weight, bias, mean, variance, epsilon=layer.eps)


def normalized(emit: Emit, x: str, axes: tuple[int, ...], eps: float) -> str:
    """(x - mean) / sqrt(variance + eps) over some axes."""
    centred = emit("Sub", x, emit("ReduceMean", x, axes))
    variance = emit("ReduceMean", emit("Mul", centred, centred), axes)
    return emit("Div", centred, emit("Sqrt", emit("Add", variance, eps)))


def layernorm(emit: Emit, layer: LayerNorm, x: str) -> str:
    return emit.affine(normalized(emit, x, over(emit, layer), layer.eps), layer.over)


def rmsnorm(emit: Emit, layer: RMSNorm, x: str) -> str:
    square = emit("ReduceMean", emit("Mul", x, x), over(emit, layer))
    return emit.affine(emit("Div", x, emit("Sqrt", emit("Add", square, layer.eps))), layer.over)


def over(emit: Emit, layer: LayerNorm | RMSNorm) -> tuple[int, ...]:
    """The axes that a layer normalizes over."""
    return (1,) if layer.over == "channels" else tuple(range(1, 2 + emit.rank))


def instancenorm(emit: Emit, layer: InstanceNorm, x: str) -> str:
    return emit.affine(normalized(emit, x, emit.axes, layer.eps))


def groupnorm(emit: Emit, layer: GroupNorm, x: str) -> str:
    grouped = emit("Reshape", x, (0, layer.groups, -1))
    y = normalized(emit, grouped, (2,), layer.eps)
    return emit.affine(emit.reshaped(y, x, emit.shape))


def lrn(emit: Emit, layer: LocalResponseNorm, x: str) -> str:
    """ONNX's LRN where runtimes have it (images, odd sizes); else an average pool of the squares."""
    if emit.rank == 2 and layer.size % 2:
        return emit("LRN", x, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
    rows = emit("Reshape", emit("Mul", x, x), (0, 1, emit.shape[0], -1))
    # of all axes, as every operator set has it: rows have more axes than the layer's input
    rows = emit.node("Pad", rows, (0, 0, layer.size // 2, 0, 0, 0, (layer.size - 1) // 2, 0), 0.0)
    mean = emit.reshaped(emit("AveragePool", rows, kernel_shape=(layer.size, 1)), x, emit.shape)
    divisor = emit("Pow", emit("Add", emit("Mul", mean, layer.alpha), layer.k), layer.beta)
    return emit("Div", x, divisor)


def grn(emit: Emit, layer: GlobalResponseNorm, x: str) -> str:
    size = emit("ReduceL2", x, emit.axes)
    n = emit("Div", size, emit("Add", emit("ReduceMean", size, (1,)), layer.eps))
    return emit("Add", x, emit.affine(emit("Mul", x, n)))


def frn(emit: Emit, layer: FilterResponseNorm, x: str) -> str:
    square = emit("ReduceMean", emit("Mul", x, x), emit.axes)
    y = emit.affine(emit("Div", x, emit("Sqrt", emit("Add", square, layer.eps))))
    return emit("Max", y, emit.per_channel(emit.weights["tau"])) if layer.threshold else y


def evonorm_s0(emit: Emit, layer: EvoNormS0, x: str) -> str:
    """The deviation of each group, repeated for its channels by way of axes of its own."""
    gated = emit("Mul", x, emit("Sigmoid", emit("Mul", x, emit.per_channel(emit.weights["v"]))))
    grouped = emit("Reshape", x, (0, layer.groups, -1))
    centred = emit("Sub", grouped, emit("ReduceMean", grouped, (2,)))
    variance = emit("ReduceMean", emit("Mul", centred, centred), (2,))
    deviation = emit("Sqrt", emit("Add", variance, layer.eps))
    y = emit("Div", emit("Reshape", gated, (0, layer.groups, -1)), deviation)
    return emit.affine(emit.reshaped(y, x, emit.shape))
