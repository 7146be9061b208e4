"""Statistics along axes, and gates made of them, in ONNX."""

from __future__ import annotations

from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.attention import EfficientChannelAttention, Reduce

REDUCTIONS = {"mean": "ReduceMean", "max": "ReduceMax", "norm2": "ReduceL2"}


def reduce(emit: Emit, layer: Reduce, x: str) -> str:
    axes = tuple(1 + axis for axis in layer.axes(emit.shape))
    if layer.statistic != "std":
        return emit(REDUCTIONS[layer.statistic], x, axes)
    centred = emit("Sub", x, emit("ReduceMean", x, axes))
    return emit("Sqrt", emit("ReduceMean", emit("Mul", centred, centred), axes))


def eca(emit: Emit, layer: EfficientChannelAttention, x: str) -> str:
    """The means of all channels are a row of one channel, which a convolution of one axis goes along."""
    means = emit("Reshape", emit("ReduceMean", x, emit.axes), (0, 1, -1))
    half = layer.kernel // 2
    row = emit("Conv", means, emit.weights["weight"], kernel_shape=(layer.kernel,), pads=(half, half))
    gates = emit("Reshape", emit("Sigmoid", row), (0, -1, *(1,) * emit.rank))
    return emit("Mul", x, gates)
