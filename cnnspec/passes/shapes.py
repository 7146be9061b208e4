"""Shapes, inferred anew over a graph for other inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.layers.base import Shape, describe
from cnnspec.layers.dense import Flatten
from cnnspec.layers.input import Input
from cnnspec.layers.sequence import Tokens
from cnnspec.layers.shape import Reshape
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
    reason = refusal(graph, shapes) or rearranged(graph, inputs, shapes)
    return f"{told}: {reason}" if reason else ""


def refusal(graph: Graph, shapes: dict[str, Shape]) -> str:
    """The first layer that does not fit, and why; the shapes of those before it join those of the inputs."""
    for node in graph:
        if isinstance(node.layer, Input):
            continue
        given = [shapes[name] for name in node.inputs]
        try:
            shapes[node.name] = node.layer.infer(*given)
        except LayerError as error:
            return f"{node.name}: {error.message}"
        made_for = graph.input_shapes(node)
        if [w.shape for w in node.layer.params(*given)] != [w.shape for w in node.layer.params(*made_for)]:
            gets, wants = describe(given[0]), describe(made_for[0])
            return f"{node.name} gets {gets}, its weights are made for {wants}"
    return ""


def rearranged(graph: Graph, inputs: Mapping[str, Shape], shapes: Mapping[str, Shape]) -> str:
    """The first map that has the number of pixels that what follows needs, though in other rows.

    Weights for 14x14 positions are none for 7x28, though as many. A net that takes each axis alone is no such
    one.
    """
    for node in graph:
        if not isinstance(node.layer, Flatten | Tokens | Reshape) or shapes[node.name] != node.shape:
            continue
        gets, wants = shapes[node.inputs[0]], graph[node.inputs[0]].shape
        if gets != wants and any(refusal(graph, dict(alone)) for alone in one_axis_each(graph, inputs)):
            return (
                f"{node.name} gets {describe(gets)}, as many values as {describe(wants)} in other places, "
                "and what follows is made for those"
            )
    return ""


def one_axis_each(graph: Graph, inputs: Mapping[str, Shape]) -> Iterator[dict[str, Shape]]:
    """The declared inputs with one axis as it is in others, which differ from them in several."""
    declared = {name: graph[name].shape for name in graph.inputs}
    for name, shape in declared.items():
        for axis, size in enumerate(inputs[name]):
            if size != shape[axis]:
                yield {**declared, name: (*shape[:axis], size, *shape[axis + 1 :])}


def fitting(graph: Graph, inputs: Mapping[str, Shape]) -> Graph | None:
    """The graph with other input shapes; None where a layer does not fit them."""
    try:
        return reshape(graph, inputs)
    except LayerError:
        return None
