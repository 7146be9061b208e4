"""A net whose sizes follow its input: arguments that are sizes of other values become inputs.

    let size = prev.size                                  up1 (64x56x56) ----------+
    concat { | skip -> crop(size) | prev }      gives     skip (64x64x64) -> crop -+-> concat

`crop` has the argument 56x56 where the input is 572x572, and 60x60 at 604x604. As a layer of two values,
whose second gives the size, it is the same at every size: backends make programs of it that take them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cnnspec.graph import Graph, Node
from cnnspec.layers.following import following
from cnnspec.passes.sizes import Reopen, Untraceable, followed_sizes


def follow_sizes(graph: Graph, reopen: Reopen) -> Graph:
    """The graph with values in the place of the sizes that follow them.

    Where an argument depends on the size of the input in another way, the graph stays as it is and says so in
    `fixed_size`: it is right for the declared size alone.
    """
    try:
        followed = followed_sizes(graph, reopen)
    except Untraceable as reason:
        return replace(graph, fixed_size=str(reason))
    nodes = dict(graph.nodes)
    for name, arguments in followed.items():
        made = _with_value(graph[name], arguments)
        if made is None:
            argument = next(iter(arguments))
            reason = f"the argument `{argument}` of {name} depends on the size of the input"
            return replace(graph, fixed_size=reason)
        nodes[name] = made
    return replace(graph, nodes=nodes) if followed else graph


def follow_alike(graph: Graph, known: Graph) -> Graph:
    """The graph with values in the place of sizes where another of its net has them, node by node."""
    nodes = dict(graph.nodes)
    for name, node in graph.nodes.items():
        like = known.nodes.get(name)
        layer = following(node.layer) if like is not None and len(like.inputs) > len(node.inputs) else None
        if like is None or layer is None or not nodes.keys() >= set(like.inputs):
            continue
        nodes[name] = node._replace(layer=layer, inputs=(*node.inputs, *like.inputs[len(node.inputs) :]))
    return replace(graph, nodes=nodes)


def variant(
    reopen: Callable[[Mapping[str, Any]], Reopen], known: Graph, values: Mapping[str, Any]
) -> Graph | None:
    """A net with other values of its parameters, its sizes following the input as those of a known one do."""
    graph = reopen(values)({})
    return None if graph is None else follow_alike(graph, known)


def _with_value(node: Node, arguments: Mapping[str, tuple[str, ...]]) -> Node | None:
    """A node whose size is an input; None where it follows several values, or is no size of a map."""
    layer, values = following(node.layer), {value for values in arguments.values() for value in values}
    if layer is None or set(arguments) != {"size"} or len(values) != 1:
        return None
    return node._replace(layer=layer, inputs=(*node.inputs, *values))
