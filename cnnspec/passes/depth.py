"""Depth: the number of layers with multiplications on the longest path, as ResNet-50 has 50."""

from __future__ import annotations

from cnnspec.graph import Graph
from cnnspec.passes.cost import Costs


def depth(graph: Graph, costs: Costs) -> int:
    """The largest number of conv and linear layers on a path from an input to a head that inference runs."""
    longest: dict[str, int] = {}
    for (name, layer_cost), node in zip(costs.layers.items(), graph, strict=True):
        inputs = node.inputs
        before = longest[inputs[0]] if len(inputs) == 1 else max([longest[i] for i in inputs], default=0)
        longest[name] = before + 1 if layer_cost.macs else before
    return max(
        [longest[node] for head, node in graph.outputs.items() if head not in graph.training_heads], default=0
    )
