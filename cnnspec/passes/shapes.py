"""Shapes, inferred anew over a graph for other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.layers.input import Input
from cnnspec.layers.shapes import LayerError


def reshape(graph: Graph, inputs: Mapping[str, Shape]) -> Graph:
    """The graph with other input shapes. Raises LayerError where a layer does not fit them."""
    nodes = dict(graph.nodes)
    for node in graph:
        if isinstance(node.layer, Input):
            shape = inputs.get(node.name, node.shape)
            nodes[node.name] = node._replace(layer=Input(shape), shape=shape)
        else:
            nodes[node.name] = node._replace(
                shape=node.layer.infer(*[nodes[name].shape for name in node.inputs])
            )
    return replace(graph, nodes=nodes)


def fitting(graph: Graph, inputs: Mapping[str, Shape]) -> Graph | None:
    """The graph with other input shapes; None where a layer does not fit them."""
    try:
        return reshape(graph, inputs)
    except LayerError:
        return None
