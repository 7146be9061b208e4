"""Statistics along axes, gates made of them, and attention, in ONNX."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.attention import relative_index, shift_mask, window_order
from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.attention import Attention, EfficientChannelAttention, Reduce

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


def attention(emit: Emit, layer: Attention, x: str) -> str:
    """The places of each window are gathered, (batch, windows, places, channels), and put back at the end."""
    channels, window, shift = emit.shape[0], layer.places(emit.shape), layer.shifts(emit.shape)
    out = layer.width(emit.shape)
    order = window_order(emit.shape[1:], window, shift, layer.grid is not None)
    windows, places = order.shape
    moved = windows > 1
    flat = emit("Reshape", x, (0, channels, -1))
    flat = emit("Gather", flat, tuple(map(int, order.ravel())), axis=2) if moved else flat
    rows = emit("Reshape", emit("Transpose", flat, perm=(0, 2, 1)), (0, windows, places, channels))
    qkv = projected(emit, rows, "qkv")
    parts = emit("Reshape", qkv, (0, windows, places, 3, layer.heads, out // layer.heads))
    q, k, v = (emit("Gather", parts, i, axis=3) for i in map(np.array, range(3)))
    scores = emit("MatMul", emit("Transpose", q, perm=HEADS), emit("Transpose", k, perm=(0, 1, 3, 4, 2)))
    scores = emit("Mul", scores, (out // layer.heads) ** -0.5)
    if layer.bias == "relative":
        table = emit("Gather", emit.weights["relative_position_bias_table"], relative_index(window), axis=0)
        scores = emit("Add", scores, emit("Transpose", table, perm=(2, 0, 1)))
    if any(shift):
        scores = emit("Add", scores, shift_mask(order, emit.shape[1:], shift).astype(np.float32))
    read = emit("MatMul", emit("Softmax", scores, axis=-1), emit("Transpose", v, perm=HEADS))
    rows = emit("Reshape", emit("Transpose", read, perm=HEADS), (0, windows * places, out))
    flat = emit("Transpose", projected(emit, rows, "proj"), perm=(0, 2, 1))
    flat = emit("Gather", flat, tuple(map(int, order.ravel().argsort())), axis=2) if moved else flat
    return emit("Reshape", flat, (0, out, *emit.shape[1:]))


HEADS = (0, 1, 3, 2, 4)
"""Places and heads, (batch, windows, places, heads, channels), change places."""


def projected(emit: Emit, rows: str, name: str) -> str:
    """A linear layer over the last axis."""
    product = emit("MatMul", rows, emit("Transpose", emit.weights[f"{name}.weight"], perm=(1, 0)))
    bias = emit.weights.get(f"{name}.bias")
    return product if bias is None else emit("Add", product, bias)
