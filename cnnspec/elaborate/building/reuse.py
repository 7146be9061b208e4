"""Calls of a def that are alike: walked once, then copied.

A def's outcome depends on its arguments and the shape that flows in alone, so a call with equal ones adds
equal nodes. A net of a thousand layers made of four kinds of block is walked as fast as the four. Of
`unit(16) * 2`, where `def unit(out) { residual { conv(out, 3) -> relu } }`, on node 0 of 16 channels:

    first call, walked     1 conv(0)   2 relu(1)   3 add(2, 0)    taken 0, given 3
    second call, copied    4 conv(3)   5 relu(4)   6 add(5, 3)

A copy is its first call moved on by as many nodes as there are between them, 3 here; whoever read the value
that was taken, 0, reads the one that flows in now, 3.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnnspec.elaborate.building.unnamed import UnnamedGraph, UnnamedNode
from cnnspec.elaborate.module import DefinedBlock, PartialBlock
from cnnspec.elaborate.values import UNKNOWN, Family, FormBlock, LayerBlock, Value, Variables
from cnnspec.graph import Block
from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import Any

CallKey = tuple[Any, ...]
PLAIN = (int, float, str, bool, type(None), DefinedBlock, LayerBlock, FormBlock)


class FirstCall(NamedTuple):
    """What the first of equal calls has added: its block, its nodes, the value it took and the one it gave.

    `steps` is what it counted towards the bound on loops and calls, `labels` are those of its body.
    """

    block: Block
    start: int
    end: int
    taken: int
    given: Value
    steps: int
    labels: Mapping[str, Value | Family]


def call_key(target: DefinedBlock, bound: Variables, value: Value | None) -> CallKey | None:
    """A key that is equal for calls that are alike; None for one whose outcome hangs on more than its key."""
    if value is None or value.shape is None or target.definition.shared:
        return None
    parts: list[Any] = [id(target.definition), value.shape]
    for argument in bound.values():
        part = _key_part(argument)
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def _key_part(value: Any) -> CallKey | None:
    """A hashable part of a key; the type is in it since 1, 1.0 and true are equal."""
    if isinstance(value, PartialBlock):
        given = _key_part(tuple([value.block, *[item for _, item in value.given]]))
        return None if given is None else (PartialBlock, *[name for name, _ in value.given], given)
    if isinstance(value, tuple):
        parts = [_key_part(item) for item in value]
        return None if None in parts else (tuple, *parts)
    if value is UNKNOWN or not isinstance(value, PLAIN):
        return None
    # whose weights a share uses hangs on more than what it is called with
    is_shared = isinstance(value, DefinedBlock) and value.definition.shared
    return None if is_shared else (value.__class__, value)


def copy_call(first: FirstCall, graph: UnnamedGraph, block: Block, value: Value) -> Value:
    """Add the nodes of a call anew, under another block and from another value; gives what it ends in."""
    nodes, shift, taken = graph.nodes, len(graph.nodes) - first.start, first.taken
    copies = _copy_blocks(first.block, block, shift, graph)
    for layer, sources, shape, inner, span, title, owner in nodes[first.start : first.end]:
        if len(sources) == 1:
            inputs = (value.node if sources[0] == taken else sources[0] + shift,)
        else:
            inputs = tuple([value.node if source == taken else source + shift for source in sources])
        nodes.append(UnnamedNode(layer, inputs, shape, copies[inner], span, title, owner + shift))
    if first.given.node == taken:
        return value
    return Value(first.given.node + shift, first.given.shape)


def _copy_blocks(original: Block, copy: Block, shift: int, graph: UnnamedGraph) -> dict[Block, Block]:
    """The blocks of a copied call by those of the first one; children that are numbers of nodes move on."""
    copies = {original: copy}
    stack = [original]
    while stack:
        block = stack.pop()
        twin = copies[block]
        originals: list[Any] = block.children
        children: list[Any] = twin.children
        for child in originals:
            if child.__class__ is not Block:
                children.append(child + shift)
                continue
            inner = copies[child] = Block(
                child.kind,
                child.title,
                twin,
                child.span,
                child.arguments,
                child.call,
                child.index,
                child.segment,
            )
            children.append(inner)
            graph.blocks.append(inner)
            stack.append(child)
    return copies
