"""Whether two nets compute the same, whatever their blocks and names: each value by all that leads to it.

A value's number stands for its layer, the arguments of it, and the numbers of what flows in, in any order for
sums and products. Nets are the same where their values have the same numbers, as often.
"""

from __future__ import annotations

from collections import defaultdict

from cnnspec.difference.trees import settings
from cnnspec.graph import Graph
from cnnspec.passes.alike import Numbers, number_of


def same_nodes(old: Graph, new: Graph) -> dict[str, str] | None:
    """Which node of a net is which of another, where they are the same; None where they are not."""
    if len(old) != len(new):
        return None
    numbers: Numbers = {}
    ours, theirs = _values(old, numbers), _values(new, numbers)
    if {number: len(names) for number, names in ours.items()} != {
        n: len(names) for n, names in theirs.items()
    }:
        return None
    pairs = [(one, other) for number in ours for one, other in zip(ours[number], theirs[number], strict=True)]
    became = dict(pairs)
    outputs = [became[node] for node in old.outputs.values()]
    shared = all(became[node.weights_of] == new.nodes[became[node.name]].weights_of for node in old)
    return became if shared and outputs == list(new.outputs.values()) else None


def _values(graph: Graph, numbers: Numbers) -> dict[int, list[str]]:
    """The nodes of each number, in order."""
    found: dict[str, int] = {}
    by_number: dict[int, list[str]] = defaultdict(list)
    for name, node in graph.nodes.items():
        inputs = [found[source] for source in node.inputs]
        if node.layer.commutes:
            inputs.sort()
        key = ("value", settings(graph.applied[name]), tuple(inputs))
        found[name] = number_of(key, numbers)
        by_number[found[name]].append(name)
    return by_number
