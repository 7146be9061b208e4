"""A net as the diff sees it: a tree of layers and blocks with numbers that are equal where the structure is.

Names say nothing here: an imported net and a written one may call everything otherwise. Two blocks are equal
when they hold the same layers, wired the same way; channels that are inferred do not count, so that a wider
stem leaves what comes after it as it was. Blocks of one child are that child, and a label's braces are what
stands in them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnnspec.graph import Applied, Block, Graph
from cnnspec.layers.attention import Attention
from cnnspec.layers.shapes import Shape
from cnnspec.passes.alike import Numbers, number_of, single, wire


@dataclass(frozen=True, eq=False)
class TreeItem:
    """A layer (`node`), or a block with its items.

    `number` is that of its structure, `title` the word it is called by, `names` its nodes in order, `reads`
    the nodes outside that it takes values from.
    """

    number: int
    title: str
    block: Block
    node: str | None
    names: tuple[str, ...]
    reads: tuple[str, ...]
    items: tuple[TreeItem, ...] = ()

    @property
    def path(self) -> str:
        """Its path in the net, as the summary shows it."""
        return self.block.path if self.node is None else self.node

    @property
    def is_inferred(self) -> bool:
        """Whether nothing in the spec writes it: the projection of a shortcut, the sum of a residual.

        A shortcut that is a def of the spec is written there.
        """
        if self.node is not None and self.block.kind == "residual":
            return self.title == "add"
        kinds = [block.kind for block in self.block.ancestors()]
        return next((kind for kind in kinds if kind in ("def", "share", "shortcut")), "") == "shortcut"


def tree(graph: Graph, numbers: Numbers) -> TreeItem:
    """The tree of a net. Time goes with the nodes and the depth of blocks."""
    found: dict[Block | str, TreeItem] = {}
    for block in graph.root.walk():
        for child in block.children:
            if isinstance(child, str):
                node = graph.nodes[child]
                alone = single(settings(graph.applied[child]), (child,), node.inputs)
                number = number_of(alone.number, numbers)
                found[child] = TreeItem(number, node.layer.op, block, child, alone.names, alone.reads)
    for block in reversed(list(graph.root.walk())):
        items = tuple(_spliced([found[child] for child in block.children]))
        wiring = wire(items)
        number = items[0].number if len(items) == 1 else number_of(wiring.rows, numbers)
        found[block] = TreeItem(number, block.title, block, None, wiring.names, wiring.reads, items)
    return found[graph.root]


def _spliced(items: list[TreeItem]) -> Iterator[TreeItem]:
    for item in items:
        if item.node is None and (item.block.kind == "label" or len(item.items) == 1):
            yield from item.items
        else:
            yield item


def settings(applied: Applied) -> tuple[Any, ...]:
    """What makes two layers the same: the operation and its arguments, whatever form they are written in.

    A layer that is one simpler layer is that one: a depthwise convolution, one of as many groups.
    """
    simpler = applied.layer.decompose(*applied.shapes) if applied.shapes else ()
    if len(simpler) == 1:
        return settings(Applied(simpler[0], applied.shapes))
    return applied.layer.op, *arguments(applied).values()


def arguments(applied: Applied) -> dict[str, Any]:
    """The arguments of a layer by name; a kernel 3 is (3, 3), a size (8, 8) is 8, a padding is its pixels,
    and fractions are of twelve digits.

    The padding `same` depends on the map, and is itself. Output channels that are those of the
    input, and windows of attention that are the whole map, count as left out.
    """
    layer, shapes = applied
    given = {field.name: getattr(layer, field.name) for field in dataclasses.fields(layer)}
    if shapes and not layer.constant:
        given = {
            field.name: _plain(field, given[field.name], shapes[0]) for field in dataclasses.fields(layer)
        }
    if isinstance(layer, Attention) and layer.places(shapes[0]) == shapes[0][1:]:
        given |= {"window": None, "grid": None, "shift": 0}
    slide = layer.slide(*shapes) if shapes else None
    if slide is None:
        return given
    pad = "same" if given.get("pad") == "same" else slide.margins
    plain = {"kernel": slide.kernel, "stride": slide.stride, "dilation": slide.dilation, "pad": pad}
    return {**given, **{name: value for name, value in plain.items() if name in given}}


def _plain(field: dataclasses.Field[Any], value: Any, shape: Shape) -> Any:
    if field.name == "out" and field.default is None and value == shape[0]:
        return None
    if isinstance(value, tuple) and len(value) == len(shape) - 1 and len(set(value)) == 1:
        value = value[0]
    # a rate that was worked out is written with the digits that mean something
    return float(f"{value:.12g}") if isinstance(value, float) else value
