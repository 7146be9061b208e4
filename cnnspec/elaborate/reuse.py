"""Calls of a def that are alike: walked once, then copied.

A def's outcome depends on its arguments and the shape that flows in alone, so a call with equal ones adds
equal nodes. A net of a thousand layers made of four kinds of block is walked as fast as the four.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnspec.elaborate.building import Draft, DraftNode
from cnnspec.elaborate.expressions.evaluate import Variables
from cnnspec.elaborate.values import UNKNOWN, DefinedBlock, Form, LayerBlock, Value
from cnnspec.graph import Block

Key = tuple[Any, ...]
PLAIN = (int, float, str, bool, type(None), DefinedBlock, LayerBlock, Form)


class Stamp(NamedTuple):
    """What one call of a def has added: its block, its nodes, the value it took and the one it gave.

    `steps` is what it counted towards the bound on loops and calls.
    """

    block: Block
    first: int
    end: int
    taken: int
    given: Value
    steps: int


def stamp_key(target: DefinedBlock, bound: Variables, value: Value | None) -> Key | None:
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


def _key_part(value: Any) -> Key | None:
    """A hashable part of a key; the type is in it since 1, 1.0 and true are equal."""
    if isinstance(value, tuple):
        parts = [_key_part(item) for item in value]
        return None if None in parts else (tuple, *parts)
    return (value.__class__, value) if isinstance(value, PLAIN) and value is not UNKNOWN else None


def copy_stamp(stamp: Stamp, draft: Draft, block: Block, value: Value) -> Value:
    """Add the nodes of a call anew, under another block and from another value; gives what it ends in."""
    nodes, shift, taken = draft.nodes, len(draft.nodes) - stamp.first, stamp.taken
    copies = _copy_blocks(stamp.block, block, shift, draft)
    for layer, sources, shape, inner, span, title, owner in nodes[stamp.first : stamp.end]:
        if len(sources) == 1:
            inputs = (value.node if sources[0] == taken else sources[0] + shift,)
        else:
            inputs = tuple([value.node if source == taken else source + shift for source in sources])
        nodes.append(DraftNode(layer, inputs, shape, copies[inner], span, title, owner + shift))
    if stamp.given.node == taken:
        return value
    return Value(stamp.given.node + shift, stamp.given.shape)


def _copy_blocks(original: Block, copy: Block, shift: int, draft: Draft) -> dict[Block, Block]:
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
            draft.blocks.append(inner)
            stack.append(child)
    return copies
