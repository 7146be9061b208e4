"""Layers as other writers of ONNX spell them, torch's exporter and Paddle's among them.

gelu(x)     x / 1.4142 ── Erf ── + 1 ── * x ── * 0.5          cnnspec halves x first
layernorm   .. Pow(x - mean, 2) ..                            cnnspec multiplies it with itself
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from math import pi, sqrt

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.reading import OnnxNode
from cnnspec.importing.onnx_templates import Template, template
from cnnspec.layers.activation import GELU
from cnnspec.layers.base import Layer, Shape

Line = tuple[str, str, tuple[str, ...]]
"""The value that an operation gives, the operation, and what it reads: values, or numbers by their names."""

GELUS: Mapping[str, tuple[Line, ...]] = {
    "none": (
        ("scaled", "Div", ("x", "sqrt2")),
        ("erf", "Erf", ("scaled",)),
        ("shifted", "Add", ("erf", "one")),
        ("product", "Mul", ("x", "shifted")),
        ("y", "Mul", ("product", "half")),
    ),
    "tanh": (
        ("square", "Mul", ("x", "x")),
        ("cube", "Mul", ("x", "square")),
        ("part", "Mul", ("cube", "kappa")),
        ("sum", "Add", ("x", "part")),
        ("scaled", "Mul", ("sum", "beta")),
        ("tanh", "Tanh", ("scaled",)),
        ("shifted", "Add", ("tanh", "one")),
        ("product", "Mul", ("x", "shifted")),
        ("y", "Mul", ("product", "half")),
    ),
}
NUMBERS = {"one": 1, "half": 0.5, "sqrt2": sqrt(2), "kappa": 0.044715, "beta": sqrt(2 / pi)}


@lru_cache(maxsize=1024)
def spelled_template(layer: Layer, shapes: tuple[Shape, ...]) -> Template:
    """What other writers write for a layer. Raises LayerError, and CompileError where it is nothing else."""
    if isinstance(layer, GELU):
        return _of_lines(GELUS[layer.approximate])
    found = template(layer, shapes)
    makers = {name: _with_power(node) for name, node in found.makers.items()}
    if makers == found.makers:
        raise CompileError(f"`{layer.op}` is spelled in one way")
    return replace(found, makers=makers, constants={**found.constants, TWO: np.array(2, np.float32)})


TWO = "two"


def _with_power(node: OnnxNode) -> OnnxNode:
    square = node.op == "Mul" and node.inputs[0] == node.inputs[1]
    return replace(node, op="Pow", inputs=(node.inputs[0], TWO)) if square else node


def _of_lines(lines: Iterable[Line]) -> Template:
    makers = {
        name: OnnxNode("", op, inputs, (name,), {}, {}, place)
        for place, (name, op, inputs) in enumerate(lines)
    }
    constants = {
        name: np.array(number, np.float32)
        for name, number in NUMBERS.items()
        if any(name in node.inputs for node in makers.values())
    }
    return Template(("x",), {}, constants, makers, "y")
