"""Stages: the stretches of a net between one downsampling and the next."""

from __future__ import annotations

from cnnspec.graph import Block, Graph, Node
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.cost import Costs
from cnnspec.passes.receptive_field import Fields
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.passes.receptive_field import Bounds, Number

    Place = tuple[Number, int, int]
    """Where a node is: the step of its stage, the convs there up to it, and the width that it hands on."""


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
    other. It is as wide as the widest map that it hands on, before the 1x1 convolution that widens it where a
    block begins. What stands in a head is of no stage. Only nets of one input have stages.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    if len(graph.inputs) != 1 or not heads:
        return []
    needed = graph.inference_nodes if len(heads) == 1 else graph.leading_to(heads[0])
    in_heads = [block for block in graph.root.children if isinstance(block, Block) and block.kind == "head"]
    left_out = {name for block in in_heads for name in block.nodes()}
    nodes, paths, layers = graph.nodes, fields.paths, costs.layers
    first: dict[Number, Node] = {}
    narrow: dict[Number, int] = {}
    deepest: dict[Number, int] = {}
    handed_on: dict[Number, int] = {}
    places: dict[str, Place] = {}
    for name, node in nodes.items():
        if name not in needed:
            continue
        inputs, shape, bounds, counts = node.inputs, node.shape, paths[name], layers[name].macs
        if len(inputs) == 1 and not counts and bounds is paths[inputs[0]]:
            place = places.get(inputs[0])
            if place is not None and shape == nodes[inputs[0]].shape and name not in left_out:
                # two layers of three are where their input is, as if they were not there
                places[name] = place
                if place[1]:
                    narrow[place[0]] = place[2]
                continue
        sizes = shape[1:]
        if grows([nodes[source].shape[1:] for source in inputs], sizes):
            return []
        step = None if name in left_out else _step(bounds, sizes)
        if step is None:
            continue
        width, depth = shape[0], 0
        for source in inputs:
            place = places.get(source)
            if place is None:
                continue
            if place[0] == step:
                depth = max(depth, place[1])
            else:
                handed_on[place[0]] = max(handed_on.get(place[0], 0), place[2])
            if len(inputs) == 1 and bounds == paths[source]:
                width = min(width, place[2])
        depth += bool(counts)
        places[name] = (step, depth, width)
        if depth:
            first.setdefault(step, node)
            narrow[step] = width
            deepest[step] = max(deepest.get(step, 0), depth)
    return [
        NetStage(node.shape[1:], handed_on.get(step, narrow[step]), deepest[step], node)
        for step, node in sorted(first.items(), key=lambda item: item[0])
    ]


def _step(bounds: Bounds | None, sizes: tuple[int, ...]) -> Number | None:
    """The step between neighbours of a map, where all axes have the same; None of a pixel or a vector."""
    if bounds is None or sizes.count(1) == len(sizes):
        return None
    first, *others = bounds
    for axis in others:
        if axis is not first and axis.step != first.step:
            return None
    return first.step


def grows(sources: list[tuple[int, ...]], after: tuple[int, ...]) -> bool:
    """Whether a map is upsampled; one pixel that is spread over a map again is a gate, and does not count."""
    for before in sources:
        is_other_map = before != after and before.count(1) != len(before)
        if is_other_map and any([n > b for n, b in zip(after, before, strict=False)]):
            return True
    return False
