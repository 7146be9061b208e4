"""The rows of a summary: layers, blocks, and equal blocks folded into one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cnnspec.graph import Block, Graph
from cnnspec.graph import show_value as show
from cnnspec.layers.base import Layer, Shape, describe, parameters
from cnnspec.passes.cost import LayerCost, total
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled

SCREEN_ROWS = 40
DEPTHS = (3, 2, 1)


@dataclass(frozen=True)
class Row:
    """One row: a layer, a block, or several equal blocks after one another, whose costs are added up."""

    level: int
    name: str
    what: str
    shape: Shape
    cost: LayerCost
    field: Field | None
    share: float
    """The part of the net's MACs, from 0 to 1."""


def rows(net: Compiled, depth: int | None = None) -> list[Row]:
    """The rows down to a depth of blocks; by default the deepest of 3, 2, 1 that fits a screen.

    Equal blocks after one another are folded into one row, unless the depth opens them to single layers.
    """
    if depth is not None:
        return list(_rows(net, net.graph.root, 0, depth))
    found: list[Row] = []
    for tried in DEPTHS:
        found = list(_rows(net, net.graph.root, 0, tried))
        if len(found) <= SCREEN_ROWS:
            break
    return found


def _rows(net: Compiled, block: Block, level: int, depth: int) -> Iterator[Row]:
    children = [child for child in block.children if isinstance(child, Block) or child in net.graph.nodes]
    for _, group in groupby(children, key=lambda child: _likeness(net, child)):
        same = list(group)
        yield _row(net, same, level)
        first = same[0]
        if isinstance(first, Block) and level + 1 < depth:
            yield from _rows(net, first, level + 1, depth)


def _likeness(net: Compiled, child: Block | str) -> Any:
    """A key that is equal for blocks of equal cost and shape under the same call; a layer is like none."""
    if isinstance(child, str) or child.index is None:
        return id(child) if isinstance(child, Block) else child
    return child.title, child.arguments, cost_of(net, child), shape_of(net.graph, child)


def _row(net: Compiled, same: list[Block | str], level: int) -> Row:
    first, last = same[0], same[-1]
    cost = total(cost_of(net, child) for child in same)
    cost = cost._replace(macs=net.counted(cost))
    all_macs = net.counted(net.costs.inference) if net.costs else 0
    share = cost.macs / all_macs if all_macs else 0.0
    if isinstance(first, str) or isinstance(last, str):
        node = net.graph.nodes[str(first)]
        segment = node.name.rpartition(".")[2]
        return Row(level, segment, layer_text(node.layer), node.shape, cost, field_of(net, node.name), share)
    name = first.segment if len(same) == 1 else f"{first.segment}-{last.segment}"
    what = first.describe() if first.kind in ("def", "share") else "" if first.title == name else first.title
    times = f"  x{len(same)}" if len(same) > 1 else ""
    return Row(
        level,
        name,
        f"{what}{times}".strip(),
        shape_of(net.graph, last),
        cost,
        field_of(net, _last(net.graph, last)),
        share,
    )


def cost_of(net: Compiled, child: Block | str) -> LayerCost:
    assert net.costs is not None
    layers = net.costs.layers
    if isinstance(child, str):
        return layers[child]
    return total(layers[name] for name in child.nodes() if name in layers)


def _last(graph: Graph, block: Block) -> str:
    names = [name for name in block.nodes() if name in graph.nodes]
    return names[-1]


def shape_of(graph: Graph, block: Block) -> Shape:
    return graph.nodes[_last(graph, block)].shape


def field_of(net: Compiled, name: str) -> Field | None:
    return net.fields[name] if net.fields is not None else None


def layer_text(layer: Layer) -> str:
    """A layer as a spec would write it, with the arguments that are not at their defaults."""
    if layer.op == "input":
        return "input"
    given = []
    for position, parameter in enumerate(parameters(type(layer))):
        value = getattr(layer, parameter.name)
        if not parameter.required and value == parameter.default:
            continue
        text = describe(value) if isinstance(value, tuple) else show(value)
        given.append(text if parameter.required and position == len(given) else f"{parameter.name}={text}")
    return f"{layer.op}({', '.join(given)})" if given else layer.op
