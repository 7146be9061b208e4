"""A net at the other sizes of its input that it takes: what is the same at all of them holds for any."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.backends.base import CompileError
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


def _weights(graph: Graph) -> dict[str, tuple[Shape, ...]]:
    return {node.name: weight_shapes(node.layer, graph.input_shapes(node)) for node in graph}


def _grown(shape: Shape, growth: tuple[int, ...]) -> Shape:
    """A map with larger axes; beyond three, and for a vector, as it is."""
    return (shape[0], *(h + more for h, more in zip(shape[1:], growth, strict=False)))
