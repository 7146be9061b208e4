"""Which steps of a forward method must stay in the order of the spec.

A batchnorm of a shared block is called several times, and in training each call moves its running statistics:
the last one weighs most. Expressions are written where their value is used, which may be later than where the
spec has them, but such a call never moves past another:

    a: left -> eye      x = self.eye(left)
    b: right -> eye     y = self.eye(right)
    concat(b, a)        torch.cat([y, x], dim=1), not torch.cat([self.eye(right), self.eye(left)], dim=1)
"""

from __future__ import annotations

from collections import Counter

from cnnspec.backends.torch.parts import Absent, Leaf, ModuleReuse, Part, is_within
from cnnspec.graph import Graph


def moved_by_several(graph: Graph) -> frozenset[str]:
    """The nodes whose running statistics more than one call moves."""
    calls = Counter(
        node.weights_of
        for node in graph
        if any(weight.buffer for weight in node.layer.params(*graph.input_shapes(node)))
    )
    return frozenset(name for name, count in calls.items() if count > 1)


def moves(graph: Graph, part: Part, moved: frozenset[str]) -> bool:
    """Whether a part of a module calls any of these norms."""
    stack = [part] if moved else []
    while stack:
        inner = stack.pop()
        if isinstance(inner, Leaf):
            found = graph[inner.node].weights_of in moved
        elif isinstance(inner, ModuleReuse):
            found = any(is_within(name, inner.owner) for name in moved)
        else:
            found = False
            stack += [] if isinstance(inner, Absent) else inner.parts
        if found:
            return True
    return False
