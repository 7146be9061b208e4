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
from cnnspec.layers.base import POINTWISE, Shape, Window

Number = int | Fraction
PIXEL = Window(1, 0, 0)
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
    for name, node in nodes.items():
        shapes = tuple([nodes[source].shape for source in node.inputs])
        key = (id(node.layer), shapes)
        if key not in windows:
            windows[key] = _windows(node, shapes)
        bounds[name] = _bounds(node, windows[key], bounds)
    known: dict[Bounds | None, Field | None] = {None: None}
    for found in bounds.values():
        if found not in known:
            known[found] = _field(found)  # type: ignore[arg-type]
    return {name: known[found] for name, found in bounds.items()}


def _windows(node: Node, shapes: tuple[Shape, ...]) -> Bounds | None:
    """The windows of a layer; those of a 1x1 conv look at one pixel as well."""
    windows = node.layer.window(*shapes)
    return POINTWISE if windows is not None and set(windows) <= {PIXEL} else windows


def _bounds(node: Node, windows: Bounds | None, bounds: Mapping[str, Bounds | None]) -> Bounds | None:
    if not node.inputs:
        return (PIXEL,) * (len(node.shape) - 1) or None
    if len(node.inputs) == 1:
        before = bounds[node.inputs[0]]
    else:
        before = _union([bounds[name] for name in node.inputs])
    if before is None or not windows:
        return before if windows is not None else None
    first = _through(before[0], windows[0])
    if windows.count(windows[0]) == len(windows) and before.count(before[0]) == len(before):
        return (first,) * len(before)
    return (first, *map(_through, before[1:], windows[1:]))


def _through(before: Window, window: Window) -> Window:
    step, low, high = before
    return Window(step * window.step, low + step * window.low, high + step * window.high)


def _union(sources: list[Bounds | None]) -> Bounds | None:
    """What a join sees: all that its arms see. Arms of unequal steps are taken at the coarsest."""
    known = [source for source in sources if source is not None]
    if len(known) < len(sources):
        return None
    if known.count(known[0]) == len(known):
        return known[0]
    joined = []
    for axis in zip(*known, strict=True):
        steps, lows, highs = zip(*axis, strict=True)
        joined.append(Window(max(steps), min(lows), max(highs)))
    return tuple(joined)


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
