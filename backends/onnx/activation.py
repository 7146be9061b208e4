"""Activations in ONNX, those that are not one node."""

from __future__ import annotations

from math import pi, sqrt

from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.activation import GELU, PReLU, ReLU6, SiLU, Softplus

EXACT = 20.0
"""Beyond this value of beta * x, softplus and x are equal in float32."""


def relu6(emit: Emit, layer: ReLU6, x: str) -> str:
    return emit("Clip", x, 0.0, 6.0)


def prelu(emit: Emit, layer: PReLU, x: str) -> str:
    return emit("PRelu", x, emit.per_channel(emit.weights["weight"]))


def gelu(emit: Emit, layer: GELU, x: str) -> str:
    """Written out: ONNX has Gelu from opset 20 on only, and runtimes recognize the pattern."""
    if layer.approximate == "tanh":
        cube = emit("Mul", emit("Pow", x, 3.0), 0.044715)
        bend = emit("Tanh", emit("Mul", emit("Add", x, cube), sqrt(2 / pi)))
    else:
        bend = emit("Erf", emit("Div", x, sqrt(2)))
    return emit("Mul", emit("Mul", x, emit("Add", bend, 1.0)), 0.5)


def silu(emit: Emit, layer: SiLU, x: str) -> str:
    return emit("Mul", x, emit("Sigmoid", x))


def softplus(emit: Emit, layer: Softplus, x: str) -> str:
    bent = x if layer.beta == 1 else emit("Mul", x, layer.beta)
    y = emit("Softplus", bent)
    y = y if layer.beta == 1 else emit("Div", y, layer.beta)
    return y if layer.threshold >= EXACT else emit("Where", emit("Greater", bent, layer.threshold), x, y)
