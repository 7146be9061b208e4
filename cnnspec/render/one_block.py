"""One block of a net as a net of its own, to be drawn beside the whole as papers do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.input import Input
from cnnspec.render.options import DrawingOptions, RenderError


def only_block(graph: Graph, options: DrawingOptions) -> tuple[Graph, DrawingOptions]:
    """The net of the block that the options ask for, and the options that open it; both as they are if none.

    Raises RenderError where no block is called so.
    """
    if options.block is None:
        return graph, options
    block = find_block(graph, options.block)
    inside = dict.fromkeys(name for name in block.nodes() if name in graph.nodes)
    title = _title(block)
    root = Block("net", title)
    inputs = _inputs(graph, inside, root)
    nodes = {node.name: node for node in inputs.values()}
    for name in graph.nodes:
        if name in inside:
            node = graph[name]
            sources = tuple(inputs[source].name if source in inputs else source for source in node.inputs)
            nodes[name] = node._replace(inputs=sources)
    root.children = [*(node.name for node in inputs.values()), block]
    ends = [name for name in inside if not graph.consumers[name] or set(graph.consumers[name]) - set(inside)]
    outputs = {f"output{place or ''}": name for place, name in enumerate(ends)}
    names = tuple(node.name for node in inputs.values())
    alone = Graph(title, nodes, names, outputs, frozenset(), root, graph.file)
    return alone, replace(options, block=None, expand=(*options.expand, block.path))


def _title(block: Block) -> str:
    """The call with the names of all values: `transition_block(256, 1, 0)` would not say what they are."""
    names = list(dict(block.arguments))
    call = tuple((name or names[place], value) for place, (name, value) in enumerate(block.call))
    return replace(block, call=call).describe()


def find_block(graph: Graph, name: str) -> Block:
    """The first block of a path, or that calls a def or share of this name. Raises RenderError."""
    blocks = list(_blocks(graph))
    for block in blocks:
        if block.path == name:
            return block
    for block in blocks:
        if name == block.title and block.kind in ("def", "share"):
            return block
    known = dict.fromkeys(block.title for block in blocks if block.kind in ("def", "share"))
    known.update(dict.fromkeys(block.path for block in blocks))
    near = get_close_matches(name, known, 3, 0.3)
    there = f"; there are {', '.join(near)}" if near else ""
    raise RenderError(f"no block of {graph.name} is called {name!r}{there}")


def _blocks(graph: Graph) -> Iterator[Block]:
    """The blocks that hold layers, in the order of the spec."""
    for block in graph.root.walk():
        if block.path and any(name in graph.nodes for name in block.nodes()):
            yield block


def _inputs(graph: Graph, inside: dict[str, None], root: Block) -> dict[str, Node]:
    """An input for each value that a block reads, by the name of the layer that gives it in the whole net."""
    read = dict.fromkeys(source for name in inside for source in graph[name].inputs if source not in inside)
    found = {}
    for place, source in enumerate(read, 1):
        name = "input" if len(read) == 1 else f"input{place}"
        shape = graph[source].shape
        found[source] = Node(name, Input(shape), (), shape, root, None, name)
    return found
