"""Memory, in bytes at fp32: the weights, and the most that activations take at once."""

from __future__ import annotations

from math import prod

from cnnspec.graph import Graph
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.cost import Costs

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""How many values an optimizer holds for each parameter."""
BYTES = 4
"""Bytes of one fp32 value."""


class InferenceMemory(NamedTuple):
    """Bytes for one sample: weights and buffers; the peak of activations, and the node that reaches it."""

    weights_bytes: int
    peak_activation_bytes: int
    peak_at: str


def memory(graph: Graph, costs: Costs) -> InferenceMemory:
    """The memory of a forward pass in inference, layers run in order and nothing in place.

    A value is held from the layer that makes it to the last one that reads it; heads are held to the end.
    """
    running = graph.inference().nodes
    last_use = {name: node.name for node in running.values() for name in (node.name, *node.inputs)}
    kept = set(graph.outputs.values())
    freed: dict[str, int] = {}
    live = peak = 0
    peak_at = ""
    for name, node in running.items():
        size = prod(node.shape) * BYTES
        live += size
        if live > peak:
            peak, peak_at = live, name
        if name not in kept:
            user = last_use[name]
            freed[user] = freed.get(user, 0) + size
        live -= freed.pop(name, 0)
    return InferenceMemory(BYTES * (costs.inference.params + costs.inference.buffers), peak, peak_at)
