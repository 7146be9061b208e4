"""The graph while it grows: nodes by number, blocks with their children, names given at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from cnnspec.elaborate.values import Value
from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Layer, Shape
from cnnspec.source import Span


class DraftNode(NamedTuple):
    """A node before it has a name; `weights_of` is the number of the node whose weights it uses."""

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    block: Block
    span: Span
    label: str
    weights_of: int


@dataclass(eq=False)
class Draft:
    """What the walk has made so far."""

    root: Block
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
        self.nodes.append(
            DraftNode(layer, inputs, shape, block, span, label, number if weights_of < 0 else weights_of)
        )
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
    _prune(draft.root)
    names = [""] * len(draft.nodes)
    known: dict[Titles, list[str]] = {}
    stack = [draft.root]
    while stack:
        block = stack.pop()
        _flatten(block)
        prefix = block.path + "." if block.path else ""
        titles = _titles(cast(list[Block | int], block.children), draft)
        segments = known.get(titles)
        if segments is None:
            segments = known[titles] = _segments(titles)
        for position, segment in enumerate(segments):
            child = cast(Block | int, block.children[position])
            if child.__class__ is Block:
                child.segment, child.path = segment, prefix + segment
                stack.append(child)
            else:
                names[cast(int, child)] = block.children[position] = prefix + segment
    return names


def _prune(root: Block) -> None:
    """Drop the blocks without nodes: an arm that passes its value on, a repeat of none."""
    for block in reversed(list(root.walk())):
        block.children = [c for c in block.children if not isinstance(c, Block) or c.children]


def _flatten(block: Block) -> None:
    """Number the calls in a labelled group as one repeat, where it holds nothing but calls of one block."""
    if block.kind != "label" or len(block.children) < 2:
        return
    children = block.children
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


def _titles(children: list[Block | int], draft: Draft) -> Titles:
    nodes = draft.nodes
    return tuple(
        [
            (child.segment, child.title)
            if child.__class__ is Block
            else (nodes[child].label, nodes[child].layer.op)  # type: ignore[index]
            for child in children
        ]
    )


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
