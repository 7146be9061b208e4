"""The rows of a summary: layers, blocks, and equal blocks folded into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Shape
from cnnspec.layers.written import layer_text
from cnnspec.passes.alike import alike
from cnnspec.passes.cost import LayerCost, total
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled

SCREEN_ROWS = 40
DEPTHS = (3, 2, 1)


class SeenField(NamedTuple):
    """A field along the spatial path; `all_besides` says that by way of one pixel it sees the whole input."""

    field: Field
    all_besides: bool


@dataclass(frozen=True)
class SummaryRow:
    """One row: a layer, a block, or several equal blocks after one another, whose costs are added up.

    Rows of one level add up to the totals: what inference does not run has params, and no MACs.
    """

    level: int
    name: str
    what: str
    shape: Shape
    cost: LayerCost
    field: SeenField | None
    share: float
    """The part of the net's MACs, from 0 to 1."""
    names: tuple[str, ...]
    """The layers in it."""
    node: Node | None = None
    line: int | None = None


def rows(net: Compiled, depth: int | None = None) -> list[SummaryRow]:
    """The rows down to a depth of blocks; by default the deepest of 3, 2, 1 that fits a screen.

    Equal blocks after one another are folded into one row, unless the depth opens them to single layers.
    """
    equal = alike(net.graph).blocks
    if depth is not None:
        return list(_rows(net, equal, net.graph.root, 0, depth))
    found: list[SummaryRow] = []
    for tried in DEPTHS:
        found = list(_rows(net, equal, net.graph.root, 0, tried))
        if len(found) <= SCREEN_ROWS:
            break
    return found


def _rows(
    net: Compiled, equal: Mapping[Block, int], block: Block, level: int, depth: int, around: str = ""
) -> Iterator[SummaryRow]:
    """The rows of a block's children; `around` is what is said of the block itself, and not again."""
    for _, group in groupby(block.children, key=lambda child: _likeness(net, equal, child)):
        same = list(group)
        first = same[0]
        idle = _idle(net, first)
        yield _row(net, same, level, idle if idle != around else "")
        if isinstance(first, Block) and level + 1 < depth:
            yield from _rows(net, equal, first, level + 1, depth, idle)


def _likeness(net: Compiled, equal: Mapping[Block, int], child: Block | str) -> Any:
    """A key that is the same for equal blocks of equal cost and shape; a layer is like none."""
    if isinstance(child, str) or child.index is None:
        return id(child) if isinstance(child, Block) else child
    return equal[child], cost_of(net, child), shape_of(net.graph, child), _idle(net, child)


def _row(net: Compiled, same: list[Block | str], level: int, idle: str) -> SummaryRow:
    first, last = same[0], same[-1]
    cost = total(cost_of(net, child) for child in same)
    cost = cost._replace(macs=net.counted(cost))
    all_macs = net.counted(net.costs.inference)
    share = cost.macs / all_macs if all_macs else 0.0
    if isinstance(first, str) or isinstance(last, str):
        node = net.graph.nodes[str(first)]
        segment, what = node.name.rpartition(".")[2], f"{layer_text(node.layer)}{idle}"
        line = node.span.line if node.span else None
        field = field_of(net, node.name)
        return SummaryRow(level, segment, what, node.shape, cost, field, share, (node.name,), node, line)
    name = first.segment if len(same) == 1 else f"{first.segment}-{last.segment}"
    calls = {block.describe() for block in same if isinstance(block, Block)}
    call = calls.pop() if len(calls) == 1 else first.title
    what = call if first.kind in ("def", "share") else "" if first.title == name else first.title
    times = f"  x{len(same)}" if len(same) > 1 else ""
    return SummaryRow(
        level,
        name,
        f"{what}{times}{idle}".strip(),
        shape_of(net.graph, last),
        cost,
        field_of(net, last_node(last)),
        share,
        tuple(name for child in same for name in _names(child)),
        line=first.span.line if first.span else None,
    )


def layer_rows(net: Compiled) -> list[SummaryRow]:
    """A row for each layer, under its whole name."""
    return [replace(_row(net, [node.name], 0, _idle(net, node.name)), name=node.name) for node in net.graph]


def _idle(net: Compiled, child: Block | str) -> str:
    """What a row says of a layer or a block that inference does not run; nothing of one that it runs."""
    graph, names = net.graph, list(_names(child))
    if not graph.inference_nodes.isdisjoint(names):
        return ""
    return "  (dead)" if graph.live_nodes.isdisjoint(names) else "  (training)"


def _names(child: Block | str) -> Iterable[str]:
    return (child,) if isinstance(child, str) else child.nodes()


def cost_of(net: Compiled, child: Block | str) -> LayerCost:
    """The cost of a layer or a block: what inference runs of it, and all of its weights."""
    layers, running = net.costs.layers, net.graph.inference_nodes
    return total(layers[name] if name in running else layers[name].weights_alone() for name in _names(child))


def last_node(child: Block | str) -> str:
    """The last layer of a block; a layer itself."""
    stack = [child]
    while not isinstance(item := stack.pop(), str):
        stack += item.children
    return item


def shape_of(graph: Graph, block: Block) -> Shape:
    return graph.nodes[last_node(block)].shape


def field_of(net: Compiled, name: str) -> SeenField | None:
    """The field of a layer along its spatial path, and whether it sees the whole input besides."""
    field = net.fields.along(name)
    return None if field is None else SeenField(field, net.fields.sees_all(name))
