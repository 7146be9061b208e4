"""A layer as the nodes that the ONNX backend writes, found in a file by its shape, then held against it.

    groupnorm(7) on 77x5x13     x -- Reshape (0, 7, -1) -- .. -- Add -- Sqrt -- .. -- Reshape (0, 77, 5, 13)
    in a file                   c -- Reshape (0, 32, -1) -- .. -- Add -- Sqrt -- .. -- Reshape (0, 64, 14, 14)

The same operations, wired the same way, may be a groupnorm. Where the example says 7, the file says 32: that
is its number of groups. What groupnorm(32) on the shape of `c` is written as must then be what the file has,
to the last constant: so that no rule of the backend is said here once more, the other way around.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import dropwhile
from math import prod
from typing import Any

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.builder import OPSET, ModelStyle, written
from cnnspec.backends.onnx.emit import Emit, ModelBody
from cnnspec.backends.onnx.formula import elementwise
from cnnspec.backends.onnx.reading import OnnxNode, plain
from cnnspec.graph import build
from cnnspec.importing.onnx_graph import OnnxGraph, consumed_alone
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer, LayerError, Shape

MOST_VALUES = 2**26
"""The most values of a constant in what is written to compare: those of 8,192 places that see each other."""
COMMUTES = frozenset({"Add", "Mul", "Max", "Min"})


@dataclass(frozen=True, eq=False)
class Template:
    """The nodes of a layer for inputs of some shapes, by the value that each gives.

    `weights` are the names of its weights by those of their tensors, and `shapes` those of these tensors that
    may have no other.
    """

    inputs: tuple[str, ...]
    weights: Mapping[str, str]
    constants: Mapping[str, Any]
    makers: Mapping[str, OnnxNode]
    result: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def template(layer: Layer, shapes: tuple[Shape, ...]) -> Template:
    """What the ONNX backend writes for a layer. Raises LayerError and CompileError.

    What a file asks for may be anything: a layer whose constants would be large is not written.
    """
    check_arguments(layer)
    if _largest(layer, shapes) > MOST_VALUES:
        raise CompileError(f"`{layer.op}` is too large to be looked for")
    names = [f"x{number}" for number in range(len(shapes))]
    graph = build(
        "net", dict(zip(names, shapes, strict=True)), [("layer", layer, tuple(names))], {"y": "layer"}
    )
    found = written(graph, ModelStyle())
    weights = {tensor: key.removeprefix("layer.") for key, tensor in found.weights.items()}
    sizes = {weight.name: weight.shape for weight in layer.params(*shapes)}
    tensors = {tensor: sizes[name] for tensor, name in weights.items()}
    return Template(tuple(found.inputs), weights, *_parts(found.made), *found.outputs, shapes=tensors)


@lru_cache(maxsize=256)
def formula_template(layer: Layer, shapes: tuple[Shape, ...]) -> Template:
    """An elementwise layer as its formula says it, though ONNX has an operation for it."""
    check_arguments(layer)
    made = ModelBody()
    x = made.fresh("x0")
    result = elementwise(Emit(made, "layer", shapes, {}), layer, x)
    return Template((x,), {}, *_parts(made), result)


def _parts(made: ModelBody) -> tuple[Mapping[str, Any], Mapping[str, OnnxNode]]:
    """The constants that are written, and what makes each value."""
    constants: dict[str, Any] = dict(made.tensors)
    nodes = [plain(node, OPSET, constants, place=place) for place, node in enumerate(made.nodes)]
    return constants, {name: node for node in nodes for name in node.outputs}


def check_arguments(layer: Layer) -> None:
    """Raise LayerError for an argument that a layer does not take: in a file may stand any number."""
    for argument in fields(layer):
        value = getattr(layer, argument.name)
        try:
            # what a layer that stands for another one knows of it is no argument
            if "kind" in argument.metadata:
                argument.metadata["kind"].read(value)
        except ValueError as error:
            told = f"`{argument.name}` of `{layer.op}` is {value}, not {error}"
            raise LayerError("argument-value", told) from error


def _largest(layer: Layer, shapes: tuple[Shape, ...]) -> int:
    """About the most values of a constant that a layer may be written with: an index, a filter, a mask."""
    maps = [*shapes, layer.infer(*shapes)]
    sizes = [prod(shape[1:]) for shape in maps]
    kernel = getattr(layer, "kernel", 1)
    taps = prod(kernel) if isinstance(kernel, tuple) else kernel ** max(len(shapes[0]) - 1, 1)
    if isinstance(layer, Attention):
        sizes.append(prod(layer.places(shapes[0])) ** 2)
    return max(*sizes, taps * shapes[0][0])


@dataclass(eq=False)
class FoundTemplate:
    """A template in a graph: the values, constants and nodes there, by the names of the template."""

    values: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, OnnxNode] = field(default_factory=dict)

    def copy(self) -> FoundTemplate:
        return FoundTemplate(dict(self.values), dict(self.constants), dict(self.nodes))


def match(found: Template, graph: OnnxGraph, value: str, exact: bool = False) -> FoundTemplate | None:
    """The template that ends in a value; None where it does not.

    Constants and attributes may be any, or, `exact`, are those of the template.
    """
    result = _Matching(found, graph, exact).at(found.result, value, FoundTemplate())
    if result is None or not consumed_alone(graph, result.nodes, value):
        return None
    return result


class _Matching:
    def __init__(self, found: Template, graph: OnnxGraph, exact: bool) -> None:
        self.template, self.graph, self.exact = found, graph, exact

    def at(self, name: str, value: str, known: FoundTemplate) -> FoundTemplate | None:
        """What is known once a value of the template is this one of the graph."""
        if name in known.values:
            return known if known.values[name] == value else None
        known.values[name] = value
        if name in self.template.inputs:
            return known if value not in self.graph.constants else None
        if name in self.template.weights:
            return self._weight(name, value, known)
        if name in self.template.constants:
            return self._constant(name, value, known)
        return self._node(name, value, known)

    def _weight(
        self, name: str, value: str, known: FoundTemplate, added: tuple[int, ...] = ()
    ) -> FoundTemplate | None:
        """A weight of the layer. `added` are the axes that it has in the file already, to meet the map."""
        array = self.graph.constant(value)
        if array is None:
            return None
        if self.exact and name in self.template.shapes:
            wanted = np.expand_dims(np.broadcast_to(0, self.template.shapes[name]), added).shape
            if without_leading_ones(array.shape) != without_leading_ones(wanted):
                return None
        known.constants[name] = array
        return known

    def _constant(self, name: str, value: str, known: FoundTemplate) -> FoundTemplate | None:
        array = self.graph.constant(value)
        if array is None or (self.exact and not same_values(array, self.template.constants[name])):
            return None
        known.constants[name] = array
        return known

    def _node(self, name: str, value: str, known: FoundTemplate) -> FoundTemplate | None:
        ours, theirs = self.template.makers[name], self.graph.makers.get(value)
        if theirs is None:
            # a weight that lies in the file as it meets the map already
            if ours.op != "Unsqueeze" or ours.inputs[0] not in self.template.weights:
                return None
            weight, axes = ours.inputs[0], self.template.constants[ours.inputs[1]]
            if known.values.setdefault(weight, value) != value:
                return None
            return self._weight(weight, value, known, tuple(map(int, axes.ravel())))
        if ours.op != theirs.op or ours.outputs.index(name) != theirs.outputs.index(value):
            return None
        if self.exact and not same_attributes(ours, theirs):
            return None
        known.nodes[name] = theirs
        first, second = _given(ours), _given(theirs)
        if len(first) != len(second):
            return None
        result = self._inputs(first, second, known.copy())
        if result is None and ours.op in COMMUTES:
            result = self._inputs(first, second[::-1], known)
        return result

    def _inputs(
        self, first: tuple[str, ...], second: tuple[str, ...], known: FoundTemplate
    ) -> FoundTemplate | None:
        for name, value in zip(first, second, strict=True):
            if not name or not value:
                if name or value:
                    return None
                continue
            made = self.at(name, value, known)
            if made is None:
                return None
            known = made
        return known


def _given(node: OnnxNode) -> tuple[str, ...]:
    """The inputs of a node up to the last that is given."""
    names = list(node.inputs)
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def without_leading_ones(shape: Shape) -> Shape:
    """A shape as it meets others: axes of 1 before all others make no difference."""
    return tuple(dropwhile(lambda size: size == 1, shape))


def same_values(one: Any, other: Any) -> bool:
    """Whether two constants are the same but for the last digits, in as many values."""
    if one.size != other.size:
        return False
    if np.issubdtype(other.dtype, np.integer):
        return bool(np.array_equal(one.ravel(), other.ravel()))
    return bool(np.allclose(one.ravel(), other.ravel(), rtol=1e-5, atol=0, equal_nan=True))


def same_attributes(one: OnnxNode, other: OnnxNode) -> bool:
    keys = one.chosen.keys() | other.chosen.keys()
    return all(_same(key, one.attributes.get(key), other.attributes.get(key)) for key in keys)


NEUTRAL = {"strides": 1, "dilations": 1, "pads": 0, "output_padding": 0}
"""What windows do where nothing is said, which no schema tells."""


def _same(key: str, one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=1e-6, atol=0))
    if one is None or other is None:
        given = other if one is None else one
        return key in NEUTRAL and isinstance(given, tuple) and set(given) == {NEUTRAL[key]}
    return bool(one == other)
