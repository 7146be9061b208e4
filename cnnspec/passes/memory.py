"""Memory, in bytes at fp32: the weights, and the most that activations take at once."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnspec.graph import Graph
from cnnspec.passes.cost import Costs

BYTES = 4
"""Bytes of one fp32 value."""


class Memory(NamedTuple):
    """Bytes for one sample: weights and buffers; the peak of activations, and the node that reaches it."""

    weights_bytes: int
    peak_activation_bytes: int
    peak_at: str


def memory(graph: Graph, costs: Costs) -> Memory:
    """The memory of a forward pass in inference, layers run in order and nothing in place.

    A value is held from the layer that makes it to the last one that reads it; heads are held to the end.
    """
    running = [node for node in graph if node.name in graph.inference_nodes]
    last_use = {name: node.name for node in running for name in node.inputs}
    kept = set(graph.outputs.values())
    sizes = {node.name: prod(node.shape) * BYTES for node in running}
    live = peak = 0
    peak_at = ""
    for node in running:
        live += sizes[node.name]
        if live > peak:
            peak, peak_at = live, node.name
        live -= sum(
            sizes[name]
            for name in dict.fromkeys(node.inputs)
            if last_use[name] == node.name and name not in kept
        )
        if node.name not in last_use and node.name not in kept:
            live -= sizes[node.name]
    return Memory(BYTES * (costs.inference.params + costs.inference.buffers), peak, peak_at)
