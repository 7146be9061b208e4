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
    sizes = {node.name: prod(node.shape) * BYTES for node in running}
    freed = dict.fromkeys(sizes, 0)
    last_use = {name: name for name in sizes} | {name: node.name for node in running for name in node.inputs}
    kept = set(graph.outputs.values())
    for name, user in last_use.items():
        if name not in kept:
            freed[user] += sizes[name]
    live = peak = 0
    peak_at = ""
    for name, size in sizes.items():
        live += size
        if live > peak:
            peak, peak_at = live, name
        live -= freed[name]
    return Memory(BYTES * (costs.inference.params + costs.inference.buffers), peak, peak_at)
