"""Steps: the layers of a graph as the numpy backend runs them, one kernel each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnnspec.backends import lower
from cnnspec.backends.numpy.rules import RULES, Rule, known
from cnnspec.graph import Graph
from cnnspec.layers.base import Layer
from cnnspec.layers.input import Input


class Step(NamedTuple):
    """One layer to run: `value` names what it makes, `weights` the key of each weight of the kernel."""

    value: str
    layer: Layer
    inputs: tuple[str, ...]
    weights: dict[str, str]
    node: str

    @property
    def rule(self) -> Rule:
        return RULES[type(self.layer)]


def steps(graph: Graph) -> Iterator[Step]:
    """The layers to run, in order. Raises CompileError for one that has neither rule nor decomposition."""
    for node in graph:
        if isinstance(node.layer, Input):
            continue
        shapes, inputs = graph.input_shapes(node), node.inputs
        layers = lower(node, shapes, known, "numpy")
        for index, layer in enumerate(layers):
            # a slash cannot stand in the name of a node
            value = node.name if index == len(layers) - 1 else f"{node.name}/{index}"
            weights = {weight.name: f"{node.weights_of}.{weight.name}" for weight in layer.params(*shapes)}
            yield Step(value, layer, inputs, weights, node.name)
            shapes, inputs = (layer.infer(*shapes),), (value,)
