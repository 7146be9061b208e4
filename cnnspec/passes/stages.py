"""Stages: the stretches of a net between one downsampling and the next."""

from __future__ import annotations

from typing import NamedTuple

from cnnspec.graph import Graph, Node
from cnnspec.passes.cost import Costs
from cnnspec.passes.receptive_field import Fields, Number


class NetStage(NamedTuple):
    """A stretch of equal steps: its size, the channels that go on, its longest chain of convs, the first."""

    size: tuple[int, ...]
    width: int
    depth: int
    first: Node


def stages(graph: Graph, costs: Costs, fields: Fields) -> list[NetStage]:
    """The stages of a net on the way to its first head, from fine to coarse; none of a net that upsamples.

    A stage is what stands at one step, in pixels of the image, between neighbouring values: a convolution
    without padding, which makes the map smaller by a few pixels, begins none. Nor does a pool before the
    head, a gate, or a map between a convolution that strides along one axis and one that strides along the
    other. It is as wide as the widest map that it hands on. Only nets of one input have stages.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    if len(graph.inputs) != 1 or not heads:
        return []
    needed = ancestors(graph, heads[0])
    if any(_upsamples(graph, graph[name]) for name in needed):
        return []
    steps = {name: _step(graph[name], fields) for name in needed}
    found: dict[Number, NetStage] = {}
    handed_on: dict[Number, int] = {}
    depth: dict[str, int] = {}
    for node in graph:
        step = steps.get(node.name)
        if step is None:
            continue
        for before in node.inputs:
            if steps[before] == step:
                depth[node.name] = max(depth.get(node.name, 0), depth[before])
            elif (other := steps[before]) is not None:
                handed_on[other] = max(handed_on.get(other, 0), graph[before].shape[0])
        depth[node.name] = depth.get(node.name, 0) + bool(costs.layers[node.name].macs)
        if depth[node.name]:
            known = found.get(step, NetStage(node.shape[1:], 0, 0, node))
            found[step] = known._replace(width=node.shape[0], depth=max(known.depth, depth[node.name]))
    return [found[step]._replace(width=handed_on.get(step, found[step].width)) for step in sorted(found)]


def _step(node: Node, fields: Fields) -> Number | None:
    """The step between neighbours of a map, where all axes have the same; None of a pixel or a vector."""
    field = fields.along(node.name)
    if field is None or all(n == 1 for n in node.shape[1:]) or len(set(field.stride)) != 1:
        return None
    return field.stride[0]


def _upsamples(graph: Graph, node: Node) -> bool:
    return any(grows(graph[source].shape[1:], node.shape[1:]) for source in node.inputs)


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
