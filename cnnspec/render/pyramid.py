"""Nets of several scales that are joined again and again: feature pyramids, HRNet, U-Net++.

They are drawn as their papers draw them, on a grid: a row for each size of maps, the way of the values to the
right. See Lin et al. 2017, "Feature Pyramid Networks for Object Detection", figure 1; Sun et al. 2019, "Deep
High-Resolution Representation Learning for Human Pose Estimation", figure 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

from cnnspec.graph import Graph, Node
from cnnspec.layers.base import Shape


def is_pyramid(graph: Graph) -> bool:
    """Whether maps of different sizes are brought to one and joined at more than one place."""
    return sum(_joins_scales(graph, node) for node in graph) > 1


def _joins_scales(graph: Graph, node: Node) -> bool:
    """Whether a join takes a map that was made larger, and another that was not."""
    if node.layer.family != "join":
        return False
    return len({_is_enlarged(graph, graph[name]) for name in node.inputs}) == 2


def _is_enlarged(graph: Graph, node: Node) -> bool:
    """Whether a map comes from a layer that enlarges, by layers that keep its size."""
    while len(node.inputs) == 1:
        before = graph[node.inputs[0]]
        if node.layer.upsamples:
            return before.shape[1:] != node.shape[1:]
        if before.shape[1:] != node.shape[1:]:
            return False
        node = before
    return False


def rows_of(shapes: Iterable[tuple[int, Shape]], sources: dict[int, list[int]]) -> dict[int, int]:
    """The row of each of several values in topological order: how often its size is halved, without gaps.

    A vector stands in the row of what it is made of.
    """
    shapes = list(shapes)
    largest = max((max(shape[1:]) for _, shape in shapes if len(shape) > 1), default=1)
    levels: dict[int, int] = {}
    for number, shape in shapes:
        if len(shape) > 1 and max(shape[1:]) > 1:
            levels[number] = round(log2(largest / max(shape[1:])))
        else:
            levels[number] = max((levels[source] for source in sources[number]), default=0)
    order = sorted(set(levels.values()))
    return {number: order.index(level) for number, level in levels.items()}
