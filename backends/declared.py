"""Which tensors a net declares, and which of them end a residual; to know that takes no arrays."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.graph import Graph, Node
from cnnspec.layers.base import Weight
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm


def declared(graph: Graph) -> Iterator[tuple[str, Weight, Node]]:
    """Every tensor of a net once, in the order of its layers: key, declaration and a node that uses it."""
    seen: set[str] = set()
    for node in graph:
        if node.weights_of in seen:
            continue
        seen.add(node.weights_of)
        for weight in node.layer.params(*graph.input_shapes(node)):
            yield f"{node.weights_of}.{weight.name}", weight, node


def residual_end(graph: Graph, node: Node) -> str | None:
    """The path of the batchnorm that ends the main path of a residual, where `node` is the sum after it."""
    around = (node.block, node.block.parent)
    if not isinstance(node.layer, Add) or not any(b is not None and b.kind == "residual" for b in around):
        return None
    main = graph[node.inputs[0]]
    while main.layer.silent and main.inputs:
        main = graph[main.inputs[0]]
    return main.weights_of if isinstance(main.layer, BatchNorm) else None
