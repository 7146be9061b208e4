"""Whether two nets compute the same, whatever their blocks and names: each value by all that leads to it.

A value's number stands for its layer, the arguments of it, and the numbers of what flows in, in any order for
sums and products. Nets are the same where their values have the same numbers, as often.

    a: conv(4, 3)    1 of 0        u: conv(4, 3)    1 of 0
    b: conv(4, 1)    2 of 1        v: conv(4, 1)    2 of 1
    add(a, b)        3 of 1, 2     dropout(0)       does nothing: 2
    relu             4 of 3        add(v, u)        3 of 1, 2, sorted
                                   relu             4 of 3
"""

from __future__ import annotations

from collections import defaultdict

from cnnspec.difference.trees import settings
from cnnspec.graph import Graph
from cnnspec.layers.dense import Scale
from cnnspec.layers.shape import Crop, Slice
from cnnspec.passes.alike import Numbers, number_of


def same_nodes(old: Graph, new: Graph) -> dict[str, str] | None:
    """Which node of a net is which of another, where they are the same; None where they are not.

    A layer that does nothing to what it is given, in inference and in training, counts for none.
    """
    numbers: Numbers = {}
    ours, theirs = _values(old, numbers), _values(new, numbers)
    if {number: len(names) for number, names in ours.items()} != {
        n: len(names) for n, names in theirs.items()
    }:
        return None
    pairs = [(one, other) for number in ours for one, other in zip(ours[number], theirs[number], strict=True)]
    became = dict(pairs)
    outputs = [became[_made(old, node)] for node in old.outputs.values()]
    shared = all(became[old.nodes[one].weights_of] == new.nodes[other].weights_of for one, other in pairs)
    return became if shared and outputs == [_made(new, node) for node in new.outputs.values()] else None


def _values(graph: Graph, numbers: Numbers) -> dict[int, list[str]]:
    """The nodes of each number, in order."""
    found: dict[str, int] = {}
    by_number: dict[int, list[str]] = defaultdict(list)
    for name, node in graph.nodes.items():
        inputs = [found[source] for source in node.inputs]
        if _does_nothing(graph, name):
            found[name] = inputs[0]
            continue
        if node.layer.commutes:
            inputs.sort()
        key = ("value", settings(graph.applied[name]), tuple(inputs))
        found[name] = number_of(key, numbers)
        by_number[found[name]].append(name)
    return by_number


def _does_nothing(graph: Graph, name: str) -> bool:
    """Whether a layer gives what it gets: a crop to the whole, dropout at rate 0, a factor of 1."""
    node = graph.nodes[name]
    if isinstance(node.layer, Scale):
        return node.layer.by == 1 and not node.layer.learnable
    if isinstance(node.layer, (Crop, Slice)):
        return node.shape == graph.nodes[node.inputs[0]].shape
    return node.layer.silent and (not node.layer.noisy or getattr(node.layer, "rate", 1) == 0)


def _made(graph: Graph, name: str) -> str:
    """The node that makes a value: the first one before those that do nothing."""
    while _does_nothing(graph, name):
        name = graph.nodes[name].inputs[0]
    return name
