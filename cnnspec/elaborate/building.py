"""The graph while it grows: nodes by number, blocks with their children, names given at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from cnnspec.elaborate.values import Value
from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Layer, Shape
from cnnspec.source import Span


class DraftNode(NamedTuple):
    """A node before it has a name: its label (maybe empty) and op instead.

    `weights_of` is the number of the node whose weights it uses.
    """

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    block: Block
    span: Span
    title: tuple[str, str]
    weights_of: int


@dataclass(eq=False)
class Draft:
    """What the walk has made so far; a block stands in `blocks` after the one around it."""

    root: Block
    blocks: list[Block] = field(default_factory=list)
    nodes: list[DraftNode] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    training_heads: set[str] = field(default_factory=set)

    def add(
        self,
        layer: Layer,
        inputs: tuple[int, ...],
        shape: Shape,
        block: Block,
        span: Span,
        label: str,
        weights_of: int,
    ) -> Value:
        """Add a node to a block; its children hold the number until the node has a name."""
        number = len(self.nodes)
        owner = number if weights_of < 0 else weights_of
        self.nodes.append(DraftNode(layer, inputs, shape, block, span, (label, layer.op), owner))
        cast(list[object], block.children).append(number)
        return Value(number, shape)


def finish(draft: Draft, name: str, file: str) -> Graph:
    """The graph of a draft: every block and node gets its path, empty blocks go.

    A statement without a label is called after its op or block, numbered from 1 where its block has several;
    a repeat numbers its turns from 0. A label around calls of one block alone numbers them as one repeat.
    """
    names = _name_everything(draft)
    nodes = {
        path: Node(
            path, d.layer, tuple([names[i] for i in d.inputs]), d.shape, d.block, d.span, names[d.weights_of]
        )
        for path, d in zip(names, draft.nodes, strict=True)
    }
    outputs = {head: names[value.node] for head, value in draft.outputs.items()}
    inputs = tuple(names[i] for i in draft.inputs)
    return Graph(name, nodes, inputs, outputs, frozenset(draft.training_heads), draft.root, file)


def _name_everything(draft: Draft) -> list[str]:
    _prune(draft)
    nodes = draft.nodes
    names = [""] * len(nodes)
    known: dict[Titles, list[str]] = {}
    stack = [draft.root]
    while stack:
        block = stack.pop()
        if block.kind == "label":
            _flatten(block)
        prefix = block.path + "." if block.path else ""
        children: list[Any] = block.children
        titles = tuple([(c.segment, c.title) if c.__class__ is Block else nodes[c].title for c in children])
        segments = known.get(titles)
        if segments is None:
            segments = known[titles] = _segments(titles)
        for position, segment in enumerate(segments):
            child = children[position]
            if child.__class__ is Block:
                child.segment, child.path = segment, prefix + segment
                stack.append(child)
            else:
                names[child] = children[position] = prefix + segment
    return names


def _prune(draft: Draft) -> None:
    """Drop the blocks without nodes: an arm that passes its value on, a repeat of none."""
    thinned: set[Block] = set()
    for block in reversed([draft.root, *draft.blocks]):
        if block in thinned:
            block.children = [c for c in block.children if not isinstance(c, Block) or c.children]
        if not block.children and block.parent is not None:
            thinned.add(block.parent)


def _flatten(block: Block) -> None:
    """Number the calls in a group with a label as one repeat, where it holds only calls of one block."""
    children = block.children
    if len(children) < 2:
        return
    titles = {
        c.title if isinstance(c, Block) and c.kind in ("def", "repeat") and not c.segment else None
        for c in children
    }
    if len(titles) > 1 or None in titles:
        return
    calls: list[Block] = []
    for child in cast(list[Block], children):
        turns = cast(list[Block], child.children) if child.kind == "repeat" else [child]
        if any(not isinstance(turn, Block) or turn.kind != "def" for turn in turns):
            return
        calls.extend(turns)
    for index, call in enumerate(calls):
        call.index, call.segment, call.parent = index, str(index), block
    block.kind, block.children = "repeat", list(calls)


Titles = tuple[tuple[str, str], ...]
"""Of each child of a block, its label (maybe empty) and the name of its op or block."""


def _segments(titles: Titles) -> list[str]:
    """The last part of each child's path: labels as they are, others numbered where there are several."""
    if len(titles) == 1:
        return [titles[0][0] or titles[0][1]]
    several = Counter(title for label, title in titles if not label)
    taken = {label for label, _ in titles if label}
    numbers = dict.fromkeys(several, 0)
    result = []
    for label, title in titles:
        segment = label or (title if several[title] == 1 and title not in taken else "")
        while not segment:
            numbers[title] += 1
            numbered = f"{title}{numbers[title]}"
            segment = "" if numbered in taken else numbered
        taken.add(segment)
        result.append(segment)
    return result
