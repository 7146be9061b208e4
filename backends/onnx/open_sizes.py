"""Which axes of a model can be left open, found by writing the net for other sizes of its input.

input 3x224x224     Conv pads=1    GlobalAveragePool    Reshape (0, 512)
input 3x225x225     Conv pads=1    GlobalAveragePool    Reshape (0, 512)     the same nodes: any size
input 3x224x224     MaxPool pads=(0, 0, 1, 1)
input 3x225x225     MaxPool pads=(0, 0, 0, 0)                                for one size, and named
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.emit import ModelBody
from cnnspec.graph import Graph
from cnnspec.layers.shapes import LayerError, Shape
from cnnspec.passes.shapes import reshape
from cnnspec.passes.sizes import weight_shapes

GROWTHS = (*((n, n, n) for n in (1, 2, 3, 5, 8, 16, 21, 32, 37)), (16, 32, 64), (64, 32, 16))
LARGE_GROWTHS = ((64, 64, 64), (128, 128, 128))
"""By how many pixels the axes of the inputs are larger for which a net is written again. One that is large
has to fit: a net of 32 pixels whose windows pass over a few more (LeNet) is for one size.
"""


def at_other_sizes(graph: Graph) -> Iterator[Graph]:
    """The net for the inputs, among those tried, that it takes with its own weights.

    Raises CompileError where it takes none that is much larger, with the reason.
    """
    if graph.fixed_size:
        raise CompileError(f"{graph.name} is for one size of its input: {graph.fixed_size}")
    weights, reason, fits = _weights(graph), "it takes vectors", False
    for growth in (*GROWTHS, *LARGE_GROWTHS):
        inputs = {name: _grown(graph[name].shape, growth) for name in graph.inputs}
        if all(inputs[name] == graph[name].shape for name in graph.inputs):
            continue
        try:
            other = reshape(graph, inputs)
        except LayerError as error:
            reason = error.message
            continue
        if changed := [name for name, shapes in _weights(other).items() if shapes != weights[name]]:
            reason = f"the weights of `{graph[changed[0]].layer.op}` ({changed[0]}) are made for it"
            continue
        fits = fits or growth in LARGE_GROWTHS
        yield other
    if not fits:
        raise CompileError(f"{graph.name} is for one size of its input: {reason}")


def compare(graph: Graph, made: ModelBody, other: ModelBody) -> None:
    """Raise CompileError, naming the layer, where the nodes of a net are others at another size."""
    for first, second in zip_longest(made.nodes, other.nodes):
        if first != second:
            raise CompileError(_fixed(graph, (first or second).name))
    for name, array in made.tensors.items():
        if not np.array_equal(array, other.tensors[name]):
            raise CompileError(_fixed(graph, name))


def _fixed(graph: Graph, name: str) -> str:
    node = next((node for node in graph if name == node.name or name.startswith(f"{node.name}/")), None)
    where = f"`{node.layer.op}` ({node.name})" if node else name
    return f"ONNX has {where} for one size of the input: write a file for each, with --input"


def _weights(graph: Graph) -> dict[str, tuple[Shape, ...]]:
    return {node.name: weight_shapes(node.layer, graph.input_shapes(node)) for node in graph}


def _grown(shape: Shape, growth: tuple[int, ...]) -> Shape:
    """A map with larger axes; beyond three, and for a vector, as it is."""
    return (shape[0], *(h + more for h, more in zip(shape[1:], growth, strict=False)))
