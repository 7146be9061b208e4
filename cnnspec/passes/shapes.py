"""Shapes, inferred anew over a graph for other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.layers.base import Shape, describe
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


def misfit(graph: Graph, inputs: Mapping[str, Shape]) -> str:
    """Why a net does not take inputs of these shapes with the weights that it has; nothing where it does."""
    declared = {name: graph[name].shape for name in graph.inputs}
    if inputs == declared:
        return ""
    told = f"the net does not fit an input of {', '.join(describe(inputs[name]) for name in declared)}"
    if graph.fixed_size:
        return f"{told}: {graph.fixed_size}"
    shapes = dict(inputs)
    for node in graph:
        if isinstance(node.layer, Input):
            continue
        given = [shapes[name] for name in node.inputs]
        try:
            shapes[node.name] = node.layer.infer(*given)
        except LayerError as error:
            return f"{told}: {node.name}: {error.message}"
        made_for = graph.input_shapes(node)
        if [w.shape for w in node.layer.params(*given)] != [w.shape for w in node.layer.params(*made_for)]:
            gets, wants = describe(given[0]), describe(made_for[0])
            return f"{told}: {node.name} gets {gets}, its weights are made for {wants}"
    return ""


def fitting(graph: Graph, inputs: Mapping[str, Shape]) -> Graph | None:
    """The graph with other input shapes; None where a layer does not fit them."""
    try:
        return reshape(graph, inputs)
    except LayerError:
        return None
