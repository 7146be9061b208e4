"""Receptive fields: what of the input each value sees.

The recurrences of Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks",
with bounds in place of sizes: output i of a node sees the input pixels from i*step + low to i*step + high.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from cnnspec.graph import Graph, Node
from cnnspec.layers.base import Window

Number = int | Fraction
Bounds = tuple[Window, ...]
"""One Window an axis, in input pixels."""


class Field(NamedTuple):
    """A field on each axis, in input pixels: its size, the step between neighbours, the left padding."""

    size: tuple[int, ...]
    stride: tuple[Number, ...]
    padding: tuple[int, ...]


Fields = Mapping[str, Field | None]
"""The field of every node; None where it is a vector or sees the whole input."""


def receptive_field(graph: Graph) -> Fields:
    """The receptive field of every node."""
    bounds: dict[str, Bounds | None] = {}
    windows: dict[tuple[object, ...], Bounds | None] = {}
    nodes = graph.nodes
    for node in graph:
        shapes = tuple([nodes[name].shape for name in node.inputs])
        key = (id(node.layer), shapes)
        if key not in windows:
            windows[key] = node.layer.window(*shapes)
        bounds[node.name] = _bounds(node, windows[key], bounds)
    known: dict[Bounds, Field] = {}
    fields: dict[str, Field | None] = {}
    for name, found in bounds.items():
        if not found:
            fields[name] = None
            continue
        if found not in known:
            known[found] = _field(found)
        fields[name] = known[found]
    return fields


def _bounds(node: Node, windows: Bounds | None, bounds: Mapping[str, Bounds | None]) -> Bounds | None:
    if not node.inputs:
        return (Window(1, 0, 0),) * (len(node.shape) - 1) or None
    sources = [bounds[name] for name in node.inputs]
    if None in sources:
        return None
    before = _union(sources) if len(sources) > 1 else sources[0]
    if not windows or before is None:
        return before if windows is not None else None
    return tuple([_through(axis, window) for axis, window in zip(before, windows, strict=True)])


def _through(before: Window, window: Window) -> Window:
    step, low, high = before
    return Window(step * window.step, low + step * window.low, high + step * window.high)


def _union(sources: list[Bounds | None]) -> Bounds | None:
    """What a join sees: all that its arms see. Arms of unequal steps are taken at the coarsest."""
    first = sources[0]
    if first is None or all(source == first for source in sources):
        return first
    axes = zip(*[source for source in sources if source is not None], strict=True)
    return tuple(
        [
            Window(max(w.step for w in axis), min(w.low for w in axis), max(w.high for w in axis))
            for axis in axes
        ]
    )


def _field(bounds: Bounds) -> Field:
    sizes = tuple([floor(axis.high) - ceil(axis.low) + 1 for axis in bounds])
    return Field(sizes, tuple([axis.step for axis in bounds]), tuple([-ceil(axis.low) for axis in bounds]))


def last_map(graph: Graph) -> Node | None:
    """The head's last spatial value: the last map on the way to the first head that inference runs.

    Global pooling, flatten and what follows them are passed over.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    node = graph.nodes[heads[0]] if heads else None
    while node is not None and node.inputs:
        shapes = [graph.nodes[name].shape for name in node.inputs]
        if (
            len(node.shape) > 1
            and node.layer.window(*shapes) is not None
            and any(n > 1 for n in node.shape[1:])
        ):
            return node
        wider = [name for name in node.inputs if len(graph.nodes[name].shape) > 1] or list(node.inputs)
        node = graph.nodes[wider[0]]
    return node if node is not None and len(node.shape) > 1 else None
