"""The names of blocks and nodes: the paths that summaries, drawings and weight files show."""

from __future__ import annotations

from cnnspec.elaborate.building.unnamed import UnnamedGraph
from cnnspec.graph import Block, Graph, Node
from cnnspec.typed import Any, cast


def named(grown: UnnamedGraph, name: str, file: str) -> Graph:
    """The graph that has grown: every block and node gets its path, empty blocks go.

    A statement without a label is called after its op or block, numbered from 1 where its block has several;
    a repeat numbers its turns from 0. A label around calls of one block alone numbers them as one repeat.
    """
    names = _name_everything(grown)
    nodes: dict[str, Node] = {}
    for path, (layer, inputs, shape, block, span, _, owner) in zip(names, grown.nodes, strict=True):
        sources = (names[inputs[0]],) if len(inputs) == 1 else tuple([names[i] for i in inputs])
        nodes[path] = Node._make((path, layer, sources, shape, block, span, names[owner]))
    outputs = {head: names[value.node] for head, value in grown.outputs.items()}
    inputs = tuple(names[i] for i in grown.inputs)
    return Graph(name, nodes, inputs, outputs, frozenset(grown.training_heads), grown.root, file)


def _name_everything(grown: UnnamedGraph) -> list[str]:
    _prune(grown)
    nodes = grown.nodes
    names = [""] * len(nodes)
    known: dict[Titles, list[str]] = {}
    stack = [grown.root]
    while stack:
        block = stack.pop()
        if block.kind == "label":
            _flatten(block)
        prefix = block.path + "." if block.path else ""
        children: list[Any] = block.children
        titles = tuple([(c.segment, c.title) if c.__class__ is Block else nodes[c].title for c in children])
        # a net of a thousand blocks has few kinds of them: the names within are worked out once a kind
        segments = known.get(titles)
        if segments is None:
            segments = known[titles] = _segments(titles)
        for position, (child, segment) in enumerate(zip(children, segments, strict=True)):
            path = prefix + segment
            if child.__class__ is Block:
                child.segment, child.path = segment, path
                stack.append(child)
            else:
                names[child] = children[position] = path
    return names


def _prune(grown: UnnamedGraph) -> None:
    """Drop the blocks without nodes: an arm that passes its value on, a repeat of none."""
    thinned: set[Block] = set()
    # inner blocks before outer ones, so that one that is left without children thins its parent in turn
    for block in reversed([grown.root, *grown.blocks]):
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
    several: dict[str, int] = {}
    for label, title in titles:
        if not label:
            several[title] = several.get(title, 0) + 1
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
