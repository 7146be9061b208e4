"""The input of a net: the one node that no layer of the DSL makes."""

from __future__ import annotations

from cnnspec.layers.base import Layer, Shape
from cnnspec.records import dataclass


@dataclass(frozen=True)
class Input(Layer):
    """A value that comes from outside, of a fixed shape per sample."""

    op = "input"
    family = "input"
    arity = 0
    shape: Shape

    def infer(self, *shapes: Shape) -> Shape:
        return self.shape
