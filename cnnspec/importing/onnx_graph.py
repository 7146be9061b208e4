"""The graph of an ONNX file to look things up in: what makes a value, what reads it, what is constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from cnnspec.backends.onnx.reading import OnnxNet, OnnxNode
from cnnspec.layers.base import Shape

Array = Any
MOST_COMPUTED = 2**26
"""The most values that are computed of constants, in all; views of tensors do not count.

Kernels that are standardized in the file, of a net of 16 million weights, are as many in four operations.
"""

WEIGHTED = frozenset({"Conv", "ConvTranspose", "BatchNormalization"})
"""Operations whose other inputs are weights: tensors, or kernels that are computed of them."""


class OnnxGraph:
    """A net, with the nodes around each value, and the constants that follow from those of the file.

    `roots` says which tensor of the file a constant is a view of.
    """

    def __init__(self, net: OnnxNet) -> None:
        self.net = net
        self.makers = {name: node for node in net.nodes for name in node.outputs if name}
        self.readers: Mapping[str, list[OnnxNode]] = defaultdict(list)
        for node in net.nodes:
            for name in node.inputs:
                self.readers[name].append(node)
        self.constants = dict(net.constants)
        self.roots = {name: name for name in net.constants}
        self.left = MOST_COMPUTED
        for node in net.nodes:
            self.compute(node)

    def constant(self, name: str) -> Array | None:
        """The array of a value that is constant; None where it flows."""
        return self.constants.get(name)

    def flowing(self, node: OnnxNode) -> tuple[str, ...]:
        """The inputs of a node that are no constants; of one that has weights, its first."""
        names = node.inputs[:1] if node.op in WEIGHTED else node.inputs
        return tuple(name for name in names if name and name not in self.constants)

    def compute(self, node: OnnxNode) -> bool:
        """Note what a node makes of constants, where all that it reads is constant; whether it does."""
        known = [self.constants.get(name) for name in node.inputs]
        missing = any(name and one is None for name, one in zip(node.inputs, known, strict=True))
        name, *more = node.outputs
        if missing or not any(one is not None for one in known) or (more and node.op not in WEIGHTED):
            return False
        result = None
        if node.op in VIEWS:
            result = _attempt(VIEWS[node.op], node, known)
        elif node.op in COMPUTED and (_attempt(_most_values, node, known) or 0) <= self.left:
            result = _attempt(COMPUTED[node.op], node, known)
            self.left -= 0 if result is None else result.size
        if result is None or self.left < 0:
            return False
        self.constants[name] = result
        self.roots[name] = self.roots[node.inputs[0]] if node.op in VIEWS else name
        return True

    def note_shape(self, node: OnnxNode, sizes: Shape) -> None:
        """Note the shape of a value that flows as a constant; its batch is 0, which a reshape copies."""
        axes = np.array((0, *sizes), np.int64)
        (name,) = node.outputs
        self.constants[name] = axes[node.attributes.get("start", 0) : node.attributes.get("end")]
        self.roots[name] = name


def _attempt(rule: Callable[..., Array], node: OnnxNode, known: list[Array | None]) -> Array | None:
    """What a rule makes of constants; None where they do not fit, which who reads it will say."""
    try:
        return rule(node, *known)
    except (ValueError, TypeError, LookupError, OverflowError, np.exceptions.AxisError):
        return None


def _most_values(node: OnnxNode, *known: Any) -> int:
    """The most values that an operation of COMPUTED makes or reads: small tensors may make a large one."""
    sizes = [one.size for one in known if one is not None]
    if node.op == "ConstantOfShape":
        return prod(map(int, known[0].ravel()))
    if node.op == "Gather":
        x, index = known
        return max(sum(sizes), index.size * (x.size // max(1, x.shape[node.attributes["axis"]])))
    if node.op in ("Add", "Sub", "Mul", "Div"):
        return max(sum(sizes), prod(np.broadcast_shapes(*[one.shape for one in known])))
    return sum(sizes)


def _unsqueezed(node: OnnxNode, x: Array, axes: Array) -> Array:
    return np.expand_dims(x, tuple(map(int, axes.ravel())))


def _squeezed(node: OnnxNode, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, None if axes is None else tuple(map(int, axes.ravel())))


def _reshaped(node: OnnxNode, x: Array, shape: Array) -> Array:
    return x.reshape([x.shape[i] if size == 0 else int(size) for i, size in enumerate(shape)])


def _sliced(
    node: OnnxNode, x: Array, starts: Array, stops: Array, axes: Any = None, steps: Any = None
) -> Array:
    index = [slice(None)] * x.ndim
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        index[int(axis)] = slice(int(start), int(stop), int(step))
    return x[tuple(index)]


def _mean(node: OnnxNode, x: Array, axes: Any = None) -> Array:
    over = None if axes is None else tuple(map(int, axes.ravel()))
    return x.mean(over, keepdims=bool(node.attributes["keepdims"]), dtype=x.dtype)


def _batch_normalized(
    node: OnnxNode, x: Array, factor: Array, shift: Array, mean: Array, variance: Array
) -> Array:
    """What a batchnorm makes of constants: in training, as for kernels, by their own statistics."""
    if node.attributes.get("training_mode"):
        others = (0, *range(2, x.ndim))
        mean, variance = x.mean(others), x.var(others)
    column = (-1, *(1,) * (x.ndim - 2))
    scale = factor / np.sqrt(variance + np.float32(node.attributes["epsilon"]))
    return (x - mean.reshape(column)) * scale.reshape(column) + shift.reshape(column)


VIEWS: Mapping[str, Callable[..., Array]] = {
    "Identity": lambda node, x: x,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Reshape": _reshaped,
    "Transpose": lambda node, x: x.transpose(node.attributes.get("perm")),
}
"""Operations that leave the values of a tensor as they are."""

COMPUTED: Mapping[str, Callable[..., Array]] = {
    "Add": lambda node, x, y: x + y,
    "Sub": lambda node, x, y: x - y,
    "Mul": lambda node, x, y: x * y,
    "Div": lambda node, x, y: x // y if np.issubdtype(np.result_type(x, y), np.integer) else x / y,
    "Sqrt": lambda node, x: np.sqrt(x),
    "Neg": lambda node, x: -x,
    "Ceil": lambda node, x: np.ceil(x),
    "Floor": lambda node, x: np.floor(x),
    "Clip": lambda node, x, low=None, high=None: x if low is None and high is None else np.clip(x, low, high),
    "ReduceMean": _mean,
    "BatchNormalization": _batch_normalized,
    "ConstantOfShape": lambda node, shape: np.full(tuple(map(int, shape)), _filling(node)),
    "Cast": lambda node, x: x.astype(KINDS[node.attributes["to"]]),
    "Concat": lambda node, *x: np.concatenate(x, node.attributes["axis"]),
    "Gather": lambda node, x, index: x.take(index, node.attributes["axis"]),
    "Slice": _sliced,
    "Shape": lambda node, x: np.array(x.shape, np.int64),
}


def _filling(node: OnnxNode) -> Array:
    """The value that a new tensor is full of."""
    value = node.attributes.get("value")
    return np.zeros((), np.float32) if value is None else value.reshape(())


KINDS = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}


def consumed_alone(graph: OnnxGraph, nodes: Mapping[str, OnnxNode], result: str) -> bool:
    """Whether what some nodes give, by their values, is read by them alone, but for the result."""
    places = {node.place for node in nodes.values()}
    return not any(
        _leaks(graph, name, places) for node in nodes.values() for name in node.outputs if name != result
    )


def _leaks(graph: OnnxGraph, name: str, places: set[int]) -> bool:
    if name in graph.constants:
        return False
    return name in graph.net.outputs or any(node.place not in places for node in graph.readers[name])


def walk(graph: OnnxGraph, needs: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The values that the outputs need, each once."""
    seen: set[str] = set()
    stack = list(graph.net.outputs)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            yield name
            stack += needs.get(name, ())
