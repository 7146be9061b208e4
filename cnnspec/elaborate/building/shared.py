"""Shared blocks: all calls of one use the weights of the first."""

from __future__ import annotations

from cnnspec.elaborate.building.unnamed import UnnamedGraph
from cnnspec.elaborate.values import Mistake
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import Shape, describe
from cnnspec.records import dataclass, field
from cnnspec.source import Span


@dataclass(slots=True, eq=False)
class SharedWeights:
    """The nodes that own the weights of a share, in the order of its body; complete after its first call.

    `around` is the call of another share in whose body it stands: that says whose weights are used first.
    """

    name: str
    owners: list[int] = field(default_factory=list)
    complete: bool = False
    around: SharedCall | None = None


class SharedCall:
    """One call of a shared block: its layers with weights use those of the share, in order.

    The first call makes them; one within the first call (recursion) uses what is there and adds what is not.
    """

    def __init__(self, weights: SharedWeights) -> None:
        self.weights, self.position = weights, 0

    def claim(self, graph: UnnamedGraph, layer: Layer, shapes: tuple[Shape, ...], span: Span) -> int:
        """The node whose weights the next one uses, -1 for its own. Raises Mistake where they do not fit."""
        needed = layer.params(*shapes)
        if not needed:
            return -1
        owners, self.position = self.weights.owners, self.position + 1
        if self.position > len(owners):
            if self.weights.complete:
                raise self._differs(span, "this call has more layers with weights than the first one")
            around = self.weights.around
            owner = around.claim(graph, layer, shapes, span) if around is not None else -1
            owners.append(owner if owner >= 0 else len(graph.nodes))
            return owner
        node = graph.nodes[owners[self.position - 1]]
        theirs = node.layer.params(*[graph.nodes[i].shape for i in node.inputs])
        if [(w.name, w.shape) for w in theirs] != [(w.name, w.shape) for w in needed]:
            had, has = (", ".join(f"{w.name} {describe(w.shape)}" for w in ws) for ws in (theirs, needed))
            raise self._differs(span, f"the first call has weights {had} here, this one needs {has}")
        return owners[self.position - 1]

    def _differs(self, span: Span, detail: str) -> Mistake:
        name = self.weights.name
        return Mistake(
            "share-shape",
            span,
            f"the calls of `{name}` cannot share weights: {detail}",
            help=f"let the values into `{name}` agree in channels (a 1x1 conv before it), or make it a def",
        )
