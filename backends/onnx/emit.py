"""What rules write with: nodes, constants and names of an ONNX graph.

A rule takes an `Emit`, its layer and the names of its inputs, and gives the name of its output:

    def silu(emit, layer, x):
        return emit("Mul", x, emit("Sigmoid", x))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from cnnspec.backends.onnx.opsets import DEFAULT, OLDER
from cnnspec.layers.base import Shape

Operand = str | int | float | tuple[int, ...] | NDArray[Any] | None
"""A value by name, an input left out (None), or a constant: numbers are of the model's type, tuples int64."""


@dataclass
class ModelBody:
    """The nodes and tensors of a model as they grow, and the names that are taken.

    `opset` is the operator set that they keep to, `dtype` the type of values and weights.
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    opset: int = DEFAULT
    dtype: str = "float32"

    def fresh(self, name: str) -> str:
        """The name, or one made of it that nothing has yet; never empty, which ONNX reads as left out."""
        result, number = name or "_", 1
        while result in self.taken:
            number += 1
            result = f"{name}/{number}"
        self.taken.add(result)
        return result


@dataclass(frozen=True)
class Emit:
    """Writes the nodes of one layer: `emit("Relu", x)` adds one and gives the name of its output.

    `shapes` are those of the layer's inputs, per sample; `weights` maps a weight to the name of its tensor.
    With `open_size` the model is for other sizes too: a rule reads them with Shape where it can.
    """

    body: ModelBody
    path: str
    shapes: tuple[Shape, ...]
    weights: Mapping[str, str]
    open_size: bool = False

    def __call__(self, op: str, *inputs: Operand, **attributes: Any) -> str:
        """Add a node, as the operator set of the model has it, and give the name of its output."""
        older = OLDER.get(op)
        if older is not None and self.body.opset < older.since:
            return older.write(self, op, *inputs, **attributes)
        return self.node(op, *inputs, **attributes)

    def node(self, op: str, *inputs: Operand, **attributes: Any) -> str:
        """Add a node as it is, and give the name of its output."""
        return self.several(op, *inputs, count=1, **attributes)[0]

    def several(self, op: str, *inputs: Operand, count: int, **attributes: Any) -> list[str]:
        """Add a node of several outputs, and give their names."""
        names = ["" if value is None else self.operand(value) for value in inputs]
        outputs = [self.body.fresh(f"{self.path}/{op}") for _ in range(count)]
        self.body.nodes.append(onnx.helper.make_node(op, names, outputs, name=outputs[0], **attributes))
        return outputs

    @property
    def shape(self) -> Shape:
        """The shape of the first input, per sample."""
        return self.shapes[0]

    @property
    def rank(self) -> int:
        """The number of spatial axes of the first input."""
        return len(self.shape) - 1

    @property
    def axes(self) -> tuple[int, ...]:
        """The spatial axes of the first input."""
        return tuple(range(2, 2 + self.rank))

    def reshaped(self, x: str, like: str, shape: Shape) -> str:
        """A value in the shape of another, which is this one per sample."""
        return self("Reshape", x, self("Shape", like) if self.open_size else (0, *shape))

    def operand(self, value: Operand) -> str:
        """The name of a value; a constant is stored first."""
        return value if isinstance(value, str) else self.constant(value)

    def constant(self, value: Any) -> str:
        """Store a constant, and give its name."""
        kind = np.int64 if isinstance(value, tuple) else np.float32
        array = np.asarray(value, None if isinstance(value, np.ndarray) else kind)
        name = self.body.fresh(f"{self.path}/constant")
        self.body.tensors[name] = array.astype(self.body.dtype) if array.dtype.kind == "f" else array
        return name

    @property
    def kind(self) -> int:
        """The model's type of values, as ONNX numbers it."""
        return onnx.helper.np_dtype_to_tensor_dtype(np.dtype(self.body.dtype))

    def single(self, value: Any) -> str:
        """Store a constant in float32, whatever the type of the model, and give its name."""
        name = self.body.fresh(f"{self.path}/constant")
        self.body.tensors[name] = np.asarray(value, np.float32)
        return name

    def integer(self, value: int) -> str:
        """Store an integer that is no tuple, and give its name."""
        return self.constant(np.array(value, np.int64))

    def per_channel(self, weight: str) -> str:
        """A weight with one value a channel, shaped to meet a batch."""
        return self("Unsqueeze", weight, tuple(range(1, 1 + self.rank))) if self.rank else weight

    def affine(self, y: str, over: str = "channels") -> str:
        """y * weight + bias, with what of the two the layer has; one a channel, or one a value."""
        for op, name in (("Mul", "weight"), ("Add", "bias")):
            if name in self.weights:
                weight = self.weights[name]
                y = self(op, y, self.per_channel(weight) if over == "channels" else weight)
        return y


Rule = Callable[..., str]
"""rule(emit, layer, *inputs) gives the name of the layer's output, which the last node makes."""
