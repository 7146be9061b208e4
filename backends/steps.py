"""Lowering: from a graph to the layers that a backend has rules for.

A layer without a rule is replaced by those that it decomposes into, one after the other; these may decompose
in turn. Say `scaled` decomposes into `relu`, which has no weights, and `layerscale`, which has all of them:

    graph     conv ------> scaled ---------------------------> add
    lowered   conv ------> scaled/0: relu ------> scaled: layerscale ------> add
    weights of                                    scaled.weight

The last layer keeps the name of the node, so whatever reads its value still does. Weights keep their keys:
the layer of the decomposition that has them finds them where the node did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from cnnspec.backends.base import CompileError
from cnnspec.graph import Graph, Node
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.following import FOLLOWING
from cnnspec.layers.input import Input

Known = Callable[[Layer], bool]
"""Whether a backend has a rule for a layer."""


class Step(NamedTuple):
    """One layer to run: it makes `value` of `inputs`, whose shapes are `shapes` (per sample).

    `weights` maps the name of each of its weights to the key of the tensor, `node` is the node of the spec.
    """

    value: str
    layer: Layer
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    weights: dict[str, str]
    node: str


class LoweredGraph(NamedTuple):
    """A graph whose layers all have rules; `parts` are the names of what each node of the spec became."""

    graph: Graph
    parts: Mapping[str, tuple[str, ...]]


def steps(graph: Graph, known: Known, backend: str) -> Iterator[Step]:
    """The layers of a net to run, in order. Raises CompileError, as `lower` does."""
    lowered, parts = lower(graph, known, backend)
    for origin in graph:
        for node in map(lowered.__getitem__, parts[origin.name]):
            if isinstance(node.layer, Input):
                continue
            shapes = lowered.input_shapes(node)
            weights = {w.name: f"{node.weights_of}.{w.name}" for w in node.layer.params(*shapes)}
            yield Step(node.name, node.layer, node.inputs, shapes, weights, origin.name)


def settled(program: Iterable[Step], inputs: Mapping[str, Shape]) -> list[Step]:
    """The steps for inputs of these shapes: sizes that follow other values are numbers.

    Raises LayerError where a layer does not fit what flows into it.
    """
    shapes, result = dict(inputs), []
    for step in program:
        step = settle(step, [shapes[name] for name in step.inputs])
        shapes[step.value] = step.layer.infer(*step.shapes)
        result.append(step)
    return result


def settle(step: Step, sources: Sequence[Shape]) -> Step:
    """A step for sources of these shapes."""
    if isinstance(step.layer, FOLLOWING):
        layer = step.layer.settled(sources[1])
        return step._replace(layer=layer, inputs=step.inputs[:1], shapes=tuple(sources[:1]))
    return step._replace(shapes=tuple(sources))


def lower(graph: Graph, known: Known, backend: str) -> LoweredGraph:
    """The graph with every layer that has no rule decomposed into layers that have one.

    Raises CompileError, naming the layer and its line, where neither the layer nor its parts are known.
    """
    nodes: dict[str, Node] = {}
    parts: dict[str, tuple[str, ...]] = {}
    for node in graph:
        if isinstance(node.layer, FOLLOWING) and not known(node.layer):
            # a backend that has one size at a time
            like = graph.input_shapes(node)[1]
            node = node._replace(layer=node.layer.settled(like), inputs=node.inputs[:1])
        made = [node]
        if not isinstance(node.layer, Input) and not known(node.layer):
            made = list(decomposed(graph, node, known_parts(graph, node, known, backend)))
        nodes.update((part.name, part) for part in made)
        parts[node.name] = tuple(part.name for part in made)
    return LoweredGraph(replace(graph, nodes=nodes), parts)


def decomposed(graph: Graph, node: Node, layers: Sequence[Layer]) -> Iterator[Node]:
    """The nodes of the layers that a node is decomposed into; the last bears its name.

    Raises CompileError for a layer whose weights are not all in one part: files of weights could not name
    them alike in every backend.
    """
    shapes, inputs = graph.input_shapes(node), node.inputs
    declared = node.layer.params(*shapes)
    for index, layer in enumerate(layers):
        weights = layer.params(*shapes)
        if weights and weights != declared:
            parted = f"`{node.layer.op}` decomposes into layers that do not keep its weights"
            raise CompileError(f"{parted} ({node.name})")
        shapes = (layer.infer(*shapes),)
        place = "" if index == len(layers) - 1 else f"/{index}"
        while place and node.name + place in graph.nodes:
            place += "/"
        name, owner = node.name + place, node.weights_of + ("" if weights else place)
        yield node._replace(name=name, layer=layer, inputs=inputs, shape=shapes[0], weights_of=owner)
        inputs = (name,)


def known_parts(graph: Graph, node: Node, known: Known, backend: str) -> list[Layer]:
    """The layers that a node's layer decomposes into until all of them are known, in order.

    Raises CompileError, naming the layer and its line, for one that no rule covers.
    """
    shapes = graph.input_shapes(node)
    result: list[Layer] = []
    # parts may decompose in turn: the shapes go on from layer to layer, as the parts run one after the other
    pending = [node.layer]
    while pending:
        layer = pending.pop()
        if known(layer):
            result.append(layer)
            shapes = (layer.infer(*shapes),)
            continue
        parts = layer.decompose(*shapes)
        if not parts:
            place = f" at {node.span.place}" if node.span else ""
            raise CompileError(f"the {backend} backend has no rule for `{layer.op}` ({node.name}{place})")
        pending.extend(reversed(parts))
    return result
