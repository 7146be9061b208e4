"""Elementwise layers in ONNX: a formula worked out on names of values writes its nodes."""

from __future__ import annotations

from typing import Any

from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.base import Layer

Number = int | float


def elementwise(emit: Emit, layer: Layer, x: str) -> str:
    """The nodes of a layer's formula."""
    result = layer.formula(GraphValue(emit, x), GraphFunctions(emit)).name
    return emit("Identity", x) if result == x else result


class GraphValue:
    """A value of the graph by its name; operators write the node that makes another."""

    def __init__(self, emit: Emit, name: str):
        self.emit, self.name = emit, name

    def _node(self, op: str, *operands: GraphValue | Number) -> GraphValue:
        return write(self.emit, op, *operands)

    def __add__(self, other: GraphValue | Number) -> GraphValue:
        return self._node("Add", self, other)

    __radd__ = __add__

    def __sub__(self, other: GraphValue | Number) -> GraphValue:
        return self._node("Sub", self, other)

    def __rsub__(self, other: Number) -> GraphValue:
        return self._node("Sub", other, self)

    def __neg__(self) -> GraphValue:
        return self._node("Neg", self)

    def __mul__(self, other: GraphValue | Number) -> GraphValue:
        return self if is_one(other) else self._node("Mul", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: GraphValue | Number) -> GraphValue:
        return self if is_one(other) else self._node("Div", self, other)

    def __rtruediv__(self, other: Number) -> GraphValue:
        return self._node("Div", other, self)

    def __pow__(self, power: Number) -> GraphValue:
        return self._node("Pow", self, power)

    def __gt__(self, bound: Number) -> GraphValue:
        return self._node("Greater", self, bound)

    def __ge__(self, bound: Number) -> GraphValue:
        return self._node("GreaterOrEqual", self, bound)

    def __lt__(self, bound: Number) -> GraphValue:
        return self._node("Less", self, bound)

    def __le__(self, bound: Number) -> GraphValue:
        return self._node("LessOrEqual", self, bound)


class GraphFunctions:
    """The functions of a formula as nodes."""

    def __init__(self, emit: Emit):
        self.emit = emit

    def _node(self, op: str, *operands: GraphValue | Number) -> GraphValue:
        return write(self.emit, op, *operands)

    def abs(self, x: GraphValue) -> GraphValue:
        return self._node("Abs", x)

    def exp(self, x: GraphValue) -> GraphValue:
        return self._node("Exp", x)

    def expm1(self, x: GraphValue) -> GraphValue:
        return self._node("Exp", x) - 1

    def tanh(self, x: GraphValue) -> GraphValue:
        return self._node("Tanh", x)

    def erf(self, x: GraphValue) -> GraphValue:
        return self._node("Erf", x)

    def sigmoid(self, x: GraphValue) -> GraphValue:
        return self._node("Sigmoid", x)

    def softplus(self, x: GraphValue) -> GraphValue:
        return self._node("Softplus", x)

    def maximum(self, x: GraphValue, bound: Number) -> GraphValue:
        return self._node("Max", x, bound)

    def minimum(self, x: GraphValue, bound: Number) -> GraphValue:
        return self._node("Min", x, bound)

    def clip(self, x: GraphValue, low: Number, high: Number) -> GraphValue:
        return self._node("Clip", x, low, high)

    def where(self, condition: GraphValue, x: GraphValue | Number, y: GraphValue | Number) -> GraphValue:
        return self._node("Where", condition, x, y)


def write(emit: Emit, op: str, *operands: GraphValue | Number) -> GraphValue:
    """Write one node."""
    return GraphValue(emit, emit(op, *(o.name if isinstance(o, GraphValue) else float(o) for o in operands)))


def is_one(value: Any) -> bool:
    return isinstance(value, int | float) and value == 1
