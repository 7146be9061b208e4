"""What became of each layer, for a drawing: which left, which came, which are otherwise."""

from __future__ import annotations

from cnnspec.difference.matching import paired
from cnnspec.difference.same import same_nodes
from cnnspec.graph import Graph

Signs = dict[str, str]
"""By the name of a node `-` (it left), `+` (it came) or `~` (it is otherwise); one that stayed has none."""


def marked(old: Graph, new: Graph) -> tuple[Signs, Signs]:
    """The signs of the nodes of the old net and of the new one."""
    before: Signs = {}
    after: Signs = {}
    if same_nodes(old, new) is not None:
        return before, after
    for gone, come, _ in paired(old, new):
        if gone is not None and come is not None:
            if gone.number != come.number:
                before |= dict.fromkeys(gone.names, "~")
                after |= dict.fromkeys(come.names, "~")
        elif gone is not None:
            before |= dict.fromkeys(gone.names, "-")
        elif come is not None:
            after |= dict.fromkeys(come.names, "+")
    return before, after
