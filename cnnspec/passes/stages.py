"""Stages: the stretches of a net between one downsampling and the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnnspec.graph import Block, Graph, Node
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.cost import Costs
from cnnspec.passes.receptive_field import Fields
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.passes.receptive_field import Bounds, Number


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
    needed = set(graph.inference_nodes) if len(heads) == 1 else ancestors(graph, heads[0])
    if _upsamples(graph, needed):
        return []
    for block in graph.root.children:
        if isinstance(block, Block) and block.kind == "head":
            needed.difference_update(block.nodes())
    steps = _steps(graph, needed, fields)
    first: dict[Number, Node] = {}
    last: dict[Number, Node] = {}
    deepest: dict[Number, int] = {}
    handed_on: dict[Number, int] = {}
    depth: dict[str, int] = {}
    narrow: dict[str, int] = {}
    for node in graph:
        step = steps.get(node.name)
        if step is None:
            continue
        width = node.shape[0]
        narrow[node.name] = min(width, _before(node, narrow, fields)) if len(node.inputs) == 1 else width
        reached = 0
        for before in node.inputs:
            other = steps.get(before)
            if other == step:
                reached = max(reached, depth[before])
            elif other is not None:
                handed_on[other] = max(handed_on.get(other, 0), narrow[before])
        depth[node.name] = reached = reached + bool(costs.layers[node.name].macs)
        if reached:
            first.setdefault(step, node)
            last[step] = node
            deepest[step] = max(deepest.get(step, 0), reached)
    return [
        NetStage(node.shape[1:], handed_on.get(step, narrow[last[step].name]), deepest[step], node)
        for step, node in sorted(first.items(), key=lambda item: item[0])
    ]


def _before(node: Node, narrow: Mapping[str, int], fields: Fields) -> int:
    """The width before a layer that looks at one pixel of one map; its own before any other."""
    (source,) = node.inputs
    before = narrow.get(source)
    if before is None or fields.paths[source] != fields.paths[node.name]:
        return node.shape[0]
    return before


def _steps(graph: Graph, names: Iterable[str], fields: Fields) -> dict[str, Number | None]:
    """The step of each of some nodes, found once for those that see alike."""
    known: dict[tuple[int, tuple[int, ...]], Number | None] = {}
    steps: dict[str, Number | None] = {}
    for name in names:
        bounds, sizes = fields.paths[name], graph.nodes[name].shape[1:]
        key = (id(bounds), sizes)
        if key not in known:
            known[key] = _step(bounds, sizes)
        steps[name] = known[key]
    return steps


def _step(bounds: Bounds | None, sizes: tuple[int, ...]) -> Number | None:
    """The step between neighbours of a map, where all axes have the same; None of a pixel or a vector."""
    if bounds is None or sizes.count(1) == len(sizes):
        return None
    steps = {axis.step for axis in bounds}
    return steps.pop() if len(steps) == 1 else None


def _upsamples(graph: Graph, names: Iterable[str]) -> bool:
    """Whether a map among some nodes is larger than one that it is made of."""
    for node in map(graph.nodes.__getitem__, names):
        size = node.shape[1:]
        for source in node.inputs:
            before = graph.nodes[source].shape[1:]
            if before != size and grows(before, size):
                return True
    return False


def grows(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a map is upsampled; one pixel that is spread over a map again is a gate, and does not count."""
    spread = before.count(1) == len(before)
    return not spread and any(n > b for n, b in zip(after, before, strict=False))


def ancestors(graph: Graph, *names: str) -> set[str]:
    """Some nodes and all that they need."""
    found = set(names)
    for node in reversed(list(graph)):
        if node.name in found:
            found.update(node.inputs)
    return found
