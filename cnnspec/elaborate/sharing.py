"""Shared blocks: all calls of one use the weights of the first."""

from __future__ import annotations

from cnnspec.elaborate.draft import Draft
from cnnspec.elaborate.values import Mistake
from cnnspec.layers.base import Layer, Shape, describe
from cnnspec.source import Span


class Sharing:
    """One call of a shared block: its nodes with weights use those of the first call, in order."""

    def __init__(self, name: str, first: list[int] | None) -> None:
        self.name, self.first, self.position = name, first, 0
        self.made: list[int] = []

    def claim(self, draft: Draft, layer: Layer, shapes: tuple[Shape, ...], span: Span) -> int:
        """The node whose weights the next one uses, -1 for its own. Raises Mistake where they do not fit."""
        weights = layer.params(*shapes)
        if not weights:
            return -1
        if self.first is None:
            self.made.append(len(draft.nodes))
            return -1
        if self.position >= len(self.first):
            raise self._differs(span, "this call has more layers with weights than the first one")
        owner = self.first[self.position]
        self.position += 1
        node = draft.nodes[owner]
        expected = node.layer.params(*[draft.nodes[i].shape for i in node.inputs])
        if [(w.name, w.shape) for w in expected] != [(w.name, w.shape) for w in weights]:
            theirs, ours = (
                ", ".join(f"{w.name} {describe(w.shape)}" for w in ws) for ws in (expected, weights)
            )
            raise self._differs(span, f"the first call has weights {theirs} here, this one needs {ours}")
        return owner

    def _differs(self, span: Span, detail: str) -> Mistake:
        name = self.name
        return Mistake(
            "share-shape",
            span,
            f"the calls of `{name}` cannot share weights: {detail}",
            help=f"let the values into `{name}` agree in channels (a 1x1 conv before it), or make it a def",
        )
