"""Which blocks of a net with other parameters are just what they are in the net itself.

    ResNet50(classes=1000)                   ResNet50(classes=1001)
    body     layer1 .. layer4                the same
    head     gap -> flatten -> linear(1000)  another: its linear has other numbers
    net      body -> head                    another, since head is

A block that is the same is the same instance of its class, so a variant costs what differs in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnnspec.backends.steps import LoweredGraph
from cnnspec.backends.torch.parts import arguments_of
from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Shape

Borders = Mapping[int, tuple[str, ...]]
"""The values that flow into, or out of, each block, by its id."""


@dataclass(eq=False)
class ModuleLayout:
    """Where the modules of a net stand: what a block as a module is made from, but for its inner blocks."""

    lowered: LoweredGraph
    blocks: list[Block]
    inputs: Borders
    outputs: Borders
    paths: Mapping[str, str]
    entered: frozenset[str]
    by_path: dict[str, Block] = field(init=False)

    def __post_init__(self) -> None:
        self.by_path = {block.path: block for block in self.blocks}

    @property
    def graph(self) -> Graph:
        return self.lowered.graph


def unchanged(new: ModuleLayout, known: ModuleLayout) -> dict[int, Block]:
    """The blocks of a net, by id, that are just as one of another net is: that one."""
    found: dict[int, Block] = {}
    for block in reversed(new.blocks[1:]):
        like = known.by_path.get(block.path)
        if like is not None and _is_same(new, block, known, like, found):
            found[id(block)] = like
    return found


def _is_same(
    new: ModuleLayout, block: Block, known: ModuleLayout, like: Block, found: Mapping[int, Block]
) -> bool:
    if (block.kind, block.title, block.segment) != (like.kind, like.title, like.segment):
        return False
    if len(block.children) != len(like.children):
        return False
    for child, other in zip(block.children, like.children, strict=True):
        if isinstance(child, Block):
            if found.get(id(child)) is not other:
                return False
        elif child != other or not _is_same_layer(new, known, child):
            return False
    inputs, outputs = new.inputs[id(block)], new.outputs[id(block)]
    return (
        inputs == known.inputs[id(like)]
        and outputs == known.outputs[id(like)]
        and _shapes(new, inputs) == _shapes(known, inputs)
        and (block.path in new.entered) == (like.path in known.entered)
        and arguments_of(block) == arguments_of(like)
    )


def _is_same_layer(new: ModuleLayout, known: ModuleLayout, name: str) -> bool:
    parts = new.lowered.parts.get(name, ())
    if parts != known.lowered.parts.get(name, ()):
        return False
    for part in parts:
        node, other = new.graph[part], known.graph[part]
        if node.layer is not other.layer and node.layer != other.layer:
            return False
        if (node.inputs, node.shape, node.weights_of) != (other.inputs, other.shape, other.weights_of):
            return False
        if new.paths[part] != known.paths[part]:
            return False
    return True


def _shapes(layout: ModuleLayout, values: tuple[str, ...]) -> list[Shape]:
    return [layout.graph[value].shape for value in values]
