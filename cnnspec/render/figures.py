"""The figures that drawings show: parameters, multiply-accumulates, memory and receptive field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from cnnspec.graph import Graph, Node

BYTES = 4
"""A value in memory: fp32."""


@dataclass(frozen=True)
class Figures:
    """The figures of a layer, or of several together.

    `params` are trainable values, `macs` multiply-accumulates of one sample, `memory` the bytes of the weights
    and of the outputs of one sample in fp32, `field` the receptive field in input pixels of the last layer.
    """

    params: int = 0
    macs: int = 0
    memory: int = 0
    field: tuple[int, ...] | None = None

    def value(self, measure: str) -> float:
        """The figure that a heat map shows; that of a receptive field is the larger side."""
        if measure == "receptive_field":
            return float(max(self.field)) if self.field else 0.0
        return float(getattr(self, measure))


MEASURES = ("params", "macs", "memory", "receptive_field")


def layer_figures(graph: Graph) -> dict[str, Figures]:
    """The figures of each node; shared weights count where they are met first."""
    fields = _fields(graph)
    return {node.name: _figures(graph, node, fields.get(node.name)) for node in graph}


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several layers in topological order; the field is the last one known."""
    params = macs = memory = 0
    field = None
    for part in parts:
        params, macs, memory = params + part.params, macs + part.macs, memory + part.memory
        field = part.field or field
    return Figures(params, macs, memory, field)


def _figures(graph: Graph, node: Node, field: tuple[int, ...] | None) -> Figures:
    shapes = graph.input_shapes(node)
    weights = node.layer.params(*shapes) if node.weights_of == node.name else ()
    params = sum(weight.size for weight in weights if not weight.buffer)
    stored = sum(weight.size for weight in weights)
    return Figures(params, node.layer.macs(*shapes), BYTES * (stored + prod(node.shape)), field)


def _fields(graph: Graph) -> Mapping[str, tuple[int, ...]]:
    """The receptive field of each node, on each axis, where it is known."""
    from cnnspec.passes.receptive_field import receptive_field

    return {name: tuple(field.size) for name, field in receptive_field(graph).items() if field is not None}
