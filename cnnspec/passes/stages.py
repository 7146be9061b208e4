"""Stages: the stretches of a net between one downsampling and the next."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from cnnspec.graph import Graph, Node
from cnnspec.passes.cost import Costs


class NetStage(NamedTuple):
    """A stretch of equal map sizes: its size, most channels, longest chain of convs, and its first conv."""

    size: tuple[int, ...]
    width: int
    depth: int
    first: Node


def stages(graph: Graph, costs: Costs) -> list[NetStage]:
    """The stages of a net on the way to its first head; none of a net that upsamples, or has many inputs.

    Maps that no conv makes (those of a pool before the head) are no stage.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    if len(graph.inputs) != 1 or not heads:
        return []
    needed = ancestors(graph, heads[0])
    widths: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    depths: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    firsts: dict[tuple[int, ...], Node] = {}
    nodes = graph.nodes
    depth: dict[str, int] = {}
    for (name, layer_cost), node in zip(costs.layers.items(), graph, strict=True):
        if name not in needed:
            continue
        shape, inside = node.shape, 0
        size = shape[1:]
        for source in node.inputs:
            before = nodes[source].shape
            if before == shape or before[1:] == size:
                inside = max(inside, depth[source])
            elif grows(before[1:], size):
                return []
        if layer_cost.macs:
            inside += 1
            firsts.setdefault(size, node)
        depth[name] = inside
        if inside:
            depths[size].append(inside)
            widths[size].append(shape[0])
    return [
        NetStage(size, max(widths[size]), max(depths[size]), first)
        for size, first in firsts.items()
        if any(n > 1 for n in size)
    ]


def grows(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a map is upsampled; one pixel that is spread over a map again is a gate, and does not count."""
    spread = all(b == 1 for b in before)
    return not spread and any(n > b for n, b in zip(after, before, strict=False))


def ancestors(graph: Graph, *names: str) -> set[str]:
    """Some nodes and all that they need."""
    found = set(names)
    for node in reversed(list(graph)):
        if node.name in found:
            found.update(node.inputs)
    return found
