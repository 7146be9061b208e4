"""Cures that can be computed: a padding or stride with which values agree, an input that is large enough."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, prod

from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.building.unnamed import UnnamedGraph, UnnamedNode
from cnnspec.elaborate.values import Value
from cnnspec.layers.base import Layer
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import MatMul
from cnnspec.layers.shapes import LayerError, Shape, describe
from cnnspec.records import replace
from cnnspec.source import Span
from cnnspec.typed import Any, Iterator

LONGEST_PATH = 12
"""How many layers before a join are tried."""
MOST_PIXELS = 100
CHANGES: tuple[tuple[str, tuple[Any, ...]], ...] = (("pad", (0, 1, 2, 3, 4, 5)), ("stride", (1, 2, 3, 4)))


def mended(layer: Layer, shapes: tuple[Shape, ...], span: Span) -> tuple[Edit, ...]:
    """The edits of a call that does not fit what it gets, where no other cure can be meant.

    A map of one pixel is flattened before `linear`; the second of two matrices is transposed.
    """
    if isinstance(layer, Linear) and len(shapes[0]) > 2 and prod(shapes[0][1:]) == 1:
        return (Edit(Span(span.source, span.start, span.start), "flatten -> "),)
    if isinstance(layer, MatMul) and not (layer.transpose_a or layer.transpose_b) and span.text.endswith(")"):
        try:
            replace(layer, transpose_b=True).infer(*shapes)
        except LayerError:
            return ()
        return (Edit(Span(span.source, span.end - 1, span.end - 1), ", transpose_b=true"),)
    return ()


def size_cure(graph: UnnamedGraph, values: tuple[Value, ...]) -> str:
    """The one change of a padding or stride that makes the sizes of two values agree; empty without."""
    for first, second in pairwise(values):
        if first.shape is None or second.shape is None or len(first.shape) != len(second.shape):
            continue
        if first.shape[1:] != second.shape[1:]:
            return _change(graph, second, first.shape[1:]) or _change(graph, first, second.shape[1:])
    return ""


def _change(graph: UnnamedGraph, value: Value, wanted: Shape) -> str:
    """How the path to a value would come to a size; empty where no one change does it."""
    path = list(_path(graph, value))
    for name, options in CHANGES:
        for number, node in enumerate(path):
            current = getattr(node.layer, name, None)
            after = [n.layer for n in reversed(path[:number])]
            for option in options:
                if current is None or option == current:
                    continue
                if _size(replace(node.layer, **{name: option}), graph, node, after) == wanted:
                    where = f"the `{node.layer.op}` of line {node.span.line}"
                    return f"{name}={option} in {where} makes it {describe(wanted)}"
    return ""


def _path(graph: UnnamedGraph, value: Value) -> Iterator[UnnamedNode]:
    """The layers that lead to a value, from the last one back, up to a join or the input."""
    number = value.node
    for _ in range(LONGEST_PATH):
        node = graph.nodes[number]
        if number < 0 or len(node.inputs) != 1:
            return
        yield node
        number = node.inputs[0]


def _size(layer: Layer, graph: UnnamedGraph, node: UnnamedNode, after: list[Layer]) -> Shape:
    """The size at the end of a path with another layer in it; empty where one of them does not fit."""
    try:
        shape = layer.infer(*[graph.nodes[i].shape for i in node.inputs])
        for following in after:
            shape = following.infer(shape)
    except LayerError:
        return ()
    return shape[1:]


def input_cure(graph: UnnamedGraph, layer: Layer, value: Value) -> str:
    """The input that is large enough for a window at the end of a path; empty where it cannot be told."""
    assert value.shape is not None
    needed = _least_size(layer, value.shape)
    number = value.node
    while needed and number >= 0:
        node = graph.nodes[number]
        if not node.inputs:
            large = max(*needed, *node.shape[1:])
            return f"use an input of at least {describe((large,) * len(needed))}"
        windows = node.layer.sees(*[graph.nodes[i].shape for i in node.inputs])
        if windows is None:
            return ""
        if windows:
            needed = [
                ceil((n - 1) * w.step + w.high + w.low + 1) for n, w in zip(needed, windows, strict=True)
            ]
        number = node.inputs[0]
    return ""


def _least_size(layer: Layer, shape: Shape) -> list[int]:
    """The least size of all axes that a layer takes, tried up to a bound; empty where there is none."""
    for size in range(min(shape[1:]) + 1, min(shape[1:]) + MOST_PIXELS):
        sizes = [max(size, n) for n in shape[1:]]
        try:
            layer.infer((shape[0], *sizes))
        except LayerError:
            continue
        return sizes
    return []
