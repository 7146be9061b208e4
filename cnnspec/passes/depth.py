"""Depth: the number of layers with multiplications on the longest path, as ResNet-50 has 50."""

from __future__ import annotations

from cnnspec.graph import Graph
from cnnspec.passes.cost import Costs


def depth(graph: Graph, costs: Costs) -> int:
    """The largest number of conv and linear layers on a path from an input to a head that inference runs."""
    longest: dict[str, int] = {}
    layers = costs.layers
    for node in graph:
        before = max([longest[name] for name in node.inputs], default=0)
        longest[node.name] = before + 1 if layers[node.name].macs else before
    return max(
        [longest[node] for head, node in graph.outputs.items() if head not in graph.training_heads], default=0
    )
