"""Receptive fields: what of the input each value sees.

The recurrences of Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks",
with bounds in place of sizes: output i of a node sees the input pixels from i*step + low to i*step + high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from cnnspec.graph import Applied, Graph, Node
from cnnspec.layers.base import POINTWISE, Window
from cnnspec.records import dataclass

Number = int | Fraction
PIXEL = Window(1, 0, 0)
Bounds = tuple[Window, ...]
"""One Window an axis, in input pixels."""


class Field(NamedTuple):
    """A field on each axis, in input pixels: its size, the step between neighbours, the left padding."""

    size: tuple[int, ...]
    stride: tuple[Number, ...]
    padding: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Fields:
    """The field of every node, by name; None where it is a vector or sees the whole input."""

    bounds: Mapping[str, Bounds | None]

    def __getitem__(self, name: str) -> Field | None:
        found = self.bounds[name]
        return _field(found) if found is not None else None


def receptive_field(graph: Graph) -> Fields:
    """The receptive field of every node."""
    bounds: dict[str, Bounds | None] = {}
    windows: dict[int, Bounds | None] = {}
    for (name, applied), node in zip(graph.applied.items(), graph, strict=True):
        if id(applied) not in windows:
            windows[id(applied)] = _windows(applied)
        seen = windows[id(applied)]
        if seen == POINTWISE and len(node.inputs) == 1:
            bounds[name] = bounds[node.inputs[0]]
        else:
            bounds[name] = _bounds(node, seen, bounds)
    return Fields(bounds)


def _windows(applied: Applied) -> Bounds | None:
    """The windows of a layer; those of a 1x1 conv look at one pixel as well."""
    windows = applied.layer.window(*applied.shapes)
    return POINTWISE if windows is not None and all(window == PIXEL for window in windows) else windows


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
    if _is_square(windows) and _is_square(before):
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
    first, *others = known
    if others.count(first) == len(others):
        return first
    return tuple([_widest(axis) for axis in zip(*known, strict=True)])


def _widest(windows: Sequence[Window]) -> Window:
    steps, lows, highs = zip(*windows, strict=True)
    return Window(max(steps), min(lows), max(highs))


def _is_square(windows: Bounds) -> bool:
    """Whether all axes are alike, so that what is found of one holds for all."""
    return windows.count(windows[0]) == len(windows)


def _field(bounds: Bounds) -> Field:
    sizes = tuple([floor(high) - ceil(low) + 1 for _, low, high in bounds])
    return Field(sizes, tuple([step for step, _, _ in bounds]), tuple([-ceil(low) for _, low, _ in bounds]))


def last_map(graph: Graph) -> Node | None:
    """The head's last spatial value: the last map on the way to the first head that inference runs.

    Global pooling, flatten and what follows them are passed over.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    node = graph.nodes[heads[0]] if heads else None
    while node is not None and node.inputs:
        shapes = [graph.nodes[name].shape for name in node.inputs]
        if node.layer.window(*shapes) is not None and any(n > 1 for n in node.shape[1:]):
            return node
        wider = [name for name in node.inputs if len(graph.nodes[name].shape) > 1] or list(node.inputs)
        node = graph.nodes[wider[0]]
    return node if node is not None and len(node.shape) > 1 else None
