"""Values that a file holds with their channels last, as the language has them: with their channels first.

    Transpose to NHWC ── LayerNormalization ── MatMul ── Gelu ── MatMul ── Transpose to NCHW       in the file
    LayerNormalization over the channels ── Conv ── Gelu ── Conv                                as it is read

What works on the last axis works on the channels once the transposition before it is left out: a product with
a matrix is a convolution of one pixel. What works otherwise has the transposition right before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnnspec.backends.onnx.reading import OnnxNet, OnnxNode
from cnnspec.importing.onnx_graph import OnnxGraph

ELEMENTWISE = frozenset(
    {"Identity", "Dropout", "Cast", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Mish", "HardSwish"}
    | {"HardSigmoid", "Softsign", "Softplus", "Sigmoid", "Tanh", "Gelu", "Clip", "Erf", "Sqrt", "Exp", "Log"}
    | {"Abs", "Neg", "Reciprocal", "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "PRelu"}
)
"""What works on each value alone, or on the values at one place of several maps."""
REDUCTIONS = frozenset({"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL1", "ReduceL2"})
OF_MAPS = ELEMENTWISE | {"Concat"}
"""What takes several maps."""
ALONG = frozenset({"Softmax", "LogSoftmax", "Concat", "Split"})
"""What works along the axis that is an attribute of it."""
OVER_CHANNELS = "over channels"
"""The attribute of a LayerNormalization or a MatMul over axis 1 alone, which ONNX has none for."""


def channels_first(net: OnnxNet) -> OnnxNet | None:
    """The net with its channels first, as far as can be; None where no transposition puts them last."""
    turning = _Turning(net)
    nodes = [turned for node in net.nodes for turned in turning.read(node)]
    nodes += [node for name in net.outputs for node in turning.as_in_the_file(name)]
    if not turning.ranks:
        return None
    placed = tuple(replace(node, place=place) for place, node in enumerate(nodes))
    return replace(net, nodes=placed, constants=turning.constants)


class _Turning:
    """Goes through a net in order.

    `ranks` has the number of axes of each value that is here with its channels first, and another name.
    """

    def __init__(self, net: OnnxNet) -> None:
        self.known = OnnxGraph(net).constants
        self.constants = dict(net.constants)
        self.ranks: dict[str, int] = {}
        self.makers = {name: node for node in net.nodes for name in node.outputs}
        self.given: set[str] = set()

    def read(self, node: OnnxNode) -> Iterator[OnnxNode]:
        """A node as it is here, after the transpositions that it needs."""
        ranks = {self.ranks[name] for name in node.inputs if name in self.ranks}
        if len(ranks) == 1 and (turned := self._turned(node, *ranks)) is not None:
            yield turned
        elif not ranks and (rank := _puts_channels_last(node)):
            yield self._first(replace(node, op="Identity", attributes={}, chosen={}), rank, node.inputs)
        else:
            for name in node.inputs:
                yield from self.as_in_the_file(name)
            yield node

    def as_in_the_file(self, name: str) -> Iterator[OnnxNode]:
        """What gives a value as the file has it, if it is here with its channels first; once."""
        rank = self.ranks.get(name)
        if rank is not None and name not in self.given:
            self.given.add(name)
            scope = self.makers[name].name.rpartition("/")[0]
            order = {"perm": (0, *range(2, rank), 1)}
            title = f"{scope}/Transpose" if scope else ""
            yield OnnxNode(title, "Transpose", (_first(name),), (name,), order, order)

    def _turned(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        """A node that works on channels-last values, for the same values with their channels first."""
        if node.op == "Transpose":
            if tuple(node.attributes.get("perm") or ()) != (0, rank - 1, *range(1, rank - 1)):
                return None
            return replace(node, op="Identity", inputs=(_first(node.inputs[0]),), attributes={}, chosen={})
        turn = TURNS.get(node.op)
        if turn is None or not (node.op in OF_MAPS or self._is_first_alone(node)):
            return None
        return turn(self, node, rank)

    def _is_first_alone(self, node: OnnxNode) -> bool:
        """Whether a node works on a value with its channels first, and takes no other such value."""
        first, *others = node.inputs
        return first in self.ranks and not any(name in self.ranks for name in others)

    def _first(self, node: OnnxNode, rank: int, inputs: tuple[str, ...], **changed: Any) -> OnnxNode:
        """A node that gives values with their channels first, with some attributes of its own."""
        self.ranks |= {name: rank for name in node.outputs if name}
        return replace(
            node,
            inputs=inputs,
            outputs=tuple(name and _first(name) for name in node.outputs),
            attributes={**node.attributes, **changed},
            chosen={**node.chosen, **changed},
        )

    def elementwise(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        inputs = [name and self._operand(name, rank) for name in node.inputs]
        return None if None in inputs else self._first(node, rank, tuple(map(str, inputs)))

    def _operand(self, name: str, rank: int) -> str | None:
        """A value or a constant beside values with their channels first; None for a value that is not so."""
        if name in self.ranks:
            return _first(name)
        array = self.known.get(name)
        if array is None or array.size == 1 or array.ndim > rank:
            return name if array is not None and array.size == 1 else None
        whole = array.reshape((1,) * (rank - array.ndim) + array.shape)
        turned = f"{name}/first of {rank}"
        self.constants[turned] = whole.transpose(0, rank - 1, *range(1, rank - 1))
        return turned

    def along(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        axis = _axis(node.attributes.get("axis", 0), rank)
        values = node.inputs if node.op == "Concat" else node.inputs[:1]
        whole = node.attributes.get("flattened") and axis != 1
        if axis == 0 or whole or any(name not in self.ranks for name in values):
            return None
        inputs = (*map(_first, values), *node.inputs[len(values) :])
        return self._first(node, rank, inputs, axis=axis, flattened=False)

    def reduced(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        """A statistic over the channels or the places of the map; of the places, without their axes too."""
        first, given = node.inputs[0], "".join(node.inputs[1:])
        array = self.known.get(given)
        turned = [] if array is None else sorted({_axis(axis, rank) for axis in array.ravel()})
        kept = bool(node.attributes["keepdims"])
        if not turned or 0 in turned or (not kept and turned != list(range(2, rank))):
            return None
        name = f"{node.outputs[0]}/axes of {rank}"
        self.constants[name] = np.array(turned, np.int64)
        inputs = (_first(first), name)
        return self._first(node, rank, inputs) if kept else replace(node, inputs=inputs)

    def cut(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        """A part of some axes, which an input says."""
        first, *bounds = node.inputs
        array = self.known.get(bounds[2]) if len(bounds) > 2 else None
        if array is None:
            return None
        bounds[2] = f"{node.outputs[0]}/axes of {rank}"
        self.constants[bounds[2]] = np.array([_axis(axis, rank) for axis in array.ravel()], np.int64)
        return self._first(node, rank, (_first(first), *bounds))

    def normalized(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        first, *weights = node.inputs
        if node.attributes["axis"] % rank != rank - 1:
            return None
        return self._first(node, rank, (_first(first), *weights), **{OVER_CHANNELS: True})

    def product(self, node: OnnxNode, rank: int) -> OnnxNode | None:
        value, tensor = node.inputs
        matrix = self.known.get(tensor)
        if matrix is None or matrix.ndim != 2:
            return None
        if rank == 3:
            # a linear layer takes the vectors of a sequence one by one
            return self._first(node, rank, (_first(value), tensor), **{OVER_CHANNELS: True})
        kernel = f"{tensor}/kernel of {rank}"
        self.constants[kernel] = matrix.T.reshape(*matrix.T.shape, *(1,) * (rank - 2))
        node = replace(node, op="Conv", attributes={"group": 1, "auto_pad": "NOTSET"}, chosen={})
        return self._first(node, rank, (_first(value), kernel))


Turn = Callable[[_Turning, OnnxNode, int], OnnxNode | None]
TURNS: Mapping[str, Turn] = {
    **dict.fromkeys(ELEMENTWISE, _Turning.elementwise),
    **dict.fromkeys(REDUCTIONS, _Turning.reduced),
    **dict.fromkeys(ALONG, _Turning.along),
    "LayerNormalization": _Turning.normalized,
    "MatMul": _Turning.product,
    "Slice": _Turning.cut,
}
"""How each operation is said of values with their channels first; None where it cannot be."""


def _axis(axis: int, rank: int) -> int:
    """Where an axis of the file is once the channels are first."""
    place = int(axis) % rank
    return place and (1 if place == rank - 1 else place + 1)


def _first(name: str) -> str:
    """What a value is called with its channels first."""
    return f"{name}/first"


def _puts_channels_last(node: OnnxNode) -> int:
    """The axes of a transposition that does; 0 for any other node."""
    order = tuple(node.attributes.get("perm") or ()) if node.op == "Transpose" else ()
    return len(order) if len(order) > 2 and order == (0, *range(2, len(order)), 1) else 0
