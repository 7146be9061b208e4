"""What makes a graph run: numpy, torch and ONNX, each a table from layer to a short rule.

A backend is used by its name, `cnnspec.backends.torch.compile(graph)`, and loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.graph import Node
from cnnspec.layers.base import Layer, Shape


class CompileError(Exception):
    """A backend has no rule for a layer, and the layer has no decomposition into layers it knows."""


def lower(
    node: Node, shapes: tuple[Shape, ...], known: Callable[[Layer], bool], backend: str
) -> tuple[Layer, ...]:
    """The layers a backend runs one after the other for a node: its own, or simpler ones.

    Weights keep their names: a layer of the result takes those that its `params` lists. Raises CompileError,
    naming the layer and its line, where neither the layer nor its parts are known.
    """
    if known(node.layer):
        return (node.layer,)
    result: list[Layer] = []
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
    return tuple(result)
